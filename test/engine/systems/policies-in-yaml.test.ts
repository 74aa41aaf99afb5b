import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { loadCatalogue } from '../../../server/engine/access/aws-iam/catalogue.ts';
import { difference } from '../../../server/engine/access/aws-iam/difference.ts';
import { readPolicies } from '../../../server/engine/access/aws-iam/policy.ts';
import { readText } from '../../../server/engine/read/format.ts';
import type { Format } from '../../../server/engine/read/tree.ts';

const loaded = loadCatalogue();
const catalogue = loaded.ok ? loaded.catalogue : assert.fail(loaded.problem);

type Statement = Readonly<Record<string, unknown>>;
const allow = (action: unknown, resource: unknown, more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});
const policy = (...statements: readonly Statement[]): Statement => ({ Version: '2012-10-17', Statement: statements });
const resource = (document: unknown): Statement => ({
  AWSTemplateFormatVersion: '2010-09-09',
  Resources: { Role: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'p', PolicyDocument: document } } },
});

const EDITS: readonly (readonly [what: string, before: unknown, after: unknown])[] = [
  ['a wildcard', resource(policy(allow('s3:GetObject', 'arn:aws:s3:::a/*'))), resource(policy(allow('s3:*', '*')))],
  [
    'a reference',
    resource(policy(allow(['s3:GetObject'], { 'Fn::Sub': 'arn:aws:s3:::${Bucket}/x' }))),
    resource(policy(allow(['s3:GetObject', 's3:PutObject'], { 'Fn::Join': ['', ['arn:aws:s3:::', { Ref: 'Bucket' }, '/*']] }))),
  ],
  [
    'a condition that goes',
    resource(policy(allow('sts:AssumeRole', '*', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }))),
    resource(policy(allow('sts:AssumeRole', '*'))),
  ],
  ['nothing risky', resource(policy(allow('s3:*', '*'))), resource(policy(allow('s3:GetObject', '*')))],
  [
    "a SAM function's statements",
    {
      Transform: 'AWS::Serverless-2016-10-31',
      Resources: {
        F: { Type: 'AWS::Serverless::Function', Properties: { Policies: [{ Statement: [allow('s3:GetObject', 'arn:aws:s3:::a/*')] }] } },
      },
    },
    {
      Transform: 'AWS::Serverless-2016-10-31',
      Resources: { F: { Type: 'AWS::Serverless::Function', Properties: { Policies: [{ Statement: [allow('iam:*', '*')] }] } } },
    },
  ],
  [
    'statements of a Serverless service',
    {
      service: 's',
      provider: { name: 'aws', iam: { role: { statements: [allow('dynamodb:GetItem', 'arn:aws:dynamodb:eu-west-1:1:table/t')] } } },
    },
    { service: 's', provider: { name: 'aws', iam: { role: { statements: [allow('dynamodb:*', '*')] } } } },
  ],
  [
    'JSON in a string',
    resource(JSON.stringify(policy(allow('s3:GetObject', 'arn:aws:s3:::a/*')), null, 2)),
    resource(JSON.stringify(policy(allow('s3:*', '*')), null, 2)),
  ],
];

/** What is expanded, without its places. */
function expanded(format: Format, before: string, after: string): readonly unknown[] {
  const [one, two] = [before, after].map((text, i) => {
    const read = readPolicies(readText(format, text, i === 0 ? 'before' : 'after'), 'stack');
    assert.deepEqual(read.problems, [], text);
    return read.documents;
  });
  const { expansions } = difference(one ?? [], two ?? [], catalogue, () => false);
  return JSON.parse(JSON.stringify(expansions, (key, value: unknown) => (/places?$/i.test(key) ? undefined : value))) as readonly unknown[];
}

const STYLES = [
  ['block', { lineWidth: 0 }],
  ['folded', { lineWidth: 30 }],
  ['flow', { collectionStyle: 'flow' }],
  ['single quotes', { defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' }],
  ['double quotes', { defaultStringType: 'QUOTE_DOUBLE' }],
] as const;

for (const [what, before, after] of EDITS) {
  test(`a policy in YAML opens what it opens in JSON: ${what}`, () => {
    const wanted = expanded('json', JSON.stringify(before, null, 2), JSON.stringify(after, null, 2));
    assert.equal(wanted.length > 0, what !== 'nothing risky');
    for (const [style, options] of STYLES) {
      const [one, two] = [stringify(before, options), stringify(after, options)];
      assert.deepEqual(expanded('yaml', one, two), wanted, `${style}:\n${two}`);
      assert.deepEqual(expanded('yaml', shortForms(one), shortForms(two)), wanted, `${style}, short forms:\n${shortForms(two)}`);
    }
  });
}

/** The one-key objects that CloudFormation lets be written with a tag, where the printer put them on one line. */
function shortForms(yaml: string): string {
  return yaml
    .replace(/: *\n +"?'?Fn::(Sub|Join)"?'?: *(\n)?/g, (_, name: string, rest: string | undefined) => `: !${name} ${rest ?? ''}`)
    .replace(/\{ "?Ref"?: ("?'?\w+"?'?) \}/g, '!Ref $1');
}

const PLACES: readonly (readonly [what: string, text: string, marked: readonly string[]])[] = [
  [
    'plain',
    'Statement:\n  - Effect: Allow\n    Action: s3:*\n    Resource: [arn:aws:s3:::a/*, "arn:aws:s3:::b"]\n',
    ['s3:*', 'arn:aws:s3:::a/*', 'arn:aws:s3:::b'],
  ],
  [
    'quotes',
    'Statement:\n- Effect: "Allow"\n  Action: [\'s3:Get*\', "s3:Put\\u002a"]\n  Resource: \'*\'\n',
    ['s3:Get*', 's3:Put\\u002a', '*'],
  ],
  [
    'a block of JSON',
    'PolicyDocument: |\n    {"Statement": [\n      {"Effect": "Allow", "Action": "iam:PassRole",\n       "Resource": "*"}]}\n',
    ['iam:PassRole', '*'],
  ],
  [
    'a block of JSON below Sub',
    'PolicyDocument: !Sub |-\n  {"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::${A}:role/*"}}\n',
    ['iam:*', 'arn:aws:iam::${A}:role/*'],
  ],
  [
    'JSON in quotes',
    `PolicyDocument: "{\\"Statement\\": {\\"Effect\\": \\"Allow\\", \\"Action\\": \\"iam:*\\", \\"Resource\\": \\"*\\"}}"\n`,
    ['iam:*', '*'],
  ],
  [
    'an anchor',
    'x: &r arn:aws:s3:::z\np:\n  Statement:\n  - Effect: Allow\n    Action: &a [s3:GetObject]\n    Resource: *r\n',
    ['s3:GetObject', 'arn:aws:s3:::z'],
  ],
];

for (const [what, text, marked] of PLACES) {
  test(`places of a policy in YAML: ${what}`, () => {
    const { documents, problems } = readPolicies(readText('yaml', text, 'after'), 'policy.yaml');
    assert.deepEqual(problems, []);
    const statement = documents[0]?.statements[0] ?? assert.fail('no statement');
    const values = [...statement.actions, ...statement.resources];
    assert.deepEqual(
      values.map(({ place }) => text.slice(place.start.offset, place.end.offset)),
      marked,
    );
  });
}
