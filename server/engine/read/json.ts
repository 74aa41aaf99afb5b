import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Place, Position, Problem } from '../types.ts';
import { DEEPEST, LARGEST_TEXT, MOST_PROBLEMS } from './limits.ts';
import { positionsOf } from './positions.ts';
import { readStrictJson } from './strict-json.ts';
import { member, type Member, membersOf, type TreeNode } from './tree.ts';

export type JsonNode = TreeNode;

/** A JSON or JSONC text, read as far as it goes. */
export type JsonText = {
  readonly text: string;
  readonly side: Place['side'];
  /** Absent when nothing could be read. Offsets count UTF-16 units of `text`. */
  readonly root: JsonNode | undefined;
  /** What was not read or is ambiguous. A problem of the text after blinds; one of the text before only makes the answer more careful. */
  readonly problems: readonly Problem[];
  readonly positionAt: (offset: number) => Position;
  readonly placeOf: (start: number, end: number) => Place;
};

/**
 * Reads JSON with comments and trailing commas, half-typed or whole. Never throws.
 * Comments and a byte order mark are fine; syntax errors, duplicate keys and lone surrogates are problems.
 */
export function readJson(text: string, side: Place['side']): JsonText {
  const last = lastRead[side];
  if (last?.text === text) return last;
  const json = readAnew(text, side);
  lastRead[side] = json;
  return json;
}

/** One edit is read by several parts of the engine, one after the other, and an editor asks of the same text again. */
const lastRead: { before?: JsonText; after?: JsonText } = {};

function readAnew(text: string, side: Place['side']): JsonText {
  const { positionAt, placeOf } = positionsOf(text, side);
  const blinds = side === 'after';
  const unread = (problem: Problem): JsonText => ({ text, side, root: undefined, problems: [problem], positionAt, placeOf });

  if (text.length > LARGEST_TEXT) {
    return unread({
      kind: 'too-large',
      message: `This file has ${text.length} characters; at most ${LARGEST_TEXT} are read. Split it.`,
      blinds,
    });
  }
  const strict = readStrictJson(text);
  if (strict !== undefined) return { text, side, root: strict, problems: [], positionAt, placeOf };
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) {
    const place = placeOf(tooDeep, tooDeep + 1);
    return unread({
      kind: 'too-deep',
      message: `Line ${place.start.line} is nested more than ${DEEPEST} levels deep. Flatten it.`,
      place,
      blinds,
    });
  }

  const errors: ParseError[] = [];
  // A space of the same width instead of a byte order mark keeps every offset.
  const root = parseTree(text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text, errors, {
    allowTrailingComma: true,
    disallowComments: false,
  });
  const problems: Problem[] = [];
  const first = errors[0];
  if (first !== undefined && text.trim() !== '') {
    const place = placeOf(first.offset, first.offset + first.length);
    problems.push({
      kind: root === undefined ? 'unreadable' : 'partly-read',
      message: `Line ${place.start.line} is not valid JSON (${plain(printParseErrorCode(first.error))}). Correct it; what follows may not have been seen.`,
      place,
      blinds,
    });
  }
  if (root !== undefined) problems.push(...ambiguities(root, placeOf, blinds));
  return { text, side, root, problems, positionAt, placeOf };
}

export { member, type Member, membersOf };

/** Duplicate keys and lone surrogates: both mean that another reader may see another document. */
function ambiguities(root: JsonNode, placeOf: JsonText['placeOf'], blinds: boolean): readonly Problem[] {
  const problems: Problem[] = [];
  const visit = (node: JsonNode): void => {
    if (problems.length >= MOST_PROBLEMS) return;
    if (node.type === 'string' && !String(node.value).isWellFormed()) {
      const place = placeOf(node.offset, node.offset + node.length);
      problems.push({
        kind: 'partly-read',
        message: `Line ${place.start.line} holds half a character (a lone surrogate). Remove it.`,
        place,
        blinds,
      });
    }
    if (node.type === 'object') {
      const members = membersOf(node);
      const seen = new Set<string>();
      for (const { key, keyNode } of members) {
        if (seen.has(key)) {
          const place = placeOf(keyNode.offset, keyNode.offset + keyNode.length);
          problems.push({
            kind: 'duplicate-key',
            message: `Line ${place.start.line} repeats the key "${key.slice(0, 80)}"; readers differ in which one counts. Keep one.`,
            place,
            blinds,
          });
        }
        seen.add(key);
      }
    }
    for (const child of node.children ?? []) visit(child);
  };
  visit(root);
  return problems;
}

/** Offset of the bracket that goes too deep, looked for without recursion because the parser recurses. */
function firstTooDeep(text: string): number | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      for (i++; i < text.length; i++) {
        const d = text.charCodeAt(i);
        if (d === BACKSLASH) i++;
        else if (d === QUOTE || d === NEWLINE) break;
      }
    } else if (c === SLASH && text.charCodeAt(i + 1) === SLASH) {
      const end = text.indexOf('\n', i);
      i = end === -1 ? text.length : end;
    } else if (c === SLASH && text.charCodeAt(i + 1) === STAR) {
      const end = text.indexOf('*/', i + 2);
      i = end === -1 ? text.length : end + 1;
    } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (++depth > DEEPEST) return i;
    } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) depth--;
  }
  return undefined;
}

const [QUOTE, BACKSLASH, NEWLINE, SLASH, STAR, OPEN_BRACE, OPEN_BRACKET, CLOSE_BRACE, CLOSE_BRACKET] = [
  34, 92, 10, 47, 42, 123, 91, 125, 93,
];

/** "CommaExpected" → "comma expected" */
function plain(code: string): string {
  return code.replace(/(?<=.)([A-Z])/g, ' $1').toLowerCase();
}
