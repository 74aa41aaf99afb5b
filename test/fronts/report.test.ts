import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { reportCommand } from '../../server/fronts/cli/report.ts';
import type { Incident } from '../../server/fronts/report/incident-model.ts';
import type { Report } from '../../server/fronts/report/report-model.ts';
import { prune } from '../../server/ledger/prune.ts';
import { ocsfEvents } from '../../server/ledger/ocsf.ts';
import { readRecords } from '../../server/ledger/open.ts';
import { recordFile } from '../../server/ledger/record-file.ts';
import { appended, enrolled, held, opened, type State, stateIn } from '../ledger/fixture.ts';
import { month, type Said, told, writeLog } from './report-log.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const at = (day: number, seconds = 0) => new Date(NOW.getTime() - day * 86_400_000 + seconds * 1000);
const reason = (text: string, category = 'temporary') => ({ reason: { category, text }, expires: '2026-12-01T00:00:00.000Z' });

async function run({ state }: State, ...args: readonly string[]) {
  let [out, err] = ['', ''];
  const sink = (take: (text: string) => void) => new Writable({ write: (chunk, _, done) => (take(String(chunk)), done()) });
  const io = {
    stdout: sink((text) => (out += text)),
    stderr: sink((text) => (err += text)),
    stdin: new PassThrough(),
    env: { COUNTERSIGN_STATE: state, HOME: state, PATH: process.env['PATH'] },
    cwd: state,
    now: () => NOW,
  };
  return { code: await reportCommand(args, io), out, err };
}

async function written(
  context: TestContext,
  story: (person: Parameters<Parameters<typeof writeLog>[2]>[0]) => readonly Said[],
): Promise<State> {
  const state = stateIn(context);
  await writeLog(state, at(60), story);
  return state;
}

async function reported(state: State, ...args: readonly string[]): Promise<Report> {
  const { code, out, err } = await run(state, '--format', 'json', ...args);
  assert.equal(code, 0, err);
  return JSON.parse(out) as Report;
}

