import { isScalar } from './deferred.ts';
import { arrayNode, type Draft, objectNode, textNode } from './draft.ts';

export function isFoldedInBicep(name: string): boolean {
  return FUNCTIONS.has(name);
}

/** The result of a function of Bicep when its arguments are known; see hcl-functions.ts. */
export function foldBicep(name: string, args: readonly Draft[]): Draft | undefined {
  return FUNCTIONS.get(name)?.(args);
}

const LONGEST = 200_000;

type Fold = (args: readonly Draft[]) => Draft | undefined;

const itself: Fold = ([only]) => (only !== undefined && !(isScalar(only) && only.unresolved === true) ? only : undefined);

const FUNCTIONS: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ['any', itself],
  ['string', itself],
  ['int', itself],
  ['bool', itself],
  // The text itself is what rules and people read.
  ['base64', itself],
  ['toLower', ([only]) => changed(only, (text) => text.toLowerCase())],
  ['toUpper', ([only]) => changed(only, (text) => text.toUpperCase())],
  ['trim', ([only]) => changed(only, (text) => text.trim())],
  ['concat', concat],
  ['union', union],
  [
    'array',
    ([only]) => (only === undefined ? undefined : only.type === 'array' ? only : arrayNode([only], only.offset, only.offset + only.length)),
  ],
  [
    'createArray',
    ([first, ...more]) => (first === undefined ? undefined : arrayNode([first, ...more], first.offset, first.offset + first.length)),
  ],
  ['format', format],
]);

function changed(node: Draft | undefined, change: (text: string) => string): Draft | undefined {
  return node !== undefined && isKnown(node) ? textNode(change(String(node.value)), node.offset, node.offset + node.length) : undefined;
}

function concat(args: readonly Draft[]): Draft | undefined {
  const [first] = args;
  if (first === undefined) return undefined;
  const end = Math.max(...args.map((each) => each.offset + each.length), first.offset);
  if (args.some((each) => each.type === 'array')) {
    return arrayNode(
      args.flatMap((each) => (each.type === 'array' ? (each.children ?? []) : [each])),
      first.offset,
      end,
    );
  }
  if (!args.every(isScalar)) return undefined;
  const value = args.map((each) => String(each.value)).join('');
  if (value.length > LONGEST) return undefined;
  const node = textNode(value, first.offset, end);
  return args.every(isKnown) ? node : { ...node, unresolved: true };
}

function union(args: readonly Draft[]): Draft | undefined {
  if (args.some((each) => each.type === 'array')) return concat(args);
  const first = args.find((each) => each.type === 'object');
  if (first === undefined) return undefined;
  const members = new Map<string, Draft>();
  for (const argument of args) {
    for (const property of argument.type === 'object' ? (argument.children ?? []) : [])
      members.set(String(property.children?.[0]?.value), property);
  }
  const merged = objectNode([...members.values()], first.offset, first.offset + first.length);
  return args.every((each) => each.type === 'object') ? merged : { ...merged, unresolved: true };
}

function format([pattern, ...rest]: readonly Draft[]): Draft | undefined {
  if (pattern === undefined || !isKnown(pattern)) return undefined;
  let unresolved = false;
  const value = String(pattern.value).replace(/\{(\d+)\}/g, (_, index: string) => {
    const argument = rest[Number(index)];
    if (argument === undefined || !isKnown(argument)) unresolved = true;
    return argument !== undefined && isScalar(argument) ? String(argument.value) : '${…}';
  });
  if (value.length > LONGEST) return undefined;
  const node = textNode(value, pattern.offset, pattern.offset + pattern.length);
  return unresolved ? { ...node, unresolved: true } : node;
}

function isKnown(draft: Draft): boolean {
  return isScalar(draft) && draft.unresolved !== true;
}
