import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { logCommand } from '../../server/fronts/cli/log.ts';
import { newPersonKey, readProcessKey } from '../../server/ledger/keys.ts';
import { parsed, type State, stateIn } from '../ledger/fixture.ts';
import { longLog } from '../ledger/shipping-fixture.ts';

async function run({ state }: State, ...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const said = { out: '', err: '' };
  const into = (name: 'out' | 'err') =>
    new Writable({
      write: (chunk, _encoding, done) => {
        said[name] += String(chunk);
        done();
      },
    });
  const env = { COUNTERSIGN_STATE: state, XDG_CONFIG_HOME: join(state, 'config'), HOME: state };
  const io = { stdout: into('out'), stderr: into('err'), stdin: new PassThrough(), env, cwd: state, now: () => new Date() };
  return { code: await logCommand(args, io), ...said };
}

void test('what the policy names is shipped to, each sink with a cursor of its own; status tells how far', async (context) => {
  const state = stateIn(context);
  await longLog(state, 12);
  const folder = join(state.state, 'config', 'countersign');
  mkdirSync(folder, { recursive: true });
  assert.match((await run(state, 'ship')).err, /Nothing says where the log is shipped/);
  const file = join(state.state, 'events.jsonl');
  writeFileSync(join(folder, 'policy.yaml'), `sinks:\n  - file: ${file}\n  - otlp: http://127.0.0.1:9/v1/logs\n`);
  const shipped = await run(state, 'ship', '--once', '--patience', '1');
  assert.equal(shipped.code, 3);
  assert.match(shipped.out, /file .*events\.jsonl: 12 records shipped, up to record 12\./);
  assert.match(shipped.err, /Shipping to otlp http:\/\/127\.0\.0\.1:9\/v1\/logs stopped after record 0: It could not be reached/);
  const { out, code } = await run(state, 'ship', '--status');
  assert.equal(code, 0);
  assert.match(out, /file .*: shipped up to record 12 of 12/);
  assert.match(out, /otlp .*: shipped up to record 0 of 12.*\n {2}Behind since 20.*: It could not be reached/);
  // A policy that cannot be used ships nothing, and says why.
  writeFileSync(join(folder, 'policy.yaml'), 'sinks: 5\n');
  const broken = await run(state, 'ship');
  assert.ok(broken.code === 3 && /line 1, column/.test(broken.err), broken.err);
});

void test('a workspace’s policy has no part in where the log goes', async (context) => {
  const state = stateIn(context);
  await longLog(state, 3);
  mkdirSync(join(state.state, 'repo', '.countersign'), { recursive: true });
  writeFileSync(join(state.state, 'repo', '.countersign', 'policy.yaml'), `sinks:\n  - file: ${join(state.state, 'stolen')}\n`);
  const { code, err } = await run(state, 'ship');
  assert.ok(code === 3 && /Nothing says where/.test(err), err);
  assert.ok(!readdirSync(state.state).includes('stolen'));
});

