/**
 * The collector's side: are the logs of many people, as they arrived, what was written? Each record is checked by its own signed
 * bytes where they arrived with it, else by its hash in the chain; the ends are compared with the signed heads that came with
 * every batch. Memory grows by a few hundred bytes a record, not by the records.
 */
import { type CollectedItem, collectedItems, type Part, together } from './collected-items.ts';
import { CollectedLog, type LogReport } from './collected-log.ts';
import { decodeRecord, readPublicKey, sha256 } from './envelope.ts';
import { decodeHead } from './head.ts';
import type { PolicyKeys } from './key-ring.ts';
import { idOfKey } from './keys.ts';

export type CollectReport = {
  readonly ok: boolean;
  readonly logs: readonly LogReport[];
  readonly records: number;
  readonly duplicates: number;
  /** Places that hold neither event nor record, the first few. */
  readonly unreadable: { readonly count: number; readonly places: readonly string[] };
  readonly sentence: string;
};

const NAMED = 5;

/**
 * Checks everything below the paths together. `keys`: the public keys (PEM) that logs may begin with; without any, each log's
 * own first record vouches for its key. Throws where a path cannot be read.
 */
export async function collect(options: {
  readonly paths: readonly string[];
  readonly keys?: readonly string[] | undefined;
  /** What the policy of whoever collects says of people's keys. */
  readonly policy?: PolicyKeys | undefined;
  readonly now: () => Date;
}): Promise<CollectReport> {
  const known = options.keys?.flatMap((pem) => readPublicKey(pem) ?? []);
  const logs = new Map<string, CollectedLog>();
  const logOf = (id: string) => {
    const log = logs.get(id) ?? new CollectedLog(id, options.policy);
    logs.set(id, log);
    return log;
  };
  const parts = new Map<string, (Part | undefined)[]>();
  const unreadable = { count: 0, places: [] as string[] };
  for (const path of options.paths) {
    for await (const item of collectedItems(path)) {
      const place = take(item, logOf, parts);
      if (place !== undefined && unreadable.count++ < NAMED) unreadable.places.push(place);
      // Signatures are checked on the thread pool; not more of them at once than a little memory holds.
      for (const log of logs.values()) if (log.waiting >= 256) await log.settle();
    }
  }
  for (const log of logs.values()) await log.settle();
  const trusted = known === undefined ? undefined : new Set(known.map(idOfKey));
  const reports = [...logs.values()].map((log) => log.report(trusted, options.now())).sort((a, b) => (a.log < b.log ? -1 : 1));
  const records = reports.reduce((sum, log) => sum + log.records, 0);
  const bad = reports.filter(({ ok }) => !ok);
  return {
    ok: bad.length === 0 && reports.length > 0,
    logs: reports,
    records,
    duplicates: reports.reduce((sum, log) => sum + log.duplicates, 0),
    unreadable,
    sentence: sentenceOf(reports.length, bad.length, records),
  };
}

/** The item's place where nothing could be made of it. */
function take(item: CollectedItem, logOf: (id: string) => CollectedLog, parts: Map<string, (Part | undefined)[]>): string | undefined {
  switch (item.kind) {
    case 'unreadable':
      return item.place;
    case 'head': {
      const head = decodeHead(item.bytes);
      if (head === undefined) return item.place;
      logOf(head.head.log).addHead(head);
      return undefined;
    }
    case 'envelope': {
      const decoded = decodeRecord(item.bytes);
      if (!decoded.ok) return item.place;
      logOf(decoded.stored.record.log).addRecord(decoded, decoded.stored.id);
      return undefined;
    }
    case 'record': {
      const log = logOf(item.log);
      log.addEvent(item);
      const bytes = item.part && together(`${item.log} ${item.id}`, item.part, parts);
      if (bytes === undefined) return undefined;
      const decoded = decodeRecord(bytes);
      if (decoded.ok && sha256(bytes) === item.id && decoded.stored.record.log === item.log && decoded.stored.record.seq === item.seq) {
        log.addRecord(decoded, undefined);
      } else {
        log.changed(item.seq, item.id);
      }
      return undefined;
    }
    default:
      return item satisfies never;
  }
}

function sentenceOf(logs: number, bad: number, records: number): string {
  if (logs === 0) return 'No log was found there: neither events of Countersign nor folders of records.';
  const counted = `${logs === 1 ? '1 log' : `${logs} logs`} with ${records === 1 ? '1 record' : `${records} records`}`;
  if (bad === 0) return `All is whole: ${counted}, each record chained to the one before it.`;
  return `${bad} of ${counted} ${bad === 1 ? 'is' : 'are'} not whole.`;
}
