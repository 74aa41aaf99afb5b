import { isScalar } from './deferred.ts';
import { arrayNode, type Draft, objectNode, textNode, valueIn } from './draft.ts';

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
  (change: (text: string, ...more: readonly string[]) => string): Fold =>
  ([first, ...more]) => {
    if (first === undefined || !isKnown(first) || !more.every(isKnown)) return undefined;
    const changed = change(String(first.value), ...more.map((each) => String(each.value)));
    return changed.length > LONGEST ? undefined : textNode(changed, first.offset, first.offset + first.length);
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
    ofText((text, from, to) => (from === undefined || to === undefined || /^\/.*\/$/.test(from) ? text : text.replaceAll(from, () => to))),
  ],
  ['trimprefix', ofText((text, prefix = '') => (text.startsWith(prefix) ? text.slice(prefix.length) : text))],
  ['trimsuffix', ofText((text, suffix = '') => (suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text))],
  ['split', split],
  ['coalesce', (args) => (args[0] !== undefined && isKnown(args[0]) ? args[0] : undefined)],
  ['try', (args) => (args[0] !== undefined && !isUnknown(args[0]) ? args[0] : undefined)],
  ['element', ([list, index]) => (list?.type === 'array' && typeof index?.value === 'number' ? list.children?.[index.value] : undefined)],
  ['lookup', ([map, key]) => (map?.type === 'object' && key !== undefined && isKnown(key) ? valueIn(map, String(key.value)) : undefined)],
]);

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
