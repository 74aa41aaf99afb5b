/**
 * Retention: the oldest records are deleted, and a record that a person signed says up to which, so that what is left can still
 * be checked. Records about keys stay: who might sign must be known as long as there is anything signed.
 */
import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { realFileSystem as fs, readIfThere, removeQuietly, syncFolder, writeDurably } from './file-system.ts';
import { WEAK } from './key-changes.ts';
import { knownKeys } from './keys.ts';
import { readRecords } from './open.ts';
import { isKept, prunedFile, recordFile, sequenceOf } from './record-file.ts';
import type { Ledger, Signer } from './types.ts';
import { verifyLog } from './verify.ts';

/** Days. As long as that, a record may still be needed: an approval may be given, an acknowledgement may end. */
export const KEPT_DAYS = 30;

export type Pruned =
  | { readonly ok: true; readonly upTo: number; readonly deleted: number }
  | { readonly ok: false; readonly problem: string };

export type Retention = { readonly kind: 'before'; readonly time: Date } | { readonly kind: 'keep'; readonly records: number };

/** The last record that may go; 0: none. Problems are sentences. `shipped`: the least that any sink has. */
export async function prunable(
  ledger: Ledger,
  keysFolder: string,
  retention: Retention,
  now: Date,
  shipped: number | undefined,
): Promise<{ readonly ok: true; readonly upTo: number; readonly count: number } | { readonly ok: false; readonly problem: string }> {
  const report = await verifyLog({ folder: ledger.folder, keysFolder });
  if (!report.ok) return { ok: false, problem: `${report.sentence} Nothing is deleted from a log that is not whole.` };
  const end = report.head?.seq ?? 0;
  const young = now.getTime() - KEPT_DAYS * 86_400_000;
  let upTo = 0;
  let count = 0;
  for await (const { record } of readRecords(ledger.folder, 1)) {
    const [old, wanted] = [
      Date.parse(record.time) < young,
      retention.kind === 'before' ? Date.parse(record.time) < retention.time.getTime() : record.seq <= end - retention.records,
    ];
    if (!old || !wanted || record.seq >= end) break;
    upTo = record.seq;
    if (!isKept(record.event.kind)) count += 1;
  }
  if (shipped !== undefined && shipped <= upTo) {
    return {
      ok: false,
      problem: `Records up to ${upTo} would go, and a sink has the log only up to record ${shipped}. Ship it first: countersign log ship.`,
    };
  }
  return { ok: true, upTo: count === 0 ? 0 : upTo, count };
}

/** Records that records up to `upTo` go, signed by a person, and deletes them. What a crash leaves is whole either way. */
export async function prune(ledger: Ledger, keysFolder: string, upTo: number, signer: Signer, cause: string): Promise<Pruned> {
  const { folder } = ledger;
  let head: string | undefined;
  for await (const stored of readRecords(folder, upTo)) {
    if (stored.record.seq === upTo) head = stored.id;
    break;
  }
  if (head === undefined) return { ok: false, problem: `Record ${upTo} cannot be read. Run "countersign log verify".` };
  if (knownKeys(keysFolder, folder).get(signer.keyId)?.weak === true) return { ok: false, problem: WEAK };
  const appended = await ledger.append({ kind: 'pruned', pruned: { seq: upTo, head }, cause }, signer);
  if (!appended.ok) return { ok: false, problem: appended.problem.message };
  try {
    const file = prunedFile(folder);
    const temporary = `${file}.tmp-${process.pid}`;
    removeQuietly(fs, temporary);
    writeDurably(fs, temporary, appended.stored.bytes);
    fs.renameSync(temporary, file);
    let deleted = 0;
    for (const name of readdirSync(folder)) {
      const seq = sequenceOf(name);
      if (seq === undefined || seq > upTo || (await mustStay(folder, seq))) continue;
      unlinkSync(join(folder, name));
      deleted += 1;
    }
    syncFolder(fs, folder);
    return { ok: true, upTo, deleted };
  } catch (error) {
    return {
      ok: false,
      problem: `It is recorded, but not all could be deleted: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

async function mustStay(folder: string, seq: number): Promise<boolean> {
  if (readIfThere(fs, join(folder, recordFile(seq))) === undefined) return false;
  for await (const { record } of readRecords(folder, seq)) return record.seq !== seq || isKept(record.event.kind);
  return true;
}
