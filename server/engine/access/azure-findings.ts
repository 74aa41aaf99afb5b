import { azureRole, azureRoleKind, type AzureRole } from '../packs/azure-built-in-roles.ts';
import { AZURE_ACCESS_RULES, type AzureAccessRuleId } from '../packs/azure-access-rules.ts';
import { compareSeverity, shift, worseOf } from '../rate.ts';
import type { Severity } from '../types.ts';
import { type Box, globAxis, meet, texts } from './box.ts';
import type { AccessFinding, Grant, GrantExpansion } from './grant.ts';
import type { Compared } from './side.ts';
import { groupedBy, listed, named, shortened } from './wording.ts';

/** One finding for each assignment, and for each role definition by what its actions are good for. */
export function azureFindings(expansions: readonly GrantExpansion[], compared: Compared): readonly AccessFinding[] {
  const [definitions, assignments] = [expansions.filter(isDefinition), expansions.filter((each) => !isDefinition(each))];
  const gained = definitions.map((expansion) => ({ expansion, gain: gainOf(expansion) }));
  return [
    ...groupedBy(assignments, ({ grant }) => `${grant.action}\n${grant.scope.join('/')}`).map((group) =>
      assignmentFinding(group, compared),
    ),
    ...groupedBy(gained, ({ expansion, gain }) => `${expansion.grant.principal.name}\n${gain.rule}`).map((group) =>
      definitionFinding(group, compared),
    ),
  ];
}

function isDefinition({ grant }: GrantExpansion): boolean {
  const [first] = grant.boxes?.[0] ?? [];
  return first?.kind === 'path' && first.path[0] === 'definition';
}

type Gain = { readonly rule: AzureAccessRuleId; readonly severity: Severity; readonly words: string };

const SELF_GRANT = [
  'microsoft.authorization/roleassignments/write',
  'microsoft.authorization/roledefinitions/write',
  'microsoft.authorization/elevateaccess/action',
];
const CREDENTIALS = [
  'microsoft.storage/storageaccounts/listkeys/action',
  'microsoft.keyvault/vaults/accesspolicies/write',
  'microsoft.documentdb/databaseaccounts/listkeys/action',
  'microsoft.containerservice/managedclusters/listclusteradmincredential/action',
  'microsoft.web/sites/config/list/action',
  'microsoft.containerregistry/registries/listcredentials/action',
];
const RUN_CODE = [
  'microsoft.compute/virtualmachines/runcommand/action',
  'microsoft.compute/virtualmachines/extensions/write',
  'microsoft.automation/automationaccounts/jobs/write',
  'microsoft.managedidentity/userassignedidentities/assign/action',
];

/** What of it is new, looked at action by action: the worst of it first. */
function gainOf({ grant, left }: GrantExpansion): Gain {
  const action = grant.action.toLowerCase();
  const data = planeOf(grant) === 'data';
  const has = (known: readonly string[]): boolean => known.some((one) => holds(left, one));
  const level = grant.scope[0];
  const wider = level === 'tenant' ? 1 : 0;
  const rated = (rule: AzureAccessRuleId, severity: Severity, words: string): Gain => ({
    rule,
    severity: compareSeverity(severity, 'info') < 0 ? shift(severity, wider) : severity,
    words,
  });
  if (action === '*')
    return rated(
      'azure-role-everything',
      data ? 'high' : 'critical',
      data ? 'read and change all data in {where}' : 'do anything in {where}',
    );
  if (!data && has(SELF_GRANT)) return rated('azure-role-self-grant', 'critical', 'give itself any role in {where}');
  if (!data && has(CREDENTIALS) && !action.endsWith('/read'))
    return rated('azure-role-credentials', 'high', 'get keys and credentials in {where}');
  if (data && /vaults|secrets|keys/.test(action) && !action.endsWith('/readmetadata/action'))
    return rated('azure-role-credentials', 'high', 'use secrets and keys in {where}');
  if (!data && has(RUN_CODE) && !action.endsWith('/read')) return rated('azure-role-run-code', 'high', 'run code on machines in {where}');
  if (/^\*\/(write|delete|action|\*)$/.test(action)) return rated('azure-role-everything', 'high', 'use {actions} in {where}');
  if (action.endsWith('/read'))
    return rated('azure-role-action', data ? 'medium' : action === '*/read' ? 'low' : 'info', 'read through {actions} in {where}');
  if (action.endsWith('/delete')) return rated('azure-role-action', 'medium', 'delete through {actions} in {where}');
  if (action.includes('*') || data) return rated('azure-role-action', 'medium', 'use {actions} in {where}');
  return rated('azure-role-action', 'low', 'use {actions} in {where}');
}

