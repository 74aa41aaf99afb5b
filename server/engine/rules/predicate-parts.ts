import { type ItemPredicate, type Matcher, type MatcherTests, PREDICATE_WORDS, type Predicate, type Scalar } from './pack.ts';

/** One key of a predicate, told apart. */
export type PredicatePart =
  | { readonly kind: 'all' | 'any' | 'none'; readonly of: readonly Predicate[] }
  | { readonly kind: 'some' | 'no'; readonly items: ItemPredicate }
  | { readonly kind: 'cel'; readonly expression: string }
  | { readonly kind: 'path'; readonly path: string; readonly matcher: Matcher; readonly only: OneOf | undefined };

/** All that a path's matcher asks: that one of these words stands at this key of the item. */
export type OneOf = { readonly key: string; readonly words: readonly Scalar[] };

const known = new WeakMap<Predicate, readonly PredicatePart[]>();

/** The keys of a predicate that was checked when its pack was read. */
export function partsOf(predicate: Predicate): readonly PredicatePart[] {
  const parts = known.get(predicate) ?? Object.keys(predicate).flatMap((key) => partOf(key, predicate));
  known.set(predicate, parts);
  return parts;
}

function partOf(key: string, predicate: Predicate): readonly PredicatePart[] {
  if (!PREDICATE_WORDS.has(key)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema lets nothing but a matcher stand at a path
    const matcher = predicate[key] as Matcher;
    return [{ kind: 'path', path: key, matcher, only: oneOf(key, matcher) }];
  }
  const { all, any, none, some, no, cel } = predicate;
  if (key === 'all' && all !== undefined) return [{ kind: key, of: all }];
  if (key === 'any' && any !== undefined) return [{ kind: key, of: any }];
  if (key === 'none' && none !== undefined) return [{ kind: key, of: none }];
  if (key === 'some' && some !== undefined) return [{ kind: key, items: some }];
  if (key === 'no' && no !== undefined) return [{ kind: key, items: no }];
  return cel === undefined ? [] : [{ kind: 'cel', expression: cel }];
}

function oneOf(path: string, matcher: Matcher): OneOf | undefined {
  const tests = testsOf(matcher);
  const words = tests.in ?? (tests.is === undefined ? undefined : [tests.is]);
  return words !== undefined && Object.keys(tests).length === 1 && /^[A-Za-z]\w*$/.test(path) ? { key: path, words } : undefined;
}

/** A scalar and a list written as the tests they are short for. */
export function testsOf(matcher: Matcher): MatcherTests {
  if (isList(matcher)) return { in: matcher };
  return typeof matcher === 'object' && matcher !== null ? matcher : { is: matcher };
}

function isList(matcher: Matcher): matcher is Extract<Matcher, readonly unknown[]> {
  return Array.isArray(matcher);
}
