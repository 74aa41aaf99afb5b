/** A built-in role of Azure: its actions where they are simple, else only what it is good for. */
export type AzureRole = {
  readonly name: string;
  readonly id: string;
  /** Absent: only the class is known. */
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly kind: 'owner' | 'contributor' | 'access admin' | 'data' | 'secrets' | 'cluster' | 'admin' | 'reader' | 'other';
};

const ACCESS = ['*/read', 'microsoft.authorization/*', 'microsoft.support/*'];

/** From Azure's documentation of built-in roles. */
const AZURE_ROLES: readonly AzureRole[] = [
  { name: 'Owner', id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', actions: ['*'], kind: 'owner' },
  {
    name: 'Contributor',
    id: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    actions: ['*'],
    notActions: [
      'microsoft.authorization/*/delete',
      'microsoft.authorization/*/write',
      'microsoft.authorization/elevateaccess/action',
      'microsoft.blueprint/blueprintassignments/write',
      'microsoft.blueprint/blueprintassignments/delete',
      'microsoft.compute/galleries/share/action',
      'microsoft.purview/consents/write',
      'microsoft.purview/consents/delete',
    ],
    kind: 'contributor',
  },
  { name: 'User Access Administrator', id: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', actions: ACCESS, kind: 'access admin' },
  {
    name: 'Role Based Access Control Administrator',
    id: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    actions: [
      '*/read',
      'microsoft.authorization/roleassignments/write',
      'microsoft.authorization/roleassignments/delete',
      'microsoft.support/*',
    ],
    kind: 'access admin',
  },
  { name: 'Reader', id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', actions: ['*/read'], kind: 'reader' },
  { name: 'Monitoring Reader', id: '43d0d8ad-25c7-4714-9337-8ba259a9fe05', actions: ['*/read'], kind: 'reader' },
  { name: 'Key Vault Administrator', id: '00482a5a-887f-4fb3-b363-3b7fe8e74483', kind: 'secrets' },
  { name: 'Key Vault Contributor', id: 'f25e0fa2-a7c8-4377-a976-54943a77a395', kind: 'admin' },
  { name: 'Key Vault Secrets User', id: '4633458b-17de-408a-b874-0445c86b69e6', kind: 'secrets' },
  { name: 'Key Vault Secrets Officer', id: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7', kind: 'secrets' },
  { name: 'Storage Account Contributor', id: '17d1049b-9a84-46fb-8f53-869881c3d3ab', kind: 'admin' },
  { name: 'Storage Blob Data Owner', id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', kind: 'data' },
  { name: 'Storage Blob Data Contributor', id: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe', kind: 'data' },
  { name: 'Storage Blob Data Reader', id: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1', kind: 'data' },
  { name: 'Virtual Machine Contributor', id: '9980e02c-c2be-4d73-94e8-173b1dc7cf3c', kind: 'admin' },
  { name: 'Virtual Machine Administrator Login', id: '1c0163c0-47e6-4577-8991-ea5c82e286e4', kind: 'admin' },
  { name: 'Network Contributor', id: '4d97b98b-1d4f-4787-a291-c67834d212e7', kind: 'admin' },
  { name: 'Managed Identity Operator', id: 'f1a07417-d97a-45cb-824c-7a7467783830', kind: 'admin' },
  { name: 'Managed Identity Contributor', id: 'e40ec5ca-96e0-45a2-b4ff-59039f2c2b59', kind: 'admin' },
  { name: 'Azure Kubernetes Service Cluster Admin Role', id: '0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8', kind: 'cluster' },
  { name: 'Azure Kubernetes Service RBAC Cluster Admin', id: 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b', kind: 'cluster' },
  { name: 'AcrPull', id: '7f951dda-4ed3-4680-a7ca-43fe172d538d', kind: 'other' },
  { name: 'AcrPush', id: '8311e382-0749-4cb8-b61a-304f252e45ec', kind: 'other' },
];

/** By name or by the id at the end of a resource id or inside an expression; undefined when it is none of these. */
export function azureRole(text: string): AzureRole | undefined {
  const plain = text.toLowerCase();
  return AZURE_ROLES.find(({ name, id }) => plain.includes(id) || plain === name.toLowerCase());
}

/** What a role that is not listed is good for, by its name. */
export function azureRoleKind(name: string): AzureRole['kind'] {
  if (/owner/i.test(name)) return 'owner';
  if (/secret|key vault|crypto|certificate/i.test(name)) return 'secrets';
  if (/blob|queue|table|data|sql|cosmos/i.test(name)) return 'data';
  if (/access administrator|security admin|global administrator|privileged role/i.test(name)) return 'access admin';
  if (/admin|contributor|operator/i.test(name)) return 'admin';
  return /reader|viewer/i.test(name) ? 'reader' : 'other';
}
