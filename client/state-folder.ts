import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/**
 * Where every process of this user keeps holds and log. The gate has the same rule; the client needs it before there is a
 * server, to see whether one is worth starting. A test holds the two together.
 */
export function stateFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env['COUNTERSIGN_STATE']) return env['COUNTERSIGN_STATE'];
  if (platform === 'win32') return win32.join(env['LOCALAPPDATA'] || win32.join(home, 'AppData', 'Local'), 'countersign');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'countersign');
  const state = env['XDG_STATE_HOME'] ?? '';
  return posix.join(posix.isAbsolute(state) ? state : posix.join(home, '.local', 'state'), 'countersign');
}
