import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { field, scalar, scalars } from './fields.ts';

/** Where in the hierarchy: its path from the widest, and what people call it. */
export type GcpScope = {
  readonly level: 'organization' | 'folder' | 'project' | 'resource';
  readonly path: readonly string[];
  readonly name: string;
  readonly kind: string;
};

/** Of `google_KIND_iam_…`: what its bindings are on. */
export function terraformScope(kind: string, node: TreeNode, declaration: Declaration): GcpScope {
  if (kind === 'organization') return top('organization', scalars(field(node, 'org_id', 'organization'))[0]?.text ?? declaration.name);
  if (kind === 'folder') return top('folder', scalars(member(node, 'folder'))[0]?.text ?? declaration.name);
  if (kind === 'project') return top('project', scalars(member(node, 'project'))[0]?.text ?? '');
  return resourceScope(kind, node, declaration);
}

/** An organization, a folder or a project. */
export function top(level: 'organization' | 'folder' | 'project', id: string): GcpScope {
  return { level, path: [`${level} ${plainId(id)}`], name: plainId(id) === '' ? 'this project' : bareName(id), kind: level };
}

/** The one thing that a binding is on: named by the only attribute that is about nothing else. */
export function resourceScope(kind: string, node: TreeNode, declaration: Declaration): GcpScope {
  const own = membersOf(node).filter(({ key, value }) => !NOT_THE_RESOURCE.has(key) && scalar(value) !== undefined);
  const last = kind.split('_').at(-1) ?? '';
  const named = own.find(({ key }) => key.startsWith(last) || key.includes(last)) ?? own[0];
  const id = named === undefined ? declaration.name : (scalar(named.value) ?? '');
  const project = scalars(member(node, 'project'))[0]?.text;
  return {
    level: 'resource',
    path: [project === undefined ? 'some project' : `project ${plainId(project)}`, `${kind} ${id}`],
    name: bareName(id),
    kind:
      RESOURCE_WORDS[kind] ??
      kind.replace(/^(cloud|storage|pubsub|bigquery|kms|secret_manager|compute|artifact_registry)_/, '').replaceAll('_', ' '),
  };
}

const NOT_THE_RESOURCE = new Set([
  'role',
  'member',
  'members',
  'project',
  'location',
  'region',
  'zone',
  'policy_data',
  'condition',
  'count',
  'for_each',
  'depends_on',
  'provider',
  'lifecycle',
  'entity',
  'role_entity',
  'predefined_acl',
  'default_acl',
  'access',
  'labels',
  'domain',
  'special_group',
  'user_by_email',
  'group_by_email',
  'iam_member',
  'friendly_name',
  'description',
  'default_table_expiration_ms',
  'view',
]);

const RESOURCE_WORDS: Readonly<Record<string, string>> = {
  storage_bucket: 'bucket',
  storage_default_object: 'bucket',
  storage_object: 'object',
  service_account: 'service account',
  cloud_run_service: 'service',
  cloud_run_v2_service: 'service',
  cloudfunctions_function: 'function',
  cloudfunctions2_function: 'function',
  kms_crypto_key: 'key',
  kms_key_ring: 'key ring',
  secret_manager_secret: 'secret',
  pubsub_topic: 'topic',
  bigquery_dataset: 'dataset',
};

/** "projects/shop" and "shop" are the same project. */
function plainId(id: string): string {
  return id.replace(/^(organizations|folders|projects)\//, '');
}

/** "${google_storage_bucket.exports.name}" is best called "exports". */
export function bareName(id: string): string {
  const plain = plainId(id);
  return /^\$\{(?:data\.)?google_\w+\.([\w-]+)(?:\.\w+)*\}$/.exec(plain)?.[1] ?? plain;
}
