import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, Assessment, Provenance } from '../engine/types.ts';
import type { LedgerRecord, StoredRecord } from '../ledger/types.ts';
import type { Needed } from './decide.ts';
import { expiryFor, provesEnough, worstSeverity } from './ladder.ts';
import { recordable, recordedFiles, recordedProvenance } from './recorded.ts';
import { createWhole, readWhole, removeIfThere, writeWhole } from './small-file.ts';
import { systemWords } from '../ledger/system-words.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import { missingTicket, REASON_CATEGORIES } from './reasons.ts';
import type { GateContext, Presence, Signing, Suggestion } from './types.ts';

/** What a clock may be corrected by between an acknowledgement and the retry. */
const CLOCK_TOLERANCE_MS = 5_000;

/** How long to wait for the other hook that is letting this same tool call through. */
const TWIN_WAIT_MS = 1_000;

const RECORD_ID = /^[0-9a-f]{64}$/;

export type Release =
  | { readonly kind: 'none' }
  /** Let through: the acknowledgement's id. */
  | { readonly kind: 'released'; readonly acknowledgement: string }
  /** There was an acknowledgement, but its use could not be recorded. */
  | { readonly kind: 'closed'; readonly cause: string };

/** Keeps a signed acknowledgement where the agent's retry is looked up. Throws as fs does. */
export function keepAcknowledgement(stateFolder: string, stored: StoredRecord): void {
  writeWhole(join(ensureRoom(stateFolder, 'acknowledgements'), `${stored.id}.json`), stored.bytes);
}

/**
 * Uses up an acknowledgement that covers everything `needed`, if there is one: valid, signed by a trusted person, in the log,
 * of this workspace and agent session, not used, in time. Records the release before answering.
 */
export async function useUp(
  suggestion: Suggestion,
  assessments: readonly Assessment[],
  asked: { readonly needed: readonly Needed[]; readonly sign?: Signing | undefined },
  context: GateContext,
): Promise<Release> {
  try {
    for (const { stored, presence } of await validAcknowledgements(context)) {
      if (!covers(stored.record, suggestion, asked.needed, context)) continue;
      const since = await acceptedAt(stored, presence, asked.sign, context);
      if (since === undefined || context.now().getTime() >= since + context.policy.retryMinutes * 60_000) continue;
      const release = await claim(stored, suggestion, assessments, context);
      if (release.kind !== 'none') return release;
    }
    return { kind: 'none' };
  } catch (error) {
    return { kind: 'closed', cause: `An acknowledgement could not be looked up, so nothing was let through: ${systemWords(error)}` };
  }
}

/**
 * Takes the one use there is. True when this call took it. The marker is only the fast half: the 'released' record in the log
 * counts too, so that deleting the marker gives nothing back.
 */
export function takeUse(stateFolder: string, acknowledgement: string, agent: Agent | undefined): boolean {
  const mark = JSON.stringify({ toolCall: recordable(agent?.toolCall ?? ''), session: recordable(agent?.session ?? '') });
  return createWhole(join(ensureRoom(stateFolder, 'used'), acknowledgement), mark);
}

/** For what was used up and then not let through. */
export function giveUseBack(stateFolder: string, acknowledgement: string): void {
  removeIfThere(join(roomFolder(stateFolder, 'used'), acknowledgement));
}

/** The first record of its use, if the log has one. `recorded` is false when the acknowledgement itself is not in the log. */
async function useInLog(acknowledgement: StoredRecord, context: GateContext): Promise<{ recorded: boolean; first?: StoredRecord }> {
  let recorded = false;
  for await (const stored of context.ledger.read(acknowledgement.record.seq)) {
    const { id, record } = stored;
    if (record.seq === acknowledgement.record.seq) {
      if (id !== acknowledgement.id) return { recorded: false };
      recorded = true;
    } else if (record.event.kind === 'released' && record.event.acknowledgement === acknowledgement.id) {
      return { recorded, first: stored };
    }
  }
  return { recorded };
}

/** False: none is here that a retry could still use up. */
export function mayBeReleased(stateFolder: string, now: Date): boolean {
  const folder = roomFolder(stateFolder, 'acknowledgements');
  return idsIn(folder).some((id) => {
    try {
      return !((retryUntilOf(readWhole(join(folder, `${id}.json`))) ?? Number.POSITIVE_INFINITY) < now.getTime());
    } catch {
      return true;
    }
  });
}

