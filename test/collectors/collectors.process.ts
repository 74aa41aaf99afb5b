// Real collectors, killed and started again while 3,000 records ship to them and the shipper is killed too:
//   rsyslog over TLS with client certificates into PostgreSQL, with the configuration in media/collect;
//   an OTLP receiver that keeps what it takes in a database file.
// And what was shipped, against the published schemas. `npm run test:collectors` installs these and starts this.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { CollectReport } from '../../server/ledger/collect.ts';
import { EVENT_KINDS } from '../../server/ledger/parse-record.ts';
import type { LedgerEvent, StoredRecord } from '../../server/ledger/types.ts';
import { acknowledged, appended, enrolled, held, opened, parsed, statePaths } from '../ledger/fixture.ts';
import { certificates, longLog } from '../ledger/shipping-fixture.ts';
import { freePort } from '../support/free-port.ts';
import { REPOSITORY } from '../support/repository.ts';

const RECORDS = Number(process.env['COUNTERSIGN_COLLECTOR_RECORDS'] ?? 3000);
const CLI = join(REPOSITORY, 'dist', 'cli.js');
const HERE = join(REPOSITORY, 'test', 'collectors');
const children: ChildProcess[] = [];

void test('rsyslog over TLS into PostgreSQL: nothing is missing, nothing is there twice', { timeout: 900_000 }, async (t) => {
  const root = rootFolder(t.after.bind(t), 'rsyslog');
  const state = statePaths(join(root, 'state'));
  const records = await longLog(state, RECORDS);
  const tls = certificates(join(root, 'tls'));
  const database = await postgres(root);
  const port = await freePort();
  const config = join(root, 'rsyslog.conf');
  const shipped = readFileSync(join(REPOSITORY, 'media', 'collect', 'rsyslog-postgresql.conf'), 'utf8');
  writeFileSync(
    config,
    shipped
      .replace('/etc/rsyslog.d/countersign/ca.pem', tls.ca)
      .replace('/etc/rsyslog.d/countersign/server.pem', tls.server)
      .replace('/etc/rsyslog.d/countersign/server.key', tls.serverKey)
      .replace('"*.countersign.example"', '"countersign.example"')
      .replace('port="5432"', `port="${database.port}"`)
      .replace('port="6514"', `port="${port}"`),
  );
  const collector = () => child('/usr/sbin/rsyslogd', ['-n', '-f', config, '-i', join(root, 'rsyslog.pid')]);
  const args = ['--syslog', `127.0.0.1:${port}`, '--ca', tls.ca, '--certificate', tls.client, '--key', tls.clientKey];
  await stormed({ state: state.state, args, collector, also: [database.kill] });

  const count = (what: string) => Number(database.ask(`select ${what} from countersign_events`));
  t.diagnostic(`${count('count(*)')} events kept of ${count('max(id)')} that arrived; ${RECORDS} records`);
  assert.equal(count('count(*) - count(distinct uid)'), 0);
  const file = join(root, 'events.jsonl');
  writeFileSync(file, database.ask('select event from countersign_events order by id'));
  checkCollected(file, records);

  // Who has no certificate of ours, or of another name, is not taken.
  for (const files of [
    [tls.otherClient, tls.otherClientKey],
    [tls.server, tls.serverKey],
  ]) {
    const [certificate = '', key = ''] = files;
    const refused = cli(state.state, [
      'log',
      'ship',
      '--from',
      '1',
      '--patience',
      '3',
      ...args.slice(0, 4),
      '--certificate',
      certificate,
      '--key',
      key,
    ]);
    assert.equal(refused.status, 3, refused.stderr);
  }
});

void test('an OTLP receiver: nothing is missing', { timeout: 900_000 }, async (t) => {
  const root = rootFolder(t.after.bind(t), 'otlp');
  const state = statePaths(join(root, 'state'));
  const records = await longLog(state, RECORDS);
  const port = await freePort();
  const store = join(root, 'received.db');
  const collector = () =>
    child(
      process.execPath,
      [join(HERE, 'node_modules', 'autotel-mcp', 'bin', 'autotel-mcp'), '--collector-port', String(port), '--persist', store],
      {
        AUTOTEL_TRANSPORT: 'http',
        AUTOTEL_PORT: String(port + 1),
      },
    );
  await stormed({ state: state.state, args: ['--otlp', `http://127.0.0.1:${port}/v1/logs`], collector, also: [] });
  const file = join(root, 'events.jsonl');
  writeFileSync(file, execFileSync('python3', ['-c', BODIES, store], { maxBuffer: 2 ** 30 }));
  checkCollected(file, records);
});

