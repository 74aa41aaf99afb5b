import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readText } from '../../../server/engine/read/format.ts';
import { terraformPlan } from '../../../server/engine/systems/terraform-plan.ts';
import { withPolicies } from '../../../server/engine/systems/terraform-policy.ts';
import { terraform } from '../../../server/engine/systems/terraform.ts';
import { plain } from '../read/plain.ts';
import { everyNode } from '../read/plain.ts';

const declared = (text: string, path = 'main.tf'): readonly (readonly [string, string, string])[] =>
  terraform
    .declarations(readText(path.endsWith('.json') ? 'json' : 'hcl', text, 'after'), path)
    .map(({ type, key, name }) => [type, key, name]);

const bodyOf = (text: string): unknown => plain(terraform.declarations(readText('hcl', text, 'after'), 'main.tf')[0]?.node);

describe('Terraform', () => {
  test('declares its blocks, in both syntaxes alike', () => {
    const hcl = `
resource "aws_s3_bucket" "logs" {}
data "aws_iam_policy_document" "p" {}
module "m" {}
provider "aws" {}
provider "aws" { alias = "eu" }
locals {}
locals {}
moved { from = aws_a.b }
terraform {}
`;
    const json = JSON.stringify({
      resource: { aws_s3_bucket: { logs: {} } },
      data: { aws_iam_policy_document: { p: {} } },
      module: { m: {} },
      provider: { aws: [{}, { alias: 'eu' }] },
      locals: [{}, {}],
      moved: [{ from: '${aws_a.b}' }],
      terraform: {},
    });
    const expected = [
      ['aws_s3_bucket', 'aws_s3_bucket.logs', 'logs'],
      ['data.aws_iam_policy_document', 'data.aws_iam_policy_document.p', 'p'],
      ['module', 'module.m', 'm'],
      ['provider', 'provider.aws', 'aws'],
      ['provider', 'provider.aws.eu', 'aws'],
      ['locals', 'locals', 'locals'],
      ['locals', 'locals#2', 'locals'],
      ['moved', 'moved.${aws_a.b}', 'moved'],
      ['terraform', 'terraform', 'terraform'],
    ];
    const byKey = (found: readonly (readonly [string, string, string])[]) => found.toSorted(([, a], [, b]) => a.localeCompare(b));
    assert.deepEqual(byKey(declared(hcl)), byKey(expected as [string, string, string][]));
    assert.deepEqual(byKey(declared(json, 'main.tf.json')), byKey(expected as [string, string, string][]));
  });

  test('reads variables and other attributes as one thing', () => {
    assert.deepEqual(declared('a = 1', 'prod.tfvars'), [['tfvars', 'tfvars', 'tfvars']]);
    assert.deepEqual(declared('inputs = {}\ninclude "root" {}', 'terragrunt.hcl'), [
      ['include', 'include.root', 'root'],
      ['settings', 'settings', 'settings'],
    ]);
    assert.deepEqual(declared('{"a": 1}', 'prod.tfvars.json'), [['tfvars', 'tfvars', 'tfvars']]);
    assert.deepEqual(declared('{"a": 1}', 'package.json'), []);
  });

  const DYNAMIC: readonly (readonly [string, string, unknown])[] = [
    ['of unknown items', 'for_each = var.x\ncontent { cidr_blocks = ["0.0.0.0/0"] }', [{ cidr_blocks: ['0.0.0.0/0'] }]],
    ['of known items', 'for_each = [80, 22]\ncontent { port = ingress.value }', [{ port: 80 }, { port: 22 }]],
    ['of known objects', 'for_each = { a = { p = 22 } }\niterator = it\ncontent { port = it.value.p }', [{ port: 22 }]],
    ['of no items', 'for_each = []\ncontent { port = 1 }', []],
  ];
  for (const [what, inside, expected] of DYNAMIC) {
    test(`writes out a dynamic block ${what}`, () => {
      const body = bodyOf(`resource "aws_security_group" "x" {\n  dynamic "ingress" {\n${inside}\n  }\n}`) as { ingress?: unknown };
      assert.deepEqual(body.ingress ?? [], expected);
    });
  }

  test('joins a dynamic block to the written ones', () => {
    const body = bodyOf(
      'resource "a_b" "x" {\n ingress { p = 1 }\n dynamic "ingress" {\n for_each = [2]\n content { p = ingress.value }\n }\n}',
    );
    assert.deepEqual((body as { ingress: unknown }).ingress, [{ p: 1 }, { p: 2 }]);
  });
});

