import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { policy } from '../fixtures/engine/cases.ts';

/** What was there before, told truthfully: never "nothing" where part of the same was allowed. */

const OWN = '447109320118';
const ROLE = `arn:aws:iam::${OWN}:role/app-reader`;
const EXPORTS = 'arn:aws:s3:::prod-exports/*';
const read = (more: object = {}): object => ({ Action: 's3:GetObject', Resource: EXPORTS, ...more });
const bucket = (principal: unknown, more: object = {}): object => ({ Principal: principal, ...read(more) });
const when = (operator: string, key: string, value: string): object => ({ Condition: { [operator]: { [key]: value } } });
const deny = (more: object): object => ({ Effect: 'Deny', ...more });
const become = (principal: unknown, more: object = {}): object => ({ Principal: principal, Action: 'sts:AssumeRole', ...more });

type Row = readonly [what: string, before: readonly object[], after: readonly object[], previously: string, consequence?: string];

const HELD = 'Whoever holds this policy (`app.json`)';

const ROWS: readonly Row[] = [
  [
    'more actions by a wildcard',
    [read()],
    [read({ Action: 's3:Get*' })],
    'only `s3:GetObject` on `prod-exports`',
    `${HELD} can read old versions of every object in \`prod-exports\``,
  ],
  ['one thing to everything', [read()], [read({ Resource: '*' })], 'only `prod-exports`', `${HELD} can read every object in every bucket`],
  [
    'one action on one thing to everything',
    [read()],
    [{ Action: '*', Resource: '*' }],
    'only `s3:GetObject` on `prod-exports`',
    `${HELD} can do anything in this account`,
  ],
  ['a list of actions grows', [read()], [read({ Action: ['s3:GetObject', 's3:PutObject'] })], 'only `s3:GetObject` on `prod-exports`'],
  [
    'a list of actions grows much',
    [read({ Action: ['s3:GetObject', 's3:PutObject', 's3:GetObjectTagging'] })],
    [read({ Action: 's3:*' })],
    'only `s3:GetObject`, `s3:PutObject` and 1 more on `prod-exports`',
  ],
  ['another thing', [read()], [read(), read({ Resource: 'arn:aws:s3:::payroll/*' })], 'only `prod-exports`'],
  [
    'a folder to the bucket',
    [read({ Resource: 'arn:aws:s3:::prod-exports/public/*' })],
    [read()],
    'only objects under `public/` in `prod-exports`',
  ],
  ['a prefix to everything', [read({ Resource: 'arn:aws:s3:::team-*/*' })], [read({ Resource: '*' })], 'only those starting with `team-`'],
  [
    'two things to everything',
    [read({ Resource: [EXPORTS, 'arn:aws:s3:::app/*'] })],
    [read({ Resource: '*' })],
    'only `prod-exports` and `app`',
  ],
  [
    'another service',
    [read()],
    [read(), { Action: 'secretsmanager:GetSecretValue', Resource: '*' }],
    'nothing in this file allowed anything in `secretsmanager`',
  ],
  [
    'everything but becomes everything',
    [read({ NotResource: EXPORTS, Resource: undefined })],
    [read({ Resource: '*' })],
    'everything but `prod-exports`',
    `${HELD} can read every object in \`prod-exports\``,
  ],
  ['an action becomes all but it', [read()], [{ NotAction: 's3:GetObject', Resource: '*' }], 'only `s3:GetObject` on `prod-exports`'],
  ['a thing becomes all but it', [read()], [read({ NotResource: EXPORTS, Resource: undefined })], 'only `prod-exports`'],
  [
    'all but these actions becomes everything',
    [{ NotAction: ['iam:*', 'sts:*'], Resource: '*' }],
    [{ Action: '*', Resource: '*' }],
    'only all but `iam:*` and `sts:*`',
  ],
  [
    'a second factor is dropped',
    [read(when('Bool', 'aws:MultiFactorAuthPresent', 'true'))],
    [read()],
    'only with a second factor',
    `${HELD} can read every object in \`prod-exports\` without a second factor`,
  ],
  ['a network is dropped', [read(when('IpAddress', 'aws:SourceIp', '10.1.2.0/24'))], [read()], 'only from the network `10.1.2.0/24`'],
  [
    'a network is widened',
    [read(when('IpAddress', 'aws:SourceIp', '10.1.2.0/24'))],
    [read(when('IpAddress', 'aws:SourceIp', '10.0.0.0/8'))],
    'only from the network `10.1.2.0/24`',
  ],
  [
    'a network is opened to all',
    [read(when('IpAddress', 'aws:SourceIp', '10.1.2.0/24'))],
    [read(when('IpAddress', 'aws:SourceIp', '0.0.0.0/0'))],
    'only from the network `10.1.2.0/24`',
    `${HELD} can read every object in \`prod-exports\` from any network`,
  ],
  ['an endpoint is dropped', [read(when('StringEquals', 'aws:SourceVpce', 'vpce-1'))], [read()], 'only from your network `vpce-1`'],
  ['encryption is dropped', [read(when('Bool', 'aws:SecureTransport', 'true'))], [read()], 'only over an encrypted connection'],
  [
    'a tag is dropped',
    [{ Action: 'ec2:TerminateInstances', Resource: '*', ...when('StringEquals', 'aws:ResourceTag/team', 'web') }],
    [{ Action: 'ec2:TerminateInstances', Resource: '*' }],
    'only for those tagged `team=web`',
  ],
  [
    'a second factor and the thing are dropped',
    [read(when('Bool', 'aws:MultiFactorAuthPresent', 'true'))],
    [read({ Resource: '*' })],
    'only `prod-exports` with a second factor',
  ],
  ['a Deny is dropped', [read({ Resource: '*' }), deny(read())], [read({ Resource: '*' })], '`s3:GetObject` was denied on `prod-exports`'],
  [
    'a Deny without a second factor is dropped',
    [
      read({ Action: 's3:*', Resource: '*' }),
      deny({ Action: '*', Resource: '*', ...when('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false') }),
    ],
    [read({ Action: 's3:*', Resource: '*' })],
    'everything was denied without a second factor',
  ],
  [
    'a Deny of other networks is dropped',
    [read({ Resource: '*' }), deny({ Action: 's3:*', Resource: '*', ...when('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8') })],
    [read({ Resource: '*' })],
    '`s3:*` was denied from anywhere but `10.0.0.0/8`',
  ],
  [
    'one role to everyone',
    [bucket({ AWS: ROLE })],
    [bucket('*')],
    'only role `app-reader`',
    'Anyone on the internet can read every object in `prod-exports`',
  ],
  [
    'one role and one action to everyone and all',
    [bucket({ AWS: ROLE })],
    [bucket('*', { Action: 's3:*' })],
    'only role `app-reader`, and only `s3:GetObject`',
  ],
  [
    'the same role, more actions',
    [bucket({ AWS: ROLE })],
    [bucket({ AWS: ROLE }, { Action: ['s3:GetObject', 's3:DeleteObject'] })],
    'only `s3:GetObject`',
  ],
  [
    'everyone of the organisation to everyone',
    [bucket('*', when('StringEquals', 'aws:PrincipalOrgID', 'o-1'))],
    [bucket('*')],
    'anyone, but only inside your organisation',
  ],
  [
    'one account to everyone',
    [become({ AWS: `arn:aws:iam::${OWN}:root` })],
    [become({ AWS: '*' })],
    `only account \`${OWN}\``,
    'Anyone with an AWS account can act as this role (`app-trust.json`)',
  ],
  [
    'an external ID is dropped',
    [become({ AWS: '903187654321' }, when('StringEquals', 'sts:ExternalId', 'k3'))],
    [become({ AWS: '903187654321' })],
    'only with the agreed external ID',
    'Account `903187654321` can act as this role (`app-trust.json`) without the agreed external ID',
  ],
];

