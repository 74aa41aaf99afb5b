import assert from 'node:assert/strict';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { logCommand } from '../../server/fronts/cli/log.ts';
import { acknowledged, appended, enrolled, held, opened, parsed, type State, stateIn } from '../ledger/fixture.ts';

type Ran = { readonly code: number; readonly out: string; readonly err: string };

async function run({ state }: State, ...args: string[]): Promise<Ran> {
  const sink = () => {
    const chunks: string[] = [];
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        chunks.push(String(chunk));
        done();
      },
    });
    return { stream, text: () => chunks.join('') };
  };
  const [stdout, stderr] = [sink(), sink()];
  const io = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdin: new PassThrough(),
    env: { COUNTERSIGN_STATE: state },
    cwd: '/',
    now: () => new Date(),
  };
  const code = await logCommand(args, io);
  return { code, out: stdout.text(), err: stderr.text() };
}

/** 1 opened, 2 key-trusted, 3 held, 4 acknowledged, 5 held. */
async function fiveRecords(state: State): Promise<void> {
  const ledger = await opened(state, () => new Date('2026-05-01T10:00:00Z'));
  const person = await enrolled(ledger, state);
  await appended(ledger, held(1));
  await appended(ledger, acknowledged(), person);
  await appended(ledger, held(2));
}

void test('log show prints a line a record, with the reason, and takes last, kind and path', async (context) => {
  const state = stateIn(context);
  await fiveRecords(state);
  const all = await run(state, 'show');
  assert.equal(all.code, 0);
  assert.match(all.out, / {5}4 {2}2026-05-01 10:00:00Z {2}acknowledged {3}critical {3}Anyone on the internet can read/);
  assert.match(all.out, /Reason \(temporary\): The partner needs the export until Friday\. \[SEC-12\]/);
  assert.match(all.out, /ada via Claude Code in policies\/exports-1\.json/);
  const lines = async (...args: string[]) => (await run(state, 'show', '--json', ...args)).out.trim().split('\n').filter(Boolean);
  assert.equal((await lines()).length, 5);
  assert.equal((await lines('--last', '2')).length, 2);
  assert.equal((await lines('--last', '0')).length, 5);
  assert.equal((await lines('--kind', 'held')).length, 2);
  assert.equal((await lines('--kind', 'held', '--last', '1')).length, 1);
  const [only] = await lines('--path', 'exports-2');
  assert.equal(parsed<{ seq: number }>(only ?? '').seq, 5);
});

void test('text in a record cannot move the cursor of who reads it', async (context) => {
  const state = stateIn(context);
  await appended(await opened(state), { kind: 'closed', cause: 'x\u001B[2J\u202Ey\nz' });
  const { out } = await run(state, 'show');
  assert.match(out, /x\uFFFD\[2J\uFFFDy\uFFFDz/);
});

void test('log verify: 0 and the end, 1 and the record', async (context) => {
  const state = stateIn(context);
  await fiveRecords(state);
  const noted = (await run(state, 'head')).out.trim();
  assert.match(noted, /^5:[0-9a-f]{64}$/);
  const whole = await run(state, 'verify', '--head', noted);
  assert.equal(whole.code, 0);
  assert(whole.out.includes(`whole: 5 records`) && whole.out.includes(noted), whole.out);
  const report = parsed<{ ok: boolean; records: number }>((await run(state, 'verify', '--json')).out);
  assert.deepEqual([report.ok, report.records], [true, 5]);

  unlinkSync(join(state.folder, '0000000000000005.json'));
  unlinkSync(`${state.folder}.head.json`);
  const unseen = await run(state, 'verify');
  assert.equal(unseen.code, 0);
  assert.match(unseen.out, /Note: The tail cannot be checked/);
  const cut = await run(state, 'verify', '--head', noted);
  assert.equal(cut.code, 1);
  assert.match(cut.out, /Record 5 .* is missing: the end of the log was cut off/);

  const file = join(state.folder, '0000000000000003.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"payload":"e', '"payload":"f'));
  const changed = await run(state, 'verify');
  assert.equal(changed.code, 1);
  assert.match(changed.out, /Record 3 .*changed/);
  const shown = await run(state, 'show');
  assert.equal(shown.code, 3);
  assert.match(shown.err, /Record 3 of 4 is missing or cannot be read/);
});

