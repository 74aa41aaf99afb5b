import { isAbsolute } from 'node:path';
import { isWithin, judgedPath, locate, type Located } from '../hooks/locate.ts';
import { changedText } from './changed-text.ts';
import type { ProposedChange } from './proposal.ts';
import { LARGEST_FILE, type Snapshot, snapshotOf } from './snapshot.ts';

/** Where edits may go. All absolute. */
export type Place = {
  /** At least one; a relative path belongs to the first. */
  readonly workspaces: readonly string[];
  readonly home: string;
  /** Folders nobody but Countersign writes into: its state, and the program itself. */
  readonly own: readonly string[];
  /** The text that an editor shows of a file, where it is open; without a byte order mark. */
  readonly shown?: ((file: string) => string | undefined) | undefined;
};

export type PlannedFile = {
  /** As an edit names it: relative to the workspace. */
  readonly path: string;
  /** Absolute, links followed. */
  readonly file: string;
  readonly before: string;
  /** undefined: the file is removed. */
  readonly after: string | undefined;
  readonly found: Snapshot;
};

export type Plan =
  | { readonly ok: true; readonly workspace: string; readonly files: readonly PlannedFile[] }
  /** `place`: the proposal wants to write where it may not, which is worth recording. */
  | { readonly ok: false; readonly problem: string; readonly place?: { readonly workspace: string; readonly paths: readonly string[] } };

/** What each file would be afterwards; or, in sentences, why the proposal cannot be carried out. Reads, and writes nothing. */
export function planProposal(changes: readonly ProposedChange[], place: Place): Plan {
  const files: PlannedFile[] = [];
  const [first = ''] = place.workspaces;
  let workspace: string | undefined;
  for (const change of changes) {
    const target = placeOf(change.path, place);
    if (!target.ok) return { ok: false, problem: target.problem, place: { workspace: workspace ?? first, paths: [change.path] } };
    if (workspace !== undefined && workspace !== target.workspace) {
      return { ok: false, problem: 'The patch reaches over two workspaces. Propose the files of each by themselves.' };
    }
    workspace = target.workspace;
    const path = judgedPath(target.located);
    const { file } = target.located;
    if (files.some((other) => other.file === file)) return { ok: false, problem: `${path} is changed twice. Put both changes into one.` };
    const found = snapshotOf(file);
    if (!found.ok) return { ok: false, problem: `${path} ${found.problem}`, place: { workspace, paths: [path] } };
    const before = textOf(file, found.snapshot, place);
    const source = sourceOf(change, before, place);
    if (!source.ok) return source;
    if (before !== undefined && 'from' in change && change.from !== change.path) {
      return { ok: false, problem: `${path} is there already, and the patch would move another file over it. Choose another name.` };
    }
    const changed = changedText(source.text, change);
    if (!changed.ok)
      return {
        ok: false,
        problem: `The edit of ${path} cannot be carried out: ${changed.problem}. Read the file again and use its exact text.`,
      };
    if ((changed.text?.length ?? 0) > LARGEST_FILE)
      return { ok: false, problem: `${path} would be larger than 32 MB. Make the edit in smaller files.` };
    files.push({ path, file, before: before ?? '', after: changed.text, found: found.snapshot });
  }
  return { ok: true, workspace: workspace ?? first, files };
}

/** The text that a patch is carried out on: that of another file when it moves one. */
function sourceOf(
  change: ProposedChange,
  before: string | undefined,
  place: Place,
): { readonly ok: true; readonly text: string | undefined } | { readonly ok: false; readonly problem: string } {
  if (!('from' in change) || change.from === change.path) return { ok: true, text: before };
  const source = placeOf(change.from, place);
  if (!source.ok) return source;
  const found = snapshotOf(source.located.file);
  return found.ok
    ? { ok: true, text: textOf(source.located.file, found.snapshot, place) }
    : { ok: false, problem: `${change.from} ${found.problem}` };
}

function textOf(file: string, snapshot: Snapshot, { shown }: Place): string | undefined {
  return (
    shown?.(file) ?? (snapshot.kind === 'file' ? (shown === undefined ? snapshot.text : snapshot.text.replace(/^\uFEFF/, '')) : undefined)
  );
}

function placeOf(
  path: string,
  { workspaces, home, own }: Place,
): { readonly ok: true; readonly workspace: string; readonly located: Located } | { readonly ok: false; readonly problem: string } {
  const [first = ''] = workspaces;
  const all = workspaces.map((workspace) => ({ workspace, located: locate(path, { workspace, cwd: first, home }) }));
  const closed = all.find(({ located }) => own.some((folder) => isWithin(folder, located.file)));
  if (closed !== undefined) {
    return { ok: false, problem: `${path} belongs to Countersign itself. No agent writes there.` };
  }
  const [inside] = all.filter(({ located }) => !isAbsolute(located.path)).toSorted((a, b) => a.located.path.length - b.located.path.length);
  if (inside !== undefined && GIT.test(inside.located.path)) {
    return { ok: false, problem: `${path} belongs to git, which alone writes there. Use a git command.` };
  }
  if (inside !== undefined) return { ok: true, ...inside };
  const link = all.some(({ located }) => !isAbsolute(located.named));
  const why = link ? 'leads out of the workspace through a symbolic link' : 'is outside of the workspace';
  return { ok: false, problem: `${path} ${why} (${first}). Name a file of the workspace, or let a person make this edit.` };
}

/** Hooks and settings of git run programs. */
const GIT = /(^|\/)\.git(\/|$)/i;
