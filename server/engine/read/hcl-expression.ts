import { type Later, type Step, stepInto } from './deferred.ts';
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
  if (term !== undefined) {
    const joined = readOperators(c, mode, term, start);
    if (joined !== undefined) return joined;
  } else c.at = after;
  // Any other operator: the whole of it is worked out elsewhere.
  const end = Math.max(start, skipRest(c, mode));
  const whole = c.text.slice(start, end);
  if (term !== undefined && c.text.slice(after, end).trim() === '') return term;
  return whole === '' ? { type: 'null', offset: start, length: 0, value: null, unresolved: true } : unresolvedNode(whole, start, end);
}

/** `a == b`, `a ? b : c` and both of them, with what follows read in any case; undefined where it is not one of these, or more. */
function readOperators(c: Cursor, mode: Mode, first: Draft, start: number): Draft | undefined {
  let left = first;
  const sign = c.text.slice(c.at, c.at + 2);
  if (sign === '==' || sign === '!=') {
    c.at += 2;
    skip(c, mode);
    const right = readTerm(c);
    const end = c.at;
    skip(c, mode);
    if (right === undefined) return undefined;
    left = later(c, start, end, { kind: 'call', name: sign, arguments: [first, right] });
    if (isOver(c, mode)) {
      c.at = end;
      return left;
    }
  }
  const conditions = c.conditions ?? 0;
  if (c.text.charCodeAt(c.at) !== 63 || conditions >= MOST_CONDITIONS) return undefined;
  c.conditions = conditions + 1;
  const choice = readBranches(c, mode, left, start);
  c.conditions = conditions;
  return choice;
}

/** Of a longer chain the rest is worked out elsewhere. */
const MOST_CONDITIONS = 50;

function readBranches(c: Cursor, mode: Mode, condition: Draft, start: number): Draft | undefined {
  c.at++;
  const outer = c.inBranch === true;
  c.inBranch = true;
  const yes = readExpression(c, mode);
  skip(c, mode);
  c.inBranch = outer;
  if (c.text.charCodeAt(c.at) !== 58) return undefined;
  c.at++;
  const no = readExpression(c, mode);
  return later(c, start, c.at, { kind: 'choice', condition, yes, no });
}

function later(c: Cursor, start: number, end: number, how: Later): Draft {
  const draft = unresolvedNode(c.text.slice(start, end), start, end);
  c.deferred.later.set(draft, how);
  return draft;
}

function isOver(c: Cursor, mode: Mode): boolean {
  if (c.at >= c.text.length || startsBlock(c)) return true;
  const code = c.text.charCodeAt(c.at);
  return (
    code === 44 ||
    code === 41 ||
    code === 93 ||
    code === 125 ||
    (code === 58 && c.inBranch === true) ||
    (code === 105 && c.inFor === true && /^if\b/.test(c.text.slice(c.at, c.at + 3))) ||
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
    case 33: {
      const conditions = c.conditions ?? 0;
      if (conditions >= MOST_CONDITIONS) return undefined;
      c.at++;
      skip(c, 'line');
      c.conditions = conditions + 1;
      const negated = readTerm(c);
      c.conditions = conditions;
      return negated === undefined ? undefined : later(c, start, c.at, { kind: 'call', name: '!', arguments: [negated] });
    }
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
  const bound = c.bound?.get(root);
  if (bound !== undefined && steps.every((step) => step !== undefined)) {
    const found = steps.reduce<Draft | undefined>(
      (node, step) => (node === undefined || step === undefined ? undefined : stepInto(node, step)),
      bound,
    );
    if (found !== undefined) return { ...found, offset: start, length: c.at - start };
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
  if (isFor(c)) return readFor(c);
  const items = readItems(c, 93);
  return arrayNode(items, start, c.at);
}

/**
 * `[for x in list : each]`: one item for each of a written list, and of any other list the one that it makes of all. What makes plain
 * values of a list that is not known is worked out elsewhere. An `if` is not asked.
 */
function readFor(c: Cursor): Draft {
  const start = c.at;
  FOR.lastIndex = start + 1;
  const [head = '', first = '', second] = FOR.exec(c.text) ?? [];
  c.at += 1 + head.length;
  const { inBranch = false, inFor = false, bound = new Map() } = c;
  if (!enter(c)) return unresolvedNode(c.text.slice(start, c.at), start, c.at);
  c.inBranch = true;
  c.inFor = false;
  const list = readExpression(c, 'bracket');
  skip(c, 'bracket');
  c.inBranch = false;
  const items: Draft[] = [];
  if (c.text.charCodeAt(c.at) === 58) {
    const from = ++c.at;
    const written = list.type === 'array' ? (list.children ?? []).slice(0, MOST_ITEMS) : [];
    for (const item of written.length > 0 ? written : [undefined]) {
      if (item !== written[0]) c.wasted += c.at - from;
      if (item !== written[0] && c.wasted > 2 * c.text.length) break;
      c.at = from;
      c.inFor = true;
      c.bound = item === undefined ? bound : new Map([...bound, [second ?? first, item]]);
      items.push(readExpression(c, 'bracket'));
    }
    c.inFor = false;
    c.bound = bound;
    if (written.length === 0 && items[0]?.children === undefined) items.pop();
  }
  closeBracket(c, start, 93);
  c.depth--;
  c.inBranch = inBranch;
  c.inFor = inFor;
  return items.length > 0 ? arrayNode(items, start, c.at) : unresolvedNode(c.text.slice(start, c.at), start, c.at);
}

/** Of a longer list the items are made alike. */
const MOST_ITEMS = 20;

/** Whatever is left up to behind the bracket that closes. */
function closeBracket(c: Cursor, start: number, close: number): void {
  for (;;) {
    skipRest(c, 'bracket');
    const code = c.text.charCodeAt(c.at);
    if (code === 44) c.at++;
    else {
      if (code === close) c.at++;
      else unclosed(c, start);
      return;
    }
  }
}

function isFor(c: Cursor): boolean {
  FOR.lastIndex = c.at + 1;
  return FOR.test(c.text);
}

const FOR = /\s*for\s+([\w-]+)\s*(?:,\s*([\w-]+)\s*)?in\b/y;

/** Values with commas between, from the opening bracket to behind the closing one. */
function readItems(c: Cursor, close: number): Draft[] {
  const start = c.at++;
  const items: Draft[] = [];
  if (!enter(c)) return items;
  const { inBranch = false, inFor = false } = c;
  c.inBranch = false;
  c.inFor = false;
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
  c.inBranch = inBranch;
  c.inFor = inFor;
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
  const { inBranch = false, inFor = false } = c;
  c.inBranch = false;
  c.inFor = false;
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
  c.inBranch = inBranch;
  c.inFor = inFor;
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
