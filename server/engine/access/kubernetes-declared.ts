import { editMemory } from '../edit-memory.ts';
import { membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { deep, type Field, field, objects, scalar, scalars } from './fields.ts';
import type { ReadSide } from './side.ts';
import { groupedBy } from './wording.ts';

/** What a text can declare of RBAC. */
export type Kind = 'Role' | 'ClusterRole' | 'RoleBinding' | 'ClusterRoleBinding';

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['Role', 'Role'],
  ['ClusterRole', 'ClusterRole'],
  ['RoleBinding', 'RoleBinding'],
  ['ClusterRoleBinding', 'ClusterRoleBinding'],
  ['kubernetes_role', 'Role'],
  ['kubernetes_cluster_role', 'ClusterRole'],
  ['kubernetes_role_binding', 'RoleBinding'],
  ['kubernetes_cluster_role_binding', 'ClusterRoleBinding'],
]);

/** Undefined for what is no part of RBAC. */
export function kindOf({ system, type }: Declaration): Kind | undefined {
  return system === 'kubernetes' || system === 'terraform' ? KINDS.get(type.endsWith('_v1') ? type.slice(0, -3) : type) : undefined;
}

export function isRole(declaration: Declaration): boolean {
  const kind = kindOf(declaration);
  return kind === 'Role' || kind === 'ClusterRole';
}

export function isBinding(declaration: Declaration): boolean {
  const kind = kindOf(declaration);
  return kind === 'RoleBinding' || kind === 'ClusterRoleBinding';
}

/** One rule of a role: where each part stands. */
export type RoleRule = {
  readonly groups: readonly Field[];
  readonly resources: readonly Field[];
  readonly verbs: readonly Field[];
  readonly names: readonly Field[];
  readonly urls: readonly Field[];
};

/** A role of the text. `identity`: what it goes by on both sides of an edit. */
export type Role = {
  readonly kind: Kind;
  readonly name: string;
  readonly namespace: string;
  readonly identity: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly selectors: readonly ReadonlyMap<string, string>[];
  /** Its own. Of most roles the twin of the other text was asked already. */
  readonly rules: () => readonly RoleRule[];
  readonly declaration: Declaration;
};

/** None where something else is declared. */
export function roleOf(declaration: Declaration, identityOf: (name: string) => string): readonly Role[] {
  const kind = kindOf(declaration);
  if (kind !== 'Role' && kind !== 'ClusterRole') return [];
  const { node } = declaration;
  const name = roleName(declaration);
  let rules: readonly RoleRule[] | undefined;
  const selectors = objects(
    deep(node, 'aggregationRule', 'clusterRoleSelectors') ?? deep(node, 'aggregation_rule', 'cluster_role_selectors'),
  );
  return [
    {
      kind,
      name,
      namespace: scalar(deep(node, 'metadata', 'namespace')) ?? '',
      identity: identityOf(name),
      labels: mapOf(deep(node, 'metadata', 'labels')),
      selectors: selectors.map((each) => mapOf(field(each, 'matchLabels', 'match_labels'))).filter(({ size }) => size > 0),
      rules: () => (rules ??= objects(field(node, 'rules', 'rule')).map(ruleOf)),
      declaration,
    },
  ];
}

function ruleOf(rule: TreeNode): RoleRule {
  return {
    groups: scalars(field(rule, 'apiGroups', 'api_groups')),
    resources: scalars(field(rule, 'resources')),
    verbs: scalars(field(rule, 'verbs')),
    names: scalars(field(rule, 'resourceNames', 'resource_names')),
    urls: scalars(field(rule, 'nonResourceURLs', 'non_resource_urls')),
  };
}

function mapOf(node: TreeNode | undefined): ReadonlyMap<string, string> {
  return new Map(objects(node).flatMap((each) => membersOf(each).map(({ key, value }) => [key, scalar(value) ?? ''] as const)));
}

/** As bindings name it. */
export function roleName({ node, name }: Declaration): string {
  return scalar(deep(node, 'metadata', 'name')) ?? name;
}

/** Its own rules, and those of the roles that it gathers by their labels. */
export function rulesOf(role: Role, roles: readonly Role[]): readonly RoleRule[] {
  if (role.selectors.length === 0) return role.rules();
  const gathered = roles.filter(
    (other) =>
      other !== role &&
      other.kind === 'ClusterRole' &&
      role.selectors.some((selector) => [...selector].every(([key, value]) => other.labels.get(key) === value)),
  );
  return [...role.rules(), ...gathered.flatMap(({ rules }) => rules())];
}

/** A role is the same when its name is, be it of a namespace or of the cluster; what is left over on both sides is renamed, in order. */
export function roleIdentities({ declarations, other }: ReadSide): (name: string) => string {
  const here = roleNames(declarations);
  const there = roleNames(other.declarations);
  const gone = [...there].filter((name) => !here.has(name));
  const renamed = new Map([...here].filter((name) => !there.has(name)).map((name, i) => [name, gone[i]] as const));
  return (name) => [name, renamed.get(name) ?? name].sort().join(' = ');
}

/** Both sides ask for those of both. */
export function roleNames(all: readonly Declaration[]): ReadonlySet<string> {
  const known = NAMES.get(all) ?? new Set(all.filter(isRole).map(roleName));
  NAMES.set(all, known);
  return known;
}

const NAMES = new WeakMap<readonly Declaration[], ReadonlySet<string>>();

/** The role a binding names, by its name or, in Terraform, by a reference to its block. */
export function declaredRole(name: Field, cluster: boolean, namespace: string, roles: readonly Role[]): Role | undefined {
  if (name.unresolved)
    return roles.find((role) => role.declaration.system !== 'kubernetes' && name.text.includes(`${role.declaration.key}.`));
  return namedRoles(roles)
    .get(name.text)
    ?.find((role) => (role.kind === 'ClusterRole') === cluster && (cluster || role.namespace === namespace));
}

/** All roles of one name, by that name. */
export function namedRoles(roles: readonly Role[]): ReadonlyMap<string, readonly Role[]> {
  const known = NAMED.get(roles);
  if (known !== undefined) return known;
  const named = new Map(groupedBy(roles, ({ name }) => name).map((group) => [group[0].name, group]));
  NAMED.set(roles, named);
  return named;
}

const NAMED = editMemory<readonly Role[], ReadonlyMap<string, readonly Role[]>>();
