/**
 * Keys. The process key is a file: it proves "a process on this account" and no more. A person's key is held elsewhere
 * (the editor's secret storage); here lies only its public half, inside the record that announced it.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { decodeRecord, readPublicKey } from './envelope.ts';
import { type DiskCalls, nameNewFile, syncNames, writeNewFile } from './disk-calls.ts';
import { type LedgerFileSystem, problemOf, readIfThere, realFileSystem, removeQuietly, syncFolder, writeDurably } from './file-system.ts';
import { type KeyRing, refusedBy, ringWith, turnRing } from './key-ring.ts';
import { recordFile } from './record-file.ts';
import type { Ledger, LedgerProblem, Signer, StoredRecord } from './types.ts';
import { provenBy, readVerifyingKey } from './verifying-key.ts';

const PROCESS_KEY_FILE = 'process.key';
/** The record that let a key in, or that ended it. */
const PERSON_KEY_FILE = /^(?:person|ended)-([0-9a-f]{64})\.json$/;

/** The key's name everywhere: lower-case hex SHA-256 of its SPKI DER. Throws if `publicKeyPem` is no Ed25519 public key. */
export function keyIdOf(publicKeyPem: string): string {
  const key = readPublicKey(publicKeyPem);
  if (key === undefined) throw new TypeError('not an Ed25519 public key in PEM (SPKI)');
  return idOfKey(key);
}

/** A key for the editor’s secret storage: not encrypted, PKCS #8 and SPKI. */
export function newPersonKey(): { privateKeyPem: string; publicKeyPem: string; keyId: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKeyPem: pemOf(publicKey),
    keyId: idOfKey(publicKey),
  };
}

/** Signs in this process. Throws if `privateKeyPem` is no Ed25519 private key. */
export function personSigner(privateKeyPem: string): Signer {
  return { ...signerOf(createPrivateKey(privateKeyPem)), role: 'person' };
}

/**
 * The person keys whose acknowledgements count: key id → public key (as verifying-key.ts reads it). A file in `keysFolder`
 * counts only if it is, byte for byte, a record of the log (by default the folder `log` beside it) that announced the key and
 * was signed by the process key or by a person's key that counted then. So a file that is merely put there gains nothing, and
 * nobody is trusted without a trace in the log.
 * Cheap: no more than the keys are read. Never throws; what cannot be read is not trusted.
 */
export function trustedKeys(
  keysFolder: string,
  logFolder = join(dirname(keysFolder), 'log'),
  fs = realFileSystem,
): ReadonlyMap<string, string> {
  const people = [...knownKeys(keysFolder, logFolder, fs).values()].filter(({ role, until }) => role === 'person' && until === undefined);
  return new Map(people.map(({ key }) => [key.id, key.text]));
}

/** As `trustedKeys`, with whose keys they are; also those that count no more, and the log's own. */
export function knownKeys(keysFolder: string, logFolder = join(dirname(keysFolder), 'log'), fs = realFileSystem): KeyRing {
  const announced = announcements(keysFolder, fs);
  const processKey = announced.length === 0 ? undefined : readProcessKey(keysFolder, fs);
  if (processKey === undefined) return new Map();
  const ring = ringWith(processKey.publicKeyPem);
  const records = announced.flatMap(({ bytes }) => {
    const decoded = decodeRecord(bytes);
    return decoded.ok && isInLog(decoded.stored.record.seq, bytes, logFolder, fs) ? [decoded] : [];
  });
  for (const { stored, envelope } of records.sort((a, b) => a.stored.record.seq - b.stored.record.seq)) {
    const signer = ring.get(stored.keyId);
    if (signer === undefined || refusedBy(ring, stored.keyId, stored.record) !== undefined) continue;
    if (provenBy(envelope, signer.key) !== undefined) turnRing(ring, stored.record, stored.keyId);
  }
  return ring;
}

/**
 * Lets a person's key sign acknowledgements from here on, and records that. Does nothing where it may already.
 * `by`: whose key it is, and who lets it in; without a signer the log's own key does, which says no more than that somebody on
 * this account wanted it.
 */
