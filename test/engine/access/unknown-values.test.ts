import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import type { Assessment } from '../../../server/engine/types.ts';

/** A queue's policy in Terraform with one statement. */
function queue(action: string, condition: string): string {
  return `resource "aws_sqs_queue_policy" "p" {
  policy = <<EOF
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "${action}",
      "Resource": "\${aws_sqs_queue.q.arn}"${condition === '' ? '' : `,\n      "Condition": ${condition}`}
    }
  ]
}
EOF
}
`;
}

const sent = (operator: string, value: string): string => `{"${operator}": {"aws:SourceArn": "${value}"}}`;
const TOPIC = sent('ArnEquals', '${aws_sns_topic.t.arn}');

const CASES: readonly { readonly title: string; readonly before: string; readonly after: string; readonly asks: boolean }[] = [
  {
    title: 'more actions, limited to a source that a template knows',
    before: queue('sqs:SendMessage', TOPIC),
    after: queue('sqs:*', TOPIC),
    asks: true,
  },
  {
    title: 'another operator with the same meaning',
    before: queue('sqs:SendMessage', TOPIC),
    after: queue('sqs:SendMessage', sent('ArnLike', '${aws_sns_topic.t.arn}')),
    asks: false,
  },
  {
    title: 'every topic becomes one',
    before: queue('sqs:SendMessage', sent('ArnLike', 'arn:aws:sns:*:*:*')),
    after: queue('sqs:SendMessage', TOPIC),
    asks: false,
  },
  {
    title: 'one topic becomes every topic',
    before: queue('sqs:SendMessage', TOPIC),
    after: queue('sqs:SendMessage', sent('ArnLike', 'arn:aws:sns:*:*:*')),
    asks: true,
  },
  { title: 'the limit goes', before: queue('sqs:SendMessage', TOPIC), after: queue('sqs:SendMessage', ''), asks: true },
  {
    title: 'a limit to addresses that a template knows goes',
    before: queue('sqs:SendMessage', '{"IpAddress": {"aws:SourceIp": "${var.office}"}}'),
    after: queue('sqs:SendMessage', ''),
    asks: true,
  },
  {
    title: 'such a limit comes',
    before: queue('sqs:SendMessage', ''),
    after: queue('sqs:SendMessage', '{"IpAddress": {"aws:SourceIp": "${var.office}"}}'),
    asks: false,
  },
];

for (const { title, before, after, asks } of CASES)
  void test(`what only a template knows: ${title}`, () => {
    assert.equal(assessed('queue.tf', before, after).findings.length > 0, asks);
  });

void test('a permission of a function beside a policy is no statement', () => {
  const stack = (principal: string): string => `Resources:
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: f, Principal: s3.amazonaws.com, SourceAccount: "111122223333"}
  Policy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [t]
      PolicyDocument:
        Statement: [{Effect: Allow, Principal: ${principal}, Action: "sns:Publish", Resource: "*"}]
`;
  const { findings: found, problems } = assessed('stack.yaml', stack('{Service: events.amazonaws.com}'), stack('"*"'));
  assert.deepEqual(
    found.map(({ rule }) => rule),
    ['aws-public-access'],
  );
  assert.deepEqual(problems, []);
});

void test('what is gone from a policy is shown where it stood', () => {
  const [found] = assessed('queue.tf', queue('sqs:SendMessage', TOPIC), queue('sqs:SendMessage', '')).findings;
  // The comma before the condition went with it.
  assert.ok(found?.ranges.some(({ side, start, end }) => side === 'after' && start.line <= 10 && end.line >= 10));
});

function assessed(path: string, before: string, after: string): Assessment {
  return assess({ path, before, after, provenance: { channel: 'typed', certainty: 'human' } }, DEFAULT_SETTINGS);
}
