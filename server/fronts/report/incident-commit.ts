import { existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { isAbsolute, relative, resolve } from 'node:path';
import type { RecordedFile } from '../../ledger/types.ts';
import { bytesOf } from '../git/objects.ts';
import { git, linesOf, openRepository, type Repository } from '../git/repository.ts';

export type CommitAnswer =
  | {
      readonly kind: 'found';
      readonly id: string;
      readonly when: string;
      readonly subject: string;
      readonly author: string;
      readonly path: string;
    }
  /** A sentence. */
  | { readonly kind: 'none'; readonly why: string };

/** Commits of a file that are looked at, newest first. */
const MOST = 500;

/** The first commit in which one of the files has the bytes of its digest. Asks git; never changes anything, never throws. */
export function commitOf(workspace: string, files: readonly RecordedFile[], env: NodeJS.ProcessEnv): CommitAnswer {
  if (!existsSync(workspace)) return none(`The workspace ${workspace} is not here, so no commit could be looked for.`);
  const opened = openRepository(workspace, env, false);
  if (!opened.ok) return none('The workspace is in no git repository that can be read.');
  for (const { path, after } of files) {
    const found = after === undefined ? undefined : firstWith(opened.repository, workspace, path, after);
    if (found !== undefined) return found;
  }
  if (files.some(({ keyed, after }) => keyed !== undefined && after === undefined))
    return none('Its digest is recorded under a key of the machine that wrote the log: look for the commit there.');
  return none('No commit of this repository has these bytes.');
}

function firstWith(repository: Repository, workspace: string, path: string, digest: string): CommitAnswer | undefined {
  const inside = relative(repository.folder, isAbsolute(path) ? path : resolve(workspace, path)).replaceAll('\\', '/');
  if (inside === '' || inside.startsWith('../')) return undefined;
  const listed = git(repository, [
    'log',
    '--all',
    `--max-count=${MOST}`,
    '--no-renames',
    '--format=%H%x09%cI%x09%an%x09%s',
    '--',
    `:(top,literal)${inside}`,
  ]);
  if (!listed.ok) return undefined;
  const commits = linesOf(listed.out).map((line) => line.split('\t'));
  const blobs = blobsOf(
    repository,
    commits.map(([id = '']) => `${id}:${inside}`),
  );
  const bytes = bytesOf(repository, [...blobs.values()]);
  // Newest first: the last one that matches brought it.
  for (const [id = '', when = '', author = '', ...subject] of commits.toReversed()) {
    const found = bytes.get(blobs.get(`${id}:${inside}`) ?? '');
    if (found !== undefined && isText(found, digest)) return { kind: 'found', id, when, author, subject: subject.join(' '), path };
  }
  return undefined;
}

/** By name ("commit:path"), the blob's own id. */
function blobsOf(repository: Repository, names: readonly string[]): ReadonlyMap<string, string> {
  const answer = git(repository, ['cat-file', '--batch-check'], `${names.join('\n')}\n`);
  const lines = answer.ok ? answer.out.toString('utf8').split('\n') : [];
  return new Map(
    names.flatMap((name, index) => {
      const [id = '', type] = (lines[index] ?? '').split(' ');
      return type === 'blob' ? [[name, id] as const] : [];
    }),
  );
}

/** As it is, without a byte order mark, or with the line ends that git may have taken away. */
function isText(bytes: Buffer, digest: string): boolean {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  return [bytes, text, text.replace(/\r?\n/g, '\r\n')].some((one) => createHash('sha256').update(one).digest('hex') === digest);
}

function none(why: string): CommitAnswer {
  return { kind: 'none', why };
}
