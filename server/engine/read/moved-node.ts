import { editMemory } from '../edit-memory.ts';
import type { KeptChildren } from './changed-part.ts';
import type { Draft } from './draft.ts';
import type { TreeNode } from './tree.ts';

/** Offsets from `from` on stand `by` further on in the other text of the edit; those ahead of it stand where they did. */
export type Move = { readonly from: number; readonly by: number };

/** A node of text that was moved, with all below it. What was put in for a name may stand ahead, and a list of both reaches over. */
export function movedDraft(draft: Draft, move: Move): Draft {
  const moved = movedBlock(draft, move) ?? copied(draft, move);
  // A plain value is compared as quickly as it is looked up.
  if (draft.children !== undefined) origins.set(moved, draft);
  return moved;
}

/** What is in a block is copied when it is first looked at: what stands behind a change seldom is. */
function movedBlock({ type, offset, length, labels, children, value, unresolved, runs }: Draft, move: Move): Draft | undefined {
  if (labels === undefined || children === undefined) return undefined;
  if (value !== undefined || unresolved !== undefined || runs !== undefined) return undefined;
  const start = placeOf(offset, move);
  let inside: Draft[] | undefined;
  return {
    type,
    offset: start,
    length: placeOf(offset + length, move) - start,
    labels,
    get children() {
      return (inside ??= copiedAll(children, move));
    },
  };
}

/** A node that stands `by` further on in the other text of the edit, and all below it. */
export function movedNode(node: TreeNode, by: number): TreeNode {
  const moved = shiftedNode(node, by);
  origins.set(moved, node);
  return moved;
}

/** Is one of these the other, or the same characters moved? Then they say the same. False is not sure. */
export function isSameText(before: TreeNode, after: TreeNode): boolean {
  return before === after || origins.get(after) === before;
}

const origins = editMemory<TreeNode, TreeNode>();

/**
 * The members of `after` at its start and end that are those of `before`, moved. One note for all of them costs less than
 * one for each. No two members of either go by one name.
 */
export function keepMembers(before: TreeNode, after: TreeNode, kept: KeptChildren): void {
  keptMembersOf.set(after, { before, kept });
}

/** How many members at the start and the end of two objects are known to say the same; no other member of either goes by the name of one. */
export function keptMembers(before: TreeNode, after: TreeNode): KeptChildren | undefined {
  const known = keptMembersOf.get(after);
  return known?.before === before ? known.kept : undefined;
}

const keptMembersOf = editMemory<TreeNode, { readonly before: TreeNode; readonly kept: KeptChildren }>();

function copied(draft: Draft, move: Move): Draft {
  const { type, value, children, unresolved, labels, runs } = draft;
  const offset = placeOf(draft.offset, move);
  const length = placeOf(draft.offset + draft.length, move) - offset;
  const below = children === undefined ? undefined : copiedAll(children, move);
  // What stands ahead may be put in many times, and is one and the same.
  if (offset === draft.offset && length === draft.length && below === children) return draft;
  const made: Draft =
    below !== undefined
      ? { type, offset, length, children: below }
      : value !== undefined
        ? { type, offset, length, value }
        : { type, offset, length };
  if (below !== undefined && value !== undefined) made.value = value;
  if (unresolved !== undefined) made.unresolved = unresolved;
  if (labels !== undefined) made.labels = labels;
  if (runs !== undefined) made.runs = runs.map(([index, at]) => [index, placeOf(at, move)] as const);
  return made;
}

/** The same list where nothing in it was moved. */
function copiedAll(drafts: Draft[], move: Move): Draft[] {
  let made: Draft[] | undefined;
  for (const [i, draft] of drafts.entries()) {
    const moved = copied(draft, move);
    if (moved !== draft) (made ??= drafts.slice())[i] = moved;
  }
  return made ?? drafts;
}

function placeOf(offset: number, { from, by }: Move): number {
  return offset < from ? offset : offset + by;
}

/** As `movedNode`, where nobody will ask what the node was. */
export function shiftedNode(node: TreeNode, by: number): TreeNode {
  const { type, length, children, runs } = node;
  const offset = node.offset + by;
  if (node.unresolved !== undefined || node.labels !== undefined || runs !== undefined) {
    const own = { ...node, offset, ...(children === undefined ? {} : { children: children.map((each) => shiftedNode(each, by)) }) };
    return runs === undefined ? own : { ...own, runs: runs.map(([index, at]) => [index, at + by] as const) };
  }
  if (children === undefined) return node.value === undefined ? { type, offset, length } : { type, offset, length, value: node.value };
  return { type, offset, length, children: children.map((each) => shiftedNode(each, by)) };
}
