import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { madeMember, madeObject, madeText } from './nodes.ts';
import { itemsOf, numbered, textAt } from './text-of.ts';

/**
 * Resources of a cloud written as Kubernetes objects: Config Connector (Google) and Crossplane's providers (AWS, Google, Azure). Both take
 * their words from Terraform's providers, so they are declared as Terraform's resources: `StorageBucket` is a "google_storage_bucket",
 * `Bucket` of `s3.aws.upbound.io` an "aws_s3_bucket", and `publicAccessPrevention` is `public_access_prevention`.
 */
export const cloudManifests: System = {
  id: 'terraform',
  declarations: (tree) => {
    if (!tree.documents.some(mayHoldObjects) || !/cnrm\.cloud\.google\.com|\.(upbound|crossplane)\.io/.test(tree.text)) return [];
    const unique = numbered();
    return tree.documents.flatMap(objectsOf).flatMap((node) => {
      const type = typeOf(textAt(node, 'apiVersion') ?? '', textAt(node, 'kind') ?? '');
      const spec = member(node, 'spec');
      const body = member(spec, 'forProvider') ?? spec;
      if (type === undefined || body?.type !== 'object') return [];
      const metadata = member(node, 'metadata');
      const name = textAt(metadata, 'name') ?? textAt(metadata, 'generateName') ?? type;
      const children = [...(snakeCased(body).children ?? []), ...marksOf(member(metadata, 'annotations')), ...policyOf(spec)];
      const key = unique(`${type}.${textAt(metadata, 'namespace') ?? ''}/${name}`);
      return [{ system: 'terraform', type, key, name, node: madeObject(children, body) } satisfies Declaration];
    });
  },
};

/** Quicker than a look at the whole text. */
function mayHoldObjects(node: TreeNode): boolean {
  return node.type === 'array' || member(node, 'apiVersion') !== undefined || member(node, 'kind') !== undefined;
}

function objectsOf(node: TreeNode): readonly TreeNode[] {
  if (node.type === 'array') return itemsOf(node).flatMap(objectsOf);
  return member(node, 'items') !== undefined && textAt(node, 'kind') === 'List' ? itemsOf(member(node, 'items')) : [node];
}

/** What Terraform calls a kind; undefined for other objects, and for those that grant access, which are read as they are. */
function typeOf(apiVersion: string, kind: string): string | undefined {
  const [group = ''] = apiVersion.split('/');
  if (group.endsWith('.cnrm.cloud.google.com')) return /^IAM(Partial)?Policy|^IAMAuditConfig/.test(kind) ? undefined : googleType(kind);
  const crossplane = /^(?:([a-z0-9]+)\.)?(aws|gcp|azure)(?:\.m)?\.(?:upbound|crossplane)\.io$/.exec(group);
  if (crossplane === null || kind === 'ProviderConfig') return undefined;
  const [, service = '', provider = ''] = crossplane;
  return terraformType(provider, service, kind);
}

/** `aws`, `s3`, `Bucket` → "aws_s3_bucket": what Terraform calls the kind of a service. */
export function terraformType(provider: string, service: string, kind: string): string {
  return [PREFIXES[provider] ?? provider, wordsOf(provider, service, snake(kind))].join('_');
}

const PREFIXES: Readonly<Record<string, string>> = { aws: 'aws', gcp: 'google', azure: 'azurerm' };

/** Terraform leaves out the service where the word alone is clear, and has its own word for some. */
function wordsOf(provider: string, service: string, kind: string): string {
  if (provider === 'aws' && service === 'rds') return /^(cluster|global)/.test(kind) ? `rds_${kind}` : `db_${kind}`;
  if (provider === 'azure' && service === 'network') return kind.startsWith('security_') ? `network_${kind}` : kind;
  const word = SERVICES[`${provider} ${service}`] ?? (provider === 'azure' ? '' : service);
  return word === '' ? kind : `${word}_${kind}`;
}

const SERVICES: Readonly<Record<string, string>> = {
  'aws ec2': '',
  'aws elbv2': '',
  'aws cloudwatchlogs': 'cloudwatch_log',
  'aws apigateway': 'api_gateway',
  'gcp cloudplatform': '',
  'gcp cloudrun': 'cloud_run',
  'azure storage': 'storage',
  'azure keyvault': 'key_vault',
  'azure dbforpostgresql': 'postgresql',
  'azure dbformysql': 'mysql',
};

function googleType(kind: string): string {
  const plain = kind
    .replace('BigQuery', 'Bigquery')
    .replace('PubSub', 'Pubsub')
    .replace(/^SQLInstance$/, 'SqlDatabaseInstance')
    .replace(/^RunService$/, 'CloudRunV2Service');
  return `google_${snake(plain)}`;
}

function snake(word: string): string {
  return word
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/** Every key as Terraform spells it: `publiclyAccessible` is `publicly_accessible`. */
export function snakeCased(node: TreeNode): TreeNode {
  if (node.type === 'array') return { ...node, children: (node.children ?? []).map(snakeCased) };
  if (node.type !== 'object') return node;
  const children = membersOf(node).map(({ key, keyNode, value }) => madeMember(snake(key), snakeCased(value), keyNode));
  return { ...node, children };
}

/** What Config Connector keeps in annotations: `cnrm.cloud.google.com/force-destroy`. */
function marksOf(annotations: TreeNode | undefined): readonly TreeNode[] {
  return membersOf(annotations).flatMap(({ key, keyNode, value }) => {
    const word = /^cnrm\.cloud\.google\.com\/(force-destroy|deletion-policy)$/.exec(key)?.[1];
    return word === undefined ? [] : [madeMember(word.replace('-', '_'), value, keyNode)];
  });
}

/** Crossplane's `deletionPolicy: Orphan` keeps what it made. */
function policyOf(spec: TreeNode | undefined): readonly TreeNode[] {
  return membersOf(spec).flatMap(({ key, keyNode, value }) =>
    key === 'deletionPolicy' ? [madeMember('deletion_policy', madeText(String(value.value), value), keyNode)] : [],
  );
}
