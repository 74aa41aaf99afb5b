import type { RepositoryIdentity } from '../../gate/repository-cover.ts';
import { git, lineOf, linesOf, type Repository } from './repository.ts';

/** The two ends of a change. */
export type Ends = {
  /** The commit that policy and keys are read from; undefined before the first commit. */
  readonly base: string | undefined;
  /** What the change begins with: the newest commits that both sides have. More than one after a criss-cross merge. */
  readonly bases: readonly string[];
  readonly identity: RepositoryIdentity;
};

type Found<Value> = ({ readonly ok: true } & Value) | { readonly ok: false; readonly problem: string };

/** The commit that a name stands for. */
export function commitOf(repository: Repository, flag: string, name: string): Found<{ readonly commit: string }> {
  // A name that begins with a hyphen would be read as a flag.
  if (name === '' || name.startsWith('-'))
    return { ok: false, problem: `${flag}: "${name}" is no revision. Name a branch, tag or commit.` };
  if (/^0{40,}$/.test(name)) {
    return { ok: false, problem: `${flag} is all zeros: there was no commit before. Name the branch that this is to be merged into.` };
  }
  const found = git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
  if (found.ok) return { ok: true, commit: lineOf(found.out) };
  const remedy = isShallow(repository) ? SHALLOW : 'Check the name, or fetch it: git fetch origin';
  return { ok: false, problem: `${flag}: git knows no commit "${name}" in ${repository.folder}. ${remedy}` };
}

/** What lies between: the common commits, and which repository this is. A clone without its history cannot tell either. */
export function endsOf(repository: Repository, base: string, head: string): Found<{ readonly ends: Ends }> {
  if (isShallow(repository)) return { ok: false, problem: `${repository.folder} is a shallow clone: its history is cut off. ${SHALLOW}` };
  const common = git(repository, ['merge-base', '--all', base, head]);
  const bases = common.ok ? linesOf(common.out) : [];
  if (bases.length === 0) {
    return {
      ok: false,
      problem: `${short(base)} and ${short(head)} have no commit in common, so there is no change to check. Name the branch that this began from.`,
    };
  }
  const roots = git(repository, ['rev-list', '--max-parents=0', base, head]);
  const primary = git(repository, ['rev-list', '--first-parent', '--max-parents=0', base]);
  if (!roots.ok) return roots;
  if (!primary.ok) return primary;
  return { ok: true, ends: { base, bases, identity: { roots: linesOf(roots.out), primary: lineOf(primary.out) } } };
}

/** Was there ever such a file in the history of this commit? */
export function wasThere(repository: Repository, commit: string, path: string): boolean {
  const found = git(repository, ['rev-list', '--full-history', '-1', commit, '--', `:(top,literal)${path}`]);
  return !found.ok || lineOf(found.out) !== '';
}

export function isShallow(repository: Repository): boolean {
  const said = git(repository, ['rev-parse', '--is-shallow-repository']);
  return said.ok && lineOf(said.out) === 'true';
}

export function short(commit: string): string {
  return commit.slice(0, 10);
}

const SHALLOW = 'Fetch it whole: git fetch --unshallow, or "fetch-depth: 0" of actions/checkout, or GIT_DEPTH: "0" in GitLab.';