void test('what was refused is told, set aside, and shipped again from a record on', async (context) => {
  const state = stateIn(context);
  const records = await longLog(state, 8);
  const seen: string[] = [];
  let strict = true;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      // By the uid alone: the next record names it, too.
      const bad = strict && body.includes(`{"stringValue":"${records[4]?.id}"}`);
      if (!bad) seen.push(body);
      response.writeHead(bad ? 400 : 200).end(bad ? 'no "such" field' : '{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  const first = await run(state, 'ship', '--otlp', url, '--header', 'x-a: b');
  assert.equal(first.code, 1);
  assert.match(first.out, /8 records shipped, up to record 8\. 1 event was refused; --status says why\./);
  assert.match(
    (await run(state, 'ship', '--status', '--otlp', url)).out,
    new RegExp(`1 event was refused.*\n.*${records[4]?.id.slice(0, 12)}…: It answered 400: no "such" field\\.`),
  );
  strict = false;
  const again = await run(state, 'ship', '--otlp', url, '--from', '5');
  assert.deepEqual([again.code, seen.some((body) => body.includes(`{"stringValue":"${records[4]?.id}"}`))], [0, true]);
});

void test('collect tells each log and the sum, as text and JSON, with exit codes', async (context) => {
  const state = stateIn(context);
  await longLog(state, 9);
  const file = join(state.state, 'events.jsonl');
  assert.equal((await run(state, 'ship', '--file', 'events.jsonl')).code, 0);
  const whole = await run(state, 'collect', file, state.folder);
  assert.equal(whole.code, 0, whole.out + whole.err);
  assert.match(
    whole.out,
    /^Log [0-9a-f-]{36} of ada@workbench: whole, 9 records, up to 9:[0-9a-f]{12}…, begun with key [0-9a-f]{12}…\n9 events arrived more than once/,
  );
  assert.match(whole.out, /All is whole: 1 log with 9 records, each record chained to the one before it\.\n$/);
  const key = join(state.state, 'known.pem');
  writeFileSync(key, readProcessKey(state.keysFolder)?.publicKeyPem ?? '');
  assert.equal((await run(state, 'collect', '--keys', key, file)).code, 0);
  writeFileSync(key, newPersonKey().publicKeyPem);
  const strange = await run(state, 'collect', '--keys', key, file);
  assert.ok(strange.code === 1 && /which is not among the keys given/.test(strange.out), strange.out);

  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(file, `${lines.slice(0, 4).join('\n')}\n${lines.slice(5).join('\n')}\n{"half`);
  const gap = await run(state, 'collect', file);
  assert.equal(gap.code, 1);
  assert.match(
    gap.out,
    /NOT WHOLE, 8 records.*\n {2}Record 5 is missing\.\n.*\nNot read: 1 line or file.*line 10\n1 of 1 log with 8 records is not whole\.\n$|NOT WHOLE, 8 records.*\n {2}Record 5 is missing\.\nNot read: 1 line or file.*line 10\n1 of 1 log with 8 records is not whole\.\n$/,
  );
  const report = parsed<{ ok: boolean; logs: { problems: { kind: string; seq: number }[] }[] }>(
    (await run(state, 'collect', '--json', file)).out,
  );
  assert.deepEqual([report.ok, report.logs[0]?.problems.map(({ kind, seq }) => [kind, seq])], [false, [['gap', 5]]]);
  unlinkSync(file);
});

/** What is asked wrongly is answered with 3 and a sentence. */
const refusals: readonly { readonly args: readonly string[]; readonly says: RegExp }[] = [
  { args: ['ship', '--otpl', 'x'], says: /There is no flag --otpl\. Did you mean --otlp\?/ },
  { args: ['ship', '--once', '--follow'], says: /exclude each other/ },
  { args: ['ship', '--otlp', 'http://example.com/v1/logs'], says: /this machine alone\. Write https/ },
  { args: ['ship', '--otlp', 'https://a/v1/logs', '--file', '/b'], says: /exactly one of/ },
  { args: ['ship', '--syslog', 'example.com'], says: /host:port/ },
  { args: ['ship', '--file', 'x', '--ca', 'y'], says: /A file is not reached over TLS/ },
  { args: ['ship', '--ca', 'y'], says: /Those flags belong to a sink/ },
  { args: ['ship', '--otlp', 'https://a/v1/logs', '--header', 'novalue'], says: /--header takes "name: value"/ },
  { args: ['ship', '--from', '0', '--file', 'x'], says: /--from takes a record number/ },
  { args: ['ship', '--patience', 'long', '--file', 'x'], says: /--patience takes seconds/ },
  { args: ['ship', 'everything'], says: /everything belongs to no flag/ },
  { args: ['collect'], says: /Name a folder or a file/ },
  { args: ['collect', '/nowhere/at/all'], says: /could not be read: .*nowhere/ },
  { args: ['collect', '--keys', '/nowhere', '/'], says: /could not be read/ },
  { args: ['collect', '--all'], says: /--all/ },
];
for (const { args, says } of refusals) {
  void test(`refused: log ${args.join(' ')}`, async (context) => {
    const { code, err } = await run(stateIn(context), ...args);
    assert.equal(code, 3);
    assert.match(err, says);
  });
}

void test('both teach with --help, and nothing found is no success', async (context) => {
  const state = stateIn(context);
  for (const name of ['ship', 'collect']) {
    const help = await run(state, name, '--help');
    assert.ok(help.code === 0 && help.out.startsWith(`countersign log ${name}`) && /Exit codes/.test(help.out));
  }
  mkdirSync(join(state.state, 'empty'));
  const none = await run(state, 'collect', join(state.state, 'empty'));
  assert.ok(none.code === 3 && /No log was found there/.test(none.out));
});
