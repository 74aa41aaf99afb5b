import { BUILT_IN_ROLES, type PlainRule } from '../packs/kubernetes-roles.ts';
import type { TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Place } from '../types.ts';
import { type Axis, type Box, globAxis, pathAxis } from './box.ts';
import type { Field } from './fields.ts';
import type { Grant } from './grant.ts';
import type { RoleRule } from './kubernetes-declared.ts';
import type { Holder, Subject } from './kubernetes-subjects.ts';
import type { ReadSide } from './side.ts';
import { WrittenGrant } from './written-grant.ts';

/** What a role whose rules are known allows somebody. `nodes`: what its grants stand on besides the rules. */
export function* grantsOf(
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
export function* elsewhereGrants(
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

const API: readonly string[] = ['api'];

const NO_NAME: readonly string[] = [];

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

/** The scope of what holds in one namespace. */
export function namespaceScope(namespace: string): string {
  return `namespace ${namespace}`;
}
