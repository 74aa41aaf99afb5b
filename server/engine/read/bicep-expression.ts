import { isFoldedInBicep } from './bicep-functions.ts';
import { skipText, skipValue } from './bicep-skip.ts';
import { readText, unclosed } from './bicep-text.ts';
import type { Step } from './deferred.ts';
import { arrayNode, type Draft, objectNode, propertyNode, reportDuplicate, textNode, unresolvedNode } from './draft.ts';
import { gathered, type Occurrence } from './gather.ts';
import { type Cursor, enter, type Mode, NEWLINE, readWord, skip, skipLine, startsBlock, wrong } from './hcl-cursor.ts';

/** A value, up to where it ends; with `term`, only its first term. */
export function readValue(c: Cursor, mode: Mode, how: 'whole' | 'term' = 'whole'): Draft {
  skip(c, mode);
  const start = c.at;
  const term = readTerm(c);
  if (how === 'term' && term !== undefined) return term;
  const after = c.at;
  skip(c, mode);
  if (term !== undefined && isOver(c, mode)) {
    c.at = after;
    return term;
  }
  const choice = term === undefined ? undefined : readChoice(c, mode, term, start);
  if (choice !== undefined) return choice;
  c.at = after;
  const whole = c.text.slice(start, Math.max(start, skipValue(c, mode)));
  if (term !== undefined && c.text.slice(after, start + whole.length).trim() === '') return term;
  return whole === ''
    ? { type: 'null', offset: start, length: 0, value: null, unresolved: true }
    : unresolvedNode(whole, start, start + whole.length);
}

/** `condition ? yes : no`, from behind the first term of the condition. Undefined where something else follows. */
function readChoice(c: Cursor, mode: Mode, term: Draft, start: number): Draft | undefined {
  let condition = term;
  for (let more = 0; more < MOST_TERMS; more++) {
    OPERATOR.lastIndex = c.at;
    const sign = OPERATOR.exec(c.text)?.[0];
    if (sign === undefined) break;
    c.at += sign.length;
    skip(c, mode);
    if (readTerm(c) === undefined) return undefined;
    condition = unresolvedNode(c.text.slice(start, c.at), start, c.at);
    skip(c, mode);
  }
  if (!isMark(c, mode, '?') || c.text.charAt(c.at + 1) === '?') return undefined;
  c.at++;
  const yes = readValue(c, mode, 'term');
  skip(c, mode);
  if (!isMark(c, mode, ':')) return undefined;
  c.at++;
  if (!enter(c)) return undefined;
  const no = readValue(c, mode);
  c.depth--;
  if (isSameScalar(yes, no)) return yes;
  const draft = unresolvedNode(c.text.slice(start, c.at), start, c.at);
  c.deferred.later.set(draft, { kind: 'choice', condition, yes, no });
  return draft;
}

const MOST_TERMS = 20;
const OPERATOR = /(?:==|!=|=~|!~|&&|\|\||<=?|>=?)(?!\s*\n\s*\n)/y;

/** Also on the next line. */
function isMark(c: Cursor, mode: Mode, mark: string): boolean {
  if (mode === 'line') {
    const next = /\s*/y;
    next.lastIndex = c.at;
    const space = next.exec(c.text)?.[0].length ?? 0;
    if (c.text.charAt(c.at + space) === mark) c.at += space;
  }
  return c.text.charAt(c.at) === mark;
}

/** Whatever the condition is, it makes no difference. */
function isSameScalar(one: Draft, other: Draft): boolean {
  const isPlain = (each: Draft): boolean => each.children === undefined && each.unresolved !== true && each.type !== 'null';
  return isPlain(one) && isPlain(other) && one.type === other.type && one.value === other.value;
}

function isOver(c: Cursor, mode: Mode): boolean {
  if (c.at >= c.text.length || startsBlock(c)) return true;
  const code = c.text.charCodeAt(c.at);
  if (code === NEWLINE && mode === 'line') {
    CARRIED.lastIndex = c.at;
    return !CARRIED.test(c.text);
  }
  return code === 44 || code === 41 || code === 93 || code === 125;
}

const CARRIED = /\n[ \t]*(?:\?|:|&&|\|\||==|!=|[+*%.](?!\.)|[<>])/y;

