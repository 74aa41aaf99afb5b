import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { DIST, EVERYONE, POLICY, ROLE, Scene } from './hook-scene.ts';

/** A hook that starts slowly, because the machine is busy, loads what a thread needs: one of these finds it quiet. */
const TRIES = 6;

/** What of Node's own takes milliseconds to load. */
const HEAVY = ['crypto', 'net', 'perf_hooks', 'stream', 'worker_threads'];

void describe('what a hook loads', () => {
  const scene = new Scene();
  after(() => scene.remove());
  scene.write('main.ts', 'export const one = 1;\n');
  const spy = join(scene.folder, 'spy.cjs');
  const told = join(scene.folder, 'told.json');
  writeFileSync(
    spy,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.moduleLoadList)));`,
  );
  /** The heavy modules that the second of two such calls loads: the first keeps what is compiled. */
  const loadedBy = async (payload: object): Promise<readonly string[]> => {
    const input = JSON.stringify(payload);
    await scene.hook(payload);

    const { stdout, status } = spawnSync(process.execPath, ['-r', spy, join(DIST, 'hook.js'), 'claude-code'], {
      input,
      cwd: scene.workspace,
      env: scene.env(),
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout], [0, ''], 'it goes on');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written above
    const loaded = new Set(JSON.parse(readFileSync(told, 'utf8')) as readonly string[]);
    return HEAVY.filter((name) => loaded.has(`NativeModule ${name}`));
  };
  const bash = (command: string): object => ({ ...scene.payload('pre-edit'), tool_name: 'Bash', tool_input: { command } });

  for (const [name, payload, loads] of [
    ['a file that nobody watches', scene.edit('main.ts', 'one = 1', 'one = 2'), []],
    ['a harmless command', bash('git status && ls -la'), []],
    ['a watched policy that opens nothing', scene.edit('policy.json', '"Version"', ' "Version"'), []],
    // Setting a flag of V8 loads streams.
    ['a command read with the grammar', bash('mkdir -p build && cp main.ts build/main.ts'), ['stream']],
  ] as const) {
    void test(name, async () => {
      const needless = async (): Promise<readonly string[]> => {
        const seen = await loadedBy(payload);
        return seen.filter((heavy) => !(loads as readonly string[]).includes(heavy));
      };
      let found = await needless();
      for (let tries = 1; tries < TRIES && found.length > 0; tries++) found = await needless();
      assert.deepEqual(found, []);
    });
  }

  void test('what is held is held without a thread, and no disk is waited for but aside', async () => {
    const held = (session: string): object => ({ ...scene.edit('policy.json', ROLE, EVERYONE), session_id: session });
    const atOnce = join(scene.folder, 'at-once.cjs');
    // A thread of its own would take this over, and fail by it.
    writeFileSync(atOnce, `require('node:fs').fsyncSync = () => { throw new Error('waited for at once'); };`);
    await scene.hook(held('s-0'));
    rmSync(join(scene.state, 'log'), { recursive: true });
    for (const room of ['keys', 'holds', 'log.head.json']) rmSync(join(scene.state, room), { recursive: true });
    for (const session of ['s-1', 's-2', 's-2']) {
      let stdout = '';
      for (let tries = 0; tries < TRIES && !stdout.includes('Held by Countersign'); tries++) {
        rmSync(join(scene.state, 'refusals'), { recursive: true, force: true });
        ({ stdout } = spawnSync(process.execPath, ['-r', atOnce, join(DIST, 'hook.js'), 'claude-code'], {
          input: JSON.stringify(held(session)),
          cwd: scene.workspace,
          env: scene.env(),
          encoding: 'utf8',
        }));
      }
      assert.match(stdout, /Held by Countersign/);
    }
    const verified = await scene.cli(['log', 'verify']);
    assert.match(verified.stdout, /is whole: 3 records/);
  });

  void test('a payload in a file is read as well', () => {
    const file = join(scene.folder, 'payload.json');
    writeFileSync(file, JSON.stringify(scene.edit('policy.json', ROLE, EVERYONE)));
    const input = openSync(file, 'r');
    try {
      const { stdout } = spawnSync(process.execPath, [join(DIST, 'hook.js'), 'claude-code'], {
        stdio: [input, 'pipe', 'pipe'],
        cwd: scene.workspace,
        env: scene.env(),
        encoding: 'utf8',
      });
      assert.match(stdout, /Held by Countersign/);
      assert.equal(scene.read('policy.json'), POLICY);
    } finally {
      closeSync(input);
    }
  });
});

void test('a grammar that is gone closes the gate, though all else is compiled', (context) => {
  const scene = new Scene();
  context.after(() => scene.remove());
  const dist = join(scene.folder, 'dist');
  cpSync(DIST, dist, { recursive: true });
  const run = () =>
    spawnSync(process.execPath, [join(dist, 'hook.js'), 'claude-code'], {
      input: JSON.stringify({
        ...scene.payload('pre-edit'),
        tool_name: 'Bash',
        tool_input: { command: 'mkdir -p one && cp transcript.jsonl one/' },
      }),
      cwd: scene.workspace,
      env: scene.env(),
      encoding: 'utf8',
    });
  for (let times = 0; times < 2; times++) {
    const { status, stdout } = run();
    assert.deepEqual([status, stdout], [0, ''], 'it goes on while the grammar is there');
  }
  rmSync(join(dist, 'tree-sitter-bash.wasm'));
  const { status, stdout, stderr } = run();
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /closed the gate/);
});

void test('what ships is ASCII, which V8 reads faster', () => {
  const parts = readdirSync(join(DIST, 'lib')).filter((name) => name.startsWith('hook-review-'));
  assert.ok(parts.length > 5);
  for (const name of ['hook.js', 'hook-review.js', 'shell.js', ...parts.map((part) => join('lib', part))]) {
    const text = readFileSync(join(DIST, name), 'latin1');
    assert.ok(text.length > 1000);
    const at = text.search(/[\u0080-\u00FF]/);
    assert.equal(at, -1, `${name} has another character at ${at}`);
  }
});
