import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collect } from '../../server/ledger/collect.ts';
import { type Cursor, readCursor, readQuarantine, sinkFiles, takeLease } from '../../server/ledger/cursor.ts';
import { LARGEST_EVENT } from '../../server/ledger/ocsf.ts';
import { recordFile } from '../../server/ledger/record-file.ts';
import { ocsfLinesSink } from '../../server/ledger/sinks/ocsf-lines.ts';
import { otlpSink } from '../../server/ledger/sinks/otlp.ts';
import type { Sent, ShippedEvent, Sink } from '../../server/ledger/sinks/sink.ts';
import { appended, held, opened, parsed, stateIn, type State } from './fixture.ts';
import { longLog, shipped } from './shipping-fixture.ts';

type Event = { readonly metadata: { readonly uid: string; readonly sequence: number }; readonly unmapped: { readonly kind: string } };

void test('what is shipped is the whole log in order, with a signed head in each batch, and is shipped once', async (context) => {
  const state = stateIn(context);
  const records = await longLog(state, 450);
  const file = join(state.state, 'events.jsonl');
  const sink = ocsfLinesSink({ kind: 'ocsf-lines', file });
  assert.deepEqual(await shipped(state, sink), { kind: 'shipped', records: 450, refused: 0, seq: 450 });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => parsed<Event>(line));
  const ids = events.filter(({ unmapped }) => unmapped.kind !== 'head').map(({ metadata }) => metadata.uid);
  assert.deepEqual(
    ids,
    records.map(({ id }) => id),
  );
  assert.deepEqual(
    events.filter(({ unmapped }) => unmapped.kind === 'head').map(({ metadata }) => metadata.sequence),
    [200, 400, 450],
  );
  for (const line of lines) assert.ok(line.length <= LARGEST_EVENT && /^[\x20-\x7e]*$/.test(line), line);

  assert.deepEqual(await shipped(state, sink), { kind: 'shipped', records: 0, refused: 0, seq: 450 });
  await appended(await opened(state), held(7));
  assert.deepEqual(await shipped(state, sink), { kind: 'shipped', records: 1, refused: 0, seq: 451 });
  const report = await collect({ paths: [file], now: () => new Date() });
  assert.deepEqual([report.ok, report.records, report.duplicates], [true, 451, 0], JSON.stringify(report));
});

void test('what follows is shipped as it comes, until the signal', async (context) => {
  const state = stateIn(context);
  await longLog(state, 5);
  const sink = new Receiver(() => ({ kind: 'taken' }));
  const end = new AbortController();
  const running = shipped(state, sink, { mode: 'follow', signal: end.signal });
  await until(() => sink.taken.length > 0);
  await appended(await opened(state), held(1));
  await until(() => sink.taken.some(({ seq, kind }) => seq === 6 && kind === 'held'));
  end.abort();
  assert.equal((await running).kind, 'behind');
});

/** What a receiver does with a batch, and what becomes of it. */
void test('a batch that is refused is halved until only the event at fault is set aside', async (context) => {
  const state = stateIn(context);
  const records = await longLog(state, 60);
  const bad = [records[16]?.id, records[41]?.id];
  const sink = new Receiver((events) =>
    events.some(({ uid }) => bad.includes(uid)) ? { kind: 'refused', reason: 'It answered 400: no such field.' } : { kind: 'taken' },
  );
  assert.deepEqual(await shipped(state, sink), { kind: 'shipped', records: 60, refused: 2, seq: 60 });
  const refused = readQuarantine(filesOf(state, sink).quarantine);
  assert.deepEqual(
    [...refused],
    bad.map((id) => [id, 'It answered 400: no such field.']),
  );
  assert.equal(new Set(sink.taken.map(({ uid }) => uid)).size, 59);
  // Asked for again, they are tried again.
  const mended = new Receiver(() => ({ kind: 'taken' }));
  assert.deepEqual(await shipped(state, mended, { from: 17 }), { kind: 'shipped', records: 44, refused: 0, seq: 60 });
  assert.deepEqual(mended.taken[0]?.uid, bad[0]);
});

