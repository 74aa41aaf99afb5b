import { type Part, templateNode } from './deferred.ts';
import { type Draft, textNode, unresolvedNode } from './draft.ts';
import { type Cursor, enter, NEWLINE, skip, wrong } from './hcl-cursor.ts';
import { type Heredoc, heredocAt, skipRest } from './hcl-skip.ts';

/** A quoted text, from its opening quote on. */
export function readQuoted(c: Cursor): Draft {
  const start = c.at;
  PLAIN.lastIndex = start;
  const plain = PLAIN.exec(c.text);
  if (plain !== null) {
    c.at += plain[0].length;
    return textNode(plain[1] ?? '', start, c.at);
  }
  c.at++;
  const parts = readParts(c, { kind: 'quoted' });
  if (c.text.charCodeAt(c.at) === 34) c.at++;
  else wrong(c, start, c.at, 'a text without its closing quote');
  return finish(c, parts, start);
}

const PLAIN = /"([^"\\\n$%]*)"/y;

/** A heredoc, from its `<<` on; undefined when none starts here. */
export function readHeredoc(c: Cursor): Draft | undefined {
  const heredoc = heredocAt(c);
  if (heredoc === undefined) return undefined;
  const start = c.at;
  if (!heredoc.closed) {
    wrong(c, start, heredoc.after, 'a heredoc whose closing word is missing');
    c.at = heredoc.after;
    return { ...unresolvedNode('heredoc', start, c.at), value: '' };
  }
  c.at = heredoc.start;
  const parts = readParts(c, { kind: 'heredoc', end: heredoc.end, indent: heredoc.indented ? indentOf(c.text, heredoc) : 0 });
  c.at = heredoc.after;
  return finish(c, parts, start);
}

function finish(c: Cursor, parts: readonly Part[], start: number): Draft {
  const [only] = parts;
  // "${x}" is x itself.
  if (parts.length === 1 && only !== undefined && 'node' in only && only.node.value !== null) {
    const later = c.deferred.later.get(only.node);
    const whole: Draft = { ...only.node, offset: start, length: c.at - start };
    if (later !== undefined) c.deferred.later.set(whole, later);
    return whole;
  }
  const draft = templateNode(parts, start, c.at);
  if (draft.runs?.length === 1 && draft.runs[0]?.[1] === start + 1) delete draft.runs;
  if (parts.length === 0) delete draft.runs;
  if (parts.some((part) => 'node' in part && c.deferred.later.has(part.node))) c.deferred.later.set(draft, { kind: 'template', parts });
  return draft;
}

type Kind = { readonly kind: 'quoted' } | { readonly kind: 'heredoc'; readonly end: number; readonly indent: number };

function readParts(c: Cursor, kind: Kind): readonly Part[] {
  const { text } = c;
  const parts: Part[] = [];
  const end = kind.kind === 'heredoc' ? kind.end : text.length;
  const skipIndent = (): void => {
    if (kind.kind === 'heredoc') for (let i = 0; i < kind.indent && isBlank(text.charCodeAt(c.at)); i++) c.at++;
  };
  skipIndent();
  // Text that stands in the file as it is.
  let from = c.at;
  const flush = (): void => {
    if (c.at > from) parts.push({ text: text.slice(from, c.at), offset: from });
  };
  while (c.at < end) {
    const code = text.charCodeAt(c.at);
    if (kind.kind === 'quoted' && (code === 34 || code === NEWLINE)) break;
    if (code === 92 && kind.kind === 'quoted') {
      flush();
      parts.push(readEscape(c));
      from = c.at;
    } else if (code === NEWLINE) {
      c.at++;
      if (kind.kind === 'heredoc' && kind.indent > 0 && c.at < end) {
        flush();
        skipIndent();
        from = c.at;
      }
    } else if ((code === 36 || code === 37) && text.charCodeAt(c.at + 1) === code && text.charCodeAt(c.at + 2) === 123) {
      // "$${" is the text "${".
      flush();
      parts.push({ text: text.slice(c.at + 1, c.at + 3), offset: c.at + 1 });
      c.at += 3;
      from = c.at;
    } else if ((code === 36 || code === 37) && text.charCodeAt(c.at + 1) === 123) {
      flush();
      const start = c.at;
      parts.push({ node: readInterpolation(c, end, kind.kind) });
      from = c.at;
      if (c.at === start) c.at++;
    } else c.at++;
  }
  if (c.at > end) c.at = end;
  flush();
  return joined(parts);
}

