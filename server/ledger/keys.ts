/**
 * Keys. The process key is a file: it proves "a process on this account" and no more. A person's key is held elsewhere
 * (the editor's secret storage); here lies only its public half, inside the record that announced it.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { decodeRecord, readPublicKey, signatureHolds } from './envelope.ts';
import {
  codeOf,
  type LedgerFileSystem,
  problemOf,
  readIfThere,
  realFileSystem,
  removeQuietly,
  syncFolder,
  writeDurably,
} from './file-system.ts';
import { recordFile } from './record-file.ts';
import type { Ledger, LedgerProblem, Signer, StoredRecord } from './types.ts';

const PROCESS_KEY_FILE = 'process.key';
const PERSON_KEY_FILE = /^person-([0-9a-f]{64})\.json$/;

/** The key's name everywhere: lower-case hex SHA-256 of its SPKI DER. Throws if `publicKeyPem` is no Ed25519 public key. */
export function keyIdOf(publicKeyPem: string): string {
  const key = readPublicKey(publicKeyPem);
  if (key === undefined) throw new TypeError('not an Ed25519 public key in PEM (SPKI)');
  return idOfKey(key);
}

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
 * The person keys whose acknowledgements count: key id → public key (PEM, SPKI). A file in `keysFolder` counts only if it
 * is, byte for byte, a record of the log (by default the folder `log` beside it) that announced the key and was signed by
 * the process key. So a file that is merely put there gains nothing, and nobody is trusted without a trace in the log.
 * Cheap: no more than the keys are read. Never throws; what cannot be read is not trusted.
 */
export function trustedKeys(
  keysFolder: string,
  logFolder = join(dirname(keysFolder), 'log'),
  fs = realFileSystem,
): ReadonlyMap<string, string> {
  const trusted = new Map<string, string>();
  const announced = announcements(keysFolder, fs);
  if (announced.length === 0) return trusted;
  const processKey = readProcessKey(keysFolder, fs);
  if (processKey === undefined) return trusted;
  for (const { bytes } of announced) {
    const key = announcedKey(bytes, processKey.publicKey);
    if (key !== undefined && isInLog(key.seq, bytes, logFolder, fs)) trusted.set(key.id, key.publicKeyPem);
  }
  return trusted;
}

/** Lets a person's key sign acknowledgements from here on, and records that. Does nothing where it may already. */
export async function trustKey(
  ledger: Ledger,
  keysFolder: string,
  publicKeyPem: string,
  fs = realFileSystem,
): Promise<{ ok: true; keyId: string } | { ok: false; problem: LedgerProblem }> {
  const key = readPublicKey(publicKeyPem);
  if (key === undefined) {
    return {
      ok: false,
      problem: { kind: 'signing', message: 'The key offered for acknowledgements is not an Ed25519 public key in PEM. Create a new one.' },
    };
  }
  const keyId = idOfKey(key);
  if (trustedKeys(keysFolder, ledger.folder, fs).has(keyId)) return { ok: true, keyId };
  const event = { kind: 'key-trusted', key: { id: keyId, role: 'person', publicKey: pemOf(key) } } as const;
  const appended = await ledger.append(event);
  if (!appended.ok) return appended;
  try {
    keepAnnouncement(keysFolder, keyId, appended.stored, fs);
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
export function createProcessKey(keysFolder: string, fs: LedgerFileSystem): ProcessKey | undefined {
  fs.mkdirSync(keysFolder, { recursive: true, mode: 0o700 });
  const temporary = join(keysFolder, `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  writeDurably(fs, temporary, Buffer.from(newPersonKey().privateKeyPem));
  try {
    // A link is made or refused as a whole: no process can ever see half a key, and only one key wins.
    fs.linkSync(temporary, join(keysFolder, PROCESS_KEY_FILE));
    syncFolder(fs, keysFolder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    removeQuietly(fs, temporary);
  }
  return readProcessKey(keysFolder, fs);
}

/** Person keys that lie in `keysFolder`, whether or not they count. */
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

export function idOfKey(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function announcedKey(bytes: Uint8Array, processKey: KeyObject): { id: string; publicKeyPem: string; seq: number } | undefined {
  const decoded = decodeRecord(bytes);
  if (!decoded.ok || !signatureHolds(decoded.envelope, processKey)) return undefined;
  const { event, seq } = decoded.stored.record;
  if (event.kind !== 'key-trusted' || event.key?.role !== 'person') return undefined;
  const key = readPublicKey(event.key.publicKey);
  return key !== undefined && idOfKey(key) === event.key.id ? { id: event.key.id, publicKeyPem: event.key.publicKey, seq } : undefined;
}

function isInLog(seq: number, bytes: Uint8Array, logFolder: string, fs: LedgerFileSystem): boolean {
  try {
    return fs.readFileSync(join(logFolder, recordFile(seq))).equals(bytes);
  } catch {
    return false;
  }
}

function keepAnnouncement(keysFolder: string, keyId: string, stored: StoredRecord, fs: LedgerFileSystem): void {
  const path = join(keysFolder, `person-${keyId}.json`);
  const temporary = join(keysFolder, `.tmp-${process.pid}-${basename(path)}`);
  removeQuietly(fs, temporary);
  writeDurably(fs, temporary, stored.bytes);
  // Replaces what may lie there from a log that is gone; both of two processes enrolling at once have a rightful record.
  fs.renameSync(temporary, path);
  syncFolder(fs, keysFolder);
}

function signerOf(privateKey: KeyObject): Signer {
  const publicKey = readPublicKey(publicPem(privateKey));
  if (publicKey === undefined) throw new TypeError('not an Ed25519 private key');
  return { keyId: idOfKey(publicKey), role: 'process', sign: async (bytes) => sign(null, bytes, privateKey) };
}

function publicPem(privateKey: KeyObject): string {
  return pemOf(createPublicKey(privateKey));
}
