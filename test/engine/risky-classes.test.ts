import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { compareSeverity } from '../../server/engine/rate.ts';
import type { Finding, Provenance, Severity } from '../../server/engine/types.ts';
import { policy } from '../fixtures/engine/cases.ts';

/** Classes of risky edits that a policy in JSON can express, each with what it should be rated, and its reverse, which asks for nothing. */

type Row = {
  readonly what: string;
  readonly severity: Severity;
  readonly path?: string;
  readonly before: string;
  readonly after: string;
  /** Where the reverse is no hardening but another risky edit. */
  readonly oneWay?: true;
};

const AGENT: Provenance = { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } };
const OWN = '447109320118';
const OTHER = '903187654321';
const APP = 'arn:aws:s3:::app/*';
const QUEUE = `arn:aws:sqs:eu-west-1:${OWN}:intake`;
const ROLE = `arn:aws:iam::${OWN}:role/app-reader`;

const wide = (action: string | readonly string[], resource: string | readonly string[] = '*', more: object = {}): object => ({
  Action: action,
  Resource: resource,
  ...more,
});
const grown = (severity: Severity, actions: string | readonly string[], resource: string): Row => ({
  what: `${String(actions)} on ${resource}`,
  severity,
  before: policy(wide('tag:GetResources')),
  after: policy(wide('tag:GetResources'), wide(actions, resource)),
});
const limited = (severity: Severity, operator: string, key: string, value: string, statement: object = wide('s3:GetObject', APP)): Row => ({
  what: `${key} removed from ${JSON.stringify(statement)}`,
  severity,
  ...('Principal' in statement ? { path: 'infra/app-bucket-policy.json' } : {}),
  before: policy({ ...statement, Condition: { [operator]: { [key]: value } } }),
  after: policy(statement),
});
const trusts = (what: string, severity: Severity, before: object, after: object): Row => ({
  // From one account to another, either way a stranger comes in.
  ...(what === 'another account with an external ID' ? { oneWay: true as const } : {}),
  what: `trust: ${what}`,
  severity,
  path: 'iam/deployer-trust.json',
  before: policy({ Action: 'sts:AssumeRole', ...before }),
  after: policy({ Action: 'sts:AssumeRole', ...after }),
});
const PROVIDER = 'token.actions.githubusercontent.com';
const signIn = (condition: object): string =>
  policy({
    Principal: { Federated: `arn:aws:iam::${OWN}:oidc-provider/${PROVIDER}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: condition,
  });
const PINNED = { StringEquals: { [`${PROVIDER}:sub`]: 'repo:acme/shop:ref:refs/heads/main', [`${PROVIDER}:aud`]: 'sts.amazonaws.com' } };
const signsIn = (what: string, severity: Severity, condition: object): Row => ({
  what: `sign-in: ${what}`,
  severity,
  path: 'iam/deployer-trust.json',
  before: signIn(PINNED),
  after: signIn(condition),
});
const opens = (severity: Severity, action: string | readonly string[], resource: string): Row => ({
  what: `everyone gets ${String(action)}`,
  severity,
  path: 'infra/thing-policy.json',
  before: policy({ Principal: { AWS: ROLE }, Action: action, Resource: resource }),
  after: policy({ Principal: '*', Action: action, Resource: resource }),
});
const shares = (severity: Severity, action: string | readonly string[], resource: string, who: string): Row => ({
  what: `${who} gets ${String(action)}`,
  severity,
  path: 'infra/thing-policy.json',
  before: policy({ Principal: { AWS: ROLE }, Action: action, Resource: resource }),
  after: policy({ Principal: { AWS: [ROLE, who] }, Action: action, Resource: resource }),
});

const ROWS: readonly Row[] = [
  // 1: a whole service, or everything
  { what: 'everything', severity: 'critical', before: policy(wide('s3:GetObject', APP)), after: policy(wide('*')) },
  { what: 's3:* on everything', severity: 'critical', before: policy(wide('s3:GetObject', APP)), after: policy(wide('s3:*')) },
  {
    what: 's3:* on one bucket',
    severity: 'high',
    before: policy(wide('s3:GetObject', APP)),
    after: policy(wide('s3:*', ['arn:aws:s3:::app', APP])),
  },
  { what: 'sqs:* on one queue', severity: 'high', before: policy(wide('sqs:SendMessage', QUEUE)), after: policy(wide('sqs:*', QUEUE)) },
  { what: 'groundstation:*', severity: 'high', before: policy(wide('groundstation:List*')), after: policy(wide('groundstation:*')) },
  // 2: more things
  { what: 'objects of every bucket', severity: 'high', before: policy(wide('s3:GetObject', APP)), after: policy(wide('s3:GetObject')) },
  {
    what: 'writing to every queue',
    severity: 'high',
    before: policy(wide('sqs:SendMessage', QUEUE)),
    after: policy(wide('sqs:SendMessage')),
  },
  {
    what: 'writing to queues of a wildcard',
    severity: 'medium',
    before: policy(wide('sqs:SendMessage', QUEUE)),
    after: policy(wide('sqs:SendMessage', `arn:aws:sqs:eu-west-1:${OWN}:in*`)),
  },
  {
    what: 'listing every bucket',
    severity: 'medium',
    before: policy(wide('s3:ListBucket', 'arn:aws:s3:::app')),
    after: policy(wide('s3:ListBucket')),
  },
  {
    what: 'objects of buckets of a wildcard',
    severity: 'medium',
    before: policy(wide('s3:GetObject', APP)),
    after: policy(wide('s3:GetObject', 'arn:aws:s3:::app*/*')),
  },
  // 3: who may become a role
  trusts('everyone', 'critical', { Principal: { AWS: ROLE } }, { Principal: { AWS: '*' } }),
  trusts('another account', 'high', { Principal: { AWS: ROLE } }, { Principal: { AWS: [ROLE, `arn:aws:iam::${OTHER}:root`] } }),
  trusts('a role of another account', 'high', { Principal: { AWS: ROLE } }, { Principal: { AWS: [ROLE, `arn:aws:iam::${OTHER}:role/x`] } }),
  trusts('the whole of its own account', 'medium', { Principal: { AWS: ROLE } }, { Principal: { AWS: `arn:aws:iam::${OWN}:root` } }),
  trusts(
    'another account with an external ID',
    'medium',
    { Principal: { AWS: ROLE } },
    { Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Condition: { StringEquals: { 'sts:ExternalId': 'k3-77' } } },
  ),
  // 4: conditions
  limited('high', 'Bool', 'aws:MultiFactorAuthPresent', 'true'),
  limited('high', 'NumericLessThan', 'aws:MultiFactorAuthAge', '3600'),
  limited('high', 'IpAddress', 'aws:SourceIp', '10.1.2.0/24'),
  limited('high', 'StringEquals', 'aws:SourceVpce', 'vpce-0a1b2c3d'),
  limited('high', 'StringEquals', 'aws:SourceVpc', 'vpc-0a1b2c3d'),
  limited('medium', 'StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3'),
  limited('medium', 'Bool', 'aws:SecureTransport', 'true'),
  limited('medium', 'Bool', 'aws:MultiFactorAuthPresent', 'true', wide('s3:ListBucket', 'arn:aws:s3:::app')),
  limited('high', 'Bool', 'aws:MultiFactorAuthPresent', 'true', wide('ec2:StopInstances')),
  ...['aws:PrincipalOrgID', 'aws:SourceVpce', 'aws:SourceArn'].map((key) =>
    limited('high', 'StringEquals', key, 'o-a1b2c3', { Principal: { AWS: ROLE }, Action: 's3:GetObject', Resource: APP }),
  ),
  limited('medium', 'Bool', 'aws:SecureTransport', 'true', { Principal: { AWS: ROLE }, Action: 's3:GetObject', Resource: APP }),
  {
    what: 'more networks',
    severity: 'medium',
    before: policy(wide('s3:GetObject', APP, { Condition: { IpAddress: { 'aws:SourceIp': '10.1.2.0/24' } } })),
    after: policy(wide('s3:GetObject', APP, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })),
  },
  {
    what: 'every network',
    severity: 'high',
    before: policy(wide('s3:GetObject', APP, { Condition: { IpAddress: { 'aws:SourceIp': '10.1.2.0/24' } } })),
    after: policy(wide('s3:GetObject', APP, { Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } })),
  },
  trusts(
    'without the external ID',
    'high',
    { Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Condition: { StringEquals: { 'sts:ExternalId': 'k3-77' } } },
    { Principal: { AWS: `arn:aws:iam::${OTHER}:root` } },
  ),
  trusts(
    'any external ID',
    'high',
    { Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Condition: { StringEquals: { 'sts:ExternalId': 'k3-77' } } },
    { Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Condition: { StringLike: { 'sts:ExternalId': '*' } } },
  ),
  trusts(
    'external IDs of a pattern',
    'high',
    { Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Condition: { StringEquals: { 'sts:ExternalId': 'k3-77' } } },
    { Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Condition: { StringLike: { 'sts:ExternalId': 'k3-*' } } },
  ),
  // 5: ways to more rights
  grown('critical', 'iam:PassRole', '*'),
  grown('high', 'iam:PassRole', ROLE),
  grown('critical', 'iam:CreatePolicyVersion', '*'),
  grown('high', 'iam:AttachRolePolicy', ROLE),
  grown('critical', 'iam:PutUserPolicy', '*'),
  grown('critical', 'iam:UpdateAssumeRolePolicy', '*'),
  grown('high', 'iam:UpdateAssumeRolePolicy', ROLE),
  grown('critical', 'iam:CreateAccessKey', '*'),
  grown('critical', 'lambda:UpdateFunctionCode', '*'),
  grown('high', 'lambda:UpdateFunctionCode', `arn:aws:lambda:eu-west-1:${OWN}:function:thumbnails`),
  grown('critical', 'sts:AssumeRole', '*'),
  grown('high', 'sts:AssumeRole', ROLE),
  // 6: what was denied, and what is left out
  {
    what: 'a Deny is gone',
    severity: 'high',
    before: policy(wide('s3:Get*'), { Effect: 'Deny', Action: 's3:GetObject', Resource: 'arn:aws:s3:::app/private/*' }),
    after: policy(wide('s3:Get*')),
  },
  {
    what: 'a Deny becomes an Allow',
    severity: 'high',
    before: policy(wide('s3:ListBucket'), { Effect: 'Deny', Action: 's3:DeleteBucket', Resource: 'arn:aws:s3:::prod-app' }),
    after: policy(wide('s3:ListBucket'), { Action: 's3:DeleteBucket', Resource: 'arn:aws:s3:::prod-app' }),
  },
  {
    what: 'a Deny of an organisation is gone',
    severity: 'high',
    path: 'org/scp/guardrails.json',
    before: policy(wide('*'), {
      Effect: 'Deny',
      Action: 'ec2:RunInstances',
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
    }),
    after: policy(wide('*')),
  },
  {
    what: 'Action becomes NotAction',
    severity: 'critical',
    before: policy({ Action: 'iam:Get*', Resource: '*' }),
    after: policy({ NotAction: 'iam:Get*', Resource: '*' }),
    oneWay: true,
  },
  {
    what: 'Resource becomes NotResource',
    severity: 'high',
    before: policy({ Action: 's3:GetObject', Resource: APP }),
    after: policy({ Action: 's3:GetObject', NotResource: APP }),
    oneWay: true,
  },
  {
    what: 'a boundary that keeps to nothing',
    severity: 'critical',
    path: 'iam/developer-boundary.json',
    before: policy(wide(['s3:*', 'sqs:*'])),
    after: policy(wide('*')),
  },
  // 8: outside sign-ins
  signsIn('any repository of the owner', 'critical', {
    StringLike: { [`${PROVIDER}:sub`]: 'repo:acme/*' },
    StringEquals: { [`${PROVIDER}:aud`]: 'sts.amazonaws.com' },
  }),
  signsIn('no subject', 'critical', { StringEquals: { [`${PROVIDER}:aud`]: 'sts.amazonaws.com' } }),
  signsIn('no audience', 'high', { StringEquals: { [`${PROVIDER}:sub`]: 'repo:acme/shop:ref:refs/heads/main' } }),
  signsIn('every branch of the repository', 'medium', {
    StringLike: { [`${PROVIDER}:sub`]: 'repo:acme/shop:*' },
    StringEquals: { [`${PROVIDER}:aud`]: 'sts.amazonaws.com' },
  }),
  // 9: things open to everyone
  opens('critical', 's3:GetObject', APP),
  opens('critical', 's3:ListBucket', 'arn:aws:s3:::app'),
  opens('critical', 'kms:Decrypt', '*'),
  opens('critical', 'secretsmanager:GetSecretValue', '*'),
  opens('high', 'sqs:SendMessage', QUEUE),
  opens('high', 'sns:Publish', `arn:aws:sns:eu-west-1:${OWN}:alerts`),
  opens('high', 'lambda:InvokeFunction', `arn:aws:lambda:eu-west-1:${OWN}:function:thumbnails`),
  opens('high', 'ecr:BatchGetImage', '*'),
  opens('critical', 'sqs:*', QUEUE),
  {
    what: 'a function anyone can call without signing in',
    severity: 'high',
    path: 'infra/function-policy.json',
    before: policy({
      Principal: { AWS: ROLE },
      Action: 'lambda:InvokeFunctionUrl',
      Resource: `arn:aws:lambda:eu-west-1:${OWN}:function:f`,
    }),
    after: policy({
      Principal: '*',
      Action: 'lambda:InvokeFunctionUrl',
      Resource: `arn:aws:lambda:eu-west-1:${OWN}:function:f`,
      Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
    }),
  },
  shares('medium', 's3:GetObject', APP, `arn:aws:iam::${OTHER}:root`),
  shares('high', ['s3:GetObject', 's3:PutBucketPolicy'], 'arn:aws:s3:::app*', `arn:aws:iam::${OTHER}:root`),
  // 23: a key's own policy
  shares('high', 'kms:Decrypt', '*', `arn:aws:iam::${OTHER}:root`),
  shares('high', 'kms:PutKeyPolicy', '*', `arn:aws:iam::${OTHER}:role/x`),
  // 15 to 17: what cannot be brought back
  ...(
    [
      ['ec2:TerminateInstances', `arn:aws:ec2:eu-west-1:${OWN}:instance/`, 'i-0abc', 'high'],
      ['rds:DeleteDBInstance', `arn:aws:rds:eu-west-1:${OWN}:db:`, 'shop', 'critical'],
      ['s3:DeleteBucket', 'arn:aws:s3:::', 'shop', 'critical'],
      ['kms:ScheduleKeyDeletion', `arn:aws:kms:eu-west-1:${OWN}:key/`, '1234abcd', 'critical'],
      ['dynamodb:DeleteTable', `arn:aws:dynamodb:eu-west-1:${OWN}:table/`, 'shop', 'critical'],
      ['rds:Delete*', `arn:aws:rds:eu-west-1:${OWN}:db:`, 'shop', 'critical'],
    ] as const
  ).flatMap(([action, start, name, everything]) => [
    grown('medium', action, `${start}${name}`),
    grown('high', action, `${start}prod-${name}`),
    grown(everything, action, '*'),
  ]),
  grown('high', 'secretsmanager:DeleteSecret', `arn:aws:secretsmanager:eu-west-1:${OWN}:secret:shop`),
  // 10, 22: opening things to others
  grown('critical', 's3:PutBucketPolicy', '*'),
  grown('medium', 's3:PutBucketAcl', 'arn:aws:s3:::app'),
  grown('critical', 's3:PutBucketPublicAccessBlock', '*'),
  grown('critical', 'lambda:AddPermission', '*'),
  // 24: what would show misuse
  grown('critical', 'cloudtrail:StopLogging', '*'),
  grown('medium', 'cloudtrail:StopLogging', `arn:aws:cloudtrail:eu-west-1:${OWN}:trail/main`),
  grown('critical', 'guardduty:DeleteDetector', '*'),
];

for (const row of ROWS) {
  void test(`${row.severity}: ${row.what}`, () => {
    const [worst] = findings(row, row.before, row.after);
    assert.ok(worst, 'no finding');
    assert.equal(worst.severity, row.severity, `${worst.rule}: ${worst.consequence} ${worst.previously}`);
    if (worst.severity !== 'critical') return;
    // What is typed is a short name that stands in the sentence.
    const { name, kind } = worst.opened;
    assert.ok(worst.consequence.includes(`\`${name}\``), `"${name}" is not in: ${worst.consequence}`);
    assert.ok(name.length <= 40 && !/\s/.test(name) && kind !== '', name);
  });
  if (row.oneWay) continue;
  void test(`asks for nothing, reversed: ${row.what}`, () => {
    assert.deepEqual(
      findings(row, row.after, row.before)
        .filter(({ severity }) => compareSeverity(severity, 'medium') <= 0)
        .map(({ consequence }) => consequence),
      [],
    );
  });
}

function findings({ path = 'iam/worker.json' }: Row, before: string, after: string): readonly Finding[] {
  return assess({ path, before, after, provenance: AGENT }, DEFAULT_SETTINGS).findings;
}
