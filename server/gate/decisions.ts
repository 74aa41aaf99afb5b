import { join } from 'node:path';
import type { Edit, Provenance } from '../engine/types.ts';
import type { Appended, LedgerEvent, Signer } from '../ledger/types.ts';
import { giveUseBack, keepAcknowledgement, sweepAcknowledgements, takeUse } from './acknowledgements.ts';
import { settle } from './breaker.ts';
import { listDecided, readDecided, removeDecided, writeDecided } from './decided.ts';
import { createHold, digestOfHold, holdIdOf, isHoldId, readHold, removeHold, writeHold } from './holds.ts';
import { missingFor } from './reasons.ts';
import { recordable, recordedFiles, recordedProvenance } from './recorded.ts';
import { judge } from './judge.ts';
import { createWhole, readWhole, removeIfThere, sentenceOf } from './small-file.ts';
import { ensureRoom } from './state-folder.ts';
import type { Acknowledged, AcknowledgementInput, GateContext, Hold, Signing, Suggestion } from './types.ts';

export { recordNotRolledBack, recordRolledBack, rollBackTexts } from './rollback.ts';

export type Done = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** A decision that was begun and not ended is void after this. */
const DECIDING_MS = 120_000;

/**
 * Takes a person's acknowledgement of a hold: checks the hold's own texts again, appends the record signed by the person,
 * and only then lets the retry through (hook, tool) or the caller apply the texts (the editor's own channels).
 */
export async function acknowledge(
  holdId: string,
  input: AcknowledgementInput,
  context: GateContext,
  signer: Signer,
): Promise<Acknowledged> {
  if (context.closedBecause !== undefined) return refuse(context.closedBecause);
  if (signer.role !== 'person' || !context.trustedKeys.has(signer.keyId)) {
    return refuse('This key is not trusted to acknowledge anything. Open the workspace in the editor once, so that its key is enrolled.');
  }
  const hold = readHold(context.stateFolder, holdId);
  if (hold === undefined) return refuse('This suggestion is no longer held: it was decided already, or its file is gone.');
  if (input.seen !== undefined && input.seen !== digestOfHold(hold)) return refuse(changed(hold));
  const stale = recheck(hold, context);
  if (stale !== undefined) return refuse(stale);
  const missing = missingFor(hold, input, context.policy);
  if (missing.length > 0) return { ok: false, missing };

  return onlyOnce(holdId, context, async () => {
    // Another window may have decided between reading and here.
    if (readHold(context.stateFolder, holdId) === undefined) return refuse('This suggestion was decided in another window just now.');
    return sign(hold, input, context, signer);
  });
}

/** What became of an acknowledged edit in the editor. Where it was not applied, it is held again. */
export async function markApplied(
  holdId: string,
  acknowledgement: string,
  applied: { ok: boolean; cause?: string },
  context: GateContext,
): Promise<Done> {
  const decided = readDecided(context.stateFolder, acknowledgement);
  if (decided?.kind !== 'acknowledged' || decided.hold.id !== holdId)
    return failed(`There is no acknowledgement ${acknowledgement} of ${holdId}.`);
  if (decided.applied !== undefined) return failed('What became of this edit is recorded already.');
  return guarded(async () => {
    if (!takeUse(context.stateFolder, acknowledgement, decided.hold.provenance.agent))
      return failed('This acknowledgement was used already.');
    const appended = await context.ledger.append({
      ...eventOf('released', decided.hold, context),
      acknowledgement,
      verdict: applied.ok ? 'applied' : 'not-applied',
      ...(applied.cause === undefined ? {} : { cause: recordable(applied.cause) }),
    });
    if (!appended.ok) {
      giveUseBack(context.stateFolder, acknowledgement);
      return unrecorded(appended);
    }
    const when = context.now().toISOString();
    writeDecided(context.stateFolder, { ...decided, applied: { ok: applied.ok, when, cause: applied.cause } });
    if (!applied.ok) createHold(context.stateFolder, decided.hold);
    return { ok: true };
  });
}

/** Each is recorded before it goes; stops at the first that cannot be. Ids of no hold are passed over. */
export async function discard(holdIds: readonly string[], context: GateContext): Promise<Done> {
  return guarded(async () => {
    for (const id of holdIds) {
      const hold = readHold(context.stateFolder, id);
      if (hold === undefined) continue;
      const appended = await context.ledger.append(eventOf('discarded', hold, context));
      if (!appended.ok) return unrecorded(appended);
      writeDecided(context.stateFolder, {
        schema: 'countersign.decided/1',
        kind: 'discarded',
        id,
        hold,
        when: context.now().toISOString(),
      });
      removeHold(context.stateFolder, id);
    }
    return { ok: true };
  });
}

