import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { deep, type Field, field, objects, scalar, scalars } from './fields.ts';
import { accessLists } from './gcp-access-lists.ts';
import { bareName, type GcpScope, resourceScope, terraformScope, top } from './gcp-scope.ts';
import type { AccessSide } from './side.ts';

/** One role and who gets it, as a text has it. */
export type GcpBinding = {
  readonly role: Field;
  readonly members: readonly Field[];
  readonly condition: string | undefined;
  readonly scope: GcpScope;
  /** Set when the list takes the place of what is there. */
  readonly replaces: 'this role' | 'every role' | undefined;
  /** Where the binding stands, when none of its parts was changed. */
  readonly nodes: readonly TreeNode[];
};

const TERRAFORM_IAM = /^google_(.+)_iam_(member|binding|policy)$/;
const ACCESS_LISTS = /^google_(storage_(bucket|default_object|object)_(acl|access_control)|bigquery_dataset|bigquery_dataset_access)$/;
const CUSTOM_ROLE = /^google_(project|organization)_iam_custom_role$/;
const CONNECTOR = new Set(['IAMPolicyMember', 'IAMPartialPolicy', 'IAMPolicy']);

/** May this declaration give somebody a role? */
export function speaksOfIam({ system, type, node }: Declaration): boolean {
  if (system === 'terraform')
    return TERRAFORM_IAM.test(type) || ACCESS_LISTS.test(type) || CUSTOM_ROLE.test(type) || type === 'data.google_iam_policy';
  if (system === 'kubernetes') return CONNECTOR.has(type);
  if (system === 'gcp-deployment-manager')
    return member(node, 'accessControl') !== undefined || /iam|acl|accesscontrol|storage|bigquery|roles/i.test(type);
  return system === 'gcp-policy';
}

/** Every list of members that a declaration gives a role. */
export function bindingsOf(declaration: Declaration, side: AccessSide): readonly GcpBinding[] {
  const { system, type, node } = declaration;
  if (system === 'gcp-policy') {
    const scope: GcpScope = { level: 'resource', path: ['policy'], name: 'this policy', kind: 'policy' };
    const policy = member(node, 'bindings') === undefined ? member(node, 'policy') : node;
    return listedBindings(policy, scope, undefined);
  }
  if (system === 'kubernetes') return connectorBindings(declaration);
  if (system === 'gcp-deployment-manager') return deploymentBindings(declaration);
  if (ACCESS_LISTS.test(type))
    return accessLists(node, resourceScope(type.replace(/^google_/, '').replace(/_(acl|access_control|access)$/, ''), node, declaration));
  const found = TERRAFORM_IAM.exec(type);
  if (found !== null) return terraformBindings(found[1] ?? '', found[2] ?? '', declaration, side);
  return type === 'data.google_iam_policy' && !isUsed(declaration, side)
    ? listedBindings(node, { level: 'resource', path: [`data ${declaration.key}`], name: declaration.name, kind: 'policy' }, undefined)
    : [];
}

function terraformBindings(kind: string, form: string, declaration: Declaration, side: AccessSide): readonly GcpBinding[] {
  const { node } = declaration;
  const scope = terraformScope(kind, node, declaration);
  if (form === 'policy') {
    const data = member(node, 'policy_data');
    if (data?.type === 'object') return listedBindings(data, scope, 'every role', [data]);
    const [reference] = scalars(data);
    const source = side.declarations.find(
      ({ type, key }) => type === 'data.google_iam_policy' && reference?.text.includes(`${key}.`) === true,
    );
    return source === undefined
      ? [
          {
            role: wholeOf(node, 'every role'),
            members: [],
            condition: undefined,
            scope,
            replaces: 'every role',
            nodes: reference === undefined ? [] : [reference.node],
          },
        ]
      : listedBindings(source.node, scope, 'every role', reference === undefined ? [] : [reference.node]);
  }
  const [role] = scalars(member(node, 'role'));
  if (role === undefined) return [];
  return [
    {
      role,
      members: scalars(field(node, 'member', 'members')),
      condition: conditionOf(node),
      scope,
      replaces: form === 'binding' ? 'this role' : undefined,
      nodes: [],
    },
  ];
}

