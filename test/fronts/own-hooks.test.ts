import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GITHUB,
  GITHUB_FILE,
  GITLAB,
  GITLAB_FILE,
  GITLAB_INCLUDE,
  GITLAB_ROOT,
  README,
  README_FILE,
} from '../../server/fronts/cli/check-ci-files.ts';
import { commandOf } from '../../server/fronts/cli/init.ts';
import { isInitsWork } from '../../server/fronts/cli/own-hooks.ts';
import { WIRINGS } from '../../server/fronts/cli/wiring.ts';
import { CheckScene } from './check-scene.ts';

const HOME = '/home/ada';
const LAUNCHER = `${HOME}/.local/state/countersign/bin/countersign-hook`;
const skip = process.platform === 'win32' ? 'names the POSIX launcher' : false;

/** What init writes into each file of an agent. */
function written(before = '', launcher = LAUNCHER) {
  return WIRINGS.flatMap((wiring) =>
    wiring.files('project').map((file) => {
      const merged = file.merge(before, 'x', commandOf(launcher, wiring.id, 'project', HOME));
      return { path: file.path.join('/'), before, after: merged.ok ? merged.text : assert.fail(merged.problem) };
    }),
  );
}

void test('what init writes is known, for each agent; and nothing that only looks like it', { skip }, () => {
  const all = written();
  assert.ok(all.length >= 10);
  for (const change of all) {
    assert.equal(isInitsWork(change), true, change.path);
    const odd: Readonly<Record<string, typeof change>> = {
      'a line beside it': { ...change, after: change.after.replace(/\n/, '\n\n') },
      'another program': {
        ...change,
        after: change.after.replaceAll('countersign/bin/countersign-hook', 'elsewhere/bin/countersign-hook'),
      },
      'another file': { ...change, path: `copy/${change.path}` },
      'taken out': { ...change, before: change.after, after: change.before },
      nothing: { ...change, before: change.after },
    };
    for (const [name, other] of Object.entries(odd)) assert.equal(isInitsWork(other), false, `${change.path}: ${name}`);
  }
  for (const change of written('', '/srv/repo/bin/countersign-hook')) assert.equal(isInitsWork(change), false, change.path);
  const own = '{\n  "model": "opus"\n}\n';
  const [claude] = WIRINGS[0]?.files('project') ?? [];
  const merged = claude?.merge(own, 'x', commandOf(LAUNCHER, 'claude-code', 'project', HOME));
  assert.ok(merged?.ok === true);
  const change = { path: '.claude/settings.json', before: own, after: merged.text };
  assert.equal(isInitsWork(change), true, 'beside settings of one’s own');
  assert.equal(isInitsWork({ ...change, after: merged.text.replace('opus', 'other') }), false, 'and these changed, too');
});

void test('what init --ci writes where nothing was is known, keys excepted', () => {
  const files = [
    [GITHUB_FILE, GITHUB],
    [GITLAB_FILE, GITLAB],
    [GITLAB_ROOT, GITLAB_INCLUDE],
    [README_FILE, README],
  ] as const;
  for (const [path, after] of files) {
    assert.equal(isInitsWork({ path, before: '', after }), true, path);
    const odd = { 'over another': { path, before: 'a', after }, 'a line more': { path, before: '', after: `${after}\n` } };
    const moved = { elsewhere: { path: `copy/${path}`, before: '', after }, 'taken out': { path, before: after, after: '' } };
    for (const [name, change] of Object.entries({ ...odd, ...moved })) assert.equal(isInitsWork(change), false, `${path}: ${name}`);
  }
  const key = '# Written by "countersign init --ci". Key 00\n';
  assert.equal(isInitsWork({ path: '.countersign/keys/eve-00000000.pub', before: '', after: key }), false);
});

void test('a pull request that only brings the hooks passes; with anything beside, it is refused', { skip }, async (context) => {
  const { scene } = await CheckScene.begin(context);
  const [first] = written();
  assert.ok(first !== undefined);
  scene.write({ [first.path]: first.after });
  scene.commit('Hooks');
  const passed = await scene.check();
  assert.equal(passed.code, 0, passed.out);
  scene.write({ [first.path]: first.after.replace('countersign-hook', 'other-hook') });
  scene.commit('Another hook');
  const refused = await scene.check();
  assert.equal(refused.code, 1, refused.out);
  scene.git('checkout', '--quiet', '-b', 'strict', 'main');
  scene.write({ '.countersign/policy.yaml': 'noGo: [".claude/**"]\n' });
  scene.commit('A zone');
  scene.git('checkout', '--quiet', '-b', 'more');
  scene.write({ [first.path]: first.after });
  scene.commit('Hooks there');
  const zone = await scene.check('--base', 'strict', '--head', 'more');
  assert.equal(zone.code, 1, zone.out);
});
