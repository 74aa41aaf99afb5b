import { spawnSync } from 'node:child_process';

/** One file of one commit: the names of its blobs before and after; undefined where the file was not there. */
export type FileChange = {
  readonly commit: string;
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

export type History = { readonly ok: true; readonly commits: readonly string[] } | { readonly ok: false; readonly problem: string };

/** Bytes that git may answer at once. */
const MOST = 1024 * 1024 * 1024;
/** Bytes. A larger file is no config. */
const LARGEST = 2_000_000;

/** The commits of a range, oldest first, without merges: what they bring in is in the commits they merge. */
export function commitsOf(range: string, folder: string): History {
  // A range that begins with a hyphen would be read as a flag.
  if (range.startsWith('-')) return { ok: false, problem: `"${range}" is no range of commits. Write one such as HEAD~100..HEAD.` };
  const listed = git(['rev-list', '--reverse', '--no-merges', range, '--'], folder);
  if (!listed.ok) return { ok: false, problem: `git does not know the range ${range} in ${folder}: ${listed.problem}` };
  return { ok: true, commits: listed.out.toString('utf8').split('\n').filter(Boolean) };
}

/** The regular files that a commit changed; a renamed one is a change of the file under its new name. */
export function changesOf(commit: string, folder: string): readonly FileChange[] {
  const listed = git(['diff-tree', '-r', '-z', '-M', '--root', '--no-commit-id', '--raw', '--no-abbrev', commit], folder);
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
export function textsOf(names: readonly string[], folder: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const wanted = [...new Set(names)];
  if (wanted.length === 0) return texts;
  const answer = spawnSync('git', ['cat-file', '--batch'], { cwd: folder, input: `${wanted.join('\n')}\n`, maxBuffer: MOST });
  const out = answer.stdout;
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(10, at);
    if (end === -1) break;
    const [name = '', type, size] = out.toString('latin1', at, end).split(' ');
    if (type === 'missing' || size === undefined) {
      at = end + 1;
      continue;
    }
    const bytes = out.subarray(end + 1, end + 1 + Number(size));
    if (type === 'blob' && bytes.length <= LARGEST && !bytes.includes(0)) texts.set(name, bytes.toString('utf8'));
    at = end + 1 + Number(size) + 1;
  }
  return texts;
}

function blob(name: string): string | undefined {
  return /^0+$/.test(name) ? undefined : name;
}

function git(
  args: readonly string[],
  cwd: string,
): { readonly ok: true; readonly out: Buffer } | { readonly ok: false; readonly problem: string } {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd, maxBuffer: MOST });
  if (error !== undefined) return { ok: false, problem: error.message };
  return status === 0 ? { ok: true, out: stdout } : { ok: false, problem: stderr.toString('utf8').split('\n', 1)[0] ?? 'it failed' };
}
