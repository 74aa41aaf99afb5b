/** The few shapes that the edit tools of all agents have, whatever they call their fields. */
import { type PatchedFile, readPatch } from './apply-patch.ts';
import { type Fields, isFields, textIn } from './fields.ts';
import type { CellMode, FileChange, Replacement } from './tool-call.ts';

/** What the tool would change; a text says what is wrong with its input; undefined: of no shape known here. */
export type Shape = readonly FileChange[] | string | undefined;

const PATH = [
  'file_path',
  'filePath',
  'path',
  'target_file',
  'targetFile',
  'absolute_path',
  'absolutePath',
  'TargetFile',
  'uri',
  'filename',
] as const;
const FROM = ['old_string', 'oldString', 'old_str', 'oldText', 'old_text'] as const;
const TO = ['new_string', 'newString', 'new_str', 'newText', 'new_text'] as const;
const CONTENT = ['content', 'contents', 'file_text', 'fileText', 'text'] as const;
const ALL = ['replace_all', 'replaceAll', 'allow_multiple', 'allowMultiple'] as const;
const LIST = ['edits', 'replacements', 'changes'] as const;
const PATCH = ['input', 'patch', 'patchText', 'patch_text', 'command', 'diff'] as const;

export function shapeOf(input: Fields): Shape {
  return patchShape(input) ?? notebookShape(input) ?? listShape(input) ?? replaceShape(input, undefined) ?? writeShape(input);
}

function patchShape(input: Fields): Shape {
  const text = PATCH.map((key) => input[key])
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .find((value): value is string => typeof value === 'string' && value.includes('*** Begin Patch'));
  if (text === undefined) return undefined;
  const read = readPatch(text);
  return read.ok ? read.files.flatMap(changesOf) : `has a patch that cannot be read: ${read.cause}`;
}

function changesOf(file: PatchedFile): readonly FileChange[] {
  if (file.kind !== 'hunks') return [file];
  if (file.to === undefined) return [{ kind: 'patch', path: file.path, from: file.path, hunks: file.hunks }];
  return [
    { kind: 'patch', path: file.to, from: file.path, hunks: file.hunks },
    { kind: 'delete', path: file.path },
  ];
}

/** Several replacements, in one file or each with its own. Steps of one file are one change, in their order. */
function listShape(input: Fields): Shape {
  const list = LIST.map((key) => input[key]).find(Array.isArray);
  if (list === undefined) return undefined;
  const byPath = new Map<string, Replacement[]>();
  for (const entry of list) {
    if (!isFields(entry)) return 'has an entry in its list of edits that is not an object';
    const step = replaceShape(entry, textIn(input, ...PATH));
    if (step === undefined) return 'has an entry in its list of edits without an old and a new text';
    if (typeof step === 'string') return step;
    for (const change of step) {
      if (change.kind !== 'replace') continue;
      byPath.set(change.path, [...(byPath.get(change.path) ?? []), ...change.replacements]);
    }
  }
  return [...byPath].map(([path, replacements]) => ({ kind: 'replace', path, replacements }));
}

/** Newer versions take switches as texts too. */
const SWITCH = new Set<unknown>([undefined, null, true, false, 'true', 'false']);

function replaceShape(input: Fields, otherwise: string | undefined): Shape {
  const [from, to] = [first(input, FROM), first(input, TO)];
  if (from === undefined && to === undefined) return undefined;
  if (typeof from !== 'string') return missing(FROM[0], 'a text');
  if (typeof to !== 'string') return missing(TO[0], 'a text');
  const all = first(input, ALL);
  if (!SWITCH.has(all)) return missing(ALL[0], 'true or false');
  const path = pathIn(input, otherwise);
  return path.ok ? [{ kind: 'replace', path: path.text, replacements: [{ from, to, all: all === true || all === 'true' }] }] : path.cause;
}

function writeShape(input: Fields): Shape {
  const content = first(input, CONTENT);
  if (content === undefined) return undefined;
  const path = pathIn(input, undefined);
  if (!path.ok) return path.cause;
  return typeof content === 'string' ? [{ kind: 'write', path: path.text, content }] : missing(CONTENT[0], 'a text');
}

function notebookShape(input: Fields): Shape {
  const path = textIn(input, 'notebook_path', 'notebookPath');
  if (path === undefined) return undefined;
  if (path.includes('\0')) return 'has a NUL character in notebook_path';
  const mode = input['edit_mode'] ?? 'replace';
  if (mode !== 'replace' && mode !== 'insert' && mode !== 'delete') return missing('edit_mode', 'replace, insert or delete');
  const source = input['new_source'] ?? (mode === 'delete' ? '' : undefined);
  if (typeof source !== 'string') return missing('new_source', 'a text');
  const cell = input['cell_id'] ?? input['cell_number'];
  if (cell !== undefined && typeof cell !== 'string' && typeof cell !== 'number') return missing('cell_id', 'a text');
  return [{ kind: 'notebook', path, cell, source, mode: mode satisfies CellMode }];
}

function pathIn(
  input: Fields,
  otherwise: string | undefined,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly cause: string } {
  const text = textIn(input, ...PATH) ?? otherwise;
  if (text === undefined) return { ok: false, cause: missing(PATH[0], 'a path') };
  if (text.includes('\0')) return { ok: false, cause: 'has a NUL character in its path' };
  return { ok: true, text: text.replace(/^file:\/\//, '') };
}

function first(input: Fields, keys: readonly string[]): unknown {
  return keys.map((key) => input[key]).find((value) => value !== undefined);
}

function missing(key: string, what: string): string {
  return `has no ${key} that is ${what}`;
}
