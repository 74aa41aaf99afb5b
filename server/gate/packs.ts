import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pack } from '../engine/rules/pack.ts';
import type { ParsedPack } from '../engine/rules/parse-pack.ts';
import { digestsOf, LOCK_FILE, type PackLock, readLock, signatureProblem } from './pack-lock.ts';

/** The packs beside the built-in ones, and what kept others from being loaded. */
export type LoadedPacks = {
  /** The same list, as long as the same bytes lie there: whoever prepares them need do it once. */
  readonly packs: readonly Pack[];
  /** Of each pack, the folder it came from. */
  readonly origins: readonly string[];
  /** Folders that were looked at, absolute. */
  readonly folders: readonly string[];
  /** Sentences with file, line and remedy. While there is one, some rules are not asked: the gate closes on watched paths. */
  readonly problems: readonly string[];
  /** Lower-case hex SHA-256 over every pack's bytes; '' without packs. */
  readonly digest: string;
};

/** A folder of packs with its lock, and what it must be like. */
export type PackFolder = {
  /** Absolute. */
  readonly folder: string;
  /** Public keys (PEM), one of which must have signed the lock; none: it need not be signed. */
  readonly keys: readonly string[];
  /** The lock itself must have this SHA-256 (hex). */
  readonly lock?: string | undefined;
  /** A pack of this name must be in it. */
  readonly name?: string | undefined;
  /** Where a policy asks for it: "file, line 3, column 5". Without it nobody does, and it may be missing. */
  readonly place?: string | undefined;
  /** Why this entry of a policy cannot be followed at all; a sentence. */
  readonly problem?: string | undefined;
};

const NO_PACKS: LoadedPacks = { packs: [], origins: [], folders: [], problems: [], digest: '' };

/**
 * Loads packs from these folders (organization, user, workspace): only what is locked and, where keys are given, signed.
 * A pack that cannot be read is a problem and takes no other down. A rule's id that was there before counts no second time,
 * so that no later folder replaces a rule of an earlier one.
 */
export function loadPacks(wanted: readonly PackFolder[]): LoadedPacks {
  const byFolder = new Map<string, PackFolder[]>();
  for (const one of wanted) {
    if (one.place === undefined && !holdsSomething(one.folder)) continue;
    byFolder.set(one.folder, [...(byFolder.get(one.folder) ?? []), one]);
  }
  if (byFolder.size === 0) return NO_PACKS;
  const loaded = [...byFolder].map(([folder, asked]) => loadFolder(folder, asked));
  const files = loaded.flatMap((one) => one.files);
  const digest = files.length === 0 ? '' : sha256(files.map((one) => one.digest).join('\n'));
  return {
    packs: sameList(
      digest,
      files.map(({ pack }) => pack),
    ),
    origins: loaded.flatMap((one) => one.files.map(() => one.folder)),
    folders: [...byFolder.keys()],
    problems: loaded.flatMap(({ problems }) => problems),
    digest,
  };
}

type LoadedFile = { readonly pack: Pack; readonly digest: string };
type LoadedFolder = { readonly folder: string; readonly files: readonly LoadedFile[]; readonly problems: readonly string[] };

