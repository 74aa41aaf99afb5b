/** Does an approval that arrived count for what was asked, and whose would? */
import { type Provenance, SEVERITIES } from '../engine/types.ts';
import { decodeRecord } from '../ledger/envelope.ts';
import { areDifferentPeople, type RingKey } from '../ledger/key-ring.ts';
import { knownKeys } from '../ledger/keys.ts';
import type { StoredRecord } from '../ledger/types.ts';
import { verifyEnvelope } from '../ledger/verify.ts';
import { readVerifyingKey } from '../ledger/verifying-key.ts';
import { policyForAgents } from './agent-limits.ts';
import { maybeSamePerson, type ToApprove, whyNoApprover } from './approvers.ts';
import { readDecided } from './decided.ts';
import { readHold } from './holds.ts';
import { ladderOf, provesEnough } from './ladder.ts';
import { fingerprintOf } from './named-keys.ts';
import { recordable } from './recorded.ts';
import { roomFolder } from './state-folder.ts';
import type { GateContext, Presence, TrustedKey } from './types.ts';

/** Why this approval does not count for this request, the end of a sentence that begins with its file. */
export function whyNotApproved(approval: Buffer, request: StoredRecord, presence: Presence, context: GateContext): string | undefined {
  const known = keysKnown(context);
  const verified = verifyEnvelope(approval, known.texts);
  if (!verified.ok) return `does not count. ${verified.problem} ${unknownWords(approval)}`;
  const { stored, presence: proven } = verified;
  const { event, time } = stored.record;
  const asked = request.record.event;
  if (event.kind !== 'approved' || !known.ring.has(request.keyId)) return 'is no approval.';
  if (event.acknowledgement !== request.id || event.hold !== asked.hold) return 'is for another request.';
  const refused = whyNotKey(stored.keyId, request, known, context);
  if (refused !== undefined) return refused;
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
 * Ids of the keys whose approval of this request would count, as far as is known here. `presence`: what the signature must
 * prove. Whoever approves is told at once where theirs is not among them.
 */
export function keysTaken(request: StoredRecord, presence: Presence, context: GateContext): readonly string[] {
  const known = keysKnown(context);
  const proves = (text: string) => {
    const key = readVerifyingKey(text);
    return key !== undefined && provesEnough(key.proves, presence);
  };
  return [...known.texts].flatMap(([id, text]) => (proves(text) && whyNotKey(id, request, known, context) === undefined ? [id] : []));
}

type KnownKeys = {
  readonly ring: ReadonlyMap<string, RingKey>;
  /** The keys that the organization vouches for. */
  readonly vouched: readonly TrustedKey[];
  /** Public keys by id. */
  readonly texts: ReadonlyMap<string, string>;
};

function keysKnown({ stateFolder, policy }: GateContext): KnownKeys {
  const ring = knownKeys(roomFolder(stateFolder, 'keys'));
  const vouched = policy.trustedKeys.filter(({ layer }) => layer === 'organization');
  const people = [...ring.values()].filter(({ role }) => role === 'person');
  return {
    ring,
    vouched,
    texts: new Map([...vouched.map(({ id, text }) => [id, text] as const), ...people.map(({ key }) => [key.id, key.text] as const)]),
  };
}

/** Why nothing that this key signs approves this request, the end of a sentence that begins with what it signed. */
function whyNotKey(keyId: string, request: StoredRecord, { ring, vouched }: KnownKeys, context: GateContext): string | undefined {
  const [asking, approver] = [ring.get(request.keyId), ring.get(keyId)];
  const named = vouched.find(({ id }) => id === keyId);
  if (approver?.until !== undefined || context.policy.revokedKeys.includes(keyId)) return 'is signed by a key that was revoked.';
  // Whose key it is, the organization's word goes for; else what this log was told.
  const different = named !== undefined || (asking !== undefined && approver !== undefined && areDifferentPeople(asking, approver));
  const they = { keyId, people: [named?.person, approver?.person] };
  if (!different || maybeSamePerson(they, { keyId: request.keyId, people: [asking?.person] }, context.policy)) {
    return 'is signed by the person who asked for it. Somebody else must approve it.';
  }
  const refused = whyNoApprover(keyId, toApprove(request, context), request.record.event.workspace ?? '', context.policy);
  if (refused !== undefined) return refused;
  return named === undefined && approver?.weak !== false ? 'is signed by a key that nobody let in but this account.' : undefined;
}

/** Who signed it, and how they are let in. The names are what the approval says of itself. */
function unknownWords(approval: Buffer): string {
  const decoded = decodeRecord(approval);
  if (!decoded.ok) return '';
  const { keyId, record } = decoded.stored;
  const who = `${recordable(record.actor.user)} on ${recordable(record.actor.host)}`;
  return `It calls itself ${who}, key ${fingerprintOf(keyId)}. If you know that key, let it in and it counts: countersign key trust FILE --person NAME.`;
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
