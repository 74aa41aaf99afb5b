import { type Cursor, type Mode, NEWLINE, skip, startsBlock, wrong } from './hcl-cursor.ts';

/** The rest of an expression, up to where it ends: a comma, a closing bracket of what is around, or the end of the line. Returns the end of what is not space or comment. */
export function skipRest(c: Cursor, mode: Mode): number {
  const { text } = c;
  const open: number[] = [];
  for (;;) {
    const end = c.at;
    skip(c, open.length === 0 ? mode : 'bracket');
    if (c.at >= text.length || startsBlock(c)) {
      if (open.length > 0) c.unclosed = true;
      return end;
    }
    const code = text.charCodeAt(c.at);
    if (code === 34) skipString(c);
    else if (code === 60 && HEREDOC.test(text.slice(c.at, c.at + 80))) skipHeredoc(c);
    else if (code === 40 || code === 91 || code === 123) {
      open.push(code === 40 ? 41 : code + 2);
      c.at++;
    } else if (code === 41 || code === 93 || code === 125) {
      if (open.at(-1) !== code) return end;
      open.pop();
      c.at++;
    } else if (code === 58 && text.charCodeAt(c.at + 1) === 58) c.at += 2;
    else if (open.length === 0 && ((code === 58 && c.inBranch === true) || code === 44 || (code === NEWLINE && mode === 'line')))
      return end;
    else c.at++;
  }
}

/** From an opening bracket to behind the one that closes it. */
export function skipBrackets(c: Cursor): void {
  const start = c.at;
  const close = c.text.charCodeAt(c.at) === 40 ? 41 : c.text.charCodeAt(c.at) + 2;
  c.at++;
  const outer = c.inBranch === true;
  c.inBranch = false;
  for (;;) {
    skipRest(c, 'bracket');
    const code = c.text.charCodeAt(c.at);
    if (code === 44) c.at++;
    else {
      c.inBranch = outer;
      if (code === close) c.at++;
      else {
        c.unclosed = true;
        wrong(c, start, start + 1, 'a bracket that is not closed');
      }
      return;
    }
  }
}

/** From a quote to behind the one that closes it, or to the end of the line. */
function skipString(c: Cursor): void {
  const { text } = c;
  // Of each open `${`, the braces that are open in it.
  const braces: number[] = [];
  let quoted = true;
  for (c.at++; c.at < text.length; c.at++) {
    const code = text.charCodeAt(c.at);
    if (code === NEWLINE && (quoted || c.recovering)) return;
    if (quoted) {
      if (code === 92) c.at++;
      else if (code === 34) {
        if (braces.length === 0) {
          c.at++;
          return;
        }
        quoted = false;
      } else if ((code === 36 || code === 37) && text.charCodeAt(c.at + 1) === code && text.charCodeAt(c.at + 2) === 123) c.at += 2;
      else if ((code === 36 || code === 37) && text.charCodeAt(c.at + 1) === 123) {
        braces.push(0);
        quoted = false;
        c.at++;
      }
    } else if (code === 34) quoted = true;
    else if (code === 123) braces.push((braces.pop() ?? 0) + 1);
    else if (code === 125) {
      const inner = braces.pop() ?? 0;
      if (inner === 0) quoted = true;
      else braces.push(inner - 1);
    }
  }
  c.at = text.length;
}

const HEREDOC = /^<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)[ \t\r]*\n/u;

export type Heredoc = {
  readonly indented: boolean;
  /** The content, from after the first line to the start of the closing line. */
  readonly start: number;
  readonly end: number;
  /** Behind the closing word; the line's end is not part of it. */
  readonly after: number;
  readonly closed: boolean;
};

/** The heredoc that starts here; undefined when it is none. A closing word that is missing ends it with its first line. */
export function heredocAt(c: Cursor): Heredoc | undefined {
  const head = HEREDOC.exec(c.text.slice(c.at, c.at + 200));
  const word = head?.[1];
  if (head === null || word === undefined) return undefined;
  const start = c.at + head[0].length;
  const indented = head[0].startsWith('<<-');
  const line = closerFrom(c, word, start);
  if (line === undefined) {
    c.hasOpenHeredoc = true;
    return { indented, start, end: start, after: start - 1, closed: false };
  }
  return { indented, start, end: line, after: c.text.indexOf(word, line) + word.length, closed: true };
}

function skipHeredoc(c: Cursor): void {
  const heredoc = heredocAt(c);
  if (heredoc === undefined) c.at += 2;
  else c.at = heredoc.after;
}

/** Start of the next line that holds nothing but the word. */
function closerFrom(c: Cursor, word: string, from: number): number | undefined {
  c.closers ??= new Map();
  // Few words are looked for one by one; a text of many different ones is listed once, so that it costs no more.
  if (!c.closers.has(word)) {
    if (c.closers.size < MOST_WORDS) c.closers.set(word, linesOfWord(c.text, word));
    else if (c.closers.size === MOST_WORDS) listLines(c.text, c.closers);
  }
  const lines = c.closers.get(word) ?? [];
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return lines[low];
}

const MOST_WORDS = 10;

function linesOfWord(text: string, word: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + word.length)) {
    let start = at;
    while (start > 0 && (text.charCodeAt(start - 1) === 32 || text.charCodeAt(start - 1) === 9)) start--;
    if (start > 0 && text.charCodeAt(start - 1) !== NEWLINE) continue;
    let end = at + word.length;
    while (text.charCodeAt(end) === 32 || text.charCodeAt(end) === 9 || text.charCodeAt(end) === 13) end++;
    if (end >= text.length || text.charCodeAt(end) === NEWLINE) found.push(start);
  }
  return found;
}

function listLines(text: string, into: Map<string, number[]>): void {
  into.clear();
  // A word of its own, so that the list is not made twice.
  for (let i = 0; i <= MOST_WORDS; i++) into.set(`\n${i}`, []);
  for (const match of text.matchAll(/^[ \t]*([\p{ID_Start}_][\p{ID_Continue}-]*)[ \t]*\r?$/gmu)) {
    const key = match[1] ?? '';
    const lines = into.get(key);
    if (lines === undefined) into.set(key, [match.index]);
    else lines.push(match.index);
  }
}