export async function trustKey(
  ledger: Ledger,
  keysFolder: string,
  publicKey: string,
  fs = realFileSystem,
  by: { readonly signer?: Signer | undefined; readonly person?: string | undefined } = {},
): Promise<{ ok: true; keyId: string } | { ok: false; problem: LedgerProblem }> {
  const key = readVerifyingKey(publicKey);
  if (key === undefined) {
    return signingProblem(
      'The key offered for acknowledgements is not an Ed25519 public key in PEM, nor an SSH or WebAuthn key of a kind that is known. Create a new one.',
    );
  }
  const known = knownKeys(keysFolder, ledger.folder, fs).get(key.id);
  if (known?.until !== undefined)
    return signingProblem(`The key ${key.id.slice(0, 12)}… was revoked or replaced, and counts no more. Create a new one.`);
  // A weak key is one no more once somebody lets it in who may.
  if (known !== undefined && !(known.weak && by.signer !== undefined)) return { ok: true, keyId: key.id };
  const event = {
    kind: 'key-trusted',
    key: { id: key.id, role: 'person', publicKey: key.text, ...(by.person === undefined ? {} : { person: by.person }) },
  } as const;
  const appended = await ledger.append(event, by.signer);
  if (!appended.ok) return appended;
  return keepKeyRecord(keysFolder, `person-${key.id}`, appended.stored, key.id, fs);
}

/** Keeps the record that says so beside the keys, where it is looked up without reading the log. */
export function keepKeyRecord(
  keysFolder: string,
  name: string,
  stored: StoredRecord,
  keyId: string,
  fs = realFileSystem,
): { ok: true; keyId: string } | { ok: false; problem: LedgerProblem } {
  try {
    keepAnnouncement(join(keysFolder, `${name}.json`), stored, fs);
    return { ok: true, keyId };
  } catch (error) {
    return { ok: false, problem: problemOf(error, keysFolder, 'write') };
  }
}

export type ProcessKey = { readonly signer: Signer; readonly publicKey: KeyObject; readonly publicKeyPem: string };

/** Throws where the file is there but cannot be read as a key. */
export function readProcessKey(keysFolder: string, fs: LedgerFileSystem = realFileSystem): ProcessKey | undefined {
  const pem = readIfThere(fs, join(keysFolder, PROCESS_KEY_FILE));
  if (pem === undefined) return undefined;
  try {
    const privateKey = createPrivateKey(pem);
    const publicKey = readPublicKey(publicPem(privateKey));
    return publicKey && { signer: signerOf(privateKey), publicKey, publicKeyPem: pemOf(publicKey) };
  } catch {
    return undefined;
  }
}

/** Creates the process key, or returns the one another process created in the same moment. */
export async function createProcessKey(keysFolder: string, fs: LedgerFileSystem, disk: DiskCalls): Promise<ProcessKey | undefined> {
  fs.mkdirSync(keysFolder, { recursive: true, mode: 0o700 });
  const temporary = join(keysFolder, `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  await writeNewFile(disk, temporary, Buffer.from(newPersonKey().privateKeyPem));
  // A link is made or refused as a whole: no process can ever see half a key, and only one key wins.
  if (await nameNewFile(disk, temporary, join(keysFolder, PROCESS_KEY_FILE))) await syncNames(disk, keysFolder);
  return readProcessKey(keysFolder, fs);
}

/** What lies in `keysFolder` about person keys, whether or not it counts. */
export function announcements(
  keysFolder: string,
  fs: LedgerFileSystem,
): readonly { readonly file: string; readonly keyId: string; readonly bytes: Uint8Array }[] {
  try {
    return fs.readdirSync(keysFolder).flatMap((file) => {
      const keyId = PERSON_KEY_FILE.exec(file)?.[1];
      return keyId === undefined ? [] : [{ file, keyId, bytes: fs.readFileSync(join(keysFolder, file)) }];
    });
  } catch {
    return [];
  }
}

export function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

/** SHA-256 of its SPKI form, in hexadecimal. */
export function idOfKey(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function isInLog(seq: number, bytes: Uint8Array, logFolder: string, fs: LedgerFileSystem): boolean {
  try {
    return fs.readFileSync(join(logFolder, recordFile(seq))).equals(bytes);
  } catch {
    return false;
  }
}

function keepAnnouncement(path: string, stored: StoredRecord, fs: LedgerFileSystem): void {
  const temporary = join(dirname(path), `.tmp-${process.pid}-${basename(path)}`);
  removeQuietly(fs, temporary);
  writeDurably(fs, temporary, stored.bytes);
  // Replaces what may lie there from a log that is gone; both of two processes enrolling at once have a rightful record.
  fs.renameSync(temporary, path);
  syncFolder(fs, dirname(path));
}

function signingProblem(message: string): { readonly ok: false; readonly problem: LedgerProblem } {
  return { ok: false, problem: { kind: 'signing', message } };
}

function signerOf(privateKey: KeyObject): Signer {
  const publicKey = readPublicKey(publicPem(privateKey));
  if (publicKey === undefined) throw new TypeError('not an Ed25519 private key');
  return { keyId: idOfKey(publicKey), role: 'process', sign: async (bytes) => sign(null, bytes, privateKey) };
}

function publicPem(privateKey: KeyObject): string {
  return pemOf(createPublicKey(privateKey));
}
