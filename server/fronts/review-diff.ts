import type { HeldEdit } from '../gate/types.ts';
import type { Review } from '../protocol.ts';
import { lineHunks, linesOf, type Hunk } from './line-diff.ts';

type DiffLine = Review['files'][number]['lines'][number];

/** Unchanged lines shown on each side of a change. */
const AROUND = 2;
const LONGEST_SHOWN = 12;

/** The changed lines with two around, at most twelve, the ones that the worst finding points at first. `more`: something is left out. */
export function reviewDiff(edit: HeldEdit): { readonly lines: readonly DiffLine[]; readonly more: boolean } {
  // A file that is not there has no line at all, not one empty line.
  const before = edit.before === '' ? [] : linesOf(edit.before);
  const after = edit.after === '' ? [] : linesOf(edit.after);
  const hunks = lineHunks(before, after);
  const all = withGaps(hunks.map((hunk, index) => linesAround(hunk, hunks[index - 1], hunks[index + 1], before, after)));
  if (all.length <= LONGEST_SHOWN) return { lines: all, more: false };

  const pointedAt = pointedLine(edit);
  const chosen = hunks.find((hunk) => touches(hunk, pointedAt)) ?? hunks[0];
  if (chosen === undefined) return { lines: [], more: false };
  const alone = linesAround(chosen, undefined, undefined, before, after);
  return { lines: alone.length <= LONGEST_SHOWN ? alone : shortened(chosen, pointedAt, before, after), more: true };
}

/** One hunk cut to the longest that is shown, so that both what goes and what comes is seen. */
function shortened(hunk: Hunk, pointedAt: Pointed, before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const lead = contextLines(after, Math.max(0, hunk.afterStart - AROUND), hunk.afterStart);
  const room = LONGEST_SHOWN - lead.length - 2;
  const removedCount = hunk.beforeEnd - hunk.beforeStart;
  const addedCount = hunk.afterEnd - hunk.afterStart;
  const removedRoom = Math.min(removedCount, Math.max(Math.floor(room / 2), room - addedCount));
  const removed = windowOf(before, hunk.beforeStart, hunk.beforeEnd, removedRoom, pointedAt.before, '-');
  const added = windowOf(after, hunk.afterStart, hunk.afterEnd, Math.min(addedCount, room - removedRoom), pointedAt.after, '+');
  return [...lead, ...removed, ...added].slice(0, LONGEST_SHOWN);
}

/** `room` of the lines from `start` to `end`, around the one pointed at; a line with "…" says that some are left out. */
function windowOf(
  lines: readonly string[],
  start: number,
  end: number,
  room: number,
  pointedAt: number | undefined,
  mark: '+' | '-',
): readonly DiffLine[] {
  const wanted = pointedAt !== undefined && pointedAt >= start && pointedAt < end ? pointedAt - Math.floor(room / 2) : start;
  const first = Math.max(start, Math.min(wanted, end - room));
  const shown = lines.slice(first, first + room).map((text, index): DiffLine => ({ mark, number: first + index + 1, text }));
  return room < end - start ? [...shown, GAP] : shown;
}

const GAP: DiffLine = { mark: '…', number: 0, text: '' };

function linesAround(
  hunk: Hunk,
  previous: Hunk | undefined,
  next: Hunk | undefined,
  before: readonly string[],
  after: readonly string[],
): readonly DiffLine[] {
  // Where two changes are close, the lines between them are shown once, by the first.
  const from = Math.max(hunk.afterStart - AROUND, previous === undefined ? 0 : Math.min(previous.afterEnd + AROUND, hunk.afterStart));
  const to = Math.min(hunk.afterEnd + AROUND, next?.afterStart ?? after.length);
  return [
    ...contextLines(after, from, hunk.afterStart),
    ...before.slice(hunk.beforeStart, hunk.beforeEnd).map((text, i): DiffLine => ({ mark: '-', number: hunk.beforeStart + i + 1, text })),
    ...after.slice(hunk.afterStart, hunk.afterEnd).map((text, i): DiffLine => ({ mark: '+', number: hunk.afterStart + i + 1, text })),
    ...contextLines(after, hunk.afterEnd, to),
  ];
}

function contextLines(lines: readonly string[], from: number, to: number): readonly DiffLine[] {
  return lines
    .slice(from, to)
    .map((text, index): DiffLine => ({ mark: '', number: from + index + 1, text }))
    .filter(({ number, text }) => text !== '' || number < lines.length);
}

function withGaps(groups: readonly (readonly DiffLine[])[]): readonly DiffLine[] {
  return groups.flatMap((group, index) => {
    const above = groups[index - 1]?.findLast(({ mark }) => mark !== '-')?.number;
    const first = group.find(({ mark }) => mark !== '-')?.number;
    const apart = above !== undefined && first !== undefined && first > above + 1;
    return apart ? [GAP, ...group] : group;
  });
}

/** Line indexes from 0. */
type Pointed = { readonly before: number | undefined; readonly after: number | undefined };

function pointedLine(edit: HeldEdit): Pointed {
  const ranges = edit.assessment.findings[0]?.ranges ?? [];
  const lineOn = (side: 'before' | 'after'): number | undefined => {
    const place = ranges.find((range) => range.side === side);
    return place === undefined ? undefined : place.start.line - 1;
  };
  return { before: lineOn('before'), after: lineOn('after') };
}

function touches(hunk: Hunk, { before, after }: Pointed): boolean {
  return (
    (after !== undefined && after >= hunk.afterStart && after < hunk.afterEnd) ||
    (before !== undefined && before >= hunk.beforeStart && before < hunk.beforeEnd)
  );
}
