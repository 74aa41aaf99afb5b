import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CollectReport, collect } from '../../server/ledger/collect.ts';
import { newPersonKey, personSigner, readProcessKey } from '../../server/ledger/keys.ts';
import { openLedger } from '../../server/ledger/open.ts';
import { recordFile } from '../../server/ledger/record-file.ts';
import { exportRequest } from '../../server/ledger/sinks/otlp.ts';
import { ocsfLinesSink } from '../../server/ledger/sinks/ocsf-lines.ts';
import type { ShippedEvent, Sink } from '../../server/ledger/sinks/sink.ts';
import { syslogFrame } from '../../server/ledger/sinks/syslog.ts';
import type { LedgerEvent } from '../../server/ledger/types.ts';
import { ACTOR, acknowledged, appended, enrolled, held, opened, parsed, stateIn, type State } from './fixture.ts';
import { longLog, shipped } from './shipping-fixture.ts';

const now = () => new Date();

type Row = {
  readonly what: string;
  /** What somebody did to the lines that the collector kept. */
  readonly change: (lines: string[], scene: Scene) => readonly string[] | Promise<readonly string[]>;
  readonly problems: readonly string[];
  readonly says?: RegExp;
};
type Scene = { readonly state: State; readonly context: TestContext };

const seqOf = (line: string) => parsed<{ metadata: { sequence: number } }>(line).metadata.sequence;
const isHead = (line: string) => line.includes('#head"');
const without = (lines: readonly string[], ...sequences: number[]) =>
  lines.filter((line) => isHead(line) || !sequences.includes(seqOf(line)));

