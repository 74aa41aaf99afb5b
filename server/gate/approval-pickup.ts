import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Provenance, SEVERITIES } from '../engine/types.ts';
import { areDifferentPeople } from '../ledger/key-ring.ts';
import { WEAK } from '../ledger/key-changes.ts';
import { knownKeys } from '../ledger/keys.ts';
import type { StoredRecord } from '../ledger/types.ts';
import { verifyEnvelope } from '../ledger/verify.ts';
import { readVerifyingKey } from '../ledger/verifying-key.ts';
import { approvalName, readApproval, readRequest, type RequestFile, requestName, REQUESTS_FOLDER } from './approval-files.ts';
import { policyForAgents } from './agent-limits.ts';
import { maybeSamePerson, type ToApprove, whyNoApprover } from './approvers.ts';
import { settle } from './breaker.ts';
import { digestKeyOf, fileKey } from './digest-key.ts';
import { readDecided, writeDecided } from './decided.ts';
import { isHoldId, readHold, removeHold } from './holds.ts';
import { ladderOf, provesEnough } from './ladder.ts';
import { recordable } from './recorded.ts';
import { rootAbove } from './repository-acks.ts';
import { readWhole, removeIfThere, sentenceOf, writeWhole } from './small-file.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import type { GateContext, Hold, Presence } from './types.ts';

export type Asked = {
  /** Absolute paths of the files that travel. */
  readonly files: readonly string[];
  /** Sentences about places where it could not be put. */
  readonly problems: readonly string[];
};

/** Writes the request for an approval of this signed record: into the state folder, and where the approver sees it. */
export function askForApproval(stored: StoredRecord, hold: Hold, context: GateContext): Asked {
  const { folder } = context.policy.approvals;
  const bare: RequestFile = {
    schema: 'countersign.request/1',
    record: Buffer.from(stored.bytes).toString('base64'),
    publicKey: context.trustedKeys.get(stored.keyId) ?? '',
  };
  // What stands in a file may be secret: it travels only where the policy says that it may.
  const key = digestKeyOf(context.stateFolder);
  const sealed = new Set((stored.record.event.files ?? []).flatMap(({ path, keyed }) => (keyed === undefined ? [] : [path])));
  const texts = hold.edits.map(({ path, before, after }) => ({
    path,
    before,
    after,
    ...(key !== undefined && sealed.has(recordable(path)) ? { digestKey: fileKey(key, recordable(path)) } : {}),
  }));
  writeWhole(join(ensureRoom(context.stateFolder, 'requests'), requestName(hold.id)), JSON.stringify(bare));
  const files: string[] = [];
  const problems: string[] = [];
  for (const place of placesOf(hold.workspace, context)) {
    const file = join(place, requestName(hold.id));
    try {
      if (place !== folder) mkdirSync(place, { recursive: true });
      removeIfThere(join(place, approvalName(hold.id)));
      writeWhole(file, `${JSON.stringify(place === folder ? { ...bare, texts } : bare, null, 2)}\n`);
      files.push(file);
    } catch (error) {
      problems.push(`${file} could not be written: ${sentenceOf(error)}`);
    }
  }
  return files.length > 0
    ? { files, problems }
    : { files: [join(roomFolder(context.stateFolder, 'requests'), requestName(hold.id))], problems };
}

/**
 * When somebody else approved what this record asks for: the time that the approval arrived here, in milliseconds. An approval
 * that lies where it is looked for is taken first. Undefined: nobody has. Throws as fs does.
 */
export async function approvedAt(request: StoredRecord, presence: Presence, context: GateContext): Promise<number | undefined> {
  for await (const { record } of context.ledger.read(request.record.seq)) {
    const { kind, acknowledgement, approval } = record.event;
    if (kind !== 'countersigned' || acknowledgement !== request.id || approval === undefined) continue;
    if (whyNotApproved(Buffer.from(approval, 'base64'), request, presence, context) === undefined) return Date.parse(record.time);
  }
  const taken = await takeApproval(request, presence, context);
  return taken.kind === 'taken' ? Date.parse(taken.stored.record.time) : undefined;
}

