import { GCP_ACCESS_RULES, type GcpAccessRuleId } from '../packs/gcp-access-rules.ts';
import { DESTROYING_PERMISSIONS, ESCALATING_PERMISSIONS, type GcpRoleClass, roleClass, SECRET_PERMISSIONS } from '../packs/gcp-roles.ts';
import { milderOf, shift, worseOf } from '../rate.ts';
import type { Severity } from '../types.ts';
import type { AccessFinding, Grant, GrantExpansion } from './grant.ts';
import type { Compared } from './side.ts';
import { groupedBy, listed, named, shortened } from './wording.ts';

/** One finding for each role at each place; custom roles by what their permissions are good for. */
export function gcpFindings(expansions: readonly GrantExpansion[], compared: Compared): readonly AccessFinding[] {
  const kindOf = ({ grant }: GrantExpansion): string =>
    grant.scope[0] === 'role' ? 'permission' : grant.action.startsWith('replace ') ? 'replace' : 'member';
  const of = (kind: string): readonly GrantExpansion[] => expansions.filter((each) => kindOf(each) === kind);
  return [
    ...groupedBy(of('member'), ({ grant }) => `${grant.action}\n${grant.scope.join('/')}\n${who(grant)}\n${isDefaultAccount(grant)}`).map(
      (group) => memberFinding(group, compared),
    ),
    ...groupedBy(of('permission'), ({ grant }) => `${grant.principal.name}\n${permissionRule(grant.action).rule}`).map((group) =>
      permissionFinding(group, compared),
    ),
    ...groupedBy(of('replace'), ({ grant }) => `${grant.action}\n${grant.scope.join('/')}`).map((group) => replaceFinding(group, compared)),
  ];
}

function who({ principal }: Grant): string {
  return principal.kind === 'anyone' || principal.kind === 'anyone-signed-in' ? principal.name : 'named';
}

type Rated = { readonly rule: GcpAccessRuleId; readonly severity: Severity };

/** From the widest. */
const LEVELS = ['organization', 'folder', 'project', 'resource'];

function rate(grant: Grant, before: readonly Grant[]): Rated {
  const level = grant.scope[0];
  const kind = roleClass(grant.action);
  if (who(grant) !== 'named') return { rule: 'gcp-public-access', severity: kind === 'invoker' ? 'high' : 'critical' };
  const base = ROLE_RATES[kind];
  const top = level === 'organization';
  const whole = top || level === 'folder' || level === 'project';
  let severity = top ? base.organization : whole ? base.project : base.resource;
  if (grant.condition !== undefined) severity = shift(severity, -1);
  const raised =
    whole &&
    before.some(
      (each) =>
        each.action === grant.action &&
        each.principal.name === grant.principal.name &&
        LEVELS.indexOf(each.scope[0] ?? '') > LEVELS.indexOf(level ?? ''),
    );
  if (raised) severity = worseOf(severity, 'medium');
  // One workload of one cluster is what workload identity is for.
  if (grant.action.endsWith('workloadIdentityUser') && /\.svc\.id\.goog\[[^*]+\]$/.test(grant.principal.name) && level === 'resource')
    severity = 'medium';
  if (isDefaultAccount(grant)) severity = worseOf(severity, 'medium');
  if (grant.unresolved === true && kind === 'other') severity = milderOf(severity, 'medium');
  return { rule: isDefaultAccount(grant) && base.rule === 'gcp-role-given' ? 'gcp-default-account' : base.rule, severity };
}

