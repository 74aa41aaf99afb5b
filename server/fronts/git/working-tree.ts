import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { git, lineOf, type Repository } from './repository.ts';

/** `index`: what is staged. `files`: what lies on disk, new files too unless they are ignored. */
export type Uncommitted = 'index' | 'files';

/**
 * What a commit would hold now, as a tree. Index and objects are written into `temporary`, a folder of the caller: nothing changes
 * in the repository. The repository that is given back can read the new objects.
 */
export function uncommittedTree(
  repository: Repository,
  what: Uncommitted,
  temporary: string,
): { readonly ok: true; readonly tree: string; readonly repository: Repository } | { readonly ok: false; readonly problem: string } {
  const index = git(repository, ['rev-parse', '--git-path', 'index']);
  const objects = git(repository, ['rev-parse', '--git-path', 'objects']);
  if (!index.ok) return index;
  if (!objects.ok) return objects;
  const [from, to] = [resolve(repository.folder, lineOf(index.out)), join(temporary, 'index')];
  mkdirSync(join(temporary, 'objects'), { recursive: true });
  if (existsSync(from)) copyFileSync(from, to);
  const others = repository.env['GIT_ALTERNATE_OBJECT_DIRECTORIES'];
  const own: Repository = {
    folder: repository.folder,
    env: {
      ...repository.env,
      GIT_INDEX_FILE: to,
      GIT_OBJECT_DIRECTORY: join(temporary, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: [resolve(repository.folder, lineOf(objects.out)), ...(others === undefined ? [] : [others])].join(
        delimiter,
      ),
    },
  };
  if (what === 'files') {
    // What lies outside of a sparse checkout is read too: a commit may hold it. Git before 2.34 knows no such word, and asks for none.
    const sparse = git(own, ['add', '--all', '--sparse', '--', ':/']);
    const added = sparse.ok ? sparse : git(own, ['add', '--all', '--', ':/']);
    if (!added.ok) return { ok: false, problem: `The files in ${repository.folder} cannot be read: ${added.problem}` };
  }
  const written = git(own, ['write-tree']);
  if (written.ok) return { ok: true, tree: lineOf(written.out), repository: own };
  return {
    ok: false,
    problem: `What is staged cannot be read as a commit: ${written.problem} If a merge is under way, resolve it and stage the result.`,
  };
}
