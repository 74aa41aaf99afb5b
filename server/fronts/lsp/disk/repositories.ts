import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Repository } from './repository.ts';

/** The repositories of files, found once for each folder. */
export class Repositories {
  readonly #byRoot = new Map<string, Repository>();
  readonly #roots = new Map<string, string | undefined>();
  readonly #known: (root: string) => string | undefined;

  constructor(known: (root: string) => string | undefined) {
    this.#known = known;
  }

  get all(): Iterable<Repository> {
    return this.#byRoot.values();
  }

  of(file: string): Repository | undefined {
    const root = this.#rootOf(dirname(file));
    if (root === undefined) return undefined;
    const known = this.#byRoot.get(root);
    if (known !== undefined) return known;
    const gitDir = gitDirOf(root);
    if (gitDir === undefined) return undefined;
    const repository = new Repository(root, gitDir, this.#known(root));
    this.#byRoot.set(root, repository);
    return repository;
  }

  /** Repositories come and go while a folder is open. */
  lookAnew(): void {
    this.#roots.clear();
    for (const root of this.#byRoot.keys()) if (gitDirOf(root) === undefined) this.#byRoot.delete(root);
  }

  #rootOf(folder: string): string | undefined {
    if (this.#roots.has(folder)) return this.#roots.get(folder);
    const parent = dirname(folder);
    const root = existsSync(join(folder, '.git')) ? folder : parent === folder ? undefined : this.#rootOf(parent);
    this.#roots.set(folder, root);
    return root;
  }
}

/** Things of files, by the repository that each is in. */
export function byRepository<T extends { readonly repository: Repository | undefined }>(
  all: readonly T[],
): ReadonlyMap<Repository | undefined, readonly T[]> {
  const groups = new Map<Repository | undefined, T[]>();
  for (const one of all) {
    const group = groups.get(one.repository);
    if (group === undefined) groups.set(one.repository, [one]);
    else group.push(one);
  }
  return groups;
}

function gitDirOf(root: string): string | undefined {
  const place = join(root, '.git');
  try {
    if (statSync(place).isDirectory()) return existsSync(join(place, 'HEAD')) ? place : undefined;
    const [, named] = /^gitdir: (.+)$/m.exec(readFileSync(place, 'utf8')) ?? [];
    return named === undefined ? undefined : resolve(root, named.trim());
  } catch {
    return undefined;
  }
}