export type Taken =
  | { readonly kind: 'none' }
  /** A sentence: there is an approval, and it does not count. */
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'taken'; readonly stored: StoredRecord };

/** Looks for an approval of this request, checks it, and records it. */
export async function takeApproval(request: StoredRecord, presence: Presence, context: GateContext): Promise<Taken> {
  const { hold, workspace } = request.record.event;
  if (hold === undefined || !isHoldId(hold)) return { kind: 'none' };
  let problem: string | undefined;
  for (const place of [...placesOf(workspace ?? '', context), roomFolder(context.stateFolder, 'requests')]) {
    const file = join(place, approvalName(hold));
    const bytes = bytesOf(file);
    if (bytes === undefined) continue;
    const approval = readApproval(bytes);
    const refused = approval === undefined ? 'is no approval.' : whyNotApproved(approval, request, presence, context);
    if (refused !== undefined || approval === undefined) {
      problem ??= `${file} ${refused ?? ''}`;
      continue;
    }
    return await countersign(request, approval, context);
  }
  return problem === undefined ? { kind: 'none' } : { kind: 'refused', problem };
}

/** Takes every approval that has arrived; gives sentences about those that do not count. Never throws. */
export async function pickUpApprovals(
  context: GateContext,
): Promise<{ readonly taken: readonly StoredRecord[]; readonly problems: readonly string[] }> {
  const taken: StoredRecord[] = [];
  const problems: string[] = [];
  for (const hold of askedHolds(context.stateFolder)) {
    try {
      const request = standingRequest(hold, context);
      if (request === undefined || (await isCountersigned(request, context))) continue;
      const result = await takeApproval(request, readHold(context.stateFolder, hold)?.sign?.presence ?? 'none', context);
      if (result.kind === 'taken') taken.push(result.stored);
      if (result.kind === 'refused') problems.push(result.problem);
    } catch (error) {
      problems.push(sentenceOf(error));
    }
  }
  return { taken, problems };
}

/** The record with which somebody asked for an approval of this hold, if that still counts. */
export function standingRequest(hold: string, context: GateContext): StoredRecord | undefined {
  const bytes = bytesOf(join(roomFolder(context.stateFolder, 'requests'), requestName(hold)));
  const read = bytes && readRequest(bytes);
  if (read?.ok !== true || !context.trustedKeys.has(read.value.stored.keyId)) return undefined;
  const { stored } = read.value;
  const until = stored.record.event.kind === 'broke-glass' ? undefined : stored.record.event.retryUntil;
  return stored.record.event.hold === hold && (until === undefined || context.now().getTime() < Date.parse(until)) ? stored : undefined;
}

/** Has somebody else approved what was asked for this hold? */
export async function isApproved(hold: Hold, presence: Presence, context: GateContext): Promise<boolean> {
  const request = standingRequest(hold.id, context);
  if (request === undefined || request.record.event.kind !== 'acknowledged' || !isSame(request, hold)) return false;
  return (await approvedAt(request, presence, context)) !== undefined;
}

/** What is held opens what was asked for: each of its findings is in the request. */
function isSame(request: StoredRecord, hold: Hold): boolean {
  const asked = new Set((request.record.event.files ?? []).flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint)));
  return hold.edits.every(({ assessment }) => assessment.findings.every(({ fingerprint }) => asked.has(fingerprint)));
}

/** Holds for which somebody was asked. */
export function askedHolds(stateFolder: string): readonly string[] {
  try {
    return readdirSync(roomFolder(stateFolder, 'requests')).flatMap((name) => {
      const hold = name.replace(/\.request\.json$/, '');
      return hold !== name && isHoldId(hold) ? [hold] : [];
    });
  } catch {
    return [];
  }
}

