import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { policyCommand } from '../../server/fronts/cli/policy.ts';
import { policyKind } from '../../server/fronts/lsp/policies/policy-kind.ts';
import { startClient } from './lsp-client.ts';

type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** A home and a workspace of its own with these files, and the command in it. */
function place(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-policy-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'work'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const run = async (...args: string[]): Promise<Ran> => {
    const sink = () => {
      const chunks: string[] = [];
      const stream = new Writable({
        write: (chunk, _encoding, done) => {
          chunks.push(String(chunk));
          done();
        },
      });
      return { stream, text: () => chunks.join('') };
    };
    const [stdout, stderr] = [sink(), sink()];
    const code = await policyCommand(args, {
      stdout: stdout.stream,
      stderr: stderr.stream,
      stdin: new PassThrough(),
      env: { HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), COUNTERSIGN_STATE: join(folder, 'state') },
      cwd: join(folder, 'work'),
      now: () => new Date('2026-06-01T00:00:00Z'),
    });
    return { code, out: stdout.text(), err: stderr.text() };
  };
  return { folder, write, run };
}

const WORKSPACE = 'work/.countersign/policy.yaml';
const USER = 'config/countersign/policy.yaml';

const usage: readonly (readonly [readonly string[], number, RegExp])[] = [
  [[], 3, /countersign policy show/],
  [['--help'], 0, /organization {3}\/etc\/countersign\/policy\.yaml/],
  [['chek'], 3, /Did you mean: countersign policy check/],
  [['show', '--jsn'], 3, /no flag --jsn\. Did you mean --json\?/],
  [['show', 'a', 'b'], 3, /"b" is one more/],
  [['check', 'none.yaml'], 3, /There is no file .*none\.yaml/],
  [['check', '--workspace', 'nowhere'], 3, /no folder .*nowhere/],
  [['schema', 'x'], 3, /takes no file/],
  [['check'], 0, /no policy file here: what is built in holds/],
  [['show'], 0, /No policy file: what is built in holds[\s\S]*verdicts\.critical +acknowledge +built in/],
];
for (const [args, code, said] of usage) {
  void test(`policy ${args.join(' ')} → ${code}`, async (t) => {
    const ran = await place(t).run(...args);
    assert.equal(ran.code, code, ran.err);
    assert.match(code === 3 ? ran.err : ran.out, said);
  });
}

void test('policy show: effective values, their places, what was tried, and what holds for a path', async (t) => {
  const { folder, run } = place(t, {
    [USER]: 'verdicts:\n  medium: note\n',
    [WORKSPACE]:
      'verdicts:\n  low: acknowledge\n  high: note\nenvironments:\n  prod:\n    match: [infra/prod/**]\n    verdicts: {medium: approve}\nnoGo:\n  - {pattern: infra/id/**, owner: Security}\n',
  });
  const text = await run('show');
  assert.equal(text.code, 0);
  assert.match(text.out, /verdicts\.medium +note +.*config\/countersign\/policy\.yaml, line 2, column 3/);
  assert.match(text.out, /verdicts\.low +acknowledge +.*work\/\.countersign\/policy\.yaml, line 2, column 3/);
  assert.match(text.out, /verdicts\.high +acknowledge +built in/);
  assert.match(text.out, /Tried, without effect:\n {2}.*policy\.yaml, line 3, column 3: a workspace may only tighten/);
  const json = JSON.parse((await run('show', '--json', 'infra/prod/a.json')).out) as {
    usable: boolean;
    digest: string;
    layers: { of: string; state: string }[];
    settings: { key: string; value: unknown; from: { of: string; file?: string; line?: number } }[];
    refused: unknown[];
    path: { environments: string[]; verdicts: Record<string, string>; noGo: unknown[] };
  };
  assert.deepEqual([json.usable, json.digest.length, json.refused.length], [true, 64, 1]);
  assert.deepEqual(json.layers.map(({ of, state }) => [of, state]).slice(1), [
    ['user', 'in force'],
    ['workspace', 'in force'],
  ]);
  assert.deepEqual(json.settings.find(({ key }) => key === 'verdicts.low')?.from, {
    of: 'workspace',
    file: join(folder, WORKSPACE),
    line: 2,
    column: 3,
  });
  assert.deepEqual([json.path.environments, json.path.verdicts['medium'], json.path.noGo], [['prod'], 'approve', []]);
  assert.match((await run('show', 'infra/id/x.json')).out, /no-go zone +infra\/id\/\*\* \(.*line 9, column 5, ask Security\)/);
});

void test('policy show: a policy that cannot be used is 3, with the place, and the rest is shown', async (t) => {
  const { run } = place(t, { [USER]: 'retryMinutes: 3', [WORKSPACE]: 'verdicts:\n  high: never' });
  const { code, out } = await run('show');
  assert.equal(code, 3);
  assert.match(out, /workspace +not usable/);
  assert.match(out, /gate is closed on watched files:\n {2}.*line 2, column 3: A verdict is one of/);
  assert.match(out, /retryMinutes +3/);
});

