/** One log as it arrived: what is known of each record, in bounded memory, and what is wrong with it in the end. */
import { type Decoded, signatureHolds } from './envelope.ts';
import type { decodeHead } from './head.ts';
import { type PolicyKeys, policyRemarks, refusedBy, ringWith, turnRing } from './key-ring.ts';
import type { EventKind, LedgerRecord } from './types.ts';
import { provenByLater, readVerifyingKey, type VerifyingKey } from './verifying-key.ts';

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

export type LogReport = {
  readonly log: string;
  readonly ok: boolean;
  /** How many different records arrived. */
  readonly records: number;
  /** How many of them came with their signed bytes. */
  readonly checked: number;
  /** Events that arrived more than once; harmless. */
  readonly duplicates: number;
  /** The last record, as SEQ and id. */
  readonly end?: { readonly seq: number; readonly id: string } | undefined;
  /** The furthest signed head. */
  readonly head?: { readonly seq: number; readonly head: string } | undefined;
  /** Who wrote it, as its records say: "ada@workbench". */
  readonly writers: readonly string[];
  /** The key that the log began with. */
  readonly key?: string | undefined;
  readonly problems: readonly LogProblem[];
  /** What could not be checked, or deserves a look. */
  readonly notes: readonly string[];
};

type Known = {
  readonly id: string;
  prev: string | undefined;
  time: number | undefined;
  /** Which key signed it, once its bytes were seen. */
  keyId: string | undefined;
  kind: EventKind | undefined;
};
type Good = Extract<Decoded, { ok: true }>;
type Head = NonNullable<ReturnType<typeof decodeHead>>;

/** Of each kind so many are named; the rest is counted. */
const NAMED = 5;
const AHEAD = 5 * 60_000;
/** A clock that is kept right may go back by this much. */
const ADJUSTED = 2000;

export class CollectedLog {
  readonly #log: string;
  readonly #policy: PolicyKeys | undefined;
  readonly #records = new Map<number, Known>();
  readonly #problems: LogProblem[] = [];
  readonly #uids = new Set<string>();
  readonly #writers = new Set<string>();
  readonly #texts = new Map<string, string>();
  readonly #publicKeys = new Map<string, VerifyingKey>();
  /** Records that change which keys may sign. */
  readonly #announced: { readonly record: LedgerRecord; readonly by: string }[] = [];
  readonly #heads = new Map<string, Head>();
  /** Records whose key was not seen yet: those that arrived before the one that announces it. */
  readonly #deferred: Good[] = [];
  #pending: Promise<void>[] = [];
  #duplicates = 0;
  #root: string | undefined;

  constructor(log: string, policy?: PolicyKeys) {
    this.#log = log;
    this.#policy = policy;
    for (const text of policy?.trusted.values() ?? []) {
      const key = readVerifyingKey(text);
      if (key !== undefined) this.#publicKeys.set(key.id, key);
    }
  }