/** Why this approval does not count for this request, the end of a sentence that begins with its file. */
export function whyNotApproved(approval: Buffer, request: StoredRecord, presence: Presence, context: GateContext): string | undefined {
  const ring = knownKeys(roomFolder(context.stateFolder, 'keys'));
  const vouched = context.policy.trustedKeys.filter(({ layer }) => layer === 'organization');
  const keys = new Map([
    ...vouched.map(({ id, text }) => [id, text] as const),
    ...[...ring.values()].filter(({ role }) => role === 'person').map(({ key }) => [key.id, key.text] as const),
  ]);
  const verified = verifyEnvelope(approval, keys);
  if (!verified.ok) return `does not count. ${verified.problem} Let a trusted person let that key in: countersign key trust.`;
  const { stored, presence: proven } = verified;
  const { event, time } = stored.record;
  const [asked, asking, approver] = [request.record.event, ring.get(request.keyId), ring.get(stored.keyId)];
  if (event.kind !== 'approved' || asking === undefined) return 'is no approval.';
  const ownKey = vouched.find(({ id }) => id === stored.keyId);
  if (event.acknowledgement !== request.id || event.hold !== asked.hold) return 'is for another request.';
  if (approver?.until !== undefined || context.policy.revokedKeys.includes(stored.keyId)) return 'is signed by a key that was revoked.';
  // Whose key it is, the organization's word goes for; else what this log was told.
  const different = ownKey !== undefined || (approver !== undefined && areDifferentPeople(asking, approver));
  const they = { keyId: stored.keyId, people: [ownKey?.person, approver?.person] };
  if (!different || maybeSamePerson(they, { keyId: request.keyId, people: [asking.person] }, context.policy)) {
    return 'is signed by the person who asked for it. Somebody else must approve it.';
  }
  const refused = whyNoApprover(stored.keyId, toApprove(request, context), asked.workspace ?? '', context.policy);
  if (refused !== undefined) return refused;
  if (ownKey === undefined && approver?.weak !== false) return 'is signed by a key that nobody let in but this account.';
  if (JSON.stringify(event.files) !== JSON.stringify(asked.files) || event.expires !== asked.expires) {
    return 'approves something else than was asked for.';
  }
  const until = asked.kind === 'broke-glass' ? Number.POSITIVE_INFINITY : Date.parse(asked.retryUntil ?? '');
  if (!(Date.parse(time) < until)) return 'was given after the request had expired.';
  if (!provesEnough(proven, presence)) return 'lacks the proof of presence that the policy asks for.';
  if (Array.from(event.reason?.text ?? '').length < context.policy.reason.minimumLength)
    return 'has a reason shorter than the policy asks for.';
  return undefined;
}

/**
 * The findings that an approver must be one for: those whose verdict is `approve`; where the policy was changed since, all of
 * them. What they are is in the signed record; what they open, in the hold.
 */
function toApprove(request: StoredRecord, context: GateContext): readonly ToApprove[] {
  const { policy, stateFolder } = context;
  if (policy.approvers.length === 0) return [];
  const { files = [], hold: id, workspace = '' } = request.record.event;
  const decided = readDecided(stateFolder, request.id);
  const hold = decided?.hold ?? readHold(stateFolder, id ?? '');
  const edits = (hold?.edits ?? []).map((edit) => ({ ...edit, provenance: hold?.provenance ?? NOBODY }));
  const limited = policyForAgents(
    edits,
    edits.map(({ assessment }) => assessment),
    policy,
  );
  const all = files.flatMap((file) => {
    const known = edits.find(({ path }) => recordable(path) === file.path)?.assessment.findings ?? [];
    return file.findings.map(({ severity, fingerprint }) => {
      const { opened = { name: '', kind: '' }, witness } = known.find((one) => one.fingerprint === fingerprint) ?? {};
      const asks = SEVERITIES.find((one) => one === severity);
      const verdict = asks && ladderOf(limited, file, workspace)({ opened, witness })[asks];
      return { path: file.path, severity, opened, witness, verdict };
    });
  });
  const needed = all.filter(({ verdict }) => verdict === 'approve');
  return needed.length === 0 ? all : needed;
}

const NOBODY: Provenance = { channel: 'hook', certainty: 'inferred' };

