import type { Deferred } from './deferred.ts';
import { type Draft, report, type Source } from './draft.ts';
import { DEEPEST } from './limits.ts';

/** Where a reader of HCL or Bicep is. Every function moves `at` forward and never back, but for what `wasted` counts. */
export type Cursor = {
  readonly source: Source;
  readonly text: string;
  at: number;
  depth: number;
  /** The braces of the text do not match: a line that starts a top-level block ends whatever is open. */
  readonly recovering: boolean;
  readonly deferred: Deferred;
  tooDeep: boolean;
  /** Characters read twice because a `${` was not closed; bounded, so that reading stays linear. */
  wasted: number;
  /** Something was open at the end of the text. */
  unclosed: boolean;
  closers: Map<string, number[]> | undefined;
  /** Within the first branch of a condition: a colon ends it. */
  inBranch?: boolean;
  /** How many conditions and negations are open: one within the other without a bracket. */
  conditions?: number;
  /** In what a `for` makes: the word `if` ends it. */
  inFor?: boolean;
  /** What the names of a `for` over written items stand for. */
  bound?: ReadonlyMap<string, Draft>;
  /** A heredoc has no closing line: one that is written anywhere below closes it. */
  hasOpenHeredoc: boolean;
  /** Templates hold expressions, and expressions templates. */
  readonly readExpression: (c: Cursor, mode: Mode) => Draft;
  readonly language: 'HCL' | 'Bicep';
  /** What starts a top-level block, at the start of a line. */
  readonly topLevel: RegExp;
};

/** Whether a line's end ends what is read (`line`) or is a space like another (`bracket`). */
export type Mode = 'line' | 'bracket';

export const NEWLINE = 10;

/** Spaces and comments; in brackets also line ends. */
export function skip(c: Cursor, mode: Mode): void {
  const { text } = c;
  for (;;) {
    const code = text.charCodeAt(c.at);
    if (code === 32 || code === 9 || code === 13 || code === 0xfeff) c.at++;
    else if (code === NEWLINE) {
      if (mode === 'line') return;
      c.at++;
      if (startsBlock(c)) return;
    } else if (code === 35 || (code === 47 && text.charCodeAt(c.at + 1) === 47)) {
      const end = text.indexOf('\n', c.at);
      c.at = end === -1 ? text.length : end;
    } else if (code === 47 && text.charCodeAt(c.at + 1) === 42) {
      const end = text.indexOf('*/', c.at + 2);
      if (end === -1) {
        wrong(c, c.at, c.at + 2, 'a comment that is not closed');
        c.at = text.length;
      } else c.at = end + 2;
    } else return;
  }
}

/** The rest of the line. */
export function skipLine(c: Cursor): void {
  const end = c.text.indexOf('\n', c.at);
  c.at = end === -1 ? c.text.length : end;
}

/** While recovering: does a top-level block start here, at the start of a line? Whatever is open then is over. */
export function startsBlock(c: Cursor): boolean {
  if (!c.recovering || (c.at > 0 && c.text.charCodeAt(c.at - 1) !== NEWLINE)) return false;
  c.topLevel.lastIndex = c.at;
  return c.topLevel.test(c.text);
}

/** An identifier, which may hold dashes; undefined when none starts here. */
export function readWord(c: Cursor): string | undefined {
  WORD.lastIndex = c.at;
  const word = WORD.exec(c.text)?.[0];
  if (word !== undefined) c.at += word.length;
  return word;
}

const WORD = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;

/** One level deeper, unless that is too deep; then the whole text is given up. */
export function enter(c: Cursor): boolean {
  if (++c.depth <= DEEPEST) return true;
  if (!c.tooDeep) {
    c.tooDeep = true;
    report(c.source, 'too-deep', c.at, c.at + 1, `is nested more than ${DEEPEST} levels deep. Flatten it.`);
  }
  c.at = c.text.length;
  return false;
}

export function wrong(c: Cursor, start: number, end: number, what: string): void {
  report(c.source, 'partly-read', start, end, `is not valid ${c.language} (${what}). Correct it; what follows may not have been seen.`);
}
