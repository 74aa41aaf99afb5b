import { member, type TreeNode } from '../read/tree.ts';

/** Ways to make new nodes from the nodes of a text, so that what is made still knows where it stands. */

/** A text that is not written, or written differently, standing where `at` stands. */
export function madeText(value: string, at: TreeNode): TreeNode {
  return { type: 'string', offset: at.offset, length: at.length, value };
}

/** A member that no text has: `key` is told at `keyNode`, or where the value stands. */
export function madeMember(key: string, value: TreeNode, keyNode: TreeNode = value): TreeNode {
  const end = Math.max(value.offset + value.length, keyNode.offset + keyNode.length);
  const offset = Math.min(keyNode.offset, value.offset);
  return { type: 'property', offset, length: end - offset, children: [{ ...madeText(key, keyNode), length: keyNode.length }, value] };
}

/** An object that stands where `at` stands. */
export function madeObject(properties: readonly TreeNode[], at: TreeNode): TreeNode {
  return { type: 'object', offset: at.offset, length: at.length, children: properties };
}

/** A list that no text has, told at `at`. */
export function madeArray(items: readonly TreeNode[], at: TreeNode): TreeNode {
  return { type: 'array', offset: at.offset, length: at.length, children: items };
}

/** The items of an array; a single thing counts as an array of itself. */
export function itemsOf(node: TreeNode | undefined): readonly TreeNode[] {
  if (node === undefined) return [];
  return node.type === 'array' ? (node.children ?? []) : [node];
}

/** Every string of a tree changed; nodes in which nothing changes are kept as they are. */
export function mapTexts(node: TreeNode, change: (text: TreeNode) => TreeNode): TreeNode {
  if (node.type === 'string') return change(node);
  if (node.children === undefined) return node;
  let children: TreeNode[] | undefined;
  for (const [i, child] of node.children.entries()) {
    // A key is no value.
    if (node.type === 'property' && i === 0) continue;
    const mapped = mapTexts(child, change);
    if (mapped === child) continue;
    children ??= [...node.children];
    children[i] = mapped;
  }
  return children === undefined ? node : { ...node, children };
}

/** Does the object have a member of this name? */
export function has(node: TreeNode | undefined, key: string): boolean {
  return member(node, key) !== undefined;
}