test('each suggestion has one outcome; events, times and what is in force are counted', async (context) => {
  const state = await written(context, (person) => [
    { at: at(40), event: told({ hold: 'H-OLD00001' }) },
    {
      at: at(40, 60),
      event: told({ hold: 'H-OLD00001', kind: 'acknowledged', more: reason('An older one that still holds.') }),
      signer: person,
    },
    { at: at(40, 61), event: told({ hold: 'H-OLD00001', kind: 'released', more: { acknowledgement: '1' } }) },
    { at: at(5), event: told({ hold: 'H-AAAAAAAA' }) },
    { at: at(5, 30), event: told({ hold: 'H-AAAAAAAA', kind: 'discarded' }) },
    { at: at(5, 40), event: { ...told({ hold: 'H-AAAAAAAA' }), cause: 'The discard was undone.' } },
    {
      at: at(5, 100),
      event: told({ hold: 'H-AAAAAAAA', kind: 'acknowledged', more: reason('Needed for the audit, ends on Friday.') }),
      signer: person,
    },
    { at: at(5, 101), event: told({ hold: 'H-AAAAAAAA', kind: 'released', more: { acknowledgement: '6' } }) },
    { at: at(4), event: told({ hold: 'H-BBBBBBBB', agent: 'Cursor', severity: 'medium', rule: 'other' }) },
    { at: at(4, 9), event: told({ hold: 'H-BBBBBBBB', agent: 'Cursor', kind: 'discarded' }) },
    { at: at(3), event: told({ hold: 'H-CCCCCCCC', agent: '' }) },
    { at: at(3), event: told({ hold: 'H-DDDDDDDD', kind: 'forbidden' }) },
    { at: at(2), event: told({ hold: 'H-EEEEEEEE' }) },
    {
      at: at(2, 5),
      event: told({ hold: 'H-EEEEEEEE', kind: 'acknowledged', more: reason('Was taken back later, that same day.', 'wrong') }),
      signer: person,
    },
    { at: at(2, 6), event: told({ hold: 'H-EEEEEEEE', kind: 'released', more: { acknowledgement: '13' } }) },
    { at: at(2, 7), event: told({ hold: 'H-EEEEEEEE', kind: 'rolled-back', more: { acknowledgement: '13' } }) },
    { at: at(1), event: { kind: 'halted' } },
    { at: at(1), event: { kind: 'closed', cause: 'x' } },
    { at: at(1), event: { kind: 'tripped' } },
  ]);
  const { totals, timeToAcknowledge, byAgent, byRule, bySeverity, byReason, inForce, latest, trend, byPerson, byRepository } =
    await reported(state);
  const { held, acknowledged, discarded, forbidden, waiting, unknownAgent, rolledBack, halted, tripped, closed } = totals;
  assert.deepEqual(
    { held, acknowledged, discarded, forbidden, waiting, unknownAgent, rolledBack, halted, tripped, closed, inForce: totals.inForce },
    {
      held: 5,
      acknowledged: 2,
      discarded: 1,
      forbidden: 1,
      waiting: 1,
      unknownAgent: 1,
      rolledBack: 1,
      halted: 1,
      tripped: 1,
      closed: 1,
      inForce: 2,
    },
  );
  assert.deepEqual(timeToAcknowledge, { count: 2, mean: 52.5, median: 52.5 });
  assert.deepEqual(
    byAgent.map(({ name, held: times }) => [name, times]),
    [
      ['Claude Code', 3],
      ['Cursor', 1],
      ['Not known', 1],
    ],
  );
  assert.deepEqual(
    byRule.map(({ name, held: times }) => [name, times]),
    [
      ['aws-iam-public', 4],
      ['other', 1],
    ],
  );
  assert.deepEqual(
    bySeverity.map(({ name }) => name),
    ['critical', 'medium'],
  );
  assert.deepEqual(byReason, [
    { category: 'temporary', count: 1 },
    { category: 'wrong', count: 1 },
  ]);
  assert.deepEqual(
    inForce.map(({ hold }) => hold),
    ['H-AAAAAAAA', 'H-OLD00001'],
    'whenever it was held',
  );
  assert.deepEqual(
    latest.map(({ hold, state: is }) => [hold, is]),
    [
      ['H-EEEEEEEE', 'rolled back'],
      ['H-AAAAAAAA', 'in force'],
    ],
  );
  assert.equal(byPerson[0]?.acknowledged, 2);
  assert.equal(byRepository[0]?.name, 'payments');
  assert.equal(
    trend.buckets.reduce((sum, day) => sum + day.acknowledged, 0),
    2,
  );
  assert.equal((await reported(state, '--since', 'all')).totals.held, 6);
  assert.equal((await reported(state, '--since', '84h')).totals.held, 3);
});

test('who acknowledges without reading is named: the same words, and too quickly', async (context) => {
  const state = await written(context, (person) =>
    Array.from({ length: 4 }, (_, index): readonly Said[] => [
      { at: at(3, index * 600), event: told({ hold: `H-0000000${index}` }) },
      {
        at: at(3, index * 600 + (index === 0 ? 300 : 4)),
        event: told({
          hold: `H-0000000${index}`,
          kind: 'acknowledged',
          more: reason(index === 3 ? 'Something else entirely.' : 'As agreed  WITH the team.'),
        }),
        signer: person,
      },
    ]).flat(),
  );
  const { repeats } = await reported(state);
  assert.deepEqual(
    repeats.pasted.map(({ person, times }) => [person, times]),
    [['maya', 3]],
  );
  assert.deepEqual(repeats.quick, [{ person: 'maya', times: 3, of: 4 }]);
  assert.deepEqual(repeats.agents, [{ agent: 'Claude Code', rule: 'aws-iam-public', times: 4, acknowledged: 4 }]);
});

const UNSEEN = ['\u202E', '\u0007'];
const NASTY = '<img src=x onerror=alert(1)>"\u202Eevil\u0007';

