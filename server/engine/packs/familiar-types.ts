import type { CatalogueAction, ResourceType } from '../access/aws-iam/catalogue.ts';

/** The kind of thing most people think of, where an action can be asked for several kinds. After the colon the type's name in AWS's reference. */
const FAMILIAR: Readonly<Record<string, readonly string[]>> = {
  s3: ['object', 'bucket'],
  ec2: ['instance', 'volume', 'snapshot', 'security-group', 'image', 'vpc'],
  iam: ['role', 'user', 'policy', 'group'],
  rds: ['db', 'cluster', 'snapshot'],
  dynamodb: ['table', 'backup'],
  kms: ['key'],
  lambda: ['function'],
  sts: ['role'],
  secretsmanager: ['Secret'],
  ssm: ['parameter', 'instance', 'document'],
  logs: ['log-group'],
  sqs: ['queue'],
  sns: ['topic'],
  ecr: ['repository'],
  ecs: ['cluster', 'service', 'task', 'task-definition'],
  eks: ['cluster'],
  cloudtrail: ['trail'],
  cloudformation: ['stack'],
  codebuild: ['project'],
  backup: ['backupVault', 'recoveryPoint'],
  elasticloadbalancing: ['loadbalancer/app', 'loadbalancer'],
};

/** Where the name of the action says nothing, and the first kind that comes to mind is wrong. */
const MEANT: Readonly<Record<string, string>> = {
  'ecs:executecommand': 'task',
  'ssm:startsession': 'instance',
  'ssm:sendcommand': 'instance',
};

/** The type an example is best given in. Undefined for actions that are asked for everything only. */
export function familiarType(action: CatalogueAction): ResourceType | undefined {
  const types = action.resourceTypes;
  const meant = types.find(({ name }) => name === MEANT[action.lower]);
  if (meant !== undefined) return meant;
  const own = types.find((type) => namesType(action, type));
  if (own !== undefined) return own;
  for (const name of FAMILIAR[action.lower.slice(0, action.lower.indexOf(':'))] ?? []) {
    const found = types.find((type) => type.name === name);
    if (found !== undefined) return found;
  }
  return types.find(({ name }) => !/accesspoint|alias|lambda/i.test(name)) ?? types[0];
}

const MOST_TYPES = 3;

function namesType({ lower }: CatalogueAction, { name }: ResourceType): boolean {
  const noun = name.toLowerCase().replaceAll('-', '');
  return lower.endsWith(noun) || lower.endsWith(`${noun}s`);
}

/** Nouns for types whose name is no word people use. */
const TYPE_NOUNS: Readonly<Record<string, string>> = {
  's3:object': 'bucket',
  'ec2:instance': 'machine',
  'rds:db': 'database',
  'rds:cluster': 'database',
  'rds:pg': 'parameter group',
  'rds:subgrp': 'subnet group',
  'iam:policy': 'managed policy',
  'ssm:instance': 'machine',
  'kms:alias': 'key',
  'dynamodb:index': 'table',
  'secretsmanager:Secret': 'secret',
  'cognito-idp:userpool': 'user pool',
  'iot:cert': 'certificate',
  'redshift:dbname': 'database',
  'redshift:dbuser': 'database user',
  'codebuild:project': 'build project',
  'backup:backupvault': 'backup vault',
  'elasticloadbalancing:loadbalancer/app': 'load balancer',
  'elasticloadbalancing:loadbalancer': 'load balancer',
};

/** "machine" for ec2:TerminateInstances; undefined where the reference names no type, or so many that one would mislead. */
export function nounOf(action: CatalogueAction): string | undefined {
  const type = familiarType(action);
  if (type === undefined) return undefined;
  const clear = action.resourceTypes.length <= MOST_TYPES || namesType(action, type) || MEANT[action.lower] !== undefined;
  if (!clear) return undefined;
  const service = action.lower.slice(0, action.lower.indexOf(':'));
  return (
    TYPE_NOUNS[`${service}:${type.name}`] ??
    type.name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replace(/[-_/]/g, ' ')
      .toLowerCase()
  );
}