void test('after a failure, what a collector without receipts may have lost is sent again', async (context) => {
  const state = stateIn(context);
  await longLog(state, 900);
  let batch = 0;
  const sink = new Receiver(() => (++batch === 4 ? { kind: 'later', reason: 'It died.' } : { kind: 'taken' }), 250);
  assert.deepEqual((await shipped(state, sink)).kind, 'shipped');
  const firsts = sink.batches.map(([first]) => first?.seq);
  assert.deepEqual(firsts, [1, 201, 401, 601, 351, 551, 751]);
  assert.equal(readCursor(filesOf(state, sink).cursor)?.seq, 900);
});

void test('a failure is waited for longer each time, and the cursor says since when', async (context) => {
  const state = stateIn(context);
  await longLog(state, 3);
  const said: string[] = [];
  const sink = new Receiver(() => ({ kind: 'later', reason: 'It is away.' }));
  const result = await shipped(state, sink, { patience: 400, backoff: { first: 20, longest: 10_000 }, say: (line) => said.push(line) });
  assert.equal(result.kind, 'behind');
  // 20, 40, 80, 160 ms and half of each at the least: never more than a few.
  assert.ok(sink.batches.length >= 2 && sink.batches.length <= 7, String(sink.batches.length));
  assert.deepEqual(said, ['receiver is behind at record 0. It is away.']);
  assert.equal(readCursor(filesOf(state, sink).cursor)?.problem?.reason, 'It is away.');
  const back = new Receiver(() => ({ kind: 'taken' }));
  await shipped(state, back, { say: (line) => said.push(line) });
  assert.deepEqual(said.slice(1), ['Shipping to receiver goes on.']);
  assert.equal(readCursor(filesOf(state, back).cursor)?.problem, undefined);
});

/** How the log may have changed since it was shipped. */
const changed: readonly (readonly [string, (state: State) => Promise<void> | void, RegExp])[] = [
  [
    'the tail was cut off',
    ({ folder }) => [8, 9, 10].forEach((seq) => unlinkSync(join(folder, recordFile(seq)))),
    /Record 10, which was shipped, is gone/,
  ],
  [
    'the last record was exchanged',
    ({ folder }) => copyFileSync(join(folder, recordFile(9)), join(folder, recordFile(10))),
    /Record 10, which was shipped, is another now/,
  ],
];
for (const [what, change, problem] of changed) {
  void test(`shipping stops where ${what}`, async (context) => {
    const state = stateIn(context);
    await longLog(state, 10);
    const sink = new Receiver(() => ({ kind: 'taken' }));
    await shipped(state, sink);
    await change(state);
    const result = await shipped(state, sink);
    assert.ok(result.kind === 'broken' && problem.test(result.problem), JSON.stringify(result));
  });
}

void test('a record that is missing or unreadable before the end stops it there, and what came before is shipped', async (context) => {
  for (const [change, problem] of [
    [(file: string) => unlinkSync(file), /Record 6 is missing: the log goes on to record 10/],
    [(file: string) => writeFileSync(file, '{}'), /Record 6 cannot be read/],
  ] as const) {
    const state = stateIn(context);
    await longLog(state, 10);
    change(join(state.folder, recordFile(6)));
    const sink = new Receiver(() => ({ kind: 'taken' }));
    const result = await shipped(state, sink);
    assert.ok(result.kind === 'broken' && problem.test(result.problem), JSON.stringify(result));
    assert.equal(sink.taken.filter(({ kind }) => kind !== 'head').length, 5);
  }
});

void test('a log that was begun anew is shipped from its beginning', async (context) => {
  const state = stateIn(context);
  await longLog(state, 6);
  const sink = new Receiver(() => ({ kind: 'taken' }));
  await shipped(state, sink);
  renameSync(state.folder, join(state.state, 'old'));
  rmSync(`${state.folder}.head.json`);
  await longLog(state, 4);
  assert.deepEqual(await shipped(state, sink), { kind: 'shipped', records: 4, refused: 0, seq: 4 });
});

void test('one process at a time ships to a sink; one that died is no hindrance', async (context) => {
  const state = stateIn(context);
  await longLog(state, 3);
  const sink = new Receiver(() => ({ kind: 'taken' }));
  const { lease } = filesOf(state, sink);
  const other = takeLease(join(state.state, 'ship'), lease);
  assert(other);
  const result = await shipped(state, sink, { patience: 100 });
  assert.ok(result.kind === 'behind' && /Another process ships to receiver/.test(result.problem), JSON.stringify(result));
  other.release();
  writeFileSync(lease, JSON.stringify({ pid: 2 ** 22 + 1, host: (await import('node:os')).hostname() }));
  assert.equal((await shipped(state, sink, { patience: 100 })).kind, 'shipped');
  assert.equal(existsSync(lease), false);
});

