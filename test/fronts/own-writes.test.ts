import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { runCli } from '../../server/fronts/cli/run.ts';
import { digestKeyOf, plainEvent } from '../../server/gate/digest-key.ts';
import { OwnWrites } from '../../server/gate/own-writes.ts';
import { readRecords } from '../../server/ledger/open.ts';
import { temporaryFolder } from '../gate/builders.ts';
import { REPOSITORY } from '../support/repository.ts';

// Commands find the programs beside them; in the bundle of a test that is what was built.
Object.assign(globalThis, { __dirname: join(REPOSITORY, 'dist') });

const PASSPHRASE = 'correct horse battery';
const WORKFLOW = '.github/workflows/countersign.yml';
const SETTINGS = '.claude/settings.json';
const LOCK = '.countersign/packs/packs.lock';

type Ran = { readonly code: number; readonly out: string };

/** A repository of one person’s, with a key. */
async function scene(context: TestContext) {
  const folder = temporaryFolder(context);
  const [home, state, workspace] = [join(folder, 'home'), join(folder, 'state'), join(folder, 'repository')];
  for (const each of [home, workspace]) mkdirSync(each);
  const env = { PATH: process.env['PATH'], HOME: home, COUNTERSIGN_STATE: state, GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args: string[]): string => {
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    const ran = spawnSync('git', [...who, ...args], { cwd: workspace, env, encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stderr);
    return ran.stdout;
  };
  /** `typed`: the lines of a person at a terminal; undefined: nobody is there. */
  const run = async (args: readonly string[], typed?: readonly string[]): Promise<Ran> => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    if (typed === undefined) stdin.end();
    else Object.assign(stdin, { isTTY: true }).write(typed.map((line) => `${line}\n`).join(''));
    const code = await runCli(args, { stdin, stdout, stderr, env, cwd: workspace, now: () => new Date() });
    return { code, out: `${String(stdout.read() ?? '')}${String(stderr.read() ?? '')}` };
  };
  /** What the watch over the disk would say of this file now. `before`: '' where there was none. */
  const isExplained = async (path: string, before: string): Promise<boolean> => {
    const own = new OwnWrites();
    const key = digestKeyOf(state);
    for await (const { record } of readRecords(join(state, 'log'), 1)) own.take(plainEvent(record.event, key));
    return own.explains(join(workspace, path), digest(before), digest(read(path)));
  };
  const read = (path: string): string => (existsSync(join(workspace, path)) ? readFileSync(join(workspace, path), 'utf8') : '');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  };
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  const made = await run(['key', 'new'], [PASSPHRASE, PASSPHRASE]);
  assert.equal(made.code, 0, made.out);
  return { git, run, read, write, isExplained, workspace, env };
}

function digest(text: string): string {
  return text === '' ? '' : createHash('sha256').update(text).digest('hex');
}

void test('init --ci, answered in a terminal: nobody is asked again before the commit, and any other text is', async (context) => {
  const { git, run, isExplained, read, write, workspace } = await scene(context);
  const done = await run(['init', '--ci', 'github'], ['y']);
  assert.equal(done.code, 0, done.out);
  const keys = readdirSync(join(workspace, '.countersign/keys')).map((name) => `.countersign/keys/${name}`);
  assert.equal(keys.length, 1);
  for (const path of [WORKFLOW, ...keys]) assert.ok(await isExplained(path, ''), path);
  git('add', '-A');
  const staged = await run(['check', '--staged']);
  assert.equal(staged.code, 0, staged.out);

  const whole = read(WORKFLOW);
  write(WORKFLOW, whole.replace('security-events: write', 'contents: write'));
  git('add', '-A');
  const changed = await run(['check', '--staged']);
  assert.equal(changed.code, 1, changed.out);
  assert.match(changed.out, /Job countersign can change/);
  assert.equal(await isExplained(WORKFLOW, ''), false);
  write(WORKFLOW, whole);
  write('.countersign/keys/eve.pub', read(keys[0] ?? ''));
  git('add', '-A');
  const beside = await run(['check', '--staged']);
  assert.equal(beside.code, 1, beside.out);
  assert.match(beside.out, /Refused: \.countersign\/keys\/eve\.pub/);
  assert.match(beside.out, /1 of 1 expansions?/, 'and nothing else');
});

