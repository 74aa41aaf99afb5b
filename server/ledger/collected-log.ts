/** One log as it arrived: what is known of each record, in bounded memory. What is wrong with them is found in collected-checks.ts. */
import {
  chainProblems,
  type Head,
  headFindings,
  keyProblems,
  type KnownRecord,
  type LogProblem,
  rootProblems,
  shortHash,
  signedByPeople,
} from './collected-checks.ts';
import type { Decoded } from './envelope.ts';
import { type KeyRing, type PolicyKeys, policyRemarks, refusedBy, ringWith, turnRing } from './key-ring.ts';
import type { LedgerRecord } from './types.ts';
import { provenByLater, readVerifyingKey, type VerifyingKey } from './verifying-key.ts';

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

type Good = Extract<Decoded, { ok: true }>;

/** Of each kind so many are named; the rest is counted. */
const NAMED = 5;

/** Takes a log as it arrives, in any order and more than once, and reports on it when all is there. */
export class CollectedLog {
  readonly #log: string;
  readonly #policy: PolicyKeys | undefined;
  readonly #records = new Map<number, KnownRecord>();
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
    this.#problem('changed', seq, `Record ${seq} (${shortHash(id)}) was changed: its bytes are not those of its id.`);
  }

  /** `trusted`: ids of the keys that a log may begin with; undefined: any. */
  report(trusted: ReadonlySet<string> | undefined, now: Date): LogReport {
    const sequences = [...this.#records.keys()].sort((a, b) => a - b);
    const ring = this.#ring();
    const ends = headFindings([...this.#heads.values()], this.#records, sequences, this.#rootKey?.publicKey);
    this.#take(chainProblems(this.#records, sequences, now));
    this.#take(rootProblems(this.#root, trusted));
    this.#take(keyProblems(this.#records, ring, this.#policy));
    this.#take(ends.problems);
    const notes = [...policyRemarks(this.#policy, signedByPeople(this.#records, ring)), ...ends.notes];
    const head = ends.furthest;
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
  #known(seq: number, id: string): KnownRecord | undefined {
    const known = this.#records.get(seq);
    if (known === undefined) {
      const fresh: KnownRecord = { id, prev: undefined, time: undefined, keyId: undefined, kind: undefined };
      this.#records.set(seq, fresh);
      return fresh;
    }
    if (known.id === id) return known;
    if (!this.#problems.some((one) => one.kind === 'fork' && one.seq === seq)) {
      this.#problem(
        'fork',
        seq,
        `There are two records ${seq}: ${shortHash(known.id)} and ${shortHash(id)}. The log was rewritten, copied and continued twice (by two machines, say), or an older copy was put back.`,
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
      this.#problem('bad-signature', seq, `Record ${seq} (${shortHash(stored.id)}) was changed: its signature does not hold.`);
    };
    this.#pending.push(check());
  }

  /** Which keys could sign, record by record. */
  #ring(): KeyRing {
    const ring = ringWith(this.#rootKey?.text);
    for (const { record, by } of this.#announced.toSorted((a, b) => a.record.seq - b.record.seq)) {
      // Only who may sign lets others sign.
      if (refusedBy(ring, by, record) === undefined) turnRing(ring, record, by);
    }
    return ring;
  }

  get #rootKey(): VerifyingKey | undefined {
    return this.#root === undefined ? undefined : this.#publicKeys.get(this.#root);
  }

  #take(problems: Iterable<LogProblem>): void {
    for (const { kind, seq, sentence } of problems) this.#problem(kind, seq, sentence);
  }

  #problem(kind: LogProblem['kind'], seq: number, sentence: string): void {
    const same = this.#problems.filter((one) => one.kind === kind).length;
    if (same < NAMED) this.#problems.push({ kind, seq, sentence });
    else if (same === NAMED) this.#problems.push({ kind, seq, sentence: `There are more of this kind from record ${seq} on.` });
  }
}