/** What the receiver kept, one body a line. */
const BODIES = `
import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
for (body,) in store.execute("select body from log_records"):
    print(body)
`;

void test('what is posted is what the published OTLP schema says, and each event what OCSF 1.8 says', { timeout: 300_000 }, async (t) => {
  const root = rootFolder(t.after.bind(t), 'schemas');
  const state = statePaths(join(root, 'state'));
  const ledger = await opened(state);
  const person = await enrolled(ledger, state);
  for (const event of oneOfEach()) {
    // Some only a person may sign.
    const own = await ledger.append(event);
    if (!own.ok) await appended(ledger, event, person);
  }
  const [posted, lines] = [join(root, 'posted.jsonl'), join(root, 'events.jsonl')];
  writeFileSync(posted, '');
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      writeFileSync(posted, `${Buffer.concat(parts).toString()}\n`, { flag: 'a' });
      response.end('{}');
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => server.close());
  await finished(child(process.execPath, [CLI, 'log', 'ship', '--state', state.state, '--otlp', `http://127.0.0.1:${port}/v1/logs`]), 0);
  assert.equal(cli(state.state, ['log', 'ship', '--file', lines]).status, 0);
  const python = { ...process.env, PYTHONPATH: join(HERE, 'node_modules', '.python') };
  for (const [kind, file] of [
    ['otlp', posted],
    ['ocsf', lines],
  ] as const) {
    const checked = spawnSync('python3', [join(HERE, 'check.py'), kind, file], { encoding: 'utf8', env: python });
    assert.equal(checked.status, 0, checked.stderr);
    t.diagnostic(`${kind}: ${checked.stdout.trim()} checked`);
  }
  // A check that takes anything would not be one.
  writeFileSync(lines, readFileSync(lines, 'utf8').replace('"severity_id":', '"severity_idx":'));
  writeFileSync(posted, readFileSync(posted, 'utf8').replace('"timeUnixNano"', '"timeUnixNanos"'));
  for (const [kind, file] of [
    ['otlp', posted],
    ['ocsf', lines],
  ] as const) {
    assert.equal(spawnSync('python3', [join(HERE, 'check.py'), kind, file], { env: python }).status, 1, kind);
  }
});

/** Each kind of event that can be appended, plain and with all that it may carry. */
function oneOfEach(): readonly LedgerEvent[] {
  const kinds = EVENT_KINDS.filter((kind) => kind !== 'opened' && !kind.startsWith('key-'));
  const full = acknowledged('“Für den Partner”, until Friday 😀');
  return kinds.flatMap((kind): LedgerEvent[] => [
    { kind },
    { ...held(), kind },
    { ...full, kind },
    { ...full, kind, verdict: 'not-applied', cause: 'It could not be made.' },
    {
      kind,
      files: [
        { path: 'a/b.json', findings: [] },
        { path: '', after: 'd'.repeat(64), findings: [] },
      ],
    },
    { ...full, kind, files: [{ path: 'x'.repeat(9000), findings: full.files?.[0]?.findings ?? [] }] },
  ]);
}

async function stormed(scene: {
  readonly state: string;
  readonly args: readonly string[];
  readonly collector: () => ChildProcess;
  readonly also: readonly (() => Promise<void>)[];
}): Promise<void> {
  const shipper = () => child(process.execPath, [CLI, 'log', 'ship', '--state', scene.state, '--patience', '60', ...scene.args]);
  let [receiving, shipping] = [scene.collector(), shipper()];
  let kills = 0;
  for (; kills < 8; kills++) {
    await pause(300 + Math.random() * 900);
    if (shipping.exitCode !== null) break;
    receiving.kill('SIGKILL');
    if (kills % 2 === 0) shipping.kill('SIGKILL');
    if (kills === 3) for (const kill of scene.also) await kill();
    await pause(200 + Math.random() * 500);
    receiving = scene.collector();
    if (kills % 2 === 0) shipping = shipper();
  }
  assert.ok(kills >= 2, `all was shipped before the ${kills}. kill`);
  // A receiver that answered that it failed ends a shipper, which is started again.
  for (let tries = 0; (await ended(shipping)) !== 0; tries++) {
    assert.ok(tries < 10, 'the shipper does not come to its end');
    shipping = shipper();
  }
  receiving.kill('SIGTERM');
  await ended(receiving);
}

