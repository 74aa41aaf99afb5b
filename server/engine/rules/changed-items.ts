import { editMemory } from '../edit-memory.ts';
import { type Member, membersAmong, membersOf, type TreeNode } from '../read/tree.ts';
import type { Change } from './change.ts';
import { below, exactly, type Hit, itemOf, keyed, markOf, nameOf, trailOf } from './hit.ts';
import { parsePath, type Path, type Step } from './path.ts';
import type { Selected } from './select.ts';
import { waysMeeting } from './reads.ts';

/** The two sides of something. */
export type Both<T> = readonly [before: T, after: T];

/**
 * The items that a path leads to in the changed part of two bodies, each in the order in which `select` finds them. What is left out says
 * the same on both sides and would be paired with itself. Undefined where the path is told by words.
 */
export function itemsInChange(text: string, bodies: Both<TreeNode>, change: Change): Both<readonly Hit[]> | undefined {
  const path = pathIn(text);
  if (path === undefined) return undefined;
  const [before, after] = bothOf(bodies, (body, side) => itemsOf(path, body, change, { side, keeps: 'leave out' }));
  const met = pairAlike(before, after)
    ? ([before, after] as const)
    : bothOf(bodies, (body, side) => itemsOf(path, body, change, { side, keeps: 'take where renamed' }));
  return bothOf(met, (found) => found.map(({ hit }) => hit));
}

/**
 * As `select`, but of two bodies only what a path leads to in their changed part: what is left out is the same on both sides.
 * Undefined where the path is told by words.
 */
export function selectInChange(text: string, bodies: Both<TreeNode>, change: Change): Both<Selected> | undefined {
  const path = pathIn(text);
  if (path === undefined) return undefined;
  return bothOf(bodies, (body, side) => selected(path, body, change, side));
}

/** The same of the body after alone. */
export function selectAfter(text: string, after: TreeNode, change: Change): Selected | undefined {
  const path = pathIn(text);
  return path === undefined ? undefined : selected(path, after, change, 'after');
}

function selected(path: Path, body: TreeNode, change: Change, side: Look['side']): Selected {
  const { all, unknown } = found(path, body, change, { side, keeps: 'leave out' });
  return { hits: all.map(({ hit }) => hit), unknown };
}

function bothOf<T, U>([before, after]: Both<T>, make: (of: T, side: Look['side']) => U): Both<U> {
  return [make(before, 'before'), make(after, 'after')];
}

function pathIn(text: string): Path | undefined {
  const path = parsePath(text);
  return 'problem' in path || path.ways.some((steps) => steps.some(({ kind }) => kind === 'word')) ? undefined : path;
}

/**
 * `change` is undefined where all of it counts. `renamed`: on the way stands a changed item without a name, in this list, so that the
 * ways to what it keeps differ as well: things in it pair up by what they themselves go by.
 */
type Found = {
  readonly hit: Hit;
  readonly change: Change | undefined;
  readonly renamed?: Hit | undefined;
  /** Of an item without a name: none that its list keeps holds the same. */
  readonly alone?: boolean;
};

/** `keeps`: what is done with things in a renamed item that the edit kept. */
type Look = { readonly side: 'before' | 'after'; readonly keeps: 'leave out' | 'take where renamed' };

function itemsOf(path: Path, body: TreeNode, change: Change, look: Look): readonly Found[] {
  return found(path, body, change, look).all.flatMap((each) => opened(each, 'last', look));
}

/** `unknown`: part of the way is worked out elsewhere. */
type AllFound = { readonly all: readonly Found[]; readonly unknown: boolean };

function found({ ways }: Path, body: TreeNode, change: Change, look: Look): AllFound {
  const start: Found = { hit: { node: body, key: undefined, keyNode: undefined }, change };
  const each = (look.keeps === 'leave out' ? waysMeeting(ways, change) : ways).map((steps) => follow(steps, start, look));
  const [first] = each;
  if (first !== undefined && each.length === 1) return first;
  const seen = new Set<TreeNode>();
  const all = each.flatMap((way) => way.all).filter(({ hit }) => !seen.has(hit.node) && seen.add(hit.node));
  return { all, unknown: each.some(({ unknown }) => unknown) };
}

/**
 * Things of one name pair up in their order. Where the changed ones of a renamed item go by the same names on both sides, in the same
 * order, those that it kept are left to themselves.
 */
function pairAlike(before: readonly Found[], after: readonly Found[]): boolean {
  const isRenamed = ({ renamed }: Found): boolean => renamed !== undefined;
  if (!before.some(isRenamed) && !after.some(isRenamed)) return true;
  const [old, now] = [before.flatMap(nameInRenamed), after.flatMap(nameInRenamed)];
  return old.length === now.length && old.every((name, i) => name === now[i]);
}

function nameInRenamed({ hit, renamed, alone = false }: Found): readonly string[] {
  if (alone && hit.inList !== undefined && nameOf(hit.inList) === undefined) return [];
  return [`${renamed === undefined ? trailOf(hit) : trailOf(renamed)}\n${hit.key ?? ''}\n${markOf(hit)}`];
}

