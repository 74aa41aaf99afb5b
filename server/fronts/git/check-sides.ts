import type { OrganizationPolicy } from '../../gate/policy.ts';
import { type EffectiveFiles, effectiveFiles } from './effective-files.ts';
import { git, lineOf, type Repository } from './repository.ts';
import { commitOf, type Ends, endsOf, isShallow } from './revisions.ts';
import { uncommittedTree } from './working-tree.ts';

/** `base`, `head`: revisions. Without a head: what is staged, or with `files` what lies on disk. Without a base: the last commit. */
export type CheckRequest = {
  readonly base?: string | undefined;
  readonly head?: string | undefined;
  readonly uncommitted: 'index' | 'files';
  /** Keys that count where the base side has none at all. */
  readonly otherKeys?: ReadonlyMap<string, string> | undefined;
  readonly now: () => Date;
  /** Is a change exactly what Countersign itself installs? Then nobody need acknowledge it. */
  readonly isOwn?: ((change: { readonly path: string; readonly before: string; readonly after: string }) => boolean) | undefined;
  /** For tests: what runs takes the machine's. */
  readonly organization?: OrganizationPolicy | undefined;
};

/** The trees that a change lies between, and what it is compared with. */
export type Sides = {
  readonly repository: Repository;
  readonly ends: Ends;
  readonly head: string;
  readonly after: EffectiveFiles;
  readonly base: EffectiveFiles;
  readonly began: readonly EffectiveFiles[];
  /** What else is merged: content that stands there just so is not this change's. */
  readonly merged: readonly EffectiveFiles[];
  /** Acknowledgements of the base's history do not count again. Not asked of a commit that is only being made. */
  readonly onlyOnce: boolean;
};

/** Finds them. `temporary`: where a tree of what is not committed may be written. */
export function sidesOf(
  repository: Repository,
  request: CheckRequest,
  temporary: string,
): { ok: true; sides: Sides } | { ok: false; problem: string } {
  const last = commitOf(repository, 'HEAD', 'HEAD');
  const base = request.base === undefined ? last : commitOf(repository, '--base', request.base);
  const unborn = request.base === undefined && !last.ok;
  if (!base.ok && !unborn) return base;
  const head = request.head === undefined ? last : commitOf(repository, '--head', request.head);
  if (!head.ok && !unborn) return head;
  let ends: Ends = { base: undefined, bases: [], identity: { roots: [], primary: '' } };
  if (base.ok && head.ok) {
    const found = endsOf(repository, base.commit, head.commit);
    if (!found.ok) return found;
    ends = found.ends;
  }
  let reader = repository;
  let tree = head.ok ? head.commit : '';
  if (request.head === undefined) {
    const written = uncommittedTree(repository, request.uncommitted, temporary);
    if (!written.ok) return written;
    ({ tree, repository: reader } = written);
  }
  const read = (commit: string): EffectiveFiles | undefined => effectiveFiles(reader, commit);
  const after = read(tree);
  const began = ends.bases.map(read);
  const baseFiles = ends.base === undefined ? new Map() : read(ends.base);
  if (after === undefined || baseFiles === undefined || began.some((files) => files === undefined)) {
    return {
      ok: false,
      problem: `git cannot read all commits in ${repository.folder}. ${isShallow(repository) ? 'Fetch it whole: git fetch --unshallow' : 'Run git fsck.'}`,
    };
  }
  const committing = request.base === undefined && request.head === undefined;
  const other = committing ? git(repository, ['rev-parse', '--verify', '--quiet', 'MERGE_HEAD']) : undefined;
  const merged = other?.ok === true ? read(lineOf(other.out)) : undefined;
  return {
    ok: true,
    sides: {
      repository: reader,
      ends,
      head: request.head === undefined ? (request.uncommitted === 'index' ? 'what is staged' : 'the files on disk') : tree,
      after,
      base: baseFiles,
      began: began.length === 0 ? [new Map()] : began.flatMap((files) => files ?? []),
      merged: merged === undefined ? [] : [merged],
      onlyOnce: !committing,
    },
  };
}
