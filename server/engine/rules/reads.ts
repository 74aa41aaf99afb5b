import type { TreeNode } from '../read/tree.ts';
import type { Change } from './change.ts';
import type { PackRule, Predicate } from './pack.ts';
import { parsePath, plainKey, type Step } from './path.ts';
import { partsOf } from './predicate-parts.ts';

/**
 * May a rule say another thing of a declaration after this change of its body than before? False only where every path that the rule
 * follows leads past what was changed: then it finds the same items by the same names, and the same answer for each, on both sides,
 * and no kind of alarm can come of that. For declarations that have the same type and name on both sides.
 */
export function mayMatter(rule: PackRule, change: Change): boolean {
  // An object or a list on both sides: the one that there is now was there before.
  if (change.kind !== 'whole' && isOfWhatIsNew(rule)) return false;
  if (asksForOtherKeys(rule, change)) return false;
  return readsOf(rule).some(
    ({ start, reads }) => mayReach(start, change) && reads.some(({ steps, what }) => meets(steps, 0, change, what)),
  );
}

function mayReach(start: readonly Step[], change: Change): boolean {
  return meets(start, 0, change, 'values') || meets(start, 0, change, 'names');
}

/** Does a path from the body lead to something that is changed, or that is not there on both sides? */
export function pathMeets(text: string, change: Change): boolean {
  return waysOf(text, [[]]).some((steps) => meets(steps, 0, change, 'values'));
}

/** Those of several ways from the body that may lead to something that is changed: rules have many, most of them elsewhere. */
export function waysMeeting(ways: Ways, change: Change): Ways {
  return ways.filter((steps) => mayReach(steps, change));
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
  // `**` finds nothing in a value, a key nothing in a plain one. Elsewhere what is changed may be what stood in the way.
  if (change.kind === 'whole') {
    if (step?.kind === 'key') return change.holds !== 'only a plain value';
    return step?.kind !== 'deep' || change.holds === 'more';
  }
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
      for (const [key, member] of change.of)
        if (!isDeadEnd(member, steps[at + 1]) && step.test(key) && meets(steps, at + 1, member, what)) return true;
      return false;
    case 'deep':
      if (steps[at + 1] === undefined || meets(steps, at + 1, change, what)) return true;
      for (const member of change.of.values()) if (meets(steps, at, member, what)) return true;
      return false;
    default:
      return step satisfies never;
  }
}

/** Most of what is changed is a plain value, and most ways have more than one key: told apart before any name is looked at. */
function isDeadEnd(change: Change, next: Step | undefined): boolean {
  return next?.kind === 'key' && change.kind === 'whole' && change.holds === 'only a plain value';
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

/** Does every way of the rule begin with a key that stands neither on the way to what was changed nor in it? Tells most rules apart at once. */
function asksForOtherKeys(rule: PackRule, change: Change): boolean {
  const asked = firstKeysOf(rule);
  const changed = asked === undefined ? undefined : keysOfChange(change);
  return asked !== undefined && changed?.every((key) => !asked.has(key)) === true;
}

/** Of every way that leads into the body. Undefined where one begins with a pattern, or leads anywhere. */
function firstKeysOf(rule: PackRule): ReadonlySet<string> | undefined {
  if (firstKeys.has(rule)) return firstKeys.get(rule);
  const found = new Set<string>();
  const isKnown = readsOf(rule)
    .flatMap(({ reads }) => reads)
    .every(({ steps, what }) => {
      // The body itself is there on both sides.
      if (steps.length === 0 && what !== 'values') return true;
      const first = steps.find(({ kind }) => kind !== 'deep');
      if (first?.kind !== 'key' || first.plain === undefined) return false;
      for (const key of first.plain) found.add(key);
      return true;
    });
  const keys = isKnown ? found : undefined;
  firstKeys.set(rule, keys);
  return keys;
}

const firstKeys = new WeakMap<PackRule, ReadonlySet<string> | undefined>();

/** Plain keys of the members that were changed, and of all in them. Undefined where it is not known what the change holds. */
function keysOfChange(change: Change): readonly string[] | undefined {
  if (change.kind !== 'members') return undefined;
  if (lastKeys?.of === change) return lastKeys.keys;
  const found = new Set<string>();
  const keys = addKeysOfChange(change, found) ? [...found] : undefined;
  lastKeys = { of: change, keys };
  return keys;
}

/** Every rule asks of the same change. */
let lastKeys: { readonly of: Change; readonly keys: readonly string[] | undefined } | undefined;

function addKeysOfChange(change: Change, into: Set<string>): boolean {
  switch (change.kind) {
    case 'whole': {
      if (change.holds !== 'more') return true;
      const below = change.between === undefined ? undefined : keysBelow(change.between);
      for (const key of below ?? []) into.add(plainKey(key));
      return below !== undefined;
    }
    case 'members':
      for (const key of change.of.keys()) into.add(plainKey(key));
      return [...change.of.values()].every((each) => addKeysOfChange(each, into));
    case 'items':
      return [...change.of.values()].every((each) => addKeysOfChange(each, into));
    default:
      return change satisfies never;
  }
}

/** Does the state that a rule tells of hold of nothing that was there before? */
function isOfWhatIsNew({ alarm = 'becomes', each, when }: PackRule): boolean {
  return alarm === 'becomes' && each === undefined && when?.cel === 'before == null';
}

/** Ways that begin with one to items: where that leads past a change, all of them do. */
type ReadsFrom = { readonly start: readonly Step[]; readonly reads: readonly Read[] };

const known = new WeakMap<PackRule, readonly ReadsFrom[]>();

function readsOf(rule: PackRule): readonly ReadsFrom[] {
  const found = known.get(rule);
  if (found !== undefined) return found;
  const items = rule.each === undefined ? [[]] : waysOf(rule.each, [[]]);
  const reads = [
    ...items.map((steps): Read => ({ steps, what: 'names' })),
    ...readsOfPredicate(rule.when, items),
    ...readsOfPredicate(rule.was, items),
    ...(rule.at === undefined ? [] : waysOf(rule.at, items).map((steps): Read => ({ steps, what: 'values' }))),
  ];
  const left = new Set<Read>(reads);
  const from = [...items, []].map((start) => {
    const own = [...left].filter(({ steps }) => start.every((step, i) => step === steps[i]));
    for (const read of own) left.delete(read);
    return { start, reads: own };
  });
  known.set(rule, from);
  return from;
}

function readsOfPredicate(predicate: Predicate | undefined, items: Ways): readonly Read[] {
  if (predicate === undefined) return [];
  return partsOf(predicate).flatMap((part): readonly Read[] => {
    switch (part.kind) {
      case 'path':
        return waysOf(part.path, items).flatMap((steps) => (isOfDeclaration(steps) ? [] : [{ steps, what: 'values' }]));
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

/** What a declaration goes by is no part of its body. */
function isOfDeclaration(steps: readonly Step[]): boolean {
  const last = steps.at(-1);
  return last?.kind === 'word' && OF_DECLARATION.has(last.word);
}

const OF_DECLARATION: ReadonlySet<string> = new Set(['@path', '@name', '@type']);

type Ways = readonly (readonly Step[])[];

/** From the body: a path of an item begins where the item stands. */
function waysOf(text: string, items: Ways): Ways {
  const path = parsePath(text);
  // A pack is checked when it is read; what cannot be followed is never taken for something that does not matter.
  if ('problem' in path) return [[]];
  return path.fromBody ? path.ways : items.flatMap((start) => path.ways.map((way) => [...start, ...way]));
}