/** Does a policy of this text take its data from here? */
function isUsed({ key }: Declaration, { declarations }: AccessSide): boolean {
  return declarations.some(
    ({ type, node }) => TERRAFORM_IAM.test(type) && scalars(member(node, 'policy_data')).some(({ text }) => text.includes(`${key}.`)),
  );
}

function listedBindings(
  policy: TreeNode | undefined,
  scope: GcpScope,
  replaces: GcpBinding['replaces'],
  nodes: readonly TreeNode[] = [],
): readonly GcpBinding[] {
  return objects(field(policy, 'bindings', 'binding')).flatMap((binding) => {
    const [role] = scalars(member(binding, 'role'));
    return role === undefined
      ? []
      : [{ role, members: scalars(field(binding, 'members', 'member')), condition: conditionOf(binding), scope, replaces, nodes }];
  });
}

function conditionOf(node: TreeNode): string | undefined {
  const [condition] = objects(member(node, 'condition'));
  const text = scalar(member(condition, 'expression'));
  return text === undefined ? undefined : text.replace(/\s+/g, ' ').trim();
}

function connectorBindings({ type, node, name }: Declaration): readonly GcpBinding[] {
  const spec = member(node, 'spec');
  const reference = member(spec, 'resourceRef');
  const kind = scalar(member(reference, 'kind')) ?? '';
  const id = scalar(field(reference, 'external', 'name')) ?? name;
  const level = ({ Project: 'project', Folder: 'folder', Organization: 'organization' } as const)[kind];
  const scope: GcpScope =
    level === undefined
      ? { level: 'resource', path: ['some project', `${kind} ${id}`], name: bareName(id), kind: kind.toLowerCase() }
      : top(level, id);
  if (type !== 'IAMPolicyMember') return listedBindings(spec, scope, type === 'IAMPolicy' ? 'every role' : undefined);
  const [role] = scalars(member(spec, 'role'));
  return role === undefined
    ? []
    : [{ role, members: scalars(member(spec, 'member')), condition: conditionOf(spec ?? node), scope, replaces: undefined, nodes: [] }];
}

function deploymentBindings(declaration: Declaration): readonly GcpBinding[] {
  const { type, node, name } = declaration;
  const properties = member(node, 'properties');
  const scope: GcpScope = {
    level: 'resource',
    path: ['some project', `deployed ${name}`],
    name: bareName(name),
    kind: type.split(/[.:]/).at(-1) ?? 'resource',
  };
  const control = listedBindings(deep(node, 'accessControl', 'gcpIamPolicy'), scope, undefined);
  const policies = [...listedBindings(deep(properties, 'policy'), scope, undefined), ...listedBindings(properties, scope, undefined)];
  const [role] = scalars(member(properties, 'role'));
  const members = scalars(field(properties, 'member', 'members'));
  const [on] = scalars(field(properties, 'resource', 'bucket'));
  if (role !== undefined && members.length > 0) {
    const level = /organizations/i.test(type)
      ? 'organization'
      : /folders/i.test(type)
        ? 'folder'
        : /projects/i.test(type)
          ? 'project'
          : undefined;
    const at =
      level === undefined
        ? { ...scope, ...(on === undefined ? {} : { path: ['some project', on.text], name: bareName(on.text) }) }
        : top(level, on?.text ?? name);
    return [
      ...control,
      ...policies,
      { role, members, condition: conditionOf(properties ?? node), scope: at, replaces: undefined, nodes: [] },
    ];
  }
  return [...control, ...policies, ...(properties === undefined ? [] : accessLists(properties, scope))];
}

/** What a role that the text makes allows; undefined for anything else. */
export function customRoleOf(declaration: Declaration): { readonly permissions: readonly Field[] } | undefined {
  const { system, type, node } = declaration;
  if (system === 'terraform') return CUSTOM_ROLE.test(type) ? { permissions: scalars(member(node, 'permissions')) } : undefined;
  if (system === 'gcp-policy') return type === 'role' ? { permissions: scalars(member(node, 'includedPermissions')) } : undefined;
  if (system !== 'gcp-deployment-manager') return undefined;
  const permissions = scalars(deep(node, 'properties', 'role', 'includedPermissions') ?? deep(node, 'properties', 'includedPermissions'));
  return permissions.length === 0 ? undefined : { permissions };
}

function wholeOf(node: TreeNode, text: string): Field {
  return { text, node, unresolved: false };
}