void test('init --ci that nobody answered says so, and its key waits for a person', async (context) => {
  const { git, run, isExplained } = await scene(context);
  const done = await run(['init', '--ci', 'github', '--yes']);
  assert.equal(done.code, 0, done.out);
  assert.match(done.out, /Nobody answered in a terminal/);
  assert.equal(await isExplained(WORKFLOW, ''), false);
  git('add', '-A');
  const staged = await run(['check', '--staged']);
  assert.equal(staged.code, 1, staged.out);
  assert.match(staged.out, /Refused: \.countersign\/keys\//);
  // The workflow itself lets nobody in, and is exactly what init writes.
  assert.doesNotMatch(staged.out, /Refused: \.github/);
});

void test('what is typed in one repository explains nothing in another, and on a branch of others nothing at all', async (context) => {
  const { git, run } = await scene(context);
  assert.equal((await run(['init', '--ci', 'github'], ['y'])).code, 0);
  git('checkout', '-q', '-b', 'setup');
  git('add', '-A');
  git('commit', '-q', '-m', 'ask in CI');
  const merged = await run(['check', '--base', 'main']);
  assert.equal(merged.code, 1, 'the log of one machine decides nothing for all');
  assert.match(merged.out, /Refused: \.countersign\/keys\//);
});

void test('init --undo: a person’s answer in a terminal explains it, and nothing else does', async (context) => {
  const { run, read, isExplained, workspace, env } = await scene(context);
  const cli = join(REPOSITORY, 'dist/cli.js');
  const wire = () => spawnSync(process.execPath, [cli, 'init', '--agent', 'claude-code', '--yes'], { cwd: workspace, env }).status;
  assert.equal(wire(), 0);
  const wired = read(SETTINGS);
  assert.match(wired, /countersign-hook/);
  assert.equal((await run(['init', '--undo'], ['n'])).code, 1);
  assert.equal(read(SETTINGS), wired);
  assert.equal((await run(['init', '--undo', '--yes'], [])).code, 0);
  assert.equal(await isExplained(SETTINGS, wired), false, '--yes is no answer, terminal or not');
  assert.equal(wire(), 0);
  assert.equal((await run(['init', '--undo'], ['y'])).code, 0);
  assert.ok(await isExplained(SETTINGS, wired));
});

void test('packs: what is typed at a terminal is a command’s own, what a program starts is not, and neither explains the rest', async (context) => {
  const { git, run, read, write, isExplained } = await scene(context);
  write('source/.keep', '');
  assert.equal((await run(['pack', 'new', 'team-rules', '--out', 'source'])).code, 0);
  const pack = '.countersign/packs/team-rules/team-rules.pack.yaml';
  assert.equal((await run(['pack', 'add', 'source'])).code, 0);
  assert.equal(await isExplained(pack, ''), false, 'no terminal');
  const lock = read(LOCK);
  write('.countersign/packs/team-rules/team-rules.pack.yaml', `${read(pack)}# reviewed\n`);
  assert.equal((await run(['pack', 'lock'], [])).code, 0);
  assert.ok(await isExplained(LOCK, lock));
  assert.equal(await isExplained(pack, ''), false, 'locking says nothing of who wrote the pack');
  assert.equal((await run(['pack', 'new', 'other-rules', '--out', '.countersign/packs'], [])).code, 0);
  assert.ok(await isExplained('.countersign/packs/other-rules.pack.yaml', ''));
  git('add', '-A', '.countersign');
  const staged = await run(['check', '--staged']);
  assert.equal(staged.code, 1, staged.out);
  assert.match(staged.out, /Refused: \.countersign\/packs\/team-rules/);
  assert.doesNotMatch(staged.out, /Refused: \.countersign\/packs\/other-rules/);
});

void test('packs that a person adds at a terminal are asked for no more before the commit', async (context) => {
  const { git, run } = await scene(context);
  assert.equal((await run(['pack', 'new', 'team-rules', '--out', 'source'])).code, 0);
  assert.equal((await run(['pack', 'add', 'source'], [])).code, 0);
  git('add', '-A', '.countersign');
  const staged = await run(['check', '--staged']);
  assert.equal(staged.code, 0, staged.out);
});
