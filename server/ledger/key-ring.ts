/** Which keys may sign the records of a log, record by record: who was let in by whom, and since when a key counts no more. */
import type { EventKind, KeyRole, LedgerRecord } from './types.ts';
import { readVerifyingKey, type VerifyingKey } from './verifying-key.ts';

export type RingKey = {
  readonly key: VerifyingKey;
  readonly role: KeyRole;
  /** Whose it is, as whoever let it in said. */
  person: string;
  /** Let in by the log's process key: all it can be is a key of whoever uses this account. */
  own: boolean;
  /**
   * Let in by the account itself when a person's key was here already, or by such a key: a program of the account can do that.
   * It acknowledges, and `verify` warns of it; it lets nobody in, ends no key, and what it says of presence is not believed.
   */
  weak: boolean;
  /** The record that let it in. */
  readonly from: number;
  /** The record after which it may sign nothing. */
  until?: number;
  /** ISO 8601. What it signed from then on deserves a look. */
  compromised?: string;
};

export type KeyRing = Map<string, RingKey>;

/** What a policy says of keys, beside the log. `trusted`: key id → public key; empty where it says nothing. */
export type PolicyKeys = { readonly trusted: ReadonlyMap<string, string>; readonly revoked: ReadonlySet<string> };

/** Sentences about people's keys that signed in a log: those that the policy revoked, and those it does not name. `signed`: key id → record numbers. */
export function policyRemarks(policy: PolicyKeys | undefined, signed: ReadonlyMap<string, readonly number[]>): readonly string[] {
  if (policy === undefined) return [];
  const { trusted, revoked } = policy;
  return [...signed].flatMap(([id, records]) => {
    const named = records.length === 0 ? '' : ` (${records.slice(0, 5).join(', ')}${records.length > 5 ? ', …' : ''})`;
    const key = `Key ${id.slice(0, 12)}…`;
    if (revoked.has(id)) return [`${key} is revoked by the policy, and signed records here${named}. Look at them.`];
    if (trusted.size === 0 || trusted.has(id)) return [];
    return [`${key} signed for a person here${named}, and is not among the “trustedKeys” of the policy. Make sure whose it is.`];
  });
}

/** What only a person's key may sign. */
export const PERSONS_KINDS: ReadonlySet<EventKind> = new Set(['acknowledged', 'approved', 'broke-glass', 'key-rotated', 'pruned']);

/** A ring that begins with the log's own key. */
export function ringWith(processKey: string | undefined): KeyRing {
  const key = processKey === undefined ? undefined : readVerifyingKey(processKey);
  return new Map(key === undefined ? [] : [[key.id, { key, role: 'process', person: '', own: true, weak: false, from: 0 }]]);
}

/** May this key sign this record? Undefined: yes. */
export function refusedBy(
  ring: KeyRing,
  keyId: string,
  { seq, event }: Pick<LedgerRecord, 'seq' | 'event'>,
): 'unknown' | 'ended' | 'no-person' | undefined {
  const key = ring.get(keyId);
  if (key === undefined || key.from > seq) return 'unknown';
  if (key.until !== undefined && key.until < seq) return 'ended';
  return key.role !== 'person' && PERSONS_KINDS.has(event.kind) ? 'no-person' : undefined;
}

/** What this record, signed by `keyId`, changes of the ring. Gives the key that it lets in, if any. Signatures are checked by the caller. */
export function turnRing(ring: KeyRing, { seq, event, actor }: LedgerRecord, keyId: string): RingKey | undefined {
  const signer = ring.get(keyId);
  if (event.kind === 'key-revoked') {
    const ended = event.revoked === undefined ? undefined : ring.get(event.revoked.id);
    // The log's own key cannot be revoked within the log: it is what the log is.
    if (ended?.role === 'person' && signer?.role === 'person' && !signer.weak) end(ended, seq, event.revoked?.compromised);
    return undefined;
  }
  const key = event.key && readVerifyingKey(event.key.publicKey);
  if (key === undefined || event.key === undefined || key.id !== event.key.id) return undefined;
  const known = ring.get(key.id);
  if (known !== undefined) {
    const vouched = known.weak && known.until === undefined && event.kind === 'key-trusted' && signer?.role === 'person' && !signer.weak;
    if (vouched) Object.assign(known, { weak: false, own: false, person: event.key.person ?? actor.user });
    return undefined;
  }
  const enter = (role: KeyRole, own: boolean, person: string, weak = false): RingKey => {
    const fresh: RingKey = { key, role, own, person, weak, from: seq };
    ring.set(key.id, fresh);
    return fresh;
  };
  switch (event.kind) {
    case 'opened':
      return enter('process', true, '');
    case 'key-trusted': {
      if (event.key.role !== 'person') return undefined;
      const byAccount = signer === undefined || signer.role === 'process';
      const weak = byAccount ? [...ring.values()].some(({ role }) => role === 'person') : signer.weak;
      return enter('person', byAccount || weak, event.key.person ?? actor.user, weak);
    }
    case 'key-rotated':
      if (signer?.role !== 'person') return undefined;
      end(signer, seq, undefined);
      return enter('person', signer.own, signer.person, signer.weak);
    default:
      return undefined;
  }
}

/** Are these two keys of different people, for all the log knows? Two that the account let in by itself are never. */
export function areDifferentPeople(one: RingKey, other: RingKey): boolean {
  if (one.key.id === other.key.id || (one.own && other.own)) return false;
  return nameOf(one) !== '' && nameOf(other) !== '' && nameOf(one) !== nameOf(other);
}

function nameOf({ person }: RingKey): string {
  return personName(person);
}

/** A person's name as names are compared: letter case, spaces and punctuation make no other person. */
export function personName(person: string): string {
  return person
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}@]+/gu, '');
}

function end(key: RingKey, seq: number, compromised: string | undefined): void {
  key.until ??= seq;
  if (compromised !== undefined) key.compromised ??= compromised;
}
