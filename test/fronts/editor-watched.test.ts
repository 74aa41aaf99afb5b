import assert from 'node:assert/strict';
import { test } from 'node:test';
import picomatch from 'picomatch';
import { WATCHED_PATTERNS } from '../../client/watched-patterns.ts';
import { mayBeGoverned } from '../../server/engine/read/governed-path.ts';

const matches = picomatch([...WATCHED_PATTERNS], { dot: true });
const watched = (path: string): boolean => matches(path.replace(/^\//, ''));

const GOVERNED = [
  'k8s/web.yaml',
  'k8s/Web.YML',
  'chart/templates/deploy.yaml.gotmpl',
  'infra/main.tf',
  'infra/prod.tfvars',
  'infra/main.tofu',
  'infra/terragrunt.hcl',
  'jobs/api.nomad',
  'main.tf.json',
  'iam/role.json',
  'iam/trust.json5',
  'sam.template',
  'trust-policy',
  'a.json.bak',
  'deploy/main.bicep',
  'deploy/main.bicepparam',
  'db/migrations/001.sql',
  'db/roles.pgsql',
  'pyproject.toml',
  'Pipfile',
  'app/.env',
  'app/.env.production',
  'prod.env',
  'config/app.ini',
  'setup.cfg',
  'my.cnf',
  'application.properties',
  'Dockerfile',
  'Dockerfile.prod',
  'web.dockerfile',
  'Containerfile',
  'nginx/site',
  'etc/nginx/nginx.conf',
  'sites-enabled/default',
  'etc/ssh/sshd_config',
  'etc/ssh/sshd_config.d/50',
  'etc/sudoers',
  'etc/sudoers.d/deploy',
  'pg_hba.conf',
  'CODEOWNERS',
  '.github/CODEOWNERS',
  '.github/workflows/ci.yml',
  '.npmrc',
  'requirements/prod.txt',
  'requirements.in',
  'Caddyfile',
  'site.caddy',
  'public/_headers',
  '.htaccess',
  'Jenkinsfile.prod',
  'renovate.json5',
  '.yarnrc',
  '.gitignore',
  '.dockerignore',
  '.gitmodules',
  '.pypirc',
  '.renovaterc',
  '.dev.vars',
  '.aws/credentials',
  'firestore.rules',
  'redis.conf',
  'site.vhost',
  '.claude/settings.json',
  '.claude/hooks/guard.sh',
  'CLAUDE.md',
  'CLAUDE.local.md',
  'AGENTS.md',
  'AGENTS.override.md',
  'GEMINI.md',
  '.cursorrules',
  '.cursor/rules/a.mdc',
  '.codex/config.toml',
  '.windsurfrules',
  '.clinerules',
  '.clinerules/hooks/PreToolUse',
  '.github/copilot-instructions.md',
  '.github/instructions/a.instructions.md',
  '.github/hooks/run.sh',
  '.kiro/steering/a.md',
  '.opencode/plugin/a.js',
  'opencode.json',
  '.mcp.json',
  '.aider.conf.yml',
  '.vscode/tasks.json',
  'team.code-workspace',
  '.devcontainer/setup.sh',
  '.devcontainer.json',
  '.husky/pre-commit',
  '.git/config',
  '.git/hooks/pre-push',
  '.gitconfig',
  '.envrc',
  '.countersign/policy.yaml',
  'home/sam/.config/countersign/key',
];
const PLAIN = [
  'src/main.ts',
  'src/app.py',
  'README.md',
  'main.go',
  'index.html',
  'style.css',
  'notes.txt',
  'docker.md',
  'src/env.ts',
  'LICENSE',
];

test('the editor watches every path that the engine may govern', () => {
  // Paths that the engine does not govern would hold nothing.
  assert.deepEqual(
    GOVERNED.filter((path) => !mayBeGoverned(path)),
    [],
  );
  assert.deepEqual(
    GOVERNED.filter((path) => !watched(path)),
    [],
  );
  assert.deepEqual(
    GOVERNED.map((path) => path.toUpperCase()).filter((path) => mayBeGoverned(path) && !watched(path)),
    [],
    'in capitals, too',
  );
});

test('plain source code stays untouched', () => {
  assert.deepEqual(PLAIN.filter(mayBeGoverned), []);
  assert.deepEqual(PLAIN.filter(watched), []);
});
