import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { newPersonKey, personSigner, trustedKeys, trustKey } from '../../server/ledger/keys.ts';
import { readRecords } from '../../server/ledger/open.ts';
import { prunable, prune } from '../../server/ledger/prune.ts';
import { recordFile } from '../../server/ledger/record-file.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { acknowledged, appended, enrolled, held, opened, stateIn } from './fixture.ts';

/** 40 records: one a day, the last today. */
async function old(context: TestContext) {
  const state = stateIn(context);
  const today = Date.parse('2026-06-01T12:00:00Z');
  const clock = { now: new Date(today - 80 * 86_400_000) };
  const ledger = await opened(state, () => clock.now);
  const ada = await enrolled(ledger, state);
  for (let day = 78; day >= 0; day -= 2) {
    clock.now = new Date(today - day * 86_400_000);
    await appended(ledger, day % 4 === 0 ? acknowledged() : held(day), day % 4 === 0 ? ada : undefined);
    if (day === 60) assert.ok((await trustKey(ledger, state.keysFolder, newPersonKey().publicKeyPem)).ok);
  }
  return { state, ledger, ada, clock, now: new Date(today) };
}

void test('what is left after a pruning verifies, can be read, and goes on', async (context) => {
  const { state, ledger, ada, now } = await old(context);
  const before = { kind: 'before', time: new Date('2026-04-20T00:00:00Z') } as const;
  const found = await prunable(ledger, state.keysFolder, before, now, undefined);
  assert.ok(found.ok && found.upTo > 10, JSON.stringify(found));
  const known = trustedKeys(state.keysFolder).size;
  const done = await prune(ledger, state.keysFolder, found.upTo, ada, 'retention');
  assert.ok(done.ok && done.deleted === found.count, JSON.stringify(done));
  const left = readdirSync(state.folder).length;
  const report = await verifyLog(state);
  assert.ok(report.ok, report.sentence);
  assert.equal(report.records, left);
  assert.match(report.warnings.join(), /were pruned on 2026-06-01/);
  assert.equal(trustedKeys(state.keysFolder).size, known, 'whose keys count is known still');

  const seqs: number[] = [];
  for await (const { record } of readRecords(state.folder, 1)) seqs.push(record.seq);
  assert.equal(seqs.length, left);
  assert.deepEqual(seqs.slice(0, 2), [1, 2]);
  await appended(ledger, held());
  // Another process, without the remembered head.
  rmSync(`${state.folder}.head.json`);
  const again = await appended(await opened(state, () => now), acknowledged(), ada);
  assert.equal(again.record.seq, (seqs.at(-1) ?? 0) + 2);
  assert.ok((await verifyLog(state)).ok);
  const more = await prunable(ledger, state.keysFolder, { kind: 'keep', records: 18 }, now, undefined);
  assert.ok(more.ok && more.upTo > found.upTo);
  assert.ok((await prune(ledger, state.keysFolder, more.upTo, ada, 'retention')).ok);
  assert.ok((await verifyLog(state)).ok, 'a second time');
});

void test('nothing young, nothing unshipped, nothing without a person, nothing of a broken log is pruned', async (context) => {
  const { state, ledger, ada, now } = await old(context);
  const young = await prunable(ledger, state.keysFolder, { kind: 'keep', records: 1 }, now, undefined);
  assert.ok(young.ok);
  for await (const { record } of readRecords(state.folder, young.upTo)) {
    assert.ok(Date.parse(record.time) < now.getTime() - 30 * 86_400_000);
    break;
  }
  const unshipped = await prunable(ledger, state.keysFolder, { kind: 'keep', records: 1 }, now, 5);
  assert.ok(!unshipped.ok && /Ship it first/.test(unshipped.problem));
  assert.ok(!(await ledger.append({ kind: 'pruned', pruned: { seq: 5, head: 'a'.repeat(64) } })).ok, 'the process key prunes nothing');
  assert.ok(!(await prune(ledger, state.keysFolder, 5, personSigner(newPersonKey().privateKeyPem), 'x')).ok);
  rmSync(join(state.folder, recordFile(9)));
  const broken = await prunable(ledger, state.keysFolder, { kind: 'keep', records: 1 }, now, undefined);
  assert.ok(!broken.ok && /not whole/.test(broken.problem));
  void ada;
});

type Old = Awaited<ReturnType<typeof old>>;

/** After a rightful pruning up to record 12. */
const tampering: readonly (readonly [string, (setting: Old) => void])[] = [
  ['one record more is gone', ({ state }) => rmSync(join(state.folder, recordFile(13)))],
  ['a record about a key is gone', ({ state }) => rmSync(join(state.folder, recordFile(2)))],
  ['the note beside it is gone', ({ state }) => rmSync(`${state.folder}.pruned.json`)],
  ['the note beside it is another record', ({ state }) => copyFileSync(join(state.folder, recordFile(20)), `${state.folder}.pruned.json`)],
  [
    'the note says more than the record',
    ({ state }) => {
      const file = `${state.folder}.pruned.json`;
      writeFileSync(file, readFileSync(file, 'utf8').replace('"sig":"', '"sig":"A'));
      rmSync(join(state.folder, recordFile(13)));
    },
  ],
  [
    'a record that is left was changed',
    ({ state }) => {
      const file = join(state.folder, recordFile(2));
      writeFileSync(file, readFileSync(file, 'utf8').replace('"sig":"', '"sig":"AAAA'));
    },
  ],
];

for (const [title, tamper] of tampering) {
  void test(`after a pruning: ${title}`, async (context) => {
    const setting = await old(context);
    assert.ok((await prune(setting.ledger, setting.state.keysFolder, 12, setting.ada, 'retention')).ok);
    assert.ok((await verifyLog(setting.state)).ok);
    tamper(setting);
    const report = await verifyLog(setting.state);
    assert.equal(report.ok, false, title);
  });
}
