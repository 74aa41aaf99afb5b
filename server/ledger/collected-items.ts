/**
 * What a collector kept of many logs, read back: lines of OCSF events as they were shipped, in whatever a collector, database
 * or SIEM wraps them when it gives them out again, and folders of records. Reading is all this does; collect.ts judges.
 */
import { createReadStream, opendirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readIfThere, realFileSystem as fs } from './file-system.ts';
import { isObject } from './parse-record.ts';
import { headFile, sequenceOf } from './record-file.ts';

export type CollectedItem =
  /** The stored bytes of a record, or of a part of it. */
  | {
      readonly kind: 'record';
      readonly log: string;
      readonly seq: number;
      readonly id: string;
      readonly uid: string;
      readonly prev?: string | undefined;
      readonly time?: string | undefined;
      readonly part?: Part | undefined;
    }
  /** Whole stored bytes; what they say of themselves is still to be read. */
  | { readonly kind: 'envelope'; readonly bytes: Buffer; readonly place: string }
  | { readonly kind: 'head'; readonly bytes: Buffer; readonly place: string }
  | { readonly kind: 'unreadable'; readonly place: string };

export type Part = { readonly part: number; readonly of: number; readonly text: string };

/** Every item below a path: a file of lines, a log's folder, a state folder, or a folder of any of these. Throws where nothing is there. */
export async function* collectedItems(path: string): AsyncGenerator<CollectedItem> {
  if (statSync(path).isFile()) {
    yield* linesOf(path);
    return;
  }
  const records: number[] = [];
  const below: string[] = [];
  const folder = opendirSync(path);
  for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
    const seq = sequenceOf(entry.name);
    if (seq !== undefined) records.push(seq);
    else if (entry.isDirectory()) below.push(entry.name);
    else if (LINES.test(entry.name)) below.push(entry.name);
  }
  folder.closeSync();
  if (records.length > 0) yield* recordsIn(path, records);
  for (const name of below.sort()) yield* collectedItems(join(path, name));
}

const LINES = /\.(jsonl|ndjson|log)$/;

function* recordsIn(folder: string, sequences: number[]): Generator<CollectedItem> {
  for (const seq of sequences.sort((a, b) => a - b)) {
    const place = join(folder, `${String(seq).padStart(16, '0')}.json`);
    const bytes = readIfThere(fs, place);
    if (bytes !== undefined) yield { kind: 'envelope', bytes, place };
  }
  const head = readIfThere(fs, headFile(folder));
  if (head !== undefined) yield { kind: 'head', bytes: head, place: headFile(folder) };
}

async function* linesOf(file: string): AsyncGenerator<CollectedItem> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() === '') continue;
    const place = `${file}, line ${number}`;
    const items = [...itemsIn(jsonIn(line), place, 0)];
    if (items.length === 0) yield { kind: 'unreadable', place };
    yield* items;
  }
}

/** A syslog file has its own words before the JSON. */
function jsonIn(line: string): unknown {
  const start = line.indexOf('{');
  try {
    return start === -1 ? undefined : JSON.parse(line.slice(start));
  } catch {
    return undefined;
  }
}

/** The members under which collectors keep what they were sent. */
const WRAPPERS = ['event', '_raw', 'message', 'msg', 'body', 'Body', '_source', 'result', 'log', 'raw'];
const DEEPEST = 4;

function* itemsIn(value: unknown, place: string, depth: number): Generator<CollectedItem> {
  if (!isObject(value) || depth > DEEPEST) return;
  if (value['class_uid'] === 2004) {
    const item = itemOf(value, place);
    if (item !== undefined) yield item;
    return;
  }
  if (typeof value['payload'] === 'string' && Array.isArray(value['signatures'])) {
    yield { kind: 'envelope', bytes: Buffer.from(JSON.stringify(value)), place };
    return;
  }
  if (Array.isArray(value['resourceLogs'])) {
    for (const record of value['resourceLogs'].flatMap(logRecordsOf)) yield* itemsIn(unwrapped(record), place, depth + 1);
    return;
  }
  for (const name of WRAPPERS) {
    const inner = value[name];
    const items = inner === undefined ? [] : [...itemsIn(typeof inner === 'string' ? jsonIn(inner) : inner, place, depth + 1)];
    if (items.length > 0) {
      yield* items;
      return;
    }
  }
}

/** Of OTLP's JSON, as a collector writes it into files. */
function logRecordsOf(resource: unknown): readonly unknown[] {
  const scopes = isObject(resource) && Array.isArray(resource['scopeLogs']) ? (resource['scopeLogs'] as readonly unknown[]) : [];
  return scopes.flatMap((scope) =>
    isObject(scope) && Array.isArray(scope['logRecords']) ? (scope['logRecords'] as readonly unknown[]) : [],
  );
}

function unwrapped(record: unknown): unknown {
  const body = isObject(record) ? record['body'] : undefined;
  return isObject(body) && typeof body['stringValue'] === 'string' ? jsonIn(body['stringValue']) : undefined;
}

function itemOf(event: Readonly<Record<string, unknown>>, place: string): CollectedItem | undefined {
  const { metadata, unmapped } = event;
  if (!isObject(metadata) || !isObject(metadata['product']) || metadata['product']['name'] !== 'Countersign') return undefined;
  const carried = isObject(unmapped) ? unmapped : {};
  const part = partOf(carried['envelope']);
  if (carried['kind'] === 'head') {
    return part === undefined ? { kind: 'unreadable', place } : { kind: 'head', bytes: Buffer.from(part.text), place };
  }
  const { uid, sequence, log_name: log, original_time: time } = metadata;
  if (typeof uid !== 'string' || typeof log !== 'string' || !Number.isSafeInteger(sequence)) return { kind: 'unreadable', place };
  return {
    kind: 'record',
    log,
    seq: Number(sequence),
    id: uid.replace(/#\d+$/, ''),
    uid,
    ...(typeof carried['prev'] === 'string' && { prev: carried['prev'] }),
    ...(typeof time === 'string' && { time }),
    ...(part !== undefined && { part }),
  };
}

function partOf(value: unknown): Part | undefined {
  if (!isObject(value)) return undefined;
  const { part, of, text } = value;
  return typeof part === 'number' && typeof of === 'number' && typeof text === 'string' ? { part, of, text } : undefined;
}

/** The bytes of an item, once all of its parts are there: a long one comes in several, in any order. `parts`: those that wait. */
export function together(key: string, part: Part, parts: Map<string, (Part | undefined)[]>): Buffer | undefined {
  if (part.of === 1) return Buffer.from(part.text);
  if (!(part.part >= 1 && part.part <= part.of && part.of <= 10_000)) return undefined;
  const found = parts.get(key) ?? [];
  found[part.part - 1] = part;
  parts.set(key, found);
  for (let index = 0; index < part.of; index++) if (found[index] === undefined) return undefined;
  parts.delete(key);
  return Buffer.from(found.map((one) => one?.text ?? '').join(''));
}
