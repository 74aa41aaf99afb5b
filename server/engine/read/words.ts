import { type Draft, textNode } from './draft.ts';

/** A word of a line; `text` is without its quotes. */
export type Word = { readonly text: string; readonly start: number; readonly end: number; readonly quoted: boolean };

/** A stretch of a text; `end` is without the line break. */
export type Line = { readonly start: number; readonly end: number };

export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (const match of text.matchAll(/\r\n|\n|\r/g)) {
    lines.push({ start, end: match.index });
    start = match.index + match[0].length;
  }
  if (start < text.length) lines.push({ start, end: text.length });
  return lines;
}

/** Lines, with those that end in a backslash joined with the next. */
export function joinedLines(text: string): readonly Line[] {
  const joined: Line[] = [];
  let start: number | undefined;
  for (const line of linesOf(text)) {
    start ??= line.start;
    if (text.charCodeAt(line.end - 1) === 92 && line.end > line.start) continue;
    joined.push({ start, end: line.end });
    start = undefined;
  }
  if (start !== undefined) joined.push({ start, end: text.length });
  return joined;
}

/** Words between spaces up to a comment; a quote that is not closed ends with the line. Backslashes before line breaks are spaces. */
export function wordsOf(text: string, { start, end }: Line): readonly Word[] {
  const words: Word[] = [];
  let at = start;
  while (at < end) {
    const c = text.charAt(at);
    if (isSpace(text, at)) at++;
    else if (c === '#') break;
    else {
      const word = wordAt(text, at, end);
      words.push(word);
      at = word.end;
    }
  }
  return words;
}

function wordAt(text: string, start: number, end: number): Word {
  let value = '';
  let quoted = false;
  let at = start;
  while (at < end && !isSpace(text, at)) {
    const c = text.charAt(at);
    if (c === '"') {
      quoted = true;
      const close = text.indexOf('"', at + 1);
      const stop = close === -1 || close >= end ? end : close;
      value += text.slice(at + 1, stop);
      at = Math.min(stop + 1, end);
    } else {
      value += c;
      at++;
    }
  }
  return { text: value, start, end: at, quoted };
}

function isSpace(text: string, at: number): boolean {
  const c = text.charCodeAt(at);
  return c <= 32 || (c === 92 && /^\\\r?\n/.test(text.slice(at, at + 3)));
}

export function wordNode(word: Word): Draft {
  return textNode(word.text, word.start, word.end);
}

/** Several words as one value with single spaces between; the value still knows where each of them stands. */
export function phraseNode(words: readonly Word[], otherwise: Line): Draft {
  const [first] = words;
  const last = words.at(-1);
  if (first === undefined || last === undefined) return textNode('', otherwise.start, otherwise.end);
  const node = textNode(words.map(({ text }) => text).join(' '), first.start, last.end);
  if (node.length === String(node.value).length) return node;
  let index = 0;
  const runs: (readonly [number, number])[] = [];
  for (const word of words) {
    runs.push([index, word.quoted && word.end - word.start > word.text.length ? word.start + 1 : word.start]);
    index += word.text.length + 1;
  }
  return { ...node, runs };
}

/** Parts of a word between commas: "a, b" and "a,b" alike. */
export function commaParts(words: readonly Word[]): readonly Word[] {
  return words.flatMap((word) => {
    if (word.quoted) return [word];
    const parts: Word[] = [];
    let start = word.start;
    for (const part of word.text.split(',')) {
      if (part !== '') parts.push({ text: part, start, end: start + part.length, quoted: false });
      start += part.length + 1;
    }
    return parts;
  });
}
