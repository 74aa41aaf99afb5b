import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Where a workspace keeps the packs it added. */
export const PACKS_FOLDER = '.countersign/packs';
export const LOCK_FILE = 'packs.lock';
export const SIGNATURE_FILE = 'packs.lock.sig';

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
export function decodeLock(text: string): PackLock | undefined {
  try {
    const raw: unknown = JSON.parse(text);
    if (!isTable(raw) || raw['version'] !== 1 || !isTexts(raw['files']) || !isTexts(raw['sources'])) return undefined;
    const lock: PackLock = { version: 1, files: raw['files'], sources: raw['sources'] };
    return encodeLock(lock) === text ? lock : undefined;
  } catch {
    return undefined;
  }
}

/** Every file below a folder but the lock and its signature. Links and the like are told, not followed. */
export function digestsOf(folder: string): { readonly files: Readonly<Record<string, string>>; readonly odd: readonly string[] } {
  const files: Record<string, string> = {};
  const odd: string[] = [];
  const visit = (below: string): void => {
    for (const name of readdirSync(below).sort()) {
      const path = join(below, name);
      const shown = relative(folder, path).split(sep).join('/');
      const found = lstatSync(path);
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

function inOrder(table: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isTable(value) && Object.values(value).every((each) => typeof each === 'string');
}
