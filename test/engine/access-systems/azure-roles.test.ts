import { type Case, compareCases } from './cases.ts';
import { type Declared, terraform } from './scene.ts';

const SUB = '${data.azurerm_subscription.primary.id}';
const GROUP = '${azurerm_resource_group.shop.id}';
const role = (actions: readonly string[], scopes: readonly string[] = [SUB], more: object = {}): readonly Declared[] =>
  terraform({
    'azurerm_role_definition.r': {
      name: 'deployer',
      scope: SUB,
      permissions: [{ actions, not_actions: [], ...more }],
      assignable_scopes: scopes,
    },
  });
const assigned = (name: string, scope: string): readonly Declared[] =>
  terraform({
    'azurerm_role_assignment.a': { scope, role_definition_name: name, principal_id: '${azurerm_user_assigned_identity.ci.principal_id}' },
  });
const arm = (type: string, properties: unknown): readonly Declared[] => [
  { system: 'arm', type, key: `${type}/x`, body: { type, name: 'x', properties } },
];
const OWNER = "${subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')}";
const READER = "${subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'acdd72a7-3385-48ef-bd42-f606fba81ae7')}";

const all: readonly Case[] = [
  [
    'every action',
    role(['Microsoft.Compute/virtualMachines/read']),
    role(['*']),
    ['critical azure-role-everything Whoever has role `deployer` can do anything in subscription `primary`.'],
  ],
  [
    'writing roles',
    role(['Microsoft.Authorization/roleDefinitions/read']),
    role(['Microsoft.Authorization/roleDefinitions/write']),
    ['critical azure-role-self-grant Whoever has role `deployer` can give itself any role in subscription `primary`.'],
  ],
  [
    'writing roles through a wildcard',
    role(['Microsoft.Authorization/*/read']),
    role(['Microsoft.Authorization/*']),
    ['critical azure-role-self-grant Whoever has role `deployer` can give itself any role in subscription `primary`.'],
  ],
  [
    'an exception taken away',
    role(['Microsoft.Compute/*'], [SUB], { not_actions: ['Microsoft.Compute/virtualMachines/runCommand/action'] }),
    role(['Microsoft.Compute/*']),
    ['high azure-role-run-code Whoever has role `deployer` can run code on machines in subscription `primary`.'],
  ],
  [
    'keys of storage accounts',
    role(['Microsoft.Storage/storageAccounts/read']),
    role(['Microsoft.Storage/storageAccounts/*']),
    ['high azure-role-credentials Whoever has role `deployer` can get keys and credentials in subscription `primary`.'],
  ],
  [
    'a wider scope',
    role(['Microsoft.Compute/*'], [GROUP]),
    role(['Microsoft.Compute/*'], ['/']),
    ['critical azure-role-run-code Whoever has role `deployer` can run code on machines in the whole tenant.'],
  ],
  [
    'data of all kinds',
    role([]),
    role([], [SUB], { data_actions: ['*'] }),
    ['high azure-role-everything Whoever has role `deployer` can read and change all data in subscription `primary`.'],
  ],
  [
    'Owner of a subscription',
    assigned('Reader', SUB),
    assigned('Owner', SUB),
    ['critical azure-privileged-assignment The holder of `a` gets role `Owner` on subscription `primary`.'],
  ],
  [
    'Contributor: from group to subscription',
    assigned('Contributor', GROUP),
    assigned('Contributor', SUB),
    ['critical azure-privileged-assignment The holder of `a` gets role `Contributor` on subscription `primary`.'],
  ],
  [
    'Contributor of a management group',
    assigned('Contributor', SUB),
    assigned('Contributor', '${azurerm_management_group.root.id}'),
    ['critical azure-privileged-assignment The holder of `a` gets role `Contributor` on management group `root`.'],
  ],
  [
    'Contributor becomes Owner',
    assigned('Contributor', GROUP),
    assigned('Owner', GROUP),
    ['high azure-privileged-assignment The holder of `a` gets role `Owner` on resource group `shop`.'],
  ],
  [
    'ARM: Owner by its id',
    arm('Microsoft.Authorization/roleAssignments', { roleDefinitionId: READER, principalId: 'p-1', scope: '/subscriptions/1' }),
    arm('Microsoft.Authorization/roleAssignments', { roleDefinitionId: OWNER, principalId: 'p-1', scope: '/subscriptions/1' }),
    ['critical azure-privileged-assignment `p-1` gets role `Owner` on subscription `1`.'],
  ],
  [
    'ARM: a definition',
    arm('Microsoft.Authorization/roleDefinitions', {
      roleName: 'ops',
      permissions: [{ actions: ['*/read'] }],
      assignableScopes: ['/subscriptions/1'],
    }),
    arm('Microsoft.Authorization/roleDefinitions', {
      roleName: 'ops',
      permissions: [{ actions: ['*'] }],
      assignableScopes: ['/subscriptions/1'],
    }),
    ['critical azure-role-everything Whoever has role `ops` can do anything in subscription `1`.'],
  ],
  // Nothing new.
  ['Owner becomes Contributor', assigned('Owner', SUB), assigned('Contributor', SUB), []],
  ['Contributor becomes Reader', assigned('Contributor', SUB), assigned('Reader', SUB), []],
  [
    'a wildcard is written out',
    role(['Microsoft.Compute/*']),
    role(['Microsoft.Compute/virtualMachines/read', 'microsoft.compute/virtualmachines/START/action']),
    [],
  ],
  ['an exception added', role(['*']), role(['*'], [SUB], { not_actions: ['Microsoft.Authorization/*/write'] }), []],
  ['subscription to group', role(['Microsoft.Compute/*'], [SUB]), role(['Microsoft.Compute/*'], ['${azurerm_resource_group.shop.id}']), []],
  [
    'two halves of a wildcard',
    role(['Microsoft.Compute/virtualMachines/*']),
    role(['Microsoft.Compute/virtualMachines/read', 'Microsoft.Compute/virtualMachines/*']),
    [],
  ],
];
compareCases('azure', all);