void test('where its own files cannot be written it says so, and ships again what it could not note down', async (context) => {
  const state = stateIn(context);
  await longLog(state, 5);
  writeFileSync(join(state.state, 'ship'), 'in the way');
  const sink = new Receiver(() => ({ kind: 'taken' }));
  const none = await shipped(state, sink, { patience: 100 });
  assert.ok(none.kind === 'behind' && /could not begin: /.test(none.problem), JSON.stringify(none));
  assert.equal(sink.taken.length, 0);
  unlinkSync(join(state.state, 'ship'));
  const { cursor } = filesOf(state, sink);
  const full = new Receiver(() => {
    mkdirSync(join(cursor, 'in the way'), { recursive: true });
    return { kind: 'taken' };
  });
  const later = await shipped(state, full, { patience: 100, backoff: { first: 40, longest: 40 } });
  assert.ok(later.kind === 'behind' && /A file of its own could not be /.test(later.problem), JSON.stringify(later));
  rmSync(cursor, { recursive: true });
  assert.deepEqual(await shipped(state, sink), { kind: 'shipped', records: 5, refused: 0, seq: 5 });
  assert.equal(new Set(sink.taken.filter(({ kind }) => kind !== 'head').map(({ uid }) => uid)).size, 5);
});

void test('a file sink continues after half a line, and no temporary files are left', async (context) => {
  const state = stateIn(context);
  await longLog(state, 4);
  const file = join(state.state, 'far', 'events.jsonl');
  mkdirSync(join(state.state, 'far'));
  writeFileSync(file, '{"class_uid":2004,"half');
  await shipped(state, ocsfLinesSink({ kind: 'ocsf-lines', file }));
  const report = await collect({ paths: [file], now: () => new Date() });
  assert.deepEqual([report.ok, report.records, report.unreadable.count], [true, 4, 1], JSON.stringify(report));
  assert.deepEqual(
    readdirSync(join(state.state, 'ship')).filter((name) => !name.endsWith('.cursor.json')),
    [],
  );
});

type Reply = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown };

/** What an OTLP receiver answers first, then 200; and what then came of it. */
const answers: readonly {
  what: string;
  first: Reply;
  outcome: 'shipped' | 'behind';
  refused?: number;
  requests: number;
  atLeast?: number;
  says?: RegExp;
}[] = [
  { what: '200', first: { status: 200, body: {} }, outcome: 'shipped', requests: 1 },
  { what: '200 without a body', first: { status: 200 }, outcome: 'shipped', requests: 1 },
  { what: '202 with an empty partial success', first: { status: 202, body: { partialSuccess: {} } }, outcome: 'shipped', requests: 1 },
  {
    what: 'a warning without rejections',
    first: { status: 200, body: { partialSuccess: { rejectedLogRecords: '0', errorMessage: 'slow' } } },
    outcome: 'shipped',
    requests: 1,
  },
  {
    what: 'a partial success, which must not be repeated',
    first: { status: 200, body: { partialSuccess: { rejectedLogRecords: '2', errorMessage: 'too old' } } },
    outcome: 'shipped',
    refused: 2,
    requests: 1,
    says: /2 of these 6 events were not taken: too old/,
  },
  ...[429, 502, 503, 504].map((status) => ({ what: `${status}, then 200`, first: { status }, outcome: 'shipped' as const, requests: 2 })),
  { what: '503 with Retry-After', first: { status: 503, headers: { 'retry-after': '1' } }, outcome: 'shipped', requests: 2, atLeast: 1000 },
  {
    what: '429 with Retry-After as a date',
    first: { status: 429, headers: { 'retry-after': 'DATE' } },
    outcome: 'shipped',
    requests: 2,
    atLeast: 500,
  },
  ...[401, 403, 404, 500, 302].map((status) => ({
    what: `${status}, which no repeating mends`,
    first: { status, headers: { location: 'http://127.0.0.1:1/' }, body: { message: 'who are you' } },
    outcome: 'behind' as const,
    requests: 1,
    says: new RegExp(`It answered ${status}: who are you\\.`),
  })),
];
for (const { what, first, outcome, refused = 0, requests, atLeast = 0, says } of answers) {
  void test(`otlp: ${what}`, async (context) => {
    const state = stateIn(context);
    await longLog(state, 5);
    let count = 0;
    const url = await receiver(context, () => (count++ === 0 ? first : { status: 200, body: {} }));
    const start = performance.now();
    const result = await shipped(state, otlpSink({ kind: 'otlp', url, headers: {}, tls: {} }));
    assert.equal(result.kind, outcome, JSON.stringify(result));
    assert.equal(count, requests);
    assert.ok(performance.now() - start >= atLeast);
    if (result.kind === 'shipped') assert.equal(result.refused, refused);
    const words =
      result.kind === 'shipped'
        ? [...readQuarantine(sinkFiles(join(state.state, 'ship'), `otlp ${url}`).quarantine).values()].join()
        : result.problem;
    if (says !== undefined) assert.match(words, says);
  });
}

