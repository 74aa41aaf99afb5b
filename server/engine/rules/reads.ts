import type { TreeNode } from '../read/tree.ts';
import type { Change } from './change.ts';
import type { PackRule, Predicate } from './pack.ts';
import { parsePath, type Step } from './path.ts';
import { partsOf } from './predicate-parts.ts';

/**
 * May a rule say another thing of a declaration after this change of its body than before? False only where every path that the rule
 * follows leads past what was changed: then it finds the same items by the same names, and the same answer for each, on both sides,
 * and no kind of alarm can come of that. For declarations that have the same type and name on both sides.
 */
export function mayMatter(rule: PackRule, change: Change): boolean {
  return readsOf(rule).some(({ steps, what }) => meets(steps, 0, change, what));
}

/** Does a path from the body lead to something that is changed, or that is not there on both sides? */
export function pathMeets(text: string, change: Change): boolean {
  return waysOf(text, [[]]).some((steps) => meets(steps, 0, change, 'values'));
}

/**
 * A way from the body. `names`: which items it leads to, and what they go by; `items`: whether there are any, and how many;
 * `values`: all that stands there.
 */
type Read = { readonly steps: readonly Step[]; readonly what: 'names' | 'items' | 'values' };

function meets(steps: readonly Step[], at: number, change: Change, what: Read['what']): boolean {
  const step = steps[at];
  if (change.kind === 'whole' && change.between !== undefined && !mayLeadInto(change.between, steps, at)) return false;
  // A changed item without a name goes by another one now, and all below it.
  if (change.kind === 'whole' && change.one !== undefined && what !== 'names')
    return (step === undefined && what === 'values') || meets(steps, at, change.one, what);
  // `**` finds nothing in a plain value. Elsewhere what is changed may be what stood in the way.
  if (change.kind === 'whole') return step?.kind !== 'deep' || change.holds === 'more';
  if (step === undefined && what === 'values') return true;
  if (change.kind === 'items') {
    for (const item of change.of.values()) if (meets(steps, at, item, what)) return true;
    return false;
  }
  if (step === undefined) return false;
  switch (step.kind) {
    case 'word':
      return true;
    case 'key':
      for (const [key, member] of change.of) if (step.test(key) && meets(steps, at + 1, member, what)) return true;
      return false;
    case 'deep':
      if (steps[at + 1] === undefined || meets(steps, at + 1, change, what)) return true;
      for (const member of change.of.values()) if (meets(steps, at, member, what)) return true;
      return false;
    default:
      return step satisfies never;
  }
}

/**
 * May a path lead to something in these items of a list? False is sure: then it leads to nothing in them on either side, whatever
 * they go by, and what the list keeps is the same on both.
 */
function mayLeadInto(items: readonly TreeNode[], steps: readonly Step[], at: number): boolean {
  const next = steps.slice(at).find(({ kind }) => kind !== 'deep');
  if (next?.kind !== 'key') return true;
  const keys = keysBelow(items);
  return keys === undefined || keys.some(next.test);
}

/** Every key of these things and of all below. Undefined where some of it is not known: there may be others. */
function keysBelow(items: readonly TreeNode[]): readonly string[] | undefined {
  if (keysOf.has(items)) return keysOf.get(items);
  const keys = new Set<string>();
  const found = items.every((item) => addKeys(item, keys)) ? [...keys] : undefined;
  keysOf.set(items, found);
  return found;
}

const keysOf = new WeakMap<readonly TreeNode[], readonly string[] | undefined>();

function addKeys(node: TreeNode, keys: Set<string>): boolean {
  if (node.unresolved === true) return false;
  const [key] = node.children ?? [];
  if (node.type === 'property' && key !== undefined) keys.add(String(key.value));
  return node.children?.every((child) => addKeys(child, keys)) ?? true;
}

const known = new WeakMap<PackRule, readonly Read[]>();

function readsOf(rule: PackRule): readonly Read[] {
  const found = known.get(rule);
  if (found !== undefined) return found;
  const items = rule.each === undefined ? [[]] : waysOf(rule.each, [[]]);
  const reads = [
    ...items.map((steps): Read => ({ steps, what: 'names' })),
    ...readsOfPredicate(rule.when, items),
    ...readsOfPredicate(rule.was, items),
    ...(rule.at === undefined ? [] : waysOf(rule.at, items).map((steps): Read => ({ steps, what: 'values' }))),
  ];
  known.set(rule, reads);
  return reads;
}

function readsOfPredicate(predicate: Predicate | undefined, items: Ways): readonly Read[] {
  if (predicate === undefined) return [];
  return partsOf(predicate).flatMap((part): readonly Read[] => {
    switch (part.kind) {
      case 'path':
        return waysOf(part.path, items).map((steps) => ({ steps, what: 'values' }));
      case 'some':
      case 'no': {
        const inner = waysOf(part.items.each, items);
        return [...inner.map((steps): Read => ({ steps, what: 'items' })), ...readsOfPredicate(part.items.when, inner)];
      }
      case 'cel':
        // An expression sees the whole item.
        return items.map((steps) => ({ steps, what: 'values' }));
      case 'all':
      case 'any':
      case 'none':
        return part.of.flatMap((each) => readsOfPredicate(each, items));
      default:
        return part satisfies never;
    }
  });
}

type Ways = readonly (readonly Step[])[];

/** From the body: a path of an item begins where the item stands. */
function waysOf(text: string, items: Ways): Ways {
  const path = parsePath(text);
  // A pack is checked when it is read; what cannot be followed is never taken for something that does not matter.
  if ('problem' in path) return [[]];
  return path.fromBody ? path.ways : items.flatMap((start) => path.ways.map((way) => [...start, ...way]));
}