/** Drops acknowledgements whose time for a retry is over. The log and `decided` keep what happened. Never throws. */
export function sweepAcknowledgements(stateFolder: string, now: Date): void {
  const folder = roomFolder(stateFolder, 'acknowledgements');
  for (const id of idsIn(folder)) {
    try {
      const file = join(folder, `${id}.json`);
      const until = retryUntilOf(readWhole(file));
      if (until !== undefined && until < now.getTime()) removeIfThere(file);
    } catch {
      // What cannot be read is refused when it matters.
    }
  }
}

async function claim(
  stored: StoredRecord,
  suggestion: Suggestion,
  assessments: readonly Assessment[],
  context: GateContext,
): Promise<Release> {
  const provenance = provenanceOf(suggestion);
  if (!takeUse(context.stateFolder, stored.id, provenance?.agent)) return twinOf(stored, provenance, context);
  // Looked up after the claim, so that no other process can use it in between.
  const inLog = await useInLog(stored, context);
  if (!inLog.recorded) {
    giveUseBack(context.stateFolder, stored.id);
    return { kind: 'none' };
  }
  if (inLog.first !== undefined) return sameCall(inLog.first.record, stored, provenance) ? released(stored) : { kind: 'none' };

  const appended = await context.ledger.append({
    kind: 'released',
    acknowledgement: stored.id,
    ...(stored.record.event.hold === undefined ? {} : { hold: stored.record.event.hold }),
    workspace: recordable(suggestion.workspace),
    files: recordedFiles(suggestion.edits, assessments, context.stateFolder),
    ...(provenance === undefined ? {} : { provenance: recordedProvenance(provenance, context.stateFolder) }),
    verdict: 'allow',
    policy: context.policy.digest,
  });
  if (appended.ok) {
    // The log decides in the end: whoever's release stands first in it has the use, whatever became of the marker.
    const { first } = await useInLog(stored, context);
    if (first?.id === appended.stored.id) return released(stored);
    if (first !== undefined) return { kind: 'none' };
    return { kind: 'closed', cause: 'Records are missing from the log, so nothing was let through. Run "countersign log verify".' };
  }
  giveUseBack(context.stateFolder, stored.id);
  return { kind: 'closed', cause: `The log could not be written, so nothing was let through. ${appended.problem.message}` };
}

/** Two hooks may be set up for one tool call: both get the same answer. Any other call finds the acknowledgement used. */
async function twinOf(stored: StoredRecord, provenance: Provenance | undefined, context: GateContext): Promise<Release> {
  const mark = readWhole(join(roomFolder(context.stateFolder, 'used'), stored.id))?.toString('utf8');
  const toolCall = provenance?.agent?.toolCall;
  if (mark === undefined || toolCall === undefined || !mark.includes(JSON.stringify(recordable(toolCall)))) return { kind: 'none' };
  for (let waited = 0; waited <= TWIN_WAIT_MS && !context.outOfTime(); waited += 50) {
    const { first } = await useInLog(stored, context);
    if (first !== undefined) return sameCall(first.record, stored, provenance) ? released(stored) : { kind: 'none' };
    await sleep(50);
  }
  return { kind: 'none' };
}

/**
 * A retry has another tool call than the one that was held. Where both have the same, the caller's identifiers
 * do not tell calls apart and nothing may be let through a second time.
 */
function sameCall(release: LedgerRecord, stored: StoredRecord, provenance: Provenance | undefined): boolean {
  const toolCall = provenance?.agent?.toolCall;
  if (toolCall === undefined || toolCall === '') return false;
  const own = recordable(toolCall);
  return release.event.provenance?.agent?.toolCall === own && stored.record.event.provenance?.agent?.toolCall !== own;
}

/**
 * Since when what was signed is enough for what is asked, in milliseconds: with an approval, since that arrived. Undefined:
 * it is not. What one person signed is no approval, and a key in software proves nobody's presence.
 */
async function acceptedAt(
  stored: StoredRecord,
  presence: Presence,
  sign: Signing | undefined,
  context: GateContext,
): Promise<number | undefined> {
  const { event, time } = stored.record;
  if (event.kind === 'broke-glass') return Date.parse(time);
  if (!provesEnough(presence, sign?.presence ?? 'none')) return undefined;
  if (sign !== undefined && sign.presence !== 'none' && isWeak(stored.keyId, context)) return undefined;
  if (sign?.people !== 2 && event.verdict !== 'approve') return Date.parse(time);
  const { approvedAt }: typeof import('./approval-pickup.ts') = require('./approval-pickup.ts');
  return await approvedAt(stored, sign?.presence ?? 'none', context);
}

/** A key that a program of this account could have let in: it may hold what a security key should. */
function isWeak(keyId: string, { stateFolder }: GateContext): boolean {
  const { knownKeys }: typeof import('../ledger/keys.ts') = require('../ledger/keys.ts');
  return knownKeys(roomFolder(stateFolder, 'keys')).get(keyId)?.weak !== false;
}

