/** What a predefined role of Google Cloud is good for, by class; no list of every permission is kept. */
export type GcpRoleClass =
  | 'owner'
  | 'editor'
  | 'viewer'
  | 'identity admin'
  | 'admin'
  | 'impersonation'
  | 'secrets'
  | 'invoker'
  | 'run code'
  | 'write'
  | 'read'
  | 'other';

const IDENTITY =
  /^(iam\.(securityAdmin|roleAdmin|organizationRoleAdmin|workloadIdentityPoolAdmin|denyAdmin)|resourcemanager\.(projectIamAdmin|organizationAdmin|folderIamAdmin|folderAdmin)|orgpolicy\.policyAdmin|billing\.admin|accesscontextmanager\.policyAdmin|privilegedaccessmanager\.admin)$/;
const IMPERSONATION =
  /^(iam\.(serviceAccountTokenCreator|serviceAccountUser|workloadIdentityUser|serviceAccountKeyAdmin|serviceAccountAdmin|serviceAccountOpenIdTokenCreator|serviceAccountCreator)|editor\.impersonation)$/;
const SECRETS =
  /^(secretmanager\.(secretAccessor|secretVersionManager|admin)|cloudkms\.(cryptoKeyDecrypter|cryptoKeyEncrypterDecrypter|cryptoOperator|signer|signerVerifier)|storage\.hmacKeyAdmin)$/;
const RUN_CODE =
  /^(compute\.(instanceAdmin(\.v1)?|osAdminLogin|osLogin)|cloudfunctions\.developer|run\.developer|run\.sourceDeveloper|cloudbuild\.builds\.editor|deploymentmanager\.editor|dataflow\.developer|composer\.worker|container\.developer)$/;

export function roleClass(role: string): GcpRoleClass {
  const name = role.replace(/^roles\//, '');
  if (name === 'owner' || name === 'acl/OWNER') return 'owner';
  if (name === 'editor') return 'editor';
  if (name === 'viewer') return 'viewer';
  if (IDENTITY.test(name)) return 'identity admin';
  if (IMPERSONATION.test(name)) return 'impersonation';
  if (SECRETS.test(name)) return 'secrets';
  if (/\.(invoker|servicesInvoker)$/.test(name)) return 'invoker';
  if (RUN_CODE.test(name)) return 'run code';
  if (/admin/i.test(name) || name.endsWith('Owner')) return 'admin';
  if (/(viewer|reader|browser|auditor|subscriber)/i.test(name)) return 'read';
  if (/(editor|writer|creator|user|publisher|developer|publish)/i.test(name)) return 'write';
  return 'other';
}

/** Services whose admin role holds what their other roles hold. KMS is not one: its admin may not decrypt. */
const WHOLE_ADMINS = new Set([
  'storage',
  'pubsub',
  'bigquery',
  'cloudsql',
  'run',
  'cloudfunctions',
  'dns',
  'artifactregistry',
  'container',
]);

/** A place in a tree of roles: one that is above another allows all that it does. Names that say nothing stand alone. */
export function rolePath(role: string): readonly string[] {
  const name = role.replace(/^roles\//, '');
  if (name.startsWith('acl/')) return ['acl', ...({ OWNER: [], WRITER: ['write'], READER: ['write', 'read'] }[name.slice(4)] ?? [name])];
  if (name === 'owner') return [];
  if (name === 'editor') return ['basic'];
  if (name === 'viewer') return ['basic', 'read'];
  if (!role.startsWith('roles/')) return ['custom', role];
  const [service = '', ...rest] = name.split('.');
  if (!WHOLE_ADMINS.has(service)) return ['role', name];
  const own = rest.join('.');
  if (own === 'admin') return ['role', service];
  if (service === 'storage' && own === 'objectAdmin') return ['role', service, 'objects'];
  if (service === 'storage' && own.startsWith('object')) return ['role', service, 'objects', own];
  return ['role', service, own];
}

/** Permissions from which every other can be had, or which give away credentials. */
export const ESCALATING_PERMISSIONS =
  /^(iam\.serviceAccounts\.(actAs|getAccessToken|getOpenIdToken|signBlob|signJwt|implicitDelegation|setIamPolicy)|iam\.serviceAccountKeys\.(create|upload)|iam\.roles\.(update|create)|(resourcemanager|iam|storage|run|cloudfunctions|secretmanager|cloudkms|compute)\.\w+\.setIamPolicy|orgpolicy\.policy\.set|deploymentmanager\.deployments\.(create|update)|cloudbuild\.builds\.create|compute\.(instances|projects)\.(setMetadata|setCommonInstanceMetadata|setServiceAccount|osAdminLogin)|storage\.hmacKeys\.create|serviceusage\.apiKeys\.(create|list)|iam\.workloadIdentityPool\w*\.(create|update))$/;
export const SECRET_PERMISSIONS =
  /^(secretmanager\.versions\.access|cloudkms\.cryptoKeyVersions\.useToDecrypt\w*|container\.secrets\.(get|list)|runtimeconfig\.variables\.get)$/;
export const DESTROYING_PERMISSIONS =
  /^(resourcemanager\.projects\.delete|storage\.(buckets|objects)\.delete|cloudsql\.(instances|databases|backupRuns)\.delete|bigquery\.(datasets|tables)\.delete|cloudkms\.cryptoKeyVersions\.destroy|spanner\.\w+\.d(elete|rop)|compute\.(disks|snapshots)\.delete|logging\.(logs|sinks)\.delete)$/;