function holds(left: readonly Box[], action: string): boolean {
  const known = texts(() => false);
  return left.some((box) => {
    const axis = box[2];
    return axis !== undefined && meet(axis, globAxis(action), known) !== undefined;
  });
}

function planeOf({ boxes }: Grant): string {
  const axis = boxes?.[0]?.[1];
  return axis?.kind === 'path' ? (axis.path[0] ?? '') : '';
}

type Gained = { readonly expansion: GrantExpansion; readonly gain: Gain };

function definitionFinding(group: readonly [Gained, ...Gained[]], { before }: Compared): AccessFinding {
  const expansions = group.map(({ expansion }) => expansion);
  const [{ expansion: first, gain }] = group;
  const { grant } = first;
  const worst = group.map((each) => each.gain).reduce((a, b) => (compareSeverity(a.severity, b.severity) <= 0 ? a : b), gain);
  const places = expansions.map((each) => whereOf(each.grant));
  const own = before.filter(({ principal }) => principal.name === grant.principal.name);
  const words = worst.words
    .replace('{actions}', () =>
      named(
        expansions.map((each) => each.grant.action),
        2,
      ),
    )
    .replace('{where}', () => listed(places, 2));
  return {
    rule: worst.rule,
    severity: worst.severity,
    confidence: 'proved',
    blastRadius: {
      level:
        grant.scope[0] === 'resource' || grant.scope[0] === 'resource group'
          ? 'service'
          : grant.scope[0] === 'subscription'
            ? 'account'
            : 'organization',
      what: places[0]?.replaceAll('`', '') ?? '',
    },
    gain: AZURE_ACCESS_RULES[worst.rule].gain,
    consequence: `${grant.principal.label} can ${words}.`,
    previously:
      own.length === 0
        ? 'Before: the role was not in this file.'
        : `Before: it allowed ${named(
            own.map(({ action }) => action),
            2,
          )} in ${listed(own.map(whereOf), 2)}.`,
    opened: { name: shortened(grant.resource), kind: grant.scope[0] ?? 'scope' },
    expansions,
  };
}

const WHOLE = new Set(['tenant', 'management group', 'subscription']);

function assignmentFinding(group: readonly [GrantExpansion, ...GrantExpansion[]], { before }: Compared): AccessFinding {
  const [{ grant }] = group;
  const kind = azureRole(grant.action)?.kind ?? azureRoleKind(grant.action);
  const { rule, severity } = rateAssignment(kind, grant);
  const given = before.filter((each) => !each.principal.name.startsWith('role ') && each.principal.name === grant.principal.name);
  return {
    rule,
    severity,
    confidence: group.some((each) => each.grant.unresolved === true) ? 'unknown' : 'proved',
    blastRadius: {
      level: WHOLE.has(grant.scope[0] ?? '') ? (grant.scope[0] === 'subscription' ? 'account' : 'organization') : 'resource',
      what: whereOf(grant).replaceAll('`', ''),
    },
    gain: AZURE_ACCESS_RULES[rule].gain,
    consequence: `${listed(
      group.map((each) => each.grant.principal.label),
      2,
    )} gets role \`${shortened(grant.action)}\` on ${whereOf(grant)}.`,
    previously:
      given.length === 0
        ? 'Before: this file gave it no role.'
        : `Before: it had ${named(
            given.map(({ action }) => action),
            2,
          )} on ${listed(given.map(whereOf), 2)}.`,
    opened: { name: shortened(grant.resource), kind: grant.scope[0] ?? 'scope' },
    expansions: group,
  };
}

function rateAssignment(
  kind: AzureRole['kind'],
  { scope: [level = ''] }: Grant,
): { readonly rule: AzureAccessRuleId; readonly severity: Severity } {
  const whole = WHOLE.has(level);
  if (kind === 'owner' || kind === 'contributor' || kind === 'access admin')
    return { rule: 'azure-privileged-assignment', severity: whole ? 'critical' : 'high' };
  if (kind === 'cluster') return { rule: 'azure-privileged-assignment', severity: 'high' };
  if (kind === 'secrets') return { rule: 'azure-data-assignment', severity: whole ? 'high' : 'medium' };
  if (kind === 'data') return { rule: 'azure-data-assignment', severity: whole ? 'high' : 'medium' };
  if (kind === 'admin') return { rule: 'azure-role-assigned', severity: whole ? 'high' : 'medium' };
  return { rule: 'azure-role-assigned', severity: worseOf('low', kind === 'other' && whole ? 'medium' : 'low') };
}

function whereOf({ scope: [level = ''], resource }: Grant): string {
  if (level === 'tenant') return 'the whole tenant';
  if (level === 'unknown' || resource.startsWith('this ')) return resource;
  return level === 'resource' ? `\`${shortened(resource)}\`` : `${level} \`${shortened(resource)}\``;
}
