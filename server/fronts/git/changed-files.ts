import { assertNever } from '../../engine/assert-never.ts';
import { isAckFile } from '../../gate/ack-file.ts';
import { type Content, type EffectiveFiles, sameContent } from './effective-files.ts';
import { type BlobText, shownPath, textsOf } from './objects.ts';
import type { Repository } from './repository.ts';

/** One path that differs between the two ends. */
export type ChangedFile = {
  readonly path: string;
  readonly before: Content | undefined;
  readonly after: Content | undefined;
};

/** The same with what is in it. */
export type ReadChange = {
  readonly path: string;
  /** '' where it was not there, or was no text: then everything after is new. */
  readonly before: string;
  readonly after: string;
  /** Why what is there now cannot be judged: the end of a sentence that begins with the path. */
  readonly unread?: string | undefined;
  /** Where a link leads whose file is judged in its place. */
  readonly through?: string | undefined;
};

/** Files read at once. */
const CHUNK = 200;

/**
 * What a change brings: paths whose content differs from where it began, but for those that the base (or another side that is being
 * merged) has in the very same form already. A renamed file is one that goes and one that comes: what it opens is new in that place.
 */
export function changedFiles(began: EffectiveFiles, now: EffectiveFiles, others: readonly EffectiveFiles[]): readonly ChangedFile[] {
  return [...new Set([...began.keys(), ...now.keys()])]
    .filter((path) => !sameContent(began.get(path), now.get(path)))
    .filter((path) => !others.some((other) => sameContent(other.get(path), now.get(path))))
    .filter((path) => !(isAckFile(path) && isPlain(now.get(path))))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((path) => ({ path, before: began.get(path), after: now.get(path) }));
}

export function* readChanges(repository: Repository, changes: readonly ChangedFile[]): Generator<ReadChange> {
  for (let at = 0; at < changes.length; at += CHUNK) {
    const some = changes.slice(at, at + CHUNK);
    const texts = textsOf(
      repository,
      some.flatMap(({ before, after }) => [before, after].flatMap((side) => (side?.kind === 'file' ? [side.id] : []))),
    );
    for (const change of some) yield withTexts(change, texts);
  }
}

function withTexts({ path, before, after }: ChangedFile, texts: ReadonlyMap<string, BlobText>): ReadChange {
  const old = before?.kind === 'file' ? texts.get(before.id) : undefined;
  const read = { path: shownPath(path), before: old?.kind === 'text' ? old.text : '', after: '' };
  if (path !== read.path) return { ...read, unread: 'has a name that is no valid text (UTF-8). Rename it.' };
  if (after === undefined) return read;
  switch (after.kind) {
    case 'submodule':
      return {
        ...read,
        unread: `is a submodule, now at ${after.commit.slice(0, 10)}: what is in it is not read here. Check it in its own repository.`,
      };
    case 'link':
      return after.leads === 'folder'
        ? read
        : { ...read, unread: `is a symbolic link to ${after.to}, which is not in this repository. Put the file itself there.` };
    case 'file': {
      const through = after.through === undefined ? {} : { through: after.through };
      const now = texts.get(after.id) ?? { kind: 'no-text', why: 'missing' };
      if (now.kind === 'text') return { ...read, ...through, after: now.text };
      return { ...read, ...through, unread: now.kind === 'pointer' ? POINTER : NO_TEXT[now.why] };
    }
    default:
      return assertNever(after);
  }
}

const POINTER = 'is kept by Git LFS, so its text is not in the repository. Take it out of .gitattributes and commit the file itself.';

const NO_TEXT = {
  binary: 'is no text in UTF-8, so it cannot be read. Save it as UTF-8.',
  large: 'is larger than 8 MB, so it is not read. Split it.',
  missing: 'is not in this clone, so it cannot be read. Fetch it whole: git fetch --refetch',
} as const;

function isPlain(content: Content | undefined): boolean {
  return content === undefined || (content.kind === 'file' && content.through === undefined);
}
