import assert from 'node:assert/strict';
import { isBare, madeFiles } from '../../server/fronts/cli/made-files.ts';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Settings } from '../../server/fronts/cli/json-settings.ts';
import { launcherText } from '../../server/fronts/cli/launcher.ts';
import { WIRINGS } from '../../server/fronts/cli/wiring.ts';
import { DIST, Scene } from './hook-scene.ts';

const [CLAUDE] = WIRINGS.find(({ id }) => id === 'claude-code')?.files('project') ?? [];
assert.ok(CLAUDE);
const mergeHooks = (text: string, file: string, command: string): Settings => CLAUDE.merge(text, file, command);
const removeHooks = (text: string, file: string): Settings => CLAUDE.remove(text, file);

const COMMAND = '"$HOME/.local/state/countersign/bin/countersign-hook" claude-code';

const SETTINGS: Readonly<Record<string, string>> = {
  empty: '',
  'an empty object': '{}\n',
  'other keys': '{\n  "model": "opus",\n  "permissions": { "allow": ["Bash(npm test)"] }\n}\n',
  comments: '{\n  // mine\n  "model": "opus" /* why */\n}\n',
  'a comment behind the last key': '{\n  "model": "opus" // why\n}\n',
  'one line': '{"model": "opus"}',
  tabs: '{\n\t"model": "opus"\n}\n',
  'Windows line endings': '{\r\n  "model": "opus"\r\n}\r\n',
  'own hooks': `{
  "hooks": {
    // format what was written
    "PostToolUse": [{ "matcher": "Write", "hooks": [{ "type": "command", "command": "prettier" }] }],
    "Stop": [{ "hooks": [{ "type": "command", "command": "say done" }] }]
  }
}
`,
};