/** A policy of the workspace; the lines of what is said, and the exit code without and with --strict. */
const CHECKS: readonly (readonly [string, readonly string[], number, number])[] = [
  ['verdicts: {low: acknowledge}\n', [], 0, 0],
  ['verdicts:\n  hgih: forbid\n', ['2:3: error: the key “hgih” is not known here'], 1, 1],
  ['verdicts:\n  high: note\n  info: note\n', ['2:3: error: a workspace may only tighten the policy: high is “acknowledge”'], 1, 1],
  ['noGo:\n  - src/**\n  - gone/**\n', ['3:5: warning: the no-go pattern “gone/**” matches no file'], 0, 1],
  ['noGo: [prod-payroll]\n', [], 0, 0],
  ['noGo: [a.ts, a.ts]\n', [], 0, 0],
  ['watch:\n  - gone/**\n', ['2:5: warning: the watched pattern “gone/**” matches no file'], 0, 1],
  [
    'ignore:\n  - {rule: k8s-host-network, path: src/**, reason: it is a test fixture only, until: "2026-05-31"}\n',
    ['2:5: warning: the ignore of k8s-host-network expired on 2026-05-31'],
    0,
    1,
  ],
  [
    'ignore:\n  - {rule: governing-file-changed, path: src/**, reason: it is a test fixture only, until: "2026-06-30"}\n',
    ['2:5: warning: the rule governing-file-changed cannot be ignored'],
    0,
    1,
  ],
  [
    'ignore:\n  - {rule: frobnicated, path: src/**, reason: it is a test fixture only, until: "2026-06-30"}\n',
    ['2:5: warning: there is no rule “frobnicated”'],
    0,
    1,
  ],
  ['environments:\n  prod: {match: [src/**], verdicts: {}}\n', ['2:3: warning: prod has no verdicts'], 0, 1],
  [
    'environments:\n  prod:\n    match: [src/**]\n    verdicts: {high: acknowledge}\n',
    ['4:16: warning: high is “acknowledge” everywhere'],
    0,
    1,
  ],
  ['verdicts: [\n', [': error: not valid YAML'], 1, 1],
];
for (const [text, expected, code, strict] of CHECKS) {
  void test(`policy check: ${JSON.stringify(text)}`, async (t) => {
    const { folder, run } = place(t, { [WORKSPACE]: text, 'work/src/a.ts': '' });
    const ran = await run('check');
    assert.equal(ran.code, code, ran.out);
    assert.equal((await run('check', '.countersign/policy.yaml', '--strict')).code, strict);
    const lines = ran.out.trim().split('\n').slice(0, -1);
    assert.equal(lines.length, expected.length, ran.out);
    for (const [index, part] of expected.entries()) {
      assert.ok(lines[index]?.startsWith(`${join(folder, WORKSPACE)}:`) && lines[index].includes(part), `${lines[index]}\nlacks ${part}`);
    }
    const json = JSON.parse((await run('check', '--json')).out) as {
      ok: boolean;
      problems: { line: number; column: number; level: string }[];
    };
    assert.deepEqual([json.ok, json.problems.length], [code === 0, expected.length]);
  });
}

void test('policy check: a file beside is checked as a workspace’s', async (t) => {
  const { run } = place(t, { 'work/proposed.yaml': 'retryMinutes: 60\n', [USER]: 'retryMinutes: 30\n' });
  const { code, out } = await run('check', 'proposed.yaml');
  assert.equal(code, 1);
  assert.match(out, /proposed\.yaml:1:1: error: a workspace may only tighten the policy: at most 30 minutes/);
});

void test('policy schema prints the schema', async (t) => {
  const { code, out } = await place(t).run('schema');
  assert.equal(code, 0);
  assert.match(out, /"title": "Countersign policy"/);
});

void test('in the editor: mistakes and attempts are shown where they stand, and go when they are mended', async () => {
  const client = await startClient();
  try {
    const path = '.countersign/policy.yaml';
    client.open(path, 'verdicts:\n  high: note\n');
    const attempt = await client.diagnostics(path, (found) => found.some(({ code }) => code === 'policy-loosened'));
    assert.match(attempt.find(({ code }) => code === 'policy-loosened')?.message ?? '', /A workspace may only tighten/);
    client.change(path, 2, 'verdicts:\n  high: nothing\n');
    const mistakes = await client.diagnostics(path, (found) => found.some(({ code }) => code === 'policy'));
    const [mistake] = mistakes.filter(({ code }) => code === 'policy');
    assert.deepEqual([mistake?.range.start, mistake?.severity], [{ line: 1, character: 2 }, 1]);
    assert.match(mistake?.message ?? '', /A verdict is one of allow.*gate is closed on watched files/);
    client.change(path, 3, 'verdicts:\n  high: forbid\n');
    await client.diagnostics(path, (found) => found.every(({ code }) => code !== 'policy' && code !== 'policy-loosened'));
  } finally {
    await client.end();
  }
});

void test('in the editor: keys and words are offered', () => {
  const { complete, owns } = policyKind({ folders: () => ['/w'], stateFolder: '/none', now: () => new Date() });
  const labels = (text: string) => {
    const before = text.slice(0, text.indexOf('|')).split('\n');
    return complete(text.replace('|', ''), before.length - 1, before.at(-1)?.length ?? 0).map(({ label }) => label);
  };
  assert.ok(['verdicts', 'noGo', 'environments', 'presence'].every((key) => labels('|').includes(key)));
  assert.deepEqual(labels('verdicts:\n  high: |'), ['allow', 'note', 'acknowledge', 'approve', 'forbid']);
  assert.deepEqual(labels('environments:\n  prod:\n    |'), ['match', 'verdicts']);
  assert.deepEqual(labels('presence:\n  critical: t|'), ['none', 'touch', 'verified']);
  for (const [uri, expected] of [
    ['file:///w/.countersign/policy.yaml', true],
    ['file:///etc/countersign/policy.yaml', process.platform === 'linux'],
    ['file:///w/docs/policy.yaml', false],
    ['file:///w/.countersign/packs/policy.yaml', false],
  ] as const) {
    assert.equal(owns(uri), expected, uri);
  }
});
