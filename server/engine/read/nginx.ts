import type { Place } from '../types.ts';
import { type Draft, isTooLarge, objectNode, report, type Source, sourceOf, textNode, treeOf } from './draft.ts';
import { gathered, type Occurrence } from './gather.ts';
import { DEEPEST } from './limits.ts';
import type { TextTree, TreeNode } from './tree.ts';
import { phraseNode, type Word } from './words.ts';

/**
 * Reads nginx configuration: {"server": [{"listen": ["443 ssl"], "location": [{"proxy_pass": ["http://app"]}]}]}.
 * Every directive has the list of its occurrences: text with its arguments, single-spaced and without quotes ('' when it has none), or an
 * object when it has a block; the words before the brace are its labels (["~", "\\.php$"]). Variables such as `$host` are nginx's own text.
 */
export function readNginx(text: string, side: Place['side']): TextTree {
  const source = sourceOf('nginx', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const first = readOnce(source, false);
  // A quote that is not closed makes text of what is none: a second reading ends quotes with their line, and blocks where one starts a line.
  const read = first.unclosed ? readOnce(cleared(source), true) : first;
  return treeOf(source, read.tooDeep ? undefined : objectNode(read.properties, 0, text.length));
}

export type Directive = { readonly key: TreeNode; readonly value: TreeNode };

/** The directive that starts there, in so many blocks; undefined where anything can be said against it. */
export function readDirectiveAt(text: string, side: Place['side'], start: number, depth: number): Directive | undefined {
  const source = sourceOf('nginx', text, side);
  const c: Cursor = { source, text, at: start, depth, unclosed: false, tooDeep: false, recovering: false };
  const read = readDirective(c);
  return c.unclosed || c.tooDeep || source.problems.length > 0 ? undefined : read;
}

type Cursor = {
  readonly source: Source;
  readonly text: string;
  at: number;
  depth: number;
  unclosed: boolean;
  tooDeep: boolean;
  readonly recovering: boolean;
};

function readOnce(source: Source, recovering: boolean): Cursor & { readonly properties: Draft[] } {
  const c: Cursor = { source, text: source.text, at: 0, depth: 0, unclosed: false, tooDeep: false, recovering };
  const properties = gathered(readBody(c));
  return Object.assign(c, { properties });
}

function cleared(source: Source): Source {
  source.problems.length = 0;
  return source;
}

function readBody(c: Cursor): readonly Occurrence[] {
  const found: Occurrence[] = [];
  for (;;) {
    skip(c);
    const sign = c.text.charAt(c.at);
    if (sign === '') return found;
    if (sign === '}') {
      if (c.depth > 0) return found;
      wrong(c, c.at, c.at + 1, 'a brace that closes nothing');
      c.at++;
    } else if (sign === ';') c.at++;
    else if (c.depth > 0 && startsBlock(c)) return found;
    else found.push(readDirective(c));
  }
}

function readDirective(c: Cursor): Occurrence {
  const words: Word[] = [];
  for (;;) {
    skip(c);
    const sign = c.text.charAt(c.at);
    const [name] = words;
    if (name !== undefined && (sign === ';' || sign === '' || sign === '}')) {
      if (sign === ';') c.at++;
      else wrong(c, name.start, name.end, 'a directive without ";"');
      return { key: textNode(name.text, name.start, name.end), value: phraseNode(words.slice(1), name) };
    }
    if (sign === '{') return readBlock(c, name ?? { text: '', start: c.at, end: c.at, quoted: false }, words.slice(1));
    words.push(readWord(c));
  }
}

function readBlock(c: Cursor, name: Word, args: readonly Word[]): Occurrence {
  const key = textNode(name.text, name.start, name.end);
  const labels = args.map(({ text }) => text);
  const brace = c.at++;
  if (name.text.endsWith('_by_lua_block')) {
    skipBraces(c);
    return { key, value: { ...textNode(c.text.slice(brace + 1, c.at - 1), brace, c.at), labels } };
  }
  c.depth++;
  if (c.depth > DEEPEST) {
    if (!c.tooDeep) report(c.source, 'too-deep', brace, brace + 1, `is nested more than ${DEEPEST} levels deep. Flatten it.`);
    c.tooDeep = true;
    c.at = c.text.length;
  }
  const inside = readBody(c);
  c.depth--;
  if (c.text.charAt(c.at) === '}') c.at++;
  else {
    c.unclosed = true;
    if (!c.tooDeep) wrong(c, brace, brace + 1, 'a block that is not closed');
  }
  return { key, value: { ...objectNode(gathered(inside), name.start, c.at), labels } };
}

/** A word may hold quotes, escapes and `${name}`. */
function readWord(c: Cursor): Word {
  const { text } = c;
  const start = c.at;
  const quote = text.charAt(start);
  if (quote === '"' || quote === "'") {
    const match = (c.recovering ? LINE_QUOTED : QUOTED)[quote];
    match.lastIndex = start;
    let whole = match.exec(text)?.[0] ?? quote;
    // The line's own end is not part of a text that goes past it.
    if (c.recovering && !(whole.length > 1 && whole.endsWith(quote))) whole = whole.replace(/\s*[;{]\s*$/, '');
    c.at = start + whole.length;
    const closed = whole.length > 1 && whole.endsWith(quote);
    if (!closed) {
      c.unclosed = true;
      wrong(c, start, start + 1, 'a text without its closing quote');
    }
    const value = whole.slice(1, closed ? -1 : undefined).replace(/\\(["'\\])/g, '$1');
    return { text: value, start, end: c.at, quoted: true };
  }
  BARE.lastIndex = start;
  c.at += Math.max(1, BARE.exec(text)?.[0].length ?? 1);
  return { text: text.slice(start, c.at), start, end: c.at, quoted: false };
}

const QUOTED = { '"': /"(?:[^"\\]|\\[^])*"?/y, "'": /'(?:[^'\\]|\\[^])*'?/y };
const LINE_QUOTED = { '"': /"(?:[^"\\\n]|\\.)*"?/y, "'": /'(?:[^'\\\n]|\\.)*'?/y };
const BARE = /(?:\\[^]|\$\{\w{0,200}\}|[^\s;{}\\])+/y;

function skip(c: Cursor): void {
  for (;;) {
    SPACE.lastIndex = c.at;
    c.at += SPACE.exec(c.text)?.[0].length ?? 0;
    if (c.text.charAt(c.at) !== '#') return;
    const end = c.text.indexOf('\n', c.at);
    c.at = end === -1 ? c.text.length : end;
  }
}

const SPACE = /[\s\uFEFF]*/y;

function startsBlock(c: Cursor): boolean {
  if (!c.recovering || (c.at > 0 && c.text.charAt(c.at - 1) !== '\n')) return false;
  TOP_LEVEL.lastIndex = c.at;
  return TOP_LEVEL.test(c.text);
}

const TOP_LEVEL = /(?:http|server|upstream|map|geo|events|stream|mail)\b[^\n;{}]*\{/y;

/** From behind an opening brace to behind the one that closes it. */
function skipBraces(c: Cursor): void {
  for (let open = 1; open > 0; c.at++) {
    const sign = c.text.charAt(c.at);
    if (sign === '') {
      c.unclosed = true;
      return;
    }
    if (sign === '{') open++;
    else if (sign === '}') open--;
  }
}

function wrong(c: Cursor, start: number, end: number, what: string): void {
  report(
    c.source,
    'partly-read',
    start,
    end,
    `is not valid nginx configuration (${what}). Correct it; what follows may not have been seen.`,
  );
}
