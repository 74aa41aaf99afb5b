import { member, membersOf, type TreeNode } from '../read/tree.ts';

/** A scalar where it stands. */
export type Field = { readonly text: string; readonly node: TreeNode; readonly unresolved: boolean };

/** The first of these members that is there; keys are compared as written. */
export function field(node: TreeNode | undefined, ...keys: readonly string[]): TreeNode | undefined {
  for (const key of keys) {
    const found = member(node, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The value of the first member whose key passes. */
export function fieldWhere(node: TreeNode | undefined, test: (key: string) => boolean): TreeNode | undefined {
  if (node?.type !== 'object') return undefined;
  for (const { children } of node.children ?? []) {
    const key = children?.[0];
    const value = children?.[1];
    if (key !== undefined && value !== undefined && test(String(key.value))) return value;
  }
  return undefined;
}

/** The same without regard to case: Azure's and others' spellings differ. */
export function anyCaseField(node: TreeNode | undefined, ...keys: readonly string[]): TreeNode | undefined {
  const wanted = keys.map((key) => key.toLowerCase());
  return membersOf(node).findLast(({ key }) => wanted.includes(key.toLowerCase()))?.value;
}

/** Follows members down; a list of blocks stands for its last block. */
export function deep(node: TreeNode | undefined, ...keys: readonly string[]): TreeNode | undefined {
  let at = node;
  for (const key of keys) at = member(at?.type === 'array' ? at.children?.at(-1) : at, key);
  return at;
}

/** A scalar's text; undefined for lists, objects and null. Numbers and booleans are written out. */
export function scalar(node: TreeNode | undefined): string | undefined {
  if (node === undefined || node.type === 'array') return node?.children?.length === 1 ? scalar(node.children[0]) : undefined;
  return node.value === undefined || node.value === null || node.type === 'object' || node.type === 'property'
    ? undefined
    : String(node.value);
}

export function isTrue(node: TreeNode | undefined): boolean {
  return scalar(node)?.toLowerCase() === 'true';
}

/** Every scalar of a scalar, a list, or a list of lists. References written as objects ({"Ref": …}) are unresolved scalars. */
export function scalars(node: TreeNode | undefined): readonly Field[] {
  if (node === undefined) return [];
  if (node.type === 'array') return (node.children ?? []).flatMap(scalars);
  if (node.type === 'object') {
    const reference = referenceText(node);
    return reference === undefined ? [] : [{ text: reference, node, unresolved: true }];
  }
  const text = scalar(node);
  return text === undefined ? [] : [{ text, node, unresolved: node.unresolved === true || isExpression(text) }];
}

/** Every object of an object or a list of them: blocks of HCL are a list, JSON may have one or many. */
export function objects(node: TreeNode | undefined): readonly TreeNode[] {
  if (node === undefined) return [];
  if (node.type === 'object') return [node];
  return node.type === 'array' ? (node.children ?? []).flatMap(objects) : [];
}

/** `${Name}` for CloudFormation's references. */
export function referenceText(node: TreeNode | undefined): string | undefined {
  const [first, ...more] = membersOf(node);
  if (first === undefined || more.length > 0) return undefined;
  if (first.key !== 'Ref' && !first.key.startsWith('Fn::')) return undefined;
  return `\${${first.key === 'Ref' ? '' : `${first.key} `}${scalars(first.value)
    .map(({ text }) => text)
    .join('.')}}`;
}

/** ARM's `[parameters('x')]` and every reader's `${…}`. */
function isExpression(text: string): boolean {
  return text.includes('${') || /^\[[^[].*\]$/.test(text);
}

/** The text of a subtree without layout and order of keys, for identity. */
export function canonicalNode(node: TreeNode | undefined): string {
  if (node === undefined) return '';
  if (node.type === 'object')
    return `{${membersOf(node)
      .map(({ key, value }) => `${JSON.stringify(key)}:${canonicalNode(value)}`)
      .sort()
      .join()}}`;
  if (node.type === 'array') return `[${(node.children ?? []).map(canonicalNode).join()}]`;
  return `${JSON.stringify(node.value ?? null)}${node.unresolved === true ? '?' : ''}`;
}
