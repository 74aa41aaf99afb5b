import type { TreeNode } from '../read/tree.ts';
import { isPublicRange, letsInternetIn } from './addresses.ts';
import { canonicalText } from './canonical-text.ts';
import { globMatcher } from './glob.ts';
import type { Matcher, MatcherTests, Scalar } from './pack.ts';
import { type Hit, throughLists } from './hit.ts';
import { hasKnownWords, type Selected } from './select.ts';
import { compilePattern } from './pattern.ts';
import { testsOf } from './predicate-parts.ts';
import { looksSecret } from './secret-like.ts';
import { every, not, some, type Truth, truthOf } from './truth.ts';

/** Whether a matcher holds for what a path leads to, what made it hold, and the values that tell one such state from another. */
export type Match = { readonly truth: Truth; readonly hits: readonly Hit[]; readonly values: readonly string[] };

/** Tests of one value at a time; the others are about all values of the path. */
const OF_ONE_VALUE = ['is', 'in', 'matches', 'like', 'above', 'below', 'literal', 'secretLike', 'publicRange'] as const;
type ValueTest = (typeof OF_ONE_VALUE)[number];

/** Values for which another one is another risk. For the rest, in or out of the state is all there is. */
const TELLING: ReadonlySet<string> = new Set(['in', 'matches', 'like', 'secretLike', 'publicRange']);

