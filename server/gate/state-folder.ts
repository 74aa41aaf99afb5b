import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, posix, win32 } from 'node:path';

/** Where holds, acknowledgements, keys and the log of this user live. Absolute when `home` or the variables are. */
export function stateFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  if (isSet(env['COUNTERSIGN_STATE'])) return env['COUNTERSIGN_STATE'];
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'];
    return win32.join(isSet(local) ? local : win32.join(home, 'AppData', 'Local'), 'countersign');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'countersign');
  const state = env['XDG_STATE_HOME'];
  // The XDG specification: a relative path is invalid and to be ignored.
  return posix.join(isSet(state) && posix.isAbsolute(state) ? state : posix.join(home, '.local', 'state'), 'countersign');
}

/** The folder that is meant, links followed as far as it is there: what an edit would really write into is compared with it. */
export function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch {
    const parent = dirname(folder);
    return parent === folder ? folder : join(realFolder(parent), basename(folder));
  }
}

/** The organization's policy file, which only the machine's administrator can write. */
export function organizationPolicyFile(platform: NodeJS.Platform): string {
  // Not from the environment: a program that is started could point it elsewhere.
  if (platform === 'win32') return 'C:\\ProgramData\\Countersign\\policy.yaml';
  return platform === 'darwin' ? '/Library/Application Support/Countersign/policy.yaml' : '/etc/countersign/policy.yaml';
}

/** The user's own policy file: $XDG_CONFIG_HOME, ~/.config, or what the platform has in its place. */
export function userPolicyFile(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  if (platform === 'win32') {
    const roaming = env['APPDATA'];
    return win32.join(isSet(roaming) ? roaming : win32.join(home, 'AppData', 'Roaming'), 'countersign', 'policy.yaml');
  }
  const config = env['XDG_CONFIG_HOME'];
  return posix.join(isSet(config) && posix.isAbsolute(config) ? config : posix.join(home, '.config'), 'countersign', 'policy.yaml');
}

/** The folders below the state folder. */
export type Room =
  | 'log'
  | 'holds'
  | 'decided'
  | 'acknowledgements'
  | 'used'
  | 'keys'
  | 'rules'
  | 'baselines'
  | 'drafts'
  | 'tripped'
  | 'refusals'
  | 'requests'
  | 'glass'
  | 'ignored';

export function roomFolder(stateFolder: string, room: Room): string {
  return join(stateFolder, room);
}

/**
 * Makes sure a folder below the state folder is there and is this user's own. Throws with a sentence where it is not:
 * what somebody else can write must not decide what is let through.
 */
export function ensureRoom(stateFolder: string, room: Room): string {
  const folder = roomFolder(stateFolder, room);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw new Error(`${folder} is not a folder. Remove it.`);
  if (process.getuid !== undefined && found.uid !== process.getuid()) {
    throw new Error(`${folder} belongs to another user. Set COUNTERSIGN_STATE to a folder of your own.`);
  }
  return folder;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
