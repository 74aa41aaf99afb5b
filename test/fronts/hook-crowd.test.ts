import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crowd } from '../bench/crowd.ts';
import { Scene } from './hook-scene.ts';

/** CROWD_CALLS=200 CROWD_AT_ONCE=8 is the long form. */
const CALLS = Number(process.env['CROWD_CALLS'] ?? 60);
const AT_ONCE = Number(process.env['CROWD_AT_ONCE'] ?? 4);

/** A machine that has much else to do may make a call late, which is then denied: that is tried again. */
const TRIES = 3;

void test('many hook calls at once are all answered right and in time, and the log holds together', {
  timeout: 600_000,
}, async (context) => {
  let wrong: readonly string[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const scene = new Scene();
    context.after(() => scene.remove());
    const answers = await crowd(scene, CALLS, AT_ONCE);
    assert.equal(answers.length, CALLS);
    const verified = await scene.cli(['log', 'verify']);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    wrong = answers.flatMap((answer) => answer.wrong ?? []);
    assert.deepEqual(
      wrong.filter((what) => !/took longer than|in the time there is|in time/.test(what)),
      [],
      'nothing but time may go wrong',
    );
    if (wrong.length > 0) continue;
    const holds = readdirSync(join(scene.state, 'holds')).filter((name) => name.endsWith('.json'));
    assert.equal(holds.length, Math.floor((CALLS + 1) / 4));
    return;
  }
  assert.deepEqual(wrong, []);
});
