import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPolicies } from '../../../server/engine/access/aws-iam/policy.ts';
import { readJson } from '../../../server/engine/read/json.ts';
import { allow, deny, expansionsBetween, policy } from './policies.ts';

const read = (text: string, path = 'file.json', side: 'before' | 'after' = 'after') => readPolicies(readJson(text, side), path);
const GET = allow('s3:GetObject', '*');
const ASSUME = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '111111111111' } } as const;

const kinds: readonly (readonly [path: string, text: string, kinds: readonly string[]])[] = [
  ['policy.json', policy(GET), ['identity']],
  ['bucket.json', policy({ ...GET, Principal: '*' }), ['resource']],
  ['role.json', policy(ASSUME), ['trust']],
  ['scp/deny-regions.json', policy(deny('*', '*')), ['scp']],
  ['iam/developerBoundary.json', policy(GET), ['boundary']],
  ['boundaries.json', JSON.stringify({ AssumeRolePolicyDocument: JSON.parse(policy(ASSUME)) }), ['trust']],
  ['x.json', JSON.stringify({ PermissionsBoundary: JSON.parse(policy(GET)) }), ['boundary']],
  [
    'stack.json',
    JSON.stringify({
      Resources: {
        A: { Properties: { PolicyDocument: JSON.parse(policy(GET)) } },
        B: { Properties: { PolicyDocument: policy({ ...GET, Principal: '*' }) } },
      },
    }),
    ['identity', 'resource'],
  ],
  ['x.json', JSON.stringify({ Policy: encodeURIComponent(policy(GET)) }), ['identity']],
  ['serverless.json', JSON.stringify({ iamRoleStatements: [GET] }), ['identity']],
  ['data.json', JSON.stringify({ Statement: 'of account', Effect: 1 }), []],
];
for (const [path, text, expected] of kinds) {
  test(`finds ${expected.join(' and ') || 'no'} policy in ${path}: ${text.slice(0, 60).replaceAll('\n', ' ')}`, () => {
    assert.deepEqual(
      read(text, path).documents.map(({ kind }) => kind),
      expected,
    );
  });
}

test('a policy in a JSON string has exact places', () => {
  const text = JSON.stringify({ Policy: policy(GET) });
  const [document] = read(text).documents;
  const place = document?.statements[0]?.actions[0]?.place;
  assert.equal(text.slice(place?.start.offset, place?.end.offset), 's3:GetObject');
  assert.equal(document?.pointer, '/Policy');
});

const misspelt: readonly (readonly [name: string, text: string])[] = [
  ['a lower-case element', policy(GET).replace('"Action"', '"action"')],
  ['a look-alike letter', policy(GET).replace('"Action"', '"Аction"')],
  ['a lower-case effect', policy(GET).replace('"Allow"', '"allow"')],
  ['an unknown element', policy({ ...GET, Actions: 's3:*' })],
  ['Action and NotAction', policy({ ...GET, NotAction: 's3:*' })],
  ['a repeated key', policy(GET).replace('"Action"', '"Action": "iam:*", "Action"')],
];
for (const [name, text] of misspelt) {
  test(`${name} blinds after the edit and is still read as allowing`, () => {
    const { expansions, problems } = expansionsBetween(policy(), text);
    assert.ok(
      problems.some(({ blinds }) => blinds),
      JSON.stringify(problems),
    );
    assert.equal(expansions.length, 1);
  });
}

test('list items are told apart by their name, and without one by what they say', () => {
  const item = (name: string, statement: object) => ({
    PolicyName: name,
    PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
  });
  const admin = allow('*', '*');
  const named = (first: object, second: object) => JSON.stringify({ Policies: [first, second] });
  assert.deepEqual(expansionsBetween(named(item('a', GET), item('b', admin)), named(item('b', admin), item('a', GET))).expansions, []);
  assert.equal(expansionsBetween(named(item('a', GET), item('b', admin)), named(item('a', admin), item('b', GET))).expansions.length, 1);
  const bare = (...documents: readonly string[]) => JSON.stringify(documents.map((each) => JSON.parse(each)));
  assert.deepEqual(expansionsBetween(bare(policy(GET), policy(admin)), bare(policy(admin), policy(GET))).expansions, []);
});

test('values of a template are fixed but unknown', () => {
  const stack = (resource: unknown) =>
    JSON.stringify({
      PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: resource }] },
    });
  const sub = { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Bucket}/*' };
  const join = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::', { Ref: 'Bucket' }, '/*']] };
  assert.deepEqual(expansionsBetween(stack(sub), stack(join)), { expansions: [], problems: [] });
  assert.deepEqual(
    expansionsBetween(stack(sub), stack({ 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Other}/*' })).expansions.map(
      ({ certainty }) => certainty,
    ),
    ['possible'],
  );
});
