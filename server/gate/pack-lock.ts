import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isTable } from '../engine/is-table.ts';
import { decodeEnvelope, readPublicKey, signatureHolds } from '../ledger/envelope.ts';
import { idOfKey } from '../ledger/keys.ts';

export const LOCK_FILE = 'packs.lock';
export const SIGNATURE_FILE = 'packs.lock.sig';
export const LOCK_PAYLOAD_TYPE = 'application/vnd.countersign.pack-lock+json';

/** What every file of a folder of packs was when it was locked, and where each pack came from. */
export type PackLock = {
  readonly version: 1;
  /** Path below the folder, with forward slashes → lower-case hex SHA-256. */
  readonly files: Readonly<Record<string, string>>;
  /** Folder of a pack → its source: a folder, git url#commit, or npm name@version. */
  readonly sources: Readonly<Record<string, string>>;
};

/** The one way a lock is written: its bytes are what is signed. */
export function encodeLock({ version, files, sources }: PackLock): string {
  return `${JSON.stringify({ version, files: inOrder(files), sources: inOrder(sources) }, null, 2)}\n`;
}

/** Undefined for anything that encodeLock would not have written. */
function decodeLock(text: string): PackLock | undefined {
  try {
    const raw: unknown = JSON.parse(text);
    if (!isTable(raw) || raw['version'] !== 1 || !isTexts(raw['files']) || !isTexts(raw['sources'])) return undefined;
    const lock: PackLock = { version: 1, files: raw['files'], sources: raw['sources'] };
    return encodeLock(lock) === text ? lock : undefined;
  } catch {
    return undefined;
  }
}

/** A folder of packs is small. Anything else, such as a whole workspace, would be read at every question. */
const MOST_ENTRIES = 1000;

/** Every file below a folder but the lock and its signature. Links and the like are told, not followed. Throws with a sentence. */
export function digestsOf(folder: string): { readonly files: Readonly<Record<string, string>>; readonly odd: readonly string[] } {
  const files: Record<string, string> = {};
  const odd: string[] = [];
  let count = 0;
  const visit = (below: string): void => {
    for (const name of readdirSync(below).sort()) {
      const path = join(below, name);
      const shown = relative(folder, path).split(sep).join('/');
      const found = lstatSync(path);
      if (++count > MOST_ENTRIES) throw new Error(`${folder} holds more than ${MOST_ENTRIES} files: name the folder of the packs alone.`);
      if (found.isDirectory()) visit(path);
      else if (!found.isFile()) odd.push(shown);
      else if (shown !== LOCK_FILE && shown !== SIGNATURE_FILE)
        files[shown] = createHash('sha256').update(readFileSync(path)).digest('hex');
    }
  };
  visit(folder);
  return { files, odd };
}

/** What differs between a lock and what lies in the folder; sentences. */
export function lockDifferences(lock: PackLock, folder: string): readonly string[] {
  const { files, odd } = digestsOf(folder);
  return [
    ...Object.keys(lock.files).flatMap((name) => {
      if (files[name] === undefined) return [`${name} is missing.`];
      return files[name] === lock.files[name] ? [] : [`${name} is not what was locked.`];
    }),
    ...Object.keys(files).flatMap((name) => (lock.files[name] === undefined ? [`${name} is not in the lock.`] : [])),
    ...odd.map((name) => `${name} is no regular file.`),
  ];
}

/** The lock of the packs in a folder, or what is wrong with it. */
export function readLock(
  folder: string,
): { readonly ok: true; readonly lock: PackLock; readonly text: string } | { readonly ok: false; readonly problem: string } {
  const file = join(folder, LOCK_FILE);
  if (!existsSync(file)) return { ok: false, problem: `There is no ${file}. Write it: countersign pack lock` };
  const text = readFileSync(file, 'utf8');
  const lock = decodeLock(text);
  return lock === undefined
    ? { ok: false, problem: `${file} is not a lock in the form that is written here. Write it anew: countersign pack lock` }
    : { ok: true, lock, text };
}

/** What is wrong with the signature over a lock; undefined when one of these public keys (PEM) made it. */
export function signatureProblem(folder: string, lockText: string, keys: readonly string[]): string | undefined {
  const file = join(folder, SIGNATURE_FILE);
  if (!existsSync(file)) return `${SIGNATURE_FILE} is missing: the lock is not signed.`;
  const known = keys.flatMap((pem) => readPublicKey(pem) ?? []);
  if (known.length === 0) return 'No readable Ed25519 public key in PEM was given.';
  const envelope = decodeEnvelope(readFileSync(file));
  if (envelope === undefined || envelope.payloadType !== LOCK_PAYLOAD_TYPE) return `${SIGNATURE_FILE} is no signature of a lock.`;
  if (!envelope.payload.equals(Buffer.from(lockText))) return `${SIGNATURE_FILE} signs another lock than this one.`;
  const holds = known.some((key) => envelope.keyId === idOfKey(key) && signatureHolds(envelope, key));
  return holds ? undefined : `${SIGNATURE_FILE} was not made with ${keys.length === 1 ? 'this key' : 'one of these keys'}.`;
}

function inOrder(table: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isTable(value) && Object.values(value).every((each) => typeof each === 'string');
}
