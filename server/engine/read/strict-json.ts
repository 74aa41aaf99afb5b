import { DEEPEST } from './limits.ts';
import type { TreeNode } from './tree.ts';

/**
 * Reads plain JSON that nothing can be said against, several times as fast as a parser that has to say what is wrong.
 * Undefined for everything else, which the careful parser then reads: comments, trailing commas, a byte order mark, errors,
 * texts too deep, keys twice, halves of characters.
 */
export function readStrictJson(text: string): TreeNode | undefined {
  const c: Cursor = { text, at: 0, depth: 0 };
  skip(c);
  const root = readValue(c);
  if (root === undefined) return undefined;
  skip(c);
  return c.at === text.length ? root : undefined;
}

/**
 * Reads one value that stands at an offset, so many brackets deep, and ends right at another. Undefined where none does, or where something
 * can be said against it.
 */
export function readStrictValue(text: string, offset: number, end: number, depth: number): TreeNode | undefined {
  const c: Cursor = { text, at: offset, depth };
  const value = readValue(c);
  return c.at === end ? value : undefined;
}

type Cursor = { readonly text: string; at: number; depth: number };

const [
  TAB,
  NEWLINE,
  RETURN,
  SPACE,
  QUOTE,
  COMMA,
  MINUS,
  ZERO,
  NINE,
  COLON,
  OPEN_BRACKET,
  BACKSLASH,
  CLOSE_BRACKET,
  OPEN_BRACE,
  CLOSE_BRACE,
] = [9, 10, 13, 32, 34, 44, 45, 48, 57, 58, 91, 92, 93, 123, 125];
/** Halves of characters: only in pairs do they mean one. */
const [FIRST_HALF, LAST_HALF] = [0xd800, 0xdfff];

function skip(c: Cursor): void {
  const { text } = c;
  let at = c.at;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== NEWLINE && code !== RETURN && code !== TAB) break;
    at++;
  }
  c.at = at;
}

function readValue(c: Cursor): TreeNode | undefined {
  const code = c.text.charCodeAt(c.at);
  if (code === QUOTE) return readString(c);
  if (code === OPEN_BRACE) return readObject(c);
  if (code === OPEN_BRACKET) return readArray(c);
  if (code === MINUS || (code >= ZERO && code <= NINE)) return readNumber(c);
  for (const [word, value] of WORDS) {
    if (!c.text.startsWith(word, c.at)) continue;
    const offset = c.at;
    c.at += word.length;
    return { type: value === null ? 'null' : 'boolean', value, offset, length: word.length };
  }
  return undefined;
}

const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

function readObject(c: Cursor): TreeNode | undefined {
  if (++c.depth > DEEPEST) return undefined;
  const { text } = c;
  const offset = c.at++;
  const children: TreeNode[] = [];
  skip(c);
  if (text.charCodeAt(c.at) !== CLOSE_BRACE) {
    for (;;) {
      const key = text.charCodeAt(c.at) === QUOTE ? readString(c) : undefined;
      if (key === undefined) return undefined;
      skip(c);
      if (text.charCodeAt(c.at++) !== COLON) return undefined;
      skip(c);
      const value = readValue(c);
      if (value === undefined) return undefined;
      children.push({ type: 'property', offset: key.offset, length: c.at - key.offset, children: [key, value] });
      skip(c);
      const code = text.charCodeAt(c.at);
      if (code === CLOSE_BRACE) break;
      if (code !== COMMA) return undefined;
      c.at++;
      skip(c);
    }
    if (hasRepeated(children)) return undefined;
  }
  c.at++;
  c.depth--;
  return { type: 'object', offset, length: c.at - offset, children };
}

const FEW = 8;

function hasRepeated(properties: readonly TreeNode[]): boolean {
  if (properties.length > FEW) return new Set(properties.map(keyIn)).size < properties.length;
  for (let i = 1; i < properties.length; i++) for (let j = 0; j < i; j++) if (keyIn(properties[i]) === keyIn(properties[j])) return true;
  return false;
}

function keyIn(property: TreeNode | undefined): TreeNode['value'] {
  return property?.children?.[0]?.value;
}

function readArray(c: Cursor): TreeNode | undefined {
  if (++c.depth > DEEPEST) return undefined;
  const { text } = c;
  const offset = c.at++;
  const children: TreeNode[] = [];
  skip(c);
  if (text.charCodeAt(c.at) !== CLOSE_BRACKET) {
    for (;;) {
      const value = readValue(c);
      if (value === undefined) return undefined;
      children.push(value);
      skip(c);
      const code = text.charCodeAt(c.at);
      if (code === CLOSE_BRACKET) break;
      if (code !== COMMA) return undefined;
      c.at++;
      skip(c);
    }
  }
  c.at++;
  c.depth--;
  return { type: 'array', offset, length: c.at - offset, children };
}

function readString(c: Cursor): TreeNode | undefined {
  const { text } = c;
  const offset = c.at;
  let at = offset + 1;
  let plain = true;
  let halves = false;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) break;
    // Also past the end, where the code is no number.
    if (!(code >= SPACE)) return undefined;
    if (code === BACKSLASH) {
      plain = false;
      at++;
    } else if (code >= FIRST_HALF && code <= LAST_HALF) halves = true;
    at++;
  }
  c.at = at + 1;
  const value = plain ? text.slice(offset + 1, at) : unescaped(text.slice(offset, at + 1));
  if (value === undefined || ((halves || !plain) && !value.isWellFormed())) return undefined;
  return { type: 'string', value, offset, length: c.at - offset };
}

function unescaped(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function readNumber(c: Cursor): TreeNode | undefined {
  NUMBER.lastIndex = c.at;
  const written = NUMBER.exec(c.text)?.[0];
  if (written === undefined) return undefined;
  const offset = c.at;
  c.at += written.length;
  return { type: 'number', value: Number(written), offset, length: written.length };
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
