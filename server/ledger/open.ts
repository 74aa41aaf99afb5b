import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { appender, broken } from './append.ts';
import { decodeRecord } from './envelope.ts';
import { atOnce, type DiskCalls, syncNames } from './disk-calls.ts';
import { type LedgerFileSystem, problemOf, readIfThere, realFileSystem } from './file-system.ts';
import { createProcessKey, type ProcessKey, readProcessKey } from './keys.ts';
import { leftOf, prunedPart } from './pruned.ts';
import { headFile, recordFile, sequenceOf } from './record-file.ts';
import type { Actor, Ledger, LedgerProblem, LedgerRecord, StoredRecord } from './types.ts';

type Opened = { readonly ok: true; readonly ledger: Ledger } | { readonly ok: false; readonly problem: LedgerProblem };

/**
 * Opens the log in `folder`, or begins one: folders, process key and the 'opened' record, safe against any number of
 * processes doing so at once. Reads two small files of a log that exists, whatever its length. Never throws.
 * It will not begin a new log where an old one stood (a key or a head without its record), nor write to one whose key is gone.
 */
export async function openLedger(options: {
  readonly folder: string;
  readonly keysFolder: string;
  readonly now: () => Date;
  readonly actor: Actor;
  readonly fs?: LedgerFileSystem;
  /** What is written by; `fs`, at once, where it is not given. */
  readonly disk?: DiskCalls;
}): Promise<Opened> {
  const { folder, keysFolder, now, actor, fs = realFileSystem, disk = atOnce(fs) } = options;
  try {
    const first = readFirst(folder, fs);
    const started = first === undefined ? await begin(options, fs, disk) : usable(first, readProcessKey(keysFolder, fs), options);
    if (!started.ok) return started;
    const { log, key } = started;
    const ledger: Ledger = {
      folder,
      append: appender({ folder, keysFolder, log, key, now, actor, fs, disk }),
      read: (fromSeq = 1) => readRecords(folder, fromSeq, fs),
    };
    return { ok: true, ledger };
  } catch (error) {
    return { ok: false, problem: problemOf(error, folder, 'write') };
  }
}

/** Records in order from `fromSeq`, until the first number that is missing (but for a pruned part) or cannot be read. Checks form, not signatures. */
export async function* readRecords(folder: string, fromSeq: number, fs: LedgerFileSystem = realFileSystem): AsyncGenerator<StoredRecord> {
  const pruned = prunedPart(folder, fs);
  const left = pruned !== undefined && fromSeq <= pruned.upTo ? leftOf(folder, pruned.upTo).filter((seq) => seq >= fromSeq) : [];
  for (const seq of left) {
    const decoded = decodeRecord(fs.readFileSync(join(folder, recordFile(seq))));
    if (!decoded.ok) return;
    yield decoded.stored;
  }
  for (let seq = pruned === undefined ? fromSeq : Math.max(fromSeq, pruned.upTo + 1); ; seq++) {
    const bytes = readIfThere(fs, join(folder, recordFile(seq)));
    const decoded = bytes && decodeRecord(bytes);
    if (decoded === undefined || !decoded.ok) return;
    yield decoded.stored;
  }
}

type Started =
  | { readonly ok: true; readonly log: string; readonly key: ProcessKey }
  | { readonly ok: false; readonly problem: LedgerProblem };

async function begin(
  { folder, keysFolder, now, actor }: { folder: string; keysFolder: string; now: () => Date; actor: Actor },
  fs: LedgerFileSystem,
  disk: DiskCalls,
): Promise<Started> {
  if (fs.mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) await syncNames(disk, dirname(folder));
  const key = readProcessKey(keysFolder, fs) ?? (await createProcessKey(keysFolder, fs, disk));
  if (key === undefined) return unusableKey(keysFolder);
  const remains = fs.readdirSync(folder).some((name) => sequenceOf(name) !== undefined) || readIfThere(fs, headFile(folder)) !== undefined;
  // Another process may have begun the log since we looked: its first record is there before anything else is.
  let first = readFirst(folder, fs);
  if (first === undefined && remains) {
    return broken(
      `The acknowledgement log in ${folder} has lost its first record. Restore the folder; to begin a new log instead, move the folder and ${headFile(folder)} away.`,
    );
  }
  if (first === undefined) {
    const log = randomUUID();
    const opened = { kind: 'opened', key: { id: key.signer.keyId, role: 'process', publicKey: key.publicKeyPem } } as const;
    const appended = await appender({ folder, keysFolder, log, key, now, actor, fs, disk, onlyFirst: true })(opened);
    // 'busy' here: another process was first. Its log is the log.
    if (!appended.ok && appended.problem.kind !== 'busy') return appended;
    first = readFirst(folder, fs);
  }
  return usable(first, key, { folder, keysFolder });
}

function usable(
  first: LedgerRecord | 'unreadable' | undefined,
  key: ProcessKey | undefined,
  where: { folder: string; keysFolder: string },
): Started {
  if (first === undefined || first === 'unreadable' || first.seq !== 1 || first.event.kind !== 'opened') {
    return broken(
      `The first record of the acknowledgement log in ${where.folder} cannot be read as one. Run "countersign log verify", then restore the folder or move it away.`,
    );
  }
  if (key === undefined || key.signer.keyId !== first.event.key?.id) return unusableKey(where.keysFolder);
  return { ok: true, log: first.log, key };
}

function unusableKey(keysFolder: string): Started {
  return {
    ok: false,
    problem: {
      kind: 'signing',
      message: `The key in ${join(keysFolder, 'process.key')} is missing or is not the one this acknowledgement log began with. Restore it, or move log and keys away to begin a new log.`,
    },
  };
}

function readFirst(folder: string, fs: LedgerFileSystem): LedgerRecord | 'unreadable' | undefined {
  const bytes = readIfThere(fs, join(folder, recordFile(1)));
  if (bytes === undefined) return undefined;
  const decoded = decodeRecord(bytes);
  return decoded.ok ? decoded.stored.record : 'unreadable';
}
