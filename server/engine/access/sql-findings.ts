import { SQL_ACCESS_RULES, type SqlAccessRuleId } from '../packs/sql-access-rules.ts';
import { worseOf } from '../rate.ts';
import type { Severity } from '../types.ts';
import type { AccessFinding, Grant, GrantExpansion } from './grant.ts';
import type { Compared } from './side.ts';
import { groupedBy, listed, named, shortened } from './wording.ts';

/** One finding for each role, kind of right and kind of object. */
export function sqlFindings(expansions: readonly GrantExpansion[], compared: Compared): readonly AccessFinding[] {
  return groupedBy(expansions, ({ grant }) => {
    const { rule, severity } = rate(grant, compared);
    const object = grant.scope[0] === 'policy' || grant.scope[0] === 'rows' ? grant.resource : grant.scope[1];
    return `${rule}\n${severity}\n${grant.principal.name}\n${grant.scope[0]}\n${object}`;
  }).map((group) => findingOf(group, compared));
}

type Rated = { readonly rule: SqlAccessRuleId; readonly severity: Severity };

function rate(grant: Grant, { before }: Compared): Rated {
  const [kind] = grant.scope;
  const audience = audienceOf(grant);
  switch (kind) {
    case 'attribute':
      return rateAttribute(grant.action);
    case 'member':
      return rateMember(grant);
    case 'rows':
      return { rule: 'sql-row-security-off', severity: 'high' };
    case 'restriction lost':
      return { rule: 'sql-row-security-off', severity: 'medium' };
    case 'policy':
      return ratePolicy(grant, before);
    default: {
      const base = ratePrivilege(grant);
      if (grant.scope.includes('pass on')) return { rule: 'sql-grant-option', severity: worseOf('high', base) };
      return { rule: audience === 'named' ? 'sql-privilege' : 'sql-grant-to-everyone', severity: base };
    }
  }
}

type Audience = 'everyone' | 'signed in' | 'named';

function audienceOf({ principal: { name } }: Grant): Audience {
  if (name === 'PUBLIC' || name === 'anon' || name === 'guest') return 'everyone';
  return name === 'authenticated' ? 'signed in' : 'named';
}

