import { execFile } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, posix, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import type { RecordedFile, RecordedRepository, StoredRecord } from '../ledger/types.ts';
import { ACKS_FOLDER } from './ack-file.ts';
import { repositoryDigestKey, sharedFile } from './digest-key.ts';
import { digestOf } from './recorded.ts';
import { writeWhole } from './small-file.ts';
import { systemWords } from '../ledger/system-words.ts';
import type { Hold } from './types.ts';

/** A repository takes part once this folder is there. */
const OWN_FOLDER = '.countersign';

/** Milliseconds for git to name the first commits. */
const LONGEST = 10_000;

export type AckRepository = {
  /** Absolute. */
  readonly root: string;
  readonly identity: RecordedRepository;
};

/**
 * The repository that an acknowledgement of this hold is also kept in: the one around its workspace, when its root has a folder
 * `.countersign` and the hold is about a file in it. A `problem` is a sentence: it takes part, and cannot be named.
 */
export async function repositoryOf(
  hold: Pick<Hold, 'workspace' | 'edits'>,
): Promise<{ readonly ok: true; readonly repository: AckRepository } | { readonly ok: false; readonly problem: string } | undefined> {
  const found = rootAbove(hold.workspace);
  if (found === undefined || !existsSync(join(found.root, OWN_FOLDER))) return undefined;
  const { root, prefix } = found;
  if (hold.edits.every(({ path, command }) => command !== undefined || pathInRepository(prefix, path) === undefined)) return undefined;
  try {
    // As the check reads it: what replaces a commit here alone must not change who the repository is.
    const env = { ...process.env, GIT_NO_REPLACE_OBJECTS: '1' };
    const git = async (...args: string[]) =>
      (await promisify(execFile)('git', args, { cwd: root, env, timeout: LONGEST, maxBuffer: 1_000_000 })).stdout.trim();
    if ((await git('rev-parse', '--is-shallow-repository')) === 'true') {
      return { ok: false, problem: notKept('this clone is shallow, so its first commit is not known. Run git fetch --unshallow first.') };
    }
    const born = await git('rev-parse', '--verify', '--quiet', 'HEAD').then(
      () => true,
      () => false,
    );
    const roots = born ? (await git('rev-list', '--max-parents=0', 'HEAD')).split('\n').sort() : [];
    return { ok: true, repository: { root, identity: { roots, prefix } } };
  } catch (error) {
    return { ok: false, problem: notKept(`git gave no answer (${systemWords(error).split('\n')[0] ?? ''}).`) };
  }
}

/**
 * The files of a record with what whoever has the repository can open: sealed digests of short texts would be nothing to a check
 * that has no key of this machine. Without an answer from git they stay as they are.
 */
export async function sharedFiles(
  files: readonly RecordedFile[],
  { edits }: Pick<Hold, 'edits'>,
  { root, identity }: AckRepository,
): Promise<readonly RecordedFile[]> {
  if (files.every(({ keyed }) => keyed === undefined)) return files;
  try {
    const env = { ...process.env, GIT_NO_REPLACE_OBJECTS: '1' };
    const options = { cwd: root, env, timeout: LONGEST, maxBuffer: 1_000_000, encoding: 'buffer' } as const;
    const bytes: Buffer[] = [];
    for (const id of identity.roots) bytes.push((await promisify(execFile)('git', ['cat-file', 'commit', id], options)).stdout);
    const key = repositoryDigestKey(bytes);
    return files.map((file, index) => {
      const { before = '', after = '' } = edits[index] ?? {};
      return sharedFile(file, { before: digestOf(before), after: digestOf(after) }, key);
    });
  } catch {
    return files;
  }
}

/** Writes the signed record, byte for byte, below its own hash. Gives a sentence for the person. Never throws. */
export function keepInRepository({ root }: AckRepository, stored: StoredRecord): string {
  try {
    const folder = join(root, ACKS_FOLDER);
    mkdirSync(folder, { recursive: true });
    // A link would put it elsewhere than the commit shows.
    if ([OWN_FOLDER, ACKS_FOLDER].some((name) => lstatSync(join(root, name)).isSymbolicLink())) {
      return notKept('it is a symbolic link. Put a folder in its place.');
    }
    writeWhole(join(folder, `${stored.id}.json`), stored.bytes);
    return `Commit ${ACKS_FOLDER}/${stored.id.slice(0, 8)}….json together with the change.`;
  } catch (error) {
    return notKept(systemWords(error));
  }
}

/** The path below the repository's root of a file that a record names; undefined where it is outside. */
export function pathInRepository(prefix: string, path: string): string | undefined {
  if (isAbsolute(path) || path.startsWith('$ ')) return undefined;
  const whole = posix.normalize(posix.join(prefix, path));
  return whole === '..' || whole.startsWith('../') || whole.startsWith('/') ? undefined : whole;
}

function notKept(why: string): string {
  return `The acknowledgement stands in the log, but was not written to ${ACKS_FOLDER}: ${why}`;
}

/** The nearest folder above with a `.git`, and the way from there. */
export function rootAbove(workspace: string): { readonly root: string; readonly prefix: string } | undefined {
  try {
    const start = realpathSync(workspace);
    for (let folder = start; ; folder = dirname(folder)) {
      if (existsSync(join(folder, '.git'))) return { root: folder, prefix: relative(folder, start).split(sep).join('/') };
      if (dirname(folder) === folder) return undefined;
    }
  } catch {
    return undefined;
  }
}
