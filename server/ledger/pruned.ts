import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeRecord } from './envelope.ts';
import { type LedgerFileSystem, readIfThere } from './file-system.ts';
import { prunedFile, recordFile, sequenceOf } from './record-file.ts';

export type PrunedPart = {
  /** Records up to this one may be missing. */
  readonly upTo: number;
  /** The id of record `upTo`: what the next one is chained to. */
  readonly head: string;
  /** The record that says so. */
  readonly by: number;
  readonly time: string;
};

/** What was pruned, as a record of this log says that still lies in it; undefined: nothing. Its signature is for the check of the log. */
export function prunedPart(folder: string, fs: LedgerFileSystem): PrunedPart | undefined {
  const bytes = readIfThere(fs, prunedFile(folder));
  const decoded = bytes && decodeRecord(bytes);
  if (bytes === undefined || decoded?.ok !== true) return undefined;
  const { seq, time, event } = decoded.stored.record;
  if (event.kind !== 'pruned' || event.pruned === undefined || event.pruned.seq >= seq) return undefined;
  return readIfThere(fs, join(folder, recordFile(seq)))?.equals(bytes) === true
    ? { upTo: event.pruned.seq, head: event.pruned.head, by: seq, time }
    : undefined;
}

/** The records that are left of a pruned part, by number. */
export function leftOf(folder: string, upTo: number): readonly number[] {
  return readdirSync(folder)
    .flatMap((name) => sequenceOf(name) ?? [])
    .filter((seq) => seq <= upTo)
    .sort((a, b) => a - b);
}
