import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isHoldId, readHold } from './holds.ts';
import { readWhole, removeIfThere, writeWhole } from './small-file.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import type { Draft } from './types.ts';

/**
 * Keeps the reason that was given for a hold before anybody signs for it: the review opens with it filled in. It accepts
 * nothing. Beside the hold and not in it, so that writing it can bring no decided hold back. Throws as fs does.
 */
export function writeDraft(stateFolder: string, draft: Draft): void {
  sweep(stateFolder);
  writeWhole(join(ensureRoom(stateFolder, 'drafts'), `${draft.hold}.json`), JSON.stringify(draft));
}

/** Undefined when there is none or its file is not ours. Never throws. */
export function readDraft(stateFolder: string, hold: string): Draft | undefined {
  if (!isHoldId(hold)) return undefined;
  try {
    const bytes = readWhole(join(roomFolder(stateFolder, 'drafts'), `${hold}.json`));
    if (bytes === undefined) return undefined;
    const { parseDraft }: typeof import('./stored-shapes.ts') = require('./stored-shapes.ts');
    const draft = parseDraft(JSON.parse(bytes.toString('utf8')));
    return draft?.hold === hold ? draft : undefined;
  } catch {
    return undefined;
  }
}

/** Drafts of holds that are decided. */
function sweep(stateFolder: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(roomFolder(stateFolder, 'drafts'));
  } catch {
    return;
  }
  for (const name of names) {
    const id = name.replace(/\.json$/, '');
    if (isHoldId(id) && readHold(stateFolder, id) === undefined) removeIfThere(join(roomFolder(stateFolder, 'drafts'), name));
  }
}