/** What a person signed that lets an edit through. */
const LETS_THROUGH: ReadonlySet<string> = new Set(['acknowledged', 'broke-glass']);

async function validAcknowledgements(
  context: GateContext,
): Promise<readonly { readonly stored: StoredRecord; readonly presence: Presence }[]> {
  const folder = roomFolder(context.stateFolder, 'acknowledgements');
  const ids = idsIn(folder);
  if (ids.length === 0) return [];
  const { verifyEnvelope } = await import('../ledger/verify.ts');
  return ids.flatMap((id) => {
    const bytes = bytesOf(join(folder, `${id}.json`));
    // The id is the digest of the bytes: a file under another's name is nothing.
    if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== id) return [];
    const verified = verifyEnvelope(bytes, context.trustedKeys);
    if (!verified.ok || !LETS_THROUGH.has(verified.stored.record.event.kind)) return [];
    return [{ stored: { ...verified.stored, id }, presence: verified.presence }];
  });
}

function covers({ event, time }: LedgerRecord, suggestion: Suggestion, needed: readonly Needed[], context: GateContext): boolean {
  const now = context.now();
  const provenance = provenanceOf(suggestion);
  const signed = event.provenance;
  const inTime = isBefore(now, event.retryUntil) && isBefore(now, event.expires) && Date.parse(time) <= now.getTime() + CLOCK_TOLERANCE_MS;
  const sameAsker =
    provenance !== undefined &&
    signed?.channel === provenance.channel &&
    // What the editor itself applies is not retried by anybody.
    (provenance.channel === 'hook' || provenance.channel === 'tool') &&
    signed.agent?.name === orUndefined(provenance.agent?.name) &&
    signed.agent?.session === orUndefined(provenance.agent?.session);
  if (!inTime || !sameAsker || !stillEnough(event, time, context) || event.workspace !== recordable(suggestion.workspace)) return false;
  return needed.every(({ path, fingerprint }) =>
    (event.files ?? []).some(
      (file) => file.path === recordable(path) && file.findings.some((finding) => finding.fingerprint === fingerprint),
    ),
  );
}

/** The policy may have been tightened since: what it asks now holds. */
function stillEnough({ kind, reason, expires, files }: LedgerRecord['event'], time: string, { policy }: GateContext): boolean {
  const given = Date.parse(time);
  const hours = (Date.parse(expires ?? '') - given) / 3_600_000;
  const severities = (files ?? []).flatMap(({ findings }) => findings.map(({ severity }) => severity));
  const { longestHours } = expiryFor(policy, worstSeverity(severities));
  return (
    // The clock was read twice when it was signed.
    hours <= longestHours + 0.01 &&
    Array.from(reason?.text ?? '').length >= policy.reason.minimumLength &&
    // In an emergency there may be no ticket yet.
    (kind === 'broke-glass' ||
      (missingTicket(reason?.ticket ?? '', policy).length === 0 &&
        (policy.reason.categories ?? REASON_CATEGORIES).some(({ id }) => id === reason?.category)))
  );
}

function isBefore(now: Date, until: string | undefined): boolean {
  return until !== undefined && now.getTime() < Date.parse(until);
}

function orUndefined(value: string | undefined): string | undefined {
  return value === undefined ? undefined : recordable(value);
}

function released(stored: StoredRecord): Release {
  return { kind: 'released', acknowledgement: stored.id };
}

function provenanceOf(suggestion: Suggestion): Provenance | undefined {
  return suggestion.edits[0]?.provenance;
}

function bytesOf(file: string): Buffer | undefined {
  try {
    return readWhole(file);
  } catch {
    // A link or a folder in the place of an acknowledgement acknowledges nothing.
    return undefined;
  }
}

function idsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .map((name) => name.replace(/\.json$/, ''))
      .filter((name) => RECORD_ID.test(name));
  } catch {
    // No folder yet: nothing was ever acknowledged.
    return [];
  }
}

function retryUntilOf(bytes: Buffer | undefined): number | undefined {
  if (bytes === undefined) return undefined;
  const envelope: unknown = JSON.parse(bytes.toString('utf8'));
  const payload = typeof envelope === 'object' && envelope !== null && 'payload' in envelope ? envelope.payload : undefined;
  const until =
    typeof payload === 'string' ? /"retryUntil":"([^"]*)"/.exec(Buffer.from(payload, 'base64').toString('utf8'))?.[1] : undefined;
  return until === undefined ? undefined : Date.parse(until);
}
