// Everything at once, with what ships: two editors, four agents' hooks, a shipper, a collector and the watch over the disk,
// killed at random, while the disk is full, the state folder read-only and the clock wrong.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { collect } from '../../server/ledger/collect.ts';
import { newPersonKey } from '../../server/ledger/keys.ts';
import { readRecords } from '../../server/ledger/open.ts';
import type { StoredRecord } from '../../server/ledger/types.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { agentAtWork, FILES, fileOf, type Told } from './agent.ts';
import { DIALECTS } from './dialects.ts';
import { policyOf, type Promises, startEditor } from './editor.ts';
import { generator, listened, stormScene, type StormScene } from './scene.ts';
import { weather } from './weather.ts';
import { freePort } from '../support/free-port.ts';

const COLLECTOR = fileURLToPath(new URL('../ledger/collector.process.mjs', import.meta.url));
/** The long form: COUNTERSIGN_STORM_SECONDS=120. */
const SECONDS = Number(process.env['COUNTERSIGN_STORM_SECONDS'] ?? 8);
/** A slow machine is stormed until something came of it, but not for ever. */
const AT_MOST = Math.max(SECONDS * 1.5, 90);
const DISK_FILES = 60;

type Kills = { editor: number; shipper: number; collector: number };

void test('storm: nothing answered is lost, nothing is let through unlogged', { timeout: (AT_MOST + 120) * 1000 }, async (context) => {
  assert.ok(existsSync(COLLECTOR), `${COLLECTOR} is not built: node .ci/build.mjs --tests`);
  const seed = Number(process.env['COUNTERSIGN_SEED'] ?? Date.now() % 2 ** 31);
  const random = generator(seed);
  const scene = stormScene(context);
  prepare(scene);
  const key = newPersonKey();
  const promises: Promises = { acknowledged: new Map(), discarded: [], applied: [], refused: new Map() };
  const told: Told = { letThrough: [], holds: new Set(), wrong: [], denied: new Map(), answers: 0, killed: 0 };
  const kills: Kills = { editor: 0, shipper: 0, collector: 0 };
  const opened: string[] = [];
  const sky = weather(scene, random);
  const collected = join(scene.folder, 'collected.jsonl');
  const port = await freePort();
  const all = new Set<ChildProcess>();
  context.after(() => all.forEach((child) => void child.kill('SIGKILL')));
  const kept = <P extends ChildProcess>(child: P): P => {
    all.add(child);
    child.once('close', () => all.delete(child));
    return child;
  };

  // What is compiled is kept by then, the log begun, and the folder known, as on any day but the first.
  const calm = kept((await startEditor(scene, key, random, promises)).process);
  await known(scene);
  for (const dialect of DIALECTS) await firstCall(scene, dialect.id);
  calm.kill('SIGKILL');

  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const enough = (): boolean =>
    told.letThrough.length > 0 &&
    promises.acknowledged.size > 1 &&
    told.killed > 0 &&
    Object.values(kills).every((each) => each > 0) &&
    Object.entries(sky.seen).every(([kind, times]) => times > 0 || sky.missing.some((one) => one === kind));
  const over = (): boolean => seconds() > AT_MOST || (seconds() > SECONDS && enough());

  const collector = (): ChildProcess => kept(spawn(process.execPath, [COLLECTOR, 'otlp', String(port), collected], { stdio: 'ignore' }));
  const shipper = (...mode: string[]): ChildProcess =>
    kept(scene.start('cli.js', ['log', 'ship', ...mode, '--otlp', `http://127.0.0.1:${port}/v1/logs`]));

  /** Lives for a while, and is killed; most of the time of a slow machine goes by in starting. */
  const window = async (): Promise<void> => {
    while (!over()) {
      const editor = await startEditor(scene, key, random, promises);
      kept(editor.process);
      const killed = pause(1500 + random() * 5000).then(() => editor.process.kill('SIGKILL') && (kills.editor += 1));
      await editor.work(over);
      await killed;
      await editor.ended;
    }
  };
  const again = async (lane: 'shipper' | 'collector', start: () => ChildProcess): Promise<void> => {
    while (!over()) {
      const child = start();
      child.stdout?.resume();
      child.stderr?.resume();
      const ended = new Promise((resolve) => child.once('close', resolve));
      await Promise.race([ended, pause(500 + random() * 3000)]);
      kills[lane] += child.kill('SIGKILL') ? 1 : 0;
      await ended;
    }
  };
  const writer = async (): Promise<void> => {
    for (let number = 0; number < DISK_FILES && !over(); number++) {
      await pause(1000 + random() * 2000);
      const path = `infra/disk-${number}.json`;
      scene.write(path, policyOf(`disk-${number}`, true));
      opened.push(path);
    }
  };
  await Promise.all([
    ...DIALECTS.map((dialect) => agentAtWork(dialect, scene, random, told, promises, over)),
    window(),
    window(),
    again('shipper', () => shipper('--follow')),
    again('collector', collector),
    writer(),
    sky.blow(over),
  ]);

  // Afterwards: the sun shines. An editor that starts finds what was written while nobody looked.
  const last = await startEditor(scene, key, random, promises);
  kept(last.process);
  await found(scene, opened);
  last.process.kill('SIGKILL');
  await last.ended;
  const receiving = collector();
  const shipped = await listened(shipper('--once', '--patience', '20')).ended;
  receiving.kill('SIGKILL');

  report(context, { seed, seconds: seconds(), told, promises, kills, sky: sky.seen, missing: sky.missing, opened: opened.length });
  const records = await recordsIn(scene);
  const at = `seed ${seed}`;
  const verified = await verifyLog({ folder: join(scene.state, 'log'), keysFolder: join(scene.state, 'keys') });
  assert.equal(verified.ok, true, `${at}: ${verified.sentence}`);
  assert.equal(verified.records, records.length, at);

  // Nothing answered is lost.
  const ids = new Set(records.map(({ id }) => id));
  assert.deepEqual(
    [...promises.acknowledged.keys()].filter((id) => !ids.has(id)),
    [],
    `${at}: acknowledgements that were answered`,
  );
  const discarded = tally(ofKind(records, 'discarded').map(({ record }) => record.event.hold ?? ''));
  assert.deepEqual(fewer(tally(promises.discarded), discarded), [], `${at}: discards that were answered`);
  const held = new Set(records.flatMap(({ record: { event } }) => (event.kind === 'held' ? [event.hold] : [])));
  assert.deepEqual(
    [...told.holds].filter((hold) => !held.has(hold)),
    [],
    `${at}: holds that agents were told of`,
  );

  // Nothing is let through, or applied, unlogged; and each acknowledgement lets through once.
  const releases = ofKind(records, 'released');
  const used = tally(
    releases.filter(({ record }) => record.event.verdict !== 'not-applied').map(({ record }) => record.event.acknowledgement ?? ''),
  );
  const valid = new Set(firstReleases(releases).map(({ id }) => id));
  assert.deepEqual(
    promises.applied.filter((id) => !used.has(id)),
    [],
    `${at}: texts that the editor put in place`,
  );
  assert.deepEqual(
    [...used.keys()].filter((id) => !ids.has(id)),
    [],
    `${at}: releases of an acknowledgement that is not in the log`,
  );
  const letByCall = told.letThrough.filter(({ agent }) => agent !== 'gemini-cli');
  assert.deepEqual(
    letByCall.filter(
      ({ call }) => releases.filter(({ id, record }) => valid.has(id) && record.event.provenance?.agent?.toolCall === call).length !== 1,
    ),
    [],
    `${at}: calls that were let through without a release of their own`,
  );
  const letByPath = tally(told.letThrough.map(({ path }) => path));
  const releasedByPath = tally(releases.filter(({ id }) => valid.has(id)).map(({ record }) => record.event.files?.[0]?.path ?? ''));
  assert.deepEqual(fewer(letByPath, releasedByPath), [], `${at}: more let through than released`);

  assert.deepEqual(told.wrong, [], `${at}: answers that an agent would not understand, or should not have got`);
  const heldOnDisk = new Set(onDisk(records));
  assert.deepEqual(
    opened.filter((path) => !heldOnDisk.has(path)),
    [],
    `${at}: writes to disk that nobody was told of`,
  );

  // The collector has all of it.
  assert.equal(shipped.code, 0, `${at}: ${shipped.out}${shipped.err}`);
  const arrived = await collect({ paths: [collected], now: () => new Date() });
  assert.deepEqual(
    [arrived.logs.length, arrived.logs[0]?.checked, arrived.logs[0]?.end?.seq, others(arrived.logs[0]?.problems)],
    [1, records.length, records.length, []],
    `${at}: ${JSON.stringify(arrived)}`,
  );
  assert.ok(enough(), `${at}: too little happened for a storm`);
});

