import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { WEAK } from '../ledger/key-changes.ts';
import { knownKeys } from '../ledger/keys.ts';
import type { StoredRecord } from '../ledger/types.ts';
import { readVerifyingKey } from '../ledger/verifying-key.ts';
import { keysTaken, whyNotApproved } from './approval-check.ts';
import { approvalName, readApproval, readRequest, type RequestFile, requestName, REQUESTS_FOLDER } from './approval-files.ts';
import { askedHolds, forgetRefused, noteRefused } from './asked-approval.ts';
import { settle } from './breaker.ts';
import { writeDecided } from './decided.ts';
import { digestKeyOf, fileKey } from './digest-key.ts';
import { isHoldId, readHold, removeHold } from './holds.ts';
import { provesEnough } from './ladder.ts';
import { recordable } from './recorded.ts';
import { rootAbove } from './repository-acks.ts';
import { readWhole, removeIfThere, writeWhole } from './small-file.ts';
import { systemWords } from '../ledger/system-words.ts';
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
  const takes = keysTaken(stored, hold.sign?.presence ?? 'none', context);
  const bare: RequestFile = {
    schema: 'countersign.request/1',
    record: Buffer.from(stored.bytes).toString('base64'),
    publicKey: context.trustedKeys.get(stored.keyId) ?? '',
    takes,
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
  const own = join(ensureRoom(context.stateFolder, 'requests'), requestName(hold.id));
  writeWhole(own, JSON.stringify(bare));
  const files: string[] = [];
  const problems: string[] = takes.length === 0 ? [NOBODY_MAY] : [];
  for (const place of placesOf(hold.workspace, context)) {
    const file = join(place, requestName(hold.id));
    try {
      if (place !== folder) mkdirSync(place, { recursive: true });
      removeIfThere(join(place, approvalName(hold.id)));
      writeWhole(file, `${JSON.stringify(place === folder ? { ...bare, texts } : bare, null, 2)}\n`);
      files.push(file);
    } catch (error) {
      problems.push(`${file} could not be written: ${systemWords(error)}`);
    }
  }
  return files.length > 0 ? { files, problems } : { files: [own], problems };
}

const NOBODY_MAY =
  'No key is known here whose approval would count. Let the key of somebody else in first: countersign key trust FILE --person NAME. Where the policy lists approvers, it must be one of theirs.';

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
  await noteRefused(request, problem, context);
  return problem === undefined ? { kind: 'none' } : { kind: 'refused', problem };
}

/** Takes every approval that has arrived for these holds; gives sentences about those that do not count. Never throws. */
export async function pickUpApprovals(
  context: GateContext,
  holds: readonly string[] = askedHolds(context.stateFolder),
): Promise<{ readonly taken: readonly StoredRecord[]; readonly problems: readonly string[] }> {
  const taken: StoredRecord[] = [];
  const problems: string[] = [];
  for (const hold of holds) {
    try {
      const request = standingRequest(hold, context);
      if (request === undefined || (await isCountersigned(request, context))) continue;
      const result = await takeApproval(request, readHold(context.stateFolder, hold)?.sign?.presence ?? 'none', context);
      if (result.kind === 'taken') taken.push(result.stored);
      if (result.kind === 'refused') problems.push(result.problem);
    } catch (error) {
      problems.push(systemWords(error));
    }
  }
  return { taken, problems };
}

/** The record with which somebody asked for an approval of this hold, if that still counts. */
function standingRequest(hold: string, context: GateContext): StoredRecord | undefined {
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
  forgetRefused(context.stateFolder, event.hold ?? '');
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

function isRetried({ provenance }: Pick<Hold, 'provenance'>): boolean {
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
