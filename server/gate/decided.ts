import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isHoldId } from './holds.ts';
import { readWhole, removeIfThere, writeWhole } from './small-file.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import type { Decided } from './types.ts';

const RECORD_ID = /^[0-9a-f]{64}$/;

/** Older decisions than these are in the log alone. */
const MOST = 500;

/** What was decided, newest first. Files that are not ours are skipped. Never throws. */
export function listDecided(stateFolder: string): readonly Decided[] {
  let names: readonly string[];
  try {
    names = readdirSync(roomFolder(stateFolder, 'decided'));
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => readDecided(stateFolder, name.slice(0, -'.json'.length)) ?? [])
    .sort((a, b) => b.when.localeCompare(a.when))
    .slice(0, MOST);
}

/** `id`: an acknowledgement's, or a discarded hold's. Undefined when there is none or its file is not ours. Never throws. */
export function readDecided(stateFolder: string, id: string): Decided | undefined {
  if (!isDecidedId(id)) return undefined;
  try {
    const bytes = readWhole(join(roomFolder(stateFolder, 'decided'), `${id}.json`));
    if (bytes === undefined) return undefined;
    const { parseDecided }: typeof import('./stored-shapes.ts') = require('./stored-shapes.ts');
    const decided = parseDecided(JSON.parse(bytes.toString('utf8')));
    return decided?.id === id ? decided : undefined;
  } catch {
    return undefined;
  }
}

/** Throws as fs does. */
export function writeDecided(stateFolder: string, decided: Decided): void {
  writeWhole(join(ensureRoom(stateFolder, 'decided'), `${decided.id}.json`), JSON.stringify(decided));
}

/** Nothing where it is not there. */
export function removeDecided(stateFolder: string, id: string): void {
  if (isDecidedId(id)) removeIfThere(join(roomFolder(stateFolder, 'decided'), `${id}.json`));
}

function isDecidedId(id: string): boolean {
  return RECORD_ID.test(id) || isHoldId(id);
}
