import { join } from 'node:path';
import type { Signer, StoredRecord } from '../ledger/types.ts';
import { giveUseBack, keepAcknowledgement, sweepAcknowledgements, takeUse } from './acknowledgements.ts';
import { settle } from './breaker.ts';
import { takeTurn } from './deciding.ts';
import { readDecided, writeDecided } from './decided.ts';
import { type Done, failed, guarded, unrecorded } from './done.ts';
import { holdEvent } from './hold-event.ts';
import { createHold, digestOfHold, holdIdOf, readHold, removeHold, writeHold } from './holds.ts';
import { headline } from './decide.ts';
import { expiryFor } from './ladder.ts';
import { missingFor } from './reasons.ts';
import { recordable } from './recorded.ts';
import { judge } from './judge.ts';
import { writeWhole } from './small-file.ts';
import { systemWords } from '../ledger/system-words.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import type { Acknowledged, AcknowledgementInput, GateContext, Hold, Missing, Signing, Suggestion } from './types.ts';

const GONE = 'This suggestion is no longer held: it was decided already, or its file is gone.';

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
  const untrusted = whyUntrusted(signer, context);
  if (untrusted !== undefined) return refuse(untrusted);
  const hold = readHold(context.stateFolder, holdId);
  if (hold === undefined) return refuse(GONE);
  if (input.seen !== undefined && input.seen !== digestOfHold(hold)) return refuse(changed(hold));
  const checked = recheck(hold, context);
  if (!checked.ok) return checked;
  const { people, presence } = checked.sign;
  const { unprovable, isApproved }: typeof import('./approval-pickup.ts') = require('./approval-pickup.ts');
  const lacking = unprovable(signer.keyId, presence, context);
  if (lacking !== undefined) return refuse(lacking);
  const missing = missingFor(hold, input, context.policy);
  if (missing.length > 0) return { ok: false, missing };

  return onlyOnce(holdId, context, async () => {
    // Another window may have decided between reading and here.
    if (readHold(context.stateFolder, holdId) === undefined) return refuse('This suggestion was decided in another window just now.');
    const approved = people === 2 && (await isApproved(hold, presence, context));
    if (approved && readHold(context.stateFolder, holdId) === undefined) {
      return refuse('Somebody else approved this in the meantime. The agent may make this edit once, now.');
    }
    const asks = people === 2 && !approved;
    return sign(hold, input, context, { ...signer, presence }, { kind: 'acknowledged', asks });
  });
}

/** Why this key signs nothing here, in a sentence. Also told before anybody types a reason. */
export function whyUntrusted({ keyId, role }: Pick<Signer, 'keyId' | 'role'>, context: GateContext): string | undefined {
  if (role === 'person' && context.trustedKeys.has(keyId)) return undefined;
  const { knownKeys }: typeof import('../ledger/keys.ts') = require('../ledger/keys.ts');
  const known = knownKeys(roomFolder(context.stateFolder, 'keys')).get(keyId);
  return known?.until !== undefined || context.policy.revokedKeys.includes(keyId)
    ? 'This key was revoked or replaced, so it acknowledges nothing. Sign with the key that took its place, or make another: countersign key new.'
    : 'This key is not trusted to acknowledge anything. A key that is trusted here must let it in: countersign key trust FILE --person NAME.';
}

/** What is typed to break glass. */
export const BREAK_GLASS = 'break glass';

/** Hours that a broken glass stands open, at most. */
const GLASS_HOURS = 4;

/**
 * Lets a held suggestion through alone, where policy asks for a second person or a proof that cannot be had now. A no-go zone
 * stays closed. Needs a person's key, the phrase and a reason; is recorded as critical, and stays in sight until somebody else
 * has looked at it.
 */