function readTerm(c: Cursor): Draft | undefined {
  const start = c.at;
  const sign = c.text.charAt(start);
  if (sign === "'") return readText(c);
  if (sign === '[') return readArray(c);
  if (sign === '{') return readObject(c);
  if (sign === '(') {
    const items = readItems(c, 41);
    return items.length === 1 ? items[0] : undefined;
  }
  NUMBER.lastIndex = start;
  const number = NUMBER.exec(c.text)?.[0];
  if (number !== undefined) {
    c.at += number.length;
    return { type: 'number', offset: start, length: number.length, value: Number(number) };
  }
  const word = readWord(c);
  if (word === undefined) return undefined;
  if (word === 'true' || word === 'false') return { type: 'boolean', offset: start, length: word.length, value: word === 'true' };
  if (word === 'null') return { type: 'null', offset: start, length: word.length, value: null };
  if (word === 'if') return readConditional(c);
  return c.text.charAt(c.at) === '(' ? readCall(c, word, start) : readReference(c, word, start);
}

const NUMBER = /-?\d+/y;

/** `if (condition) { … }`: the body, with the condition as a member. */
function readConditional(c: Cursor): Draft | undefined {
  skip(c, 'line');
  const start = c.at;
  if (c.text.charAt(start) !== '(') return undefined;
  skipBracketed(c);
  const condition = unresolvedNode(c.text.slice(start + 1, c.at - 1).trim(), start, c.at);
  skip(c, 'line');
  const body = c.text.charAt(c.at) === '{' ? readObject(c) : undefined;
  if (body === undefined) return undefined;
  return {
    ...body,
    children: [
      ...(body.children ?? []),
      propertyNode(textNode('condition', condition.offset, condition.offset + condition.length), condition),
    ],
  };
}

function readReference(c: Cursor, root: string, start: number): Draft {
  const steps: Step[] = [];
  STEP.lastIndex = c.at;
  for (let match = STEP.exec(c.text); match !== null; match = STEP.exec(c.text)) {
    steps.push(match[1] ?? match[2] ?? Number(match[3]));
    c.at += match[0].length;
    STEP.lastIndex = c.at;
  }
  const draft = unresolvedNode(c.text.slice(start, c.at), start, c.at);
  c.deferred.later.set(draft, { kind: 'reference', name: root, steps });
  return draft;
}

const STEP = /\.\??(\w+)(?!\()|\[\??'([^'\\\n$]*)'\]|\[(\d+)\]/y;

function readCall(c: Cursor, name: string, start: number): Draft {
  if (!isFoldedInBicep(name)) {
    skipBracketed(c);
    return unresolvedNode(c.text.slice(start, c.at), start, c.at);
  }
  const args = readItems(c, 41);
  const draft = unresolvedNode(c.text.slice(start, c.at), start, c.at);
  c.deferred.later.set(draft, { kind: 'call', name, arguments: args });
  return draft;
}

function readArray(c: Cursor): Draft {
  const start = c.at;
  FOR.lastIndex = start;
  const loop = FOR.exec(c.text)?.[0];
  if (loop === undefined) {
    const items = readItems(c, 93);
    return arrayNode(items, start, c.at);
  }
  // [for x in list: body] is read as the list of its one body, in which x stays unresolved.
  c.at += loop.length;
  if (!enter(c)) return arrayNode([], start, c.at);
  skipList(c);
  const body = readValue(c, 'bracket');
  skip(c, 'bracket');
  if (c.text.charAt(c.at) === ']') c.at++;
  else unclosed(c, start);
  c.depth--;
  return arrayNode([body], start, c.at);
}

