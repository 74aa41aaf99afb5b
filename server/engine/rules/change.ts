import { editMemory } from '../edit-memory.ts';
import { isSameText, keptMembers } from '../read/moved-node.ts';
import { type Member, membersOf, type TreeNode } from '../read/tree.ts';
import { contentHash, saySame } from './canonical-text.ts';
import { nameOf } from './hit.ts';

/**
 * Where two nodes say different things. `whole`: here, all of it. An item of a list is told apart from the list only where both sides
 * name it alike at the same place: what has no name is known by its content, so that a change of it is one of the list. Where all
 * others are kept, `one` says what changed in it nevertheless. `between`: the items of both lists that are not kept.
 */
export type Change =
  | {
      readonly kind: 'whole';
      /** On either side; a value is plain where all of it is written here. */
      readonly holds: 'only a plain value' | 'only a value' | 'more';
      readonly kept?: Kept;
      readonly one?: Change;
      readonly between?: readonly TreeNode[];
    }
  | {
      readonly kind: 'members';
      readonly of: ReadonlyMap<string, Change>;
      /** The members of each side among which those that were changed stand, where that is known. */
      readonly among?: Readonly<Record<'before' | 'after', readonly Member[]>>;
    }
  | { readonly kind: 'items'; readonly of: ReadonlyMap<number, Change> };

/** How many items at the start and at the end of a list say the same on both sides, and go by the same names there. */
export type Kept = { readonly start: number; readonly end: number };

/** Undefined where they say the same, as `saySame` has it: whatever the order of keys, the quotes and the spacing. */
export function changeBetween(one: TreeNode, other: TreeNode): Change | undefined {
  if (one === other) return undefined;
  const { type } = one;
  if (type !== other.type || one.unresolved !== other.unresolved) return wholeOf(one, other);
  if (type === 'array') return ofLists(one, other);
  if (type === 'object') return ofObjects(one, other);
  return Object.is(one.value, other.value) ? undefined : wholeOf(one, other);
}

const PLAIN: Change = { kind: 'whole', holds: 'only a plain value' };
const VALUE: Change = { kind: 'whole', holds: 'only a value' };
const MORE: Change = { kind: 'whole', holds: 'more' };

function wholeOf(one: TreeNode, other: TreeNode): Change {
  if (one.children !== undefined || other.children !== undefined) return MORE;
  return one.unresolved === true || other.unresolved === true ? VALUE : PLAIN;
}

function ofLists(one: TreeNode, other: TreeNode): Change | undefined {
  const a = one.children ?? NONE;
  const b = other.children ?? NONE;
  let found: Map<number, Change> | undefined;
  const most = Math.min(a.length, b.length);
  let alike = a.length === b.length;
  for (let i = 0; i < most; i++) {
    const each = a[i];
    const there = b[i];
    const change = each === undefined || there === undefined ? MORE : changeBetween(each, there);
    if (change === undefined) continue;
    found ??= new Map();
    found.set(i, change);
    const name = change.kind === 'whole' || each === undefined || there === undefined ? undefined : nameOf(each);
    alike &&= name !== undefined && there !== undefined && name === nameOf(there);
    if (!alike) break;
  }
  if (alike) return found === undefined ? undefined : { kind: 'items', of: found };
  const [[first, change] = [most, MORE]] = found ?? [];
  const kept = keptOf(a, b, first);
  const isOne = kept.start + kept.end + 1 === a.length && a.length === b.length && change.kind !== 'whole';
  const between = [...notKept(a, kept), ...notKept(b, kept)];
  return { kind: 'whole', holds: 'more', kept, between, ...(isOne ? { one: change } : {}) };
}

function keptOf(a: readonly TreeNode[], b: readonly TreeNode[], start: number): Kept {
  const most = Math.min(a.length, b.length) - start;
  let end = 0;
  for (; end < most; end++) {
    const [each, there] = [a[a.length - 1 - end], b[b.length - 1 - end]];
    if (each === undefined || there === undefined || (!isSameText(each, there) && changeBetween(each, there) !== undefined)) break;
  }
  // Things that go by the same pair up in their order: one that is kept behind a change may then not be its own partner.
  const between = [...notKept(a, { start, end }), ...notKept(b, { start, end })];
  return { start, end: comeAgain(between, a.slice(a.length - end)) ? 0 : end };
}

function notKept(items: readonly TreeNode[], { start, end }: Kept): readonly TreeNode[] {
  return items.slice(start, items.length - end);
}

