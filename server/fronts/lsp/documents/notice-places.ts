import type { Edit, Finding, Place } from '../../../engine/types.ts';
import type { Hold } from '../../../gate/types.ts';
import { findingsOf } from '../../hold-words.ts';
import { lineHunks, linesOf } from '../../line-diff.ts';
import { statementsOf, type Span } from './statement.ts';

/** Where the finding is in the text after; where something was removed, the place it was removed from. */
export function placeInText(finding: Finding, baseline: string, text: string): Span {
  const after = finding.ranges.find(({ side }) => side === 'after');
  if (after !== undefined) return spanOf(after, text);
  const before = finding.ranges.find(({ side }) => side === 'before');
  return before === undefined ? firstLine(text) : lineSpan(text, mappedLine(before.start.line - 1, baseline, text));
}

/** Where a held suggestion would change the text that is there now. */
export function placeOfSuggestion(edit: Hold['edits'][number], text: string): Span {
  const ranges = findingsOf({ edits: [edit] })[0]?.ranges ?? [];
  const removed = ranges.find(({ side }) => side === 'before');
  if (removed !== undefined && edit.before === text) return spanOf(removed, text);
  const pointed = ranges.find(({ side }) => side === 'after');
  const line = removed === undefined ? insertedAt(edit, pointed) : removed.start.line - 1;
  return lineSpan(text, edit.before === text ? line : mappedLine(line, edit.before, text));
}

/** The line of the text before, from 0, at which the edit adds what `pointed` is in. */
function insertedAt(edit: Pick<Edit, 'before' | 'after'>, pointed: Place | undefined): number {
  const after = linesOf(edit.after);
  const hunks = lineHunks(linesOf(edit.before), after);
  const index = hunks.findIndex(({ afterStart, afterEnd }) => pointed && pointed.start.line > afterStart && pointed.start.line <= afterEnd);
  const hunk = hunks[Math.max(index, 0)];
  if (hunk === undefined) return 0;
  if (pointed === undefined || hunk.beforeStart !== hunk.beforeEnd) return hunk.beforeStart;
  // "{ new }, { old }" can be read as "{ new }, {" put behind the old "{": the statement that was added says where it begins.
  const begins = linesOf(edit.after.slice(0, statementsOf(edit.after)(pointed.start.offset).start)).length - 1;
  const back = hunk.afterStart - begins;
  const slides =
    back > 0 &&
    back <= hunk.beforeStart &&
    Array.from({ length: back }, (_, by) => by + 1).every((by) => after[hunk.afterStart - by] === after[hunk.afterEnd - by]);
  return slides ? hunk.beforeStart - back : hunk.beforeStart;
}

/** The line of `to` that stands where line `line` (from 0) stood in `from`. */
function mappedLine(line: number, from: string, to: string): number {
  let shift = 0;
  for (const hunk of lineHunks(linesOf(from), linesOf(to))) {
    if (hunk.beforeStart > line) break;
    if (line < hunk.beforeEnd || hunk.beforeStart === line) return hunk.afterStart;
    shift = hunk.afterEnd - hunk.beforeEnd;
  }
  return line + shift;
}

export function spanOf({ start, end }: Place, text: string): Span {
  const from = Math.min(start.offset, text.length);
  return { start: from, end: Math.min(Math.max(end.offset, from), text.length) };
}

export function firstLine(text: string): Span {
  return lineSpan(text, 0);
}

/** A line without its indent. */
function lineSpan(text: string, line: number): Span {
  let start = 0;
  for (let at = 0; at < line; at += 1) {
    const next = text.indexOf('\n', start);
    if (next === -1) break;
    start = next + 1;
  }
  const newline = text.indexOf('\n', start);
  const end = newline === -1 ? text.length : newline;
  const indent = /^[ \t]*/.exec(text.slice(start, end))?.[0].length ?? 0;
  return { start: start + indent, end };
}
