// Real receivers in processes of their own, killed and started again while a shipper, which is killed too, ships a log to them.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { collect } from '../../server/ledger/collect.ts';
import { syslogFrame, syslogSink } from '../../server/ledger/sinks/syslog.ts';
import type { SinkSettings } from '../../server/ledger/types.ts';
import { freePort } from '../support/free-port.ts';
import { stateIn } from './fixture.ts';
import { certificates, longLog, noOpenssl, shipped } from './shipping-fixture.ts';

const RECORDS = 600;
const HERE = fileURLToPath(new URL('.', import.meta.url));

for (const kind of ['otlp', 'syslog'] as const) {
  void test(`${kind}: nothing is missing after the collector and the shipper were killed again and again`, {
    timeout: 240_000,
    skip: noOpenssl,
  }, async (context) => {
    const state = stateIn(context);
    const tls = certificates(join(state.state, 'tls'));
    const records = await longLog(state, RECORDS);
    const file = join(state.state, 'collected.log');
    writeFileSync(file, '');
    const port = await freePort();
    const settings: SinkSettings =
      kind === 'otlp'
        ? { kind, url: `http://127.0.0.1:${port}/v1/logs`, headers: {}, tls: {} }
        : { kind, host: '127.0.0.1', port, tls: { ca: tls.ca, certificate: tls.client, key: tls.clientKey } };
    const collector = () =>
      spawned(context, 'collector', [kind, String(port), file, ...(kind === 'otlp' ? [] : [tls.ca, tls.server, tls.serverKey])]);
    const shipper = () => spawned(context, 'ship', [state.state, JSON.stringify(settings)]);

    let [receiving, shipping] = [collector(), shipper()];
    // Killed at no time in particular, whatever they are doing.
    for (let kills = 0; kills < 6 && shipping.exitCode === null; kills++) {
      await pause(60 + Math.random() * 250);
      receiving.kill('SIGKILL');
      if (kills % 2 === 0) shipping.kill('SIGKILL');
      await pause(50 + Math.random() * 150);
      receiving = collector();
      if (kills % 2 === 0) shipping = shipper();
    }
    const code = shipping.exitCode ?? (await new Promise((resolve) => shipping.once('exit', resolve)));
    assert.equal(code, 0);
    receiving.kill('SIGKILL');

    const report = await collect({ paths: [file], now: () => new Date() });
    assert.equal(report.ok, true, JSON.stringify(report));
    const [log] = report.logs;
    assert.deepEqual([log?.records, log?.checked, log?.head?.seq, log?.end?.id], [RECORDS, RECORDS, RECORDS, records.at(-1)?.id]);
    // A line that the kill cut in two is no event; all it held was sent again.
    assert.ok(report.unreadable.count <= 6, String(report.unreadable.count));
    const text = readFileSync(file, 'utf8');
    for (const { id } of records) assert.ok(text.includes(id));
  });
}

void test('a syslog message is framed by its octets, and says facility, severity, host and kind', () => {
  const event = {
    uid: 'u',
    seq: 1,
    log: 'l',
    kind: 'held',
    time: Date.parse('2026-05-01T10:00:00Z'),
    severity: 5,
    host: 'ada’s box',
    text: '{"a":1}',
  };
  const message = '<106>1 2026-05-01T10:00:00.000Z ada_s_box countersign - held - {"a":1}';
  assert.equal(syslogFrame(event), `${message.length} ${message}`);
  const plain = '<110>1 2026-05-01T10:00:00.000Z - countersign - held - {"a":1}';
  assert.equal(syslogFrame({ ...event, severity: 1, host: '' }), `${plain.length} ${plain}`);
});

/** What may be wrong between us and a collector over TLS. */
void test('syslog: nobody is shipped to who is not whom we know, nor without our certificate where it is asked for', {
  skip: noOpenssl,
}, async (context) => {
  const state = stateIn(context);
  const tls = certificates(join(state.state, 'tls'));
  await longLog(state, 4);
  const received: string[] = [];
  const port = await listening(context, { ca: tls.ca, cert: tls.server, key: tls.serverKey }, received);
  const good = { ca: tls.ca, certificate: tls.client, key: tls.clientKey };
  const rows: readonly (readonly [string, typeof good | Record<string, string>, string, RegExp | undefined])[] = [
    ['another authority', { ...good, ca: tls.otherCa }, '127.0.0.1', /signature|certificate|verify/i],
    ['no authority named', { certificate: tls.client, key: tls.clientKey }, '127.0.0.1', /certificate/i],
    ['another name', { ...good, serverName: 'logs.example.com' }, '127.0.0.1', /logs\.example\.com/],
    ['no client certificate', { ca: tls.ca }, '127.0.0.1', /certificate|closed|reset|socket/i],
    [
      'a client certificate of another authority',
      { ca: tls.ca, certificate: tls.otherClient, key: tls.otherClientKey },
      '127.0.0.1',
      /alert|closed|reset|socket/i,
    ],
    ['a file that is not there', { ...good, ca: join(state.state, 'none.pem') }, '127.0.0.1', /none\.pem/],
    ['all as it should be', good, 'localhost', undefined],
  ];
  for (const [what, files, host, problem] of rows) {
    const result = await shipped(state, syslogSink({ kind: 'syslog', host, port, tls: files }), { patience: 300 });
    if (problem === undefined) assert.equal(result.kind, 'shipped', `${what}: ${JSON.stringify(result)}`);
    else {
      assert.ok(result.kind === 'behind' && problem.test(result.problem), `${what}: ${JSON.stringify(result)}`);
      assert.deepEqual(received, [], what);
    }
  }
  assert.match(received.join(''), /^\d+ <\d+>1 [^ ]+ workbench countersign - opened - \{/);
});

type Settings = { readonly ca: string; readonly cert: string; readonly key: string };

async function listening(context: TestContext, { ca, cert, key }: Settings, received: string[]): Promise<number> {
  const files = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
  const server = createTlsServer({ ...files, requestCert: true, rejectUnauthorized: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (part: Buffer) => received.push(part.toString()));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  context.after(() => server.close());
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  return address.port;
}

function spawned(context: TestContext, name: 'collector' | 'ship', args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [join(HERE, `${name}.process.mjs`), ...args], { stdio: ['ignore', 'ignore', 'ignore'] });
  context.after(() => child.kill('SIGKILL'));
  return child;
}
