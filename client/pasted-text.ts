import type { Change } from './text-change.ts';

/** What the editor puts on the clipboard beside the text. */
export type CopyNote = {
  /** A whole line was copied with nothing selected: it goes above the line, not at the cursor. */
  readonly wholeLine: boolean;
  /** One text for each cursor it was copied from. */
  readonly parts: readonly string[] | undefined;
};

/**
 * The changes a paste makes: the whole text into every range, or, when there are as many parts as ranges, one into each, as
 * the editor does it. Line ends become those of the document, as the editor makes them.
 */
export function pasteChanges(
  text: string,
  ranges: readonly { readonly offset: number; readonly length: number; readonly lineStart: number }[],
  note: CopyNote,
  lineEnd: '\n' | '\r\n',
  spread: boolean,
): readonly Change[] {
  const parts = note.parts ?? linesOf(text);
  const oneEach = spread && ranges.length > 1 && parts.length === ranges.length;
  const ordered = [...ranges].sort((a, b) => a.offset - b.offset);
  return ordered.map(({ offset, length, lineStart }, index) => ({
    offset: note.wholeLine && length === 0 ? lineStart : offset,
    length,
    text: (oneEach ? (parts[index] ?? text) : text).replace(/\r\n|\r|\n/g, lineEnd),
  }));
}

/** The text with changes applied that are all given in its own places. */
export function withChanges(text: string, changes: readonly Change[]): string {
  return [...changes]
    .sort((a, b) => b.offset - a.offset)
    .reduce((rest, { offset, length, text: inserted }) => rest.slice(0, offset) + inserted + rest.slice(offset + length), text);
}

/** Reads the editor's own note; anything unknown is as if there were none. */
export function readCopyNote(json: string | undefined): CopyNote {
  const none = { wholeLine: false, parts: undefined };
  if (json === undefined || json === '') return none;
  try {
    const note: unknown = JSON.parse(json);
    if (typeof note !== 'object' || note === null) return none;
    const { isFromEmptySelection, multicursorText } = note as { isFromEmptySelection?: unknown; multicursorText?: unknown };
    const parts = Array.isArray(multicursorText) && multicursorText.every((part) => typeof part === 'string') ? multicursorText : undefined;
    return { wholeLine: isFromEmptySelection === true, parts };
  } catch {
    return none;
  }
}

function linesOf(text: string): readonly string[] {
  return text.replace(/(?:\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/);
}
