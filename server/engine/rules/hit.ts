import { editMemory } from '../edit-memory.ts';
import { type Member, type TreeNode, membersOf } from '../read/tree.ts';
import { contentHash } from './canonical-text.ts';

/** A node that a path leads to. */
export type Hit = {
  readonly node: TreeNode;
  /** The key it stands at; undefined for the start of the path. */
  readonly key: string | undefined;
  readonly keyNode: TreeNode | undefined;
  /** What the last step was made from; undefined for the start of the path. */
  readonly from?: Hit | undefined;
  /** Of an item of the list at that key: the item. */
  readonly inList?: TreeNode | undefined;
  /** Of an item that goes by its content: the edit changed it, so that nothing of the other side goes by the same. */
  readonly onlyIn?: 'before' | 'after' | undefined;
};

/** The member of an object that a hit is. */
export function below(from: Hit, key: string, keyNode: TreeNode, node: TreeNode): Hit {
  return { node, key, keyNode, from, inList: undefined };
}

/** An item of the list that a hit is. */
export function itemOf(from: Hit, node: TreeNode): Hit {
  return { node, key: from.key, keyNode: from.keyNode, from, inList: node };
}

/** Lists opened, however deep. */
export function throughLists(hit: Hit): readonly Hit[] {
  if (hit.node.type !== 'array') return [hit];
  const found: Hit[] = [];
  openInto(found, hit);
  return found;
}

function openInto(found: Hit[], hit: Hit): void {
  for (const node of hit.node.children ?? []) {
    const item = itemOf(hit, node);
    if (node.type === 'array') openInto(found, item);
    else found.push(item);
  }
}

/** The member of this key, the last one where it is repeated. */
export function exactly(at: Hit, key: string): readonly Hit[] {
  const properties = at.node.children ?? [];
  for (let i = properties.length - 1; i >= 0; i--) {
    const [keyNode, value] = properties[i]?.children ?? [];
    if (value !== undefined && keyNode !== undefined && String(keyNode.value) === key) return [below(at, key, keyNode, value)];
  }
  return [];
}

/** The members whose keys pass, each key once: of a repeated one the last counts. */
export function keyed(at: Hit, test: (key: string) => boolean, members: readonly Member[] = membersOf(at.node)): readonly Hit[] {
  const found = new Map<string, Hit>();
  for (const { key, keyNode, value } of members) if (test(key)) found.set(key, below(at, key, keyNode, value));
  return [...found.values()];
}

/**
 * The keys on the way, and the names of the list items passed (their content where they have none): a hit's identity. Worked out only
 * when it is asked for, since most hits are never paired.
 */
export function trailOf(hit: Hit): string {
  const { from, key = '', inList } = hit;
  if (from === undefined) return '';
  const start = from.from === undefined ? '' : (trails.get(from) ?? trailOf(from));
  if (from.from !== undefined) trails.set(from, start);
  return inList === undefined ? (start === '' ? key : `${start}.${key}`) : start + markOf(hit);
}

/** Of what several hits were come to from. */
const trails = editMemory<Hit, string>();

/** "[name=app]": what an item of a list goes by, '' for anything else. */
export function markOf({ inList, onlyIn }: Hit): string {
  return inList === undefined ? '' : `[${onlyIn ?? nameOf(inList) ?? contentHash(inList)}]`;
}

/** The name of a list's item among its like; undefined when it has none but its content. */
export function nameOf(node: TreeNode): string | undefined {
  if (node.type !== 'object') return undefined;
  let best = NAME_KEYS.length;
  let seen = 0;
  let name: TreeNode | undefined;
  for (const { children } of node.children ?? []) {
    const value = children?.[1];
    const rank = value === undefined ? undefined : NAME_RANKS.get(children?.[0]?.value);
    // Of a repeated key the first counts, and one that holds more than a word is no name.
    if (rank === undefined || (seen & (1 << rank)) !== 0) continue;
    seen |= 1 << rank;
    if (rank > best || (value?.type !== 'string' && value?.type !== 'number')) continue;
    best = rank;
    name = value;
  }
  if (name !== undefined) return `${NAME_KEYS[best]}=${String(name.value)}`;
  return node.labels === undefined || node.labels.length === 0 ? undefined : node.labels.join('/');
}

const NAME_KEYS = ['name', 'id', 'Sid', 'sid', 'key', 'Name', 'Id', 'Key'];
const NAME_RANKS: ReadonlyMap<unknown, number> = new Map(NAME_KEYS.map((key, rank) => [key, rank]));