export async function breakGlass(
  holdId: string,
  given: {
    readonly phrase: string;
    readonly reason: string;
    readonly ticket?: string | undefined;
    /** As in an acknowledgement. */
    readonly seen?: string | undefined;
  },
  context: GateContext,
  signer: Signer,
): Promise<Acknowledged> {
  if (context.closedBecause !== undefined) return refuse(context.closedBecause);
  const untrusted = whyUntrusted(signer, context);
  if (untrusted !== undefined) return refuse(`${untrusted} It breaks no glass either.`);
  const hold = readHold(context.stateFolder, holdId);
  if (hold === undefined) return refuse(GONE);
  if (given.seen !== undefined && given.seen !== digestOfHold(hold)) return refuse(changed(hold));
  const checked = recheck(hold, context);
  if (!checked.ok) return checked;
  const worst = headline(hold.edits.map(({ assessment }) => assessment));
  const { longestHours } = expiryFor(context.policy, worst?.severity);
  const input: AcknowledgementInput = {
    reason: { category: 'incident', text: given.reason, ...(given.ticket === undefined ? {} : { ticket: given.ticket }) },
    hours: Math.min(GLASS_HOURS, longestHours),
    rollBackLater: true,
  };
  // Everything but the words of the reason may be missing in an emergency.
  const missing = missingFor(hold, input, context.policy).filter(({ field }) => field === 'reason');
  const phrase: readonly Missing[] =
    given.phrase.trim().toLowerCase() === BREAK_GLASS ? [] : [{ field: 'confirmation', what: `the words “${BREAK_GLASS}”` }];
  if (missing.length + phrase.length > 0) return { ok: false, missing: [...missing, ...phrase] };
  return onlyOnce(holdId, context, async () => {
    if (readHold(context.stateFolder, holdId) === undefined) return refuse('This suggestion was decided in another window just now.');
    return sign(hold, input, context, signer, { kind: 'broke-glass', asks: false });
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
      ...holdEvent('released', decided.hold, context),
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

type Rechecked = { readonly ok: true; readonly sign: Signing } | { readonly ok: false; readonly problem: string };

/** Who must sign now. Refused when the hold is not what its own texts say: it was tampered with, or policy or engine have changed. */
function recheck(hold: Hold, context: GateContext): Rechecked {
  if (hold.verdict === 'forbid')
    return refuse('This edit is in a no-go zone and cannot be acknowledged. The policy would have to change first.');
  const suggestion = suggestionOf(hold);
  const { assessments, verdict, cause, sign: signing } = judge(suggestion, context);
  if (verdict === 'closed') return refuse(`Countersign could not work out what this edit does: ${cause ?? ''} It stays held.`);
  if (holdIdOf(suggestion, assessments) !== hold.id) {
    return refuse('The file of this hold does not say what was held. Discard it, and let the edit be suggested again.');
  }
  if (verdict !== 'forbid' && sameFindings(hold, assessments)) return { ok: true, sign: signing ?? { people: 1, presence: 'none' } };
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
    return refuse(systemWords(error));
  }
  return refuse(changed(hold));
}

/** `asks`: it lets nothing through by itself, but asks somebody else for an approval. */
type As = { readonly kind: 'acknowledged' | 'broke-glass'; readonly asks: boolean };

async function sign(hold: Hold, input: AcknowledgementInput, context: GateContext, signer: Signer, as: As): Promise<Acknowledged> {
  const now = context.now();
  const expires = new Date(now.getTime() + input.hours * 3_600_000);
  const waits = as.asks ? context.policy.approvals.hours * 3_600_000 : context.policy.retryMinutes * 60_000;
  const retryUntil = new Date(Math.min(expires.getTime(), now.getTime() + waits));
  const { category, text, ticket } = input.reason;
  const { keepInRepository, repositoryOf, sharedFiles }: typeof import('./repository-acks.ts') = require('./repository-acks.ts');
  const shared = await repositoryOf(hold);
  const event = holdEvent(as.kind, hold, context);
  const files = shared?.ok === true ? await sharedFiles(event.files ?? [], hold, shared.repository) : event.files;
  const appended = await context.ledger.append(
    {
      ...event,
      ...(files === undefined ? {} : { files }),
      verdict: as.asks ? 'approve' : hold.verdict === 'approve' ? 'approved' : hold.verdict,
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
  const { askForApproval }: typeof import('./approval-pickup.ts') = require('./approval-pickup.ts');
  if (as.asks) {
    keepAcknowledgement(context.stateFolder, stored);
    const { files, problems } = askForApproval(stored, hold, context);
    const kept = shared?.ok === true ? keepInRepository(shared.repository, stored) : shared?.problem;
    const note = [...problems, ...(kept === undefined ? [] : [kept])].join(' ');
    return {
      ok: true,
      id: stored.id,
      expires: expires.toISOString(),
      retryUntil: retryUntil.toISOString(),
      asked: { files },
      ...(note === '' ? {} : { note }),
    };
  }
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
  // From here on the retry is let through: what fails now must not be told as if nothing were.
  try {
    removeHold(context.stateFolder, hold.id);
  } catch {
    // It is shown once more, and can be discarded.
  }
  await settle(hold, context);
  sweepAcknowledgements(context.stateFolder, now);
  // Somebody else is asked to look at it, afterwards.
  if (as.kind === 'broke-glass') showGlass(stored, hold, context);
  const note = shared?.ok === true ? keepInRepository(shared.repository, stored) : shared?.problem;
  return { ok: true, id: stored.id, expires: expires.toISOString(), retryUntil: retryUntil.toISOString(), note };
}

/** Keeps it in sight of every open editor, and where a second person looks. The record stands, whatever becomes of these files. */
function showGlass(stored: StoredRecord, hold: Hold, context: GateContext): void {
  try {
    writeWhole(join(ensureRoom(context.stateFolder, 'glass'), `${stored.id}.json`), stored.bytes);
    const { askForApproval }: typeof import('./approval-pickup.ts') = require('./approval-pickup.ts');
    askForApproval(stored, hold, context);
  } catch {
    // The log says it, and is shipped.
  }
}

/** Two windows must not both acknowledge the same hold. */
async function onlyOnce(holdId: string, context: GateContext, decide: () => Promise<Acknowledged>): Promise<Acknowledged> {
  try {
    const end = takeTurn(context.stateFolder, holdId, context.now);
    if (end === undefined) return refuse('This suggestion is being decided in another window.');
    try {
      return await decide();
    } finally {
      end();
    }
  } catch (error) {
    return refuse(`The acknowledgement could not be kept, so nothing was applied: ${systemWords(error)}`);
  }
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

function changed(hold: Hold): string {
  const path = hold.edits[0]?.path ?? 'This suggestion';
  return `${path} changed after this was held. It was checked again: read it again before you decide.`;
}

function refuse(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
