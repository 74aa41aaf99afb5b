import { readJson } from '../../../server/engine/read/json.ts';
import type { TextTree } from '../../../server/engine/read/tree.ts';
import type { Side } from '../../../server/engine/rules/evaluate-all.ts';
import type { Hit } from '../../../server/engine/rules/hit.ts';
import type { Declaration } from '../../../server/engine/systems/declaration.ts';
import type { TreeNode } from '../../../server/engine/read/tree.ts';
import type { Place } from '../../../server/engine/types.ts';

/** A text of JSON as a tree. A string that begins with "?" is one whose value is worked out elsewhere. */
export function treeOf(value: unknown, side: Place['side'] = 'after'): TextTree {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const { root, positionAt, placeOf } = readJson(text, side);
  return { format: 'json', text, side, documents: root === undefined ? [] : [unresolved(root)], problems: [], positionAt, placeOf };
}

/** Every member of the top level as one declaration: its key is the identity, its `type` the type. */
export function sideOf(value: unknown, side: Place['side']): Side {
  const tree = treeOf(value, side);
  const declarations = (tree.documents[0]?.children ?? []).flatMap((property): readonly Declaration[] => {
    const [key, node] = property.children ?? [];
    if (key === undefined || node === undefined) return [];
    const type = node.children?.find((each) => each.children?.[0]?.value === 'type')?.children?.[1]?.value;
    return [{ system: 'settings', type: String(type ?? 'thing'), key: String(key.value), name: String(key.value), node }];
  });
  return { tree, declarations };
}

export function hitOf(value: unknown): Hit {
  const node = treeOf(value).documents[0];
  if (node === undefined) throw new Error('the value makes no tree');
  return { node, key: undefined, keyNode: undefined };
}

function unresolved(node: TreeNode): TreeNode {
  if (node.type === 'string' && String(node.value).startsWith('?'))
    return { ...node, value: `\${${String(node.value).slice(1)}}`, unresolved: true };
  return node.children === undefined ? node : { ...node, children: node.children.map(unresolved) };
}