const FOR = /\[\s*for\s+(?:\w+|\(\s*\w+\s*,\s*\w+\s*\))\s+in\s+/y;

/** What is looped over, up to behind its colon. */
function skipList(c: Cursor): void {
  const { text } = c;
  let open = 0;
  while (c.at < text.length) {
    const sign = text.charAt(c.at);
    if (sign === "'") {
      skipText(c);
      continue;
    }
    if ('([{'.includes(sign)) open++;
    else if (')]}'.includes(sign) && open-- === 0) return;
    else if (sign === ':' && open === 0) {
      c.at++;
      return;
    }
    c.at++;
  }
}

function readItems(c: Cursor, close: number): Draft[] {
  const start = c.at++;
  const items: Draft[] = [];
  if (!enter(c)) return items;
  const mode: Mode = close === 93 ? 'line' : 'bracket';
  for (;;) {
    skip(c, 'bracket');
    const code = c.text.charCodeAt(c.at);
    if (code === close) {
      c.at++;
      break;
    }
    if (c.at >= c.text.length || startsBlock(c) || code === 125 || code === 93 || code === 41) {
      unclosed(c, start);
      break;
    }
    const before = c.at;
    if (code === 44) c.at++;
    else {
      if (c.text.startsWith('...', c.at)) c.at += 3;
      items.push(readValue(c, mode));
    }
    if (c.at === before) c.at++;
  }
  c.depth--;
  return items;
}

function readObject(c: Cursor): Draft {
  const start = c.at++;
  const properties: Draft[] = [];
  const nested: Occurrence[] = [];
  const seen = new Set<string>();
  let unresolved = false;
  if (!enter(c)) return objectNode(properties, start, c.at);
  for (;;) {
    skip(c, 'bracket');
    const code = c.text.charCodeAt(c.at);
    if (code === 125) {
      c.at++;
      break;
    }
    if (c.at >= c.text.length || startsBlock(c) || code === 93 || code === 41) {
      unclosed(c, start);
      break;
    }
    const before = c.at;
    if (code === 44) c.at++;
    else if (c.text.startsWith('...', c.at)) {
      c.at += 3;
      const spread = readValue(c, 'line');
      if (spread.type === 'object') properties.push(...(spread.children ?? []));
      else unresolved = true;
    } else if (code === 64) skipLine(c);
    else {
      const property = readMember(c, nested);
      if (property !== undefined) {
        const [key] = property.children ?? [];
        if (key !== undefined && seen.has(String(key.value))) reportDuplicate(c.source, key);
        seen.add(String(key?.value));
        properties.push(property);
      }
    }
    if (c.at === before) c.at++;
  }
  c.depth--;
  const object = objectNode([...properties, ...gathered(nested)], start, c.at);
  return unresolved ? { ...object, unresolved: true } : object;
}

function readMember(c: Cursor, nested: Occurrence[]): Draft | undefined {
  const start = c.at;
  const word = c.text.charAt(start) === "'" ? undefined : readWord(c);
  const key = word === undefined ? (c.text.charAt(start) === "'" ? readText(c) : undefined) : textNode(word, start, c.at);
  skip(c, 'line');
  if (word === 'resource' && key !== undefined && c.text.charAt(c.at) !== ':') {
    const resource = readNested(c, key);
    if (resource !== undefined) nested.push(resource);
    return undefined;
  }
  if (key === undefined || c.text.charAt(c.at) !== ':') {
    wrong(c, start, Math.max(start + 1, c.at), 'a member without ":"');
    skipValue(c, 'line');
    return undefined;
  }
  c.at++;
  return propertyNode(key, readValue(c, 'line'));
}

/** `resource name 'type' = { … }` in the body of another. */
function readNested(c: Cursor, key: Draft): Occurrence | undefined {
  const name = readWord(c);
  skip(c, 'line');
  if (name === undefined || c.text.charAt(c.at) !== "'") return undefined;
  const type = readText(c);
  skip(c, 'line');
  const at = c.at;
  const existing = readWord(c) === 'existing';
  skip(c, 'line');
  if (c.text.charAt(c.at) === '=') c.at++;
  const value = readValue(c, 'line');
  const body = value.type === 'array' ? value.children?.[0] : value;
  const mark: Draft = { type: 'boolean', offset: at, length: 8, value: true };
  const properties = [
    ...typeFields(type),
    ...(body?.children ?? []),
    ...(existing ? [propertyNode(textNode('existing', at, at + 8), mark)] : []),
  ];
  return { key, value: { ...objectNode(properties, key.offset, c.at), labels: [name, String(type.value)] } };
}

/** 'Microsoft.Storage/storageAccounts@2023-01-01' as type and version. */
export function typeFields(type: Draft): Draft[] {
  const [name = '', version] = String(type.value).split('@', 2);
  const named = (key: string, value: string): Draft =>
    propertyNode(textNode(key, type.offset, type.offset + type.length), textNode(value, type.offset, type.offset + type.length));
  return [named('type', name), ...(version === undefined ? [] : [named('apiVersion', version)])];
}

function skipBracketed(c: Cursor): void {
  const start = c.at++;
  for (;;) {
    skipValue(c, 'bracket');
    if (c.text.charAt(c.at) === ',') c.at++;
    else {
      if (c.text.charAt(c.at) === ')') c.at++;
      else unclosed(c, start);
      return;
    }
  }
}
