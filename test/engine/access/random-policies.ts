// oxlint-disable typescript/no-unsafe-type-assertion -- members of lists that are never empty, and statements built key by key
import type { Random } from '../../support/random.ts';
import type { PlainStatement } from './policies.ts';

export type Shape = 'identity' | 'resource';
export type PlainPolicy = { readonly Version: string; readonly Statement: readonly PlainStatement[] };

/** A policy, and one that somebody may have made of it: a statement added, dropped or changed, or another policy altogether. */
export function randomPair(random: Random, shape: Shape): { readonly before: PlainPolicy; readonly after: PlainPolicy } {
  const statements = Array.from({ length: 1 + random.below(3) }, () => randomStatement(random, shape));
  const changed = [...statements];
  const edits = 1 + random.below(2);
  for (let i = 0; i < edits; i++) {
    const at = random.below(changed.length);
    const kind = random.below(6);
    if (kind === 0) changed.push(randomStatement(random, shape));
    else if (kind === 1 && changed.length > 1) changed.splice(at, 1);
    else if (kind === 2) changed[at] = randomStatement(random, shape);
    else changed[at] = mutated(changed[at] as PlainStatement, random, shape);
  }
  const pair = [statements, changed].map((Statement) => ({ Version: '2012-10-17', Statement }));
  if (random.chance(0.5)) pair.reverse();
  return { before: pair[0] as PlainPolicy, after: pair[1] as PlainPolicy };
}

export type PlainRequest = {
  readonly action: string;
  readonly resource: string;
  readonly principal: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
};

/** A request that the policies of this file are likely to say something about. */
export function randomRequest(random: Random, shape: Shape): PlainRequest {
  const [action, resources] = random.pick(REQUESTS);
  const context: Record<string, string | readonly string[]> = {};
  for (const [key, values] of Object.entries(CONTEXT)) {
    if (random.chance(0.55)) context[key] = MULTI.has(key) ? (random.chance(0.1) ? [] : random.some(values, 3)) : random.pick(values);
  }
  return { action, resource: random.pick(resources), principal: shape === 'identity' ? '' : random.pick(CALLERS), context };
}

/** Callers of requests: named roles and users, somebody else in their accounts, strangers, services, anonymous. */
const CALLERS = [
  'arn:aws:iam::111111111111:role/app',
  'arn:aws:iam::111111111111:role/other',
  'arn:aws:iam::111111111111:user/ann',
  'arn:aws:iam::222222222222:role/app',
  'arn:aws:iam::222222222222:user/bob',
  'arn:aws:iam::333333333333:role/stranger',
  'arn:aws:sts::111111111111:assumed-role/app/session',
  'lambda.amazonaws.com',
  'ec2.amazonaws.com',
  'anonymous',
];

const PRINCIPALS: readonly unknown[] = [
  '*',
  { AWS: '*' },
  { AWS: '111111111111' },
  { AWS: 'arn:aws:iam::111111111111:root' },
  { AWS: 'arn:aws:iam::222222222222:root' },
  { AWS: 'arn:aws:iam::111111111111:role/app' },
  { AWS: ['arn:aws:iam::111111111111:user/ann', 'arn:aws:iam::222222222222:role/app'] },
  { AWS: ['arn:aws:iam::222222222222:user/bob', '111111111111'] },
  { Service: 'lambda.amazonaws.com' },
  { Service: ['lambda.amazonaws.com', 'ec2.amazonaws.com'], AWS: '222222222222' },
  { AWS: 'arn:aws:sts::111111111111:assumed-role/app/session' },
];

const ACTIONS = [
  '*',
  's3:*',
  's3:Get*',
  's3:GetObject',
  's3:getobject',
  's3:GetObject*',
  's3:PutObject',
  's3:ListBucket',
  's3:List*',
  's3:*Object',
  's3:?etObject',
  's3:ListAllMyBuckets',
  's3:DeleteObject',
  's3:*Bucket*',
  'sqs:*',
  'sqs:SendMessage',
  'sqs:*Message',
  'sqs:ReceiveMessage',
  'iam:PassRole',
  'iam:Get*',
  'iam:GetRole',
  'iam:*Role',
  's3:Put*',
];

