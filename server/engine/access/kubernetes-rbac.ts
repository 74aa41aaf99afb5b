import { editMemory } from '../edit-memory.ts';
import { BUILT_IN_ROLES, type PlainRule } from '../packs/kubernetes-roles.ts';
import { KUBERNETES_ACCESS_RULES } from '../packs/kubernetes-access-rules.ts';
import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Place } from '../types.ts';
import { type Axis, type Box, globAxis, pathAxis } from './box.ts';
import { deep, type Field, field, objects, scalar, scalars } from './fields.ts';
import type { Grant, GrantPrincipal } from './grant.ts';
import { rbacFindings } from './kubernetes-rbac-findings.ts';
import { shared } from './shared-grants.ts';
import type { AccessSystem, ReadSide } from './side.ts';
import { groupedBy, shortened } from './wording.ts';
import { WrittenGrant } from './written-grant.ts';

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

type Kind = 'Role' | 'ClusterRole' | 'RoleBinding' | 'ClusterRoleBinding';
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

function kindOf({ system, type }: Declaration): Kind | undefined {
  return system === 'kubernetes' || system === 'terraform' ? KINDS.get(type.endsWith('_v1') ? type.slice(0, -3) : type) : undefined;
}

/** One rule of a role: where each part stands. */
type RoleRule = {
  readonly groups: readonly Field[];
  readonly resources: readonly Field[];
  readonly verbs: readonly Field[];
  readonly names: readonly Field[];
  readonly urls: readonly Field[];
};

