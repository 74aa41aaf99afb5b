import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { collect } from '../../server/ledger/collect.ts';
import { readRecords } from '../../server/ledger/open.ts';
import { ocsfLinesSink } from '../../server/ledger/sinks/ocsf-lines.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { opened, type State, stateIn } from './fixture.ts';
import { shipped } from './shipping-fixture.ts';
import { seeded } from '../support/random.ts';

const APPEND = fileURLToPath(new URL('append.process.mjs', import.meta.url));
const SHIP = fileURLToPath(new URL('ship.process.mjs', import.meta.url));
/** The long form: COUNTERSIGN_STORM_SECONDS=120. */
const SECONDS = Number(process.env['COUNTERSIGN_STORM_SECONDS'] ?? 4);

void test('storm: 4 processes append, one ships, all are killed at random; every answered append is in the log, and arrives', async (context) => {
  const state = stateIn(context);
  const seed = Number(process.env['COUNTERSIGN_SEED'] ?? Date.now() % 2 ** 31);
  const random = seeded(seed);
  await opened(state);
  const answered: string[] = [];
  let kills = 0;
  const until = Date.now() + SECONDS * 1000;
  const lane = async () => {
    while (Date.now() < until) {
      const child = run(state, 1_000_000, answered);
      // From its first answer on, so that a slow machine is stormed as well as a fast one.
      await child.answeredOnce;
      await pause(random() * 500);
      kills += child.process.kill('SIGKILL') ? 1 : 0;
      await child.ended;
    }
  };
  // And one that ships meanwhile, and is killed too.
  const collected = join(state.state, 'collected.jsonl');
  const shipping = async () => {
    while (Date.now() < until) {
      const child = spawn(process.execPath, [SHIP, state.state, JSON.stringify({ kind: 'ocsf-lines', file: collected })], {
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await Promise.race([ended, pause(150 + random() * 600)]);
      child.kill('SIGKILL');
      await ended;
    }
  };
  await Promise.all([lane(), lane(), lane(), lane(), shipping()]);
  const report = await verifyLog(state);
  context.diagnostic(`seed ${seed}: ${answered.length} answered, ${report.records} records, ${kills} kills`);
  assert.equal(report.ok, true, `seed ${seed}: ${report.sentence}`);
  const ids = await idsIn(state);
  assert.deepEqual(
    answered.filter((id) => !ids.has(id)),
    [],
    `seed ${seed}`,
  );
  assert.equal(new Set(answered).size, answered.length);
  const last = await shipped(state, ocsfLinesSink({ kind: 'ocsf-lines', file: collected }));
  assert.deepEqual([last.kind, 'seq' in last && last.seq], ['shipped', report.records], JSON.stringify(last));
  const arrived = await collect({ paths: [collected], now: () => new Date() });
  assert.deepEqual(
    [arrived.ok, arrived.records, arrived.logs[0]?.head?.seq],
    [true, report.records, report.records],
    `seed ${seed}: ${JSON.stringify(arrived)}`,
  );
  assert(answered.length > 12 && kills >= 4, `the storm was one: ${answered.length} answered, ${kills} kills`);
});

void test('six processes begin the same log at once: there is one log, one key, and all appends are in it', async (context) => {
  for (let round = 0; round < 3; round++) {
    const state = stateIn(context);
    const answered: string[] = [];
    const codes = await Promise.all(Array.from({ length: 6 }, () => run(state, 3, answered).ended));
    assert.deepEqual(codes, [0, 0, 0, 0, 0, 0]);
    const report = await verifyLog(state);
    assert.equal(report.ok, true, report.sentence);
    assert.equal(report.records, 1 + 18);
    const ids = await idsIn(state);
    assert(answered.length === 18 && answered.every((id) => ids.has(id)));
  }
});

void test('without a remembered head the end is found all the same, by processes at once', async (context) => {
  const state = stateIn(context);
  assert.equal(await run(state, 90, []).ended, 0);
  unlinkSync(`${state.folder}.head.json`);
  const codes = await Promise.all([run(state, 5, []).ended, run(state, 5, []).ended]);
  assert.deepEqual(codes, [0, 0]);
  const report = await verifyLog(state);
  assert.equal(report.ok, true, report.sentence);
  assert.equal(report.records, 101);
});

type Appending = { readonly process: ChildProcess; readonly answeredOnce: Promise<unknown>; readonly ended: Promise<number | null> };

function run({ state }: State, count: number, answered: string[]): Appending {
  const child = spawn(process.execPath, [APPEND, state, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    answered.push(...lines);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const answeredOnce = Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
  return { process: child, answeredOnce, ended };
}

async function idsIn({ folder }: State): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { id } of readRecords(folder, 1)) ids.add(id);
  return ids;
}
