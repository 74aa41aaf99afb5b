import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import type { Assessment } from '../../../server/engine/types.ts';

const assessed = (path: string, before: string, after: string): Assessment =>
  assess({ path, before, after, provenance: { channel: 'hook', certainty: 'attested' } }, DEFAULT_SETTINGS);

const yaml = (action: string, resource: string, policy = ''): string =>
  [
    'AWSTemplateFormatVersion: "2010-09-09"',
    'Resources:',
    '  Role:',
    '    Type: AWS::IAM::Role',
    '    Properties:',
    '      RoleName: app',
    '      Policies:',
    '        - PolicyName: app',
    policy === ''
      ? `          PolicyDocument:\n            Version: 2012-10-17\n            Statement:\n              - Effect: Allow\n                Action: ${action}\n                Resource: ${resource}`
      : policy,
    '',
  ].join('\n');

const json = (action: string, resource: string): string =>
  JSON.stringify(
    {
      AWSTemplateFormatVersion: '2010-09-09',
      Resources: {
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: {
            RoleName: 'app',
            Policies: [
              {
                PolicyName: 'app',
                PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] },
              },
            ],
          },
        },
      },
    },
    null,
    2,
  );

test('an edit of a template in YAML is found as the same edit in JSON is, and marked in the YAML', () => {
  const before = ['s3:GetObject', 'arn:aws:s3:::reports/x'] as const;
  const after = ['s3:*', '"*"'] as const;
  const inYaml = assessed('stack.yaml', yaml(...before), yaml(...after));
  const inJson = assessed('stack.json', json(...before), json('s3:*', '*'));
  const told = ({ findings }: Assessment): unknown =>
    findings.map(({ rule, severity, consequence, previously }) => ({ rule, severity, consequence, previously }));
  assert.ok(inYaml.findings.length > 0);
  assert.deepEqual(told(inYaml), told(inJson));
  assert.deepEqual(inYaml.problems, []);
  const lines = new Set(
    inYaml.findings.flatMap(({ ranges }) => ranges.filter(({ side }) => side === 'after').map(({ start }) => start.line)),
  );
  assert.ok(lines.has(13) || lines.has(14), [...lines].join(', '));
});

test('a policy in a block of JSON is found, and marked where it stands', () => {
  const block = (action: string): string =>
    `          PolicyDocument: !Sub |\n            {"Statement": [{"Effect": "Allow", "Resource": "*",\n              "Action": "${action}"}]}`;
  const { findings } = assessed('stack.yaml', yaml('', '', block('s3:GetObject')), yaml('', '', block('iam:*')));
  assert.ok(findings.some(({ ranges }) => ranges.some(({ side, start }) => side === 'after' && start.line === 11)));
});

test('the same template in another style is no finding', () => {
  const one = yaml('s3:*', '"*"');
  assert.deepEqual(assessed('stack.yaml', one, one.replace('"*"', "'*'").replace('Action: s3:*', 'Action: [s3:*]')).findings, []);
  assert.deepEqual(assessed('stack.yaml', one, json('s3:*', '*')).findings, []);
});

test('a half-typed template that shows a policy blinds', () => {
  const { problems } = assessed(
    'stack.yaml',
    yaml('s3:GetObject', '"*"'),
    `${yaml('s3:GetObject', '"*"')}Statement: [ { Effect: Allow, Action: `,
  );
  assert.ok(problems.some(({ blinds }) => blinds));
});

test('every sentence about what could not be read is said once', () => {
  const { problems } = assessed('stack.yaml', '', 'Statement:\n- Effect: Allow\n  Action: a\n  Action: b\n  Resource: "*"\n');
  const messages = problems.map(({ message }) => message);
  assert.equal(new Set(messages).size, messages.length);
  assert.ok(messages.some((message) => message.startsWith('Line 4 repeats the key "Action"')));
});