describe('IAM policies in Terraform', () => {
  const text = `data "aws_iam_policy_document" "p" {
  statement {
    sid = "Read"
    actions = ["s3:GetObject", "s3:*"]
    resources = ["arn:aws:s3:::b/&{aws:username}/*"]
    principals {
      type = "AWS"
      identifiers = ["*"]
    }
    principals {
      type = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
    condition {
      test = "StringLike"
      variable = "aws:SourceArn"
      values = ["arn:*"]
    }
  }
  statement {
    effect = "Deny"
    not_actions = ["iam:*"]
    not_resources = [var.x]
    principals {
      type = "*"
      identifiers = ["*"]
    }
  }
}
resource "aws_iam_role_policy" "r" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
`;
  const tree = withPolicies(readText('hcl', text, 'after'));

  test('are made from the blocks of a data source', () => {
    const document = plain(tree.documents[0]) as {
      data: { aws_iam_policy_document: { p: unknown } };
      resource: { aws_iam_role_policy: { r: unknown } };
    };
    assert.deepEqual(document.data.aws_iam_policy_document.p, {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Sid: 'Read',
          Action: ['s3:GetObject', 's3:*'],
          Resource: ['arn:aws:s3:::b/${aws:username}/*'],
          Principal: { AWS: ['*'], Service: ['ec2.amazonaws.com'] },
          Condition: { StringLike: { 'aws:SourceArn': ['arn:*'] } },
        },
        { Effect: 'Deny', NotAction: ['iam:*'], NotResource: [{ '?': '${var.x}' }], Principal: '*' },
      ],
    });
    assert.deepEqual((document.resource.aws_iam_role_policy.r as { policy: unknown }).policy, {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    });
  });

  test('stand where the blocks stand', () => {
    const [root] = tree.documents;
    assert.ok(root);
    const written = everyNode(root).map(({ offset, length }) => text.slice(offset, offset + length));
    for (const expected of ['"s3:*"', '"arn:aws:s3:::b/&{aws:username}/*"', '"Deny"', '["iam:*"]', '"arn:*"', '"ec2.amazonaws.com"']) {
      assert.ok(written.includes(expected), expected);
    }
  });
});

describe('A plan of Terraform', () => {
  const plan = {
    resource_changes: [
      {
        address: 'module.a.aws_s3_bucket.b',
        mode: 'managed',
        type: 'aws_s3_bucket',
        name: 'b',
        change: {
          actions: ['update'],
          before: { acl: 'private' },
          after: { acl: 'public-read', arn: null },
          after_unknown: { id: true, tags: {} },
        },
      },
      { address: 'aws_db.x', mode: 'managed', type: 'aws_db', name: 'x', change: { actions: ['delete'], before: {}, after: null } },
    ],
  };
  const found = terraformPlan.declarations(readText('json', JSON.stringify(plan), 'after'), 'plan.json');

  test('declares what will be, and each change', () => {
    assert.deepEqual(
      found.map(({ system, type, key }) => [system, type, key]),
      [
        ['terraform-plan', 'aws_s3_bucket', 'module.a.aws_s3_bucket.b'],
        ['terraform', 'aws_s3_bucket', 'module.a.aws_s3_bucket.b'],
        ['terraform-plan', 'aws_db', 'aws_db.x'],
      ],
    );
    assert.deepEqual(plain(found[1]?.node), { acl: 'public-read', arn: null, id: { '?': '${known after apply}' } });
  });

  test('is read from planned values too', () => {
    const values = {
      planned_values: {
        root_module: { child_modules: [{ resources: [{ address: 'module.m.a_b.c', type: 'a_b', name: 'c', values: { x: 1 } }] }] },
      },
    };
    const [only] = terraformPlan.declarations(readText('json', JSON.stringify(values), 'after'), 'plan.json');
    assert.deepEqual([only?.system, only?.key, plain(only?.node)], ['terraform', 'module.m.a_b.c', { x: 1 }]);
  });
});
