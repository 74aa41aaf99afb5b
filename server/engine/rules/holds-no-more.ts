import type { TreeNode } from '../read/tree.ts';
import type { Change } from './change.ts';
import { type Both, selectAfter } from './changed-items.ts';
import { matches, testsEachValue, valuesOf } from './matcher.ts';
import type { Matcher, Predicate } from './pack.ts';
import { partsOf, type PredicatePart } from './predicate-parts.ts';
import { pathMeets } from './reads.ts';

/**
 * Does a predicate hold of the item after only where it held of the one before, for nothing that it did not hold for there? Told from
 * what was changed alone, for predicates that look for values anywhere below: of one that wants some value of a kind, what the edit kept
 * says the same on both sides. False is not sure.
 */
export function holdsNoMore(predicate: Predicate | undefined, items: Both<TreeNode>, change: Change): boolean {
  return predicate !== undefined && looksAnywhere(predicate) && noMoreOf(predicate, items, change);
}

function noMoreOf(predicate: Predicate, items: Both<TreeNode>, change: Change): boolean {
  return partsOf(predicate).every((part) => noMoreOfPart(part, items, change));
}

function noMoreOfPart(part: PredicatePart, items: Both<TreeNode>, change: Change): boolean {
  switch (part.kind) {
    case 'all':
    case 'any':
      return part.of.every((each) => noMoreOf(each, items, change));
    case 'path':
      return !part.path.startsWith('^') && (!pathMeets(part.path, change) || noNewValue(part.path, part.matcher, items, change));
    case 'none':
    case 'some':
    case 'no':
    case 'cel':
      return false;
    default:
      return part satisfies never;
  }
}

/** Is there no value among those that were changed that the matcher asks for? */
function noNewValue(path: string, matcher: Matcher, items: Both<TreeNode>, change: Change): boolean {
  // A key without a value counts only where no other is left, so that taking one away may bring it in.
  if (!testsEachValue(matcher) || matches(WITHOUT_VALUE, matcher).truth !== 'no') return false;
  const after = selectAfter(path, items[1], change);
  if (after === undefined || after.unknown) return false;
  return valuesOf(after.hits).length === 0 || matches(after, matcher).truth === 'no';
}

const WITHOUT_VALUE = {
  hits: [{ node: { type: 'null', offset: 0, length: 0, value: null }, key: undefined, keyNode: undefined }],
  unknown: false,
} as const;

const known = new WeakMap<Predicate, boolean>();

/** Only then is looking at all of an item more work than looking at its change. */
function looksAnywhere(predicate: Predicate): boolean {
  const found = known.get(predicate) ?? partsOf(predicate).some(partLooksAnywhere);
  known.set(predicate, found);
  return found;
}

function partLooksAnywhere(part: PredicatePart): boolean {
  if (part.kind === 'path') return part.path.includes('**');
  return (part.kind === 'all' || part.kind === 'any') && part.of.some(looksAnywhere);
}