export function matches(selected: Selected, matcher: Matcher): Match {
  const { tests, perValue, excluded, more } = shapeOf(matcher);
  const ofValues = perValue.length > 0 ? someValue(selected, tests, perValue, excluded) : undefined;
  if (!more && ofValues !== undefined) return ofValues;
  const parts: Match[] = ofValues === undefined ? [] : [ofValues];
  const all = valuesOf(selected.hits);
  const withDefault = tests.default !== undefined && !selected.unknown && present(selected.hits).length === 0;
  const given: Selected = withDefault ? { hits: [defaultHit(tests.default)], unknown: false } : selected;
  const push = (truth: Truth, hits: readonly Hit[] = [], values: readonly string[] = []): void => {
    parts.push({ truth, hits, values });
  };

  if (tests.absent !== undefined) push(absence(selected));
  if (tests.present !== undefined) push(not(absence(selected)), present(selected.hits));
  if (tests.empty !== undefined) {
    const truth = emptiness(selected);
    push(tests.empty ? truth : every([not(truth), not(absence(selected))]), selected.hits);
  }
  if (tests.size !== undefined) {
    const { above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = tests.size;
    const size = sizeOf(selected.hits);
    push(selected.unknown || unresolvedIn(all) ? 'maybe' : truthOf(size > above && size < below), selected.hits);
  }
  if (tests.openRange !== undefined) {
    const truth = openness(given, valuesOf(given.hits));
    push(tests.openRange ? truth : not(truth), all.filter(isOpen).length > 0 ? all.filter(isOpen) : all);
  }
  if (tests.not !== undefined && excluded === undefined) {
    const inner = matches(given, tests.not);
    push(not(inner.truth), selected.hits);
  }
  if (tests.any !== undefined) {
    const found = tests.any.map((each) => matches(given, each));
    const holding = found.filter(({ truth }) => truth !== 'no');
    push(
      some(found.map(({ truth }) => truth)),
      holding.flatMap(({ hits }) => hits),
      holding.flatMap(({ values }) => values),
    );
  }
  if (tests.contains !== undefined || tests.every !== undefined) {
    const items = valuesOf(given.hits);
    for (const [inner, sum, kind] of [
      [tests.contains, some, 'some'],
      [tests.every, every, 'every'],
    ] as const) {
      if (inner === undefined) continue;
      const found = items.map((hit) => ({ hit, ...matches({ hits: [hit], unknown: false }, inner) }));
      const holding = found.filter(({ truth }) => truth !== 'no');
      const truths = found.map(({ truth }) => truth);
      const truth = items.length === 0 ? 'no' : sum(truths);
      push(
        given.unknown && (kind === 'every' ? truth === 'yes' : truth === 'no') ? 'maybe' : truth,
        holding.map(({ hit }) => hit),
        kind === 'some' ? holding.map(({ hit }) => canonicalText(hit.node)) : [],
      );
    }
  }
  return {
    truth: every(parts.map(({ truth }) => truth)),
    hits: parts.flatMap(({ hits }) => hits),
    values: parts.flatMap(({ values }) => values),
  };
}

/** What a matcher asks, worked out once. `excluded`: its `not`, where that is of the same values; `more`: what is of all of them. */
type Shape = {
  readonly tests: MatcherTests;
  readonly perValue: readonly ValueTest[];
  readonly excluded: Matcher | undefined;
  readonly more: boolean;
};

const shapes = new WeakMap<object, Shape>();

function shapeOf(matcher: Matcher): Shape {
  const known = typeof matcher === 'object' && matcher !== null ? shapes.get(matcher) : undefined;
  if (known !== undefined) return known;
  const tests = testsOf(matcher);
  const perValue = OF_ONE_VALUE.filter((test) => tests[test] !== undefined);
  const excluded = perValue.length > 0 && tests.not !== undefined && isOfOneValue(tests.not) ? tests.not : undefined;
  const ofValues = new Set<string>([...OF_ONE_VALUE, 'default', ...(excluded === undefined ? [] : ['not'])]);
  const shape = { tests, perValue, excluded, more: Object.keys(tests).some((test) => !ofValues.has(test)) };
  if (typeof matcher === 'object' && matcher !== null) shapes.set(matcher, shape);
  return shape;
}

/** Does a matcher hold where it holds for some value, whatever the others are, and for no other reason? */
export function testsEachValue(matcher: Matcher): boolean {
  const { not: excluded, ...tests } = testsOf(matcher);
  return isOfOneValue(tests) && Object.keys(tests).length > 0 && (excluded === undefined || isOfOneValue(excluded));
}

/** Lists opened; nothing else. */
export function valuesOf(hits: readonly Hit[]): readonly Hit[] {
  return hits.flatMap(throughLists);
}

function someValue(selected: Selected, tests: MatcherTests, perValue: readonly ValueTest[], excluded: Matcher | undefined): Match {
  const found: { hit: Hit; truth: Truth }[] = [];
  const judge = (hit: Hit): Truth => {
    const truth = every(perValue.map((test) => valueTest(test, tests, hit.node)));
    return truth === 'no' || excluded === undefined ? truth : every([truth, not(matches({ hits: [hit], unknown: false }, excluded).truth)]);
  };
  const values = valuesOf(present(selected.hits));
  for (const hit of values) {
    const truth = judge(hit);
    if (truth !== 'no') found.push({ hit, truth });
  }
  if (values.length === 0 && !selected.unknown) {
    if (tests.default !== undefined) return { truth: judge(defaultHit(tests.default)), hits: [], values: [] };
    // A key without a value is null, and only null is equal to it.
    const nulls = valuesOf(selected.hits).filter((hit) => judge(hit) === 'yes');
    return { truth: truthOf(nulls.length > 0), hits: nulls, values: [] };
  }
  if (found.length === 0) return selected.unknown ? MAYBE : NO;
  const truth = some(found.map(({ truth: each }) => each));
  const best = truth === 'yes' ? found.filter((each) => each.truth === 'yes') : found;
  const telling = perValue.some((test) => TELLING.has(test));
  return {
    truth,
    hits: best.map(({ hit }) => hit),
    values: telling ? best.flatMap(({ hit }) => tellingTexts(hit.node, tests)) : [],
  };
}

const NO: Match = { truth: 'no', hits: [], values: [] };
const MAYBE: Match = { truth: 'maybe', hits: [], values: [] };

/** The value; of a script, the lines that match, for what else is changed in it is another matter. */
function tellingTexts(node: TreeNode, { matches: pattern }: MatcherTests): readonly string[] {
  const text = node.type === 'string' ? String(node.value) : '';
  if (pattern === undefined || !text.includes('\n')) return [canonicalText(node)];
  const lines = text.split('\n').filter((line) => compilePattern(pattern)(line));
  return lines.length === 0 ? [canonicalText(node)] : lines.map((line) => line.trim());
}

function valueTest(test: ValueTest, tests: MatcherTests, node: TreeNode): Truth {
  if (node.type === 'object' || node.type === 'array') {
    // What stands in for a value ({"Ref": …}, {"Fn::Sub": …}) is worked out elsewhere.
    return test !== 'literal' && test !== 'secretLike' && isReference(node) ? 'maybe' : 'no';
  }
  const unknown = node.unresolved === true;
  const text = String(node.value ?? '');
  switch (test) {
    case 'is':
      return unknown ? 'maybe' : truthOf(equal(node.value ?? null, tests.is ?? null));
    case 'in':
      return unknown ? 'maybe' : truthOf((tests.in ?? []).some((each) => equal(node.value ?? null, each)));
    case 'like':
      return unknown ? 'maybe' : truthOf(globsOf(tests.like).some((glob) => glob(text)));
    case 'matches':
      return patternTruth(tests.matches ?? '', text, unknown);
    case 'above':
    case 'below': {
      if (unknown) return 'maybe';
      const number = numberOf(node.value);
      if (number === undefined) return 'no';
      return truthOf(test === 'above' ? number > (tests.above ?? 0) : number < (tests.below ?? 0));
    }
    case 'literal':
      return truthOf(isLiteral(node) === (tests.literal ?? true));
    case 'secretLike':
      return truthOf((isLiteral(node) && looksSecret(text)) === (tests.secretLike ?? true));
    default:
      return unknown ? 'maybe' : truthOf(isPublicRange(text) === (tests.publicRange ?? true));
  }
}

/** What is written out decides; a part worked out elsewhere may bring in what is not. */
function patternTruth(pattern: string, text: string, unknown: boolean): Truth {
  const compiled = compilePattern(pattern);
  if (!unknown) return truthOf(compiled(text));
  // A pattern that names the braces asks for the reference itself.
  if (/\\\{|\[\{/.test(pattern)) return truthOf(compiled(text));
  if (compiled(text.replace(/\$\{[^}]*\}/g, '\u0001'))) return 'yes';
  // Of a line of several words the known ones say enough: that one of them is filled in later makes it nothing else.
  return hasKnownWords(text) ? 'no' : 'maybe';
}

/** true ~ "true" ~ "yes", 1 ~ "1". Texts are equal letter for letter. */
export function equal(value: Scalar, wanted: Scalar): boolean {
  if (value === wanted) return true;
  if (typeof wanted === 'boolean') return booleanOf(value) === wanted;
  if (typeof value === 'boolean') return booleanOf(wanted) === value;
  if (value === null || wanted === null) return false;
  if (typeof value === 'number' || typeof wanted === 'number') return numberOf(value) !== undefined && numberOf(value) === numberOf(wanted);
  return false;
}

export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*[-+]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

function booleanOf(value: Scalar): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = String(value).toLowerCase();
  if (text === 'true' || text === 'yes' || text === 'on' || text === '1') return true;
  return text === 'false' || text === 'no' || text === 'off' || text === '0' ? false : undefined;
}

/** Written out in full, and no stand-in for something that is filled in later. */
function isLiteral(node: TreeNode): boolean {
  if (node.unresolved === true) return false;
  if (node.type === 'number') return true;
  return (
    node.type === 'string' && String(node.value).trim() !== '' && !/\$[{(]|\{\{|^\s*<[^>]*>\s*$|^\$\w+$|%\w+%/.test(String(node.value))
  );
}

/** An intrinsic function of CloudFormation, `valueFrom` of Kubernetes: one key that names where the value comes from. */
function isReference(node: TreeNode): boolean {
  const keys = (node.children ?? []).map((property) => String(property.children?.[0]?.value ?? ''));
  return node.type === 'object' && keys.length === 1 && (keys[0] === 'Ref' || keys[0]?.startsWith('Fn::') === true);
}

function globsOf(like: MatcherTests['like']): readonly ((text: string) => boolean)[] {
  const globs = typeof like === 'string' ? [like] : (like ?? []);
  return globs.map((glob) => globMatcher(glob, 'ignore case'));
}

function absence({ hits, unknown }: Selected): Truth {
  return present(hits).length > 0 ? 'no' : unknown ? 'maybe' : 'yes';
}

function present(hits: readonly Hit[]): readonly Hit[] {
  return hits.filter(({ node }) => node.type !== 'null');
}

function emptiness({ hits, unknown }: Selected): Truth {
  if (hits.length === 0) return unknown ? 'maybe' : 'no';
  return every(
    hits.map(({ node }) => {
      if (node.unresolved === true) return 'maybe';
      if (node.type === 'object' || node.type === 'array') return truthOf((node.children ?? []).length === 0);
      return truthOf(node.type === 'null' || node.value === '');
    }),
  );
}

function sizeOf(hits: readonly Hit[]): number {
  return valuesOf(hits).reduce((sum, { node }, _, all) => {
    return sum + (all.length === 1 && node.type === 'object' && hits[0]?.node === node ? (node.children ?? []).length : 1);
  }, 0);
}

function unresolvedIn(hits: readonly Hit[]): boolean {
  return hits.some(({ node }) => node.unresolved === true || isReference(node));
}

function openness(selected: Selected, values: readonly Hit[]): Truth {
  const texts = values.flatMap(({ node }) => (node.type === 'string' && node.unresolved !== true ? [String(node.value)] : []));
  if (letsInternetIn(texts)) return 'yes';
  return selected.unknown || unresolvedIn(values) ? 'maybe' : 'no';
}

function isOpen({ node }: Hit): boolean {
  return node.type === 'string' && letsInternetIn([String(node.value)]);
}

function isOfOneValue(matcher: Matcher): boolean {
  return Object.keys(testsOf(matcher)).every((test) => (OF_ONE_VALUE as readonly string[]).includes(test));
}

function defaultHit(value: Scalar | undefined): Hit {
  const type =
    value === null || value === undefined
      ? 'null'
      : typeof value === 'string'
        ? 'string'
        : typeof value === 'number'
          ? 'number'
          : 'boolean';
  return { node: { type, offset: 0, length: 0, value: value ?? null }, key: undefined, keyNode: undefined };
}
