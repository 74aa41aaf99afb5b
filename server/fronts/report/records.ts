import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { decodeRecord, decodeVouched } from '../../ledger/envelope.ts';
import { readIfThere, realFileSystem } from '../../ledger/file-system.ts';
import { prunedPart } from '../../ledger/pruned.ts';
import { recordFile, sequenceOf } from '../../ledger/record-file.ts';
import type { StoredRecord } from '../../ledger/types.ts';
import { verifyLog } from '../../ledger/verify.ts';
import type { LogState } from './report-model.ts';

/** Records read at once. */
const TURN = 256;
const NAMED = 5;

export type LogRecords = {
  /** Every record that can be read, in order; from the beginning at each call. */
  readonly records: () => AsyncIterable<StoredRecord>;
  /** What the check of the log said, and what was missing: whole once `records` came to its end. */
  readonly state: () => LogState;
};

/** Checks the log, then gives its records. A record that is missing or cannot be read is passed over and told. */
export async function logRecords(state: string): Promise<LogRecords> {
  const folder = join(state, 'log');
  const { ok, sentence, warnings, records, head } = await verifyLog({ folder, keysFolder: join(state, 'keys') });
  const missing = { count: 0, first: [] as number[] };
  // What was just found to be as it was written need not be brought into its one form again.
  const vouched = ok ? (head?.seq ?? 0) : 0;
  return {
    records: () => {
      missing.count = 0;
      missing.first.length = 0;
      return readAll(folder, vouched, (seq) => {
        missing.count++;
        if (missing.first.length < NAMED) missing.first.push(seq);
      });
    },
    state: () => ({
      ok,
      sentence,
      warnings,
      records,
      ...(head === undefined ? {} : { head: { seq: head.seq, head: head.head } }),
      missing,
    }),
  };
}

/** Every record of a folder that can be read, from the first that is there. Checks form, not signatures. */
export function recordsIn(folder: string): AsyncIterable<StoredRecord> {
  return readAll(folder, 0, () => undefined);
}

async function* readAll(folder: string, vouched: number, lost: (seq: number) => void): AsyncGenerator<StoredRecord> {
  const present = numbersIn(folder);
  // What was pruned is not missing: the log itself says so.
  let expected = Math.max(present[0] ?? 1, (prunedPart(folder, realFileSystem)?.upTo ?? 0) + 1);
  for (const [index, seq] of present.entries()) {
    // Whoever else waits for this process, such as an editor, goes first.
    if (index % TURN === TURN - 1) await setImmediate();
    for (; expected < seq; expected++) lost(expected);
    expected = Math.max(expected, seq + 1);
    const bytes = readOne(join(folder, recordFile(seq)));
    const decoded = bytes && (seq <= vouched ? decodeVouched(bytes) : decodeRecord(bytes));
    if (decoded?.ok === true) yield decoded.stored;
    else lost(seq);
  }
}

function readOne(file: string): Uint8Array | undefined {
  try {
    return readIfThere(realFileSystem, file);
  } catch {
    return undefined;
  }
}

function numbersIn(folder: string): Float64Array {
  try {
    return Float64Array.from(readdirSync(folder).flatMap((name) => sequenceOf(name) ?? [])).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Float64Array();
    throw error;
  }
}
