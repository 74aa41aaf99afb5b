import type { ConditionText } from '../access/aws-iam/expansion.ts';
import { ownText } from '../read/own-text.ts';

/** What an ARN or a pattern of one names, as a person would say it. */
export type Target = {
  /** Bare name, without ARN: "prod-customer-exports"; '' when every thing of its kind is meant. */
  readonly name: string;
  /** "bucket", "secret", "role"; 'thing' when unknown. */
  readonly kind: string;
  /** AWS service prefix; '' for everything. */
  readonly service: string;
  readonly account: string;
  /** `one`: exactly one thing. `some`: those whose names start so. `all`: every one of its kind. */
  readonly extent: 'one' | 'some' | 'all';
  /** For objects in a bucket: the pattern of their keys. */
  readonly inside: string | undefined;
};

export function targetOf(resource: string): Target {
  let target = targets.get(resource);
  if (target === undefined) {
    if (targets.size > MOST_KEPT) targets.clear();
    const own = ownText(resource);
    target = readTarget(own);
    targets.set(own, target);
  }
  return target;
}

/** Every finding asks for those of the whole policy again. */
const targets = new Map<string, Target>();
const MOST_KEPT = 5_000;

function readTarget(resource: string): Target {
  const plain = resource.trim();
  if (/^\*+$/.test(plain)) return { name: '', kind: 'thing', service: '', account: '', extent: 'all', inside: undefined };
  // A variable may hold colons of its own: "${aws:PrincipalTag/team}".
  const fields = plain.includes('${') ? plain.replace(/\$\{[^}]*\}/g, (variable) => variable.replace(/[:/]/g, '.')) : plain;
  const [prefix, , service = '', , account = '', ...rest] = fields.split(':');
  if (prefix !== 'arn' || rest.length === 0) {
    return {
      name: plain.replace(/^arn:/, '').replace(/\$\{([^}]*?)(\.Arn)?\}/g, '$1'),
      kind: 'thing',
      service: '',
      account: '',
      extent: /[*?]/.test(plain) ? 'some' : 'one',
      inside: undefined,
    };
  }
  return { ...named(service, rest.join(':')), service: /[*?]/.test(service) ? '' : service, account };
}

/** Things of one kind are told by this word; the text in front of the name, in lower case, is the kind where it is not listed. */
const KINDS: Readonly<Record<string, string>> = {
  'iam:role': 'role',
  'iam:user': 'user',
  'iam:group': 'group',
  'iam:policy': 'managed policy',
  'secretsmanager:secret': 'secret',
  'ssm:parameter': 'parameter',
  'dynamodb:table': 'table',
  'kms:key': 'key',
  'kms:alias': 'key',
  'lambda:function': 'function',
  'logs:log-group': 'log group',
  'rds:db': 'database',
  'rds:cluster': 'database',
  'ecr:repository': 'repository',
  'ec2:instance': 'machine',
  'ec2:snapshot': 'snapshot',
  'sts:assumed-role': 'role',
  'backup:backup-vault': 'backup vault',
  'cloudtrail:trail': 'trail',
};
const SERVICE_KINDS: Readonly<Record<string, string>> = { s3: 'bucket', sqs: 'queue', sns: 'topic', events: 'rule', execute: 'API' };

function named(service: string, rest: string): Pick<Target, 'name' | 'kind' | 'extent' | 'inside'> {
  if (service === 's3' && !/^(accesspoint|job|storage-lens)/.test(rest)) {
    const slash = rest.indexOf('/');
    const bucket = slash === -1 ? rest : rest.slice(0, slash);
    return { ...extentOf(bucket), kind: 'bucket', inside: slash === -1 ? undefined : rest.slice(slash + 1) };
  }
  const own = SERVICE_KINDS[service];
  if (own !== undefined && !/[/:]/.test(rest)) return { ...extentOf(rest), kind: own, inside: undefined };
  const separator = /[/:]/.exec(rest);
  if (separator === null) return { ...extentOf(rest), kind: 'thing', inside: undefined };
  const word = rest.slice(0, separator.index);
  let name = rest.slice(separator.index + 1);
  if (service === 'iam' || service === 'sts') name = service === 'iam' ? (name.split('/').at(-1) ?? name) : (name.split('/')[0] ?? name);
  // Secrets end in six random characters, log groups and functions in a version, tables in their indexes.
  else if (service === 'secretsmanager') name = name.replace(/-([*?]+|[A-Za-z0-9]{6})$/, '');
  else if (service === 'logs' || service === 'lambda') name = name.replace(/(.):[^:]*(:.*)?$/, '$1');
  else if (service === 'dynamodb') name = name.replace(/\/.*$/, '');
  const kind = KINDS[`${service}:${word}`] ?? (/[*?]/.test(word) || word === '' ? 'thing' : word.replaceAll('-', ' '));
  return { ...extentOf(/[*?]/.test(word) ? '*' : name), kind, inside: undefined };
}

