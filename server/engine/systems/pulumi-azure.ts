import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from './declaration.ts';
import { itemsOf, madeMember, madeObject } from './nodes.ts';

/**
 * A resource of Pulumi's `azure-native`, in the shape of the ARM template that says the same: its provider is made from Azure's API, only
 * without the level of `properties`. `azure-native:storage:StorageAccount` is a "Microsoft.Storage/storageAccounts".
 */
export function azureNativeDeclaration(
  token: string,
  key: string,
  properties: TreeNode | undefined,
  at: TreeNode,
): Declaration | undefined {
  const [, service = '', kind = ''] = /^azure-native:(\w+?)(?:\/\w+)?:(\w+)$/.exec(token) ?? [];
  if (kind === '') return undefined;
  const type = typeOf(service, kind);
  return { system: 'arm', type, key: `${type}/${key}`, name: key, node: bodyOf(properties, at) };
}

function typeOf(service: string, kind: string): string {
  const known = KINDS[`${service}:${kind}`];
  if (known !== undefined) return known;
  const provider = PROVIDERS[service] ?? `${service.charAt(0).toUpperCase()}${service.slice(1)}`;
  return `Microsoft.${provider}/${plural(`${kind.charAt(0).toLowerCase()}${kind.slice(1)}`)}`;
}

function plural(word: string): string {
  if (/(s|x|ch|sh)$/.test(word)) return word.endsWith('redis') ? word : `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** Where the letters of the provider's name are not told by the word. */
const PROVIDERS: Readonly<Record<string, string>> = {
  apimanagement: 'ApiManagement',
  app: 'App',
  containerregistry: 'ContainerRegistry',
  containerservice: 'ContainerService',
  cosmosdb: 'DocumentDB',
  databricks: 'Databricks',
  datafactory: 'DataFactory',
  dbformariadb: 'DBforMariaDB',
  dbformysql: 'DBforMySQL',
  dbforpostgresql: 'DBforPostgreSQL',
  documentdb: 'DocumentDB',
  eventgrid: 'EventGrid',
  eventhub: 'EventHub',
  keyvault: 'KeyVault',
  machinelearningservices: 'MachineLearningServices',
  managedidentity: 'ManagedIdentity',
  operationalinsights: 'OperationalInsights',
  servicebus: 'ServiceBus',
  signalrservice: 'SignalRService',
};

/** Where the kind stands below another, or is called otherwise. */
const KINDS: Readonly<Record<string, string>> = {
  'authorization:ManagementLockAtResourceGroupLevel': 'Microsoft.Authorization/locks',
  'authorization:ManagementLockAtResourceLevel': 'Microsoft.Authorization/locks',
  'authorization:ManagementLockAtSubscriptionLevel': 'Microsoft.Authorization/locks',
  'authorization:ManagementLockByScope': 'Microsoft.Authorization/locks',
  'cache:FirewallRule': 'Microsoft.Cache/redis/firewallRules',
  'containerservice:AgentPool': 'Microsoft.ContainerService/managedClusters/agentPools',
  'dbformysql:FirewallRule': 'Microsoft.DBforMySQL/flexibleServers/firewallRules',
  'dbformysql:Server': 'Microsoft.DBforMySQL/flexibleServers',
  'dbforpostgresql:FirewallRule': 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules',
  'dbforpostgresql:Server': 'Microsoft.DBforPostgreSQL/flexibleServers',
  'keyvault:Secret': 'Microsoft.KeyVault/vaults/secrets',
  'managedidentity:FederatedIdentityCredential': 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
  'network:SecurityRule': 'Microsoft.Network/networkSecurityGroups/securityRules',
  'sql:AuditingPolicy': 'Microsoft.Sql/servers/auditingSettings',
  'sql:Database': 'Microsoft.Sql/servers/databases',
  'sql:FirewallRule': 'Microsoft.Sql/servers/firewallRules',
  'sql:ServerBlobAuditingPolicy': 'Microsoft.Sql/servers/auditingSettings',
  'storage:BlobContainer': 'Microsoft.Storage/storageAccounts/blobServices/containers',
  'storage:BlobServiceProperties': 'Microsoft.Storage/storageAccounts/blobServices',
  'web:WebApp': 'Microsoft.Web/sites',
  'web:WebAppAuthSettings': 'Microsoft.Web/sites/config',
};

/** What ARM keeps beside `properties`, not in it. */
const BESIDE = new Set(['extendedLocation', 'identity', 'kind', 'location', 'name', 'plan', 'scope', 'sku', 'tags', 'zones']);

function bodyOf(properties: TreeNode | undefined, at: TreeNode): TreeNode {
  const own = properties?.children ?? [];
  const beside = own.filter((each) => BESIDE.has(String(each.children?.[0]?.value)));
  const inner = member(properties, 'properties');
  const inside = own.filter((each) => !BESIDE.has(String(each.children?.[0]?.value)) && each.children?.[0]?.value !== 'properties');
  const scope = own.filter((each) => each.children?.[0]?.value === 'scope');
  const body = madeObject([...inside.map(withRules), ...scope, ...(inner?.children ?? [])], properties ?? at);
  return madeObject([...beside, madeMember('properties', body)], at);
}

/** The rules of a network security group have a level of their own there. */
function withRules(property: TreeNode): TreeNode {
  const [keyNode, value] = property.children ?? [];
  if (keyNode?.value !== 'securityRules' || value?.type !== 'array') return property;
  const items = itemsOf(value).map((item) => {
    const name = membersOf(item).find(({ key }) => key === 'name');
    const named = name === undefined ? [] : [madeMember('name', name.value, name.keyNode)];
    return item.type === 'object' && member(item, 'properties') === undefined
      ? madeObject([...named, madeMember('properties', item)], item)
      : item;
  });
  return madeMember('securityRules', { ...value, children: items }, keyNode);
}