  /** How many signatures are being checked. */
  get waiting(): number {
    return this.#pending.length;
  }

  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    this.#pending = [];
  }

  /** An event, with or without its record's bytes. */
  addEvent(event: {
    readonly seq: number;
    readonly id: string;
    readonly uid: string;
    readonly prev?: string | undefined;
    readonly time?: string | undefined;
  }): void {
    if (this.#uids.has(event.uid)) this.#duplicates += 1;
    this.#uids.add(event.uid);
    const known = this.#known(event.seq, event.id);
    if (known === undefined) return;
    known.prev ??= event.prev;
    known.time ??= event.time === undefined ? undefined : Date.parse(event.time);
  }

  /** A record's own bytes. `uid`: where no event counted it. */
  addRecord(good: Good, uid: string | undefined): void {
    const { id, record, keyId } = good.stored;
    if (uid !== undefined) {
      if (this.#uids.has(uid)) this.#duplicates += 1;
      this.#uids.add(uid);
    }
    const known = this.#known(record.seq, id);
    if (known === undefined || known.keyId !== undefined) return;
    if (known.prev !== undefined && known.prev !== record.prev) this.changed(record.seq, id);
    Object.assign(known, { prev: record.prev, time: Date.parse(record.time), keyId: this.#one(keyId), kind: record.event.kind });
    this.#writers.add(`${record.actor.user}@${record.actor.host}`);
    this.#learn(good);
    if (this.#publicKeys.has(keyId)) this.#check(good);
    else this.#deferred.push(good);
  }

  addHead(head: Head): void {
    this.#heads.set(`${head.head.seq}:${head.head.head}`, head);
  }

  changed(seq: number, id: string): void {
    this.#problem('changed', seq, `Record ${seq} (${short(id)}) was changed: its bytes are not those of its id.`);
  }

  /** `trusted`: ids of the keys that a log may begin with; undefined: any. */
  report(trusted: ReadonlySet<string> | undefined, now: Date): LogReport {
    const sequences = [...this.#records.keys()].sort((a, b) => a - b);
    const notes: string[] = [];
    this.#chain(sequences, now);
    this.#keys(trusted, notes);
    const head = this.#ends(sequences.at(-1) ?? 0, notes);
    const checked = [...this.#records.values()].filter(({ keyId }) => keyId !== undefined).length;
    const bare = sequences.length - checked;
    if (bare > 0)
      notes.push(
        bare === 1
          ? '1 record arrived without all of its signed bytes: only its place in the chain was checked.'
          : `${bare} records arrived without all of their signed bytes: only their place in the chain was checked.`,
      );
    const last = sequences.at(-1);
    const end = last === undefined ? undefined : { seq: last, id: this.#records.get(last)?.id ?? '' };
    return {
      log: this.#log,
      ok: this.#problems.length === 0,
      records: sequences.length,
      checked,
      duplicates: this.#duplicates,
      ...(end !== undefined && { end }),
      ...(head !== undefined && { head: { seq: head.head.seq, head: head.head.head } }),
      writers: [...this.#writers].sort(),
      ...(this.#root !== undefined && { key: this.#root }),
      problems: this.#problems.toSorted((a, b) => a.seq - b.seq),
      notes,
    };
  }

  /** Of texts that come with every record one copy is kept. */
  #one(text: string): string {
    const kept = this.#texts.get(text);
    if (kept === undefined) this.#texts.set(text, text);
    return kept ?? text;
  }

  /** Undefined where another record has this number already. */
  #known(seq: number, id: string): Known | undefined {
    const known = this.#records.get(seq);
    if (known === undefined) {
      const fresh: Known = { id, prev: undefined, time: undefined, keyId: undefined, kind: undefined };
      this.#records.set(seq, fresh);
      return fresh;
    }
    if (known.id === id) return known;
    if (!this.#problems.some((one) => one.kind === 'fork' && one.seq === seq)) {
      this.#problem(
        'fork',
        seq,
        `There are two records ${seq}: ${short(known.id)} and ${short(id)}. The log was rewritten, copied and continued twice (by two machines, say), or an older copy was put back.`,
      );
    }
    return undefined;
  }

  #learn({ stored: { record, keyId } }: Good): void {
    const { event, seq } = record;
    if (event.kind === 'key-revoked') this.#announced.push({ record, by: keyId });
    const key = event.key && readVerifyingKey(event.key.publicKey);
    if (event.key === undefined || key === undefined || key.id !== event.key.id) return;
    if (event.kind === 'opened' && seq === 1) this.#root = key.id;
    else if (event.kind !== 'key-trusted' && event.kind !== 'key-rotated') return;
    this.#publicKeys.set(key.id, key);
    if (event.kind !== 'opened') this.#announced.push({ record, by: keyId });
    for (const waiting of this.#deferred.splice(0)) {
      if (this.#publicKeys.has(waiting.stored.keyId)) this.#check(waiting);
      else this.#deferred.push(waiting);
    }
  }

  #check({ stored, envelope }: Good): void {
    const publicKey = this.#publicKeys.get(stored.keyId);
    if (publicKey === undefined) return;
    const { seq } = stored.record;
    const check = async () => {
      if (await provenByLater(envelope, publicKey)) return;
      this.#problem('bad-signature', seq, `Record ${seq} (${short(stored.id)}) was changed: its signature does not hold.`);
    };
    this.#pending.push(check());
  }

  #chain(sequences: readonly number[], now: Date): void {
    let before = 0;
    for (const seq of sequences) {
      if (seq !== before + 1) {
        const missing = seq - before - 1;
        this.#problem(
          'gap',
          before + 1,
          missing === 1 ? `Record ${before + 1} is missing.` : `Records ${before + 1} to ${seq - 1} are missing (${missing}).`,
        );
      }
      const [known, previous] = [this.#records.get(seq), this.#records.get(seq - 1)];
      if (known?.prev !== undefined && previous !== undefined && known.prev !== previous.id) {
        this.#problem(
          'chain',
          seq,
          `Record ${seq} (${short(known.id)}) is not chained to record ${seq - 1} (${short(previous.id)}), but to ${short(known.prev)}.`,
        );
      }
      const [time, earlier] = [known?.time, previous?.time];
      if (time !== undefined && earlier !== undefined && time < earlier - ADJUSTED) {
        this.#problem('clock', seq, `Record ${seq} is ${duration(earlier - time)} earlier than the one before it: the clock was set back.`);
      }
      if (time !== undefined && time > now.getTime() + AHEAD) {
        this.#problem('clock', seq, `Record ${seq} lies ${duration(time - now.getTime())} ahead of this clock.`);
      }
      before = seq;
    }
  }

  #keys(trusted: ReadonlySet<string> | undefined, notes: string[]): void {
    if (trusted !== undefined && this.#root !== undefined && !trusted.has(this.#root)) {
      this.#problem('unknown-key', 1, `The log begins with key ${short(this.#root)}, which is not among the keys given.`);
    }
    const ring = ringWith(this.#root === undefined ? undefined : this.#publicKeys.get(this.#root)?.text);
    for (const { record, by } of this.#announced.toSorted((a, b) => a.record.seq - b.record.seq)) {
      // Only who may sign lets others sign.
      if (refusedBy(ring, by, record) === undefined) turnRing(ring, record, by);
    }
    const signed = new Map<string, number[]>();
    for (const [seq, { id, keyId, kind }] of this.#records) {
      if (keyId === undefined || kind === undefined) continue;
      const refused = refusedBy(ring, keyId, { seq, event: { kind } });
      const vouched = this.#policy?.trusted.has(keyId) === true;
      if (ring.get(keyId)?.role !== 'process') signed.set(keyId, [...(signed.get(keyId) ?? []).slice(0, 5), seq]);
      if (refused === 'unknown' && !vouched) {
        this.#problem(
          'unknown-key',
          seq,
          `Record ${seq} (${short(id)}) is signed by key ${short(keyId)}, which no earlier record of this log trusts.`,
        );
      } else if (refused === 'ended') {
        const until = ring.get(keyId)?.until ?? 0;
        this.#problem('wrong-key', seq, `Record ${seq} (${short(id)}) is signed by key ${short(keyId)}, which record ${until} had ended.`);
      } else if (refused === 'no-person') {
        const what = kind === 'acknowledged' ? 'an acknowledgement' : 'for a person to sign';
        this.#problem('wrong-key', seq, `Record ${seq} (${short(id)}) is ${what}, but no person’s key signed it.`);
      }
    }
    notes.push(...policyRemarks(this.#policy, signed));
  }

  /** The furthest head that the log's key signed. */
  #ends(last: number, notes: string[]): Head | undefined {
    const root = this.#root === undefined ? undefined : this.#publicKeys.get(this.#root)?.publicKey;
    const heads = [...this.#heads.values()].sort((a, b) => a.head.seq - b.head.seq);
    const signed = root === undefined ? [] : heads.filter(({ envelope }) => signatureHolds(envelope, root));
    if (root === undefined && heads.length > 0)
      notes.push('Its first record did not arrive, so that its signed heads could not be checked.');
    if (signed.length < heads.length && root !== undefined) {
      this.#problem(
        'bad-signature',
        heads[0]?.head.seq ?? 0,
        `${heads.length - signed.length} heads are not signed by the log’s key: somebody else wrote them.`,
      );
    }
    for (const { head } of signed) {
      const there = this.#records.get(head.seq);
      if (there !== undefined && there.id !== head.head) {
        this.#problem(
          'replaced',
          head.seq,
          `Record ${head.seq} is ${short(there.id)}, but the log’s signed head says ${short(head.head)}.`,
        );
      }
    }
    const furthest = signed.at(-1);
    if (furthest === undefined) notes.push('No signed head arrived with it: whether its end was cut off cannot be told.');
    else if (furthest.head.seq > last) {
      this.#problem(
        'cut',
        last + 1,
        `The end is missing: the last record here is ${last}, but the log had come to record ${furthest.head.seq}.`,
      );
    }
    return furthest;
  }

  #problem(kind: LogProblem['kind'], seq: number, sentence: string): void {
    const same = this.#problems.filter((one) => one.kind === kind).length;
    if (same < NAMED) this.#problems.push({ kind, seq, sentence });
    else if (same === NAMED) this.#problems.push({ kind, seq, sentence: `There are more of this kind from record ${seq} on.` });
  }
}

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} seconds`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}

function short(hash: string): string {
  return `${hash.slice(0, 12)}…`;
}