function extentOf(pattern: string): { readonly name: string; readonly extent: Target['extent'] } {
  const first = pattern.replace(/\$\{[*?$]\}/g, 'x').search(/[*?]/);
  const readable = (text: string): string => text.replace(/\$\{([^}]*)\}/g, '$1');
  if (first === -1) return { name: readable(pattern), extent: 'one' };
  const start = pattern.slice(0, first);
  return start === '' ? { name: '', extent: /[^*?]/.test(pattern) ? 'some' : 'all' } : { name: readable(start), extent: 'some' };
}

/** How much a condition limits who or what. */
export type Limit = 'none' | 'some' | 'strong';

/** The strongest of the conditions. The caller chooses user agent, referrer and the like freely, so they limit nothing. */
export function limitOf(conditions: readonly ConditionText[]): Limit {
  let limit: Limit = 'none';
  for (const condition of conditions) {
    const one = limitOfOne(condition);
    if (one === 'strong') return 'strong';
    if (one === 'some') limit = 'some';
  }
  return limit;
}

function limitOfOne({ key, operator, values }: ConditionText): Limit {
  const name = key.toLowerCase();
  const how = operator.toLowerCase().replace(/^for(any|all)values?:/, '');
  if (FREE_KEYS.has(name)) return 'none';
  // A function's own address without sign-in is open to everyone; with sign-in, to all who have an AWS account and a right of their own.
  if (name === 'lambda:functionurlauthtype') return values.some((value) => /^none$/i.test(value)) ? 'none' : 'some';
  if (how.includes('not') || how.endsWith('ifexists') || how === 'null' || /^forallvalues/i.test(operator)) return 'some';
  if (values.length === 0) return 'some';
  if (values.every((value) => /^[*?]*$/.test(value))) return 'none';
  if (/^(aws:sourceip|aws:vpcsourceip)$/.test(name))
    return values.some((value) => /(^|[^0-9])0\.0\.0\.0\/[0-7]$|^::\/0$|\/[0-7]$/.test(value)) ? 'none' : 'strong';
  if (how === 'bool' && name === 'aws:multifactorauthpresent') return values.includes('true') ? 'strong' : 'none';
  if (name.endsWith(':sub')) return values.some((value) => looseSubject(value)) ? 'some' : 'strong';
  if (STRONG_KEYS.has(name)) return values.some((value) => /^(arn:)?[*:?]+$|^arn:[^:]*:[^:]*:[^:]*:\*?:\*/.test(value)) ? 'some' : 'strong';
  return 'some';
}

/** A condition that was put there to keep others out: what is lost with it is what the edit is about. */
export function isGuard(condition: ConditionText): boolean {
  const name = condition.key.toLowerCase();
  if (limitOfOne(condition) === 'strong' || name.endsWith(':sub')) return true;
  // Refuses what is sent in the clear; harms nobody while it stands, so it limits little otherwise.
  return name === 'aws:securetransport' && /^bool/i.test(condition.operator) && condition.values.includes('true');
}

/** A subject of an outside sign-in that more than one project can have: "repo:*", "repo:org/*". */
export function looseSubject(value: string): boolean {
  const subject = value.toLowerCase();
  if (!/[*?]/.test(subject)) return false;
  return (
    !/^repo:[^*?/]+\/[^*?:]+:/.test(subject) &&
    !/^project_path:[^*?/]+\/[^*?:]+:/.test(subject) &&
    !/^system:serviceaccount:[^*?:]+:/.test(subject)
  );
}

const FREE_KEYS = new Set([
  'aws:useragent',
  'aws:referer',
  'aws:securetransport',
  'aws:requestedregion',
  'aws:currenttime',
  'aws:epochtime',
  'aws:viaawsservice',
  's3:prefix',
  's3:delimiter',
  's3:max-keys',
  's3:x-amz-acl',
  's3:x-amz-server-side-encryption',
  's3:tlsversion',
  's3:signatureversion',
  's3:authtype',
  'aws:tagkeys',
]);
const STRONG_KEYS = new Set(
  [
    'aws:principalorgid',
    'aws:principalorgpaths',
    'aws:sourcearn',
    'aws:sourceaccount',
    'aws:sourceorgid',
    'aws:sourceorgpaths',
    'aws:sourceowner',
    'aws:principalarn',
    'aws:principalaccount',
    'aws:multifactorauthage',
    'aws:sourcevpce',
    'aws:sourcevpc',
    'aws:vpcsourceip',
    'sts:externalid',
    'aws:userid',
    'aws:principalserviceName',
    'kms:calleraccount',
    'kms:viaservice',
    's3:dataaccesspointaccount',
    's3:dataaccesspointarn',
    'saml:sub',
    'saml:aud',
    'aws:resourceorgid',
  ].map((key) => key.toLowerCase()),
);
