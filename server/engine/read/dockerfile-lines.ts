import { type Line, linesOf } from './words.ts';

/** One instruction. */
export type DockerLine = {
  /** In capitals. */
  readonly keyword: string;
  readonly start: number;
  readonly end: number;
  /** What follows the keyword: continued lines and here-documents joined, comments between them left out. */
  readonly value: string;
  readonly valueStart: number;
  /** Where a character of the value stands in the text. */
  readonly at: (index: number) => number;
  readonly runs: readonly (readonly [index: number, offset: number])[];
};

/** Instructions in order, with lines that end in the escape character joined to the next. */
export function dockerLines(text: string): readonly DockerLine[] {
  const lines = linesOf(text);
  const escape = escapeOf(text);
  const found: DockerLine[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const head = line === undefined ? null : /^[ \t]*([A-Za-z]+)(?=[ \t]|$|[`\\])/.exec(text.slice(line.start, line.end));
    if (line === undefined || head?.[1] === undefined) continue;
    const start = line.start + head[0].length - head[1].length;
    let value = '';
    const runs: (readonly [number, number])[] = [];
    const add = (from: number, to: number): void => {
      if (to <= from && runs.length > 0) return;
      if (value !== '') value += ' ';
      runs.push([value.length, from]);
      value += text.slice(from, to);
    };
    let from = line.start + head[0].length;
    while (text.charAt(from) === ' ' || text.charAt(from) === '\t') from++;
    let end = start + head[1].length;
    for (let current: Line | undefined = line; current !== undefined; ) {
      const stop = continuedAt(text, current, escape);
      const [first, last] = trimmedTo(text, Math.max(from, current.start), stop ?? current.end);
      add(first, last);
      end = Math.max(last, start + head[1].length);
      if (stop === undefined) break;
      // Comments and empty lines between continued lines do not end them.
      do current = lines[++i];
      while (current !== undefined && isBlank(text, current));
    }
    for (const word of hereWords(head[1], value)) {
      for (let next = lines[++i]; next !== undefined; next = lines[++i]) {
        end = next.end;
        const written = text.slice(next.start, next.end);
        if (written.replace(/^\t+/, '').trimEnd() === word) break;
        value += '\n';
        runs.push([value.length, next.start]);
        value += written;
      }
    }
    found.push({
      keyword: head[1].toUpperCase(),
      start,
      end,
      value,
      valueStart: runs[0]?.[1] ?? end,
      at: (index) => offsetIn(runs, index),
      runs,
    });
  }
  return found;
}

/** `# escape=` in the first lines chooses another character than the backslash. */
function escapeOf(text: string): string {
  return /^(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*([`\\])/i.exec(text.slice(0, 500))?.[1] ?? '\\';
}

function continuedAt(text: string, line: Line, escape: string): number | undefined {
  let at = line.end - 1;
  while (at >= line.start && (text.charAt(at) === ' ' || text.charAt(at) === '\t')) at--;
  return at >= line.start && text.charAt(at) === escape ? at : undefined;
}

/** Nothing, or a comment. */
function isBlank(text: string, line: Line): boolean {
  const [start, end] = trimmedTo(text, line.start, line.end);
  return start === end || text.charAt(start) === '#';
}

function trimmedTo(text: string, from: number, to: number): readonly [number, number] {
  let start = from;
  let end = to;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return [start, end];
}

function hereWords(keyword: string, value: string): readonly string[] {
  if (!/^(run|copy|add)$/i.test(keyword)) return [];
  return [...value.matchAll(/(?<![<\w])<<-?\s*(["']?)([A-Za-z_]\w*)\1/g)].map((match) => match[2] ?? '');
}

function offsetIn(runs: DockerLine['runs'], index: number): number {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((runs[middle]?.[0] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const run = runs[low];
  return run === undefined ? 0 : run[1] + Math.max(0, index - run[0]);
}
