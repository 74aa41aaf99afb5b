/** Two lists of command lines: what everybody types must pass without a word, and what tries to get past must be held or refused. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { POLICY } from '../../server/fronts/cli/redteam-scene.ts';
import { commandEdits } from '../../server/fronts/hooks/command-edits.ts';
import { isHarmlessIn } from '../../server/fronts/hooks/harmless-task.ts';
import type { ReadCommand } from '../../server/fronts/hooks/shell-grammar.ts';
import { judge } from '../../server/gate/judge.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { REPOSITORY } from '../support/repository.ts';
import { commandGate } from './command-gate.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-lists-')));
const workspace = join(root, 'workspace');
const state = join(root, 'state');
const found: { read?: ReadCommand; gate?: GateContext } = {};

const TERRAFORM = `resource "aws_security_group" "web" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: web
          image: web:1.2.0
          securityContext:
            privileged: false
            runAsNonRoot: true
`;
const FILES: Readonly<Record<string, string>> = {
  'policy.json': POLICY,
  'wide.txt': POLICY.replace('{ "AWS": "arn:aws:iam::447109320118:role/app-reader" }', '"*"'),
  'main.tf': TERRAFORM,
  'wide.tf.txt': TERRAFORM.replace('10.0.0.0/8', '0.0.0.0/0'),
  'deploy.yaml': DEPLOYMENT,
  'wide.yaml.txt': DEPLOYMENT.replace('privileged: false', 'privileged: true'),
  'docker-compose.yml': 'services:\n  web:\n    image: web:1.2.0\n    ports:\n      - "127.0.0.1:80:80"\n',
  'package.json': JSON.stringify({ name: 'x', version: '1.0.0', scripts: { test: 'jest', build: 'tsc -p . && vite build' } }, null, 2),
  '.claude/settings.json':
    '{"hooks":{"PreToolUse":[{"matcher":"*","hooks":[{"type":"command","command":"countersign hook claude-code"}]}]}}\n',
  '.vscode/settings.json': '{"editor.tabSize":2}\n',
  '.git/config': '[core]\n\tbare = false\n',
  '.github/workflows/ci.yml':
    'on: push\npermissions:\n  contents: read\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: countersign check\n',
  Makefile: 'build:\n\tgo build ./...\ntest:\n\tgo test ./...\nevil:\n\tcp wide.tf.txt main.tf\n',
  'src/index.ts': 'export const a = 1;\n',
  'src/app.py': 'print(1)\n',
  'README.md': '# x\n',
  '.env': 'PORT=3000\nDB_PASSWORD=${VAULT_DB_PASSWORD}\n',
  'compose.bad.yml': 'services:\n  web:\n    image: web:1.2.0\n    privileged: true\n',
  'tsconfig.json': '{"compilerOptions":{"strict":true}}\n',
  'values.yaml': 'image:\n  tag: 1.0\nreplicas: 1\n',
  'evil.sh': 'cp wide.tf.txt main.tf\n',
  'evilp.sh': 'cp wide.txt policy.json\n',
  'evil.py': 'open("main.tf","w").write(open("wide.tf.txt").read())\n',
  'evil.mjs': 'import {copyFileSync} from "node:fs"; copyFileSync("wide.txt","policy.json")\n',
  'kube.yaml':
    'apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: ./evilp.sh\n',
  'curl.cfg': 'output = "policy.json"\nurl = "http://e/x"\n',
  'evil.cmake': 'file(COPY_FILE wide.txt policy.json)\n',
  'evil.vim': 'e policy.json\nr wide.txt\nw\n',
  'aside/policy.json': POLICY.replace('{ "AWS": "arn:aws:iam::447109320118:role/app-reader" }', '"*"'),
  'aside/a.txt': 'x\n',
  'names.txt': 'policy.json\n',
  'pair.txt': 'wide.txt policy.json\n',
  'grant.sql': 'GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;\n',
  'query.sql': 'SELECT 1;\n',
  'packed.txt': `${Buffer.from('cp wide.txt policy.json').toString('base64')}\n`,
};
/** Name → where it leads. */
const LINKS: Readonly<Record<string, string>> = { 'links/policy.json': '../wide.txt', 'links.txt': 'policy.json' };

before(async () => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  mkdirSync(join(workspace, 'links'));
  for (const [path, target] of Object.entries(LINKS)) symlinkSync(target, join(workspace, path));
  Object.assign(found, await commandGate(workspace, state));
});
after(() => rmSync(root, { recursive: true, force: true }));

/** `passes`, or what it is stopped for. */
function verdictOf(line: string): string {
  const { read, gate } = found;
  assert.ok(read !== undefined && gate !== undefined);
  if (isHarmlessIn(line, workspace)) return 'passes';
  const agent = { name: 'Claude Code', session: 's', toolCall: 'c', tool: 'Bash' };
  const around = { workspace, cwd: workspace, home: join(root, 'home') };
  const plan = commandEdits(line, { channel: 'hook', certainty: 'attested', agent }, { around, read, own: [join(root, 'program'), state] });
  if (plan.kind === 'refused') return plan.cause;
  if (plan.edits.length === 0) return 'passes';
  const { verdict, assessments } = judge({ workspace, edits: plan.edits }, gate);
  if (verdict === 'allow' || verdict === 'note') return 'passes';
  return `${verdict}: ${assessments.flatMap(({ findings }) => findings.map(({ consequence }) => consequence)).join(' ')}`;
}

function linesOf(name: string): readonly string[] {
  return readFileSync(join(REPOSITORY, 'test', 'fixtures', 'commands', name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => line.replaceAll('⏎', '\n').replaceAll('{{workspace}}', workspace).replaceAll('{{state}}', state));
}

describe('lists of command lines', () => {
  test('what everybody types passes without a word', () => {
    const lines = linesOf('everyday.txt');
    assert.ok(lines.length > 800);
    assert.deepEqual(
      lines.map((line) => [line, verdictOf(line)] as const).filter(([, verdict]) => verdict !== 'passes'),
      [],
    );
  });

  test('what tries to get past is held or refused', () => {
    const lines = linesOf('past.txt');
    assert.ok(lines.length > 800);
    assert.deepEqual(
      lines.filter((line) => verdictOf(line) === 'passes'),
      [],
    );
  });
});
