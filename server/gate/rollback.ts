import { createHash } from 'node:crypto';
import { readDecided, writeDecided } from './decided.ts';
import { digestOf, recordable, recordedProvenance } from './recorded.ts';
import { sentenceOf } from './small-file.ts';
import type { Decided, GateContext } from './types.ts';

type AcknowledgedHold = Extract<Decided, { kind: 'acknowledged' }>;

export type RollBackText = { readonly path: string; readonly before: string; readonly after: string };

/**
 * The texts that undo an acknowledged edit, for the current texts by path. Where a file was edited since, the reverse patch
 * is tried: only lines that are still as they were acknowledged are taken back.
 */
export function rollBackTexts(
  acknowledgement: string,
  current: ReadonlyMap<string, string>,
  context: GateContext,
): { ok: true; texts: readonly RollBackText[] } | { ok: false; problem: string } {
  const found = acknowledgedHold(acknowledgement, context);
  if (!found.ok) return found;
  const texts: RollBackText[] = [];
  for (const { path, before, after } of found.decided.hold.edits) {
    const now = current.get(path);
    if (now === undefined) return { ok: false, problem: `The current text of ${path} is not known. Open the file and try again.` };
    const undone = reverse(before, after, now);
    if (undone === undefined) return { ok: false, problem: `${path}: These lines were edited since. Open a merge to roll back.` };
    texts.push({ path, before: now, after: undone });
  }
  return { ok: true, texts };
}

/** Records a rollback. Called before the texts are applied: no record, no rollback. */
export async function recordRolledBack(
  acknowledgement: string,
  context: GateContext,
  cause = 'A person rolled it back.',
): Promise<{ ok: true } | { ok: false; problem: string }> {
  const found = acknowledgedHold(acknowledgement, context);
  if (!found.ok) return found;
  const { hold } = found.decided;
  const appended = await context.ledger.append({
    kind: 'rolled-back',
    hold: hold.id,
    acknowledgement,
    workspace: recordable(hold.workspace),
    // Seen from the rollback: what was acknowledged is what was there before.
    files: hold.edits.map(({ path, before, after }) => ({
      path: recordable(path),
      before: digestOf(after),
      after: digestOf(before),
      findings: [],
    })),
    provenance: recordedProvenance(hold.provenance),
    policy: context.policy.digest,
    cause: recordable(cause),
  });
  if (!appended.ok) return { ok: false, problem: `The log could not be written, so nothing was rolled back. ${appended.problem.message}` };
  try {
    writeDecided(context.stateFolder, { ...found.decided, rolledBack: context.now().toISOString() });
  } catch (error) {
    return { ok: false, problem: sentenceOf(error) };
  }
  return { ok: true };
}

/** Corrects the record of a rollback that could not be made: the acknowledged text is still there, and can be rolled back later. */
export async function recordNotRolledBack(
  acknowledgement: string,
  cause: string,
  context: GateContext,
): Promise<{ ok: true } | { ok: false; problem: string }> {
  const decided = readDecided(context.stateFolder, acknowledgement);
  if (decided?.kind !== 'acknowledged' || decided.rolledBack === undefined)
    return { ok: false, problem: `There is no rollback of ${acknowledgement} to correct.` };
  const { rolledBack: _, ...standing } = decided;
  const { hold } = decided;
  const appended = await context.ledger.append({
    kind: 'rolled-back',
    verdict: 'not-applied',
    hold: hold.id,
    acknowledgement,
    workspace: recordable(hold.workspace),
    files: hold.edits.map(({ path, after }) => ({ path: recordable(path), before: digestOf(after), after: digestOf(after), findings: [] })),
    provenance: recordedProvenance(hold.provenance),
    policy: context.policy.digest,
    cause: recordable(`The rollback could not be made: ${cause}`),
  });
  if (!appended.ok) {
    return { ok: false, problem: `The log says that it was rolled back, and could not be corrected. ${appended.problem.message}` };
  }
  try {
    writeDecided(context.stateFolder, standing);
  } catch (error) {
    return { ok: false, problem: sentenceOf(error) };
  }
  return { ok: true };
}

/** The kept texts, only if they are the ones the signed record speaks of: the file alone could put anything into the workspace. */
function acknowledgedHold(
  acknowledgement: string,
  context: GateContext,
): { ok: true; decided: AcknowledgedHold } | { ok: false; problem: string } {
  const decided = readDecided(context.stateFolder, acknowledgement);
  if (decided?.kind !== 'acknowledged')
    return { ok: false, problem: 'The texts of this change are no longer kept, so it cannot be rolled back from here.' };
  if (decided.rolledBack !== undefined) return { ok: false, problem: 'This change was rolled back already.' };
  // "$ aws iam …": it was run, so there is no text to put back.
  if (decided.hold.edits.some(({ path }) => path.startsWith('$ ')))
    return { ok: false, problem: 'A command cannot be rolled back from here. Undo what it did where it did it.' };
  const tampered = {
    ok: false as const,
    problem: 'The kept texts are not those that were acknowledged, so they are not used. Restore the file from version control.',
  };
  const bytes = Buffer.from(decided.envelope, 'base64');
  if (createHash('sha256').update(bytes).digest('hex') !== decided.id) return tampered;
  const { verifyEnvelope }: typeof import('../ledger/verify.ts') = require('../ledger/verify.ts');
  const verified = verifyEnvelope(bytes, context.trustedKeys);
  if (!verified.ok) return tampered;
  const files = verified.stored.record.event.files ?? [];
  const same = decided.hold.edits.every(({ path, before, after }, index) => {
    const file = files[index];
    return file !== undefined && file.path === recordable(path) && file.before === digestOf(before) && file.after === digestOf(after);
  });
  return same && files.length === decided.hold.edits.length ? { ok: true, decided } : tampered;
}

function reverse(before: string, after: string, now: string): string | undefined {
  if (now === after) return before;
  const { applyPatch, structuredPatch }: typeof import('diff') = require('diff');
  const undone = applyPatch(now, structuredPatch('', '', after, before, undefined, undefined, { context: 2 }), { fuzzFactor: 0 });
  return undone === false ? undefined : undone;
}
