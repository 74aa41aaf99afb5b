import type { Draft } from './draft.ts';
import type { TreeNode } from './tree.ts';

/** Offsets from `from` on stand `by` further on in the other text of the edit; those ahead of it stand where they did. */
export type Move = { readonly from: number; readonly by: number };

/** A node of text that was moved, with all below it. What was put in for a name may stand ahead, and a list of both reaches over. */
export function movedDraft(draft: Draft, move: Move): Draft {
  const moved = copied(draft, move);
  origins.set(moved, draft);
  return moved;
}

/** A node that stands `by` further on in the other text of the edit, and all below it. */
export function movedNode(node: TreeNode, by: number): TreeNode {
  const moved = shifted(node, by);
  origins.set(moved, node);
  return moved;
}

/** Is one of these the other, or the same characters moved? Then they say the same. False is not sure. */
export function isSameText(before: TreeNode, after: TreeNode): boolean {
  return before === after || origins.get(after) === before;
}

const origins = new WeakMap<TreeNode, TreeNode>();

function copied(draft: Draft, move: Move): Draft {
  const { type, value, children, unresolved, labels, runs } = draft;
  const offset = placeOf(draft.offset, move);
  const length = placeOf(draft.offset + draft.length, move) - offset;
  const below = children?.map((child) => copied(child, move));
  // What stands ahead may be put in many times, and is one and the same.
  if (offset === draft.offset && length === draft.length && (below ?? []).every((child, i) => child === children?.[i])) return draft;
  const made: Draft = { type, offset, length };
  if (value !== undefined) made.value = value;
  if (below !== undefined) made.children = below;
  if (unresolved !== undefined) made.unresolved = unresolved;
  if (labels !== undefined) made.labels = labels;
  if (runs !== undefined) made.runs = runs.map(([index, at]) => [index, placeOf(at, move)] as const);
  return made;
}

function placeOf(offset: number, { from, by }: Move): number {
  return offset < from ? offset : offset + by;
}

function shifted(node: TreeNode, by: number): TreeNode {
  const { type, length, children, runs } = node;
  const offset = node.offset + by;
  if (node.unresolved !== undefined || node.labels !== undefined || runs !== undefined) {
    const own = { ...node, offset, ...(children === undefined ? {} : { children: children.map((each) => shifted(each, by)) }) };
    return runs === undefined ? own : { ...own, runs: runs.map(([index, at]) => [index, at + by] as const) };
  }
  if (children === undefined) return node.value === undefined ? { type, offset, length } : { type, offset, length, value: node.value };
  return { type, offset, length, children: children.map((each) => shifted(each, by)) };
}