function loadFolder(folder: string, asked: readonly PackFolder[]): LoadedFolder {
  const place = asked.find((one) => one.place !== undefined)?.place;
  const at = place === undefined ? '' : `${place}: `;
  const refused = (why: string): LoadedFolder => ({
    folder,
    files: [],
    problems: [`${at}${at === '' ? 'The' : 'the'} packs in ${folder} are not loaded: ${why}`],
  });
  const broken = asked.find(({ problem }) => problem !== undefined)?.problem;
  if (broken !== undefined) return refused(broken);
  if (!existsSync(folder)) return refused('there is no such folder. Add the pack (countersign pack add), or remove this entry.');
  try {
    const read = readLock(folder);
    if (!read.ok) return refused(read.problem);
    const unsigned = notTrusted(folder, read.text, asked);
    if (unsigned !== undefined) return refused(unsigned);
    const loaded = loadLocked(folder, read.lock);
    const missing = asked.flatMap(({ name, place: where }) =>
      name === undefined || loaded.files.some(({ pack }) => pack.pack === name)
        ? []
        : [`${where ?? folder}: there is no usable pack “${name}” in ${folder}. Add it (countersign pack add), or remove this entry.`],
    );
    return { folder, files: loaded.files, problems: [...loaded.problems, ...missing] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return refused(error instanceof Error && 'code' in error ? `${message}. Make it readable.` : message);
  }
}

/** Every policy that asks for a folder must be satisfied: a second one cannot drop the keys of the first. */
function notTrusted(folder: string, lockText: string, asked: readonly PackFolder[]): string | undefined {
  for (const { keys, lock } of asked) {
    if (lock !== undefined && sha256(lockText) !== lock)
      return `${LOCK_FILE} is not the one the policy names (its SHA-256 is ${sha256(lockText)}). Look at the change, then write this digest into the policy.`;
    const problem = keys.length === 0 ? undefined : signatureProblem(folder, lockText, keys);
    if (problem !== undefined) return `${problem} Let its owner look at the change and sign it: countersign pack sign`;
  }
  return undefined;
}

/** What is locked is loaded; what is not, or is no longer what was locked, is told and left out. */
function loadLocked(folder: string, lock: PackLock): { readonly files: readonly LoadedFile[]; readonly problems: readonly string[] } {
  // Loaded by need: most workspaces have no packs of their own, and reading YAML costs time.
  const { parsePack }: typeof import('../engine/rules/parse-pack.ts') = require('../engine/rules/parse-pack.ts');
  const { files: there, odd } = digestsOf(folder);
  const changed: string[] = [];
  const problems: string[] = [];
  const files: LoadedFile[] = [];
  for (const [name, digest] of Object.entries(lock.files)) {
    if (there[name] === undefined) changed.push(`${name} is missing.`);
    else if (there[name] !== digest) changed.push(`${name} is not what was locked.`);
    else if (/\.(ya?ml|json)$/.test(name) && !/(^|\/)package(-lock)?\.json$/.test(name)) {
      const file = join(folder, name);
      const bytes = readFileSync(file);
      if (createHash('sha256').update(bytes).digest('hex') !== digest) {
        changed.push(`${name} is not what was locked.`);
        continue;
      }
      const parsed = parsedOnce(file, digest, () => parsePack(file, bytes.toString('utf8')));
      if (parsed.ok) files.push({ pack: parsed.pack, digest });
      else problems.push(...parsed.problems.slice(0, 3).map(({ line, message }) => `${file}, line ${line}: ${message} ${NOT_ASKED}`));
    }
  }
  changed.push(...Object.keys(there).flatMap((name) => (lock.files[name] === undefined ? [`${name} is not in the lock.`] : [])));
  changed.push(...odd.map((name) => `${name} is no regular file.`));
  if (changed.length > 0) {
    const all = files.length === 0 ? '' : 'all ';
    problems.unshift(
      `The packs in ${folder} are not ${all}loaded: ${changed.slice(0, 3).join(' ')} Look at the change, then: countersign pack lock`,
    );
  }
  return { files, problems };
}

const NOT_ASKED = 'Its rules are not asked until then.';

/** Bytes that were read before say the same. */
function parsedOnce(file: string, digest: string, parse: () => ParsedPack): ParsedPack {
  const key = `${digest} ${file}`;
  const found = parsed.get(key) ?? parse();
  if (parsed.size >= MOST) parsed.clear();
  parsed.set(key, found);
  return found;
}

const MOST = 200;
const parsed = new Map<string, ParsedPack>();
const lists = new Map<string, readonly Pack[]>();

function sameList(digest: string, packs: readonly Pack[]): readonly Pack[] {
  const known = lists.get(digest);
  if (known !== undefined && known.length === packs.length && known.every((pack, index) => pack === packs[index])) return known;
  if (lists.size >= MOST) lists.clear();
  lists.set(digest, packs);
  return packs;
}

function holdsSomething(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch (error) {
    // A folder that is there and cannot be read is told when it is loaded.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
