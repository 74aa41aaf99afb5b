import { parsePatch, type StructuredPatch } from 'diff';
import { fileURLToPath } from 'node:url';
import { assertNever } from '../../engine/assert-never.ts';
import { type Hunk, readPatch } from '../hooks/apply-patch.ts';

/** What an agent hands to `propose_edit` and `check_edit`. Checked for its types by whoever took it in, and here for its sense. */
export type ProposedInput = {
  readonly path?: string | undefined;
  readonly content?: string | undefined;
  readonly old_string?: string | undefined;
  readonly new_string?: string | undefined;
  readonly replace_all?: boolean | undefined;
  readonly edits?: readonly ProposedReplacement[] | undefined;
  readonly patch?: string | undefined;
  /** What the person asked for. Only its digest is kept. */
  readonly prompt?: string | undefined;
};

export type ProposedReplacement = {
  readonly old_string: string;
  readonly new_string: string;
  readonly replace_all?: boolean | undefined;
};

/** One file of a proposal; `path` as the agent gave it. */
export type ProposedChange =
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  /** A file that must not be there yet. */
  | { readonly kind: 'create'; readonly path: string; readonly content: string }
  | { readonly kind: 'replace'; readonly path: string; readonly replacements: readonly ProposedReplacement[] }
  /** `path` gets the text of `from` with the hunks carried out. */
  | { readonly kind: 'hunks'; readonly path: string; readonly from: string; readonly hunks: readonly Hunk[] }
  | { readonly kind: 'diff'; readonly path: string; readonly from: string; readonly patch: StructuredPatch }
  | { readonly kind: 'delete'; readonly path: string };

export type Proposal =
  | { readonly ok: true; readonly changes: readonly ProposedChange[]; readonly suggested: string }
  | { readonly ok: false; readonly problem: string };

/** Reads a proposal. The problem is a sentence with its remedy. */
export function readProposal(input: ProposedInput): Proposal {
  const read = readChanges(input);
  if (!read.ok) return read;
  if (read.changes.length === 0) return refuse('The patch changes no file.');
  if (read.changes.length > MOST_FILES) return refuse(`One call may change ${MOST_FILES} files. Propose them in several calls.`);
  const paths = read.changes.flatMap((change) => ('from' in change ? [change.path, change.from] : [change.path]));
  if (paths.some((path) => path === '')) return refuse('A path is empty. Name a file of the workspace.');
  if (paths.some((path) => path.includes('\0'))) return refuse('A path has a NUL character in it. Name a file of the workspace.');
  if (paths.some((path) => path.length > 4096)) return refuse('A path is longer than 4,096 characters. Name a file of the workspace.');
  return { ...read, suggested: suggestedText(input) };
}

const MOST_FILES = 100;

function readChanges(input: ProposedInput): { ok: true; changes: readonly ProposedChange[] } | { ok: false; problem: string } {
  const { content, old_string, new_string, edits, patch } = input;
  const forms = [
    content === undefined ? [] : ['content'],
    old_string === undefined && new_string === undefined ? [] : ['old_string'],
    edits === undefined ? [] : ['edits'],
    patch === undefined ? [] : ['patch'],
  ].flat();
  if (forms.length !== 1) {
    const given = forms.length === 0 ? 'None was given' : `${forms.join(' and ')} were given`;
    return refuse(`Give one of content, old_string with new_string, edits, or patch. ${given}.`);
  }
  const path = input.path === undefined ? undefined : plainPath(input.path);
  if (patch !== undefined) return patchChanges(patch, path);
  if (path === undefined) return refuse('Give "path": the file of the workspace that the edit is for.');
  if (content !== undefined) return { ok: true, changes: [{ kind: 'write', path, content }] };
  if (edits !== undefined) {
    return edits.length === 0 ? refuse('"edits" is empty.') : { ok: true, changes: [{ kind: 'replace', path, replacements: edits }] };
  }
  if (old_string === undefined || new_string === undefined) return refuse('Give both old_string and new_string.');
  return { ok: true, changes: [{ kind: 'replace', path, replacements: [{ old_string, new_string, replace_all: input.replace_all }] }] };
}