type Role = {
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

function isBinding(declaration: Declaration): boolean {
  const kind = kindOf(declaration);
  return kind === 'RoleBinding' || kind === 'ClusterRoleBinding';
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

/** A role is the same when its name is, be it of a namespace or of the cluster; what is left over on both sides is renamed, in order. */
function roleIdentities({ declarations, other }: ReadSide): (name: string) => string {
  const here = roleNames(declarations);
  const there = roleNames(other.declarations);
  const gone = [...there].filter((name) => !here.has(name));
  const renamed = new Map([...here].filter((name) => !there.has(name)).map((name, i) => [name, gone[i]] as const));
  return (name) => [name, renamed.get(name) ?? name].sort().join(' = ');
}

const NAMES = new WeakMap<readonly Declaration[], ReadonlySet<string>>();

/** Both sides ask for those of both. */
function roleNames(all: readonly Declaration[]): ReadonlySet<string> {
  const known = NAMES.get(all) ?? new Set(all.filter(isRole).map(roleName));
  NAMES.set(all, known);
  return known;
}

function isRole(declaration: Declaration): boolean {
  const kind = kindOf(declaration);
  return kind === 'Role' || kind === 'ClusterRole';
}

function roleName({ node, name }: Declaration): string {
  return scalar(deep(node, 'metadata', 'name')) ?? name;
}

function roleOf(declaration: Declaration, identityOf: (name: string) => string): readonly Role[] {
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

/** Its own rules, and those of the roles that it gathers by their labels. */
function rulesOf(role: Role, roles: readonly Role[]): readonly RoleRule[] {
  if (role.selectors.length === 0) return role.rules();
  const gathered = roles.filter(
    (other) =>
      other !== role &&
      other.kind === 'ClusterRole' &&
      role.selectors.some((selector) => [...selector].every(([key, value]) => other.labels.get(key) === value)),
  );
  return [...role.rules(), ...gathered.flatMap(({ rules }) => rules())];
}

type Holder = { readonly principal: GrantPrincipal; readonly path: readonly string[] };

/** Whoever has the role, and whoever has a built-in role that gathers it. */
function holdersOf(role: Role): readonly Holder[] {
  return holderNames(role).map(({ name, identity }) => holder(name, identity));
}

function holderNames(role: Role): readonly { readonly name: string; readonly identity: string }[] {
  const own = { name: role.name, identity: role.identity };
  if (role.labels.size === 0) return [own];
  const gathered = ['admin', 'edit', 'view'].filter((name) => role.labels.get(`rbac.authorization.k8s.io/aggregate-to-${name}`) === 'true');
  return [own, ...gathered.map((name) => ({ name, identity: `built-in ${name}` }))];
}

function holder(name: string, identity: string): Holder {
  return {
    principal: { kind: 'unknown', name: `role ${identity}`, label: `Whoever has role \`${shortened(name)}\`` },
    path: holderPath(identity),
  };
}

function holderPath(identity: string): readonly string[] {
  return ['signed in', `holder ${identity}`];
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

/** The role a binding names, by its name or, in Terraform, by a reference to its block. */
function declaredRole(name: Field, cluster: boolean, namespace: string, roles: readonly Role[]): Role | undefined {
  if (name.unresolved)
    return roles.find((role) => role.declaration.system !== 'kubernetes' && name.text.includes(`${role.declaration.key}.`));
  return namedRoles(roles)
    .get(name.text)
    ?.find((role) => (role.kind === 'ClusterRole') === cluster && (cluster || role.namespace === namespace));
}

const NAMED = editMemory<readonly Role[], ReadonlyMap<string, readonly Role[]>>();

function namedRoles(roles: readonly Role[]): ReadonlyMap<string, readonly Role[]> {
  const known = NAMED.get(roles);
  if (known !== undefined) return known;
  const named = new Map(groupedBy(roles, ({ name }) => name).map((group) => [group[0].name, group]));
  NAMED.set(roles, named);
  return named;
}

/** `subject`: all that is said of it; `node`: its name. */
type Subject = Holder & { readonly node: TreeNode; readonly unresolved: boolean };

function subjectsOf({ node }: Declaration): readonly (Subject & { readonly subject: TreeNode })[] {
  const namespace = scalar(deep(node, 'metadata', 'namespace')) ?? '';
  return objects(field(node, 'subjects', 'subject')).flatMap((subject) => {
    const who = subjectOf(subject, namespace);
    return who === undefined ? [] : [{ ...who, subject }];
  });
}

function subjectOf(subject: TreeNode, bindingNamespace: string): Subject | undefined {
  const [found] = scalars(member(subject, 'name'));
  if (found === undefined) return undefined;
  const { text, node, unresolved } = found;
  const kind = scalar(member(subject, 'kind')) ?? 'User';
  const namespace = scalar(member(subject, 'namespace')) ?? bindingNamespace;
  const account = kind === 'ServiceAccount' ? [namespace, text] : /^system:serviceaccount:([^:]*):(.*)$/.exec(text)?.slice(1);
  if (account !== undefined) {
    const whole = account.filter((part) => part !== '').join('/');
    return {
      principal: { kind: 'workload', name: `ServiceAccount ${account.join('/')}`, label: `\`${shortened(whole)}\`` },
      path: ['signed in', 'service account', ...account],
      node,
      unresolved,
    };
  }
  const known = WELL_KNOWN[text];
  if (known !== undefined) return { ...known, node, unresolved };
  const workloads = /^system:serviceaccounts:(.+)$/.exec(text)?.[1];
  if (workloads !== undefined) {
    const label = `Every workload in \`${shortened(workloads)}\``;
    return { principal: { kind: 'group', name: text, label }, path: ['signed in', 'service account', workloads], node, unresolved };
  }
  const label = kind === 'Group' ? `Everyone in \`${shortened(text)}\`` : `\`${shortened(text)}\``;
  return {
    principal: { kind: kind === 'Group' ? 'group' : 'user', name: `${kind} ${text}`, label },
    path: ['signed in', `${kind} ${text}`],
    node,
    unresolved,
  };
}

const ANONYMOUS: Holder = { principal: { kind: 'anyone', name: 'system:anonymous', label: 'Anyone, without signing in,' }, path: [] };
/** Whoever signs in may as well not: what the anonymous may do, all may do. */
const WELL_KNOWN: Readonly<Record<string, Holder>> = {
  'system:anonymous': ANONYMOUS,
  'system:unauthenticated': ANONYMOUS,
  'system:authenticated': {
    principal: { kind: 'anyone-signed-in', name: 'system:authenticated', label: 'Everyone signed in to the cluster' },
    path: ['signed in'],
  },
  'system:serviceaccounts': {
    principal: { kind: 'group', name: 'system:serviceaccounts', label: 'Every workload in the cluster' },
    path: ['signed in', 'service account'],
  },
};

const API: readonly string[] = ['api'];
const NO_NAME: readonly string[] = [];

function* grantsOf(
  who: Holder & { readonly unresolved?: boolean },
  nodes: readonly TreeNode[],
  rules: readonly RoleRule[],
  scope: readonly string[],
  declaration: Declaration,
  side: ReadSide,
): Generator<Grant> {
  for (const { groups, resources, verbs, names, urls } of rules) {
    for (const verb of verbs) {
      for (const url of urls) {
        yield new WrittenGrant(
          {
            ...grant(who, verb.text, url.text, scope, declaration, [['url'], '', url.text, []]),
            unresolved: who.unresolved === true || verb.unresolved || url.unresolved,
          },
          () => [...nodes, verb.node, url.node].map(side.placeOf),
        );
      }
      for (const group of groups) {
        for (const resource of resources) {
          for (const name of names.length === 0 ? [undefined] : names) {
            const what = kubectlName(resource.text, group.text);
            const own = name === undefined ? [verb, group, resource] : [verb, group, resource, name];
            yield new WrittenGrant(
              {
                ...grant(who, verb.text, name === undefined ? what : `${what}/${name.text}`, scope, declaration, [
                  API,
                  group.text,
                  resource.text,
                  name === undefined ? NO_NAME : [name.text],
                ]),
                unresolved: who.unresolved === true || own.some(({ unresolved }) => unresolved),
              },
              () => [...nodes, ...own.map(({ node }) => node)].map(side.placeOf),
            );
          }
        }
      }
    }
  }
}

/** What a role that is not in this text allows: known for the built-in ones, else its name stands for it. */
function* elsewhereGrants(
  who: Subject,
  role: Field,
  cluster: boolean,
  places: readonly Place[],
  scope: readonly string[],
  declaration: Declaration,
): Generator<Grant> {
  const { unresolved } = who;
  if (cluster && role.text === 'cluster-admin') {
    yield { ...grant(who, '*', '*', scope, declaration, [API, '*', '*', []]), places, unresolved };
    yield { ...grant(who, '*', '*', scope, declaration, [['url'], '', '*', []]), places, unresolved };
    yield { ...grant(who, '*', '*', scope, declaration, [['role'], '', '*', []]), places, unresolved };
    return;
  }
  const known: readonly PlainRule[] | undefined = cluster ? BUILT_IN_ROLES[role.text] : undefined;
  for (const rule of known ?? [])
    for (const group of rule.groups)
      for (const resource of rule.resources)
        for (const verb of rule.verbs)
          yield {
            ...grant(who, verb, kubectlName(resource, group), scope, declaration, [API, group, resource, []]),
            places,
            unresolved,
          };
  // The built-in roles gather others: their name counts too, and each has all of the one before it.
  const at = BUILT_IN_ORDER.indexOf(role.text);
  const path =
    cluster && at !== -1
      ? ['role', 'built-in', ...BUILT_IN_ORDER.slice(1, at + 1)]
      : ['role', `${cluster ? 'ClusterRole' : 'Role'} ${role.text}`];
  yield { ...grant(who, 'have', role.text, scope, declaration, [path, '', '', []]), places, unresolved: unresolved || role.unresolved };
}

const BUILT_IN_ORDER: readonly string[] = ['admin', 'edit', 'view'];

function grant(
  who: Holder,
  verb: string,
  resource: string,
  scope: readonly string[],
  declaration: Declaration,
  [kind, group, plural, name]: readonly [kind: readonly string[], group: string, plural: string, name: readonly string[]],
): Omit<Grant, 'places'> {
  // Rules multiply out: what repeats is made once.
  const axes: readonly Axis[] = [
    sharedPath(who.path),
    sharedPath(kind),
    sharedGlob(verb),
    sharedGlob(group),
    sharedGlob(plural),
    sharedPath(name),
    sharedPath(scope),
  ];
  const boxes: readonly Box[] = [axes];
  return { system: 'kubernetes-rbac', principal: who.principal, action: verb, resource, scope, declaration, boxes };
}

const PATHS = new WeakMap<readonly string[], Axis>();
const GLOBS = new Map<string, Axis>();

function sharedPath(path: readonly string[]): Axis {
  const known = PATHS.get(path) ?? pathAxis(...path);
  PATHS.set(path, known);
  return known;
}

function sharedGlob(pattern: string): Axis {
  const known = GLOBS.get(pattern) ?? globAxis(pattern);
  if (GLOBS.size < 5_000) GLOBS.set(pattern, known);
  return known;
}

/** "deployments.apps", "pods": as kubectl spells it. */
function kubectlName(resource: string, group: string): string {
  if (group === '*' && resource === '*') return '*';
  const [plural = '', ...sub] = resource.split('/');
  return [group === '' || group === '*' ? plural : `${plural}.${group}`, ...sub].join('/');
}

function namespaceScope(namespace: string): string {
  return `namespace ${namespace}`;
}