function follow(steps: readonly Step[], start: Found, look: Look): AllFound {
  let all: readonly Found[] = [start];
  let unknown = false;
  let fromStart = true;
  for (const [index, step] of steps.entries()) {
    if (all.length === 0) break;
    if (step.kind === 'deep') {
      all = everyObjectBelow(all, look);
      continue;
    }
    if (step.kind === 'word') return { all: [], unknown };
    const at = all.flatMap((each) => opened(each, 'on the way', look));
    unknown ||= at.some(({ hit }) => hit.node.unresolved === true);
    all = at.flatMap((each) => membersAt(each, step, look));
    // As `select` has it: what is found anywhere comes in the order of the text, where it goes by several names.
    if (fromStart && steps[index - 1]?.kind === 'deep' && step.exact?.length !== 1)
      all = all.toSorted((a, b) => a.hit.node.offset - b.hit.node.offset);
    fromStart = false;
  }
  return { all, unknown };
}

function membersAt({ hit, change, renamed }: Found, { exact, test }: Step & { readonly kind: 'key' }, look: Look): readonly Found[] {
  if (hit.node.type !== 'object') return [];
  const members = change?.kind === 'members' ? change : undefined;
  const changed = members?.of;
  const takesAll = members === undefined || changed === undefined || (renamed !== undefined && look.keeps === 'take where renamed');
  const hits =
    exact === undefined
      ? keyed(hit, test, takesAll ? undefined : changedMembers(hit.node, members, look))
      : exact.flatMap((key) => (takesAll || changed.has(key) ? exactly(hit, key) : []));
  return hits.map((each) => ({ hit: each, change: changed?.get(each.key ?? ''), renamed }));
}

const picked = editMemory<TreeNode, { readonly changed: Members['of']; readonly members: readonly Member[] }>();

type Members = Change & { readonly kind: 'members' };

/** The members of an object that were changed, in their order: every rule asks for them again. */
function changedMembers(node: TreeNode, { of, among }: Members, { side }: Look): readonly Member[] {
  const known = picked.get(node);
  if (known?.changed === of) return known.members;
  const members = among === undefined ? membersAmong(node, of) : among[side].filter(({ key }) => of.has(key));
  picked.set(node, { changed: of, members });
  return members;
}

/** Items of a list that an edit changed, on both sides; lists in it opened. */
export function itemsInList(lists: Both<Hit>, change: Change | undefined): Both<readonly Hit[]> {
  return bothOf(lists, (hit, side) => opened({ hit, change }, 'last', { side, keeps: 'leave out' }).map((item) => item.hit));
}

/** Lists opened, however deep, without the items that the edit kept. */
function opened(found: Found, where: 'on the way' | 'last', look: Look): readonly Found[] {
  const { hit, change, renamed } = found;
  if (hit.node.type !== 'array') return [found];
  const children = hit.node.children ?? [];
  const takes = (node: TreeNode): boolean =>
    renamed !== undefined &&
    look.keeps === 'take where renamed' &&
    !(where === 'last' && node.type !== 'array' && nameOf(node) === undefined);
  const all: Found[] = [];
  const take = (node: TreeNode, now: Change | undefined): void => {
    const list = renamed ?? (now !== undefined && change?.kind === 'whole' ? hit : undefined);
    const item = itemOf(hit, node);
    const changed = now !== undefined && change?.kind === 'whole' && nameOf(node) === undefined ? { ...item, onlyIn: look.side } : item;
    all.push(...opened({ hit: changed, change: now, renamed: list, alone: change?.kind === 'whole' }, where, look));
  };
  if (change?.kind === 'items') {
    for (const [i, node] of children.entries()) {
      const now = change.of.get(i);
      if (now !== undefined || takes(node)) take(node, now);
    }
    return all;
  }
  const kept = change?.kind === 'whole' ? change.kept : undefined;
  const one = change?.kind === 'whole' && kept !== undefined ? change.one : undefined;
  const [from, to] = [kept?.start ?? 0, children.length - (kept?.end ?? 0)];
  const mayTakeAll = renamed !== undefined && look.keeps === 'take where renamed';
  for (let i = mayTakeAll ? 0 : from; i < (mayTakeAll ? children.length : to); i++) {
    const node = children[i];
    if (node !== undefined && ((i >= from && i < to) || takes(node))) take(node, i === from ? one : undefined);
  }
  return all;
}

function everyObjectBelow(starts: readonly Found[], look: Look): readonly Found[] {
  const all: Found[] = [];
  const seen = new Set<TreeNode>();
  const takesAll = ({ renamed }: Found): boolean => renamed !== undefined && look.keeps === 'take where renamed';
  const visit = (each: Found): void => {
    for (const at of opened({ ...each, change: takesAll(each) ? undefined : each.change }, 'on the way', look)) {
      const { node } = at.hit;
      if (node.type !== 'object' || seen.has(node)) continue;
      seen.add(node);
      all.push(at);
      const changed = at.change?.kind === 'members' && !takesAll(at) ? at.change : undefined;
      for (const { key, keyNode, value } of changed === undefined ? membersOf(node) : changedMembers(node, changed, look)) {
        if (value.children === undefined) continue;
        visit({ hit: below(at.hit, key, keyNode, value), change: changed?.of.get(key), renamed: at.renamed });
      }
    }
  };
  for (const each of starts) visit(each);
  return all;
}