function checkCollected(file: string, records: readonly StoredRecord[]): void {
  const ran = spawnSync(process.execPath, [CLI, 'log', 'collect', '--json', file], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  assert.notEqual(ran.stdout, '', ran.stderr);
  const report = parsed<CollectReport>(ran.stdout);
  assert.equal(ran.status, 0, JSON.stringify(report, undefined, 1));
  const [log] = report.logs;
  assert.deepEqual(
    [report.logs.length, log?.records, log?.checked, log?.head?.seq, log?.end?.id, log?.problems],
    [1, records.length, records.length, records.length, records.at(-1)?.id, []],
  );
  const text = readFileSync(file, 'utf8');
  for (const { id } of records) assert.ok(text.includes(id));
}

/** A server of its own in a folder of its own, on loopback, with the table that media/collect tells to make. */
async function postgres(root: string): Promise<{ port: number; ask: (sql: string) => string; kill: () => Promise<void> }> {
  const [version = ''] = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  const bin = join('/usr/lib/postgresql', version, 'bin');
  const [port, data] = [await freePort(), join(root, 'postgres')];
  mkdirSync(data);
  // PostgreSQL does not run as root.
  const user = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  if (user.length > 0) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
    chownSync(data, uid ?? 0, gid ?? 0);
    chmodSync(root, 0o755);
  }
  const run = (...command: readonly string[]) => {
    const [program = '', ...rest] = [...user, ...command];
    return execFileSync(program, rest, { encoding: 'utf8', maxBuffer: 2 ** 30, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  };
  run(join(bin, 'initdb'), '-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync');
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${data}`;
  const server = (...args: readonly string[]) => {
    const [program = '', ...rest] = [...user, join(bin, 'pg_ctl'), '-D', data, '-w', '-l', join(data, 'server.log'), ...args];
    assert.equal(spawnSync(program, rest, { cwd: '/', stdio: 'ignore' }).status, 0, `pg_ctl ${args.join(' ')}`);
  };
  server('-o', options, 'start');
  stops.push(() => server('-m', 'immediate', 'stop'));
  const psql = (database: string, ...more: readonly string[]) =>
    run(
      join(bin, 'psql'),
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'postgres',
      '-d',
      database,
      '-AtqX',
      '-v',
      'ON_ERROR_STOP=1',
      ...more,
    );
  psql('postgres', '-c', "create role countersign login password 'PASSWORD'", '-c', 'create database countersign owner countersign');
  psql(
    'countersign',
    '-c',
    readFileSync(join(REPOSITORY, 'media', 'collect', 'postgresql.sql'), 'utf8'),
    '-c',
    'grant all on countersign_events to countersign',
  );
  return {
    port,
    ask: (sql) => psql('countersign', '-c', sql),
    kill: async () => {
      server('-m', 'immediate', 'stop');
      await pause(300);
      server('-o', options, 'start');
    },
  };
}

const stops: (() => void)[] = [];

function rootFolder(after: (done: () => void) => void, name: string): string {
  const root = mkdtempSync(join(tmpdir(), `countersign-${name}-`));
  after(() => {
    for (const one of children.splice(0)) one.kill('SIGKILL');
    for (const stop of stops.splice(0)) stop();
    rmSync(root, { recursive: true, force: true });
  });
  return root;
}

function child(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const started = spawn(program, [...args], {
    stdio: ['ignore', 'ignore', process.env['COUNTERSIGN_TELL'] === undefined ? 'ignore' : 'inherit'],
    env: { ...process.env, ...env },
  });
  children.push(started);
  return started;
}

function cli(state: string, args: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...args, '--state', state], { encoding: 'utf8' });
}

function ended(one: ChildProcess): Promise<number | null> {
  return one.exitCode !== null || one.signalCode !== null
    ? Promise.resolve(one.exitCode)
    : new Promise((resolve) => one.once('exit', resolve));
}

async function finished(one: ChildProcess, code: number): Promise<void> {
  assert.equal(await ended(one), code);
}