type RoleRate = {
  readonly rule: GcpAccessRuleId;
  readonly organization: Severity;
  readonly project: Severity;
  readonly resource: Severity;
};
const ROLE_RATES: Readonly<Record<GcpRoleClass, RoleRate>> = {
  owner: { rule: 'gcp-basic-role', organization: 'critical', project: 'high', resource: 'high' },
  editor: { rule: 'gcp-basic-role', organization: 'critical', project: 'high', resource: 'medium' },
  viewer: { rule: 'gcp-basic-role', organization: 'medium', project: 'low', resource: 'low' },
  'identity admin': { rule: 'gcp-admin-role', organization: 'critical', project: 'high', resource: 'high' },
  admin: { rule: 'gcp-admin-role', organization: 'critical', project: 'high', resource: 'medium' },
  impersonation: { rule: 'gcp-impersonation', organization: 'critical', project: 'high', resource: 'high' },
  secrets: { rule: 'gcp-secrets', organization: 'critical', project: 'high', resource: 'medium' },
  'run code': { rule: 'gcp-role-given', organization: 'high', project: 'medium', resource: 'low' },
  invoker: { rule: 'gcp-role-given', organization: 'low', project: 'low', resource: 'low' },
  write: { rule: 'gcp-role-given', organization: 'low', project: 'low', resource: 'low' },
  read: { rule: 'gcp-role-given', organization: 'low', project: 'low', resource: 'low' },
  other: { rule: 'gcp-role-given', organization: 'low', project: 'low', resource: 'low' },
};

/** The accounts that machines and apps have when nobody chose one. */
function isDefaultAccount({ principal: { name } }: Grant): boolean {
  return /-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$|_default_service_account\b|default_service_account\./.test(
    name.replace(/\}$/, ''),
  );
}

function memberFinding(group: readonly [GrantExpansion, ...GrantExpansion[]], { before }: Compared): AccessFinding {
  const [{ grant }] = group;
  const rated = group.map((each) => rate(each.grant, before)).reduce((a, b) => (worseOf(a.severity, b.severity) === a.severity ? a : b));
  const members = group.map((each) => each.grant.principal.label);
  const people = listed(members, 2);
  const place = placeWords(grant);
  const given = before.filter(
    (each) =>
      each.resource === grant.resource &&
      each.action === grant.action &&
      each.scope.join() === grant.scope.join() &&
      !each.action.startsWith('replace '),
  );
  const others = before.filter((each) => each.principal.name === grant.principal.name && each.scope[0] !== 'role');
  return {
    rule: rated.rule,
    severity: rated.severity,
    confidence: group.some((each) => each.grant.unresolved === true) ? 'unknown' : 'proved',
    blastRadius: {
      level:
        who(grant) === 'named'
          ? grant.scope[0] === 'organization'
            ? 'organization'
            : grant.scope[0] === 'resource'
              ? 'resource'
              : 'account'
          : 'public',
      what: place.replaceAll('`', ''),
    },
    gain: GCP_ACCESS_RULES[rated.rule].gain,
    consequence: `${people} can ${deed(grant, place)}.`,
    previously:
      given.length > 0
        ? `Before: only ${listed(
            given.map(({ principal }) => principal.label.replace(/^E/, 'e').replace(/^A/, 'a')),
            2,
          )} had this role there.`
        : others.length > 0
          ? `Before: only ${named(
              others.map(({ action }) => plainRole(action)),
              2,
            )} on ${listed(others.map(placeWords), 2)}.`
          : 'Before: nobody had this role there through this file.',
    opened: { name: shortened(grant.resource), kind: grant.scope[0] === 'resource' ? 'resource' : (grant.scope[0] ?? 'resource') },
    expansions: group,
  };
}

function deed(grant: Grant, place: string): string {
  const role = plainRole(grant.action);
  const known: Readonly<Record<string, string>> = {
    owner: `do anything in ${place}, and say who else may`,
    editor: `change almost everything in ${place}`,
    viewer: `read almost everything in ${place}`,
    'storage.objectViewer': `read every object in ${place}`,
    'storage.objectAdmin': `read, replace and delete every object in ${place}`,
    'acl/READER': `read what is in ${place}`,
    'acl/WRITER': `change what is in ${place}`,
    'acl/OWNER': `do anything with ${place}`,
    'iam.serviceAccountTokenCreator': `get tokens of service accounts of ${place}`,
    'iam.serviceAccountUser': `run code as service accounts of ${place}`,
    'iam.workloadIdentityUser': `act as ${place}`,
    'secretmanager.secretAccessor': `read the secrets of ${place}`,
    'run.invoker': `call ${place}`,
    'cloudfunctions.invoker': `call ${place}`,
  };
  return known[role] ?? `use role \`${shortened(role)}\` on ${place}`;
}

