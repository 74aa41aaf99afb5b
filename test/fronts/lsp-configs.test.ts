import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECISIONS, SUGGEST, type DecisionsResult, type SuggestResult } from '../../server/protocol.ts';
import { startClient } from './lsp-client.ts';

const deployment = (index: number): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${index}
spec:
  template:
    spec:
      containers:
        - name: app
          image: registry.example.com/app@sha256:${'a'.repeat(64)}
          securityContext:
            runAsNonRoot: true
---
`;
const TERRAFORM =
  'resource "aws_security_group" "db" {\n  ingress {\n    from_port = 5432\n    to_port = 5432\n    protocol = "tcp"\n    cidr_blocks = ["10.0.0.0/8"]\n  }\n}\n';

const CASES = [
  {
    path: 'k8s/web.yaml',
    before: deployment(1),
    after: deployment(1).replace('runAsNonRoot: true', 'privileged: true'),
    verdict: 'acknowledge',
  },
  { path: 'infra/db.tf', before: TERRAFORM, after: TERRAFORM.replace('10.0.0.0/8', '0.0.0.0/0'), verdict: 'acknowledge' },
  { path: 'infra/db.tf', before: TERRAFORM, after: TERRAFORM.replace('10.0.0.0/8', '10.1.0.0/16'), verdict: 'allow' },
  { path: 'etc/sudoers', before: '', after: 'ci ALL=(ALL) NOPASSWD: ALL\n', verdict: 'acknowledge' },
  { path: 'src/main.ts', before: '', after: 'export const privileged = true;\n', verdict: 'allow' },
] as const;

test('suggestions for config of every kind are judged, and what is in a file is marked at its line', async () => {
  const client = await startClient();
  try {
    for (const { path, before, after, verdict } of CASES) {
      const params = { uri: client.uri(path), before, after, channel: 'paste', certainty: 'observed' };
      const result = await client.request<SuggestResult>(SUGGEST, params);
      assert.equal(result.verdict, verdict, `${path}: ${JSON.stringify(result)}`);
    }
    const path = 'k8s/api.yaml';
    client.write(path, deployment(1));
    client.commit();
    client.open(path, deployment(1));
    client.change(path, 2, deployment(1).replace('runAsNonRoot: true', 'privileged: true'));
    const [found] = await client.diagnostics(path, (all) => all.length > 0);
    assert.equal(found?.range.start.line, 11);
    const lenses = await client.request<readonly { range: { start: { line: number } } }[]>('textDocument/codeLens', {
      textDocument: { uri: client.uri(path) },
    });
    assert.ok(lenses.length > 0 && lenses.every(({ range }) => range.start.line === 11));
  } finally {
    await client.end();
  }
});

test('a manifest of 10,000 lines does not keep anything waiting while it is typed in', async () => {
  const client = await startClient();
  try {
    const text = Array.from({ length: 770 }, (_, index) => deployment(index)).join('');
    client.write('k8s/all.yaml', text);
    client.commit();
    client.open('k8s/all.yaml', text);
    await client.request<DecisionsResult>(DECISIONS, {});
    const waits: number[] = [];
    for (let key = 0; key < 15; key += 1) {
      client.change('k8s/all.yaml', key + 2, `${text}# ${'x'.repeat(key)}\n`);
      const asked = performance.now();
      await client.request<DecisionsResult>(DECISIONS, {});
      waits.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, key % 5 === 4 ? 400 : 60));
    }
    const longest = Math.max(...waits);
    assert.ok(longest < 1000, `an answer took ${Math.round(longest)} ms`);
    const risky = text.replace('runAsNonRoot: true', 'privileged: true');
    client.change('k8s/all.yaml', 100, risky);
    const from = performance.now();
    await client.diagnostics('k8s/all.yaml', (all) => all.length > 0);
    console.log(
      `10,000 lines: longest answer while typing ${Math.round(longest)} ms, marked after ${Math.round(performance.now() - from)} ms`,
    );
  } finally {
    await client.end();
  }
});
