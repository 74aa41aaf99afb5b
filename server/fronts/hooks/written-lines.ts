import type { LineRange } from '../../gate/recorded.ts';
import type { FileChange } from './tool-call.ts';

/**
 * Which lines of the text that is on disk now this change wrote, from 1, both ends included. What stands in the text several
 * times is looked for from above, once for each piece. Empty where nothing of it is there any more.
 */
export function writtenLines(change: FileChange | undefined, after: string): readonly LineRange[] {
  const text = after.replaceAll('\r\n', '\n');
  const lines = text.split('\n');
  switch (change?.kind) {
    case 'write':
      return text === '' ? [] : [{ start: 1, end: lines.length - (text.endsWith('\n') ? 1 : 0) }];
    case 'replace': {
      const pieces = change.replacements.flatMap(({ from, to, all }) =>
        within(text, from.replaceAll('\r\n', '\n'), to.replaceAll('\r\n', '\n'), all),
      );
      return merged(pieces);
    }
    case 'patch': {
      let at = 0;
      const found = change.hunks.flatMap(({ from, to }): readonly LineRange[] => {
        const start = indexOf(lines, to, at);
        if (start === -1) return [];
        at = start + to.length;
        const [top, bottom] = same(from, to);
        return top + bottom >= to.length ? [] : [{ start: start + top + 1, end: start + to.length - bottom }];
      });
      return merged(found);
    }
    default:
      return [];
  }
}

/** Only the lines in which the new text differs from the old one. */
function within(text: string, from: string, to: string, all: boolean): readonly LineRange[] {
  if (to === '') return [];
  const [top, bottom] = same(from.split('\n'), to.split('\n'));
  const count = to.split('\n').length;
  const ranges: LineRange[] = [];
  for (let at = text.indexOf(to); at !== -1; at = text.indexOf(to, at + to.length)) {
    const first = text.slice(0, at).split('\n').length;
    if (top + bottom < count) ranges.push({ start: first + top, end: first + count - 1 - bottom });
    if (!all || ranges.length >= MOST) break;
  }
  return ranges;
}

/** Ranges of one edit; the log has no room for more. */
const MOST = 200;

/** How many lines are the same at the top and at the bottom. */
function same(from: readonly string[], to: readonly string[]): readonly [number, number] {
  const shorter = Math.min(from.length, to.length);
  let top = 0;
  while (top < shorter && from[top] === to[top]) top += 1;
  let bottom = 0;
  while (bottom < shorter - top && from[from.length - 1 - bottom] === to[to.length - 1 - bottom]) bottom += 1;
  return [top, bottom];
}

function indexOf(lines: readonly string[], part: readonly string[], from: number): number {
  if (part.length === 0) return -1;
  for (let at = from; at + part.length <= lines.length; at++) if (part.every((line, index) => lines[at + index] === line)) return at;
  return -1;
}

function merged(ranges: readonly LineRange[]): readonly LineRange[] {
  const out: LineRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last !== undefined && range.start <= last.end + 1) out[out.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else out.push(range);
  }
  return out.slice(0, MOST);
}