void test('log export writes OCSF 1.8.0 Detection Findings under 7 KB', async (context) => {
  const state = stateIn(context);
  await fiveRecords(state);
  const long = 'é'.repeat(9000);
  await appended(await opened(state), { ...held(3), cause: long, reason: { category: 'intended', text: long }, workspace: long });
  const { code, out } = await run(state, 'export', '--format', 'ocsf');
  assert.equal(code, 0);
  const lines = out.trim().split('\n');
  for (const line of lines) assert(Buffer.byteLength(line) < 7168, `${Buffer.byteLength(line)} bytes`);
  type Event = Record<string, unknown> & { metadata: Record<string, unknown>; finding_info: Record<string, unknown>; evidences: unknown };
  const events = lines.map((line) => parsed<Event>(line));
  // The last does not fit into one.
  assert.deepEqual([...new Set(events.map(({ metadata }) => metadata['sequence']))], [1, 2, 3, 4, 5, 6]);
  assert.equal(new Set(events.map(({ metadata }) => metadata['uid'])).size, events.length);
  assert.equal(
    events.findIndex(({ metadata }) => metadata['sequence'] === 6),
    5,
  );
  const pick = (event: Event | undefined, ...names: string[]) => names.map((name) => event?.[name]);
  const [, , raised, accepted] = events;
  assert.deepEqual(
    pick(raised, 'class_uid', 'type_uid', 'activity_id', 'status_id', 'action_id', 'disposition_id'),
    [2004, 200401, 1, 1, 2, 2],
  );
  assert.deepEqual(pick(accepted, 'class_uid', 'type_uid', 'activity_id', 'status_id', 'status', 'action_id', 'disposition_id'), [
    2004,
    200402,
    2,
    99,
    'Acknowledged',
    1,
    8,
  ]);
  assert.deepEqual(pick(accepted, 'severity_id', 'risk_level_id', 'comment'), [5, 4, 'The partner needs the export until Friday.']);
  assert.equal(accepted?.metadata['version'], '1.8.0');
  const shown = (await run(state, 'show', '--json', '--kind', 'acknowledged')).out;
  assert.equal(accepted?.metadata['uid'], parsed<{ id: string }>(shown).id);
  assert.equal(accepted?.finding_info['uid'], 'c'.repeat(64));
  assert.match(JSON.stringify(accepted?.evidences), /"hashes":\[\{"algorithm_id":3,"algorithm":"SHA-256","value":"b{64}"\}\]/);
  const since = await run(state, 'export', '--since', '5');
  assert.deepEqual(since.out.trim().split('\n'), lines.slice(4));
  assert.deepEqual((await run(state, 'export', '--since', '2026-05-01T10:00:01Z')).out.trim().split('\n'), lines.slice(5));
});

const refusals: readonly { readonly args: readonly string[]; readonly says: RegExp }[] = [
  { args: [], says: /countersign log verify +check every record/ },
  { args: ['erase'], says: /no "log erase"/ },
  { args: ['show', '--kind', 'allowed'], says: /no kind "allowed"\. Kinds: opened/ },
  { args: ['show', '--last', 'few'], says: /--last takes a number/ },
  { args: ['show', '--head', '1:a'], says: /"log show" takes no --head/ },
  { args: ['verify', '--head', '12'], says: /--head takes SEQ:HASH/ },
  { args: ['export', '--format', 'cef'], says: /--format takes ocsf/ },
  { args: ['export', '--since', 'yesterday-ish'], says: /--since takes a record number or a time/ },
  { args: ['show', '--lines'], says: /--lines/ },
  { args: ['head'], says: /no log in .*nothing was recorded yet/ },
];

void test('what is asked wrongly is answered with 3 and a sentence; --help teaches', async (context) => {
  const state = stateIn(context);
  for (const { args, says } of refusals) {
    const { code, err } = await run(state, ...args);
    assert.equal(code, 3, args.join(' '));
    assert.match(err, says);
  }
  const help = await run(state, '--help');
  assert.equal(help.code, 0);
  assert.match(help.out, /countersign log ship [\s\S]*countersign log <command> --help/);
  const one = await run(state, 'verify', '-h');
  assert.equal(one.code, 0);
  assert.match(one.out, /--head SEQ:HASH[\s\S]*Exit codes/);
});
