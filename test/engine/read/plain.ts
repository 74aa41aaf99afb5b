import assert from 'node:assert/strict';
import type { TextTree, TreeNode } from '../../../server/engine/read/tree.ts';

/** A tree as plain data: labels under '#', unresolved text as {'?': text}, an unresolved object or list with '?': true. */
export function plain(node: TreeNode | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.type === 'object') {
    const members = (node.children ?? []).map((each) => [String(each.children?.[0]?.value), plain(each.children?.[1])] as const);
    return {
      ...(node.labels === undefined || node.labels.length === 0 ? {} : { '#': node.labels }),
      ...(node.unresolved === true ? { '?': true } : {}),
      ...Object.fromEntries(members),
    };
  }
  if (node.type === 'array') return (node.children ?? []).map(plain);
  return node.unresolved === true ? { '?': node.value } : node.value;
}

export function everyNode(node: TreeNode): readonly TreeNode[] {
  const found: TreeNode[] = [];
  const rest = [node];
  for (let each = rest.pop(); each !== undefined; each = rest.pop()) {
    found.push(each);
    rest.push(...(each.children ?? []));
  }
  return found;
}

/** Holds of every tree: nodes lie within the text, and children within what can be read of it. */
export function assertSound(tree: TextTree): void {
  for (const root of tree.documents) {
    for (const node of everyNode(root)) {
      const { offset, length } = node;
      assert.ok(
        offset >= 0 && length >= 0 && offset + length <= tree.text.length,
        `${node.type} at ${offset}+${length} of ${tree.text.length}`,
      );
      if (node.type === 'property') assert.ok((node.children?.length ?? 0) >= 1, 'a property without a key');
    }
  }
  for (const { message, place } of tree.problems) {
    assert.match(message, /\.$/);
    if (place !== undefined) assert.ok(place.start.offset >= 0 && place.end.offset <= tree.text.length);
  }
}