function plainRole(role: string): string {
  return role.replace(/^roles\//, '');
}

function placeWords(grant: Grant): string {
  const level = grant.scope[0];
  if (grant.resource === 'this project' || grant.resource === 'this policy')
    return level === 'project' ? 'the project' : 'what the policy is set on';
  return level === 'resource' ? `\`${shortened(grant.resource)}\`` : `${level} \`${shortened(grant.resource)}\``;
}

function permissionRule(permission: string): Rated & { readonly words: string } {
  if (permission === '*' || permission.endsWith('.*')) return { rule: 'gcp-custom-role', severity: 'high', words: 'use' };
  if (ESCALATING_PERMISSIONS.test(permission) || permission.endsWith('.setIamPolicy'))
    return { rule: 'gcp-impersonation', severity: 'high', words: 'get more rights through' };
  if (SECRET_PERMISSIONS.test(permission)) return { rule: 'gcp-secrets', severity: 'high', words: 'read secrets through' };
  if (DESTROYING_PERMISSIONS.test(permission)) return { rule: 'gcp-destroy', severity: 'medium', words: 'delete data through' };
  const reads = /\.(get|list|search|getIamPolicy|listAll|export|view)$/.test(permission);
  return { rule: 'gcp-custom-role', severity: reads ? 'info' : 'low', words: 'use' };
}

function permissionFinding(group: readonly [GrantExpansion, ...GrantExpansion[]], { before }: Compared): AccessFinding {
  const [{ grant }] = group;
  const { rule, words } = permissionRule(grant.action);
  const own = before.filter(({ principal }) => principal.name === grant.principal.name);
  return {
    rule,
    severity: group.map((each) => permissionRule(each.grant.action).severity).reduce(worseOf),
    confidence: 'proved',
    blastRadius: { level: 'service', what: 'wherever the role is given' },
    gain: GCP_ACCESS_RULES[rule].gain,
    consequence: `${grant.principal.label} can ${words} ${named(
      group.map((each) => each.grant.action),
      2,
    )}.`,
    previously:
      own.length === 0
        ? 'Before: the role allowed nothing in this file.'
        : `Before: it allowed ${named(
            own.map(({ action }) => action),
            2,
          )}.`,
    opened: { name: shortened(grant.declaration.name), kind: 'role' },
    expansions: group,
  };
}

/** Setting a whole list is the way to lose someone's access without saying so; where single members were added before, most of all. */
function replaceFinding(group: readonly [GrantExpansion, ...GrantExpansion[]], { before }: Compared): AccessFinding {
  const [{ grant }] = group;
  const added = before.some(
    (each) =>
      each.scope.join() === grant.scope.join() &&
      each.declaration.type.endsWith('_iam_member') &&
      (grant.action.endsWith('every role') || grant.action.endsWith(` ${each.action}`)),
  );
  const whole = grant.scope[0] !== 'resource';
  const role = grant.action.replace(/^replace every member of /, '');
  return {
    rule: 'gcp-authoritative',
    severity: added || (role === 'every role' && whole) ? 'medium' : 'low',
    confidence: 'likely',
    blastRadius: { level: whole ? 'account' : 'resource', what: placeWords(grant).replaceAll('`', '') },
    gain: GCP_ACCESS_RULES['gcp-authoritative'].gain,
    consequence:
      role === 'every role'
        ? `Everyone not listed here loses their access to ${placeWords(grant)}.`
        : `Everyone not listed here loses role \`${shortened(plainRole(role))}\` on ${placeWords(grant)}.`,
    previously: added
      ? 'Before: members were added one by one, and others were left alone.'
      : 'Before: this file did not set the whole list.',
    opened: { name: shortened(grant.resource), kind: grant.scope[0] ?? 'resource' },
    expansions: group,
  };
}
