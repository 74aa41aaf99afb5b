import { membersOf, type TreeNode } from '../read/tree.ts';

/**
 * An object that is a call (`{"Ref": "x"}`, `{"Fn::Sub": "…"}`) becomes what can be said of its value: text with `${…}`, unresolved.
 * A reference to a parameter becomes its default, where it has one. `Fn::If` becomes the list of what it may be, so that a value that is only sometimes there is seen.
 */
export function resolveIntrinsics(node: TreeNode, defaults: ReadonlyMap<string, TreeNode>): TreeNode {
  if (node.type === 'array') return withBranchesInPlace(node);
  if (node.type !== 'object' || node.children?.length !== 1) return node;
  const [only] = membersOf(node);
  if (only === undefined) return node;
  const { key, value } = only;
  if (key === 'Fn::If') return branchesOf(node, value);
  if (key === 'Fn::Transform' || (key !== 'Ref' && !key.startsWith('Fn::'))) return node;
  if (key === 'Ref' && value.value === 'AWS::NoValue') return { type: 'null', offset: node.offset, length: node.length, value: null };
  if (key === 'Ref') {
    if (typeof value.value !== 'string') return node;
    const known = defaults.get(value.value);
    if (known !== undefined) return known;
  }
  const text = textOf(key, value);
  const literal =
    (key === 'Fn::Sub' || key === 'Fn::Base64') && typeof value.value === 'string' && value.unresolved !== true && !/\$\{(?!!)/.test(text);
  // A text that holds no variable keeps the place of its text.
  return literal
    ? { ...value, type: 'string', value: text }
    : { type: 'string', offset: node.offset, length: node.length, value: text, unresolved: true };
}

function branchesOf(node: TreeNode, value: TreeNode): TreeNode {
  const branches = (value.children ?? []).slice(1).filter((each) => each.type !== 'null');
  const [first] = branches;
  if (first !== undefined && branches.length === 1) return first;
  return {
    type: 'array',
    offset: node.offset,
    length: node.length,
    children: branches.flatMap((each) => (each.type === 'array' ? (each.children ?? []) : [each])),
  };
}

/** `[a, {"Fn::If": […]}]`: by now a list in the list; its items stand beside the others. */
function withBranchesInPlace(node: TreeNode): TreeNode {
  const children = node.children ?? [];
  const flat = children.filter((each) => each.type !== 'null');
  return flat.length === children.length ? node : { ...node, children: flat };
}

function textOf(key: string, value: TreeNode): string {
  const parts = value.type === 'array' ? (value.children ?? []) : [value];
  const [first, second] = parts;
  if (key === 'Ref') return `\${${String(value.value)}}`;
  if (key === 'Fn::GetAtt') return `\${${parts.map(({ value: part }) => String(part ?? '')).join('.')}}`;
  if (key === 'Fn::Sub') return typeof first?.value === 'string' ? first.value.replace(/\$\{!/g, '${') : '${Fn::Sub}';
  if (key === 'Fn::Base64' && typeof first?.value === 'string') return first.value;
  if (key === 'Fn::Join' && second?.type === 'array') {
    return (second.children ?? []).map((each) => String(each.value ?? '${…}')).join(String(first?.value ?? ''));
  }
  return `\${${key}}`;
}