void test('otlp: 400 of one event sets that one aside; headers are sent, also those of a file', async (context) => {
  const state = stateIn(context);
  const records = await longLog(state, 30);
  const [bad] = records.slice(11);
  const seen: IncomingMessage[] = [];
  const url = await receiver(context, (body, request) => {
    seen.push(request);
    return body.includes(bad?.id ?? '-') &&
      parsed<Export>(body).resourceLogs[0].scopeLogs[0].logRecords.some((one) => uidOf(one) === bad?.id)
      ? { status: 400, body: { code: 3, message: 'bad body' } }
      : { status: 200, body: {} };
  });
  const headersFile = join(state.state, 'headers');
  writeFileSync(headersFile, '# secret\nauthorization: Bearer abc:def\n\nx-team:  blue \n');
  const result = await shipped(state, otlpSink({ kind: 'otlp', url, headers: { 'x-plain': 'yes' }, headersFile, tls: {} }));
  assert.deepEqual(result, { kind: 'shipped', records: 30, refused: 1, seq: 30 });
  const { headers } = seen[0] ?? {};
  assert.deepEqual(
    [headers?.['authorization'], headers?.['x-team'], headers?.['x-plain'], headers?.['content-type']],
    ['Bearer abc:def', 'blue', 'yes', 'application/json'],
  );
});

type LogRecord = { readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] };
type Export = { readonly resourceLogs: [{ readonly scopeLogs: [{ readonly logRecords: readonly LogRecord[] }] }] };

function uidOf({ attributes }: LogRecord): string | undefined {
  return attributes.find(({ key }) => key === 'log.record.uid')?.value.stringValue;
}

async function receiver(context: TestContext, answer: (body: string, request: IncomingMessage) => Reply): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      const reply = answer(body, request);
      const headers = { ...reply.headers };
      if (headers['retry-after'] === 'DATE') headers['retry-after'] = new Date(Date.now() + 2000).toUTCString();
      response.writeHead(reply.status, headers).end(reply.body === undefined ? '' : JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
}

function filesOf(state: State, sink: Sink): ReturnType<typeof sinkFiles> {
  return sinkFiles(join(state.state, 'ship'), sink.name);
}

/** A sink whose answers the test gives. */
class Receiver implements Sink {
  readonly name = 'receiver';
  readonly again: number;
  readonly batches: (readonly ShippedEvent[])[] = [];
  readonly taken: ShippedEvent[] = [];
  readonly #answer: (events: readonly ShippedEvent[]) => Sent;

  constructor(answer: (events: readonly ShippedEvent[]) => Sent, again = 0) {
    this.#answer = answer;
    this.again = again;
  }

  readonly send = async (events: readonly ShippedEvent[]): Promise<Sent> => {
    this.batches.push(events);
    const sent = this.#answer(events);
    if (sent.kind === 'taken') this.taken.push(...events);
    return await Promise.resolve(sent);
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.ok(holds(), 'it did not come to pass');
}

/** The cursor's shape is read by people and by other versions. */
void test('the cursor is a small readable file', async (context) => {
  const state = stateIn(context);
  await longLog(state, 3);
  const sink = new Receiver(() => ({ kind: 'taken' }));
  await shipped(state, sink);
  const cursor = parsed<Cursor>(readFileSync(filesOf(state, sink).cursor, 'utf8'));
  assert.deepEqual([cursor.schema, cursor.sink, cursor.seq, cursor.furthest], ['countersign.cursor/1', 'receiver', 3, 3]);
});
