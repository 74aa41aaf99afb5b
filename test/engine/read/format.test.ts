import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOf, hasReader, readText } from '../../../server/engine/read/format.ts';
import type { Format } from '../../../server/engine/read/tree.ts';

const CASES: readonly (readonly [path: string, text: string, expected: Format | undefined])[] = [
  ['policy.json', '{}', 'json'],
  ['.vscode/settings.json', '// x\n{}', 'json'],
  ['main.tf.json', '{}', 'json'],
  ['stack.template', '{"Resources": {}}', 'json'],
  ['stack.template', 'AWSTemplateFormatVersion: "2010-09-09"\n', 'yaml'],
  ['k8s/web.yaml', '', 'yaml'],
  ['K8S/WEB.YML', '', 'yaml'],
  ['roles/x/templates/deploy.yaml.j2', '', 'yaml'],
  ['main.tf', '', 'hcl'],
  ['prod.tfvars', '', 'hcl'],
  ['config.toml', '', 'toml'],
  ['setup.cfg', '', 'ini'],
  ['.env', '', 'dotenv'],
  ['app/.env.production', '', 'dotenv'],
  ['Dockerfile', '', 'dockerfile'],
  ['build/Dockerfile.prod', '', 'dockerfile'],
  ['web.dockerfile', '', 'dockerfile'],
  ['schema.sql', '', 'sql'],
  ['main.bicep', '', 'bicep'],
  ['/etc/sudoers.d/ops', '', 'sudoers'],
  ['etc/ssh/sshd_config', '', 'sshd'],
  ['pg_hba.conf', '', 'pg-hba'],
  ['.github/CODEOWNERS', '', 'codeowners'],
  ['.npmrc', '', 'npmrc'],
  ['firestore.rules', '', 'firebase-rules'],
  ['x.rules', "rules_version = '2';", 'firebase-rules'],
  ['x.rules', 'groups:\n', undefined],
  ['nginx.conf', '', 'nginx'],
  ['site.conf', 'server {\n  listen 80;\n}\n', 'nginx'],
  ['file.conf', 'location /files {\n  alias /home/;\n}\n', 'nginx'],
  ['x.conf', '[section]\na = 1\n', 'ini'],
  ['.gitignore', '', 'lines'],
  ['AGENTS.md', '', 'lines'],
  ['README.md', '', undefined],
  ['main.go', 'package main', undefined],
];

for (const [path, text, expected] of CASES) {
  test(`${path} with ${JSON.stringify(text.slice(0, 20))} is ${expected ?? 'unread'}`, () => assert.equal(formatOf(path, text), expected));
}

test('a format without a reader is said to be unread, not safe', () => {
  for (const format of new Set(CASES.flatMap(([, , each]) => (each === undefined ? [] : [each])))) {
    const tree = readText(format, 'a', 'after');
    assert.equal(tree.format, format);
    if (!hasReader(format)) assert.equal(tree.problems[0]?.blinds, true);
  }
});