const RESOURCES = [
  '*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::data',
  'arn:aws:s3:::data/*',
  'arn:aws:s3:::data*',
  'arn:aws:s3:::data/a*',
  'arn:aws:s3:::data/a?c',
  'arn:aws:s3:::data/*/x',
  'arn:aws:s3:::logs/*',
  'arn:aws:s3:::data/${aws:username}/*',
  'arn:aws:s3:::data/${aws:PrincipalTag/team}/*',
  'arn:aws:s3:::data/bob/*',
  'arn:aws:s3:::${aws:username}/*',
  'arn:*:s3:::data/abc',
  'arn:aws:sqs:*:*:queue',
  'arn:aws:sqs:us-east-1:111111111111:*',
  'arn:aws:sqs:us-east-1:111111111111:queue',
  'arn:aws:sqs:*:111111111111:q*',
  'arn:aws:iam::*:role/*',
  'arn:aws:iam::111111111111:role/app',
  "arn:aws:s3:::data/${aws:PrincipalTag/team, 'common'}/*",
  'arn:aws:s3:::*/x',
];

const OBJECTS = [
  'arn:aws:s3:::data/abc',
  'arn:aws:s3:::data/a',
  'arn:aws:s3:::data/a/x',
  'arn:aws:s3:::data/bob/x',
  'arn:aws:s3:::data/ops/x',
  'arn:aws:s3:::data/common/x',
  'arn:aws:s3:::logs/x',
  'arn:aws:s3:::bob/f',
  'arn:aws:s3:::database/abc',
  'arn:aws:s3:::data/zed/k',
];
const BUCKETS = ['arn:aws:s3:::data', 'arn:aws:s3:::logs', 'arn:aws:s3:::database'];
const QUEUES = [
  'arn:aws:sqs:us-east-1:111111111111:queue',
  'arn:aws:sqs:us-east-1:111111111111:other',
  'arn:aws:sqs:eu-west-1:222222222222:queue',
  'arn:aws:sqs:eu-west-1:111111111111:q1',
];
const ROLES = ['arn:aws:iam::111111111111:role/app', 'arn:aws:iam::222222222222:role/app', 'arn:aws:iam::111111111111:role/x/y'];

const REQUESTS: readonly (readonly [string, readonly string[]])[] = [
  ['s3:GetObject', OBJECTS],
  ['s3:GetObjectAcl', OBJECTS],
  ['s3:PutObject', OBJECTS],
  ['s3:DeleteObject', OBJECTS],
  ['s3:ListBucket', BUCKETS],
  ['s3:GetBucketPolicy', BUCKETS],
  ['s3:PutBucketPolicy', BUCKETS],
  ['s3:ListAllMyBuckets', ['*']],
  ['sqs:SendMessage', QUEUES],
  ['sqs:ReceiveMessage', QUEUES],
  ['sqs:ListQueues', ['*']],
  ['iam:PassRole', ROLES],
  ['iam:GetRole', ROLES],
];

const CONTEXT: Readonly<Record<string, readonly string[]>> = {
  'aws:SourceIp': ['10.0.0.1', '10.1.2.3', '192.168.1.5', '203.0.113.9', '2001:db8::1', '2001:db9::1'],
  'aws:username': ['bob', 'ann', 'alice', 'zed'],
  'aws:PrincipalTag/team': ['ops', 'dev', 'common', 'bob'],
  'aws:MultiFactorAuthPresent': ['true', 'false'],
  'aws:SecureTransport': ['true', 'false'],
  'aws:MultiFactorAuthAge': ['5', '100', '3600', '86400'],
  'aws:CurrentTime': ['2023-05-01T00:00:00Z', '2024-06-15T12:00:00Z', '2026-01-01T00:00:00Z'],
  'aws:TagKeys': ['env', 'team', 'cost', 'Env'],
  'aws:SourceArn': ['arn:aws:sns:us-east-1:111111111111:topic', 'arn:aws:sns:eu-west-1:222222222222:topic', 'arn:aws:s3:::data'],
  'aws:PrincipalOrgID': ['o-aaa', 'o-bbb'],
};

const MULTI = new Set(['aws:TagKeys']);

