import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { roomFolder } from '../../gate/state-folder.ts';
import { decodeRecord } from '../../ledger/envelope.ts';
import type { StoredRecord } from '../../ledger/types.ts';

/** Each broken glass that nobody else has looked at yet: these are shipped ahead of what waits. Never throws. */
export function brokenGlass(stateFolder: string): readonly StoredRecord[] {
  try {
    const folder = roomFolder(stateFolder, 'glass');
    return readdirSync(folder).flatMap((name) => {
      const decoded = /^[0-9a-f]{64}\.json$/.test(name) ? decodeRecord(readFileSync(join(folder, name))) : undefined;
      return decoded?.ok === true && decoded.stored.record.event.kind === 'broke-glass' ? [decoded.stored] : [];
    });
  } catch {
    // Nobody broke any.
    return [];
  }
}

/**
 * Ships the log at once, in a process of its own that nobody waits for: no editor may be open whose shipper would. Where another
 * process ships already, that one sends it. `cli`: the bundled command line. False where there is none.
 */
export function shipAtOnce(cli: string, stateFolder: string, env: NodeJS.ProcessEnv): boolean {
  if (!existsSync(cli)) return false;
  try {
    const child = spawn(process.execPath, [cli, 'log', 'ship', '--once', '--patience', PATIENCE, '--state', stateFolder], {
      detached: true,
      stdio: 'ignore',
      env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
      windowsHide: true,
    });
    child.on('error', () => undefined);
    child.unref();
    return true;
  } catch {
    return false;
  }
}

/** Seconds without a batch taken. */
const PATIENCE = '120';
