import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { decodeRecord, decodeVouched } from './envelope.ts';
import { readIfThere, realFileSystem as fs } from './file-system.ts';
import { type KeyRing, type PolicyKeys, policyRemarks, refusedBy, type RingKey, ringWith, turnRing } from './key-ring.ts';
import { pemOf } from './keys.ts';
import { type PrunedPart, prunedPart } from './pruned.ts';
import { recordFile } from './record-file.ts';
import type { BadRecord, RememberedHead, StoredRecord } from './types.ts';
import { provenByLater } from './verifying-key.ts';

/** An end of the log noted elsewhere. Without `log` the number and hash alone are compared. */
export type Remembered = Omit<RememberedHead, 'log'> & { readonly log?: string | undefined };

/** What was found good, from the first record on. */
export type Checked = { records: number; head?: RememberedHead };

export type Walk = {
  readonly folder: string;
  readonly root: KeyObject | undefined;
  /** The highest number in the folder. */
  readonly last: number;
  readonly heads: readonly Remembered[];
  /**
   * Up to this record a head that the log's key signed says that all was checked as it was appended. While the chain of
   * hashes leads to that head, these are those records, and the process key's signature on each need not be looked at again.
   */
  readonly vouched: number;
  /** What the policy says of keys: which need no warning, and which deserve one. */
  readonly policy?: PolicyKeys | undefined;
};

/** Goes along the records in order, with bounded memory, to the first that is not what was written. */
export async function walk(
  what: Walk,
): Promise<{ readonly checked: Checked; readonly warnings: readonly string[]; readonly bad: BadRecord | undefined }> {
  // A head whose record is not there leads nowhere.
  const quick = what.root === undefined || what.vouched > what.last ? 0 : what.vouched;
  const checked: Checked = { records: 0 };
  const warnings: string[] = [];
  const bad = await badRecord({ ...what, vouched: quick }, checked, warnings);
  // Where the chain does not lead to the head, every signature is looked at, to say what is wrong where.
  return bad !== undefined && quick > 0 ? await walk({ ...what, vouched: 0 }) : { checked, warnings, bad };
}

/** So many records are held at once; their signatures are checked on the thread pool meanwhile. */
const BATCH = 256;
const NAMED = 5;

async function badRecord(
  { folder, root, last, heads, vouched, policy }: Walk,
  checked: Checked,
  warnings: string[],
): Promise<BadRecord | undefined> {
  const ring = ringWith(root && pemOf(root));
  let previous: StoredRecord | undefined;
  let log: string | undefined;
  let backwards = 0;
  let persons = 0;
  const spans: Spans = new Map();
  const pruned = prunedPart(folder, fs);
  const gap: Gap = {};
  for (let from = 1; from <= last; from += BATCH) {
    const batch: { stored: StoredRecord; signed: true | Promise<boolean> }[] = [];
    let bad: BadRecord | undefined;
    for (let seq = from; seq < from + BATCH && seq <= last && bad === undefined; seq++) {
      const bytes = readIfThere(fs, join(folder, recordFile(seq)));
      if (bytes === undefined && pruned !== undefined && seq <= pruned.upTo) {
        gap.from ??= seq;
        continue;
      }
      if (bytes === undefined) {
        bad = badAt(seq, undefined, 'removed', 'is missing: it was removed');
        break;
      }
      // A pruned part leads to no head: what is left of it vouches for itself.
      const bridged = pruned !== undefined && seq <= pruned.upTo;
      const decoded = seq <= vouched && !bridged ? decodeVouched(bytes) : decodeRecord(bytes);
      if (!decoded.ok) {
        bad = badAt(seq, undefined, 'changed', `was changed: ${decoded.problem}`);
        break;
      }
      const { stored, envelope } = decoded;
      log ??= stored.record.log;
      // The first record of a log whose key file is gone can only vouch for itself; a warning says so.
      if (seq === 1 && root === undefined) turnRing(ring, stored.record, stored.keyId);
      const key = ring.get(stored.keyId);
      bad = misplaced(stored, seq, log) ?? wrongKey(stored, ring);
      if (bad !== undefined || key === undefined) break;
      const entered = turnRing(ring, stored.record, stored.keyId);
      if (
        entered !== undefined &&
        stored.record.event.kind === 'key-trusted' &&
        ++persons > 1 &&
        entered.own &&
        persons <= NAMED &&
        policy?.trusted.has(entered.key.id) !== true
      ) {
        warnings.push(
          `Record ${seq} lets a further key (${short(entered.key.id)}) sign acknowledgements. Make sure that somebody you know enrolled it, such as with a second editor.`,
        );
      }
      // A person's signature is looked at in any case: it is what a release rests on.
      const trusted = seq <= vouched && !bridged && key.role === 'process';
      batch.push({ stored, signed: trusted || provenByLater(envelope, key.key) });
      signedBy(key, stored, spans);
    }
    for (const { stored, signed } of batch) {
      const { record, id } = stored;
      if (signed !== true && !(await signed)) return badAt(record.seq, id, 'bad-signature', 'was changed: its signature does not hold');
      if (record.event.kind === 'pruned') gap.said = [...(gap.said ?? []), record.event.pruned ?? { seq: 0, head: '' }];
      if (pruned !== undefined && record.seq === pruned.upTo + 1) gap.chainedTo = record.prev;
      const follows = previous !== undefined && previous.record.seq === record.seq - 1;
      if (follows && previous !== undefined && record.prev !== previous.id) {
        checked.records -= 1;
        delete checked.head;
        return badAt(
          record.seq - 1,
          previous.id,
          'replaced',
          `was replaced: it is not the record that record ${record.seq} was chained to`,
        );
      }
      const head = heads.find((remembered) => remembered.seq === record.seq && remembered.head !== id);
      if (head !== undefined)
        return badAt(record.seq, id, 'replaced', `was replaced: the remembered end of the log was ${short(head.head)}`);
      if (previous !== undefined && record.time < previous.record.time && ++backwards <= NAMED) {
        warnings.push(`Record ${record.seq} has an earlier time (${record.time}) than the one before it: the clock was set back.`);
      }
      previous = stored;
      checked.records += 1;
      checked.head = { log: record.log, seq: record.seq, head: id };
    }
    if (bad !== undefined) return bad;
  }
  const unexplained = unexplainedGap(gap, pruned);
  if (unexplained !== undefined) return unexplained;
  if (gap.from !== undefined && pruned !== undefined) {
    warnings.push(
      `Records up to ${pruned.upTo} were pruned on ${pruned.time.slice(0, 10)}, but for those about keys: record ${pruned.by} says so.`,
    );
  }
  warnings.push(...compromisedRecords(ring, spans));
  warnings.push(...policyRemarks(policy, new Map([...spans].map(([id, records]) => [id, records.map(({ seq }) => seq)]))));
  if (backwards > NAMED) warnings.push(`The time runs backwards at ${backwards - NAMED} further records.`);
  return undefined;
}

