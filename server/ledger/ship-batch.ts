/** What is shipped next: the events of the records after a cursor, in order, and the signed head of the last of them. */
import { join } from 'node:path';
import { decodeRecord } from './envelope.ts';
import { readIfThere, realFileSystem as fs } from './file-system.ts';
import { readHead, signHead } from './head.ts';
import { type ProcessKey, readProcessKey } from './keys.ts';
import { eventText, headEvent, type OcsfEvent, ocsfEvents } from './ocsf.ts';
import { recordFile } from './record-file.ts';
import type { ShippedEvent } from './sinks/sink.ts';
import type { Actor, StoredRecord } from './types.ts';

/** A batch ends with the record that reaches one of these. */
const MOST_EVENTS = 200;
const MOST_BYTES = 900_000;

export type Position = { readonly seq: number; readonly id: string };

export type ReadBatch =
  | {
      readonly kind: 'batch';
      readonly log: string;
      readonly events: readonly ShippedEvent[];
      readonly end: Position;
      readonly records: number;
    }
  | { readonly kind: 'nothing' }
  /** A sentence. What comes after cannot be shipped in order. */
  | { readonly kind: 'broken'; readonly problem: string };

export async function readBatch(
  { folder, keysFolder, now }: { readonly folder: string; readonly keysFolder: string; readonly now: () => Date },
  after: Position,
): Promise<ReadBatch> {
  const key = readProcessKey(keysFolder);
  const events: ShippedEvent[] = [];
  let bytes = 0;
  let last: StoredRecord | undefined;
  let previous = after;
  while (events.length < MOST_EVENTS && bytes < MOST_BYTES) {
    const next = readNext(folder, previous, key);
    if (next.kind === 'broken' && last === undefined) return next;
    if (next.kind !== 'record') break;
    last = next.stored;
    previous = { seq: last.record.seq, id: last.id };
    for (const shipped of eventsOf(last)) {
      events.push(shipped);
      bytes += shipped.text.length;
    }
  }
  if (last === undefined) return { kind: 'nothing' };
  const { log, actor } = last.record;
  if (key !== undefined) {
    const head = { log, seq: previous.seq, head: previous.id, checked: false };
    events.push(shippedEvent(headEvent(head, await signHead(head, key.signer), actor, now()), 'head', actor));
  }
  return { kind: 'batch', log, events, end: previous, records: previous.seq - after.seq };
}

/** The events of one record. */
export function eventsOf(stored: StoredRecord): readonly ShippedEvent[] {
  const { event, actor } = stored.record;
  return ocsfEvents(stored).map((one) => shippedEvent(one, event.kind, actor));
}

/** Is the record that was shipped last still the one that lies there? */
export function stillThere(folder: string, { seq, id }: Position): 'same' | 'other' | 'gone' {
  const bytes = readIfThere(fs, join(folder, recordFile(seq)));
  const decoded = bytes && decodeRecord(bytes);
  if (bytes === undefined) return 'gone';
  return decoded?.ok === true && decoded.stored.id === id ? 'same' : 'other';
}

/** The record at `seq`, where it can be read. */
export function recordAt(folder: string, seq: number): StoredRecord | undefined {
  const bytes = readIfThere(fs, join(folder, recordFile(seq)));
  const decoded = bytes && decodeRecord(bytes);
  return decoded?.ok === true ? decoded.stored : undefined;
}

type Next =
  | { readonly kind: 'record'; readonly stored: StoredRecord }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly problem: string };

function readNext(folder: string, { seq, id }: Position, key: ProcessKey | undefined): Next {
  const file = join(folder, recordFile(seq + 1));
  let bytes = readIfThere(fs, file);
  if (bytes === undefined) {
    const head = key && readHead(folder, key.publicKey, fs);
    if (head?.kind !== 'head' || head.head.seq <= seq) return { kind: 'end' };
    // The head is written after its record, so that one which came meanwhile is there now.
    bytes = readIfThere(fs, file);
    if (bytes === undefined) return broken(`Record ${seq + 1} is missing: the log goes on to record ${head.head.seq}.`);
  }
  const decoded = decodeRecord(bytes);
  if (!decoded.ok) return broken(`Record ${seq + 1} cannot be read: ${decoded.problem}.`);
  const { stored } = decoded;
  if (stored.record.seq !== seq + 1) return broken(`Record ${seq + 1} holds record ${stored.record.seq}.`);
  if (id !== '' && stored.record.prev !== id) return broken(`Record ${seq + 1} is not chained to the record before it.`);
  return { kind: 'record', stored };
}

function broken(what: string): Next {
  return { kind: 'broken', problem: `${what} Run "countersign log verify".` };
}

function shippedEvent(event: OcsfEvent, kind: string, { host }: Actor): ShippedEvent {
  const { uid, sequence: seq, log_name: log } = event.metadata;
  return { uid, seq, log, kind, time: event.time, severity: event.severity_id, host, text: eventText(event) };
}
