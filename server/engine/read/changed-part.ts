import { commonEnds } from './common-ends.ts';
import { keptMembers } from './moved-node.ts';
import type { TreeNode } from './tree.ts';

/** Where an edit changed a text: everything before `start` and from `end` on stands in the other text as well. */
export type Stretch = { readonly start: number; readonly end: number };

/** What an edit changed. Both stretches start at the same offset, and the same text follows both. */
export type ChangedPart = { readonly before: Stretch; readonly after: Stretch };

/**
 * The one stretch of each text that an edit changed, in microseconds; asked again for the same texts it costs nothing.
 *
 * Work that is proportional to the change starts here: read both trees, find with `keptEnds` which items of a list (statements,
 * declarations, blocks) are left as they were, and look at the others alone.
 */
export function changedPart(before: string, after: string): ChangedPart {
  if (last !== undefined && last.before === before && last.after === after) return last.part;
  const { head, tail } = commonEnds(before, after);
  const part = { before: { start: head, end: before.length - tail }, after: { start: head, end: after.length - tail } };
  last = { before, after, part };
  return part;
}

let last: { readonly before: string; readonly after: string; readonly part: ChangedPart } | undefined;

/** How many of a node's children at their start, and at their end beyond those, an edit left as they are. */
export type KeptChildren = { readonly start: number; readonly end: number };

/** Anything that stands somewhere in a text. */
type Written = { readonly offset: number; readonly length: number };

/**
 * How many items at the start of both lists, and how many at their ends beyond those, are written in the same characters at the same
 * place. Both lists are in the order of the text; each kept item of one is the kept item of the other, counted from that end.
 *
 * Of a tree of strict JSON such items are equal, since there a value means what its own characters say. In formats where the text
 * around counts (anchors and indentation of YAML, locals and references of HCL, comments beside a node) the caller must see to that:
 * only the characters of the items themselves are vouched for.
 */
export function keptEnds(before: readonly Written[], after: readonly Written[], part: ChangedPart): KeptChildren {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && isAhead(before[start], after[start], part)) start++;
  let end = 0;
  while (end < most - start && isBehind(before[before.length - 1 - end], after[after.length - 1 - end], part)) end++;
  return { start, end };
}

/**
 * Of both trees of an edit, the nodes that hold the change, with how many of their children it left as they are; undefined for every
 * other node. For formats in which a value means what its own characters say, as in JSON.
 */
export function keptIn(before: TreeNode, after: TreeNode, part: ChangedPart): (node: TreeNode) => KeptChildren | undefined {
  const found = new Map<TreeNode, KeptChildren>();
  let [old, now]: [TreeNode | undefined, TreeNode | undefined] = [before, after];
  while (old !== undefined && now !== undefined && old.type === now.type && old.children !== undefined && now.children !== undefined) {
    if (old.type === 'property') {
      // The key of a member whose name is not written stands where its value stands.
      const isSameKey: boolean = old.children[0]?.value === now.children[0]?.value;
      [old, now] = isSameKey ? [old.children[1], now.children[1]] : [undefined, undefined];
      continue;
    }
    const kept: KeptChildren = keptMembers(old, now) ?? keptEnds(old.children, now.children, part);
    found.set(old, kept);
    found.set(now, kept);
    const one: readonly TreeNode[] = old.children.slice(kept.start, old.children.length - kept.end);
    const other: readonly TreeNode[] = now.children.slice(kept.start, now.children.length - kept.end);
    // Where more than one child was changed, nobody knows which became which.
    [old, now] = one.length === 1 && other.length === 1 ? [one[0], other[0]] : [undefined, undefined];
  }
  return (node) => found.get(node);
}

function isAhead(one: Written | undefined, other: Written | undefined, { before }: ChangedPart): boolean {
  return one?.offset === other?.offset && one?.length === other?.length && one !== undefined && one.offset + one.length <= before.start;
}

function isBehind(one: Written | undefined, other: Written | undefined, { before, after }: ChangedPart): boolean {
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  return one.offset >= before.end && one.offset - before.end === other.offset - after.end;
}
