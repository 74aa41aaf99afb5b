import type { Step } from './deferred.ts';
import { arrayNode, type Draft, objectNode, propertyNode, reportDuplicate, textNode, unresolvedNode } from './draft.ts';
import { type Cursor, enter, type Mode, NEWLINE, readWord, skip, startsBlock, wrong } from './hcl-cursor.ts';
import { skipBrackets, skipRest } from './hcl-skip.ts';
import { readHeredoc, readQuoted } from './hcl-template.ts';
import { isFolded } from './hcl-functions.ts';

/** A value, up to where it ends. What is more than a literal, a reference or a known function is text with `${…}`. */
export function readExpression(c: Cursor, mode: Mode): Draft {
  skip(c, mode);
  const start = c.at;
  const term = readTerm(c);
  const after = c.at;
  skip(c, mode);
  if (term !== undefined && isOver(c, mode)) {
    c.at = after;
    return term;
  }
  // An operator, an index, a condition: the whole of it is worked out elsewhere.
  c.at = after;
  const end = Math.max(start, skipRest(c, mode));
  const whole = c.text.slice(start, end);
  if (term !== undefined && c.text.slice(after, end).trim() === '') return term;
  return whole === '' ? { type: 'null', offset: start, length: 0, value: null, unresolved: true } : unresolvedNode(whole, start, end);
}

function isOver(c: Cursor, mode: Mode): boolean {
  if (c.at >= c.text.length || startsBlock(c)) return true;
  const code = c.text.charCodeAt(c.at);
  return (
    code === 44 ||
    code === 41 ||
    code === 93 ||
    code === 125 ||
    (code === NEWLINE && mode === 'line') ||
    (code === 126 && c.text.charCodeAt(c.at + 1) === 125)
  );
}

function readTerm(c: Cursor): Draft | undefined {
  const start = c.at;
  const code = c.text.charCodeAt(start);
  switch (code) {
    case 34:
      return readQuoted(c);
    case 60:
      return readHeredoc(c);
    case 91:
      return readList(c);
    case 123:
      return readObject(c);
    case 40:
      return readParentheses(c);
    default: {
      NUMBER.lastIndex = start;
      const number = NUMBER.exec(c.text)?.[0];
      if (number !== undefined) {
        c.at += number.length;
        return { type: 'number', offset: start, length: number.length, value: Number(number) };
      }
      return readNamed(c);
    }
  }
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** A keyword, a reference or a call. */
function readNamed(c: Cursor): Draft | undefined {
  const start = c.at;
  const word = readWord(c);
  if (word === undefined) return undefined;
  if (word === 'true' || word === 'false') return { type: 'boolean', offset: start, length: word.length, value: word === 'true' };
  if (word === 'null') return { type: 'null', offset: start, length: word.length, value: null };
  if (c.text.charCodeAt(c.at) === 40) return readCall(c, word, start);
  return readReference(c, word, start);
}

function readReference(c: Cursor, root: string, start: number): Draft | undefined {
  const { text } = c;
  const steps: (Step | undefined)[] = [];
  for (;;) {
    const code = text.charCodeAt(c.at);
    if (code === 46) {
      c.at++;
      STEP.lastIndex = c.at;
      const step = STEP.exec(text)?.[0];
      if (step === undefined) break;
      c.at += step.length;
      steps.push(step === '*' ? undefined : /^\d+$/.test(step) ? Number(step) : step);
    } else if (code === 91) {
      INDEX.lastIndex = c.at;
      const index = INDEX.exec(text);
      steps.push(index === null ? undefined : (index[1] ?? Number(index[2])));
      if (index === null) skipBrackets(c);
      else c.at += index[0].length;
    } else if (code === 58 && text.charCodeAt(c.at + 1) === 58) {
      // provider::name::function(…)
      c.at += 2;
      readWord(c);
      if (text.charCodeAt(c.at) === 40) skipBrackets(c);
    } else break;
  }
  const draft = unresolvedNode(text.slice(start, c.at), start, c.at);
  const [name, ...rest] = steps;
  if ((root === 'local' || root === 'var') && typeof name === 'string' && rest.every((step) => step !== undefined)) {
    c.deferred.later.set(draft, { kind: 'reference', name: `${root}.${name}`, steps: rest });
  }
  return draft;
}

const STEP = /[\p{ID_Start}_][\p{ID_Continue}-]*|\d+|\*/uy;
const INDEX = /\[[ \t]*(?:"([^"\\\n$%]*)"|(\d+))[ \t]*\]/y;

function readCall(c: Cursor, name: string, start: number): Draft {
  if (!isFolded(name)) {
    skipBrackets(c);
    return unresolvedNode(c.text.slice(start, c.at), start, c.at);
  }
  const args = readItems(c, 41);
  const draft = unresolvedNode(c.text.slice(start, c.at), start, c.at);
  c.deferred.later.set(draft, { kind: 'call', name, arguments: args });
  return draft;
}

function readParentheses(c: Cursor): Draft | undefined {
  const items = readItems(c, 41);
  return items.length === 1 ? items[0] : undefined;
}

function readList(c: Cursor): Draft {
  const start = c.at;
  if (isFor(c)) {
    skipBrackets(c);
    return unresolvedNode(c.text.slice(start, c.at), start, c.at);
  }
  const items = readItems(c, 93);
  return arrayNode(items, start, c.at);
}

function isFor(c: Cursor): boolean {
  FOR.lastIndex = c.at + 1;
  return FOR.test(c.text);
}

const FOR = /\s*for\s+[\w-]+\s*(?:,\s*[\w-]+\s*)?in\b/y;

/** Values with commas between, from the opening bracket to behind the closing one. */
function readItems(c: Cursor, close: number): Draft[] {
  const start = c.at++;
  const items: Draft[] = [];
  if (!enter(c)) return items;
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
    if (code !== 44) items.push(readExpression(c, 'bracket'));
    skip(c, 'bracket');
    // The dots of an expansion, `f(list...)`, are part of what was skipped.
    if (c.text.charCodeAt(c.at) === 44) c.at++;
    else if (c.at === before) c.at++;
  }
  c.depth--;
  return items;
}

