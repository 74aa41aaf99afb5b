import { createHash } from 'node:crypto';
import { readDecided, writeDecided } from './decided.ts';
import { digestKeyOf, plainFile } from './digest-key.ts';
import { digestOf, recordable, recordedProvenance, recordedTexts } from './recorded.ts';
import { review } from './review.ts';
import { type Conflict, isMarked, takeBack } from './three-way.ts';
import { systemWords } from '../ledger/system-words.ts';
import { roomFolder } from './state-folder.ts';
import type { Decided, GateContext } from './types.ts';

type AcknowledgedHold = Extract<Decided, { kind: 'acknowledged' }>;

/** `before`: the text of now. `after`: what is to stand there. */
export type RollBackText = { readonly path: string; readonly before: string; readonly after: string };

/** What is between an acknowledged edit and its rollback, for a person to decide. `merged` marks each place as git does. */
export type RollBackConflict = Conflict & { readonly path: string };

export type RollBackTexts =
  | { readonly ok: true; readonly texts: readonly RollBackText[] }
  | { readonly ok: false; readonly problem: string; readonly conflicts?: readonly RollBackConflict[] | undefined };

/** Characters of a reason after trimming. Closing access must not be made hard. */
const SHORTEST_REASON = 5;

/** A sentence where the reason for a rollback is too short to be one. */
export function rollBackReasonProblem(reason: string): string | undefined {
  const length = Array.from(reason.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()).length;
  return length >= SHORTEST_REASON
    ? undefined
    : `Say in a few words why it is rolled back: at least ${SHORTEST_REASON} characters. It is recorded.`;
}

/**
 * The texts that undo an acknowledged edit, for the current texts by path. Where a file was edited since, only what was
 * acknowledged is taken back and the later edits stay; where both are about the same lines, a person decides: nothing is
 * guessed. `resolved`: the texts of such files as a person made them. All files or none.
 */
export function rollBackTexts(
  acknowledgement: string,
  current: ReadonlyMap<string, string>,
  context: GateContext,
  resolved: ReadonlyMap<string, string> = new Map(),
): RollBackTexts {
  const found = acknowledgedHold(acknowledgement, context);
  if (!found.ok) return found;
  const texts: RollBackText[] = [];
  const conflicts: RollBackConflict[] = [];
  for (const { path, before, after } of found.decided.hold.edits) {
    const now = current.get(path);
    if (now === undefined) return { ok: false, problem: `The current text of ${path} is not known. Open the file and try again.` };
    const decided = resolved.get(path);
    if (decided !== undefined && isMarked(decided))
      return {
        ok: false,
        problem: `${path}: there are places left that are marked with <<<<<<< and >>>>>>>. Decide each, and take the marks out.`,
      };
    const undone = decided === undefined ? takeBack(before, after, now) : { ok: true as const, text: decided };
    if (undone.ok) texts.push({ path, before: now, after: undone.text });
    else conflicts.push({ path, ...undone.conflict });
  }
  if (conflicts.length === 0) return { ok: true, texts };
  const names = conflicts.map(({ path }) => path).join(', ');
  return { ok: false, problem: `${names}: These lines were edited since. Open a merge to roll back.`, conflicts };
}

/**
 * Rolling back is an edit like any other: where it closes access it needs nobody, where it opens something it is held.
 * Gives a sentence, and the hold where there is one, when it may not be made.
 */
export async function judgeRollBack(
  acknowledgement: string,
  texts: readonly RollBackText[],
  context: GateContext,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly problem: string; readonly hold?: string | undefined }> {
  const found = acknowledgedHold(acknowledgement, context);
  if (!found.ok) return found;
  const provenance = { channel: 'patch', certainty: 'observed' } as const;
  const outcome = await review({ workspace: found.decided.hold.workspace, edits: texts.map((text) => ({ ...text, provenance })) }, context);
  switch (outcome.verdict) {
    case 'allow':
    case 'note':
      return { ok: true };
    case 'closed':
      return { ok: false, problem: `Nothing was rolled back. ${outcome.cause}` };
    case 'acknowledge':
    case 'approve':
      return {
        ok: false,
        hold: outcome.hold.id,
        problem: `Rolling this back opens something itself, so it is held as ${outcome.hold.id}. Nothing was changed. Review it in the editor: acknowledging it there makes the change.`,
      };
    case 'forbid':
      return {
        ok: false,
        hold: outcome.hold.id,
        problem: `Rolling this back would do what nobody may acknowledge. Nothing was changed. See ${outcome.hold.id}.`,
      };
    default:
      return outcome satisfies never;
  }
}

export type RolledBack = {
  /** What is put in place. Absent: the texts of the acknowledgement itself, the other way round. */
  readonly texts?: readonly RollBackText[] | undefined;
  /** The person's own words. */
  readonly reason?: string | undefined;
};

/** Records a rollback. Called before the texts are applied: no record, no rollback. */
export async function recordRolledBack(
  acknowledgement: string,
  context: GateContext,
  { texts, reason }: RolledBack = {},
): Promise<{ ok: true } | { ok: false; problem: string }> {
  const found = acknowledgedHold(acknowledgement, context);
  if (!found.ok) return found;
  const { hold } = found.decided;
  // Seen from the rollback: what was acknowledged is what was there before.
  const changes = texts ?? hold.edits.map(({ path, before, after }) => ({ path, before: after, after: before }));
  const appended = await context.ledger.append({
    kind: 'rolled-back',
    hold: hold.id,
    acknowledgement,
    workspace: recordable(hold.workspace),
    files: recordedTexts(changes, context.stateFolder),
    provenance: recordedProvenance(hold.provenance, context.stateFolder),
    policy: context.policy.digest,
    ...(reason === undefined ? {} : { reason: { category: 'rolled-back', text: recordable(reason.trim()) } }),
    cause: 'A person rolled it back.',
  });
  if (!appended.ok) return { ok: false, problem: `The log could not be written, so nothing was rolled back. ${appended.problem.message}` };
  try {
    writeDecided(context.stateFolder, { ...found.decided, rolledBack: context.now().toISOString() });
  } catch (error) {
    return { ok: false, problem: systemWords(error) };
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
    files: recordedTexts(
      hold.edits.map(({ path, after }) => ({ path, before: after, after })),
      context.stateFolder,
    ),
    provenance: recordedProvenance(hold.provenance, context.stateFolder),
    policy: context.policy.digest,
    cause: recordable(`The rollback could not be made: ${cause}`),
  });
  if (!appended.ok) {
    return { ok: false, problem: `The log says that it was rolled back, and could not be corrected. ${appended.problem.message}` };
  }
  try {
    writeDecided(context.stateFolder, standing);
  } catch (error) {
    return { ok: false, problem: systemWords(error) };
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
  const key = digestKeyOf(context.stateFolder);
  const files = (verified.stored.record.event.files ?? []).map((file) => plainFile(file, key));
  if (files.some(({ keyed }) => keyed !== undefined)) return unopened(context.stateFolder);
  const same = decided.hold.edits.every(({ path, before, after }, index) => {
    const file = files[index];
    return file !== undefined && file.path === recordable(path) && file.before === digestOf(before) && file.after === digestOf(after);
  });
  return same && files.length === decided.hold.edits.length ? { ok: true, decided } : tampered;
}

function unopened(stateFolder: string): { readonly ok: false; readonly problem: string } {
  return {
    ok: false,
    problem: `What was acknowledged is recorded under a key that is not in ${roomFolder(stateFolder, 'keys')} any more (digest.key), so the kept texts cannot be compared with it. Put that file back, or restore the text from version control.`,
  };
}
