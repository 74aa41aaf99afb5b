import { KUBERNETES_ACCESS_RULES } from '../packs/kubernetes-access-rules.ts';
import type { Declaration } from '../systems/declaration.ts';
import { deep, field, scalar, scalars } from './fields.ts';
import type { Grant } from './grant.ts';
import {
  declaredRole,
  isBinding,
  isRole,
  type Kind,
  kindOf,
  namedRoles,
  type Role,
  roleIdentities,
  roleName,
  roleNames,
  roleOf,
  rulesOf,
} from './kubernetes-declared.ts';
import { elsewhereGrants, grantsOf, namespaceScope } from './kubernetes-grants.ts';
import { rbacFindings } from './kubernetes-rbac-findings.ts';
import { holderNames, holderPath, holdersOf, subjectsOf } from './kubernetes-subjects.ts';
import { shared } from './shared-grants.ts';
import type { AccessSystem, ReadSide } from './side.ts';

/**
 * Kubernetes RBAC: subject × verb × resource × namespace, of roles and bindings in one text. A role allows "whoever has it" too,
 * because it may be bound in another file; a binding to a role of another file gives "what the role may do".
 */
export const kubernetesRbac: AccessSystem = {
  id: 'kubernetes-rbac',
  systems: ['kubernetes', 'terraform'],
  concerns: (declaration) => kindOf(declaration) !== undefined,
  grants,
  findings: rbacFindings,
  // Many roles give the same; what others have says nothing of who got it.
  likeness: 'who',
  subjectOf: ({ principal, scope }) => `${principal.name} ${scope.join('/')}`,
  rules: KUBERNETES_ACCESS_RULES,
};

function* grants(side: ReadSide): Generator<Grant> {
  const identityOf = roleIdentities(side);
  const roles = side.declarations.flatMap((declaration) => roleOf(declaration, identityOf));
  const changedRoles = new Set(side.changed?.filter(isRole).map(roleName));
  const counts = whatCounts(side, roles, changedRoles, identityOf);
  for (const role of roles) {
    if (!counts(role.declaration)) continue;
    const scope = role.kind === 'ClusterRole' ? [] : [namespaceScope(role.namespace)];
    const give = function* (): Generator<Grant> {
      for (const holder of holdersOf(role)) yield* grantsOf(holder, [], rulesOf(role, roles), scope, role.declaration, side);
    };
    // What a role gathers stands elsewhere.
    yield* role.selectors.length > 0 ? give() : shared(role.declaration, side, give);
  }
  for (const declaration of side.declarations) {
    const kind = kindOf(declaration);
    if ((kind !== 'RoleBinding' && kind !== 'ClusterRoleBinding') || !counts(declaration)) continue;
    const give = (): Iterable<Grant> => bindingGrants(kind, declaration, roles, side);
    yield* bindsElsewhere(declaration, changedRoles, roles) ? give() : shared(declaration, side, give);
  }
}

/**
 * What can have a part in what the edit changes: what it changed itself, bindings of roles that it changed, and whatever gives something
 * to the same subjects, or to more or fewer of them. The rest gives the same on both sides, to others. All counts where roles gather
 * others by their labels, or go by other names than before.
 */
function whatCounts(
  side: ReadSide,
  roles: readonly Role[],
  changedRoles: ReadonlySet<string>,
  identityOf: (name: string) => string,
): (declaration: Declaration) => boolean {
  const { changed, declarations, other } = side;
  const [here, there] = [roleNames(declarations), roleNames(other.declarations)];
  const gathers = (role: Role): boolean => role.selectors.length > 0;
  const changedOnes = changed?.flatMap((declaration) => roleOf(declaration, identityOf)) ?? [];
  const isSame = here.size === there.size && [...here].every((name) => there.has(name));
  if (changed === undefined || !isSame || roles.some(gathers) || changedOnes.some(gathers)) return () => true;
  const concerned = new Set(changed);
  for (const each of declarations) if (isBinding(each) && bindsElsewhere(each, changedRoles, roles)) concerned.add(each);
  const known = new Map([...roles, ...changedOnes].map((role) => [role.declaration, role]));
  const pathsOf = (declaration: Declaration): readonly (readonly string[])[] => {
    const role = known.get(declaration);
    return role === undefined
      ? subjectsOf(declaration).map(({ path }) => path)
      : holderNames(role).map(({ identity }) => holderPath(identity));
  };
  const paths = [...concerned].flatMap(pathsOf);
  if (paths.length > MOST_PATHS) return () => true;
  return (declaration) => concerned.has(declaration) || pathsOf(declaration).some((path) => paths.some((each) => startsAlike(path, each)));
}

/** Beyond so many looking at each costs more than it saves. */
const MOST_PATHS = 40;

/** Is one of two paths the start of the other? */
function startsAlike(one: readonly string[], other: readonly string[]): boolean {
  const most = Math.min(one.length, other.length);
  for (let i = 0; i < most; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** May what a binding gives have changed though its own words did not? */
function bindsElsewhere({ node }: Declaration, changedRoles: ReadonlySet<string>, roles: readonly Role[]): boolean {
  const [name] = scalars(deep(field(node, 'roleRef', 'role_ref'), 'name'));
  if (name === undefined) return false;
  return (
    name.unresolved ||
    changedRoles.has(name.text) ||
    namedRoles(roles)
      .get(name.text)
      ?.some(({ selectors }) => selectors.length > 0) === true
  );
}

function* bindingGrants(kind: Kind, declaration: Declaration, roles: readonly Role[], side: ReadSide): Generator<Grant> {
  const { node } = declaration;
  const namespace = scalar(deep(node, 'metadata', 'namespace')) ?? '';
  const scope = kind === 'ClusterRoleBinding' ? [] : [namespaceScope(namespace)];
  const reference = field(node, 'roleRef', 'role_ref');
  const [name] = scalars(deep(reference, 'name'));
  if (name === undefined) return;
  const cluster = scalar(deep(reference, 'kind')) !== 'Role';
  const there = declaredRole(name, cluster, namespace, roles);
  for (const who of subjectsOf(declaration)) {
    const nodes = [who.node, who.subject, name.node];
    if (there !== undefined) yield* grantsOf(who, nodes, rulesOf(there, roles), scope, declaration, side);
    else yield* elsewhereGrants(who, name, cluster, nodes.map(side.placeOf), scope, declaration);
  }
}