/** `from`: the first record that is missing in a pruned part; `chainedTo`: what the first record after it was chained to. */
type Gap = { from?: number; chainedTo?: string; said?: readonly { readonly seq: number; readonly head: string }[] };

/** A gap is none where a record that was checked says that all up to there was deleted, and what it came to. */
function unexplainedGap({ from, chainedTo, said }: Gap, pruned: PrunedPart | undefined): BadRecord | undefined {
  if (from === undefined) return undefined;
  const told = (said ?? []).some(({ seq, head }) => seq === pruned?.upTo && head === pruned.head && head === chainedTo);
  return told ? undefined : badAt(from, undefined, 'removed', 'is missing, and what is said of a pruning does not fit: it was removed');
}

function misplaced({ id, record }: StoredRecord, seq: number, log: string): BadRecord | undefined {
  if (record.seq !== seq) return badAt(seq, id, 'moved', `holds record ${record.seq}: records were moved, inserted or removed`);
  if (record.log !== log) return badAt(seq, id, 'foreign', 'belongs to another log');
  if ((record.event.kind === 'opened') === (seq === 1)) return undefined;
  return badAt(seq, id, 'moved', seq === 1 ? 'does not begin a log' : 'begins a log in the middle of this one');
}

function wrongKey({ id, keyId, record }: StoredRecord, ring: KeyRing): BadRecord | undefined {
  const refused = refusedBy(ring, keyId, record);
  switch (refused) {
    case undefined:
      return undefined;
    case 'unknown':
      return badAt(record.seq, id, 'unknown-key', `is signed by key ${short(keyId)}, which no earlier record of this log trusts`);
    case 'ended':
      return badAt(record.seq, id, 'wrong-key', `is signed by key ${short(keyId)}, which record ${ring.get(keyId)?.until} had ended`);
    case 'no-person':
      return badAt(record.seq, id, 'wrong-key', `is ${KINDS[record.event.kind] ?? 'for a person to sign'}, but no person’s key signed it`);
    default:
      return refused satisfies never;
  }
}

const KINDS: Partial<Record<StoredRecord['record']['event']['kind'], string>> = {
  acknowledged: 'an acknowledgement',
  approved: 'an approval',
  'broke-glass': 'a break-glass',
};

/** The last times at which each person's key signed, newest last; bounded, since a log may have millions. */
type Spans = Map<string, { readonly seq: number; readonly time: string }[]>;

function signedBy({ key, role }: RingKey, { record }: StoredRecord, spans: Spans): void {
  if (role !== 'person') return;
  const known = spans.get(key.id) ?? [];
  known.push({ seq: record.seq, time: record.time });
  if (known.length > 1000) known.shift();
  spans.set(key.id, known);
}

/** What a key signed after the day it is said to have been lost: rightly signed, by whom is not sure. */
function compromisedRecords(ring: KeyRing, spans: Spans): readonly string[] {
  return [...ring.values()].flatMap(({ key, compromised }) => {
    if (compromised === undefined) return [];
    const late = (spans.get(key.id) ?? []).filter(({ time }) => Date.parse(time) >= Date.parse(compromised));
    const named = late
      .slice(0, NAMED)
      .map(({ seq }) => seq)
      .join(', ');
    return late.length === 0
      ? []
      : [
          `Key ${short(key.id)} is said to be lost since ${compromised}, and signed afterwards: ${late.length === 1 ? 'record' : 'records'} ${named}${late.length > NAMED ? ' …' : ''}. Look at them.`,
        ];
  });
}

/** A record that is wrong, with the sentence for people. `id`: where it is known. */
export function badAt(seq: number, id: string | undefined, what: BadRecord['what'], how: string): BadRecord {
  const named = id === undefined ? '' : ` (${short(id)})`;
  return { seq, ...(id === undefined ? {} : { id }), file: recordFile(seq), what, sentence: `Record ${seq}${named} ${how}.` };
}

function short(hash: string): string {
  return `${hash.slice(0, 12)}…`;
}
