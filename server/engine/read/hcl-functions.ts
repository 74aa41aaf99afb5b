import { isScalar } from './deferred.ts';
import { arrayNode, type Draft, objectNode, propertyNode, textNode, valueIn } from './draft.ts';

/** Is this a function whose result is worked out when its arguments are known? */
export function isFolded(name: string): boolean {
  return FUNCTIONS.has(name);
}

/**
 * The result of a function, made of the nodes of its arguments, so that they keep their places; undefined when it is not known.
 * A merge or a list of known and unknown parts keeps what is known and is unresolved.
 */
export function fold(name: string, args: readonly Draft[]): Draft | undefined {
  return FUNCTIONS.get(name)?.(args);
}

type Fold = (args: readonly Draft[]) => Draft | undefined;

const itself: Fold = ([only]) => (only === undefined || isUnknown(only) ? undefined : only);
const lists: Fold = (args) => {
  const [first] = args;
  if (first === undefined || !args.some((each) => each.type === 'array')) return undefined;
  const items = args.flatMap((each) => (each.type === 'array' ? (each.children ?? []) : [each]));
  return arrayNode(items, first.offset, Math.max(first.offset, endOf(args)));
};
const ofText =
  (change: (text: string, ...more: readonly string[]) => string | undefined): Fold =>
  ([first, ...more]) => {
    if (first === undefined || !isKnown(first) || !more.every(isKnown)) return undefined;
    const changed = change(String(first.value), ...more.map((each) => String(each.value)));
    return changed === undefined || changed.length > LONGEST ? undefined : textNode(changed, first.offset, first.offset + first.length);
  };

/** `replace` and `join` over and over could make a text grow without end. */
const LONGEST = 200_000;

const FUNCTIONS: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ['jsonencode', ([only]) => (only?.type === 'object' || only?.type === 'array' ? only : undefined)],
  ['yamlencode', ([only]) => (only?.type === 'object' || only?.type === 'array' ? only : undefined)],
  ...[
    'tolist',
    'toset',
    'tomap',
    'tostring',
    'tonumber',
    'tobool',
    'sensitive',
    'nonsensitive',
    'distinct',
    'sort',
    'compact',
    'reverse',
  ].map((name): [string, Fold] => [name, itself]),
  ['concat', lists],
  ['setunion', lists],
  ['flatten', ([only]) => (only?.type === 'array' ? (lists(only.children ?? []) ?? only) : undefined)],
  ['merge', merge],
  ['format', format],
  ['join', join],
  // The text itself is what rules and people read; what it is encoded as says nothing.
  ['base64encode', itself],
  ['base64gzip', itself],
  ['base64decode', ofText((text) => Buffer.from(text, 'base64').toString('utf8'))],
  ['lower', ofText((text) => text.toLowerCase())],
  ['upper', ofText((text) => text.toUpperCase())],
  ['trimspace', ofText((text) => text.trim())],
  ['chomp', ofText((text) => text.replace(/[\r\n]+$/, ''))],
  [
    'replace',
    // Between slashes stands a pattern, which is not asked here.
    ofText((text, from, to) =>
      from === undefined || to === undefined || /^\/.*\/$/.test(from) ? undefined : text.replaceAll(from, () => to),
    ),
  ],
  ['trimprefix', ofText((text, prefix = '') => (text.startsWith(prefix) ? text.slice(prefix.length) : text))],
  ['trimsuffix', ofText((text, suffix = '') => (suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text))],
  ['split', split],
  ['coalesce', firstThat((each) => each.type !== 'null' && each.value !== '', isKnown)],
  [
    'coalescelist',
    firstThat(
      (each) => (each.children ?? []).length > 0,
      (each) => each.type === 'array',
    ),
  ],
  ['try', (args) => (args[0] !== undefined && !isUnknown(args[0]) ? args[0] : undefined)],
  [
    'element',
    ([list, index]) => {
      const items = list?.type === 'array' ? (list.children ?? []) : [];
      return typeof index?.value === 'number' && items.length > 0 ? items[index.value % items.length] : undefined;
    },
  ],
  ['slice', slice],
  ['keys', ([map]) => ofMembers(map, 0)],
  ['values', ([map]) => ofMembers(map, 1)],
  ['one', ([list]) => (list?.type === 'array' && list.children?.length === 1 ? list.children[0] : undefined)],
  ['substr', ofText((text, from, length) => substr(text, Number(from), Number(length)))],
  ['trim', ofText((text, cut = '') => trim(text, cut))],
  ['strrev', ofText((text) => Array.from(text).toReversed().join(''))],
  ['jsondecode', ([text]) => (text !== undefined && isKnown(text) ? decoded(String(text.value), text) : undefined)],
  ['cidrsubnet', ([prefix, bits, number]) => subnet([prefix, bits, number])],
  ['!', ([only]) => (only !== undefined && isKnown(only) ? truth(only, !isTrue(only)) : undefined)],
  [
    '==',
    ([a, b]) =>
      a !== undefined && b !== undefined && isKnown(a) && isKnown(b) ? truth(a, String(a.value) === String(b.value)) : undefined,
  ],
  [
    '!=',
    ([a, b]) =>
      a !== undefined && b !== undefined && isKnown(a) && isKnown(b) ? truth(a, String(a.value) !== String(b.value)) : undefined,
  ],
  ['alltrue', ([list]) => ofTruths(list, (items) => items.every(isTrue))],
  ['anytrue', ([list]) => ofTruths(list, (items) => items.some(isTrue))],
  ['lookup', ([map, key]) => (map?.type === 'object' && key !== undefined && isKnown(key) ? valueIn(map, String(key.value)) : undefined)],
]);

