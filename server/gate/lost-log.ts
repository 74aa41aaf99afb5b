import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { recordFile } from '../ledger/record-file.ts';
import { type Room, roomFolder } from './state-folder.ts';

/** A hold is written before its record; older than this, its record was in the log. */
const HOLD_AGE_MS = 60_000;

/**
 * A sentence when there is no log, yet something is there that only a log can have led to: whoever took log, head and keys
 * away together must not get a new log begun as if nothing had been. Undefined where all is well. Throws as fs does.
 */
export function lostLog(stateFolder: string, now: Date): string | undefined {
  const folder = roomFolder(stateFolder, 'log');
  if (existsSync(join(folder, recordFile(1)))) return undefined;
  const remains = (['decided', 'acknowledgements', 'used', 'holds'] satisfies Room[]).filter((room) => {
    const oldest = room === 'holds' ? now.getTime() - HOLD_AGE_MS : Number.POSITIVE_INFINITY;
    return filesIn(roomFolder(stateFolder, room)).some((file) => (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? oldest) < oldest);
  });
  if (remains.length === 0) return undefined;
  const named =
    remains.length === 1
      ? `the folder “${remains[0] ?? ''}” beside it is not empty`
      : `the folders ${remains.map((room) => `“${room}”`).join(', ')} beside it are not empty`;
  return `The acknowledgement log in ${folder} is gone, but ${named}. Restore it from a copy; to begin a new log instead, move these folders away too.`;
}

/** Hidden files are those of a killed process. */
function filesIn(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => !name.startsWith('.'))
        .map((name) => join(folder, name))
    : [];
}