function patchChanges(
  text: string,
  path: string | undefined,
): { ok: true; changes: readonly ProposedChange[] } | { ok: false; problem: string } {
  const read = text.includes('*** Begin Patch') ? beginPatch(text) : unifiedDiff(text, path);
  if (!read.ok || path === undefined) return read;
  // A path beside a patch says the same as the patch, or somebody is wrong.
  const [only, ...others] = read.changes;
  if (only === undefined || others.length > 0 || only.path !== path) {
    return refuse(`The patch names ${read.changes.map((change) => change.path).join(', ')}, and "path" is ${path}. Leave "path" out.`);
  }
  return read;
}

function beginPatch(text: string): { ok: true; changes: readonly ProposedChange[] } | { ok: false; problem: string } {
  const read = readPatch(text);
  if (!read.ok) return refuse(`${read.cause}. Start it with "*** Begin Patch" and a line "*** Update File: …".`);
  return {
    ok: true,
    changes: read.files.flatMap((file): ProposedChange[] => {
      switch (file.kind) {
        case 'write':
          return [{ kind: 'create', path: file.path, content: file.content }];
        case 'delete':
          return [file];
        case 'hunks':
          return [
            { kind: 'hunks', path: file.to ?? file.path, from: file.path, hunks: file.hunks },
            ...(file.to === undefined || file.to === file.path ? [] : [{ kind: 'delete', path: file.path } as const]),
          ];
        default:
          return assertNever(file);
      }
    }),
  };
}

/** `path`: the file of a diff that names none. */
function unifiedDiff(
  text: string,
  path: string | undefined,
): { ok: true; changes: readonly ProposedChange[] } | { ok: false; problem: string } {
  let files: readonly StructuredPatch[];
  try {
    files = parsePatch(text.replaceAll('\r\n', '\n'));
  } catch (error) {
    const cause = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return refuse(`The patch cannot be read: ${cause}. Give a whole unified diff, or the whole text as "content".`);
  }
  const changes: ProposedChange[] = [];
  for (const patch of files) {
    const [from, to] = namesIn(patch, path);
    if (patch.hunks.length === 0 && from === to) {
      return refuse('The patch has no hunk. Start each with a line "@@ -1,3 +1,3 @@" and give the lines around the change.');
    }
    if (from === undefined && to === undefined)
      return refuse('The patch names no file. Add the lines "--- a/…" and "+++ b/…", or give "path".');
    if (to === undefined) changes.push({ kind: 'delete', path: from ?? '' });
    else if (from === undefined) changes.push({ kind: 'create', path: to, content: addedText(patch) });
    else changes.push({ kind: 'diff', path: to, from, patch }, ...(from === to ? [] : [{ kind: 'delete', path: from } as const]));
  }
  return changes.length === 0 ? refuse('The patch holds nothing that can be read as a unified diff.') : { ok: true, changes };
}

/** Before and after; undefined where the file is made or removed. git's `a/` and `b/` are no folders. */
function namesIn(patch: StructuredPatch, path: string | undefined): readonly [string | undefined, string | undefined] {
  const [old, fresh] = [nameOf(patch.oldFileName), nameOf(patch.newFileName)];
  if (old === '' && fresh === '') return [path, path];
  const prefixed = (old === NOWHERE || /^[aciow]\//.test(old)) && (fresh === NOWHERE || /^[bciow]\//.test(fresh));
  const plain = (name: string): string | undefined =>
    name === NOWHERE ? undefined : plainPath(prefixed ? name.replace(/^[abciow]\//, '') : name);
  return [plain(old === '' ? fresh : old), plain(fresh === '' ? old : fresh)];
}

const NOWHERE = '/dev/null';

function nameOf(name: string | undefined): string {
  return (name ?? '').replace(/\t.*$/, '').trim();
}

function addedText({ hunks }: StructuredPatch): string {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const open = lines.at(-1)?.startsWith('\\') === true;
  const added = lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
  return added.length === 0 ? '' : `${added.join('\n')}${open ? '' : '\n'}`;
}

function plainPath(path: string): string {
  if (!/^file:\/\//i.test(path)) return path.replace(/^\.\//, '');
  try {
    return fileURLToPath(path);
  } catch {
    return path;
  }
}

function suggestedText({ content, new_string, edits, patch }: ProposedInput): string {
  return patch ?? content ?? new_string ?? (edits ?? []).map((edit) => edit.new_string).join('\n');
}

function refuse(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
