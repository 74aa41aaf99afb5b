import { member, type TreeNode } from '../read/tree.ts';

/** A member that is a string, as its value (unresolved ones with their `${…}`). */
export function textAt(node: TreeNode | undefined, key: string): string | undefined {
  return textOf(member(node, key));
}

/** A text, or a number as one; undefined for anything else. */
export function textOf(node: TreeNode | undefined): string | undefined {
  return typeof node?.value === 'string' ? node.value : typeof node?.value === 'number' ? String(node.value) : undefined;
}

/** None where it is no list. */
export function itemsOf(node: TreeNode | undefined): readonly TreeNode[] {
  return node?.type === 'array' ? (node.children ?? []) : [];
}

/** Makes keys that are used more than once different, in order: "web", "web#2". */
export function numbered(): (key: string) => string {
  const seen = new Map<string, number>();
  return (key) => {
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? key : `${key}#${count}`;
  };
}
