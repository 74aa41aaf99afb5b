import type { Place } from '../types.ts';
import { arrayNode, type Draft, field, isTooLarge, objectNode, report, type Source, sourceOf, textNode, treeOf } from './draft.ts';
import { gathered, type Occurrence } from './gather.ts';
import { DEEPEST } from './limits.ts';
import type { TextTree } from './tree.ts';

/**
 * Reads the rules of Firestore and Cloud Storage:
 * {"service": [{"match": [{"allow": [{"methods": ["read", "write"], "condition": "request.auth != null"}]}]}]}, with the service's name or
 * the path as label. A condition is single-spaced, without comments and outer brackets, and 'true' when there is none; calls of functions
 * of this text that only return true or false are replaced by that. Functions stand beside: {"function": [{"name", "returns"}]}.
 */
export function readFirebaseRules(text: string, side: Place['side']): TextTree {
  const source = sourceOf('firebase-rules', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const c: Cursor = { source, text: withoutComments(text), at: 0, depth: 0, tooDeep: false, constants: constantsOf(text) };
  const root = objectNode([...gathered(readBody(c)), ...functionsOf(c.text)], 0, text.length);
  return treeOf(source, c.tooDeep ? undefined : root);
}

type Cursor = {
  readonly source: Source;
  readonly text: string;
  at: number;
  depth: number;
  tooDeep: boolean;
  /** Functions without parameters that only return true or false. */
  readonly constants: ReadonlyMap<string, string>;
};

/** Comments as spaces, so that everything stays where it is. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?/g, (found) =>
    found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found,
  );
}

/** Functions that do nothing but return. */
function functionsOf(text: string): Draft[] {
  const found = returningIn(text).map(({ name, returns, start, end, at }) =>
    objectNode(
      [field('name', textNode(name, start, end)), field('returns', textNode(returns.replace(/\s+/g, ' '), at, at + returns.length))],
      start,
      end,
    ),
  );
  return found.length === 0 ? [] : [field('function', arrayNode(found, 0, text.length))];
}

function constantsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    returningIn(text).flatMap(({ name, parameters, returns }) => {
      const value = /^\(?(true|false)\)?$/.exec(returns.replace(/\s/g, ''))?.[1];
      return value === undefined || parameters.trim() !== '' ? [] : [[name, value]];
    }),
  );
}

type Returning = {
  readonly name: string;
  readonly parameters: string;
  readonly returns: string;
  /** Of the function, and `at` of what it returns. */
  readonly start: number;
  readonly end: number;
  readonly at: number;
};

function returningIn(text: string): readonly Returning[] {
  // No two stretches that may both be spaces stand next to each other, so that no text makes it slow.
  const pattern = /\bfunction\s+(\w+)\s*\(([^()]*)\)\s*\{\s*return\b([^;{}]*)(?:;\s*)?\}/dg;
  return [...text.matchAll(pattern)].map(({ 0: whole, 1: name = '', 2: parameters = '', 3: body = '', index, indices }) => {
    const at = (indices?.[3]?.[0] ?? index) + body.length - body.trimStart().length;
    return { name, parameters, returns: body.trim(), start: index, end: index + whole.length, at };
  });
}

function readBody(c: Cursor): readonly Occurrence[] {
  const found: Occurrence[] = [];
  for (;;) {
    const sign = nextSign(c);
    if (sign === '' || (sign === '}' && c.depth > 0)) return found;
    const start = c.at;
    const word = take(c, /[\w.]+/y);
    if (word === 'service' || word === 'match') found.push(readBlock(c, word, start));
    else if (word === 'allow') found.push(readAllow(c, start));
    else if (word === 'function') skipFunction(c);
    else if (word !== undefined) take(c, /[^;{}\n]*;?/y);
    else {
      if (sign !== ';') wrong(c, start, start + 1, `"${sign}" is not expected here`);
      c.at++;
    }
  }
}

function readBlock(c: Cursor, word: string, start: number): Occurrence {
  const key = textNode(word, start, c.at);
  nextSign(c);
  // In a path, braces hold a name: /users/{id}.
  const label = take(c, /(?:\{[\w=*\s]*\}|\$\([^)\n]*\)|[^\s{};])+/y) ?? '';
  nextSign(c);
  let inside: readonly Occurrence[] = [];
  if (c.text.charAt(c.at) === '{') {
    const brace = c.at++;
    if (++c.depth > DEEPEST) {
      if (!c.tooDeep) report(c.source, 'too-deep', brace, brace + 1, `is nested more than ${DEEPEST} levels deep. Flatten it.`);
      c.tooDeep = true;
      c.at = c.text.length;
    }
    inside = readBody(c);
    c.depth--;
    if (c.text.charAt(c.at) === '}') c.at++;
    else wrong(c, brace, brace + 1, 'a block that is not closed');
  } else wrong(c, start, c.at, `"${word}" without a block`);
  return { key, value: { ...objectNode(gathered(inside), start, c.at), labels: [label] } };
}

