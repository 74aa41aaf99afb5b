import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { anyCaseField, type Field, objects, scalar, scalars } from './fields.ts';

/** From the widest; [] is the whole tenant. */
export type AzureScope = {
  readonly path: readonly string[];
  readonly level: 'tenant' | 'management group' | 'subscription' | 'resource group' | 'resource' | 'unknown';
  readonly name: string;
};

export type AzurePermission = {
  readonly actions: readonly Field[];
  readonly notActions: readonly Field[];
  readonly plane: 'control' | 'data';
};
export type AzureDefinition = {
  readonly name: string;
  readonly permissions: readonly AzurePermission[];
  readonly scopes: readonly { readonly scope: AzureScope; readonly node: TreeNode | undefined }[];
};
export type AzureAssignment = {
  readonly role: Field;
  readonly principal: Field;
  readonly scope: AzureScope;
  readonly scopeNode: TreeNode | undefined;
};

/** Undefined for what is neither. */
export function azureKind({ system, type }: Declaration): 'definition' | 'assignment' | undefined {
  const plain = type.split('@')[0]?.toLowerCase() ?? '';
  if (system === 'arm' || system === 'bicep') {
    if (plain.endsWith('roledefinitions')) return 'definition';
    return plain.endsWith('roleassignments') ? 'assignment' : undefined;
  }
  if (system === 'terraform') {
    if (plain === 'azurerm_role_definition') return 'definition';
    return ASSIGNMENTS.has(plain) ? 'assignment' : undefined;
  }
  return system === 'azure-role' ? (plain === 'role-definition' ? 'definition' : 'assignment') : undefined;
}

/** Those that a person has to ask for first count as well: the asking is often granted without another person. */
const ASSIGNMENTS: ReadonlySet<string> = new Set([
  'azurerm_role_assignment',
  'azurerm_pim_eligible_role_assignment',
  'azurerm_pim_active_role_assignment',
  'azuread_directory_role_assignment',
  'azuread_directory_role_eligibility_schedule_request',
]);

export function definitionOf({ node, name }: Declaration): AzureDefinition {
  const body = anyCaseField(node, 'properties') ?? node;
  const parts = objects(anyCaseField(body, 'permissions'));
  const permissions = (parts.length > 0 ? parts : [body]).flatMap((part): readonly AzurePermission[] => [
    {
      plane: 'control',
      actions: scalars(anyCaseField(part, 'actions')),
      notActions: scalars(anyCaseField(part, 'notActions', 'not_actions')),
    },
    {
      plane: 'data',
      actions: scalars(anyCaseField(part, 'dataActions', 'data_actions')),
      notActions: scalars(anyCaseField(part, 'notDataActions', 'not_data_actions')),
    },
  ]);
  const assignable = scalars(anyCaseField(body, 'assignableScopes', 'assignable_scopes'));
  const own = scalars(anyCaseField(node, 'scope'));
  const found = (assignable.length > 0 ? assignable : own).map(({ text, node: at }) => ({ scope: scopeOf(text), node: at }));
  return {
    name: scalar(anyCaseField(body, 'roleName')) ?? scalar(anyCaseField(node, 'name')) ?? name,
    permissions,
    scopes:
      found.length > 0 ? found : [{ scope: { path: ['somewhere'], level: 'unknown', name: 'where it is assigned' }, node: undefined }],
  };
}

export function assignmentOf({ node, type }: Declaration): AzureAssignment | undefined {
  const body = anyCaseField(node, 'properties') ?? node;
  const [role] = scalars(
    anyCaseField(body, 'roleDefinitionName', 'role_definition_name') ??
      anyCaseField(body, 'roleDefinitionId', 'role_definition_id', 'role_id', 'roleId'),
  );
  if (role === undefined) return undefined;
  const [principal] = scalars(anyCaseField(body, 'principalId', 'principal_id', 'principal_object_id', 'principalName'));
  const directory = type.startsWith('azuread_directory_role_');
  const scopeNode = anyCaseField(node, 'scope') ?? member(body, 'scope');
  const [written] = scalars(scopeNode);
  const nested = /^(.+)\/providers\/roleassignments$/i.exec(type.split('@')[0] ?? '');
  return {
    role,
    principal: principal ?? { text: 'somebody', node, unresolved: true },
    scope: directory
      ? { path: [], level: 'tenant', name: 'the tenant' }
      : written !== undefined
        ? scopeOf(written.text)
        : nested === null
          ? { path: ['current scope'], level: 'unknown', name: 'where it is deployed' }
          : { path: ['current scope', nested[1] ?? ''], level: 'resource', name: scalar(member(node, 'name')) ?? 'a resource' },
    scopeNode,
  };
}

/**
 * "/subscriptions/1/resourceGroups/a" and the expressions that stand for such paths. What an expression means is told by its words:
 * `subscription().id`, `azurerm_resource_group.a.id`.
 */
function scopeOf(text: string): AzureScope {
  const plain = text.trim();
  const steps = plain.split('/').filter((step) => step !== '');
  if (plain === '/' || /tenant\(\)|^\$\{\s*tenantResourceId/i.test(plain)) return { path: [], level: 'tenant', name: 'the whole tenant' };
  const lower = plain.toLowerCase();
  if (/management_?groups?\b|managementgroup/.test(lower)) {
    return { path: [`management group ${lastOf(plain)}`], level: 'management group', name: lastOf(plain) };
  }
  if (plain.startsWith('/subscriptions/')) {
    const [, subscription = '', , group, ...more] = steps;
    const path = [`subscription ${subscription.toLowerCase()}`];
    if (group === undefined) return { path, level: 'subscription', name: subscription };
    const inGroup = [...path, `group ${group.toLowerCase()}`];
    return more.length === 0
      ? { path: inGroup, level: 'resource group', name: group }
      : { path: [...inGroup, more.join('/').toLowerCase()], level: 'resource', name: more.at(-1) ?? '' };
  }
  if (/resourcegroup\(\s*\)\.id|azurerm_resource_group\.[\w-]+\.id/.test(lower) && !/\/providers\//.test(lower)) {
    return { path: [CURRENT, `group ${lower}`], level: 'resource group', name: lastOf(plain) };
  }
  if (/subscription\(\s*\)\.id|azurerm_subscription\.[\w-]+\.id|subscription_id|subscriptionid/.test(lower)) {
    return { path: [CURRENT], level: 'subscription', name: lastOf(plain) };
  }
  return { path: [CURRENT, 'some group', lower], level: 'resource', name: lastOf(plain) };
}

const CURRENT = 'subscription of this deployment';

function lastOf(text: string): string {
  const bare = text
    .replace(/^\$\{/, '')
    .replace(/\}$/, '')
    .replace(/\.(id|name)$/, '');
  if (/^subscription\(\)$/.test(bare)) return 'this subscription';
  if (/^resourceGroup\(\)$/i.test(bare)) return 'this resource group';
  return /^(?:data\.)?azurerm_\w+\.([\w-]+)$/.exec(bare)?.[1] ?? bare.split('/').at(-1) ?? bare;
}
