import { type ItemPredicate, type Matcher, type MatcherTests, PREDICATE_WORDS, type Predicate } from './pack.ts';

/** One key of a predicate, told apart. */
export type PredicatePart =
  | { readonly kind: 'all' | 'any' | 'none'; readonly of: readonly Predicate[] }
  | { readonly kind: 'some' | 'no'; readonly items: ItemPredicate }
  | { readonly kind: 'cel'; readonly expression: string }
  | { readonly kind: 'path'; readonly path: string; readonly matcher: Matcher };

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
    return [{ kind: 'path', path: key, matcher: predicate[key] as Matcher }];
  }
  const { all, any, none, some, no, cel } = predicate;
  if (key === 'all' && all !== undefined) return [{ kind: key, of: all }];
  if (key === 'any' && any !== undefined) return [{ kind: key, of: any }];
  if (key === 'none' && none !== undefined) return [{ kind: key, of: none }];
  if (key === 'some' && some !== undefined) return [{ kind: key, items: some }];
  if (key === 'no' && no !== undefined) return [{ kind: key, items: no }];
  return cel === undefined ? [] : [{ kind: 'cel', expression: cel }];
}

/** A scalar and a list written as the tests they are short for. */
export function testsOf(matcher: Matcher): MatcherTests {
  if (isList(matcher)) return { in: matcher };
  return typeof matcher === 'object' && matcher !== null ? matcher : { is: matcher };
}

function isList(matcher: Matcher): matcher is Extract<Matcher, readonly unknown[]> {
  return Array.isArray(matcher);
}
