import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { compilePattern } from '../rules/pattern.ts';
import { itemsOf, madeArray, madeMember, madeText } from './nodes.ts';

/**
 * A server with what each guarded `location` is passed by with: `passedBy` names locations without a guard that nginx takes ahead of it
 * for an address which it guards. Exact ones go first, then the longest `^~`, then regular expressions in order, then the longest prefix.
 */
export function withOrder(root: TreeNode): TreeNode {
  if (root.type === 'array') return mapped(root, withOrder);
  if (root.type !== 'object') return root;
  const locations = itemsOf(member(root, 'location')).filter(({ type }) => type === 'object');
  const inner = mapped(root, (property) => {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined || value.children === undefined) return property;
    const now = withOrder(value);
    return now === value ? property : { ...property, children: [key, now] };
  });
  if (locations.length < 2 || locations.length > MOST_LOCATIONS) return inner;
  const read = locations.map((node, index) => locationOf(node, index));
  const passed = new Map<number, readonly TreeNode[]>();
  for (const guarded of read.filter(({ isGuarded }) => isGuarded)) {
    const samples = samplesOf(guarded);
    const by = read.filter((other) => !other.isGuarded && mayGoFirst(other, guarded) && samples.some(other.matches));
    if (by.length > 0)
      passed.set(
        guarded.node.offset,
        by.map(({ node }) => madeText((node.labels ?? []).join(' '), placeOf(node))),
      );
  }
  if (passed.size === 0) return inner;
  return mapped(inner, (property) => {
    const [key, value] = property.children ?? [];
    if (key?.value !== 'location' || value === undefined) return property;
    const now = mapped(value, (location) => {
      const by = passed.get(location.offset);
      const [first] = by ?? [];
      if (by === undefined || first === undefined) return location;
      return { ...location, children: [...(location.children ?? []), madeMember('passedBy', madeArray(by, first))] };
    });
    return { ...property, children: [key, now] };
  });
}

const MOST_LOCATIONS = 100;

/** Where the block begins: its word and labels. */
function placeOf(node: TreeNode): TreeNode {
  return { type: 'string', offset: node.offset, length: Math.min(node.length, 9 + (node.labels ?? []).join(' ').length), value: '' };
}

function mapped(node: TreeNode, change: (child: TreeNode) => TreeNode): TreeNode {
  let children: TreeNode[] | undefined;
  for (const [i, child] of (node.children ?? []).entries()) {
    const now = change(child);
    if (now === child) continue;
    children ??= [...(node.children ?? [])];
    children[i] = now;
  }
  return children === undefined ? node : { ...node, children };
}

type Location = {
  readonly node: TreeNode;
  readonly kind: 'exact' | 'final' | 'pattern' | 'prefix';
  readonly path: string;
  readonly index: number;
  readonly isGuarded: boolean;
  readonly matches: (address: string) => boolean;
};

function locationOf(node: TreeNode, index: number): Location {
  const [first = '', second] = node.labels ?? [];
  const path = second ?? first;
  const sign = second === undefined ? '' : first;
  const kind = sign === '=' ? 'exact' : sign === '^~' ? 'final' : sign.startsWith('~') ? 'pattern' : 'prefix';
  const matches =
    kind === 'pattern'
      ? patternOf(path, sign === '~*')
      : (address: string): boolean => (kind === 'exact' ? address === path : address.startsWith(path));
  return { node, kind, path, index, isGuarded: isGuarded(node), matches };
}

/** One that the engine cannot read meets nothing. */
function patternOf(path: string, anyCase: boolean): (address: string) => boolean {
  try {
    return compilePattern(anyCase ? `(?i)${path}` : path);
  } catch {
    return () => false;
  }
}

/** Refuses, or asks who is there. What answers by itself, with nothing behind it, guards as well. */
function isGuarded(node: TreeNode): boolean {
  return membersOf(node).some(({ key, value }) => {
    const texts = itemsOf(value).map((each) => String(each.value));
    if (key === 'auth_basic') return !texts.includes('off');
    return key === 'deny' || key === 'internal' || key === 'auth_request' || key === 'auth_jwt' || key === 'return';
  });
}

/** Addresses that the location is for. */
function samplesOf({ kind, path, matches }: Location): readonly string[] {
  const starts = kind === 'pattern' ? literalsOf(path) : [path];
  if (kind === 'exact') return starts;
  const tails = ['', '/', '/a', '/a.php', '/a.json', '/api/a', 'a', 'a.php'];
  return starts.flatMap((start) => tails.map((tail) => `${start}${tail}`.replace(/\/{2,}/g, '/'))).filter(matches);
}

/** What a pattern begins with, `(a|b)` opened; nothing for one that may begin anywhere. */
function literalsOf(pattern: string): readonly string[] {
  if (!pattern.startsWith('^')) return [];
  const found: string[] = [''];
  const parts = /^(?:([\w/.-]|\\[./-])|\(\??:?((?:[\w/.-]+\|)*[\w/.-]+)\))/;
  let rest = pattern.slice(1);
  for (let match = parts.exec(rest); match !== null && found.length < MOST_STARTS; match = parts.exec(rest)) {
    const choices = match[1] === undefined ? (match[2] ?? '').split('|') : [match[1].replace('\\', '')];
    const longer = found.flatMap((start) => choices.map((choice) => start + choice));
    found.splice(0, found.length, ...longer.slice(0, MOST_STARTS));
    rest = rest.slice(match[0].length);
  }
  return found;
}

const MOST_STARTS = 20;

/** Does nginx take this location for an address that both are for? */
function mayGoFirst(one: Location, other: Location): boolean {
  const [rank, otherRank] = [rankOf(one), rankOf(other)];
  if (rank !== otherRank) return rank > otherRank;
  return one.kind === 'pattern' ? one.index < other.index : one.path.length > other.path.length;
}

/** Of `^~` and a plain prefix the longer one counts, and a pattern only where that is a plain one: `^~` against a pattern wins. */
function rankOf({ kind }: Location): number {
  return kind === 'exact' ? 3 : kind === 'final' ? 2 : kind === 'pattern' ? 1 : 0;
}
