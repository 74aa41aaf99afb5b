import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { governedBy, isWatchedByName, mayBeGoverned } from '../../server/engine/read/governed-path.ts';
import { REPOSITORY } from '../support/repository.ts';

const GOVERNED: Readonly<Record<string, readonly string[]>> = {
  countersign: [
    '.countersign/policy.yaml',
    '/etc/countersign/policy.yaml',
    '/home/a/.local/state/countersign/log/1.json',
    'a/.COUNTERSIGN/x',
  ],
  agent: [
    '.claude/settings.json',
    '/home/a/.claude/settings.json',
    'C:\\Users\\a\\.claude\\settings.local.json',
    '.claude/hooks/gate.sh',
    '.claude/agents/x.md',
    '.claude/commands/x.md',
    '.mcp.json',
    '.cursor/mcp.json',
    '.cursor/hooks.json',
    '.codex/config.toml',
    '.gemini/settings.json',
    '.github/hooks/a.json',
    '.github/copilot/settings.json',
    '.windsurf/hooks.json',
    '.kiro/settings/mcp.json',
    'opencode.json',
    '.opencode/plugin/x.js',
    '.claude/settings.json::$DATA',
    '.claude./settings.json ',
    'a/./b/../.claude//settings.json',
    '.cl\u200Baude/settings.json',
    '．claude/settings.json',
  ],
  editor: [
    '.vscode/tasks.json',
    'a.code-workspace',
    '.devcontainer/devcontainer.json',
    '.husky/pre-commit',
    '.envrc',
    '.git/hooks/pre-commit',
  ],
  instructions: ['AGENTS.md', 'sub/claude.md', '.cursor/rules/a.mdc', '.github/copilot-instructions.md', 'GEMINI.md'],
};
for (const [of, paths] of Object.entries(GOVERNED)) {
  for (const path of paths) {
    void test(`${JSON.stringify(path)} is governed: ${of}`, () => {
      assert.equal(governedBy(path)?.of, of);
      assert.ok(mayBeGoverned(path));
      assert.ok(isWatchedByName(path));
    });
  }
}

for (const path of [
  'src/main.ts',
  'README.md',
  'claude/settings.ts',
  'agents.ts',
  'policy.md',
  'a/vscode/x.ts',
  '.claudette/x.ts',
  '..',
  '',
  '/',
]) {
  void test(`${JSON.stringify(path)} holds nothing that is governed`, () => {
    assert.equal(mayBeGoverned(path), false);
    assert.equal(isWatchedByName(path), false);
  });
}

for (const [path, watched] of [
  ['iam/app.json', true],
  ['infra/bucket-policy.json', true],
  ['roles/x.JSON', true],
  ['trust_policy.json', true],
  ['package.json', false],
  ['data/people.jsonc', false],
  ['k8s/rbac.yaml', true],
  ['infra/iam.tf', true],
  ['.github/workflows/ci.yml', true],
  ['/etc/ssh/sshd_config', true],
  ['/etc/sudoers.d/deploy', true],
  ['db/pg_hba.conf', true],
  ['.github/CODEOWNERS', true],
  ['.npmrc', true],
  ['k8s/web.yaml', false],
  ['roles/web/tasks/main.yml', false],
  ['main.tf', false],
  ['terraform.tfvars', false],
  ['Dockerfile', false],
  ['docker/Dockerfile.prod', false],
  ['docker-compose.yml', false],
  ['pyproject.toml', false],
  ['migrations/001.sql', false],
  ['main.bicep', false],
  ['/etc/nginx/nginx.conf', false],
  ['.env.production', false],
  ['.gitignore', false],
  ['redis.conf', false],
  ['chart/values.yaml.tmpl', false],
] as const) {
  void test(`${path} may hold a policy; closed on failure: ${watched}`, () => {
    assert.ok(mayBeGoverned(path));
    assert.equal(isWatchedByName(path), watched);
  });
}

void test('the cold path of the hook loads nothing else', () => {
  assert.doesNotMatch(readFileSync(join(REPOSITORY, 'server/engine/read/governed-path.ts'), 'utf8'), /^import|require\(/m);
});
