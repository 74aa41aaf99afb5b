import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCatalogue } from '../../../server/engine/access/aws-iam/catalogue.ts';
import { difference } from '../../../server/engine/access/aws-iam/difference.ts';
import { readPolicies } from '../../../server/engine/access/aws-iam/policy.ts';
import { readText } from '../../../server/engine/read/format.ts';

const loaded = loadCatalogue();
const catalogue = loaded.ok ? loaded.catalogue : assert.fail(loaded.problem);

type Allowed = { readonly actions: readonly string[]; readonly resources: readonly string[]; readonly tag?: string };

/** Ways to write one policy in Terraform. */
const WAYS: readonly (readonly [what: string, write: (allowed: Allowed) => string])[] = [
  [
    'jsonencode',
    ({ actions, resources, tag }) => `resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ${JSON.stringify(actions)}
      Resource = ${JSON.stringify(resources)}
      ${tag === undefined ? '' : `Condition = { StringEquals = { "aws:ResourceTag/team" = "${tag}" } }`}
    }]
  })
}
`,
  ],
  [
    'a heredoc',
    ({ actions, resources, tag }) => `resource "aws_iam_policy" "p" {
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{
        "Effect": "Allow",
        "Action": ${JSON.stringify(actions)},
        ${tag === undefined ? '' : `"Condition": {"StringEquals": {"aws:ResourceTag/team": "${tag}"}},`}
        "Resource": ${JSON.stringify(resources)}
      }]
    }
  EOT
}
`,
  ],
  [
    'a data source',
    ({ actions, resources, tag }) => `data "aws_iam_policy_document" "p" {
  statement {
    actions   = ${JSON.stringify(actions)}
    resources = ${JSON.stringify(resources)}
    ${tag === undefined ? '' : `condition {\n test = "StringEquals"\n variable = "aws:ResourceTag/team"\n values = ["${tag}"]\n }`}
  }
}
`,
  ],
  [
    'locals that are merged',
    ({ actions, resources, tag }) => `locals {
  actions = ${JSON.stringify(actions)}
  base    = { Effect = "Allow", Resource = ${JSON.stringify(resources)} }
}
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [merge(local.base, { Action = concat(local.actions, []) }${tag === undefined ? '' : `, { Condition = { StringEquals = { "aws:ResourceTag/team" = "${tag}" } } }`})]
  })
}
`,
  ],
];

const EDITS: readonly (readonly [what: string, before: Allowed, after: Allowed, expected: RegExp | undefined])[] = [
  ['a wildcard', { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::a/*'] }, { actions: ['s3:*'], resources: ['*'] }, /s3:/],
  [
    'a condition that goes',
    { actions: ['s3:GetObject'], resources: ['*'], tag: 'a' },
    { actions: ['s3:GetObject'], resources: ['*'] },
    /s3:GetObject/,
  ],
  ['nothing risky', { actions: ['s3:*'], resources: ['*'] }, { actions: ['s3:GetObject'], resources: ['*'] }, undefined],
];

for (const [way, write] of WAYS) {
  for (const [what, before, after, expected] of EDITS) {
    test(`a policy in Terraform, as ${way}: ${what}`, () => {
      const [one, two] = [before, after].map((each, i) => {
        const read = readPolicies(readText('hcl', write(each), i === 0 ? 'before' : 'after'), 'main.tf');
        assert.deepEqual(read.problems, [], write(each));
        assert.equal(read.documents.length, 1, write(each));
        return read.documents;
      });
      const { expansions } = difference(one ?? [], two ?? [], catalogue, () => false);
      if (expected === undefined) assert.deepEqual(expansions, []);
      else assert.match(JSON.stringify(expansions), expected);
    });
  }
}

test('a policy of a data source is marked where it stands', () => {
  const [, , [, write] = ['', () => '']] = WAYS;
  const text = write({ actions: ['iam:*'], resources: ['arn:aws:iam::1:role/&{aws:username}'] });
  const [document] = readPolicies(readText('hcl', text, 'after'), 'main.tf').documents;
  const [statement] = document?.statements ?? [];
  const marked = [...(statement?.actions ?? []), ...(statement?.resources ?? [])].map(({ place }) =>
    text.slice(place.start.offset, place.end.offset),
  );
  assert.deepEqual(marked, ['iam:*', 'arn:aws:iam::1:role/&{aws:username}']);
  assert.deepEqual(
    statement?.resources.map((each) => each.text),
    ['arn:aws:iam::1:role/${aws:username}'],
  );
});

test('a policy in locals counts once, used or not', () => {
  const locals = 'locals {\n  p = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] }\n}\n';
  for (const text of [locals, `${locals}resource "aws_iam_policy" "p" {\n  policy = jsonencode(local.p)\n}\n`]) {
    assert.equal(readPolicies(readText('hcl', text, 'after'), 'main.tf').documents.length, 1, text);
  }
});
