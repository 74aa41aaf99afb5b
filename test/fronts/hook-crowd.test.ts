import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crowd } from '../bench/crowd.ts';
import { Scene } from './hook-scene.ts';

/** CROWD_CALLS=200 CROWD_AT_ONCE=8 is the long form. */
const CALLS = Number(process.env['CROWD_CALLS'] ?? 60);
const AT_ONCE = Number(process.env['CROWD_AT_ONCE'] ?? 4);

void test('many hook calls at once are all answered right and in time, and the log holds together', {
  timeout: 300_000,
}, async (context) => {
  const scene = new Scene();
  context.after(() => scene.remove());
  const answers = await crowd(scene, CALLS, AT_ONCE);
  assert.equal(answers.length, CALLS);
  assert.deepEqual(
    answers.flatMap(({ wrong }) => wrong ?? []),
    [],
  );
  const verified = await scene.cli(['log', 'verify']);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  assert.equal(readdirSync(join(scene.state, 'holds')).filter((name) => name.endsWith('.json')).length, Math.floor((CALLS + 1) / 4));
});
