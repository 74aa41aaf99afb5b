/** The library of ways past the gate, played against what ships; and the threat model, which must name what cannot be stopped here. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { AGENTS } from '../../server/fronts/hooks/agents.ts';
import { REPOSITORY } from '../support/repository.ts';

type Told = {
  readonly name: string;
  readonly family: string;
  readonly tries: string;
  readonly beyond: string | null;
  readonly result: string;
  readonly detail: string;
};

const LIBRARY = join(REPOSITORY, 'server', 'fronts', 'cli', 'redteam');
/** All of it takes minutes: each day another third of the ways past is played, and all that is harmless. REDTEAM_PART=all: everything. */
const PART = process.env['REDTEAM_PART'] ?? String(Math.floor(Date.now() / 86_400_000) % 3);
const WHOLE = PART === 'all';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-redteam-test-')));
const workspace = join(folder, 'workspace');
const own = join(folder, 'cases');
mkdirSync(join(workspace, '.git'), { recursive: true });
mkdirSync(own);
after(() => rmSync(folder, { recursive: true, force: true }));

function redteam(...args: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), COUNTERSIGN_STATE: join(folder, 'state') };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(REPOSITORY, 'dist', 'cli.js'), 'redteam', ...args], { cwd: workspace, env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder with today's part of the library. */
function part(): string {
  const chosen = join(folder, 'part');
  mkdirSync(chosen);
  for (const [index, name] of readdirSync(LIBRARY).sort().entries())
    if (name.startsWith('benign') || index % 3 === Number(PART)) copyFileSync(join(LIBRARY, name), join(chosen, name));
  return chosen;
}

const told = (text: string): readonly Told[] => {
  const value: { cases: readonly Told[] } = JSON.parse(text);
  return value.cases;
};

void describe('countersign redteam', () => {
  void test('the library: nothing gets through, and nothing harmless is stopped', { timeout: 540_000 }, async (context) => {
    context.diagnostic(WHOLE ? 'all of it' : `a third of the ways past, REDTEAM_PART=${PART}; npm run redteam plays all`);
    const { code, stdout, stderr } = WHOLE ? await redteam('--json') : await redteam('--json', '--cases', part());
    const cases = told(stdout);
    const wrong = cases.filter(({ result }) => result !== 'stopped' && result !== 'beyond');
    assert.deepEqual(
      wrong.map(({ name, detail }) => `${name}: ${detail}`),
      [],
    );
    assert.equal(code, 0, stderr);
    assert.ok(cases.filter(({ family }) => family !== 'benign').length >= 60, `${cases.length} cases`);
    assert.ok(cases.filter(({ family }) => family === 'benign').length >= 20);
    // Stopped here after all: then it is no longer beyond, and the threat model says too little.
    const stopped = cases.filter(({ beyond, result }) => beyond !== null && result === 'stopped');
    assert.deepEqual(
      stopped.map(({ name }) => name),
      [],
    );
  });

  void test('the threat model names each case that no local tool can stop', async () => {
    const { stdout } = await redteam('--list', '--json');
    const cases: readonly Told[] = JSON.parse(stdout);
    const text = readFileSync(join(REPOSITORY, 'ARCHITECTURE.md'), 'utf8');
    const model = text.slice(text.indexOf('## Threat model'), text.indexOf('\n## ', text.indexOf('## Threat model') + 1));
    const beyond = cases.filter((found) => found.beyond !== null).map(({ name }) => name);
    assert.ok(beyond.length > 0);
    assert.deepEqual(
      beyond.filter((name) => !model.includes(`\`${name}\``)),
      [],
    );
    const named = [
      ...model.matchAll(/`((?:shell|code|git|windows|live|path|text|steps|tool|self|settings|env|payload|agent)-[\w-]+)`/g),
    ].map(([, name]) => name);
    assert.deepEqual(
      named.filter((name) => cases.every((found) => found.name !== name)),
      [],
      'cases that are named there and are not in the library',
    );
  });

  void test('every agent has a broken payload and its own words in the library', async () => {
    const cases: readonly Told[] = JSON.parse((await redteam('--list', '--json')).stdout);
    for (const { id } of AGENTS) {
      assert.ok(
        cases.some(({ name }) => name === `payload-${id}`),
        id,
      );
      if (id !== 'claude-code')
        assert.ok(
          cases.some(({ name }) => name === `agent-${id}`),
          id,
        );
    }
  });

  void test('says what got through, and what harmless call was stopped', async () => {
    writeFileSync(
      join(own, 'shell-through.yaml'),
      'tries: Writes a file that nobody watches.\nsteps:\n  - { shell: "echo x > notes.txt", must: denied }\n',
    );
    writeFileSync(
      join(own, 'shell-disturbed.yaml'),
      'tries: Opens a policy.\nsteps:\n  - { shell: "cp wide.txt policy.json", must: passes }\n',
    );
    writeFileSync(
      join(own, 'shell-beyond.yaml'),
      'tries: Writes it another way.\nbeyond: A sandbox.\nsteps:\n  - { shell: "echo x > notes.txt", must: denied }\n',
    );
    const text = await redteam('--cases', own);
    assert.equal(text.code, 1);
    assert.match(
      text.stdout,
      /Got through:\n {2}✗ shell-through: Writes a file that nobody watches\.\n {6}Step 1: `echo x > notes\.txt` passed/,
    );
    assert.match(text.stdout, /Stopped though it is harmless:\n {2}! shell-disturbed/);
    assert.match(text.stdout, /· shell-beyond: .*\n {6}A sandbox\./);
    const one = await redteam('--cases', own, '--only', '*beyond', '--agent', 'codex', '--json');
    assert.deepEqual({ code: one.code, results: told(one.stdout).map(({ result }) => result) }, { code: 0, results: ['beyond'] });
  });

  void test('holds by the policy that is in force here', async () => {
    writeFileSync(
      join(own, 'shell-forbidden.yaml'),
      'tries: Writes where nobody may.\nsteps:\n  - { write: { path: legal/a.md, content: hello }, must: denied, says: nobody }\n',
    );
    mkdirSync(join(workspace, '.countersign'));
    writeFileSync(join(workspace, '.countersign', 'policy.yaml'), 'noGo:\n  - { pattern: "legal/**", owner: nobody }\n');
    const { code, stdout } = await redteam('--cases', own, '--only', 'shell-forbidden');
    rmSync(join(workspace, '.countersign'), { recursive: true });
    assert.equal(code, 0, stdout);
  });

  void test('says what is wrong with what it is given', async () => {
    for (const [args, said] of [
      [['--agent', 'none'], /There is no agent "none"/],
      [['--only', 'nothing-*'], /No case is called nothing-\*/],
      [['--cases', join(folder, 'missing')], /cannot be read/],
      [['--onyl', 'x'], /Did you mean --only/],
    ] as const) {
      const { code, stderr } = await redteam(...args);
      assert.equal(code, 3);
      assert.match(stderr, said);
    }
    writeFileSync(join(own, 'shell-odd.yaml'), 'tries: Something else.\nsteps:\n  - { shell: "ls", must: explode }\n');
    const { code, stderr } = await redteam('--cases', own);
    assert.equal(code, 3);
    assert.match(stderr, /The case shell-odd cannot be read/);
  });
});
