/** Patches that a command line applies, however they come: what they open is held, what opens nothing passes, and what cannot be read is held too. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { POLICY } from '../../server/fronts/cli/redteam-scene.ts';
import { commandEdits } from '../../server/fronts/hooks/command-edits.ts';
import { isHarmlessIn } from '../../server/fronts/hooks/harmless-task.ts';
import type { ReadCommand } from '../../server/fronts/hooks/shell-grammar.ts';
import { judge } from '../../server/gate/judge.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { commandGate } from './command-gate.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-patches-')));
const workspace = join(root, 'workspace');
const bare = join(root, 'bare');
const state = join(root, 'state');
const found: { read?: ReadCommand; gate?: GateContext } = {};

const WIDE = POLICY.replace('{ "AWS": "arn:aws:iam::447109320118:role/app-reader" }', '"*"');
const terraform = (from: string): string =>
  `resource "aws_security_group" "web" {\n  ingress {\n    from_port   = 22\n    to_port     = 22\n    protocol    = "tcp"\n    cidr_blocks = ["${from}"]\n  }\n}\n`;

before(async () => {
  write({ 'policy.json': POLICY, 'main.tf': terraform('10.0.0.0/8'), 'src/index.ts': 'export const a = 1;\n', 'src/app.ts': 'let b;\n' });
  run('git init -q -b main . && git add -A && git commit -qm base && git checkout -q -b wide');
  write({ 'policy.json': WIDE, 'main.tf': terraform('0.0.0.0/0') });
  run('git commit -qam widen && git checkout -q -b plain main');
  write({ 'src/index.ts': 'export const a = 2;\n', 'main.tf': terraform('10.1.0.0/16') });
  run('git commit -qam tidy && git checkout -q -b nested main');
  write({ 'deep/sg.tf': terraform('0.0.0.0/0') });
  run('git add -A && git commit -qm nested && git checkout -q main && mkdir -p p deep');
  run(
    [
      'git diff main wide -- policy.json > p/wide.patch',
      'git diff main wide -- main.tf > p/tf.patch',
      'git diff wide main -- main.tf > p/back.patch',
      'git format-patch -q --stdout main..wide > p/wide.mbox',
      'git diff main plain > p/plain.patch',
      'git format-patch -q --stdout main..plain > p/plain.mbox',
      'git show wide:policy.json > p/wide.txt',
      'base64 p/wide.patch > p/wide.b64',
      'gzip -kn p/wide.patch',
      'echo p/wide.patch > p/list',
      'echo p/plain.patch > p/plain-list',
    ].join(' && '),
  );
  mkdirSync(join(bare, '.git'), { recursive: true });
  writeFileSync(join(bare, 'notes.txt'), 'x\n');
  Object.assign(found, await commandGate(workspace, state));
});
after(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
}

function run(line: string): void {
  const named = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };
  const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: workspace, env: { ...process.env, ...named }, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** `passes`, or what is said of it. */
function verdictOf(line: string, cwd = workspace): string {
  const { read, gate } = found;
  assert.ok(read !== undefined && gate !== undefined);
  if (isHarmlessIn(line, cwd)) return 'passes';
  const agent = { name: 'Claude Code', session: 's', toolCall: 'c', tool: 'Bash' };
  const around = { workspace: cwd, cwd, home: join(root, 'home') };
  const plan = commandEdits(line, { channel: 'hook', certainty: 'attested', agent }, { around, read, own: [join(root, 'program'), state] });
  if (plan.kind === 'refused') return plan.cause;
  if (plan.edits.length === 0) return 'passes';
  const { verdict, assessments } = judge({ workspace: cwd, edits: plan.edits }, gate);
  if (verdict === 'allow' || verdict === 'note') return 'passes';
  return assessments.flatMap(({ findings }) => findings.map(({ consequence, fix }) => `${consequence} ${fix}`)).join(' ');
}

const OPENS_POLICY = /Anyone with an AWS account can act as this role/;
const OPENS_PORT = /Anyone on the internet can reach port 22/;
const UNREAD = /applies a patch that cannot be read beforehand\. It may change `(policy\.json|main\.tf)`.*Save the patch as a file/;
const MISFIT =
  /changes `policy\.json` in a way that cannot be read beforehand|a patch that cannot be read beforehand\. It may change `policy\.json`\. Save/;

