import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  decodeRecord,
  encodeEnvelope,
  encodeStatement,
  preAuthEncoding,
  RECORD_PAYLOAD_TYPE,
  sha256,
  signatureHolds,
  type Envelope,
} from './envelope.ts';
import { type DiskCalls, nameNewFile, syncNames, writeNewFile } from './disk-calls.ts';
import { type LedgerFileSystem, problemOf, readIfThere } from './file-system.ts';
import { readHead, writeHead } from './head.ts';
import { PERSONS_KINDS } from './key-ring.ts';
import { type ProcessKey, trustedKeys } from './keys.ts';
import { prunedFile, recordFile, sequenceOf } from './record-file.ts';
import type { Actor, Appended, Ledger, LedgerEvent, LedgerProblem, LedgerRecord, Signer } from './types.ts';
import { provenBy, readVerifyingKey } from './verifying-key.ts';

const NO_RECORD = '0'.repeat(64);
/** With jitter below, 200 attempts last some seconds: more than four busy processes ever needed. */
const ATTEMPTS = 200;
/** A head further behind than this is not worth probing one by one. */
const PROBES = 64;
const PRESENCES = ['none', 'touch', 'verified'] as const;

type AppendContext = {
  readonly folder: string;
  readonly keysFolder: string;
  readonly log: string;
  readonly key: ProcessKey;
  readonly now: () => Date;
  readonly actor: Actor;
  readonly fs: LedgerFileSystem;
  /** What it writes by. */
  readonly disk: DiskCalls;
  /** Only the log's first record, or 'busy' where another process has claimed it. */
  readonly onlyFirst?: boolean;
};

/**
 * Appends records. Each is one immutable file, claimed with link(2), which fails where the number is taken: no lock to
 * be left behind, no half record to be read. What is answered `ok` has been through fsync, file and folder.
 */
export function appender(context: AppendContext): Ledger['append'] {
  let known: Head | undefined = context.onlyFirst ? BEGINNING : undefined;
  // Within one process appends take turns: contending with oneself only costs.
  let turn: Promise<unknown> = Promise.resolve();
  const append = async (event: LedgerEvent, signer: Signer): Promise<Appended> => {
    const refused = refusal(event, signer, context);
    if (refused !== undefined) return refused;
    for (let attempt = 0; attempt < (context.onlyFirst ? 1 : ATTEMPTS); attempt++) {
      if (attempt > 0) await sleep(Math.random() * Math.min(2 * attempt, 40));
      const found = context.onlyFirst ? ({ ok: true, head: BEGINNING } as const) : findHead(known, context);
      if (!found.ok) return found;
      const claimed = await claim(event, signer, found.head, context);
      if (claimed === 'taken') {
        known = found.head;
        continue;
      }
      if (claimed.ok) {
        const { id, record } = claimed.stored;
        const { checked } = found.head;
        known = { seq: record.seq, hash: id, checked };
        await writeHead(context.folder, { log: context.log, seq: record.seq, head: id, checked }, context.key.signer, context.disk);
      }
      return claimed;
    }
    return problem('busy', `The acknowledgement log in ${context.folder} is being written by too many processes. Try again.`);
  };
  return (event, signer = context.key.signer) => {
    const result = turn.then(() => append(event, signer)).catch((error: unknown): Appended => failure(error, context.folder, 'write'));
    turn = result;
    return result;
  };
}

/** A log that cannot be gone on with. */
export function broken(message: string): { readonly ok: false; readonly problem: LedgerProblem } {
  return problem('broken', message);
}

/** The last record: the next one's `prev` is its hash. `checked`: as in a remembered head. */
type Head = { readonly seq: number; readonly hash: string; readonly checked: boolean };
const BEGINNING: Head = { seq: 0, hash: NO_RECORD, checked: true };

