import { opendirSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { decodeRecord, readPublicKey } from './envelope.ts';
import { codeOf, readIfThere, realFileSystem as fs } from './file-system.ts';
import { readHead } from './head.ts';
import type { PolicyKeys } from './key-ring.ts';
import { announcements, knownKeys, readProcessKey } from './keys.ts';
import { headFile, isTemporary, recordFile, sequenceOf } from './record-file.ts';
import type { BadRecord, Presence, StoredRecord, VerifyReport } from './types.ts';
import { provenBy, readVerifyingKey } from './verifying-key.ts';
import { badAt, type Checked, type Remembered, walk } from './walk.ts';

export type { Remembered } from './walk.ts';

/**
 * Checks every record of a log, in order, with bounded memory, and names the first that is not what was written.
 * `remembered`: only an end of the log that was noted elsewhere tells when log and head file were both cut or rewritten.
 * Never throws; what cannot be read is a bad record.
 */
export async function verifyLog(options: {
  readonly folder: string;
  readonly keysFolder: string;
  readonly remembered?: Remembered | undefined;
  readonly policy?: PolicyKeys | undefined;
}): Promise<VerifyReport> {
  const warnings: string[] = [];
  const checked: Checked = { records: 0 };
  try {
    const firstBad = await firstBadOf(options, checked, warnings);
    return report(options.folder, checked, firstBad, warnings);
  } catch (error) {
    const sentence = `The log in ${options.folder} cannot be read after record ${checked.records}: ${error instanceof Error ? error.message : String(error)}.`;
    return report(options.folder, checked, { file: options.folder, what: 'unreadable', sentence }, warnings);
  }
}

/** Checks one envelope, such as an acknowledgement copied out of the log, against a set of public keys (key id → text). `presence`: what the signature proves. */
export function verifyEnvelope(
  bytes: Uint8Array,
  keys: ReadonlyMap<string, string>,
): { readonly ok: true; readonly stored: StoredRecord; readonly presence: Presence } | { readonly ok: false; readonly problem: string } {
  const decoded = decodeRecord(bytes);
  if (!decoded.ok) return { ok: false, problem: `This is no acknowledgement: ${decoded.problem}.` };
  const { stored, envelope } = decoded;
  const text = keys.get(stored.keyId);
  const key = text === undefined ? undefined : readVerifyingKey(text);
  if (key === undefined || key.id !== stored.keyId)
    return { ok: false, problem: `It is signed by a key that is not trusted (${stored.keyId.slice(0, 12)}…).` };
  const presence = provenBy(envelope, key);
  return presence === undefined
    ? { ok: false, problem: `Its signature is not one of key ${stored.keyId.slice(0, 12)}….` }
    : { ok: true, stored, presence };
}

async function firstBadOf(
  { folder, keysFolder, remembered, policy }: Parameters<typeof verifyLog>[0],
  checked: Checked,
  warnings: string[],
): Promise<BadRecord | undefined> {
  const root = readProcessKey(keysFolder)?.publicKey;
  if (root === undefined)
    warnings.push(`The process key in ${keysFolder} is missing or unreadable: the log's own first record had to vouch for its key.`);
  // The head before the listing: records appended meanwhile must not look like a head without its record.
  const known = rememberedHeads(folder, root ?? keyOfFirstRecord(folder), remembered, warnings);
  const listing = list(folder);
  if (listing.last === 0 && known.heads.length === 0 && root === undefined) {
    // Nothing is there that the other warnings could be about.
    warnings.length = 0;
    return undefined;
  }
  const whole = await walk({ folder, root, last: listing.last, heads: known.heads, vouched: known.vouched, policy });
  Object.assign(checked, whole.checked);
  warnings.push(...whole.warnings);
  const bad = whole.bad ?? cut(folder, listing.last, known.heads, checked);
  if (bad !== undefined) return bad;
  if (listing.temporary > 0)
    warnings.push(`${listing.temporary} unfinished temporary files lie in ${folder}; they hold no record and may be deleted.`);
  warnings.push(...unannouncedKeys(folder, keysFolder));
  return known.bad ?? listing.stray;
}

/** The ends of the log that are remembered: beside it, and by the caller. */
function rememberedHeads(
  folder: string,
  publicKey: KeyObject | undefined,
  remembered: Remembered | undefined,
  warnings: string[],
): { readonly heads: readonly Remembered[]; readonly vouched: number; readonly bad?: BadRecord } {
  const heads = remembered === undefined ? [] : [remembered];
  const file = headFile(folder);
  const onDisk = publicKey === undefined ? ({ kind: 'unreadable' } as const) : readHead(folder, publicKey, fs);
  if (onDisk.kind === 'head') return { heads: [...heads, onDisk.head], vouched: onDisk.head.checked ? onDisk.head.seq : 0 };
  if (onDisk.kind === 'forged') {
    const sentence = `${file}, the remembered end of the log, is not signed by the log's key: somebody else wrote it.`;
    return { heads, vouched: 0, bad: { file, what: 'bad-signature', sentence } };
  }
  if (remembered === undefined) {
    warnings.push(
      `The tail cannot be checked: ${file}, the remembered end of the log, is ${onDisk.kind === 'none' ? 'missing' : 'unreadable'}. Records may have been cut off; compare with an end you noted: --head SEQ:HASH.`,
    );
  }
  return { heads, vouched: 0 };
}

function cut(folder: string, last: number, heads: readonly Remembered[], checked: Checked): BadRecord | undefined {
  const foreign = heads.find(({ log }) => log !== undefined && checked.head !== undefined && log !== checked.head.log);
  if (foreign !== undefined) {
    const sentence = `The log in ${folder} is not the one that is remembered (${foreign.log}): it was begun anew or exchanged.`;
    return { seq: 1, file: recordFile(1), what: 'foreign', sentence };
  }
  const furthest = heads.reduce((max, { seq }) => Math.max(max, seq), 0);
  if (last > 0 && furthest <= last) return undefined;
  const id = heads.find(({ seq }) => seq === last + 1)?.head;
  const upTo = furthest > last + 1 ? ` (all up to record ${furthest} are)` : '';
  return badAt(last + 1, id, 'cut', `is missing: the end of the log was cut off${upTo}`);
}

function keyOfFirstRecord(folder: string): KeyObject | undefined {
  const bytes = readIfThere(fs, join(folder, recordFile(1)));
  const decoded = bytes && decodeRecord(bytes);
  return decoded?.ok === true ? readPublicKey(decoded.stored.record.event.key?.publicKey ?? '') : undefined;
}

function unannouncedKeys(folder: string, keysFolder: string): string[] {
  const known = knownKeys(keysFolder, folder);
  return announcements(keysFolder, fs)
    .filter(({ keyId }) => !known.has(keyId))
    .map(({ file }) => `${join(keysFolder, file)} is not announced by a record of this log: that key is not trusted. Delete the file.`);
}

type Listing = { last: number; temporary: number; stray: BadRecord | undefined };

/** Reads names one by one: a log may have millions. */
function list(folder: string): Listing {
  const listing: Listing = { last: 0, temporary: 0, stray: undefined };
  let entries: ReturnType<typeof opendirSync>;
  try {
    entries = opendirSync(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return listing;
    throw error;
  }
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      const seq = sequenceOf(entry.name);
      if (seq !== undefined) listing.last = Math.max(listing.last, seq);
      else if (isTemporary(entry.name)) listing.temporary += 1;
      // A file manager's hidden notes (.DS_Store) are nobody's record.
      else if (!entry.name.startsWith('.')) listing.stray ??= stray(folder, entry.name);
    }
  } finally {
    entries.closeSync();
  }
  return listing;
}

function stray(folder: string, file: string): BadRecord {
  return { file, what: 'stray', sentence: `${join(folder, file)} is no record of this log: it was put there by something else.` };
}

function report(folder: string, { records, head }: Checked, firstBad: BadRecord | undefined, warnings: readonly string[]): VerifyReport {
  const counted = records === 1 ? '1 record' : `${records} records`;
  const end = head === undefined ? '' : ` The end is ${head.seq}:${head.head}.`;
  const none = firstBad === undefined && records === 0 && head === undefined;
  const sentence = none
    ? `There is no log in ${folder}: nothing was recorded yet.`
    : firstBad === undefined
      ? `The log in ${folder} is whole: ${counted}, each chained to the one before it and rightly signed.${end}`
      : `The log in ${folder} was tampered with or damaged. ${firstBad.sentence} Good before that: ${counted}.`;
  return {
    ok: firstBad === undefined,
    records,
    ...(head === undefined ? {} : { head }),
    ...(firstBad === undefined ? {} : { firstBad }),
    warnings,
    sentence,
  };
}