async function countersign(request: StoredRecord, approval: Buffer, context: GateContext): Promise<Taken> {
  const { event } = request.record;
  const glass = event.kind === 'broke-glass';
  const appended = await context.ledger.append({
    kind: glass ? 'glass-reviewed' : 'countersigned',
    acknowledgement: request.id,
    approval: approval.toString('base64'),
    policy: context.policy.digest,
    ...(event.hold === undefined ? {} : { hold: event.hold }),
    ...(event.workspace === undefined ? {} : { workspace: event.workspace }),
    ...(event.files === undefined ? {} : { files: event.files }),
    ...(event.provenance === undefined ? {} : { provenance: event.provenance }),
    ...(event.expires === undefined ? {} : { expires: event.expires }),
  });
  if (!appended.ok) return { kind: 'refused', problem: `could not be recorded. ${appended.problem.message}` };
  const hold = readHold(context.stateFolder, event.hold ?? '');
  if (glass) {
    removeIfThere(join(roomFolder(context.stateFolder, 'requests'), requestName(event.hold ?? '')));
    removeIfThere(join(roomFolder(context.stateFolder, 'glass'), `${request.id}.json`));
  }
  // What the editor itself applies waits for the requester, who then applies it.
  else if (hold !== undefined && isRetried(hold)) await letRetry(request, hold, context);
  return { kind: 'taken', stored: appended.stored };
}

/** As after an acknowledgement: the hold is decided, and the agent's retry is let through. */
async function letRetry(request: StoredRecord, hold: Hold, context: GateContext): Promise<void> {
  const { event, time } = request.record;
  writeDecided(context.stateFolder, {
    schema: 'countersign.decided/1',
    kind: 'acknowledged',
    id: request.id,
    hold,
    when: time,
    expires: event.expires ?? time,
    retryUntil: event.retryUntil ?? time,
    rollBackLater: false,
    envelope: Buffer.from(request.bytes).toString('base64'),
  });
  removeHold(context.stateFolder, hold.id);
  removeIfThere(join(roomFolder(context.stateFolder, 'requests'), requestName(hold.id)));
  await settle(hold, context);
}

export function isRetried({ provenance }: Pick<Hold, 'provenance'>): boolean {
  return provenance.channel === 'hook' || provenance.channel === 'tool';
}

async function isCountersigned(request: StoredRecord, context: GateContext): Promise<boolean> {
  for await (const { record } of context.ledger.read(request.record.seq)) {
    const { kind, acknowledgement } = record.event;
    if ((kind === 'countersigned' || kind === 'glass-reviewed') && acknowledgement === request.id) return true;
  }
  return false;
}

/** Where requests and approvals travel: the folder that the policy names, else with the repository. */
function placesOf(workspace: string, { policy }: GateContext): readonly string[] {
  if (policy.approvals.folder !== undefined) return [policy.approvals.folder];
  const root = rootAbove(workspace)?.root;
  return root !== undefined && existsSync(join(root, '.countersign')) ? [join(root, ...REQUESTS_FOLDER.split('/'))] : [];
}

function bytesOf(file: string): Buffer | undefined {
  try {
    return readWhole(file);
  } catch {
    // A link or a folder in its place is no approval.
    return undefined;
  }
}

/** Whether this key can prove what is asked for at all; else a sentence. */
export function unprovable(keyId: string, presence: Presence, context: GateContext): string | undefined {
  const text = context.trustedKeys.get(keyId);
  const key = text === undefined ? undefined : readVerifyingKey(text);
  if (key === undefined || presence === 'none') return undefined;
  if (knownKeys(roomFolder(context.stateFolder, 'keys')).get(keyId)?.weak === true) return WEAK;
  if (provesEnough(key.proves, presence)) return undefined;
  const proof = presence === 'touch' ? 'the touch of a security key' : 'a security key that knows who touches it';
  return `Policy asks for ${proof} here, and the key that signs here gives none. Use a security key: in the editor with “Countersign: Register a Security Key”, or an SSH key of type ed25519-sk. The edit stays held.`;
}
