import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketPolicy, CheckScene } from './check-scene.ts';

void test('a sparse checkout is checked whole: what is not there is as it was, and what is written outside of it counts', async (context) => {
  const { scene } = await CheckScene.begin(context);
  scene.write({ 'docs/a.md': 'a\n', 'infra/kept.json': bucketPolicy() });
  scene.git('checkout', '--quiet', '-B', 'base');
  scene.commit('More');
  scene.git('checkout', '--quiet', '-b', 'sparse');
  scene.git('sparse-checkout', 'set', 'nothing-here');
  const empty = await scene.check('--base', 'base');
  assert.equal(empty.code, 0, `${empty.out}${empty.err}`);
  assert.match(empty.out, /0 changed files/);
  scene.write({ 'infra/new.json': bucketPolicy('"*"', ['s3:GetObject'], 'prod-invoices') });
  const outside = await scene.check('--base', 'base');
  assert.equal(outside.code, 1, `${outside.out}${outside.err}`);
  assert.match(outside.out, /Refused: infra\/new\.json/);
});
