import { blobsIn } from '../git/objects.ts';
import { git, linesOf, type Repository } from '../git/repository.ts';

/** One file of one commit: the names of its blobs before and after; undefined where the file was not there. */
export type FileChange = {
  readonly commit: string;
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

export type History = { readonly ok: true; readonly commits: readonly string[] } | { readonly ok: false; readonly problem: string };

/** Bytes. A larger file is no config. */
const LARGEST = 2_000_000;

/** The commits of a range, oldest first, without merges: what they bring in is in the commits they merge. */
export function commitsOf(range: string, repository: Repository): History {
  // A range that begins with a hyphen would be read as a flag.
  if (range.startsWith('-')) return { ok: false, problem: `"${range}" is no range of commits. Write one such as HEAD~100..HEAD.` };
  const listed = git(repository, ['rev-list', '--reverse', '--no-merges', range, '--']);
  if (!listed.ok) return { ok: false, problem: unknownRange(range, repository, listed.problem) };
  return { ok: true, commits: linesOf(listed.out) };
}

function unknownRange(range: string, repository: Repository, why: string): string {
  if (!git(repository, ['rev-parse', '--git-dir']).ok)
    return `${repository.folder} is in no git repository. Run this in one, or name it: --repo DIR`;
  const first = git(repository, ['rev-list', '--count', 'HEAD']);
  const long = first.ok ? ` Up to HEAD there are ${first.out.toString('utf8').trim()} commits; HEAD alone takes all of them.` : '';
  return `git does not know the range ${range} in ${repository.folder}: ${why.replace(/\.$/, '')}. Check the names.${long}`;
}

/** The regular files that a commit changed; a renamed one is a change of the file under its new name. */
export function changesOf(commit: string, repository: Repository): readonly FileChange[] {
  const listed = git(repository, ['diff-tree', '-r', '-z', '-M', '--root', '--no-commit-id', '--raw', '--no-abbrev', commit]);
  if (!listed.ok) return [];
  const parts = listed.out.toString('utf8').split('\0');
  const changes: FileChange[] = [];
  for (let i = 0; i < parts.length; ) {
    const head = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(parts[i] ?? '');
    if (head === null) break;
    const [, oldMode, newMode, before = '', after = '', status] = head;
    const moved = status === 'R' || status === 'C';
    const path = parts[i + (moved ? 2 : 1)] ?? '';
    i += moved ? 3 : 2;
    const regular = [oldMode, newMode].every((mode) => mode === '000000' || mode?.startsWith('100') === true);
    if (regular && path !== '') changes.push({ commit, path, before: blob(before), after: blob(after) });
  }
  return changes;
}

/** The texts of blobs, by name. Those that are too large or no text are left out. */
export function textsOf(names: readonly string[], repository: Repository): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const wanted = [...new Set(names)];
  if (wanted.length === 0) return texts;
  const answer = git(repository, ['cat-file', '--batch'], `${wanted.join('\n')}\n`);
  for (const [name, bytes] of answer.ok ? blobsIn(answer.out) : []) {
    if (bytes.length <= LARGEST && !bytes.includes(0)) texts.set(name, bytes.toString('utf8'));
  }
  return texts;
}

function blob(name: string): string | undefined {
  return /^0+$/.test(name) ? undefined : name;
}