function readAllow(c: Cursor, start: number): Occurrence {
  const key = textNode('allow', start, c.at);
  const methods: Draft[] = [];
  for (;;) {
    nextSign(c);
    const at = c.at;
    const method = take(c, /\w+/y);
    if (method === undefined) break;
    methods.push(textNode(method, at, c.at));
    if (nextSign(c) !== ',') break;
    c.at++;
  }
  let condition = textNode('true', start, c.at);
  if (c.text.charAt(c.at) === ':') {
    c.at++;
    nextSign(c);
    take(c, /if\b/y);
    nextSign(c);
    condition = readCondition(c);
  }
  if (nextSign(c) === ';') c.at++;
  const end = Math.max(condition.offset + condition.length, methods.at(-1)?.offset ?? start);
  const properties = [field('methods', arrayNode(methods, methods[0]?.offset ?? start, end)), field('condition', condition)];
  return { key, value: objectNode(properties, start, end) };
}

function readCondition(c: Cursor): Draft {
  const start = c.at;
  const brackets: string[] = [];
  for (; c.at < c.text.length; c.at++) {
    const sign = c.text.charAt(c.at);
    if (sign === '"' || sign === "'")
      c.at += Math.max(0, (peek(c, sign === '"' ? /"(?:[^"\\\n]|\\.)*"?/y : /'(?:[^'\\\n]|\\.)*'?/y)?.length ?? 1) - 1);
    else if (sign === ';' || sign === '}') break;
    else if (sign === '(' || sign === '[') brackets.push(sign);
    else if (sign === ')' || sign === ']') brackets.pop();
    else if (sign === '\n' && brackets.length === 0 && peek(c, /\n[ \t]*(?:allow|match|function)\b/y) !== undefined) break;
  }
  const written = c.text.slice(start, c.at).trimEnd();
  const node = textNode(simple(written, c.constants), start, start + written.length);
  return node.value === written ? { ...node, runs: [[0, start]] } : node;
}

function simple(written: string, constants: ReadonlyMap<string, string>): string {
  let text = written.replace(/\s+/g, ' ').trim();
  if (constants.size > 0) text = text.replace(/\b(\w+) ?\( ?\)/g, (call, name: string) => constants.get(name) ?? call);
  text = unwrapped(text);
  return /^(true == true|!false|1 == 1|true (\|\| .*|&& true))$/.test(text) ? 'true' : text;
}

/** Without the brackets that are around all of it. */
function unwrapped(text: string): string {
  let start = 0;
  let end = text.length;
  while (text.charAt(start) === '(' && text.charAt(end - 1) === ')') {
    let open = 0;
    for (let at = start; at < end - 1; at++) {
      if (text.charAt(at) === '(') open++;
      else if (text.charAt(at) === ')' && --open === 0) return text.slice(start, end);
    }
    start++;
    end--;
    while (text.charAt(start) === ' ') start++;
    while (text.charAt(end - 1) === ' ') end--;
    // Many brackets around would be walked again and again.
    if (start > 20) break;
  }
  return text.slice(start, end);
}

function skipFunction(c: Cursor): void {
  take(c, /[^{};]*/y);
  if (c.text.charAt(c.at) !== '{') return;
  c.at++;
  for (let open = 1; open > 0 && c.at < c.text.length; c.at++) {
    const sign = c.text.charAt(c.at);
    if (sign === '{') open++;
    else if (sign === '}') open--;
  }
}

function nextSign(c: Cursor): string {
  take(c, /[\s\uFEFF]+/y);
  return c.text.charAt(c.at);
}

function peek(c: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = c.at;
  return pattern.exec(c.text)?.[0];
}

function take(c: Cursor, pattern: RegExp): string | undefined {
  const found = peek(c, pattern);
  c.at += found?.length ?? 0;
  return found;
}

function wrong(c: Cursor, start: number, end: number, what: string): void {
  report(c.source, 'partly-read', start, end, `is not valid in security rules (${what}). Correct it; what follows may not have been seen.`);
}
