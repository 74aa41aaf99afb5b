import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { deep, field, objects, scalar, scalars } from './fields.ts';
import type { GrantPrincipal } from './grant.ts';
import type { Role } from './kubernetes-declared.ts';
import { shortened } from './wording.ts';

/** Who gets something. `path`: where they stand among all who ask, from the widest group on. */
export type Holder = { readonly principal: GrantPrincipal; readonly path: readonly string[] };

/** One that a binding names; `node`: its name. */
export type Subject = Holder & { readonly node: TreeNode; readonly unresolved: boolean };

/** To whom a binding gives its role. `subject`: all that it says of each. */
export function subjectsOf({ node }: Declaration): readonly (Subject & { readonly subject: TreeNode })[] {
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

/** Whoever has the role, and whoever has a built-in role that gathers it. */
export function holdersOf(role: Role): readonly Holder[] {
  return holderNames(role).map(({ name, identity }) => holder(name, identity));
}

/** What those who have a role go by, and those of the built-in roles that gather it. */
export function holderNames(role: Role): readonly { readonly name: string; readonly identity: string }[] {
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

/** Where whoever has a role stands. */
export function holderPath(identity: string): readonly string[] {
  return ['signed in', `holder ${identity}`];
}
