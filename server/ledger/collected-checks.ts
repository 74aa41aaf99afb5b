/** What is wrong with the records of a log that arrived: their chain, the keys that signed them, and the signed heads that came along. */
import type { KeyObject } from 'node:crypto';
import { signatureHolds } from './envelope.ts';
import type { decodeHead } from './head.ts';
import { type KeyRing, type PolicyKeys, refusedBy } from './key-ring.ts';
import type { EventKind } from './types.ts';

export type LogProblem = {
  readonly kind:
    | 'gap' // records did not arrive, or were removed
    | 'fork' // two records of one number
    | 'changed' // not the bytes that were written
    | 'chain' // not chained to the record before
    | 'bad-signature'
    | 'unknown-key'
    | 'wrong-key' // signed by a key that may not sign this kind
    | 'cut' // a signed head says that the log goes on
    | 'replaced' // a signed head names another record
    | 'clock'; // the time runs backwards, or lies ahead
  readonly seq: number;
  readonly sentence: string;
};

/** What is kept of a record that arrived. */
export type KnownRecord = {
  readonly id: string;
  prev: string | undefined;
  /** Milliseconds since 1970. */
  time: number | undefined;
  /** Which key signed it, once its bytes were seen. */
  keyId: string | undefined;
  kind: EventKind | undefined;
};

export type Head = NonNullable<ReturnType<typeof decodeHead>>;

/** By their numbers. */
type Records = ReadonlyMap<number, KnownRecord>;

const AHEAD = 5 * 60_000;
/** A clock that is kept right may go back by this much. */
const ADJUSTED = 2000;

/** Gaps, records that are not chained to those before them, and clocks. `sequences`: the numbers that arrived, in order. */
export function* chainProblems(records: Records, sequences: readonly number[], now: Date): Generator<LogProblem> {
  let before = 0;
  for (const seq of sequences) {
    if (seq !== before + 1) {
      const missing = seq - before - 1;
      const sentence = missing === 1 ? `Record ${before + 1} is missing.` : `Records ${before + 1} to ${seq - 1} are missing (${missing}).`;
      yield { kind: 'gap', seq: before + 1, sentence };
    }
    const [known, previous] = [records.get(seq), records.get(seq - 1)];
    if (known?.prev !== undefined && previous !== undefined && known.prev !== previous.id) {
      yield {
        kind: 'chain',
        seq,
        sentence: `Record ${seq} (${shortHash(known.id)}) is not chained to record ${seq - 1} (${shortHash(previous.id)}), but to ${shortHash(known.prev)}.`,
      };
    }
    const [time, earlier] = [known?.time, previous?.time];
    if (time !== undefined && earlier !== undefined && time < earlier - ADJUSTED) {
      const by = duration(earlier - time);
      yield { kind: 'clock', seq, sentence: `Record ${seq} is ${by} earlier than the one before it: the clock was set back.` };
    }
    if (time !== undefined && time > now.getTime() + AHEAD) {
      yield { kind: 'clock', seq, sentence: `Record ${seq} lies ${duration(time - now.getTime())} ahead of this clock.` };
    }
    before = seq;
  }
}

/** Does the log begin with a key that it may begin with? `trusted` undefined: with any. */
export function rootProblems(root: string | undefined, trusted: ReadonlySet<string> | undefined): readonly LogProblem[] {
  if (trusted === undefined || root === undefined || trusted.has(root)) return [];
  const sentence = `The log begins with key ${shortHash(root)}, which is not among the keys given.`;
  return [{ kind: 'unknown-key', seq: 1, sentence }];
}

/** Records signed by keys that could not sign them. */
export function* keyProblems(records: Records, ring: KeyRing, policy: PolicyKeys | undefined): Generator<LogProblem> {
  for (const [seq, { id, keyId, kind }] of records) {
    if (keyId === undefined || kind === undefined) continue;
    const refused = refusedBy(ring, keyId, { seq, event: { kind } });
    const signed = `Record ${seq} (${shortHash(id)}) is signed by key ${shortHash(keyId)}`;
    if (refused === 'unknown' && policy?.trusted.has(keyId) !== true) {
      yield { kind: 'unknown-key', seq, sentence: `${signed}, which no earlier record of this log trusts.` };
    } else if (refused === 'ended') {
      yield { kind: 'wrong-key', seq, sentence: `${signed}, which record ${ring.get(keyId)?.until ?? 0} had ended.` };
    } else if (refused === 'no-person') {
      const what = kind === 'acknowledged' ? 'an acknowledgement' : 'for a person to sign';
      const sentence = `Record ${seq} (${shortHash(id)}) is ${what}, but no person’s key signed it.`;
      yield { kind: 'wrong-key', seq, sentence };
    }
  }
}

/** Ids of the keys of people, and the first few records that each signed. */
export function signedByPeople(records: Records, ring: KeyRing): ReadonlyMap<string, readonly number[]> {
  const signed = new Map<string, number[]>();
  for (const [seq, { keyId, kind }] of records) {
    if (keyId === undefined || kind === undefined || ring.get(keyId)?.role === 'process') continue;
    signed.set(keyId, [...(signed.get(keyId) ?? []).slice(0, 5), seq]);
  }
  return signed;
}

/** What the heads say that came with the log. `key`: the log's own; undefined where its first record did not arrive. `furthest`: the last one that it signed. */
export function headFindings(
  arrived: readonly Head[],
  records: Records,
  sequences: readonly number[],
  key: KeyObject | undefined,
): { readonly problems: readonly LogProblem[]; readonly notes: readonly string[]; readonly furthest: Head | undefined } {
  const heads = arrived.toSorted((a, b) => a.head.seq - b.head.seq);
  const signed = key === undefined ? [] : heads.filter(({ envelope }) => signatureHolds(envelope, key));
  const furthest = signed.at(-1);
  const last = sequences.at(-1) ?? 0;
  const problems: LogProblem[] = [];
  if (signed.length < heads.length && key !== undefined) {
    const sentence = `${heads.length - signed.length} heads are not signed by the log’s key: somebody else wrote them.`;
    problems.push({ kind: 'bad-signature', seq: heads[0]?.head.seq ?? 0, sentence });
  }
  for (const { head } of signed) {
    const there = records.get(head.seq);
    if (there === undefined || there.id === head.head) continue;
    const sentence = `Record ${head.seq} is ${shortHash(there.id)}, but the log’s signed head says ${shortHash(head.head)}.`;
    problems.push({ kind: 'replaced', seq: head.seq, sentence });
  }
  if (furthest !== undefined && furthest.head.seq > last) {
    const sentence = `The end is missing: the last record here is ${last}, but the log had come to record ${furthest.head.seq}.`;
    problems.push({ kind: 'cut', seq: last + 1, sentence });
  }
  const notes = [
    ...(key === undefined && heads.length > 0 ? ['Its first record did not arrive, so that its signed heads could not be checked.'] : []),
    ...(furthest === undefined ? ['No signed head arrived with it: whether its end was cut off cannot be told.'] : []),
  ];
  return { problems, notes, furthest };
}

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} seconds`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}

/** The beginning of a hash, as people are shown it. */
export function shortHash(hash: string): string {
  return `${hash.slice(0, 12)}…`;
}
