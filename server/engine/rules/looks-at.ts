import type { PackRule, Predicate } from './pack.ts';
import { partsOf } from './predicate-parts.ts';

const known = new WeakMap<PackRule, boolean>();

const bodyPaths = new WeakMap<PackRule, readonly string[]>();

/** What a rule looks at in the declaration around its items. */
export function pathsFromBody(rule: PackRule): readonly string[] {
  const paths = bodyPaths.get(rule) ?? [...pathsOf(rule.when), ...pathsOf(rule.was), rule.at ?? ''].filter((path) => path.startsWith('^'));
  bodyPaths.set(rule, paths);
  return paths;
}

/** Does what a rule says of an item hang on the item alone, and not on the declaration around it? */
export function looksOnlyAtItems(rule: PackRule): boolean {
  const answer =
    known.get(rule) ??
    [...pathsOf(rule.when), ...pathsOf(rule.was), rule.at ?? ''].every((path) => !path.startsWith('^') && path !== '@key');
  known.set(rule, answer);
  return answer;
}

function pathsOf(predicate: Predicate | undefined): readonly string[] {
  if (predicate === undefined) return [];
  return partsOf(predicate).flatMap((part): readonly string[] => {
    switch (part.kind) {
      case 'path':
        return [part.path];
      case 'some':
      case 'no':
        return [part.items.each, ...pathsOf(part.items.when)];
      case 'cel':
        return [];
      default:
        return part.of.flatMap(pathsOf);
    }
  });
}