test('the page opens offline: no script, no address, every name escaped, hidden characters written out', async (context) => {
  const state = await written(context, (person) => [
    {
      at: at(2),
      event: told({
        hold: 'H-AAAAAAAA',
        agent: NASTY,
        consequence: `\`${NASTY}\` can read.`,
        path: NASTY,
        workspace: `/x/${NASTY}`,
        rule: NASTY,
      }),
    },
    {
      at: at(2, 60),
      user: NASTY,
      event: told({
        hold: 'H-AAAAAAAA',
        kind: 'acknowledged',
        agent: NASTY,
        consequence: `\`${NASTY}\` can read.`,
        path: NASTY,
        more: { ...reason(NASTY), expires: '2027-01-01T00:00:00.000Z' },
      }),
      signer: person,
    },
    { at: at(2, 61), event: told({ hold: 'H-AAAAAAAA', kind: 'released', more: { acknowledgement: '1' } }) },
  ]);
  for (const args of [
    ['--format', 'html'],
    ['incident', 'H-AAAAAAAA', '--format', 'html'],
  ]) {
    const { code, out, err } = await run(state, ...args);
    assert.equal(code, 0, err);
    assert.ok(!/<img|<script|onerror=alert\(1\)>"/.test(out) && !UNSEEN.some((one) => out.includes(one)), 'nothing of others is markup');
    assert.ok(!/(src|href|url)\s*[=(]/i.test(out.replace(/img src=x/g, '')), 'nothing is fetched');
    assert.match(out, /&lt;img src=x/);
    assert.match(out, /⟨U\+202E⟩/);
    const style = /<style>([\s\S]*)<\/style>/.exec(out)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.ok(out.includes(`default-src 'none'; style-src 'sha256-${hash}'`.replaceAll("'", '&#39;')), 'its own style, and nothing else');
  }
  const text = (await run(state)).out;
  assert.ok(!UNSEEN.some((one) => text.includes(one)));
});

test('no line of the text is wider than 100 columns', async (context) => {
  const state = stateIn(context);
  await writeLog(state, at(60), (person) => month(200, 28, NOW, person));
  for (const args of [[], ['incident', '#40']]) {
    const { out } = await run(state, ...args);
    assert.ok(out.length > 500);
    for (const line of out.split('\n')) assert.ok(Array.from(line).length <= 100, line);
  }
});

test('the risk register has a row for each acknowledged finding, and no formula', async (context) => {
  const state = await written(context, (person) => [
    { at: at(2), event: told({ hold: 'H-AAAAAAAA' }) },
    {
      at: at(2, 60),
      event: told({
        hold: 'H-AAAAAAAA',
        kind: 'acknowledged',
        more: { ...reason('=HYPERLINK("http://x","y"), really'), expires: '2027-01-01T00:00:00.000Z' },
      }),
      signer: person,
    },
    {
      at: at(1, 60),
      user: '@cmd',
      event: told({
        hold: 'H-BBBBBBBB',
        rule: 'aws-public-access',
        kind: 'acknowledged',
        severity: 'medium',
        more: reason('-1+1 "quoted",\nand a line'),
      }),
      signer: person,
    },
    { at: at(1, 61), event: told({ hold: 'H-BBBBBBBB', kind: 'released', more: { acknowledgement: '2' } }) },
    { at: at(1, 62), event: told({ hold: 'H-BBBBBBBB', kind: 'rolled-back', more: { acknowledgement: '2' } }) },
  ]);
  const { code, out, err } = await run(state, '--format', 'csv');
  assert.equal(code, 0, err);
  const rows = parsedCsv(out);
  assert.equal(rows.length, 2);
  assert.equal(rows[0]?.['reason'], '\'=HYPERLINK("http://x","y"), really');
  assert.equal(rows[0]?.['impact_class'], 'Sev-1');
  assert.equal(rows[0]?.['state'], 'not used');
  assert.equal(rows[1]?.['person'], "'@cmd");
  assert.equal(rows[1]?.['reason'], '\'-1+1 "quoted",\nand a line');
  assert.deepEqual([rows[1]?.['impact_class'], rows[1]?.['state'], rows[1]?.['rollback']], ['Sev-3', 'rolled back', 'Done.']);
  for (const row of rows) for (const value of Object.values(row)) assert.ok(!/^\s*[=+\-@]/.test(value), value);
  // Of what was rolled back no text is kept: the rule itself knows how it goes wrong, also one that is in no pack.
  assert.deepEqual([rows[0]?.['rule'], rows[0]?.['failure_mode']], ['aws-iam-public', 'Not known: the rule is in no pack here.']);
  assert.match(rows[1]?.['failure_mode'] ?? '', /^(?!Not known)[A-Z].*\.$/);
});

test('an incident goes from the prompt to the commit, in order, with its gaps named', async (context) => {
  const state = stateIn(context);
  const workspace = join(state.state, 'payments');
  mkdirSync(workspace);
  const text = '{ "Statement": "what was written" }\n';
  const after = createHash('sha256').update(text).digest('hex');
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=Maya', '-c', 'user.email=m@x', '-c', 'commit.gpgsign=false', ...args], {
      cwd: workspace,
      stdio: 'pipe',
    });
  git('init', '-q', '-b', 'main');
  writeFileSync(join(workspace, 'policy.json'), text);
  git('add', '.');
  git('commit', '-q', '-m', 'Open the exports');
  const commit = git('rev-parse', 'HEAD').toString().trim();
  const about = { hold: 'H-AAAAAAAA', path: 'policy.json', workspace, after };
  await writeLog(state, at(60), (person) => [
    { at: at(9), event: told({ ...about, after: 'f'.repeat(64) }) },
    { at: at(9, 5), event: told({ ...about, kind: 'discarded' }) },
    { at: at(2), event: told(about) },
    { at: at(2, 1), event: told({ hold: 'H-ZZZZZZZZ' }) },
    {
      at: at(2, 60),
      event: told({ ...about, kind: 'acknowledged', more: reason('The partner reads them until Friday.') }),
      signer: person,
    },
    { at: at(2, 61), event: told({ ...about, kind: 'released', more: { acknowledgement: '4' } }) },
    { at: at(2, 62), event: { ...told({ ...about, kind: 'written', more: { acknowledgement: '4' } }), hold: undefined } },
    {
      at: at(1, 62),
      event: told({
        ...about,
        kind: 'rolled-back',
        more: { acknowledgement: '4', reason: { category: 'rolled-back', text: 'Partner is done' } },
      }),
    },
  ]);
  const told_ = async (wanted: string) => {
    const { code, out, err } = await run(state, 'incident', wanted, '--format', 'json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as Incident;
  };
  const incident = await told_('H-AAAAAAAA');
  assert.deepEqual(
    incident.steps.map(({ kind, title }) => `${kind}: ${title}`),
    [
      'prompt: Prompt',
      'tool call: Suggested',
      'expansion: Held',
      'decision: Acknowledged',
      'release: Let through',
      'bytes: Written',
      'commit: Committed',
      'rollback: Rolled back',
    ],
  );
  assert.equal(incident.steps.find(({ kind }) => kind === 'commit')?.details[0]?.value, commit);
  assert.match(incident.steps.find(({ kind }) => kind === 'bytes')?.sentence ?? '', /Byte for byte what was acknowledged/);
  assert.match(incident.steps.at(-1)?.sentence ?? '', /Partner is done/);
  assert.ok(incident.steps.every(({ certainty }) => certainty !== 'missing'));
  const earlier = await told_('3');
  assert.deepEqual(
    earlier.steps.map(({ title }) => title),
    ['Prompt', 'Suggested', 'Held', 'Discarded'],
    'the first time it was suggested',
  );
  const waiting = await told_('H-ZZZZZZZZ');
  assert.equal(waiting.steps.at(-1)?.title, 'Waiting');
  rmSync(workspace, { recursive: true });
  const gone = await told_('H-AAAAAAAA');
  assert.match(gone.steps.find(({ kind }) => kind === 'commit')?.sentence ?? '', /is not here/);
});

test('what no record tells is a gap: nothing written, nothing made, no prompt', async (context) => {
  const state = await written(context, (person) => [
    { at: at(2), event: told({ hold: 'H-AAAAAAAA', agent: '' }) },
    {
      at: at(2, 60),
      event: told({ hold: 'H-AAAAAAAA', kind: 'acknowledged', agent: '', more: reason('The partner reads them.') }),
      signer: person,
    },
    { at: at(2), event: told({ hold: 'H-BBBBBBBB' }) },
    { at: at(2, 60), event: told({ hold: 'H-BBBBBBBB', kind: 'acknowledged', more: reason('The partner reads them.') }), signer: person },
    { at: at(2, 61), event: told({ hold: 'H-BBBBBBBB', kind: 'released', more: { acknowledgement: '3' } }) },
  ]);
  const gapsOf = async (hold: string) => {
    const { out } = await run(state, 'incident', hold, '--format', 'json');
    return (JSON.parse(out) as Incident).steps.filter(({ certainty }) => certainty === 'missing').map(({ kind }) => kind);
  };
  assert.deepEqual(await gapsOf('H-AAAAAAAA'), ['prompt', 'release']);
  assert.deepEqual(await gapsOf('H-BBBBBBBB'), ['bytes', 'commit']);
});

test('a log that is not whole is reported as far as it goes, says so and exits with 1', async (context) => {
  const state = stateIn(context);
  await writeLog(state, at(60), (person) => month(20, 5, NOW, person));
  unlinkSync(join(state.folder, recordFile(10)));
  const { code, out, err } = await run(state);
  assert.equal(code, 1);
  assert.match(err, /not whole/);
  assert.match(out, /THE LOG IS NOT WHOLE/);
  assert.match(out, /1 record could not be read \(10\)/);
  assert.match(out, /By agent/);
});

test('what was pruned is not missing: what is left is reported', async (context) => {
  const state = stateIn(context);
  let now = at(400);
  const ledger = await opened(state, () => now);
  const person = await enrolled(ledger, state);
  for (let number = 1; number <= 4; number++) await appended(ledger, { ...held(number), hold: `H-0000000${number}` });
  now = at(2);
  await appended(ledger, { ...held(9), hold: 'H-00000009' });
  const pruned = await prune(ledger, state.keysFolder, 5, person, 'older than a year');
  assert.ok(pruned.ok, JSON.stringify(pruned));
  const { log, totals } = await reported(state, '--since', 'all');
  assert.deepEqual(log.missing, { count: 0, first: [] });
  assert.equal(totals.held, 2);
});

test('many people’s logs are reported together; holds of one name are two suggestions', async (context) => {
  const folders: string[] = [];
  for (const user of ['maya', 'lee']) {
    const state = stateIn(context);
    await writeLog(state, at(60), (person) => [
      { at: at(2), user, event: told({ hold: 'H-AAAAAAAA' }) },
      {
        at: at(2, 60),
        user,
        event: told({ hold: 'H-AAAAAAAA', kind: 'acknowledged', more: reason('Agreed in the review.') }),
        signer: person,
      },
      { at: at(2, 61), user, event: told({ hold: 'H-AAAAAAAA', kind: 'released', more: { acknowledgement: '1' } }) },
    ]);
    folders.push(state.folder);
  }
  const lines = stateIn(context);
  const events: string[] = [];
  for await (const stored of readRecords(folders[1] ?? '', 1)) events.push(...ocsfEvents(stored).map((event) => JSON.stringify(event)));
  writeFileSync(join(lines.state, 'events.jsonl'), `${events.join('\n')}\n`);
  const { totals, byPerson } = await reported(lines, '--collected', folders[0] ?? '', '--collected', join(lines.state, 'events.jsonl'));
  assert.deepEqual([totals.held, totals.acknowledged, totals.inForce], [2, 2, 2]);
  assert.deepEqual(
    byPerson.map(({ name, acknowledged }) => [name, acknowledged]),
    [
      ['lee', 1],
      ['maya', 1],
    ],
  );
  const missing = await run(lines, '--collected', 'nowhere');
  assert.equal(missing.code, 3);
  assert.match(missing.err, /there is nothing at/);
});

test('to a file: whole, by its ending, never over one that decides something', async (context) => {
  const state = stateIn(context);
  await writeLog(state, at(60), (person) => month(20, 5, NOW, person));
  assert.equal((await run(state, '--out', 'log.html')).code, 0);
  assert.match(readFileSync(join(state.state, 'log.html'), 'utf8'), /^<!doctype html>/);
  mkdirSync(join(state.state, 'shop/.claude'), { recursive: true });
  symlinkSync(join(state.state, 'shop/.claude'), join(state.state, 'linked'));
  for (const [args, said] of [
    [['--out', '.claude/settings.json'], /name one that decides nothing/],
    [['--out', 'linked/settings.json'], /name one that decides nothing/],
    [['--out', 'no/such/folder/x.csv'], /could not be written/],
    [['--since', 'yesterday'], /--since takes/],
    [['--since', '2027-01-01'], /lies in the future/],
    [['--format', 'pdf'], /--format is text, html, json or csv/],
    [['incident'], /Say which/],
    [['incident', 'H-00000000X'], /No record of this log/],
    [['incident', 'zz'], /names no record/],
    [['incident', '#3', '--format', 'csv'], /text, html or json/],
    [['--wrong'], /no flag --wrong/],
  ] as const) {
    const { code, err } = await run(state, ...args);
    assert.equal(code, 3, args.join(' '));
    assert.match(err, said, args.join(' '));
  }
  assert.ok(!existsSync(join(state.state, '.claude')));
  const empty = await run(stateIn(context));
  assert.equal(empty.code, 0);
  assert.match(empty.out, /No suggestion has been held yet/);
});

/** RFC 4180. */
function parsedCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const rows = [...text.matchAll(/((?:"(?:[^"]|"")*",?)+)\r\n/g)].map(([, row = '']) =>
    [...row.matchAll(/"((?:[^"]|"")*)"/g)].map(([, value = '']) => value.replaceAll('""', '"')),
  );
  const [head = [], ...rest] = rows;
  return rest.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? ''])));
}