/** Holds a discarded suggestion again. */
export async function undoDiscard(holdId: string, context: GateContext): Promise<Done> {
  const decided = isHoldId(holdId) ? readDecided(context.stateFolder, holdId) : undefined;
  if (decided?.kind !== 'discarded') return failed(`${holdId} was not discarded, or too long ago.`);
  return guarded(async () => {
    const appended = await context.ledger.append({ ...eventOf('held', decided.hold, context), cause: 'The discard was undone.' });
    if (!appended.ok) return unrecorded(appended);
    // False when it was suggested again meanwhile: that one stands.
    createHold(context.stateFolder, decided.hold);
    removeDecided(context.stateFolder, holdId);
    return { ok: true };
  });
}

/**
 * Records what an agent really wrote, where it concerns access or governs something. `unexpected`: a sentence when that opens
 * more than was let through.
 */
export async function recordWritten(
  edits: readonly Edit[],
  provenance: Provenance,
  context: GateContext,
  workspace = '',
): Promise<{ ok: true; unexpected?: string } | { ok: false; problem: string }> {
  const suggestion = { workspace, edits: edits.map((edit) => ({ ...edit, provenance })) };
  const judgement = judge(suggestion, context);
  const { assessments } = judgement;
  if (assessments.every(({ kind, findings, problems }) => kind === 'none' && findings.length + problems.length === 0)) return { ok: true };
  const release = releasedTo(provenance, context);
  const covered = release?.hold.edits.flatMap(({ assessment }) => assessment.findings.map(({ fingerprint }) => fingerprint)) ?? [];
  const more = judgement.verdict === 'forbid' || judgement.needed.some(({ fingerprint }) => !covered.includes(fingerprint));
  const unexpected = more ? 'What was written opens more than anybody acknowledged. Review the file, or revert it.' : undefined;
  const appended = await context.ledger.append({
    kind: 'written',
    workspace: recordable(workspace),
    files: recordedFiles(edits, assessments),
    provenance: recordedProvenance(provenance),
    policy: context.policy.digest,
    verdict: judgement.verdict,
    ...(release === undefined ? {} : { acknowledgement: release.id, hold: release.hold.id }),
    ...(unexpected === undefined ? {} : { cause: unexpected }),
  });
  if (!appended.ok) return unrecorded(appended);
  return unexpected === undefined ? { ok: true } : { ok: true, unexpected };
}

/** A sentence when the hold is not what its own texts say: it was tampered with, or policy or engine have changed since. */
function recheck(hold: Hold, context: GateContext): string | undefined {
  if (hold.verdict === 'forbid') return 'This edit is in a no-go zone and cannot be acknowledged. The policy would have to change first.';
  const suggestion = suggestionOf(hold);
  const {
    assessments,
    verdict,
    cause,
    sign: signing,
  } = judge(suggestion, context);
  if (verdict === 'closed') return `Countersign could not work out what this edit does: ${cause ?? ''} It stays held.`;
  if (holdIdOf(suggestion, assessments) !== hold.id) {
    return 'The file of this hold does not say what was held. Discard it, and let the edit be suggested again.';
  }
  if (verdict !== 'forbid' && sameFindings(hold, assessments)) return unsignable(signing);
  try {
    const edits = hold.edits.map((edit, index) => ({ ...edit, assessment: assessments[index] ?? edit.assessment }));
    writeHold(context.stateFolder, {
      ...hold,
      edits,
      updated: context.now().toISOString(),
      policyDigest: context.policy.digest,
      verdict: verdict === 'forbid' || verdict === 'approve' ? verdict : 'acknowledge',
      sign: signing,
    });
  } catch (error) {
    return sentenceOf(error);
  }
  return changed(hold);
}

/** What the key of one person in this editor cannot sign; a sentence. */
function unsignable(signing: Signing | undefined): string | undefined {
  if (signing?.people === 2)
    return 'Policy asks that someone else approves this edit. It cannot be acknowledged by one person; it stays held.';
  if (signing !== undefined && signing.presence !== 'none') {
    const proof = signing.presence === 'touch' ? 'the touch of a security key' : 'a security key that knows who touches it';
    return `Policy asks for ${proof} here, which cannot be given in this editor. The edit stays held.`;
  }
  return undefined;
}

