import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokenGlass, shipAtOnce } from '../../server/fronts/cli/broken-glass.ts';
import { appended, enrolled, opened, stateIn } from '../ledger/fixture.ts';
import { longLog } from '../ledger/shipping-fixture.ts';
import { DIST } from './hook-scene.ts';

void test('a broken glass is shipped at once, first, by a process that nobody waits for', async (context) => {
  const state = stateIn(context);
  await longLog(state, 60);
  const ledger = await opened(state);
  const person = await enrolled(ledger, state);
  const reason = { category: 'incident', text: 'Nobody else is awake, and the export runs now.' };
  const glass = await appended(ledger, { kind: 'broke-glass', reason, expires: '2099-01-01T00:00:00.000Z' }, person);
  mkdirSync(join(state.state, 'glass'));
  writeFileSync(join(state.state, 'glass', `${glass.id}.json`), glass.bytes);
  // What only looks like one goes nowhere.
  writeFileSync(join(state.state, 'glass', `${'1'.repeat(64)}.json`), 'x');
  writeFileSync(join(state.state, 'glass', 'notes.txt'), 'x');
  assert.deepEqual(
    brokenGlass(state.state).map(({ id }) => id),
    [glass.id],
  );
  assert.deepEqual(brokenGlass(join(state.state, 'none')), []);

  const config = join(state.state, 'config');
  const events = join(state.state, 'events.jsonl');
  mkdirSync(join(config, 'countersign'), { recursive: true });
  writeFileSync(join(config, 'countersign', 'policy.yaml'), `sinks:\n  - file: ${events}\n`);
  const env = { PATH: process.env['PATH'], HOME: state.state, XDG_CONFIG_HOME: config };
  assert.equal(shipAtOnce(join(state.state, 'none.js'), state.state, env), false);
  assert.equal(shipAtOnce(join(DIST, 'cli.js'), state.state, env), true);
  const last = glass.record.seq;
  const lines = () => (existsSync(events) ? readFileSync(events, 'utf8').trim().split('\n') : []);
  for (let waited = 0; waited < 30_000 && !lines().some((line) => line.includes('"kind":"head"')); waited += 100) await sleep(100);
  const first: unknown = JSON.parse(lines()[0] ?? '');
  assert.deepEqual(
    [
      Reflect.get(first ?? {}, 'status'),
      Reflect.get(Reflect.get(first ?? {}, 'metadata') as object, 'sequence'),
      Reflect.get(first ?? {}, 'severity'),
    ],
    ['New', last, 'Critical'],
  );
  assert.ok(lines().length > 60, 'and what waited came after it');
});