/** What would make the log unverifiable for ever is not written at all. */
function refusal(event: LedgerEvent, signer: Signer, { keysFolder, folder, fs }: AppendContext): Appended | undefined {
  if (signer.role === 'process') {
    return PERSONS_KINDS.has(event.kind)
      ? problem(
          'signing',
          'An acknowledgement must be signed by a person’s key, not by the process key. Acknowledge in the editor’s review.',
        )
      : undefined;
  }
  if (event.kind === 'opened') return problem('signing', 'A log begins with the process key.');
  return trustedKeys(keysFolder, folder, fs).has(signer.keyId)
    ? undefined
    : problem(
        'signing',
        `The key that signs this acknowledgement (${signer.keyId.slice(0, 12)}…) is not trusted by the log in ${folder}. Enrol it: reopen the editor window.`,
      );
}

type Found = { readonly ok: true; readonly head: Head } | { readonly ok: false; readonly problem: LedgerProblem };

/** From what this process knows, else the remembered head, else the folder's listing; then forward to the end. */
function findHead(known: Head | undefined, context: AppendContext): Found {
  const { folder, fs } = context;
  const start = known ?? startOf(context);
  if ('ok' in start) return start;
  let seq = start.seq;
  let bytes = readIfThere(fs, join(folder, recordFile(seq)));
  // What was remembered is checked even when the log has grown since: a record must be the one it was.
  const first = readable(seq, bytes, context, start);
  if (!first.ok) return first;
  let { hash, checked } = first.head;
  for (let probes = 1; ; probes++) {
    if (probes === PROBES && lastInFolder(folder, fs) > seq + 1) {
      seq = lastInFolder(folder, fs) - 1;
      checked = false;
    }
    const next = readIfThere(fs, join(folder, recordFile(seq + 1)));
    if (next === undefined) break;
    seq += 1;
    bytes = next;
    checked &&= follows(next, seq, hash, context);
    hash = sha256(next);
  }
  return seq === start.seq ? first : readable(seq, bytes, context, { hash: undefined, checked });
}

type Start = { readonly hash: string | undefined; readonly checked: boolean };

function startOf(context: AppendContext): (Start & { seq: number }) | Extract<Found, { ok: false }> {
  const { folder, key, log, fs } = context;
  const remembered = readHead(folder, key.publicKey, fs);
  if (remembered.kind === 'head') {
    const { seq, head, checked } = remembered.head;
    return remembered.head.log === log
      ? { seq, hash: head, checked }
      : broken(`The remembered end beside ${folder} is of another log. Run "countersign log verify", then restore the folder.`);
  }
  const last = lastInFolder(folder, fs);
  // After a pruning the beginning leads nowhere.
  if (last > PROBES || readIfThere(fs, prunedFile(folder)) !== undefined) return { seq: last, hash: undefined, checked: false };
  // A short log is checked from its beginning: another process may be about to write its first head.
  const first = readIfThere(fs, join(folder, recordFile(1)));
  return { seq: 1, hash: undefined, checked: first !== undefined && follows(first, 1, NO_RECORD, context) };
}

/** Is this the record that belongs here, chained and signed? */
function follows(bytes: Buffer, seq: number, previous: string, context: AppendContext): boolean {
  const decoded = decodeRecord(bytes);
  if (!decoded.ok) return false;
  const { keyId, record } = decoded.stored;
  if (record.seq !== seq || record.log !== context.log || record.prev !== previous) return false;
  if ((record.event.kind === 'opened') !== (seq === 1)) return false;
  if (keyId === context.key.signer.keyId) {
    return !PERSONS_KINDS.has(record.event.kind) && signatureHolds(decoded.envelope, context.key.publicKey);
  }
  const key = readVerifyingKey(trustedKeys(context.keysFolder, context.folder, context.fs).get(keyId) ?? '');
  return key !== undefined && provenBy(decoded.envelope, key) !== undefined;
}