/** Files are in git before the storm: what is in HEAD was accepted. */
function prepare(scene: StormScene): void {
  for (const dialect of DIALECTS) {
    for (let number = 0; number < FILES; number++) scene.write(fileOf(dialect, number), policyOf(`${dialect.id}-${number}`, false));
  }
  for (let number = 0; number < DISK_FILES; number++) scene.write(`infra/disk-${number}.json`, policyOf(`disk-${number}`, false));
  scene.write('src/main.ts', 'export const one = 1;\n');
  scene.git('init', '-q');
  scene.git('add', '-A');
  scene.git('commit', '-qm', 'accepted');
}

async function firstCall(scene: StormScene, id: string): Promise<void> {
  const dialect = DIALECTS.find((one) => one.id === id);
  const child = scene.start('hook.js', [id]);
  const { ended } = listened(child);
  const file = join(scene.workspace, `infra/${id}-0.json`);
  const whole = policyOf(`${id}-0`, false);
  child.stdin?.end(JSON.stringify({ cwd: scene.workspace, ...dialect?.before('first', file, '"Sid": "Read"', '"Sid": "Get"', whole) }));
  await ended;
}

/** Until the texts of the folder are known: what is there at the very first look is taken as it is. */
async function known({ state }: StormScene): Promise<void> {
  const isKnown = (): boolean => {
    const folder = join(state, 'baselines');
    return existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, 'index.json')));
  };
  for (const end = performance.now() + 20_000; !isKnown(); await pause(50)) assert.ok(performance.now() < end, 'no baselines were kept');
}

