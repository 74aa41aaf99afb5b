import type { TreeNode } from './tree.ts';

/** Where in the text the character `index` of a string's value stands; the end of the value is `value.length`. Never outside of the node. */
export function valueOffset(node: TreeNode, index: number): number {
  const end = node.offset + node.length;
  const runs = node.runs;
  if (runs === undefined) {
    // A bare word has no quote to step over.
    const quote = node.length > String(node.value).length ? 1 : 0;
    return Math.min(node.offset + quote + index, end);
  }
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((runs[middle]?.[0] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const [start, offset] = runs[low] ?? [0, node.offset];
  return Math.min(offset + Math.max(0, index - start), end);
}
