import { GCP_ACCESS_RULES } from '../packs/gcp-access-rules.ts';
import { rolePath } from '../packs/gcp-roles.ts';
import type { Declaration } from '../systems/declaration.ts';
import { type Box, globAxis, pathAxis } from './box.ts';
import type { Field } from './fields.ts';
import { bindingsOf, customRoleOf, type GcpBinding, speaksOfIam } from './gcp-declared.ts';
import { gcpFindings } from './gcp-findings.ts';
import type { Grant, GrantPrincipal } from './grant.ts';
import type { AccessSystem, ReadSide } from './side.ts';
import { shortened } from './wording.ts';

/** Google Cloud: member × role × place in the hierarchy × condition, and the permissions of custom roles. */
export const gcpBindings: AccessSystem = {
  id: 'gcp-bindings',
  systems: ['terraform', 'gcp-policy', 'gcp-deployment-manager', 'kubernetes'],
  concerns: speaksOfIam,
  grants,
  findings: gcpFindings,
  subjectOf: ({ principal, scope }) => `${principal.name} ${scope.join('/')}`,
  rules: GCP_ACCESS_RULES,
};

function* grants(side: ReadSide): Generator<Grant> {
  const below = hierarchyOf(side);
  for (const declaration of side.declarations) {
    if (!speaksOfIam(declaration)) continue;
    for (const found of bindingsOf(declaration, side)) {
      const binding = { ...found, scope: { ...found.scope, path: below(found.scope.path) } };
      for (const member of binding.members) yield memberGrant(binding, member, declaration, side);
      if (binding.replaces !== undefined) yield replacing(binding, declaration, side);
    }
    const role = customRoleOf(declaration);
    if (role === undefined) continue;
    for (const permission of role.permissions) yield permissionGrant(declaration, permission, side);
  }
}

/**
 * Which project belongs to which folder is in no file. One organization, or one folder, that a file speaks of is taken to hold
 * the projects it speaks of: from the organization down to one project is then a step back.
 */
function hierarchyOf(side: ReadSide): (path: readonly string[]) => readonly string[] {
  const paths = [side, { ...side, declarations: side.other.declarations }].flatMap((each) =>
    each.declarations.filter(speaksOfIam).flatMap((declaration) => bindingsOf(declaration, each).map(({ scope }) => scope.path[0] ?? '')),
  );
  const one = (level: string): boolean => new Set(paths.filter((step) => step.startsWith(level))).size === 1;
  const folder = one('folder ') ? ['folder'] : [];
  const organization = one('organization ');
  return (path) => {
    const [first = '', ...rest] = path;
    if (first.startsWith('organization ')) return organization ? [] : path;
    if (first.startsWith('folder ')) return folder.length > 0 ? folder : path;
    return first.startsWith('project ') || first === 'some project' ? [...folder, first, ...rest] : path;
  };
}

function memberGrant({ role, scope, condition, nodes }: GcpBinding, member: Field, declaration: Declaration, side: ReadSide): Grant {
  const { principal, path } = memberOf(member);
  const boxes: readonly Box[] = [
    [
      pathAxis('member'),
      pathAxis(...path),
      pathAxis(...rolePath(role.text)),
      globAxis('*'),
      pathAxis(...scope.path),
      condition === undefined ? pathAxis() : pathAxis(condition),
    ],
  ];
  return {
    system: 'gcp-bindings',
    principal,
    action: role.text,
    resource: scope.name,
    scope: [scope.level, ...scope.path],
    condition,
    unresolved: member.unresolved || role.unresolved,
    declaration,
    places: [member.node, role.node, ...nodes].map(side.placeOf),
    boxes,
  };
}

/** A list that is the whole truth: whoever is not on it loses the role. */
function replacing({ role, scope, replaces, nodes }: GcpBinding, declaration: Declaration, side: ReadSide): Grant {
  const all = replaces === 'every role';
  return {
    system: 'gcp-bindings',
    principal: { kind: 'service', name: 'this file', label: 'This file' },
    action: all ? 'replace every member of every role' : `replace every member of ${role.text}`,
    resource: scope.name,
    scope: [scope.level, ...scope.path],
    declaration,
    places: [...nodes, role.node].map(side.placeOf),
    boxes: [[pathAxis('replace'), pathAxis(), all ? pathAxis() : pathAxis(role.text), globAxis('*'), pathAxis(...scope.path), pathAxis()]],
  };
}

function permissionGrant(declaration: Declaration, permission: Field, side: ReadSide): Grant {
  const identity = side.identityOf(declaration);
  return {
    system: 'gcp-bindings',
    principal: { kind: 'unknown', name: `role ${identity}`, label: `Whoever has role \`${shortened(declaration.name)}\`` },
    action: permission.text,
    resource: 'whatever it is given on',
    scope: ['role'],
    unresolved: permission.unresolved,
    declaration,
    places: [side.placeOf(permission.node)],
    boxes: [[pathAxis('permission'), pathAxis(identity), pathAxis(), globAxis(permission.text), pathAxis(), pathAxis()]],
  };
}

type Member = { readonly principal: GrantPrincipal; readonly path: readonly string[] };

/** "user:a@b.c", "allUsers", "principalSet://…": who it is, and whom a wider one of its kind covers. */
function memberOf({ text }: Pick<Field, 'text'>): Member {
  const [kind = '', ...rest] = text.split(':');
  const who = rest.join(':');
  const domain = `domain ${(who.split('@').at(-1) ?? '').toLowerCase()}`;
  if (kind === 'allUsers' || text === 'principalSet://goog/public:all') {
    return { principal: { kind: 'anyone', name: 'allUsers', label: 'Anyone on the internet' }, path: [] };
  }
  if (kind === 'allAuthenticatedUsers') {
    return {
      principal: { kind: 'anyone-signed-in', name: 'allAuthenticatedUsers', label: 'Anyone with a Google account' },
      path: ['signed in'],
    };
  }
  if (kind === 'domain')
    return { principal: { kind: 'organization', name: text, label: `Everyone of \`${shortened(who)}\`` }, path: ['signed in', domain] };
  if (kind === 'group')
    return {
      principal: { kind: 'group', name: text, label: `Everyone in \`${shortened(who)}\`` },
      path: ['signed in', text.toLowerCase()],
    };
  if (kind === 'user')
    return { principal: { kind: 'user', name: text, label: `\`${shortened(who)}\`` }, path: ['signed in', domain, text.toLowerCase()] };
  if (kind === 'principalSet' || kind === 'principal') {
    const steps = who.replace(/^\/\//, '').split('/');
    const label = `\`${shortened(steps.slice(-2).join('/'))}\``;
    return {
      principal: { kind: 'group', name: text, label: kind === 'principalSet' ? `Everyone in ${label}` : label },
      path: ['signed in', ...(steps.at(-1) === '*' ? steps.slice(0, -1) : steps)],
    };
  }
  const name = kind === 'serviceAccount' ? who : text;
  return {
    principal: { kind: kind === 'serviceAccount' ? 'workload' : 'unknown', name: text, label: `\`${shortened(bare(name))}\`` },
    path: ['signed in', text],
  };
}

/** "${google_service_account.web.email}" is best called "web". */
function bare(name: string): string {
  return /^(?:serviceAccount:)?\$\{(?:data\.)?google_\w+\.([\w-]+)\.\w+\}$/.exec(name)?.[1] ?? name;
}
