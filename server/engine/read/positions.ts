import type { Place, Position } from '../types.ts';

export type Positions = {
  readonly positionAt: (offset: number) => Position;
  readonly placeOf: (start: number, end: number) => Place;
};

/** Lines and columns of a text. The line starts are found when the first is asked for. */
export function positionsOf(text: string, side: Place['side']): Positions {
  let starts: number[] | undefined;
  const positionAt = (offset: number): Position => {
    starts ??= lineStarts(text);
    const at = Math.max(0, Math.min(offset, text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (starts[low] ?? 0) + 1, offset: at };
  };
  return { positionAt, placeOf: (start, end) => ({ side, start: positionAt(start), end: positionAt(end) }) };
}

/** Where each line begins. Lines end in \n, \r\n or \r. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  if (text.includes('\r')) for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  else for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