/** The first argument that says something; undefined where one before it is not known. */
function firstThat(says: (each: Draft) => boolean, known: (each: Draft) => boolean): Fold {
  return (args) => {
    for (const each of args) {
      if (each.type !== 'null' && !known(each)) return undefined;
      if (says(each)) return each;
    }
    return undefined;
  };
}

function slice([list, from, to]: readonly Draft[]): Draft | undefined {
  if (list?.type !== 'array' || typeof from?.value !== 'number' || typeof to?.value !== 'number') return undefined;
  return arrayNode((list.children ?? []).slice(from.value, to.value), list.offset, list.offset + list.length);
}

function ofMembers(map: Draft | undefined, part: 0 | 1): Draft | undefined {
  if (map?.type !== 'object' || map.unresolved === true) return undefined;
  const items = (map.children ?? []).flatMap((each) => each.children?.[part] ?? []);
  return arrayNode(items, map.offset, map.offset + map.length);
}

function substr(text: string, from: number, length: number): string | undefined {
  if (!Number.isInteger(from) || !Number.isInteger(length)) return undefined;
  const letters = Array.from(text);
  const start = from < 0 ? Math.max(0, letters.length + from) : from;
  return letters.slice(start, length < 0 ? undefined : start + length).join('');
}

function trim(text: string, cut: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && cut.includes(text.charAt(start))) start++;
  while (end > start && cut.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** What a JSON text stands for; all of it stands where the text stands. */
function decoded(text: string, at: Draft): Draft | undefined {
  const made = (value: unknown, depth = 0): Draft => {
    if (depth > DEEPEST_JSON) throw new RangeError('nested too deep');
    if (Array.isArray(value))
      return arrayNode(
        value.map((each) => made(each, depth + 1)),
        at.offset,
        at.offset + at.length,
      );
    if (typeof value === 'object' && value !== null) {
      const members = Object.entries(value).map(([key, each]) =>
        propertyNode(textNode(key, at.offset, at.offset + at.length), made(each, depth + 1)),
      );
      return objectNode(members, at.offset, at.offset + at.length);
    }
    if (typeof value === 'string') return textNode(value, at.offset, at.offset + at.length);
    const type = typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'null';
    return { type, offset: at.offset, length: at.length, value: typeof value === 'number' || typeof value === 'boolean' ? value : null };
  };
  try {
    return made(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const DEEPEST_JSON = 50;

/** A network of version 4 within another. */
function subnet([prefix, bits, number]: readonly (Draft | undefined)[]): Draft | undefined {
  const range = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(String(prefix?.value));
  if (range === null || prefix === undefined || typeof bits?.value !== 'number' || typeof number?.value !== 'number') return undefined;
  const length = Number(range[5]) + bits.value;
  if (length > 32 || number.value < 0 || number.value >= 2 ** bits.value) return undefined;
  const start = range.slice(1, 5).reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - length);
  const at = Math.floor(start / 2 ** (32 - Number(range[5]))) * 2 ** (32 - Number(range[5])) + number.value * size;
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(at / 2 ** shift) % 256);
  return textNode(`${parts.join('.')}/${length}`, prefix.offset, prefix.offset + prefix.length);
}

function truth(at: Draft, value: boolean): Draft {
  return { type: 'boolean', offset: at.offset, length: at.length, value };
}

function isTrue({ value }: Draft): boolean {
  return value === true || value === 'true';
}

function ofTruths(list: Draft | undefined, told: (items: readonly Draft[]) => boolean): Draft | undefined {
  const items = list?.type === 'array' ? (list.children ?? []) : undefined;
  return list === undefined || items === undefined || !items.every(isKnown) ? undefined : truth(list, told(items));
}

function merge(args: readonly Draft[]): Draft | undefined {
  const first = args.find((each) => each.type === 'object');
  if (first === undefined) return undefined;
  const members = new Map<string, Draft>();
  for (const argument of args) {
    for (const property of argument.type === 'object' ? (argument.children ?? []) : []) {
      const key = String(property.children?.[0]?.value);
      // Where a key stands in the result does not matter; what counts is the last.
      members.set(key, property);
    }
  }
  const merged = objectNode([...members.values()], first.offset, first.offset + first.length);
  if (args.some((each) => each.type !== 'object' && each.type !== 'null')) merged.unresolved = true;
  return merged;
}

function format(args: readonly Draft[]): Draft | undefined {
  const [pattern, ...rest] = args;
  if (pattern === undefined || !isKnown(pattern)) return undefined;
  let next = 0;
  let unresolved = false;
  const value = String(pattern.value).replace(/%(?:%|[-+ 0]*\d*(?:\.\d+)?[svdtq])/g, (verb) => {
    if (verb === '%%') return '%';
    const argument = rest[next++];
    if (argument === undefined || !isKnown(argument)) unresolved = true;
    const text = argument !== undefined && isScalar(argument) ? String(argument.value) : '${…}';
    return verb.endsWith('q') ? JSON.stringify(text) : text;
  });
  if (value.length > LONGEST) return undefined;
  const result = textNode(value, pattern.offset, pattern.offset + pattern.length);
  if (unresolved) result.unresolved = true;
  return result;
}

function join([separator, ...more]: readonly Draft[]): Draft | undefined {
  if (separator === undefined || !isKnown(separator) || more.length === 0 || !more.every((each) => each.type === 'array')) return undefined;
  const items = more.flatMap((each) => each.children ?? []);
  if (!items.every(isScalar)) return undefined;
  const value = items.map((each) => String(each.value)).join(String(separator.value));
  if (value.length > LONGEST) return undefined;
  const start = items[0]?.offset ?? separator.offset;
  const result = textNode(value, start, Math.max(start, endOf(items)));
  if (!items.every(isKnown)) result.unresolved = true;
  return result;
}

function split([separator, text]: readonly Draft[]): Draft | undefined {
  if (separator === undefined || text === undefined || !isKnown(separator) || !isKnown(text) || separator.value === '') return undefined;
  const end = text.offset + text.length;
  const parts = String(text.value).split(String(separator.value));
  return arrayNode(
    parts.map((part) => textNode(part, text.offset, end)),
    text.offset,
    end,
  );
}

function isKnown(draft: Draft): boolean {
  return isScalar(draft) && draft.unresolved !== true;
}

function isUnknown(draft: Draft): boolean {
  return draft.unresolved === true && isScalar(draft);
}

function endOf(nodes: readonly Draft[]): number {
  return Math.max(0, ...nodes.map((each) => each.offset + each.length));
}