/** Does any of these go by the name of another, or by its content where it has none? */
function comeAgain(items: readonly TreeNode[], others: readonly TreeNode[]): boolean {
  const names = new Set<unknown>();
  const words = new Set<unknown>();
  const unnamed: TreeNode[] = [];
  for (const each of items) {
    const name = nameOf(each);
    if (name !== undefined) names.add(name);
    else if (each.children === undefined) words.add(each.value);
    else unnamed.push(each);
  }
  // Comparing stops where two differ; of many things, numbers for their contents are compared instead.
  const hashes = unnamed.length > MANY ? new Set(unnamed.map(contentHash)) : undefined;
  return others.some((other) => {
    if (other.children === undefined) return words.has(other.value);
    if (names.size > 0 && names.has(nameOf(other))) return true;
    return hashes === undefined ? unnamed.some((each) => saySame(each, other)) : hashes.has(contentHash(other));
  });
}

const MANY = 8;

function ofObjects(one: TreeNode, other: TreeNode): Change | undefined {
  if (one.labels !== other.labels && (one.labels ?? []).join('\n') !== (other.labels ?? []).join('\n')) return MORE;
  const kept = keptMembers(one, other);
  if (kept !== undefined) {
    const [before, after] = [membersOf(without(one, kept)), membersOf(without(other, kept))];
    const change = ofMembers(changesByName(before, after));
    return change && { ...change, among: { before, after } };
  }
  const a = one.children ?? NONE;
  const b = other.children ?? NONE;
  if (a.length !== b.length) return ofOtherMembers(one, other);
  let found: Map<string, Change> | undefined;
  for (let i = 0; i < a.length; i++) {
    const own = a[i]?.children;
    const others = b[i]?.children;
    const key = own?.[0]?.value;
    const value = own?.[1];
    const there = others?.[1];
    // The same keys in the same order are the common case; half-typed members are not.
    if (value === undefined || there === undefined || key !== others?.[0]?.value) return ofLastMembers(one, other);
    const change = changeBetween(value, there);
    if (change === undefined) continue;
    found ??= new Map();
    const name = String(key);
    found.set(name, found.has(name) ? MORE : change);
  }
  return found === undefined ? undefined : { kind: 'members', of: found };
}

function without(node: TreeNode, kept: Kept): TreeNode {
  return { ...node, children: notKept(node.children ?? NONE, kept) };
}

const NONE: readonly TreeNode[] = [];

/** Of a repeated key the last one counts. Members that both have at their starts and ends need not be looked up by name. */
function ofOtherMembers(one: TreeNode, other: TreeNode): Change | undefined {
  const [a, b] = [membersOf(one), membersOf(other)];
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start]?.key === b[start]?.key) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end]?.key === b[b.length - 1 - end]?.key) end++;
  const between = new Set([...a.slice(start, a.length - end), ...b.slice(start, b.length - end)].map(({ key }) => key));
  const found = new Map<string, Change>();
  for (let i = 0; i < start + end; i++) {
    const each = a[i < start ? i : a.length - end + i - start];
    const there = b[i < start ? i : b.length - end + i - start];
    // Which of several counts hangs on where they stand.
    if (each === undefined || there === undefined || between.has(each.key)) return ofLastMembers(one, other);
    const change = changeBetween(each.value, there.value);
    if (change !== undefined) found.set(each.key, change);
    else if (found.size > 0) found.delete(each.key);
  }
  for (const [key, change] of changesByName(a.slice(start, a.length - end), b.slice(start, b.length - end))) found.set(key, change);
  return ofMembers(found);
}

function ofLastMembers(one: TreeNode, other: TreeNode): Change | undefined {
  return ofMembers(changesByName(membersOf(one), membersOf(other)));
}

function ofMembers(found: ReadonlyMap<string, Change>): (Change & { readonly kind: 'members' }) | undefined {
  return found.size === 0 ? undefined : { kind: 'members', of: found };
}

function changesByName(one: readonly Member[], other: readonly Member[]): ReadonlyMap<string, Change> {
  const [a, b] = [one, other].map((members) => new Map(members.map(({ key, value }) => [key, value])));
  const found = new Map<string, Change>();
  for (const [key, value] of a ?? []) {
    const there = b?.get(key);
    const change = there === undefined ? goneOf(value) : changeBetween(value, there);
    if (change !== undefined) found.set(key, change);
  }
  for (const [key, value] of b ?? []) if (a?.has(key) !== true) found.set(key, goneOf(value));
  return found;
}

/** A member that one side does not have. */
function goneOf(node: TreeNode): Change {
  return wholeOf(node, node);
}

const asked = editMemory<TreeNode, { readonly other: TreeNode; readonly change: Change | undefined }>();

/** As `changeBetween`, for bodies of declarations: rules and access ask the same of the same two. */
export function changeOfBody(one: TreeNode, other: TreeNode): Change | undefined {
  const known = asked.get(one);
  if (known?.other === other) return known.change;
  const change = changeBetween(one, other);
  asked.set(one, { other, change });
  return change;
}

/** As `changeOfBody`, where most say the same and nobody asks again for those. */
export function changeOfMany(one: TreeNode, other: TreeNode): Change | undefined {
  const change = changeBetween(one, other);
  if (change !== undefined) asked.set(one, { other, change });
  return change;
}