const rows: readonly Row[] = [
  { what: 'nothing was done', change: (lines) => lines, problems: [] },
  { what: 'all arrived twice, in any order', change: (lines) => [...lines, ...lines.toReversed()], problems: [] },
  { what: 'one record was removed', change: (lines) => without(lines, 7), problems: ['gap 7'], says: /Record 7 is missing/ },
  {
    what: 'some records were removed',
    change: (lines) => without(lines, 7, 8, 9, 15),
    problems: ['gap 7', 'gap 15'],
    says: /Records 7 to 9 are missing \(3\)/,
  },
  { what: 'the first records were removed', change: (lines) => without(lines, 1, 2), problems: ['gap 1', 'unknown-key'] },
  {
    what: 'the end was removed, its head kept',
    change: (lines) => without(lines, 29, 30),
    problems: ['cut 29'],
    says: /had come to record 30/,
  },
  {
    what: 'the bytes of a record were changed',
    change: (lines) =>
      lines.map((line) => (seqOf(line) === 5 ? line.replace(/\\"payload\\":\\"[^\\]{40}/, (found) => `${found.slice(0, -4)}AAAA`) : line)),
    problems: ['changed 5'],
  },
  {
    what: 'the id of a record was changed',
    change: (lines) =>
      lines.map((line) =>
        !isHead(line) && seqOf(line) === 5 ? line.replaceAll(/"uid":"[0-9a-f]{64}"/g, `"uid":"${'0'.repeat(64)}"`) : line,
      ),
    problems: ['changed 5', 'chain 6'],
  },
  {
    what: 'the number of a record was changed',
    change: (lines) => lines.map((line) => (!isHead(line) && seqOf(line) === 5 ? line.replace('"sequence":5', '"sequence":31') : line)),
    problems: ['gap 5', 'changed 31', 'chain'],
  },
  {
    what: 'a record was put in that somebody else signed, and who says so',
    change: async (lines, scene) => [...lines, ...(await forged(scene, held(99)))],
    problems: ['fork 1', 'fork 2', 'fork 3', 'fork 4', 'changed 1', 'bad-signature 4'],
  },
  {
    what: 'the log was continued twice from a copy',
    change: async (lines, { state, context }) => {
      const copy = stateIn(context);
      cpSync(state.state, copy.state, { recursive: true });
      for (const seq of [29, 30]) unlinkSync(join(copy.folder, recordFile(seq)));
      rmSync(`${copy.folder}.head.json`);
      await appended(await opened(copy), held(77));
      return [...lines, ...(await linesOf(copy))];
    },
    problems: ['fork 29', 'replaced'],
  },
  {
    what: 'a head was written by somebody without the key',
    change: async (lines, scene) => [...lines, ...(await forged(scene, held(1))).filter(isHead)],
    problems: ['bad-signature'],
    says: /heads are not signed by the log’s key/,
  },
  {
    what: 'a line is garbled',
    change: (lines) => lines.map((line) => (!isHead(line) && seqOf(line) === 12 ? line.slice(0, 300) : line)),
    problems: ['gap 12'],
  },
];

for (const { what, change, problems, says } of rows) {
  void test(`collected: ${what}`, async (context) => {
    const state = stateIn(context);
    await longLog(state, 30);
    const file = join(state.state, 'collected.jsonl');
    writeFileSync(file, `${(await change([...(await linesOf(state))], { state, context })).join('\n')}\n`);
    const report = await collect({ paths: [file], now });
    const found = report.logs[0]?.problems ?? [];
    assert.equal(report.ok, problems.length === 0, JSON.stringify(report, undefined, 1));
    for (const problem of problems) {
      assert.ok(
        found.some(({ kind, seq }) => `${kind} ${seq}`.startsWith(problem)),
        `${problem} is not among ${JSON.stringify(found, undefined, 1)}`,
      );
    }
    const kinds = new Set(problems.map((problem) => problem.split(' ')[0]));
    assert.deepEqual(new Set(found.map(({ kind }) => kind)), kinds, JSON.stringify(found, undefined, 1));
    if (says !== undefined) assert.match(found.map(({ sentence }) => sentence).join('\n'), says);
  });
}

void test('an acknowledgement that no person signed, a key that nobody announced and a clock that ran backwards are named', async (context) => {
  const state = stateIn(context);
  let time = Date.parse('2026-05-01T10:00:00Z');
  const ledger = await opened(state, () => new Date(time));
  await appended(ledger, held(1));
  time -= 3_600_000;
  await appended(ledger, held(2));
  time = Date.now() + 86_400_000;
  await appended(ledger, held(3));
  const report = await collect({ paths: [state.folder], now });
  assert.deepEqual(
    report.logs[0]?.problems.map(({ sentence }) => sentence),
    ['Record 3 is 60 minutes earlier than the one before it: the clock was set back.', 'Record 4 lies 24 hours ahead of this clock.'],
  );
  const key = newPersonKey();
  assert.equal((await ledger.append(acknowledged(), personSigner(key.privateKeyPem))).ok, false);
});

void test('many people’s logs are checked together, whatever a collector wrapped them in', async (context) => {
  const root = stateIn(context);
  const events: ShippedEvent[] = [];
  for (const [index, wrap] of WRAPS.entries()) {
    const state = stateIn(context);
    await longLog(state, 12);
    const collected: ShippedEvent[] = [];
    await shipped(state, { name: 'x', again: 0, send: (batch) => Promise.resolve((collected.push(...batch), { kind: 'taken' })) });
    mkdirSync(join(root.state, 'in', String(index)), { recursive: true });
    writeFileSync(join(root.state, 'in', String(index), 'a.log'), collected.map((event) => `${wrap(event)}\n`).join(''));
    events.push(...collected);
  }
  const folders = stateIn(context);
  await longLog(folders, 8);
  cpSync(folders.state, join(root.state, 'in', 'state'), { recursive: true });
  const report = await collect({ paths: [join(root.state, 'in')], now });
  assert.deepEqual(
    [report.ok, report.logs.length, report.records, report.unreadable.count],
    [true, WRAPS.length + 1, WRAPS.length * 12 + 8, 0],
    JSON.stringify(report, undefined, 1),
  );
  for (const log of report.logs) assert.deepEqual([log.checked, log.writers, log.head?.seq], [log.records, ['ada@workbench'], log.records]);
});

const WRAPS: readonly ((event: ShippedEvent) => string)[] = [
  ({ text }) => text,
  (event) => syslogFrame(event).replace(/^\d+ /, ''),
  (event) => JSON.stringify(exportRequest([event])),
  ({ text }) => JSON.stringify({ event: JSON.parse(text) as unknown, host: 'x' }),
  ({ text }) => JSON.stringify({ preview: false, result: { _raw: text } }),
  ({ text }) => JSON.stringify({ _index: 'a', _source: { message: text } }),
  ({ text }) => JSON.stringify({ Timestamp: 1, Body: text }),
];

void test('keys that are known beforehand tell a whole log of somebody else', async (context) => {
  const state = stateIn(context);
  await longLog(state, 5);
  const own = readProcessKey(state.keysFolder)?.publicKeyPem ?? '';
  const ask = (keys: readonly string[]): Promise<CollectReport> => collect({ paths: [state.folder], keys, now });
  assert.equal((await ask([own, newPersonKey().publicKeyPem])).ok, true);
  const [problem] = (await ask([newPersonKey().publicKeyPem])).logs[0]?.problems ?? [];
  assert.deepEqual([problem?.kind, problem?.seq], ['unknown-key', 1]);
});

void test('a record too large for one event is carried by several, and put together again in any order', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state);
  const person = await enrolled(ledger, state);
  const [file] = held().files ?? [];
  assert(file);
  const findings = Array.from({ length: 40 }, (_, index) => ({
    ...(file.findings[0] ?? assert.fail()),
    consequence: `“${'é😀'.repeat(40)}” ${index}`,
  }));
  for (const event of [held(), acknowledged('é'.repeat(5000))] satisfies LedgerEvent[]) {
    const large = {
      ...event,
      files: [
        { ...file, findings },
        { ...file, path: `${'ü/'.repeat(3000)}x`, findings: [] },
      ],
    };
    await appended(ledger, large, event.kind === 'acknowledged' ? person : undefined);
  }
  const lines = await linesOf(state);
  for (const line of lines) assert.ok(line.length <= 7000, String(line.length));
  const path = join(state.state, 'a.jsonl');
  writeFileSync(path, `${lines.toReversed().join('\n')}\n`);
  const report = await collect({ paths: [path], now });
  assert.deepEqual([report.ok, report.records, report.logs[0]?.checked, report.duplicates], [true, 4, 4, 0], JSON.stringify(report));
  writeFileSync(path, `${lines.filter((line) => !line.includes('"part":3')).join('\n')}\n`);
  assert.deepEqual((await collect({ paths: [path], now })).logs[0]?.notes, [
    '2 records arrived without all of their signed bytes: only their place in the chain was checked.',
  ]);
});

void test('a tampered folder of records is told as the lines are', async (context) => {
  const state = stateIn(context);
  await longLog(state, 10);
  const file = (seq: number) => join(state.folder, recordFile(seq));
  copyFileSync(file(4), file(5));
  writeFileSync(file(7), readFileSync(file(7), 'utf8').replace('payload', 'paylaod'));
  unlinkSync(file(10));
  const report = await collect({ paths: [state.state], now });
  assert.deepEqual(
    report.logs[0]?.problems.map(({ kind, seq }) => `${kind} ${seq}`),
    ['gap 5', 'gap 7', 'cut 10'],
  );
  assert.equal(report.unreadable.count, 1);
});

void test('nothing to check is not well', async (context) => {
  const state = stateIn(context);
  writeFileSync(join(state.state, 'a.jsonl'), '{"class_uid":2004,"metadata":{"product":{"name":"Other"}}}\nhello\n\n');
  const report = await collect({ paths: [state.state], now });
  assert.deepEqual([report.ok, report.logs.length, report.unreadable.count], [false, 0, 2]);
});

async function linesOf(state: State): Promise<readonly string[]> {
  const file = join(state.state, `shipped-${Math.random()}.jsonl`);
  const sink: Sink = ocsfLinesSink({ kind: 'ocsf-lines', file });
  await shipped(state, sink);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

/** The lines of a log that gives itself the name of the scene's. */
async function forged({ state, context }: Scene, event: LedgerEvent): Promise<readonly string[]> {
  const other = stateIn(context);
  const result = await openLedger({ ...other, now, actor: ACTOR });
  assert(result.ok);
  for (let number = 0; number < 3; number++) await appended(result.ledger, event);
  const { log } = parsed<{ log: string }>(
    Buffer.from(parsed<{ payload: string }>(readFileSync(`${state.folder}.head.json`, 'utf8')).payload, 'base64').toString(),
  );
  const own = parsed<{ log: string }>(
    Buffer.from(parsed<{ payload: string }>(readFileSync(`${other.folder}.head.json`, 'utf8')).payload, 'base64').toString(),
  ).log;
  const lines = await linesOf(other);
  return lines.map((line) => {
    const value = parsed<{ metadata: { log_name: string }; unmapped: { envelope?: { text: string } } }>(line);
    const text = value.unmapped.envelope?.text;
    // The payload is changed along, so that its hash and signature are no longer those of the bytes.
    if (text !== undefined) {
      const envelope = parsed<{ payload: string; payloadType: string; signatures: unknown }>(text);
      const payload = Buffer.from(Buffer.from(envelope.payload, 'base64').toString().replaceAll(own, log)).toString('base64');
      value.unmapped.envelope = { ...value.unmapped.envelope, text: JSON.stringify({ ...envelope, payload }) };
    }
    return JSON.stringify(value).replaceAll(own, log);
  });
}
