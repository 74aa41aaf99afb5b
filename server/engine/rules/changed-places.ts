import { type TextTree, type TreeNode } from '../read/tree.ts';
import type { Place } from '../types.ts';
import { type Change, changeBetween, changeOfBody } from './change.ts';
import { itemsInList } from './changed-items.ts';
import { pairItems } from './pair.ts';
import { below, type Hit } from './hit.ts';

/** What differs between two nodes: hits that are new or other in the one after, and hits of the one before that are gone. */
export type Difference = { readonly changed: readonly Hit[]; readonly removed: readonly Hit[] };

const MOST = 200;

/** The smallest nodes that differ. Items of lists are told apart by name or content, so a reorder is no difference. */
export function differences(before: Hit, after: Hit): Difference {
  const changed: Hit[] = [];
  const removed: Hit[] = [];
  const visit = (old: Hit, now: Hit, change: Change | undefined): void => {
    if (changed.length + removed.length > MOST || change === undefined) return;
    if (old.node.type === 'object' && now.node.type === 'object') {
      if ((old.node.labels ?? []).join('\n') !== (now.node.labels ?? []).join('\n')) changed.push(headOf(now));
      const only = change.kind === 'members' ? change.of : undefined;
      const [was, is] = [hitsOf(old, only), hitsOf(now, only)];
      for (const [key, hit] of is) {
        const other = was.get(key);
        if (other === undefined) changed.push(hit);
        else visit(other, hit, only?.get(key) ?? changeBetween(other.node, hit.node));
      }
      for (const [key, hit] of was) if (!is.has(key)) removed.push(hit);
    } else if (old.node.type === 'array' && now.node.type === 'array') {
      for (const pair of pairItems(...itemsInList([old, now], change))) {
        if (pair.before !== undefined && pair.after !== undefined)
          visit(pair.before, pair.after, changeBetween(pair.before.node, pair.after.node));
        else if (pair.after !== undefined) changed.push(pair.after);
        else if (pair.before !== undefined) removed.push(pair.before);
      }
    } else changed.push(now);
  };
  visit(before, after, changeOfBody(before.node, after.node));
  return { changed, removed };
}

/** From the key, where there is one, to the end of the value. */
export function placeOfHit({ node, keyNode, inList }: Hit, tree: TextTree): Place {
  const start = inList === undefined && keyNode !== undefined && keyNode.offset <= node.offset ? keyNode.offset : node.offset;
  return tree.placeOf(start, Math.max(start, node.offset + node.length));
}

/** Where in the text after something stood that is gone: the end of the line before it, or what now stands in its place. */
export function placeOfGap(offset: number, before: Pick<TextTree, 'text'>, after: Pick<TextTree, 'text' | 'placeOf'>): Place {
  const [old, now] = [before.text, after.text];
  const { head, tail } = commonEnds(old, now);
  let at = offset;
  if (offset > head) at = offset >= old.length - tail ? offset - old.length + now.length : Math.min(head, now.length);
  at = Math.min(Math.max(at, 0), now.length);
  // A place at the very start of an empty line shows nothing: take the line's text.
  const end = now.indexOf('\n', at);
  return after.placeOf(at, end === -1 ? now.length : Math.max(at, Math.min(end, at + 200)));
}

/** How much of two texts is the same at their start and at their end. */
function commonEnds(old: string, now: string): { readonly head: number; readonly tail: number } {
  const most = Math.min(old.length, now.length);
  let head = 0;
  while (head < most && old.charCodeAt(head) === now.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < most - head && old.charCodeAt(old.length - 1 - tail) === now.charCodeAt(now.length - 1 - tail)) tail++;
  return { head, tail };
}

/** Of a block, what stands before what is in it: its labels have changed. */
function headOf(hit: Hit): Hit {
  const { offset, length, children = [] } = hit.node;
  return {
    ...hit,
    node: { type: 'string', offset, length: Math.max(1, (children[0]?.offset ?? offset + length) - offset) },
    keyNode: undefined,
  };
}

/** Of a repeated key the last counts. */
function hitsOf(hit: Hit, only: ReadonlyMap<string, unknown> | undefined): ReadonlyMap<string, Hit> {
  const found = new Map<string, Hit>();
  for (const { children } of hit.node.children ?? []) {
    const [keyNode, value] = children ?? [];
    if (keyNode === undefined || value === undefined) continue;
    const key = String(keyNode.value);
    if (only?.has(key) !== false) found.set(key, below(hit, key, keyNode, value));
  }
  return found;
}

/** Does one node lie within the other? */
export function overlap(one: TreeNode, other: TreeNode): boolean {
  return one.offset < other.offset + other.length && other.offset < one.offset + one.length;
}
