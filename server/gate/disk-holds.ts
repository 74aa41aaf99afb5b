import { constants, existsSync, lstatSync, openSync, closeSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { digestOfBytes } from './baselines.ts';
import { writeDecided } from './decided.ts';
import type { Done } from './done.ts';
import { readHold, removeHold, writeHold } from './holds.ts';
import { recordable, recordedProvenance, recordedTexts } from './recorded.ts';
import { systemWords } from '../ledger/system-words.ts';
import type { GateContext, Hold } from './types.ts';

/** One file to put back: what has to be there now, and what is to be there, as bytes; undefined for a file that is not there. */
export type Restoring = {
  readonly file: string;
  /** SHA-256 of the bytes that are expected on disk; '' for none. */
  readonly now: string;
  readonly before: Buffer | undefined;
};

/**
 * Puts files back as they were before a write to disk that is held. Recorded first. By policy (`stays`) the suggestion stays
 * held and can be acknowledged; by a person's click it is as one that was discarded, and can be held again.
 */
export async function revertHold(
  hold: Hold,
  restoring: readonly Restoring[],
  context: GateContext,
  how: { readonly stays: boolean; readonly cause: string },
): Promise<Done> {
  for (const one of restoring) {
    const problem = obstacle(one);
    if (problem !== undefined) return { ok: false, problem };
  }
  const appended = await context.ledger.append({
    kind: 'reverted',
    hold: hold.id,
    workspace: recordable(hold.workspace),
    files: recordedTexts(
      hold.edits.map(({ path, before, after }) => ({ path, before: after, after: before })),
      context.stateFolder,
    ),
    provenance: recordedProvenance(hold.provenance, context.stateFolder),
    policy: context.policy.digest,
    cause: recordable(how.cause),
  });
  if (!appended.ok) return { ok: false, problem: `The log could not be written, so nothing was reverted. ${appended.problem.message}` };
  try {
    for (const one of restoring) restore(one);
    const reverted: Hold = { ...hold, disk: 'reverted' };
    if (how.stays) {
      writeHold(context.stateFolder, reverted);
      return { ok: true };
    }
    const when = context.now().toISOString();
    writeDecided(context.stateFolder, { schema: 'countersign.decided/1', kind: 'discarded', id: hold.id, hold: reverted, when });
    removeHold(context.stateFolder, hold.id);
    return { ok: true };
  } catch (error) {
    return { ok: false, problem: `Not every file could be reverted: ${systemWords(error)}` };
  }
}

/** The text that was held is on disk no more, without anybody's decision. Recorded; a hold that is gone already is passed over. */
export async function withdrawHold(id: string, cause: string, context: GateContext): Promise<Done> {
  const hold = readHold(context.stateFolder, id);
  if (hold?.disk !== 'written') return { ok: true };
  const appended = await context.ledger.append({
    kind: 'discarded',
    hold: id,
    workspace: recordable(hold.workspace),
    files: recordedTexts(hold.edits, context.stateFolder),
    provenance: recordedProvenance(hold.provenance, context.stateFolder),
    policy: context.policy.digest,
    cause: recordable(cause),
  });
  if (!appended.ok) return { ok: false, problem: appended.problem.message };
  try {
    removeHold(context.stateFolder, id);
    return { ok: true };
  } catch (error) {
    return { ok: false, problem: systemWords(error) };
  }
}

/** Why this file must not be written, if so. */
function obstacle({ file, now }: Restoring): string | undefined {
  let found: ReturnType<typeof lstatSync> | undefined;
  try {
    found = lstatSync(file);
  } catch {
    return now === '' ? undefined : `${file} is not there any more. Look at it, and review again.`;
  }
  if (found.isSymbolicLink()) return `${file} is a symbolic link, which Countersign does not write through. Put it back by hand.`;
  if (!found.isFile()) return `${file} is not a plain file. Put it back by hand.`;
  if (digestOfBytes(readFileSync(file)) !== now) return `${file} was changed again meanwhile. Read the review once more.`;
  return undefined;
}

/** In place, so that owner and permissions stay; never through a link. */
function restore({ file, before }: Restoring): void {
  if (before === undefined) {
    if (existsSync(file)) unlinkSync(file);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  const handle = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0), 0o644);
  try {
    writeFileSync(handle, before);
  } finally {
    closeSync(handle);
  }
}