function readObject(c: Cursor): Draft {
  const start = c.at;
  if (isFor(c)) {
    skipBrackets(c);
    return unresolvedNode(c.text.slice(start, c.at), start, c.at);
  }
  c.at++;
  const properties: Draft[] = [];
  const seen = new Set<string>();
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
    else {
      const property = readMember(c);
      if (property === undefined) {
        wrong(c, before, c.at, 'a member without "="');
        if (c.at === before) c.at++;
      } else {
        const [key] = property.children ?? [];
        if (key !== undefined && seen.has(String(key.value))) reportDuplicate(c.source, key);
        seen.add(String(key?.value));
        properties.push(property);
      }
    }
  }
  c.depth--;
  return objectNode(properties, start, c.at);
}

function readMember(c: Cursor): Draft | undefined {
  const start = c.at;
  const code = c.text.charCodeAt(start);
  let key: Draft | undefined;
  if (code === 34) key = readQuoted(c);
  else if (code === 40) key = readParentheses(c);
  else {
    KEY.lastIndex = start;
    const word = KEY.exec(c.text)?.[0];
    if (word !== undefined) {
      c.at += word.length;
      key = textNode(word, start, c.at);
    }
  }
  skip(c, 'line');
  const sign = c.text.charCodeAt(c.at);
  if (key === undefined || (sign !== 61 && sign !== 58)) {
    skipRest(c, 'line');
    return undefined;
  }
  c.at++;
  return propertyNode(key, readExpression(c, 'line'));
}

/** A reference may be a key too, in brackets or as it is. */
const KEY = /[\p{ID_Start}_][\p{ID_Continue}.-]*|\d+(?:\.\d+)?/uy;

function unclosed(c: Cursor, start: number): void {
  c.unclosed = true;
  wrong(c, start, start + 1, 'a bracket that is not closed');
}