const WRITES = new Set(['ALL', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']);

function ratePrivilege(grant: Grant): Severity {
  const type = grant.scope[1] ?? '';
  const audience = audienceOf(grant);
  const all = grant.action === 'ALL';
  const data = /TABLE|VIEW/.test(type);
  const wide = /^ALL |SCHEMA|DATABASE/.test(type) || grant.scope[0] === 'default';
  if (/^(CONTROL|ALTER ANY|IMPERSONATE|TAKE OWNERSHIP|UNSAFE|EXTERNAL ACCESS)/.test(grant.action))
    return type === 'SERVER' || type === 'LOGIN' ? 'critical' : /^(DATABASE|SCHEMA|USER)$/.test(type) ? 'high' : 'medium';
  if (audience === 'named') {
    if (all) return wide ? 'high' : 'medium';
    if (grant.action === 'TRUNCATE' || (grant.action === 'CREATE' && !data)) return 'medium';
    return wide && data && WRITES.has(grant.action) ? 'medium' : 'low';
  }
  const step = (everyone: Severity, signedIn: Severity): Severity => (audience === 'everyone' ? everyone : signedIn);
  if (data || grant.scope[0] === 'default') {
    if (WRITES.has(grant.action)) return step('critical', 'high');
    return grant.action === 'SELECT' ? step('high', 'medium') : step('medium', 'low');
  }
  if (all || grant.action === 'CREATE') return step('high', 'high');
  return grant.action === 'EXECUTE' ? step('medium', 'low') : 'low';
}

function rateAttribute(attribute: string): Rated {
  if (attribute === 'SUPERUSER' || attribute === 'CREATEUSER') return { rule: 'sql-role-attribute', severity: 'critical' };
  if (attribute === 'BYPASSRLS' || attribute === 'CREATEROLE' || attribute === 'REPLICATION')
    return { rule: 'sql-role-attribute', severity: 'high' };
  return { rule: 'sql-role-attribute', severity: 'low' };
}

const STRONG_ROLES =
  /^(postgres|pg_read_all_data|pg_write_all_data|pg_read_server_files|pg_write_server_files|pg_signal_backend|pg_checkpoint|pg_maintain|rds_superuser|rds_iam|cloudsqlsuperuser|azure_pg_admin|alloydbsuperuser|service_role|supabase_admin|supabase_auth_admin|root|dba|db_owner|db_securityadmin|db_accessadmin|db_ddladmin|sysadmin|securityadmin|serveradmin)$/;

function rateMember(grant: Grant): Rated {
  const role = grant.action;
  const strong = STRONG_ROLES.test(role);
  if (role === 'pg_execute_server_program' || role === 'sysadmin') return { rule: 'sql-role-membership', severity: 'critical' };
  if (audienceOf(grant) !== 'named') return { rule: 'sql-role-membership', severity: strong ? 'critical' : 'high' };
  const severity: Severity = strong
    ? 'high'
    : /(^|_)(admin|owner|superuser)s?($|_)/.test(role) || grant.scope.includes('pass on')
      ? 'medium'
      : 'low';
  return { rule: 'sql-role-membership', severity };
}

function ratePolicy(grant: Grant, before: readonly Grant[]): Rated {
  const audience = audienceOf(grant);
  const writes = grant.action !== 'SELECT';
  if (grant.principal.name === 'service_role') return { rule: 'sql-row-policy-changed', severity: 'low' };
  if (grant.condition !== undefined) {
    const signedInOnly = /^\s*\(?\s*auth\.(role\(\)\s*=\s*'authenticated'|uid\(\)\s+is\s+not\s+null)\s*\)?(\s*\/.*)?$/i.test(
      grant.condition,
    );
    if (signedInOnly) return { rule: 'sql-row-policy-open', severity: writes ? 'high' : 'medium' };
    const loosened = before.some(
      ({ condition, resource, scope }) =>
        scope[0] === 'policy' &&
        resource === grant.resource &&
        condition !== undefined &&
        grant.condition !== condition &&
        / or /i.test(grant.condition ?? '') &&
        (grant.condition ?? '').includes(condition.split(' / ')[0] ?? condition),
    );
    return { rule: 'sql-row-policy-changed', severity: loosened ? 'medium' : 'low' };
  }
  if (audience === 'everyone') return { rule: 'sql-row-policy-open', severity: writes ? 'critical' : 'high' };
  if (audience === 'signed in') return { rule: 'sql-row-policy-open', severity: writes ? 'high' : 'medium' };
  return { rule: 'sql-row-policy-open', severity: 'medium' };
}

function findingOf(group: readonly [GrantExpansion, ...GrantExpansion[]], compared: Compared): AccessFinding {
  const [{ grant }] = group;
  const { rule, severity } = rate(grant, compared);
  const grants = group.map((each) => each.grant);
  const own = compared.before.filter(
    (each) => each.principal.name === grant.principal.name && each.scope[0] === grant.scope[0] && sharesObject(each, grants),
  );
  return {
    rule,
    severity,
    confidence: grant.condition !== undefined ? 'likely' : 'proved',
    blastRadius: {
      level: audienceOf(grant) === 'named' ? 'resource' : grant.principal.name === 'anon' ? 'public' : 'service',
      what: objectWords(grants).replaceAll('`', ''),
    },
    gain: SQL_ACCESS_RULES[rule].gain,
    consequence: consequence(grants),
    previously:
      own.length === 0
        ? previously(grant)
        : `Before: ${own[0]?.principal.label === grant.principal.label ? 'it' : 'they'} could only ${deeds(own)} ${objectWords(own)}.`,
    opened: { name: bare(grant.resource), kind: (grant.scope[1] ?? 'table').toLowerCase().replace(/^all /, '') },
    expansions: group,
  };
}

function sharesObject({ resource }: Grant, grants: readonly Grant[]): boolean {
  return grants.some((each) => each.resource === resource);
}

function previously({ scope: [kind] }: Grant): string {
  if (kind === 'rows') return 'Before: policies said which rows each role sees.';
  if (kind === 'restriction lost') return 'Before: this policy limited what the others allow.';
  return 'Before: nothing in this file allowed it.';
}

function consequence(grants: readonly [Grant, ...Grant[]] | readonly Grant[]): string {
  const [grant] = grants;
  if (grant === undefined) return '';
  const { label } = grant.principal;
  switch (grant.scope[0]) {
    case 'attribute':
      return `${label} ${listed(
        grants.map(({ action }) => ATTRIBUTE_WORDS[action] ?? `gets ${action}`),
        2,
      )}.`;
    case 'member':
      return `${label} can act as role ${named(
        grants.map(({ action }) => action),
        2,
      )}${grant.scope.includes('pass on') ? ', and make others so' : ''}.`;
    case 'rows':
      return `${label} ${named([bare(grant.resource)])} sees and changes every row of it.`;
    case 'restriction lost':
      return `Policy \`${shortened(grant.action)}\` no longer limits who sees rows of \`${bare(grant.resource)}\`.`;
    case 'policy': {
      const rows = grant.condition === undefined ? 'every row' : 'rows that a new rule lets through';
      const verb = grants.every(({ action }) => action === 'SELECT')
        ? 'read'
        : grants.some(({ action }) => action === 'ALL')
          ? 'read and change'
          : listed(
              grants.map(({ action }) => action.toLowerCase()),
              2,
            );
      return `${label} can ${verb} ${rows} of \`${bare(grant.resource)}\`.`;
    }
    case 'default':
      return `${label} can ${deeds(grants)} every new ${(grant.scope[1] ?? 'tables').toLowerCase().replace(/s$/, '')} of ${
        grant.resource === '*'
          ? 'the database'
          : named(
              grants.map(({ resource }) => resource),
              2,
            )
      }.`;
    default:
      return `${label} can ${deeds(grants)} ${objectWords(grants)}${grant.scope.includes('pass on') ? ', and let others do so' : ''}.`;
  }
}

const ATTRIBUTE_WORDS: Readonly<Record<string, string>> = {
  SUPERUSER: 'can do anything in the whole database server',
  CREATEUSER: 'can do anything in the whole database server',
  BYPASSRLS: 'sees every row, whatever the policies say',
  CREATEROLE: 'can make roles and give them rights',
  REPLICATION: 'can copy the whole database',
  CREATEDB: 'can make databases',
  LOGIN: 'can sign in',
};

const DEEDS: Readonly<Record<string, string>> = {
  ALL: 'do anything with',
  SELECT: 'read',
  INSERT: 'add to',
  UPDATE: 'change',
  DELETE: 'delete from',
  TRUNCATE: 'empty',
  EXECUTE: 'run',
  USAGE: 'use',
  CREATE: 'create things in',
  CONNECT: 'connect to',
};

function deeds(grants: readonly Grant[]): string {
  const actions = [...new Set(grants.map(({ action }) => action))];
  return actions.includes('ALL')
    ? 'do anything with'
    : listed(
        actions.map((action) => DEEDS[action] ?? `use ${action} on`),
        3,
      );
}

function objectWords(grants: readonly Grant[]): string {
  const type = (grants[0]?.scope[1] ?? 'TABLE').toLowerCase();
  const names = grants.map(({ resource }) => bare(resource));
  const many = /^all (\w+?)s$/.exec(type)?.[1];
  if (many !== undefined) return `every ${many} of schema ${named(names, 2)}`;
  return `${type} ${named(names, 2)}`;
}

/** The schema `public` goes without saying. */
function bare(name: string): string {
  return shortened(name.replace(/^public\./, ''));
}
