import type { TreeNode } from '../../../server/engine/read/tree.ts';
import { valueOffset } from '../../../server/engine/read/value-offset.ts';

/** A tree without its offsets, to be compared with the data it stands for. */
export function plain(node: TreeNode | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.type === 'array') return (node.children ?? []).map(plain);
  if (node.type !== 'object') return node.unresolved === true ? { unresolved: node.value } : node.value;
  const entries = (node.children ?? []).map(({ children }) => [String(children?.[0]?.value), plain(children?.[1])] as const);
  return Object.fromEntries(entries);
}

/** Every scalar that is a value, with the keys that lead to it: "spec.ports.0". */
export function scalarsOf(node: TreeNode, path = ''): readonly (readonly [path: string, node: TreeNode])[] {
  if (node.children === undefined) return [[path, node]];
  return node.children.flatMap((child, i) => {
    if (child.type !== 'property') return scalarsOf(child, path === '' ? String(i) : `${path}.${i}`);
    const [key, value] = child.children ?? [];
    return value === undefined ? [] : scalarsOf(value, path === '' ? String(key?.value) : `${path}.${String(key?.value)}`);
  });
}

export function slice(text: string, node: TreeNode): string {
  return text.slice(node.offset, node.offset + node.length);
}

/** What the text has at the place of each character of a string's value. */
export function textOfValue(text: string, node: TreeNode): string {
  return Array.from(String(node.value).split(''), (_, i) => text.charAt(valueOffset(node, i))).join('');
}

/** Every node lies within the text and has whole numbers for its place. */
export function places(node: TreeNode, text: string): boolean {
  const sound =
    Number.isInteger(node.offset) &&
    Number.isInteger(node.length) &&
    node.offset >= 0 &&
    node.length >= 0 &&
    node.offset + node.length <= text.length;
  return sound && (node.children ?? []).every((child) => places(child, text));
}
