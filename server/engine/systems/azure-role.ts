import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, numbered, textAt } from './text-of.ts';

/** What `az role` reads and writes: `role-definition` and `role-assignment`. Keys are spelt with either case of their first letter. */
export const azureRole: System = {
  id: 'azure-role',
  words: ['AssignableScopes', 'assignableScopes', 'principalId', 'properties'],
  declarations: (tree) => {
    const unique = numbered();
    return tree.documents.flatMap((root) =>
      (root.type === 'array' ? itemsOf(root) : [root]).flatMap((node): readonly Declaration[] => {
        const type = typeOf(node);
        if (type === undefined) return [];
        const name =
          NAMES.map((key) => textAt(node, key) ?? textAt(member(node, 'properties'), key)).find((each) => each !== undefined) ?? type;
        return [{ system: 'azure-role', type, key: unique(`${type}/${name}`), name, node }];
      }),
    );
  },
};

const NAMES = ['roleName', 'Name', 'name', 'roleDefinitionName', 'roleDefinitionId', 'principalId'];

function typeOf(node: TreeNode): string | undefined {
  if (
    node.type !== 'object' ||
    (textAt(node, 'type')?.startsWith('Microsoft.Authorization/roleAssignments') === true && member(node, 'apiVersion') !== undefined)
  )
    return undefined;
  const properties = member(node, 'properties');
  const has = (...keys: readonly string[]): boolean =>
    keys.some((key) => member(node, key) !== undefined || member(properties, key) !== undefined);
  if (has('AssignableScopes', 'assignableScopes') && has('Actions', 'actions', 'permissions', 'Permissions', 'DataActions', 'dataActions'))
    return 'role-definition';
  return has('principalId') && has('roleDefinitionId', 'roleDefinitionName') ? 'role-assignment' : undefined;
}