/** Until the log speaks of every file that was opened, or long enough. */
async function found(scene: StormScene, opened: readonly string[]): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; await pause(200)) {
    const known = new Set(onDisk(await recordsIn(scene)));
    if (opened.every((path) => known.has(path))) return;
  }
}

function onDisk(records: readonly StoredRecord[]): readonly string[] {
  return records.flatMap(({ record: { event } }) =>
    event.kind === 'held' && event.provenance?.channel === 'disk' ? (event.files ?? []).map(({ path }) => path) : [],
  );
}

async function recordsIn({ state }: StormScene): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const stored of readRecords(join(state, 'log'), 1)) records.push(stored);
  return records;
}

function ofKind(records: readonly StoredRecord[], kind: string): readonly StoredRecord[] {
  return records.filter(({ record }) => record.event.kind === kind);
}

/** Of two releases of one acknowledgement only the first in the log lets anything through. */
function firstReleases(releases: readonly StoredRecord[]): readonly StoredRecord[] {
  const seen = new Set<string | undefined>();
  return releases.filter(({ record: { event } }) => !seen.has(event.acknowledgement) && seen.add(event.acknowledgement));
}

/** That the clock was set back is to be seen, and is all that may be. */
function others(problems: readonly { readonly kind: string }[] = []): readonly object[] {
  return problems.filter(({ kind }) => kind !== 'clock');
}

function tally(names: readonly string[]): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  for (const name of names) table.set(name, (table.get(name) ?? 0) + 1);
  return table;
}

function fewer(wanted: ReadonlyMap<string, number>, there: ReadonlyMap<string, number>): readonly string[] {
  return [...wanted].flatMap(([name, times]) => ((there.get(name) ?? 0) < times ? [`${name}: ${there.get(name) ?? 0} of ${times}`] : []));
}

function report(context: TestContext, { told, promises, ...rest }: { told: Told; promises: Promises } & Record<string, unknown>): void {
  const { letThrough, holds, answers, killed, wrong } = told;
  const counted = { answers, killed, holds: holds.size, letThrough: letThrough.length, wrong: wrong.length };
  const kept = { acknowledged: promises.acknowledged.size, discarded: promises.discarded.length, applied: promises.applied.length };
  context.diagnostic(JSON.stringify({ ...rest, ...counted, ...kept }));
  for (const [why, times] of [...told.denied, ...promises.refused]) context.diagnostic(`${times} × ${why}`);
}
