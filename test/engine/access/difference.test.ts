import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allows } from '../../../server/engine/access/aws-iam/allows.ts';
import { readPolicies } from '../../../server/engine/access/aws-iam/policy.ts';
import { readJson } from '../../../server/engine/read/json.ts';
import { allow, catalogue, deny, expansionsBetween, policy } from './policies.ts';

const DATA = 'arn:aws:s3:::data/*';
const everyone = { Principal: '*' };
const when = (operator: string, key: string, value: unknown) => ({ Condition: { [operator]: { [key]: value } } });
const none = policy();

/** Does the edit expand, and does its reverse? */
const cases: readonly (readonly [name: string, before: string, after: string, expands: boolean, reverseExpands: boolean])[] = [
  ['a wildcard for one action', policy(allow('s3:GetObject', DATA)), policy(allow('s3:Get*', DATA)), true, false],
  ['another case of an action', policy(allow('s3:GetObject', DATA)), policy(allow('S3:getobject', DATA)), false, false],
  ['? in an action', policy(allow(['s3:GetObject', 's3:PutObject'], DATA)), policy(allow('s3:?etObject', DATA)), true, true],
  ['a wider resource', policy(allow('s3:GetObject', 'arn:aws:s3:::data/a/*')), policy(allow('s3:GetObject', DATA)), true, false],
  [
    'an action that cannot meet the resource',
    policy(allow('s3:GetObject', DATA)),
    policy(allow(['s3:GetObject', 's3:ListBucket'], DATA)),
    false,
    false,
  ],
  ['an object action on a bucket', none, policy(allow('s3:GetObject', 'arn:aws:s3:::data')), false, false],
  ['an action without resources on an ARN', none, policy(allow('s3:ListAllMyBuckets', DATA)), false, false],
  [
    'a star stays within its ARN field',
    policy(allow('sqs:*', 'arn:aws:sqs:*:111111111111:q')),
    policy(allow('sqs:*', 'arn:aws:sqs:eu-west-1:111111111111:q')),
    false,
    true,
  ],
  [
    'a star does not cross a colon',
    policy(allow('sqs:SendMessage', 'arn:aws:sqs:*:q')),
    policy(allow('sqs:SendMessage', 'arn:aws:sqs:eu-west-1:111111111111:q')),
    true,
    true,
  ],
  ['a Deny that goes', policy(allow('s3:*', '*'), deny('s3:DeleteObject', '*')), policy(allow('s3:*', '*')), true, false],
  [
    'a Deny that meets nothing allowed',
    policy(allow('sqs:*', '*'), deny('s3:DeleteObject', '*')),
    policy(allow('sqs:*', '*')),
    false,
    false,
  ],
  [
    'NotAction grows',
    policy({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }),
    policy({ Effect: 'Allow', NotAction: ['iam:*', 's3:*'], Resource: '*' }),
    false,
    true,
  ],
  [
    'NotResource grows',
    policy({ Effect: 'Allow', Action: 's3:GetObject', NotResource: 'arn:aws:s3:::a/*' }),
    policy({ Effect: 'Allow', Action: 's3:GetObject', NotResource: ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*'] }),
    false,
    true,
  ],
  [
    'a variable for a name',
    policy(allow('s3:GetObject', 'arn:aws:s3:::data/bob/*')),
    policy(allow('s3:GetObject', 'arn:aws:s3:::data/${aws:username}/*')),
    true,
    true,
  ],
  [
    'a variable within a star',
    policy(allow('s3:GetObject', DATA)),
    policy(allow('s3:GetObject', 'arn:aws:s3:::data/${aws:username}/*')),
    false,
    true,
  ],
  [
    '? does not match a variable',
    policy(allow('s3:GetObject', 'arn:aws:s3:::data/?/*')),
    policy(allow('s3:GetObject', 'arn:aws:s3:::data/${aws:username}/*')),
    true,
    true,
  ],
  [
    'an absent variable lifts a Deny on it',
    policy(allow('s3:GetObject', DATA), deny('s3:GetObject', DATA)),
    policy(allow('s3:GetObject', DATA), deny('s3:GetObject', 'arn:aws:s3:::data/${aws:username}/*')),
    true,
    false,
  ],
  [
    'a variable equal to a name',
    policy(allow('s3:GetObject', 'arn:aws:s3:::data/${aws:username}/*'), deny('s3:GetObject', 'arn:aws:s3:::data/bob/*')),
    policy(allow('s3:GetObject', 'arn:aws:s3:::data/${aws:username}/*')),
    true,
    false,
  ],
  [
    'a NotResource whose variable has no value',
    policy({ Effect: 'Allow', Action: 's3:GetBucketPolicy', NotResource: 'arn:aws:s3:::data/${aws:PrincipalTag/team}/*' }),
    policy(allow('s3:GetBucketPolicy', 'arn:aws:s3:::data')),
    true,
    true,
  ],
  [
    'a condition that goes',
    policy(allow('s3:GetObject', DATA, when('Bool', 'aws:MultiFactorAuthPresent', 'true'))),
    policy(allow('s3:GetObject', DATA)),
    true,
    false,
  ],
  [
    'IfExists',
    policy(allow('s3:GetObject', DATA, when('Bool', 'aws:MultiFactorAuthPresent', 'true'))),
    policy(allow('s3:GetObject', DATA, when('BoolIfExists', 'aws:MultiFactorAuthPresent', 'true'))),
    true,
    false,
  ],
  [
    'a Deny without MFA loses IfExists',
    policy(allow('s3:*', DATA), deny('s3:*', DATA, when('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false'))),
    policy(allow('s3:*', DATA), deny('s3:*', DATA, when('Bool', 'aws:MultiFactorAuthPresent', 'false'))),
    true,
    false,
  ],
  [
    'a wider network',
    policy(allow('s3:GetObject', DATA, when('IpAddress', 'aws:SourceIp', '10.0.0.0/16'))),
    policy(allow('s3:GetObject', DATA, when('IpAddress', 'aws:SourceIp', '10.0.0.0/8'))),
    true,
    false,
  ],
  [
    'two halves of a network',
    policy(allow('s3:GetObject', DATA, when('IpAddress', 'aws:SourceIp', '10.0.0.0/8'))),
    policy(allow('s3:GetObject', DATA, when('IpAddress', 'aws:SourceIp', ['10.0.0.0/9', '10.128.0.0/9']))),
    false,
    false,
  ],
  [
    'IPv6',
    policy(allow('s3:GetObject', DATA, when('IpAddress', 'aws:SourceIp', '2001:db8::/48'))),
    policy(allow('s3:GetObject', DATA, when('IpAddress', 'aws:SourceIp', '2001:db8::/32'))),
    true,
    false,
  ],
  [
    'a later date',
    policy(allow('s3:GetObject', DATA, when('DateLessThan', 'aws:CurrentTime', '2024-01-01T00:00:00Z'))),
    policy(allow('s3:GetObject', DATA, when('DateLessThan', 'aws:CurrentTime', '2025-01-01T00:00:00Z'))),
    true,
    false,
  ],
  [
    'a larger number',
    policy(allow('s3:GetObject', DATA, when('NumericLessThan', 'aws:MultiFactorAuthAge', '300'))),
    policy(allow('s3:GetObject', DATA, when('NumericLessThanEquals', 'aws:MultiFactorAuthAge', '300'))),
    true,
    false,
  ],
  [
    'any of for all of',
    policy(allow('ec2:CreateTags', '*', when('ForAllValues:StringEquals', 'aws:TagKeys', ['a', 'b']))),
    policy(allow('ec2:CreateTags', '*', when('ForAnyValue:StringEquals', 'aws:TagKeys', ['a', 'b']))),
    true,
    true,
  ],
  [
    'an operator that is not modelled',
    policy(allow('s3:GetObject', DATA, when('StringRegex', 'aws:username', 'a'))),
    policy(allow('s3:GetObject', DATA)),
    true,
    false,
  ],
  [
    'a principal list grows',
    policy(allow('s3:GetObject', DATA, { Principal: { AWS: '111111111111' } })),
    policy(allow('s3:GetObject', DATA, { Principal: { AWS: ['111111111111', '222222222222'] } })),
    true,
    false,
  ],
  [
    'an account and its root',
    policy(allow('s3:GetObject', DATA, { Principal: { AWS: '111111111111' } })),
    policy(allow('s3:GetObject', DATA, { Principal: { AWS: 'arn:aws:iam::111111111111:root' } })),
    false,
    false,
  ],
  [
    '"*" and {"AWS": "*"}',
    policy(allow('s3:GetObject', DATA, everyone)),
    policy(allow('s3:GetObject', DATA, { Principal: { AWS: '*' } })),
    false,
    false,
  ],
  [
    'NotPrincipal loses a name',
    policy(allow('s3:*', DATA, everyone), {
      Effect: 'Deny',
      NotPrincipal: { AWS: 'arn:aws:iam::111111111111:role/a' },
      Action: 's3:*',
      Resource: DATA,
    }),
    policy(allow('s3:*', DATA, everyone), {
      Effect: 'Deny',
      NotPrincipal: { AWS: ['arn:aws:iam::111111111111:role/a', 'arn:aws:iam::111111111111:role/b'] },
      Action: 's3:*',
      Resource: DATA,
    }),
    true,
    false,
  ],
  ['an action of a service we do not know', none, policy(allow('newservice:DoIt', '*')), true, false],
];

for (const [name, before, after, expands, reverseExpands] of cases) {
  test(`expansion: ${name}`, () => {
    for (const [from, to, expected, direction] of [
      [before, after, expands, 'edit'],
      [after, before, reverseExpands, 'reverse'],
    ] as const) {
      const { expansions, problems } = expansionsBetween(from, to);
      assert.deepEqual(problems, []);
      assert.equal(
        expansions.length > 0,
        expected,
        `${direction}: ${JSON.stringify(expansions.map(({ cause, witness }) => ({ cause, witness })))}`,
      );
    }
  });
}

test('reordering, reformatting and renaming are no expansion, and keep what an expansion is told by', () => {
  const one = allow(['s3:GetObject', 's3:PutObject'], ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*'], {
    Sid: 'One',
    ...when('StringEquals', 'aws:username', ['x', 'y']),
  });
  const two = deny('s3:PutObject', 'arn:aws:s3:::b/secret/*', { Sid: 'Two' });
  const oneAgain = allow(['s3:PutObject', 's3:getobject'], ['arn:aws:s3:::b/*', 'arn:aws:s3:::a/*'], {
    Sid: 'Renamed',
    ...when('stringequals', 'AWS:UserName', ['y', 'x']),
  });
  const before = policy(allow('sqs:SendMessage', '*'));
  const plain = policy(allow('sqs:SendMessage', '*'), one, two);
  const shuffled = JSON.stringify(JSON.parse(policy(two, oneAgain, allow('sqs:SendMessage', '*'))));
  const split = policy(
    allow('sqs:SendMessage', '*'),
    allow('s3:GetObject', ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*'], when('StringEquals', 'aws:username', ['x', 'y'])),
    allow(['s3:PutObject'], ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*'], when('StringEquals', 'aws:username', ['x', 'y'])),
    two,
  );
  assert.deepEqual(expansionsBetween(plain, shuffled).expansions, []);
  const canonical = (after: string): unknown => expansionsBetween(before, after).expansions.map((each) => each.canonical);
  assert.deepEqual(canonical(shuffled), canonical(plain));
  assert.deepEqual(canonical(split), canonical(plain));
  const wider = policy(allow('sqs:SendMessage', '*'), { ...one, Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'] }, two);
  assert.notDeepEqual(canonical(wider), canonical(plain));
  assert.notDeepEqual(canonical(policy(allow('sqs:SendMessage', '*'), one)), canonical(plain));
});

test('a wildcard over its spelled-out list opens only what is to come', () => {
  const { expansions } = expansionsBetween(policy(allow('sqs:SendMessage', '*')), policy(allow('sqs:SendMessage*', '*')));
  assert.deepEqual(
    expansions.map(({ actions, futureActions }) => ({ actions, futureActions })),
    [{ actions: [], futureActions: ['sqs:SendMessage*'] }],
  );
});

test('places are the values that were added, or the condition that went', () => {
  const before = policy(allow(['s3:GetObject'], DATA, when('Bool', 'aws:SecureTransport', 'true')));
  const cut = (text: string, { start, end }: { start: { offset: number }; end: { offset: number } }): string =>
    text.slice(start.offset, end.offset);
  const wider = before.replace('"s3:GetObject"', '"s3:GetObject",\n"s3:DeleteObject"');
  assert.deepEqual(
    expansionsBetween(before, wider).expansions.flatMap(({ places }) => places.map((place) => cut(wider, place))),
    ['s3:DeleteObject'],
  );
  const open = policy(allow(['s3:GetObject'], DATA));
  const [expansion] = expansionsBetween(before, open).expansions;
  assert.deepEqual(
    expansion?.places.map((place) => [place.side, cut(before, place)]),
    [['before', '"aws:SecureTransport": "true"']],
  );
  assert.deepEqual(expansion?.weakened, [{ key: 'aws:SecureTransport', operator: 'Bool', values: ['true'] }]);
});

test('who newly gets it', () => {
  const get = (principal: unknown) => policy(allow('s3:GetObject', DATA, { Principal: principal }));
  const role = 'arn:aws:iam::111111111111:role/app';
  const rows: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ AWS: role }, '*', [[{ kind: 'anonymous', value: '*' }], false]],
    [{ AWS: role }, { AWS: [role, '222222222222'] }, [[{ kind: 'account', value: '222222222222' }], false]],
    [{ AWS: '111111111111' }, { AWS: ['111111111111', role] }, [[{ kind: 'role', value: role }], true]],
    [{ AWS: role }, { AWS: role, Service: 'lambda.amazonaws.com' }, [[{ kind: 'service', value: 'lambda.amazonaws.com' }], false]],
  ];
  for (const [before, after, expected] of rows) {
    const { expansions } = expansionsBetween(get(before), get(after));
    assert.deepEqual(
      expansions.map(({ principals, onlyWithoutOwnPolicy }) => [principals, onlyWithoutOwnPolicy]),
      [expected],
    );
  }
});

test('a policy that only denies: what it denied may be allowed elsewhere', () => {
  const { expansions } = expansionsBetween(policy(deny('s3:DeleteObject', '*'), deny('iam:*', '*')), policy(deny('iam:*', '*')));
  assert.deepEqual(
    expansions.map(({ cause, certainty, assumesOtherAllow }) => [cause, certainty, assumesOtherAllow]),
    [['deny-removed', 'possible', true]],
  );
});

test('out of time: everything that could widen counts', () => {
  const { expansions, problems } = expansionsBetween(policy(allow('s3:GetObject', DATA)), policy(allow('s3:*', '*')), {
    outOfTime: () => true,
  });
  assert.deepEqual(
    expansions.map(({ certainty }) => certainty),
    ['undecided'],
  );
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['undecided'],
  );
});

test('more cases of variables than can be looked at are told', () => {
  const tags = Array.from({ length: 14 }, (_, i) => `\${aws:PrincipalTag/t${i}}`);
  const write = (action: string): string =>
    policy(allow(action, `arn:aws:s3:::data/${tags.join('/')}`), deny('s3:*', 'arn:aws:s3:::data/a/*'));
  const { expansions, problems } = expansionsBetween(write('s3:GetObject'), write('s3:PutObject'));
  assert.deepEqual(
    expansions.map(({ certainty }) => certainty),
    ['undecided'],
  );
  assert.match(problems[0]?.message ?? '', /could not be worked out in full/);
});

test('whether an action is allowed at all, asked of the whole policy', () => {
  const documents = readPolicies(
    readJson(
      policy(allow('iam:*', '*'), deny('iam:PassRole', '*'), deny('iam:CreateUser', '*', when('Bool', 'aws:SecureTransport', 'false'))),
      'after',
    ),
    'p.json',
  ).documents;
  const asked = ['iam:PassRole', 'iam:CreateUser', 'iam:GetRole', 's3:GetObject'].map((action) =>
    allows(documents, action, catalogue(), () => false),
  );
  assert.deepEqual(asked, [false, true, true, false]);
});
