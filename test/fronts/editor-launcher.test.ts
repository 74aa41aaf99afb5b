import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { refreshLauncher } from '../../client/hook-launcher.ts';
import { LAUNCHER, launcherText } from '../../server/fronts/cli/launcher.ts';
import { REPOSITORY } from '../support/repository.ts';

const NAME = LAUNCHER[process.platform === 'win32' ? 'windows' : 'posix'];

/** A state folder, and extension folders of two versions side by side with a hook that prints which it is. */
function scene(odd = ''): {
  readonly state: string;
  readonly launcher: string;
  readonly hook: (version: string) => string;
  readonly end: () => void;
} {
  const root = join(realpathSync(mkdtempSync(join(tmpdir(), 'countersign-launcher-'))), `it's 100% ours${odd}`);
  const state = join(root, 'state');
  mkdirSync(join(state, 'bin'), { recursive: true });
  return {
    state,
    launcher: join(state, 'bin', NAME),
    hook: (version) => {
      const file = join(root, 'extensions', `countersign.countersign-${version}`, 'dist', 'hook.js');
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `console.log('hook ${version}', process.env.COUNTERSIGN_STATE ?? '', process.argv[2])`);
      return file;
    },
    end: () => rmSync(dirname(root), { recursive: true, force: true }),
  };
}

const written = (launcher: string, hook: string, state: string): void =>
  writeFileSync(launcher, launcherText({ hook, node: process.execPath, electron: false, state }), { mode: 0o700 });

test('after an update the launcher starts the new hook, with all else as init wrote it', { skip: process.platform === 'win32' }, () => {
  for (const removed of [true, false]) {
    const { state, launcher, hook, end } = scene();
    const [old, fresh] = [hook('0.1.0'), hook('0.2.0')];
    written(launcher, old, state);
    if (removed) rmSync(dirname(dirname(old)), { recursive: true });
    assert.equal(refreshLauncher(state, fresh), undefined);
    const said = execFileSync(launcher, ['claude-code'], { encoding: 'utf8' });
    assert.equal(said, `hook 0.2.0 ${state} claude-code\n`);
    assert.equal(statSync(launcher).mode & 0o777, 0o700);
    assert.equal(refreshLauncher(state, fresh), undefined);
    end();
  }
});

test('without a launcher none is written', () => {
  const { state, launcher, hook, end } = scene();
  assert.equal(refreshLauncher(state, hook('0.2.0')), undefined);
  assert.equal(refreshLauncher(join(state, 'not', 'there'), hook('0.2.0')), undefined);
  assert.equal(existsSync(launcher), false);
  end();
});

test('a launcher of another installation that is still there, and a script that is not ours, are left alone', () => {
  const { state, launcher, hook, end } = scene();
  const elsewhere = join(dirname(state), 'lib', 'node_modules', 'countersign', 'dist', 'hook.js');
  mkdirSync(dirname(elsewhere), { recursive: true });
  writeFileSync(elsewhere, '');
  written(launcher, elsewhere, state);
  const before = readFileSync(launcher, 'utf8');
  refreshLauncher(state, hook('0.2.0'));
  assert.equal(readFileSync(launcher, 'utf8'), before);
  // When that installation goes, its launcher would refuse every edit: then this extension's hook stands in.
  rmSync(elsewhere);
  refreshLauncher(state, hook('0.2.0'));
  assert.notEqual(readFileSync(launcher, 'utf8'), before);

  writeFileSync(launcher, "#!/bin/sh\nhook='/gone/hook.js'\nexec other-tool\n");
  refreshLauncher(state, hook('0.2.0'));
  assert.match(readFileSync(launcher, 'utf8'), /\/gone\/hook\.js/);
  end();
});

test('the launcher that init really writes is renewed', { skip: process.platform === 'win32' }, () => {
  const { state, launcher, hook, end } = scene(' too');
  const home = join(dirname(state), 'home');
  const cwd = join(dirname(state), 'project');
  for (const folder of [home, cwd]) mkdirSync(folder, { recursive: true });
  const env = { ...process.env, HOME: home, COUNTERSIGN_STATE: state };
  const done = spawnSync(process.execPath, [join(REPOSITORY, 'dist/cli.js'), 'init', '--yes'], { cwd, env, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  const shipped = join(REPOSITORY, 'dist/hook.js');
  assert.ok(readFileSync(launcher, 'utf8').includes(shipped));
  writeFileSync(launcher, readFileSync(launcher, 'utf8').replaceAll(shipped, '/gone/dist/hook.js'));
  assert.equal(spawnSync(launcher, ['claude-code'], { env, encoding: 'utf8' }).status, 2, 'a hook that is gone closes the gate');
  refreshLauncher(state, hook('0.3.0'));
  assert.match(execFileSync(launcher, ['claude-code'], { env, encoding: 'utf8' }), /^hook 0\.3\.0 /);
  end();
});

test('one that cannot be renewed is told with its place', () => {
  const { state, launcher, hook, end } = scene();
  mkdirSync(launcher);
  assert.match(refreshLauncher(state, hook('0.2.0')) ?? '', new RegExp(`${NAME} could not be renewed \\(EISDIR\\)`));
  end();
});