const HELD: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    OPENS_POLICY,
    [
      'git apply p/wide.patch',
      'git apply < p/wide.patch',
      'cat p/wide.patch | git apply',
      'cat p/wide.patch | git apply -',
      'cat < p/wide.patch | cat | git apply --index -',
      'cat p/wide.patch | tee /dev/stderr | git apply',
      'cat p/plain.patch p/wide.patch | git apply',
      '(cat p/wide.patch) | git apply',
      'git apply <(cat p/wide.patch)',
      'git apply < <(cat p/wide.patch)',
      'cat p/wide.patch | patch -p1',
      'patch -p1 < <(cat p/wide.patch)',
      'patch -Np1 -ip/wide.patch',
      'patch --inp=p/wide.patch --strip=1',
      'patch -d . -p1 < p/wide.patch',
      'cd src && patch -p1 -d .. < ../p/wide.patch',
      'patch policy.json p/wide.patch',
      'cat p/wide.mbox | git am',
      'git am p/wide.mbox',
      'git apply --stat --apply p/wide.patch',
      'git apply --check --no-check p/wide.patch',
      'git apply -- p/wide.patch',
      'git -C . apply p/wide.patch',
      'git -C src apply ../p/wide.patch',
      '$(git --exec-path)/git-apply p/wide.patch',
      'F=p/wide.patch; git apply < "$F"',
      'for f in p/wide*.patch; do git apply "$f"; done',
      'find p -name wide.patch -exec git apply {} \\;',
      'find p -name "wide.patch" | xargs git apply',
      'echo p/wide.patch | xargs -I % git apply %',
      "sed 's/Z/Z/' p/wide.patch | git apply",
      'cp p/wide.patch /tmp/no-such-folder/w && git apply /tmp/no-such-folder/w',
      'git show wide | git apply',
      'git diff main wide | git apply',
      'git diff wide main | git apply -R',
      'git diff main wide -- policy.json | git apply',
      'git format-patch --stdout main..wide | git am',
      'git log -p -1 wide | git apply',
      'bash -c "cat p/wide.patch | git apply"',
      "env -S 'git apply p/wide.patch'",
    ],
  ],
  [
    OPENS_PORT,
    ['git apply p/tf.patch', 'patch -p1 < p/tf.patch', 'git apply -R p/back.patch', 'patch -p1 -R -i p/back.patch', 'patch -i p/tf.patch'],
  ],
  [
    UNREAD,
    [
      'base64 -d p/wide.b64 | git apply',
      'base64 -d < p/wide.b64 | patch -p1',
      'git apply <(base64 -d p/wide.b64)',
      'git apply < <(base64 -d p/wide.b64)',
      'gunzip -c p/wide.patch.gz | git apply',
      'curl -s https://example.com/x.patch | git apply',
      'wget -qO- https://example.com/x.patch | git am',
      'tar -xOf p.tgz x.patch | patch -p1',
      'python3 make.py | git apply',
      'git apply "$F"',
      'git apply < "$F"',
      'P=$(cat p/wide.b64); echo "$P" | base64 -d | git am',
      'git apply <<< "$(base64 -d p/wide.b64)"',
      'while read f; do git apply "$f"; done < <(cat p/list)',
      'base64 -d p/wide.b64 > p/new.patch; git apply p/new.patch',
      'gunzip -kf p/wide.patch.gz && git apply p/wide2.patch',
      'git diff main wide > p/new.patch && git apply p/new.patch',
      'git branch next wide && git diff main next | git apply',
      'git -c diff.external=./x diff main wide | git apply',
      'GIT_DIR=../other git show HEAD | git apply',
      'cd src && curl -s https://example.com/x.patch | git apply',
    ],
  ],
  [
    MISFIT,
    [
      'git apply -R p/wide.patch',
      'patch policy.json < not-there.patch',
      "printf '3c3\\n< a\\n---\\n> b\\n' | patch policy.json",
      'patch policy.json < src/index.ts',
    ],
  ],
];

const MANY = Array.from({ length: 51 }, (_, i) => `a${i}`).join(' ');

/** What once was taken for less than it is. */
const DODGES: readonly string[] = [
  'git restore --source=wide --staged --work policy.json',
  'git restore --sour=wide -SW policy.json',
  'git restore --sour wide .',
  'cd deep && git diff main nested -- sg.tf | git -C .. apply',
  'cd deep && git -C .. checkout wide -- .',
  'git am -Sr < p/wide.mbox',
  'git am -SC p/wide.mbox',
  "printf -- '--- a\\n+++ b\\n@@ -1,1 +1,1 @@\\n-x\\n+x\\n7c7\\n< a\\n---\\n> b\\n' | patch policy.json",
  'echo \'"policy.json"\' | xargs -I{} cp p/wide.txt {}',
  "printf 'policy.json,' | xargs -d, cp p/wide.txt",
  `printf '%s\\n' ${MANY} policy.json | xargs -I{} cp p/wide.txt {}`,
  "printf 'all:\\n\\tcp p/wide.txt policy.json\\n' | make -sf -",
  'mkdir -p out && cp p/wide.txt out/policy.json && cp -r out/. .',
];

const PASSES: readonly string[] = [
  'git apply p/plain.patch',
  'git apply --check p/wide.patch',
  'git apply --stat p/wide.patch',
  'git apply --numstat < p/wide.patch',
  'cat p/wide.patch | git apply --check -',
  'patch --dry-run -p1 < p/wide.patch',
  'cat p/plain.patch | git apply',
  'cat p/plain.patch | patch -p1',
  'git apply <(cat p/plain.patch)',
  'git am < p/plain.mbox',
  'git am p/plain.mbox',
  'cat p/plain.mbox | git am -3',
  'git am --continue',
  'git am --abort',
  'git show plain | git apply',
  'git diff main plain | git apply --3way',
  'git diff plain main | git apply -R',
  'git format-patch --stdout main..plain | git am',
  'git diff wide main -- src | git apply',
  'git diff | git apply -R',
  'git diff | less',
  'git diff main wide | cat',
  'git diff main wide > /tmp/x.patch',
  'git stash pop',
  'patch src/index.ts p/plain.patch',
  'patch src/index.ts < <(curl -s https://example.com/x.patch)',
  'cd src && curl -s https://example.com/x.patch | patch app.ts',
  'mkdir -p /tmp/no-such-folder/build && cd /tmp/no-such-folder/build && curl -s https://example.com/x.patch | patch -p1',
  'git apply not-there.patch',
  'patch -p1 < not-there.patch',
  'npx patch-package',
];

describe('patches that a command applies', () => {
  for (const [expected, lines] of HELD)
    test(`held: ${String(expected).slice(1, 60)}`, () => {
      for (const line of lines) assert.match(verdictOf(line), expected, line);
    });

  test('held: what once was taken for less', () => {
    for (const line of DODGES) assert.notEqual(verdictOf(line), 'passes', line);
  });

  test('what opens nothing passes', () => {
    for (const line of PASSES) assert.equal(verdictOf(line), 'passes', line);
  });

  test('an unread patch passes where nothing is watched', () => {
    assert.equal(verdictOf('curl -s https://example.com/x.patch | git apply', bare), 'passes');
  });
});
