import { member, type TreeNode } from '../read/tree.ts';
import { type Field, field, objects, scalars } from './fields.ts';
import type { GcpBinding } from './gcp-declared.ts';
import type { GcpScope } from './gcp-scope.ts';

/** The older access lists of buckets and datasets: an entity and a role, side by side. */
export function accessLists(node: TreeNode, scope: GcpScope): readonly GcpBinding[] {
  const entries = [node, ...['acl', 'defaultObjectAcl', 'access'].flatMap((key) => objects(member(node, key)))];
  const entered = entries.flatMap((entry) => {
    const members = scalars(
      field(
        entry,
        'entity',
        'special_group',
        'specialGroup',
        'iam_member',
        'iamMember',
        'user_by_email',
        'userByEmail',
        'group_by_email',
        'groupByEmail',
        'domain',
      ),
    );
    // Who is named without a role may read at least.
    const [role] = [...scalars(member(entry, 'role')), ...members.map((each) => ({ ...each, text: 'READER' }))];
    return role === undefined || members.length === 0 ? [] : [listed(role, role.text.toUpperCase(), members, scope)];
  });
  const pairs = scalars(member(node, 'role_entity')).map((each) => {
    const [role = '', ...entity] = each.text.split(':');
    return listed(each, role.toUpperCase(), [{ ...each, text: entity.join(':') }], scope);
  });
  const [ready] = scalars(field(node, 'predefined_acl', 'predefinedAcl', 'predefinedDefaultObjectAcl'));
  const known = ready === undefined ? undefined : READY.get(ready.text);
  if (ready === undefined || known === undefined) return [...entered, ...pairs];
  return [...entered, ...pairs, listed(ready, known.role, [{ ...ready, text: known.entity }], scope)];
}

const READY: ReadonlyMap<string, { readonly role: string; readonly entity: string }> = new Map([
  ['publicRead', { role: 'READER', entity: 'allUsers' }],
  ['publicReadWrite', { role: 'WRITER', entity: 'allUsers' }],
  ['authenticatedRead', { role: 'READER', entity: 'allAuthenticatedUsers' }],
]);

function listed(at: Field, role: string, members: readonly Field[], scope: GcpScope): GcpBinding {
  return { role: { ...at, text: `acl/${role}` }, members, condition: undefined, scope, replaces: undefined, nodes: [] };
}