test('what ignores let pass is told by rule, by whom and until when', async (context) => {
  const by = '.countersign/policy.yaml, line 4, column 3';
  const silenced = (hold: string, rule: string, until: string) =>
    told({
      hold,
      kind: 'ignored',
      rule,
      more: { ignored: { by, until }, reason: { category: 'ignored', text: 'The <lab> is thrown away' } },
    });
  const state = await written(context, () => [
    { at: at(50), event: silenced('H-OLD00001', 'k8s-privileged', '2026-12-01') },
    { at: at(3), event: silenced('H-AAAAAAAA', 'k8s-privileged', '2026-12-01') },
    { at: at(2), event: silenced('H-AAAAAAAB', 'k8s-privileged', '2026-12-01') },
    { at: at(1), event: silenced('H-AAAAAAAC', 'aws-iam-public', '2026-12-24') },
  ]);
  const report = await reported(state);
  const row = { by, reason: 'The <lab> is thrown away' };
  assert.deepEqual(report.silenced, [
    { ...row, rule: 'k8s-privileged', until: '2026-12-01', times: 2 },
    { ...row, rule: 'aws-iam-public', until: '2026-12-24', times: 1 },
  ]);
  assert.equal(report.totals.ignored, 3);
  assert.equal(report.totals.held, 0, 'nothing of it was held');
  const text = (await run(state)).out;
  assert.match(text, /Silenced by ignores\n {2}k8s-privileged, 2 times, until 2026-12-01, by \.countersign\/policy\.yaml, line 4/);
  const page = (await run(state, '--format', 'html')).out;
  assert.match(page, /<h2>Silenced by ignores<\/h2>[\s\S]*k8s-privileged[\s\S]*The &lt;lab&gt; is thrown away/);
});