void describe('the agent’s settings', () => {
  for (const [name, text] of Object.entries(SETTINGS)) {
    void test(`${name}: added once, all else kept, taken out again`, () => {
      const merged = mergeHooks(text, 'settings.json', COMMAND);
      assert.ok(merged.ok);
      for (const kept of text.split(/\r?\n/).filter((line) => /\/\/|"command"|model/.test(line))) {
        for (const part of kept
          .trim()
          .replace(/[\]},]+$/, '')
          .split(/(?=\/[/*])/))
          assert.ok(merged.text.includes(part.trim()), `${part}\n${merged.text}`);
      }
      const plain = merged.text
        .replace(/(^|\s)\/\/.*$/gm, '')
        .replace(/\/\*.*?\*\//g, '')
        .replace(/,(\s*[}\]])/g, '$1');
      const hooks: Record<string, { matcher?: string; hooks: object[] }[]> = JSON.parse(plain).hooks;
      for (const event of ['PreToolUse', 'PostToolUse']) {
        assert.deepEqual(hooks[event]?.at(-1), {
          matcher: 'Edit|MultiEdit|Write|NotebookEdit|Bash|PowerShell|Monitor|Config|mcp__.*',
          hooks: [{ type: 'command', command: COMMAND, timeout: 60, onFailure: 'block' }],
        });
      }
      assert.deepEqual(mergeHooks(merged.text, 'settings.json', COMMAND), merged, 'a second time changes nothing');
      const removed = removeHooks(merged.text, 'settings.json');
      assert.ok(removed.ok);
      assert.doesNotMatch(removed.text, /countersign/);
      if (text !== '') assert.equal(removed.text, text, 'exactly ours is gone');
    });
  }

  void test('a launcher that moved is replaced where it stands', () => {
    const before = mergeHooks('{}', 'settings.json', '"/old/bin/countersign-hook" claude-code');
    assert.ok(before.ok);
    const moved = mergeHooks(before.text, 'settings.json', COMMAND);
    assert.ok(moved.ok);
    assert.equal(moved.text, before.text.replaceAll('\\"/old/bin/countersign-hook\\"', JSON.stringify(COMMAND.split(' ')[0]).slice(1, -1)));
  });

  void test('an older hook of ours is brought up to date, and no other', () => {
    const old = {
      hooks: {
        PreToolUse: [
          { matcher: 'Edit|Write', hooks: [{ type: 'command', command: '"/old/bin/countersign-hook" claude-code', timeout: 10 }] },
          { matcher: 'Bash', hooks: [{ type: 'command', command: 'echo countersign-hook claude-code || { true; }; true' }] },
        ],
      },
    };
    const command = `${COMMAND} || { exit 2; }`;
    const merged = mergeHooks(JSON.stringify(old), 'settings.json', command);
    assert.ok(merged.ok);
    const [ours, other] = JSON.parse(merged.text).hooks.PreToolUse;
    assert.deepEqual(ours.hooks, [{ type: 'command', command, timeout: 60, onFailure: 'block' }]);
    assert.deepEqual(other, old.hooks.PreToolUse[1]);
    assert.deepEqual(mergeHooks(merged.text, 'settings.json', command), merged);
    const removed = removeHooks(merged.text, 'settings.json');
    assert.ok(removed.ok);
    assert.deepEqual(JSON.parse(removed.text).hooks, { PreToolUse: [old.hooks.PreToolUse[1]] });
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['a missing brace', '{\n  "model": "opus"\n', /settings\.json is not valid JSON.*line [23]/],
    ['a stray word', '{\n  "model": opus\n}', /not valid JSON.*line 2/],
    ['a list', '[]', /does not hold a JSON object: line 1/],
    ['hooks as a list', '{\n "hooks": []\n}', /"hooks" that is not an object: line 2/],
    ['an event as an object', '{"hooks": {"PreToolUse": {}}}', /"PreToolUse" that is not a list: line 1/],
    ['a key twice', '{"hooks": {},\n"hooks": {}}', /"hooks" twice: line 2/],
  ];
  for (const [name, text, expected] of refused) {
    void test(`${name}: refused with its line`, () => {
      for (const result of [mergeHooks(text, 'settings.json', COMMAND), removeHooks(text, 'settings.json')]) {
        assert.ok(!result.ok);
        assert.match(result.problem, expected);
        assert.match(result.problem, /Nothing was written\.$/);
      }
    });
  }
});

void describe('countersign init', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.remove());
  const file = (): string => join(scene.workspace, '.claude', 'settings.json');

  void test('shows what it will write and asks; no is the default', async () => {
    const asked = await scene.cli(['init'], { input: '\n' });
    assert.equal(asked.code, 1);
    assert.match(asked.stdout, /\+ .*countersign-hook.*[\s\S]*Write this\? \[y\/N\]/);
    const dry = await scene.cli(['init', '--dry-run']);
    assert.equal(dry.code, 0);
    assert.ok(!existsSync(file()));
    assert.equal((await scene.cli(['init'], { input: 'y\n' })).code, 0);
    assert.ok(existsSync(file()));
  });

  void test('what it writes is a hook that holds an edit, started as the agent starts it', async () => {
    assert.equal((await scene.cli(['init', '--yes'])).code, 0);
    const [group] = JSON.parse(readFileSync(file(), 'utf8')).hooks.PreToolUse;
    const command: string = group.hooks[0].command;
    const started = performance.now();
    const ran = spawnSync('/bin/sh', ['-c', command], {
      input: JSON.stringify(scene.payload('pre-edit')),
      env: scene.env(),
      encoding: 'utf8',
    });
    assert.match(ran.stdout, /"permissionDecision":"deny".*Held by Countersign/, `${ran.stderr} ${performance.now() - started} ms`);
    // The agent's own environment need not name the state folder.
    const elsewhere = spawnSync('/bin/sh', ['-c', command], {
      input: JSON.stringify(scene.payload('pre-edit')),
      env: { HOME: scene.home, PATH: '/nonexistent' },
      encoding: 'utf8',
    });
    assert.match(elsewhere.stdout, /Held by Countersign/, elsewhere.stderr);
  });

  void test('whatever becomes of the launcher, the agent is told to stop', async () => {
    assert.equal((await scene.cli(['init', '--yes'])).code, 0);
    const command: string = JSON.parse(readFileSync(file(), 'utf8')).hooks.PreToolUse[0].hooks[0].command;
    const run = (env: NodeJS.ProcessEnv = {}) =>
      spawnSync('/bin/sh', ['-c', command], { input: JSON.stringify(scene.payload('pre-edit')), env: scene.env(env), encoding: 'utf8' });
    const launcher = join(scene.state, 'bin', 'countersign-hook');
    // What the agent's settings put into its environment changes nothing.
    const elsewhere = join(scene.folder, 'elsewhere');
    writeFileSync(join(scene.folder, 'evil.cjs'), 'process.exit(0)');
    const bent = run({ COUNTERSIGN_STATE: elsewhere, NODE_OPTIONS: `--require ${join(scene.folder, 'evil.cjs')}` });
    assert.match(bent.stdout, /Held by Countersign/, bent.stderr);
    assert.ok(!existsSync(elsewhere));
    for (const script of ['#!/bin/sh\nkill -9 $$\n', '#!/bin/sh\nexit 1\n', '#!/bin/sh\nexit 134\n', undefined]) {
      if (script === undefined) rmSync(scene.state, { recursive: true });
      else writeFileSync(launcher, script);
      const ran = run();
      assert.equal(ran.status, 2, script);
      assert.match(ran.stderr, /Countersign closed the gate/, script);
    }
  });

  void test('twice is once, and undo leaves the file as it was', async () => {
    mkdirSync(join(scene.workspace, '.claude'));
    const before = '{\n  // mine\n  "model": "opus"\n}\n';
    writeFileSync(file(), before);
    assert.equal((await scene.cli(['init', '--yes'])).code, 0);
    const once = readFileSync(file(), 'utf8');
    assert.match((await scene.cli(['init', '--yes'])).stdout, /Nothing to do/);
    assert.equal(readFileSync(file(), 'utf8'), once);
    assert.equal((await scene.cli(['init', '--undo', '--yes'])).code, 0);
    assert.equal(readFileSync(file(), 'utf8'), before);
    assert.match((await scene.cli(['init', '--undo', '--yes'])).stdout, /^Nothing of Countersign/);
  });

  void test('which files init made is remembered; unasked, undoing leaves them for the watch over the disk to see', async () => {
    const hooks = join(scene.workspace, '.cursor/hooks.json');
    mkdirSync(join(scene.workspace, '.claude'));
    writeFileSync(file(), '{}');
    assert.equal((await scene.cli(['init', '--agent', 'claude-code,cursor', '--yes'])).code, 0);
    assert.deepEqual([...madeFiles(scene.state)], [hooks], 'the other was there');
    assert.equal((await scene.cli(['init', '--undo', '--yes'])).code, 0);
    assert.ok(existsSync(hooks) && isBare(readFileSync(hooks, 'utf8')));
    assert.deepEqual([...madeFiles(scene.state)], []);
  });

  void test('a malformed file is named with its line and stays as it is', async () => {
    mkdirSync(join(scene.workspace, '.claude'));
    writeFileSync(file(), '{\n  "model": \n}');
    const ran = await scene.cli(['init', '--yes']);
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /settings\.json is not valid JSON.*line 3/);
    assert.equal(readFileSync(file(), 'utf8'), '{\n  "model": \n}');
  });

  void test('--scope user writes into the home folder, through a link', async () => {
    mkdirSync(join(scene.home, '.claude'));
    writeFileSync(join(scene.home, 'dotfiles.json'), '{}');
    symlinkSync(join(scene.home, 'dotfiles.json'), join(scene.home, '.claude', 'settings.json'));
    assert.equal((await scene.cli(['init', '--scope', 'user', '--yes'])).code, 0);
    assert.match(readFileSync(join(scene.home, 'dotfiles.json'), 'utf8'), /countersign-hook/);
    assert.ok(!existsSync(file()));
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--agent', 'nobody'], /No hook for "nobody"/],
    [['--scope', 'team'], /--scope is project or user/],
    [['--yess'], /Did you mean --yes\?/],
  ];
  for (const [args, expected] of wrong) {
    void test(`init ${args.join(' ')}: an error that helps`, async () => {
      const ran = await scene.cli(['init', ...args]);
      assert.equal(ran.code, 3);
      assert.match(ran.stderr, expected);
    });
  }
});

void describe('the launcher', { skip: process.platform === 'win32' && 'a shell script' }, () => {
  const facts = { hook: join(DIST, 'hook.js'), node: process.execPath, electron: false, state: '/state' };
  const launch = (script: string, path: string): ReturnType<typeof spawnSync> =>
    spawnSync('/bin/sh', ['-c', script, 'hook', 'nobody'], { input: '{}', env: { PATH: path }, encoding: 'utf8' });

  void test('falls back to another Node.js when the one it knows is gone', () => {
    const ran = launch(launcherText({ ...facts, node: '/gone/node' }), process.env['PATH'] ?? '');
    assert.match(String(ran.stderr), /knows no agent/);
  });

  void test('blocks with a reason when there is nothing to run on, and when the hook is gone', () => {
    for (const [script, expected] of [
      [launcherText({ ...facts, node: '/gone/node' }), /found no Node\.js/],
      [launcherText({ ...facts, hook: "/gone/it's.js" }), /it's\.js is gone/],
    ] as const) {
      const ran = launch(script, '/nonexistent');
      assert.equal(ran.status, 2);
      assert.match(String(ran.stderr), expected);
    }
  });
});

void describe('the settings of every agent', () => {
  for (const wiring of WIRINGS) {
    void test(`${wiring.id}: written, written again, taken out`, async () => {
      const scene = new Scene();
      try {
        for (const scope of ['project', 'user'] as const) {
          const root = scope === 'user' ? scene.home : scene.workspace;
          const files = wiring.files(scope).map(({ path }) => join(root, ...path));
          const first = await scene.cli(['init', '--agent', wiring.id, '--scope', scope, '--yes']);
          assert.equal(first.code, 0, first.stderr);
          for (const file of files) assert.match(readFileSync(file, 'utf8'), new RegExp(`countersign-hook[^\\n]* ${wiring.id}`));
          const again = await scene.cli(['init', '--agent', wiring.id, '--scope', scope, '--yes']);
          assert.match(again.stdout, /^Nothing to do: /);
          const undone = await scene.cli(['init', '--agent', wiring.id, '--scope', scope, '--yes', '--undo']);
          assert.equal(undone.code, 0, undone.stderr);
          for (const file of files) assert.doesNotMatch(existsSync(file) ? readFileSync(file, 'utf8') : '', /countersign-hook/);
        }
      } finally {
        scene.remove();
      }
    });
  }

  void test('agents are found by their folders', async () => {
    const scene = new Scene();
    try {
      mkdirSync(join(scene.workspace, '.gemini'));
      mkdirSync(join(scene.workspace, '.cursor'));
      const ran = await scene.cli(['init', '--dry-run'], { env: { PATH: '/nowhere' } });
      assert.match(ran.stdout, /^Found: Gemini CLI, Cursor\.$/m);
    } finally {
      scene.remove();
    }
  });

  void test('a script of somebody else is left alone', async () => {
    const scene = new Scene();
    try {
      scene.write('.clinerules/hooks/PreToolUse', '#!/bin/sh\necho mine\n');
      const ran = await scene.cli(['init', '--agent', 'cline', '--yes']);
      assert.equal(ran.code, 3);
      assert.match(ran.stderr, /PreToolUse is there already and not ours.*Nothing was written\.$/m);
      assert.equal(scene.read('.clinerules/hooks/PreToolUse'), '#!/bin/sh\necho mine\n');
    } finally {
      scene.remove();
    }
  });
});