for (const [what, before, after, previously, consequence] of ROWS) {
  void test(`before: ${what}`, () => {
    const path = `iam/app${/AssumeRole/.test(JSON.stringify(after)) ? '-trust' : ''}.json`;
    const [worst] = assess(
      { path, before: policy(...before), after: policy(...after), provenance: { channel: 'hook', certainty: 'attested' } },
      DEFAULT_SETTINGS,
    ).findings;
    assert.ok(worst);
    assert.equal(worst.previously, `Before: ${previously}.`, worst.consequence);
    if (consequence !== undefined) assert.equal(worst.consequence, `${consequence}.`);
  });
}

const NESTED: readonly (readonly [string, string, object, string])[] = [
  ['an answer of AWS', 'role.json', { RoleName: 'ci-deploy', PolicyName: 'inline', PolicyDocument: 'DOCUMENT' }, 'Role `ci-deploy`'],
  [
    'a list of roles',
    'roles.json',
    { RoleDetailList: [{ RoleName: 'a', RolePolicyList: [{ PolicyName: 'p', PolicyDocument: 'DOCUMENT' }] }] },
    'Role `a`',
  ],
  ['a user', 'user.json', { UserName: 'dana', PolicyDocument: 'DOCUMENT' }, 'User `dana`'],
  ['a policy with a name', 'p.json', { PolicyName: 'deployers', PolicyDocument: 'DOCUMENT' }, 'Whoever holds policy `deployers`'],
  [
    'a template',
    'stack.json',
    { Resources: { Worker: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'p', PolicyDocument: 'DOCUMENT' }] } } } },
    'Role `Worker`',
  ],
  [
    'a template with a name',
    'stack.json',
    {
      Resources: {
        W: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'worker', Policies: [{ PolicyName: 'p', PolicyDocument: 'DOCUMENT' }] } },
      },
    },
    'Role `worker`',
  ],
  [
    'a template that attaches',
    'stack.json',
    {
      Resources: {
        P: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'p', Roles: [{ Ref: 'Worker' }], PolicyDocument: 'DOCUMENT' } },
      },
    },
    'Role `Worker`',
  ],
  ['nothing but a folder', 'roles/ci-deploy/policy.json', { Document: 'DOCUMENT' }, 'Whoever holds this policy (`ci-deploy/policy.json`)'],
];
for (const [what, path, around, holder] of NESTED) {
  void test(`whose policy it is: ${what}`, () => {
    const text = (...statements: readonly object[]): string => JSON.stringify(around).replace('"DOCUMENT"', policy(...statements));
    const [worst] = assess(
      { path, before: text(read()), after: text({ Action: '*', Resource: '*' }), provenance: { channel: 'hook', certainty: 'attested' } },
      DEFAULT_SETTINGS,
    ).findings;
    assert.equal(worst?.consequence, `${holder} can do anything in this account.`);
  });
}
