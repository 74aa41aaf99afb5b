import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, madeMember } from './nodes.ts';

/**
 * A Terraform plan as `terraform show -json` prints it.
 *
 * - Each resource as it will be, in the words of the system 'terraform' and with the same attribute names, so that the same rules hold.
 *   What is known only after the apply is unresolved.
 * - Each change as 'terraform-plan': its type, its address as key, and as node the object with `actions`, `before` and `after`.
 */
export const terraformPlan: System = {
  id: 'terraform-plan',
  words: ['resource_changes', 'planned_values', 'values'],
  declarations,
};

function declarations(tree: TextTree): readonly Declaration[] {
  const [root] = tree.documents;
  if (tree.format !== 'json' || root === undefined) return [];
  const changes = itemsOf(member(root, 'resource_changes'));
  if (changes.length > 0) return changes.flatMap(ofChange);
  const planned = member(member(root, 'planned_values') ?? member(root, 'values'), 'root_module');
  return planned === undefined ? [] : ofModule(planned, 0);
}

function ofChange(entry: TreeNode): readonly Declaration[] {
  const change = member(entry, 'change');
  const named = identityOf(entry);
  if (change === undefined || named === undefined) return [];
  const found: Declaration[] = [{ ...named, system: 'terraform-plan', node: change }];
  const after = member(change, 'after');
  if (after?.type === 'object') found.push({ ...named, system: 'terraform', node: withUnknown(after, member(change, 'after_unknown')) });
  return found;
}

function ofModule(module: TreeNode, depth: number): readonly Declaration[] {
  if (depth > 50) return [];
  const own = itemsOf(member(module, 'resources')).flatMap((entry): readonly Declaration[] => {
    const named = identityOf(entry);
    const values = member(entry, 'values');
    return named === undefined || values === undefined ? [] : [{ ...named, system: 'terraform', node: values }];
  });
  return [...own, ...itemsOf(member(module, 'child_modules')).flatMap((child) => ofModule(child, depth + 1))];
}

function identityOf(entry: TreeNode): { readonly type: string; readonly key: string; readonly name: string } | undefined {
  const type = member(entry, 'type')?.value;
  const name = member(entry, 'name')?.value;
  if (typeof type !== 'string' || typeof name !== 'string') return undefined;
  const key = member(entry, 'address')?.value;
  const data = member(entry, 'mode')?.value === 'data' ? 'data.' : '';
  return { type: data + type, key: typeof key === 'string' ? key : `${data}${type}.${name}`, name };
}

function withUnknown(after: TreeNode, unknown: TreeNode | undefined): TreeNode {
  const known = new Set(membersOf(after).flatMap(({ key, value }) => (value.type === 'null' ? [] : [key])));
  const more = membersOf(unknown).flatMap(({ key, keyNode, value }) =>
    value.value === true && !known.has(key)
      ? [madeMember(key, { ...value, type: 'string', value: '${known after apply}', unresolved: true }, keyNode)]
      : [],
  );
  if (more.length === 0) return after;
  const hidden = new Set(more.map((each) => each.children?.[0]?.value));
  return { ...after, children: [...(after.children ?? []).filter((each) => !hidden.has(each.children?.[0]?.value)), ...more] };
}
