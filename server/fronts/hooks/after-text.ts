import { assertNever } from '../../engine/assert-never.ts';
import { patchedText } from './apply-patch.ts';
import type { CellMode, FileChange, Replacement } from './tool-call.ts';

export type AfterText =
  | { readonly kind: 'text'; readonly text: string }
  /** The tool itself will refuse: nothing will be written. */
  | { readonly kind: 'fails'; readonly why: string }
  /** It may write something that cannot be foreseen here. */
  | { readonly kind: 'unclear'; readonly why: string };

/**
 * The whole text of the file after the change, computed as the agent's own tool does it.
 * @param before the text of the file (of a patch: of its `from`) with its line endings and byte order mark, or undefined when there is none
 */
export function afterText(before: string | undefined, change: FileChange): AfterText {
  switch (change.kind) {
    case 'write':
      return { kind: 'text', text: change.content };
    case 'replace':
      return replaced(before, change.replacements);
    case 'notebook':
      return notebookAfter(before, change.cell, change.source, change.mode);
    case 'patch':
      return before === undefined ? { kind: 'fails', why: 'the file is not there' } : patchedText(before, change.hunks);
    case 'delete':
      return before === undefined ? { kind: 'fails', why: 'the file is not there' } : { kind: 'text', text: '' };
    case 'unknown':
      return { kind: 'unclear', why: 'this tool is not known to Countersign' };
    default:
      return assertNever(change);
  }
}

/** Line endings are made \n for matching and put back afterwards, as the tool does. */
function replaced(before: string | undefined, replacements: readonly Replacement[]): AfterText {
  const crlf = before?.includes('\r\n') ?? false;
  let text = before?.replaceAll('\r\n', '\n');
  for (const replacement of replacements) {
    const next = replaceOne(text, replacement);
    if (next.kind !== 'text') return next;
    text = next.text;
  }
  if (text === undefined) return { kind: 'fails', why: 'there is nothing to replace' };
  return { kind: 'text', text: crlf ? text.replaceAll('\n', '\r\n') : text };
}

function replaceOne(text: string | undefined, { from: given, to, all }: Replacement): AfterText {
  const from = given.replaceAll('\r\n', '\n');
  if (from === '') {
    // The way to create a file. On one that holds something the tool refuses.
    if (text === undefined || text.trim() === '') return { kind: 'text', text: to };
    return { kind: 'fails', why: 'the file is there and not empty' };
  }
  if (text === undefined) return { kind: 'fails', why: 'the file is not there' };
  const actual = text.includes(from) ? from : quoteInsensitive(text, from);
  if (actual === undefined) {
    return looselyThere(text, from)
      ? { kind: 'unclear', why: 'the text to replace is there only with other spaces' }
      : { kind: 'fails', why: 'the text to replace is not in the file' };
  }
  const parts = text.split(actual);
  if (parts.length > 2 && !all) return { kind: 'fails', why: 'the text to replace is there more than once' };
  // Taking a line out takes its line break with it.
  const whole = to === '' && !actual.endsWith('\n') && text.includes(`${actual}\n`) ? text.split(`${actual}\n`) : parts;
  return { kind: 'text', text: all ? whole.join(to) : `${whole[0]}${to}${whole.slice(1).join(actual)}` };
}

/** The tool finds straight quotes where the file has curly ones, and the other way round. Lengths stay, so places do too. */
function quoteInsensitive(text: string, from: string): string | undefined {
  const at = straight(text).indexOf(straight(from));
  return at === -1 ? undefined : text.slice(at, at + from.length);
}

function straight(text: string): string {
  return text.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"');
}

function looselyThere(text: string, from: string): boolean {
  const bare = (value: string): string => straight(value).replace(/\s+/g, '');
  const wanted = bare(from);
  return wanted === '' || bare(text).includes(wanted);
}

function notebookAfter(before: string | undefined, cell: string | number | undefined, source: string, mode: CellMode): AfterText {
  if (before === undefined) return { kind: 'fails', why: 'the notebook is not there' };
  const notebook = parsedNotebook(before);
  if (notebook === undefined) return { kind: 'fails', why: 'the notebook is not valid JSON with cells' };
  const { cells } = notebook;
  const found = typeof cell === 'number' ? cell : cells.findIndex((entry) => entry?.id === cell);
  const at = cell === undefined ? (mode === 'insert' ? -1 : 0) : found === -1 ? numbered(cell) : found;
  if (at === undefined || at >= cells.length) return { kind: 'fails', why: 'the notebook has no such cell' };
  if (mode === 'delete') cells.splice(at, 1);
  else if (mode === 'insert') cells.splice(at + 1, 0, { cell_type: 'code', metadata: {}, outputs: [], source });
  else cells[at] = { ...cells[at], source };
  return { kind: 'text', text: JSON.stringify(notebook, null, 1) };
}

type Notebook = { cells: ({ id?: string; [key: string]: unknown } | null)[] };

function parsedNotebook(text: string): Notebook | undefined {
  try {
    const value: Notebook | null = JSON.parse(text.replace(/^\uFEFF/, ''));
    // The only thing the rest relies on; whatever else a cell holds is copied.
    return Array.isArray(value?.cells) && value.cells.every((cell) => typeof cell === 'object') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** "cell-3" names the fourth cell of a notebook whose cells have no ids. */
function numbered(cell: string | number): number | undefined {
  const match = /^cell-(\d+)$/.exec(String(cell));
  return match ? Number(match[1]) : undefined;
}