/** Neighbouring stretches that also stand side by side in the file are one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && 'text' in last && 'text' in part && last.offset + last.text.length === part.offset) {
      result[result.length - 1] = { text: last.text + part.text, offset: last.offset };
    } else result.push(part);
  }
  return result;
}

/** `${ … }` or `%{ … }`. One that is not closed is text up to the end of its line. */
function readInterpolation(c: Cursor, end: number, kind: Kind['kind']): Draft {
  const start = c.at;
  if (!enter(c)) return unresolvedNode('', start, c.at);
  const read = readInside(c, end, kind);
  c.depth--;
  return read;
}

function readInside(c: Cursor, end: number, kind: Kind['kind']): Draft {
  const { text } = c;
  const start = c.at;
  const problems = c.source.problems.length;
  const directive = text.charCodeAt(start) === 37;
  c.at += text.charCodeAt(start + 2) === 126 ? 3 : 2;
  const inner = c.at;
  let node: Draft | undefined;
  if (c.wasted <= 2 * text.length) {
    const { inBranch = false, inFor = false } = c;
    c.inBranch = false;
    c.inFor = false;
    if (directive) skipRest(c, 'bracket');
    else node = c.readExpression(c, 'bracket');
    c.inBranch = inBranch;
    c.inFor = inFor;
    skip(c, 'bracket');
    if (text.charCodeAt(c.at) === 126) c.at++;
    const oneLine = kind === 'heredoc' || !c.recovering || !text.slice(start, c.at).includes('\n');
    if (text.charCodeAt(c.at) === 125 && c.at < end && oneLine) {
      c.at++;
      if (node !== undefined && !c.tooDeep) return node;
      return unresolvedNode(
        text
          .slice(inner, c.at - 1)
          .replace(/~$/, '')
          .trim(),
        start,
        c.at,
      );
    }
  }
  if (c.tooDeep) return unresolvedNode('', start, c.at);
  c.wasted += c.at - inner;
  // What was found wrong in there will be found again.
  c.source.problems.length = Math.min(c.source.problems.length, problems);
  c.at = inner;
  const stops = kind === 'heredoc' ? '\n' : '\n"';
  while (c.at < end && !stops.includes(text.charAt(c.at))) c.at++;
  wrong(c, start, c.at, 'a ${ that is not closed');
  return unresolvedNode(text.slice(inner, c.at).trim(), start, c.at);
}

function readEscape(c: Cursor): Part {
  const offset = c.at;
  const letter = c.text[c.at + 1] ?? '';
  const digits = letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
  if (digits > 0) {
    const hex = c.text.slice(offset + 2, offset + 2 + digits);
    const point = Number.parseInt(hex, 16);
    if (/^[\da-f]+$/i.test(hex) && hex.length === digits && point <= 0x10ffff) {
      c.at += 2 + digits;
      return { text: String.fromCodePoint(point), offset };
    }
  }
  if (letter === '\n' || letter === '') {
    c.at++;
    return { text: '\\', offset };
  }
  c.at += 2;
  return { text: ESCAPES[letter] ?? letter, offset };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The least indentation of its lines that hold anything. */
function indentOf(text: string, { start, end }: Heredoc): number {
  let least = Infinity;
  for (let at = start; at < end; ) {
    let first = at;
    while (first < end && isBlank(text.charCodeAt(first))) first++;
    const next = text.indexOf('\n', first);
    const blank = first >= end || next === first || (text.charCodeAt(first) === 13 && next === first + 1);
    if (!blank) least = Math.min(least, first - at);
    at = next === -1 ? end : next + 1;
  }
  return least === Infinity ? 0 : least;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
