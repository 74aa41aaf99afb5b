import { member, type TextTree, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, madeMember } from './nodes.ts';

/**
 * Bicep, in the shape of the ARM template that it makes, so that what holds there holds here.
 *
 * - A resource has its ARM type ("Microsoft.Storage/storageAccounts"), its symbolic name as key and name, and as node its object with
 *   `type`, `apiVersion`, `name`, `properties`. Nested ones have their whole type; those that only refer (`existing`) are left out.
 * - "parameter" has `type` ("securestring" where it is marked secure) and `defaultValue`; "output" has `type` and `value`;
 *   "module" has its `path` and `params`.
 */
export const bicep: System = { id: 'bicep', declarations };

function declarations(tree: TextTree): readonly Declaration[] {
  const [root] = tree.documents;
  if (tree.format !== 'bicep' || root === undefined) return [];
  const named = (word: string, type: string, shaped: (node: TreeNode) => TreeNode): readonly Declaration[] =>
    itemsOf(member(root, word)).flatMap((node) => {
      const [name] = node.labels ?? [];
      return name === undefined ? [] : [{ system: 'bicep', type, key: `${type}/${name}`, name, node: shaped(node) }];
    });
  return [
    ...itemsOf(member(root, 'resource')).flatMap((node) => ofResource(node, '', '')),
    ...named('module', 'module', (node) => node),
    ...named('param', 'parameter', parameter),
    ...named('output', 'output', parameter),
  ];
}

function ofResource(node: TreeNode, parentType: string, parentKey: string): readonly Declaration[] {
  const [name = ''] = node.labels ?? [];
  const own = String(member(node, 'type')?.value ?? '');
  const type = parentType === '' || /^\w+\.[\w.]+\//.test(own) ? own : `${parentType}/${own}`;
  const key = parentKey === '' ? name : `${parentKey}::${name}`;
  const children = (node.children ?? []).filter((each) => each.children?.[0]?.value !== 'resource');
  const nested = itemsOf(member(node, 'resource')).flatMap((each) => ofResource(each, type, key));
  if (member(node, 'existing')?.value === true) return nested;
  const body = { ...node, children: children.map((each) => (each.children?.[0]?.value === 'type' ? retyped(each, type) : each)) };
  return [{ system: 'bicep', type, key, name, node: body }, ...nested];
}

function retyped(property: TreeNode, type: string): TreeNode {
  const [key, value] = property.children ?? [];
  return key === undefined || value === undefined ? property : { ...property, children: [key, { ...value, value: type }] };
}

/** `@secure() param x string` is ARM's type `securestring`. */
function parameter(node: TreeNode): TreeNode {
  const type = member(node, 'type');
  const secure = itemsOf(member(node, 'decorator')).some((each) => each.value === 'secure');
  if (!secure || type === undefined) return node;
  const others = (node.children ?? []).filter((each) => each.children?.[0]?.value !== 'type');
  return { ...node, children: [...others, madeMember('type', { ...type, value: `secure${String(type.value)}` })] };
}
