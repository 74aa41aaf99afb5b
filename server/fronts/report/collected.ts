import { collect } from '../../ledger/collect.ts';
import { collectedItems, type Part, together } from '../../ledger/collected-items.ts';
import { decodeRecord, sha256 } from '../../ledger/envelope.ts';
import type { StoredRecord } from '../../ledger/types.ts';
import type { LogRecords } from './records.ts';
import { count } from './report-words.ts';

const NAMED = 10;

/**
 * The records of many people's logs as a collector has them, log by log, after they were checked together. Only what arrived
 * with its signed bytes is told. Memory grows by the bytes of the records. Throws where a path cannot be read.
 */
export async function collectedRecords(paths: readonly string[], now: () => Date): Promise<LogRecords> {
  const { ok, sentence, logs, records, unreadable } = await collect({ paths, now });
  const found = await recordsBelow(paths);
  const told = [...found.values()].reduce((sum, log) => sum + log.size, 0);
  const problems = logs.flatMap(({ log, writers, problems: all, notes }) => {
    const who = writers.join(', ') || log;
    return [...all.map((problem) => `${who}: ${problem.sentence}`), ...notes.map((note) => `${who}: ${note}`)];
  });
  return {
    records: () => inOrder(found),
    state: () => ({
      ok,
      sentence,
      records,
      missing: { count: 0, first: [] },
      warnings: [
        ...(told < records
          ? [
              `${records - told} of ${count(records, 'record')} arrived without ${records === 1 ? 'its' : 'their'} signed bytes, and ${records - told === 1 ? 'is' : 'are'} not counted here.`,
            ]
          : []),
        ...(unreadable.count > 0
          ? [`${count(unreadable.count, 'line')} ${unreadable.count === 1 ? 'holds' : 'hold'} no event of Countersign.`]
          : []),
        ...problems.slice(0, NAMED),
        ...(problems.length > NAMED ? [`And ${problems.length - NAMED} more: countersign log collect tells all.`] : []),
      ],
    }),
  };
}

type Found = Map<string, Map<number, Buffer>>;

async function* inOrder(found: Found): AsyncGenerator<StoredRecord> {
  for (const log of found.values()) {
    for (const seq of [...log.keys()].sort((a, b) => a - b)) {
      const decoded = decodeRecord(log.get(seq) ?? Buffer.alloc(0));
      if (decoded.ok) yield decoded.stored;
    }
  }
}

/** By log and number. Of two records that claim one place the first is taken: that they differ is a problem told above. */
async function recordsBelow(paths: readonly string[]): Promise<Found> {
  const found: Found = new Map();
  const parts = new Map<string, (Part | undefined)[]>();
  const keep = (bytes: Buffer, id: string | undefined) => {
    const decoded = decodeRecord(bytes);
    if (!decoded.ok || (id !== undefined && sha256(bytes) !== id)) return;
    const { log, seq } = decoded.stored.record;
    const own = found.get(log) ?? new Map<number, Buffer>();
    found.set(log, own);
    if (!own.has(seq)) own.set(seq, bytes);
  };
  for (const path of paths) {
    for await (const item of collectedItems(path)) {
      if (item.kind === 'envelope') keep(item.bytes, undefined);
      if (item.kind !== 'record' || item.part === undefined) continue;
      const bytes = together(`${item.log} ${item.id}`, item.part, parts);
      if (bytes !== undefined) keep(bytes, item.id);
    }
  }
  return found;
}
