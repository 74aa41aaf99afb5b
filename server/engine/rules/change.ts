import type { TreeNode } from '../read/tree.ts';
import { lastMembers, sameKeysInOrder } from './canonical-text.ts';
import { nameOf } from './path.ts';

/**
 * Where two nodes say different things. `whole`: here, all of it. An item of a list is told apart from the list only where both sides
 * name it alike at the same place: what has no name is known by its content, so that a change of it is one of the list. Where all
 * others are kept, `one` says what changed in it nevertheless.
 */
export type Change =
  | { readonly kind: 'whole'; readonly holds: 'only a value' | 'more'; readonly kept?: Kept; readonly one?: Change }
  | { readonly kind: 'members'; readonly of: ReadonlyMap<string, Change> }
  | { readonly kind: 'items'; readonly of: ReadonlyMap<number, Change> };

/** How many items at the start and at the end of a list say the same on both sides, and go by the same names there. */
export type Kept = { readonly start: number; readonly end: number };

/** Undefined where they say the same, as `saySame` has it: whatever the order of keys, the quotes and the spacing. */
export function changeBetween(one: TreeNode, other: TreeNode): Change | undefined {
  if (one === other) return undefined;
  if (one.type !== other.type || one.unresolved !== other.unresolved) return wholeOf(one, other);
  if (one.type === 'array') return ofLists(one, other);
  if (one.type === 'object') return ofObjects(one, other);
  return Object.is(one.value, other.value) ? undefined : VALUE;
}

const VALUE: Change = { kind: 'whole', holds: 'only a value' };
const MORE: Change = { kind: 'whole', holds: 'more' };

function wholeOf(one: TreeNode, other: TreeNode): Change {
  return one.children === undefined && other.children === undefined ? VALUE : MORE;
}

function ofLists(one: TreeNode, other: TreeNode): Change | undefined {
  const [a, b] = [one.children ?? [], other.children ?? []];
  const found = new Map<number, Change>();
  const most = Math.min(a.length, b.length);
  let alike = a.length === b.length;
  for (let i = 0; i < most; i++) {
    const [each, there] = [a[i], b[i]];
    const change = each === undefined || there === undefined ? MORE : changeBetween(each, there);
    if (change === undefined) continue;
    found.set(i, change);
    const name = change.kind === 'whole' || each === undefined || there === undefined ? undefined : nameOf(each);
    alike &&= name !== undefined && there !== undefined && name === nameOf(there);
    if (!alike) break;
  }
  if (alike) return found.size === 0 ? undefined : { kind: 'items', of: found };
  const [[first, change] = [most, MORE]] = found;
  const kept = keptOf(a, b, first);
  const isOne = kept.start + kept.end + 1 === a.length && a.length === b.length && change.kind !== 'whole';
  return { kind: 'whole', holds: 'more', kept, ...(isOne ? { one: change } : {}) };
}

function keptOf(a: readonly TreeNode[], b: readonly TreeNode[], start: number): Kept {
  const most = Math.min(a.length, b.length) - start;
  let end = 0;
  for (; end < most; end++) {
    const [each, there] = [a[a.length - 1 - end], b[b.length - 1 - end]];
    if (each === undefined || there === undefined || changeBetween(each, there) !== undefined) break;
  }
  // Things of one name pair up in their order: one that is kept behind a change may then not be its own partner.
  const names = new Set([...a.slice(start, a.length - end), ...b.slice(start, b.length - end)].map(nameOf));
  names.delete(undefined);
  const again = names.size > 0 && a.slice(a.length - end).some((each) => names.has(nameOf(each)));
  return { start, end: again ? 0 : end };
}

function ofObjects(one: TreeNode, other: TreeNode): Change | undefined {
  if (one.labels !== other.labels && (one.labels ?? []).join('\n') !== (other.labels ?? []).join('\n')) return MORE;
  return sameKeysInOrder(one, other) ? ofMembers(one, other) : ofLastMembers(one, other);
}

function ofMembers(one: TreeNode, other: TreeNode): Change | undefined {
  const [a, b] = [one.children ?? [], other.children ?? []];
  let found: Map<string, Change> | undefined;
  for (const [i, { children }] of a.entries()) {
    const [key, value] = children ?? [];
    const there = b[i]?.children?.[1];
    if (key === undefined || value === undefined || there === undefined) continue;
    const change = changeBetween(value, there);
    if (change === undefined) continue;
    found ??= new Map();
    const name = String(key.value);
    found.set(name, found.has(name) ? MORE : change);
  }
  return found === undefined ? undefined : { kind: 'members', of: found };
}

/** Of a repeated key the last one counts. */
function ofLastMembers(one: TreeNode, other: TreeNode): Change | undefined {
  const [a, b] = [lastMembers(one), lastMembers(other)];
  const found = new Map<string, Change>();
  for (const [key, value] of a) {
    const there = b.get(key);
    const change = there === undefined ? MORE : changeBetween(value, there);
    if (change !== undefined) found.set(key, change);
  }
  for (const key of b.keys()) if (!a.has(key)) found.set(key, MORE);
  return found.size === 0 ? undefined : { kind: 'members', of: found };
}

const asked = new WeakMap<TreeNode, { readonly other: TreeNode; readonly change: Change | undefined }>();

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
