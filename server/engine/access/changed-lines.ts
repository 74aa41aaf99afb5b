import { type ChangeObject, diffArrays } from 'diff';
import { changedPart } from '../read/changed-part.ts';

/** Line numbers from 1. */
export type ChangedLines = {
  /** Lines of after that are new or different. */
  readonly after: ReadonlySet<number>;
  /** Lines of before that are gone or different. */
  readonly before: ReadonlySet<number>;
  /** Lines of after that stand where something was only taken away. */
  readonly beside: ReadonlySet<number>;
};

/** Which lines an edit changed; indentation and the end of line do not count. */
export function changedLines(before: string, after: string): ChangedLines {
  return amongThese(aroundChange(before, after) ?? everyLine(before, after));
}

/** Lines of both texts behind `first` lines that are the same; the text after has no more than `last` lines. */
type Lines = { readonly first: number; readonly last: number; readonly old: readonly string[]; readonly now: readonly string[] };

function everyLine(before: string, after: string): Lines {
  const now = linesOf(after);
  return { first: 0, last: now.length, old: linesOf(before), now };
}

/** The lines that hold what was changed, since those around them are the same. Undefined where the answer may hang on these. */
function aroundChange(before: string, after: string): Lines | undefined {
  if (before.includes('\r') || after.includes('\r')) return undefined;
  const { start: from, end: to } = changedPart(before, after).before;
  const start = from === 0 ? 0 : before.lastIndexOf('\n', from - 1) + 1;
  const end = before.indexOf('\n', to);
  if (end === -1) return undefined;
  const old = linesOf(before.slice(start, end));
  const now = linesOf(after.slice(start, end + after.length - before.length));
  const { head, tail } = sameEnds(old, now);
  // Where nothing is left of one of them, the lines around could be the same as well.
  if (head + tail >= Math.min(old.length, now.length)) return undefined;
  // At least one line follows.
  return { first: newlines(before, start), last: Number.POSITIVE_INFINITY, old, now };
}

function amongThese({ first, last, old, now }: Lines): ChangedLines {
  const { head, tail } = sameEnds(old, now);
  const oldMiddle = old.slice(head, old.length - tail);
  const nowMiddle = now.slice(head, now.length - tail);
  const gone = new Set<number>();
  const fresh = new Set<number>();
  const beside = new Set<number>();
  let oldLine = first + head + 1;
  let nowLine = oldLine;
  const parts = differences(oldMiddle, nowMiddle);
  // Too different for an exact answer: lines that the other text does not have, or not as often.
  if (parts === undefined) {
    for (const at of unmatched(nowMiddle, oldMiddle)) fresh.add(nowLine + at);
    for (const at of unmatched(oldMiddle, nowMiddle)) gone.add(oldLine + at);
    return { after: fresh, before: gone, beside };
  }
  for (const { removed, added, value } of parts) {
    if (removed) {
      for (let i = 0; i < value.length; i++) gone.add(oldLine + i);
      for (const line of [nowLine - 1, nowLine]) if (line >= 1 && line <= last) beside.add(line);
      oldLine += value.length;
    } else if (added) {
      for (let i = 0; i < value.length; i++) fresh.add(nowLine + i);
      nowLine += value.length;
    } else {
      oldLine += value.length;
      nowLine += value.length;
    }
  }
  return { after: fresh, before: gone, beside };
}

type Part = Pick<ChangeObject<readonly string[]>, 'removed' | 'added' | 'value'>;

/** Undefined where they are too different. */
function differences(old: string[], now: string[]): readonly Part[] | undefined {
  // Of lines that have none in common, all were replaced: the usual edit of one line.
  if (old.length <= FEW && now.length <= FEW && !old.some((line) => now.includes(line))) {
    const removed: Part = { removed: true, added: false, value: old };
    const added: Part = { removed: false, added: true, value: now };
    return [removed, added].filter(({ value }) => value.length > 0);
  }
  return diffArrays(old, now, { maxEditLength: MOST_EDITS });
}

const FEW = 10;
const MOST_EDITS = 200;

/** How many lines at the start, and at the end beyond those, are the same. */
function sameEnds(old: readonly string[], now: readonly string[]): { readonly head: number; readonly tail: number } {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  return { head, tail };
}

/** Where lines stand that the other text has not, or has fewer of. */
function unmatched(lines: readonly string[], others: readonly string[]): readonly number[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.flatMap((line, i) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count > 0 ? [] : [i];
  });
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/).map((line) => line.trim());
}

/** Before this offset. */
function newlines(text: string, until: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < until; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
