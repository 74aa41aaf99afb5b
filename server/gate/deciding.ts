import { hostname } from 'node:os';
import { join } from 'node:path';
import { createWhole, readWhole, removeIfThere } from './small-file.ts';
import { ensureRoom } from './state-folder.ts';

/** After so many milliseconds whoever began to decide has given up, though its process lives. */
const LONGEST = 120_000;

/**
 * Two windows must not decide the same hold at once. Gives what ends the turn, or undefined while another window has it; that of
 * a process that was killed is over. Throws as fs does.
 */
export function takeTurn(stateFolder: string, holdId: string, now: () => Date): (() => void) | undefined {
  const mark = join(ensureRoom(stateFolder, 'holds'), `${holdId}.deciding`);
  if (isOver(readWhole(mark)?.toString('utf8'), now())) removeIfThere(mark);
  const mine = JSON.stringify({ at: now().getTime(), pid: process.pid, host: hostname() });
  if (!createWhole(mark, mine)) return undefined;
  return () => {
    try {
      removeIfThere(mark);
    } catch {
      // What was decided stands; the turn ends with this process, or with its time.
    }
  };
}

function isOver(mark: string | undefined, now: Date): boolean {
  if (mark === undefined) return false;
  const { at, pid, host } = fieldsOf(mark);
  // The clock may have been set back since.
  if (typeof at !== 'number' || Math.abs(now.getTime() - at) > LONGEST) return true;
  return host === hostname() && typeof pid === 'number' && pid !== process.pid && !isAlive(pid);
}

function fieldsOf(mark: string): { readonly at?: unknown; readonly pid?: unknown; readonly host?: unknown } {
  try {
    const value: unknown = JSON.parse(mark);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Of another account, yet alive.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
