/** From which index of a value on it stands where in the text; see TreeNode. */
export type Runs = readonly (readonly [index: number, offset: number])[];

/** Of a quoted or plain scalar: escapes are decoded and lines folded. Undefined when value and text run alike. */
export function quotedRuns(text: string, start: number, end: number): Runs | undefined {
  const quote = text.charAt(start);
  const style = quote === '"' || quote === "'" ? quote : '';
  const inner = style === '' ? start : start + 1;
  const close = style === '' ? end : end - 1;
  const runs: [number, number][] = [[0, inner]];
  let index = 0;
  let at = inner;
  /** Where the value would end if a line ended here: space before a break is not part of it. */
  let kept = 0;
  while (at < close) {
    const c = text.charAt(at);
    if (c === '\n' || c === '\r') {
      const { at: next, breaks } = overBreaks(text, at, close);
      index = kept;
      runs.push([index, at]);
      index += Math.max(1, breaks - 1);
      runs.push([index, next]);
      at = next;
      kept = index;
    } else if (style === '"' && c === '\\') {
      const next = text.charAt(at + 1);
      if (next === '\n' || next === '\r') {
        at = overBreaks(text, at + 1, close).at;
      } else {
        const digits = next === 'x' ? 2 : next === 'u' ? 4 : next === 'U' ? 8 : 0;
        const beyond = digits === 8 && Number.parseInt(text.slice(at + 2, at + 10), 16) > 0xffff;
        runs.push([index, at]);
        index += beyond ? 2 : 1;
        at += 2 + digits;
      }
      runs.push([index, at]);
      kept = index;
    } else if (style === "'" && c === "'") {
      at += 2;
      index++;
      runs.push([index, at]);
      kept = index;
    } else {
      at++;
      index++;
      if (c !== ' ' && c !== '\t') kept = index;
    }
  }
  return runs.length === 1 ? undefined : runs;
}

/** Of a block scalar whose header starts at `start`: one run for each line of it. */
export function blockRuns(text: string, start: number, end: number, indent: number | undefined): Runs {
  const folded = text.charAt(start) === '>';
  const runs: [number, number][] = [];
  let at = nextLine(text, start, end);
  const width = indent ?? indentOf(text, at, end);
  let index = 0;
  let didRead = false;
  let empty = 0;
  let moreIndented = false;
  while (at < end) {
    const lineEnd = endOfLine(text, at, end);
    let column = 0;
    while (column < width && text.charAt(at + column) === ' ') column++;
    if (at + column >= lineEnd) {
      empty++;
    } else {
      const first = text.charAt(at + width);
      if (!folded) index += didRead ? 1 + empty : empty;
      else if (first === ' ' || first === '\t') {
        moreIndented = true;
        index += didRead ? 1 + empty : empty;
      } else if (moreIndented) {
        moreIndented = false;
        index += empty + 1;
      } else if (empty === 0) index += didRead ? 1 : 0;
      else index += empty;
      runs.push([index, at + width]);
      index += lineEnd - at - width;
      didRead = true;
      empty = 0;
    }
    at = nextLine(text, lineEnd, end);
  }
  if (runs.length === 0) runs.push([0, end]);
  return runs;
}

function overBreaks(text: string, from: number, end: number): { readonly at: number; readonly breaks: number } {
  let at = from;
  let breaks = 0;
  for (; at < end; at++) {
    const c = text.charAt(at);
    if (c === '\n') breaks++;
    else if (c === '\r') {
      breaks++;
      if (text.charAt(at + 1) === '\n') at++;
    } else if (c !== ' ' && c !== '\t') break;
  }
  return { at, breaks };
}

/** The indentation of the first line that has content. */
function indentOf(text: string, from: number, end: number): number {
  for (let at = from; at < end; at = nextLine(text, at, end)) {
    const lineEnd = endOfLine(text, at, end);
    let column = 0;
    while (at + column < lineEnd && text.charAt(at + column) === ' ') column++;
    if (at + column < lineEnd) return column;
  }
  return 0;
}

function endOfLine(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charAt(at) !== '\n' && text.charAt(at) !== '\r') at++;
  return at;
}

function nextLine(text: string, from: number, end: number): number {
  const at = endOfLine(text, from, end);
  if (at >= end) return end;
  return text.charAt(at) === '\r' && text.charAt(at + 1) === '\n' ? at + 2 : at + 1;
}