/** The head must be a record of this log, and the one that was remembered: nothing is chained to what was tampered with. */
function readable(seq: number, bytes: Buffer | undefined, { folder, log }: AppendContext, remembered: Start): Found {
  const decoded = bytes && decodeRecord(bytes);
  const good =
    decoded?.ok === true &&
    decoded.stored.record.seq === seq &&
    decoded.stored.record.log === log &&
    (remembered.hash === undefined || decoded.stored.id === remembered.hash);
  if (good) return { ok: true, head: { seq, hash: decoded.stored.id, checked: remembered.checked } };
  const what = bytes === undefined ? 'is missing' : 'is not the one that was written';
  return broken(
    `Record ${seq} of the acknowledgement log in ${folder} ${what}. Nothing is added to a log that was tampered with: run "countersign log verify", then restore the folder from a copy, or move it away with ${folder}.head.json to begin a new log.`,
  );
}

function lastInFolder(folder: string, fs: LedgerFileSystem): number {
  return fs.readdirSync(folder).reduce((last, name) => Math.max(last, sequenceOf(name) ?? 0), 1);
}

async function claim(event: LedgerEvent, signer: Signer, head: Head, context: AppendContext): Promise<Appended | 'taken'> {
  const { folder, log, now, actor, disk } = context;
  // The time is taken after the head was read, so that it never runs backwards along the chain while the clock does not.
  const record: LedgerRecord = {
    schema: 'countersign.record/1',
    log,
    seq: head.seq + 1,
    prev: head.hash,
    time: now().toISOString(),
    actor,
    event,
  };
  const signed = await sign(record, signer, context);
  if (!signed.ok) return signed;
  const decoded = decodeRecord(signed.bytes);
  if (!decoded.ok)
    return problem('io', `The record cannot be written: ${decoded.problem}. This is a fault in Countersign; please report it.`);

  const temporary = join(folder, `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    await writeNewFile(disk, temporary, signed.bytes);
  } catch (error) {
    return failure(error, folder, 'write');
  }
  try {
    if (!(await nameNewFile(disk, temporary, join(folder, recordFile(record.seq))))) return 'taken';
  } catch (error) {
    return failure(error, folder, 'link');
  }
  try {
    await syncNames(disk, folder);
  } catch (error) {
    return failure(error, folder, 'write');
  }
  return { ok: true, stored: decoded.stored };
}

async function sign(
  record: LedgerRecord,
  signer: Signer,
  context: AppendContext,
): Promise<{ readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly problem: LedgerProblem }> {
  const payload = encodeStatement(record);
  const unsigned = { payloadType: RECORD_PAYLOAD_TYPE, payload, keyId: signer.keyId };
  let envelope: Envelope;
  try {
    envelope = { ...unsigned, signature: Buffer.from(await signer.sign(preAuthEncoding(RECORD_PAYLOAD_TYPE, payload))) };
  } catch (error) {
    return problem(
      'signing',
      `The record could not be signed: ${error instanceof Error ? error.message : String(error)}. Nothing was recorded; try again.`,
    );
  }
  // The process key was read from disk a moment ago; what another process signed is checked before it is kept for ever.
  if (signer.role === 'person') {
    const key = readVerifyingKey(trustedKeys(context.keysFolder, context.folder, context.fs).get(signer.keyId) ?? '');
    const proven = key && provenBy(envelope, key);
    if (proven === undefined) {
      return problem(
        'signing',
        'The signature on this acknowledgement is not one of its key, or its security key was not touched. Nothing was recorded; try again.',
      );
    }
    if (PRESENCES.indexOf(proven) < PRESENCES.indexOf(signer.presence ?? 'none')) {
      return problem(
        'signing',
        `The signature does not prove what is asked for: ${signer.presence === 'verified' ? 'that the security key knew who touched it (PIN or finger)' : 'that a security key was touched'}. Nothing was recorded; try again.`,
      );
    }
  }
  return { ok: true, bytes: encodeEnvelope(envelope) };
}

function failure(error: unknown, folder: string, doing: 'write' | 'link'): Extract<Appended, { ok: false }> {
  return { ok: false, problem: problemOf(error, folder, doing) };
}

function problem(kind: LedgerProblem['kind'], message: string): { readonly ok: false; readonly problem: LedgerProblem } {
  return { ok: false, problem: { kind, message } };
}