async function sign(hold: Hold, input: AcknowledgementInput, context: GateContext, signer: Signer): Promise<Acknowledged> {
  const now = context.now();
  const expires = new Date(now.getTime() + input.hours * 3_600_000);
  const retryUntil = new Date(Math.min(expires.getTime(), now.getTime() + context.policy.retryMinutes * 60_000));
  const { category, text, ticket } = input.reason;
  const { keepInRepository, repositoryOf }: typeof import('./repository-acks.ts') = require('./repository-acks.ts');
  const shared = await repositoryOf(hold);
  const appended = await context.ledger.append(
    {
      ...eventOf('acknowledged', hold, context),
      ...(shared?.ok === true ? { repository: shared.repository.identity } : {}),
      reason: {
        category,
        text: Buffer.from(text.trim(), 'utf8').toString('utf8'),
        ...(ticket === undefined || ticket.trim() === '' ? {} : { ticket: recordable(ticket.trim()) }),
      },
      expires: expires.toISOString(),
      retryUntil: retryUntil.toISOString(),
      ...(input.confirmation === undefined ? {} : { confirmed: input.confirmation.how }),
    },
    signer,
  );
  if (!appended.ok) return unrecorded(appended);
  const { stored } = appended;
  writeDecided(context.stateFolder, {
    schema: 'countersign.decided/1',
    kind: 'acknowledged',
    id: stored.id,
    hold,
    when: now.toISOString(),
    expires: expires.toISOString(),
    retryUntil: retryUntil.toISOString(),
    rollBackLater: input.rollBackLater,
    envelope: Buffer.from(stored.bytes).toString('base64'),
  });
  keepAcknowledgement(context.stateFolder, stored);
  removeHold(context.stateFolder, hold.id);
  await settle(hold, context);
  sweepAcknowledgements(context.stateFolder, now);
  const note = shared?.ok === true ? keepInRepository(shared.repository, stored) : shared?.problem;
  return { ok: true, id: stored.id, expires: expires.toISOString(), retryUntil: retryUntil.toISOString(), note };
}

/** Two windows must not both acknowledge the same hold. */
async function onlyOnce(holdId: string, context: GateContext, decide: () => Promise<Acknowledged>): Promise<Acknowledged> {
  try {
    const mark = join(ensureRoom(context.stateFolder, 'holds'), `${holdId}.deciding`);
    const since = Number(readWhole(mark)?.toString('utf8') ?? Number.NaN);
    if (Math.abs(context.now().getTime() - since) > DECIDING_MS) removeIfThere(mark);
    if (!createWhole(mark, String(context.now().getTime()))) return refuse('This suggestion is being decided in another window.');
    try {
      return await decide();
    } finally {
      removeIfThere(mark);
    }
  } catch (error) {
    return refuse(`The acknowledgement could not be kept, so nothing was applied: ${sentenceOf(error)}`);
  }
}

/** The acknowledgement that let this very tool call through. */
function releasedTo(provenance: Provenance, context: GateContext) {
  const { session, toolCall } = provenance.agent ?? {};
  if (toolCall === undefined) return undefined;
  const mark = JSON.stringify({ toolCall: recordable(toolCall), session: recordable(session ?? '') });
  return listDecided(context.stateFolder).find((decided) => {
    if (decided.kind !== 'acknowledged') return false;
    try {
      return readWhole(join(ensureRoom(context.stateFolder, 'used'), decided.id))?.toString('utf8') === mark;
    } catch {
      return false;
    }
  });
}

function sameFindings(hold: Hold, assessments: readonly Hold['edits'][number]['assessment'][]): boolean {
  const told = ({ findings }: Hold['edits'][number]['assessment']) =>
    JSON.stringify(findings.map(({ fingerprint, severity, consequence, opened }) => [fingerprint, severity, consequence, opened.name]));
  return hold.edits.every(({ assessment }, index) => {
    const now = assessments[index];
    return now !== undefined && told(assessment) === told(now);
  });
}

function suggestionOf(hold: Hold): Suggestion {
  return {
    workspace: hold.workspace,
    edits: hold.edits.map(({ path, before, after, command }) => ({
      path,
      before,
      after,
      provenance: hold.provenance,
      ...(command === undefined ? {} : { command }),
    })),
  };
}

function eventOf(kind: LedgerEvent['kind'], hold: Hold, context: GateContext): LedgerEvent {
  return {
    kind,
    hold: hold.id,
    workspace: recordable(hold.workspace),
    files: recordedFiles(
      hold.edits,
      hold.edits.map(({ assessment }) => assessment),
    ),
    provenance: recordedProvenance(hold.provenance),
    verdict: hold.verdict,
    policy: context.policy.digest,
  };
}

async function guarded(act: () => Promise<Done>): Promise<Done> {
  try {
    return await act();
  } catch (error) {
    return failed(sentenceOf(error));
  }
}

function changed(hold: Hold): string {
  const path = hold.edits[0]?.path ?? 'This suggestion';
  return `${path} changed after this was held. It was checked again: read it again before you decide.`;
}

function unrecorded(appended: Extract<Appended, { ok: false }>): { ok: false; problem: string } {
  return { ok: false, problem: `The log could not be written, so nothing was applied. ${appended.problem.message}` };
}

function refuse(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}

function failed(problem: string): Done {
  return { ok: false, problem };
}
