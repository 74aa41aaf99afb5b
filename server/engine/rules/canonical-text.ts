import { type TreeNode, membersOf } from '../read/tree.ts';

/** What a node says, apart from the order of its keys, its quotes and its spacing. Lists keep their order. */
export function canonicalText(node: TreeNode): string {
  const labels = node.labels === undefined || node.labels.length === 0 ? '' : JSON.stringify(node.labels);
  if (node.type === 'array') return `[${(node.children ?? []).map(canonicalText).join(',')}]`;
  if (node.type === 'object') {
    const members = [...lastMembers(node)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `${labels}{${members.map(([key, value]) => `${JSON.stringify(key)}:${canonicalText(value)}`).join(',')}}`;
  }
  return `${node.unresolved === true ? '?' : ''}${JSON.stringify(node.value ?? null)}`;
}

/** Do two nodes say the same? */
export function saySame(one: TreeNode, other: TreeNode): boolean {
  if (one.type !== other.type || one.unresolved !== other.unresolved) return false;
  if (one.type === 'array') {
    const [a, b] = [one.children ?? [], other.children ?? []];
    return a.length === b.length && a.every((each, index) => saySame(each, b[index] ?? each));
  }
  if (one.type !== 'object') return Object.is(one.value, other.value);
  if (one.labels !== other.labels && (one.labels ?? []).join('\n') !== (other.labels ?? []).join('\n')) return false;
  if (sameKeysInOrder(one, other)) {
    const [own, others] = [one.children ?? [], other.children ?? []];
    return own.every((property, i) => sameValues(property, others[i]));
  }
  const [a, b] = [lastMembers(one), lastMembers(other)];
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const there = b.get(key);
    if (there === undefined || !saySame(value, there)) return false;
  }
  return true;
}

/** The same keys in the same order: the common case. False also where a member has no value yet. */
function sameKeysInOrder(one: TreeNode, other: TreeNode): boolean {
  const [a, b] = [one.children ?? [], other.children ?? []];
  if (a.length !== b.length) return false;
  for (const [i, { children }] of a.entries()) {
    const others = b[i]?.children;
    if (children?.[1] === undefined || others?.[1] === undefined || children[0]?.value !== others[0]?.value) return false;
  }
  return true;
}

function sameValues(one: TreeNode, other: TreeNode | undefined): boolean {
  const [value, there] = [one.children?.[1], other?.children?.[1]];
  return value !== undefined && there !== undefined && saySame(value, there);
}

const hashes = new WeakMap<TreeNode, number>();

/** A number for what a node says, to find a list's item again. Equal content has equal numbers; the reverse is only likely. */
export function contentHash(node: TreeNode): number {
  const known = hashes.get(node);
  if (known !== undefined) return known;
  const hash = hashOf(node);
  hashes.set(node, hash);
  return hash;
}

function hashOf(node: TreeNode): number {
  if (node.type === 'array') return mix((node.children ?? []).map(contentHash), 17);
  if (node.type === 'object') {
    let sum = mix((node.labels ?? []).map(textHash), 29);
    // Added up, so that the order of keys does not count.
    for (const [key, value] of lastMembers(node)) sum = (sum + mix([textHash(key), contentHash(value)], 31)) % SPACE;
    return sum;
  }
  return textHash(`${node.type}${node.unresolved === true ? '?' : ''}${String(node.value)}`);
}

const SPACE = 2 ** 48;

function mix(parts: readonly number[], seed: number): number {
  let hash = seed;
  for (const part of parts) hash = ((hash * 33) % SPACE) + (part % SPACE);
  return hash % SPACE;
}

function textHash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 16777619);
    high = Math.imul(high ^ code, 1597334677);
  }
  return ((high >>> 0) % 65536) * 2 ** 32 + (low >>> 0);
}

/** Of a repeated key the last one counts. */
export function lastMembers(node: TreeNode): ReadonlyMap<string, TreeNode> {
  return new Map(membersOf(node).map(({ key, value }) => [key, value]));
}