const TESTS: readonly (readonly [keys: readonly string[], operators: readonly string[], values: readonly string[]])[] = [
  [
    ['aws:SourceIp'],
    ['IpAddress', 'NotIpAddress', 'IpAddressIfExists', 'NotIpAddressIfExists'],
    ['10.0.0.0/8', '10.1.0.0/16', '192.168.0.0/16', '203.0.113.0/24', '2001:db8::/32'],
  ],
  [
    ['aws:username', 'aws:PrincipalTag/team', 'aws:PrincipalOrgID'],
    [
      'StringEquals',
      'StringNotEquals',
      'StringLike',
      'StringNotLike',
      'StringEqualsIgnoreCase',
      'StringNotEqualsIgnoreCase',
      'StringEqualsIfExists',
      'StringNotEqualsIfExists',
      'StringLikeIfExists',
    ],
    [
      'bob',
      'ann',
      'a*',
      'BOB',
      'ops',
      'o*',
      '?o?',
      '*',
      'o-aaa',
      'o-*',
      '${aws:username}',
      '${aws:PrincipalTag/team}',
      "${aws:username, 'bob'}",
    ],
  ],
  [
    ['aws:MultiFactorAuthPresent', 'aws:SecureTransport'],
    ['Bool', 'BoolIfExists'],
    ['true', 'false'],
  ],
  [
    ['aws:MultiFactorAuthAge'],
    [
      'NumericLessThan',
      'NumericLessThanEquals',
      'NumericGreaterThan',
      'NumericGreaterThanEquals',
      'NumericEquals',
      'NumericNotEquals',
      'NumericLessThanIfExists',
    ],
    ['5', '100', '3600', '50'],
  ],
  [
    ['aws:CurrentTime'],
    ['DateGreaterThan', 'DateLessThan', 'DateEquals', 'DateNotEquals', 'DateGreaterThanEquals', 'DateLessThanIfExists'],
    ['2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z', '2024-06-15T12:00:00Z'],
  ],
  [
    ['aws:TagKeys'],
    [
      'ForAllValues:StringEquals',
      'ForAnyValue:StringEquals',
      'ForAllValues:StringLike',
      'ForAnyValue:StringLike',
      'ForAnyValue:StringNotEquals',
      'ForAllValues:StringNotEquals',
      'ForAllValues:StringEqualsIgnoreCase',
      'ForAllValues:StringLikeIfExists',
    ],
    ['env', 'team', 'e*', '*', 'cost'],
  ],
  [
    ['aws:SourceArn'],
    ['ArnLike', 'ArnEquals', 'ArnNotLike', 'ArnNotEquals', 'ArnLikeIfExists', 'StringLike'],
    ['arn:aws:sns:*:111111111111:*', 'arn:aws:sns:us-east-1:111111111111:topic', 'arn:aws:*:*:*:*', 'arn:aws:s3:::*'],
  ],
  [['aws:username', 'aws:SourceIp', 'aws:TagKeys', 'aws:MultiFactorAuthPresent', 'aws:MultiFactorAuthAge'], ['Null'], ['true', 'false']],
];

function randomStatement(random: Random, shape: Shape): PlainStatement {
  const statement: Record<string, unknown> = { Effect: random.chance(0.68) ? 'Allow' : 'Deny' };
  if (shape === 'resource') {
    const not = statement['Effect'] === 'Deny' && random.chance(0.25);
    const principal = random.pick(PRINCIPALS.slice(not ? 2 : 0));
    statement[not ? 'NotPrincipal' : 'Principal'] = principal;
  }
  statement[random.chance(0.12) ? 'NotAction' : 'Action'] = listOrOne(random, random.some(ACTIONS, 3));
  statement[random.chance(0.12) ? 'NotResource' : 'Resource'] = listOrOne(random, random.some(RESOURCES, 3));
  if (random.chance(0.5)) statement['Condition'] = randomCondition(random);
  return statement as PlainStatement;
}

function randomCondition(random: Random): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const condition: Record<string, Record<string, unknown>> = {};
  const count = 1 + random.below(2);
  for (let i = 0; i < count; i++) {
    const [keys, operators, values] = random.pick(TESTS);
    const operator = random.pick(operators);
    const single = operator.startsWith('Bool') || operator === 'Null';
    condition[operator] = {
      ...condition[operator],
      [random.pick(keys)]: single ? random.pick(values) : listOrOne(random, random.some(values, 2)),
    };
  }
  return condition;
}

function mutated(statement: PlainStatement, random: Random, shape: Shape): PlainStatement {
  const fresh = randomStatement(random, shape);
  const copy: Record<string, unknown> = { ...statement };
  const part = random.below(shape === 'resource' ? 6 : 5);
  const replace = (names: readonly string[]): void => {
    for (const name of names) {
      delete copy[name];
      if (fresh[name] !== undefined) copy[name] = fresh[name];
    }
  };
  if (part === 0) replace(['Action', 'NotAction']);
  else if (part === 1) replace(['Resource', 'NotResource']);
  else if (part === 2) replace(['Condition']);
  else if (part === 3) {
    if (copy['Condition'] === undefined) copy['Condition'] = randomCondition(random);
    else delete copy['Condition'];
  } else if (part === 4 && shape === 'identity') copy['Effect'] = copy['Effect'] === 'Allow' ? 'Deny' : 'Allow';
  else if (copy['Effect'] === fresh.Effect) replace(['Principal', 'NotPrincipal']);
  return copy as PlainStatement;
}

function listOrOne<T>(random: Random, list: readonly T[]): T | readonly T[] {
  return list.length === 1 && random.chance(0.6) ? (list[0] as T) : list;
}
