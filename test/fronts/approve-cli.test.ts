import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { runCli } from '../../server/fronts/cli/run.ts';
import { holdStatus } from '../../server/fronts/mcp/hold-status.ts';
import { openGate } from '../../server/gate/open.ts';
import { review } from '../../server/gate/review.ts';
import { knownKeys } from '../../server/ledger/keys.ts';
import { readRecords } from '../../server/ledger/open.ts';
import { temporaryFolder } from '../gate/builders.ts';
import { BEFORE, PATH, RISKY } from '../gate/scene.ts';

const PASSPHRASE = 'correct horse battery';
const REASON = 'The exports are public data since March';

class Machine {
  readonly state: string;
  readonly workspace: string;
  readonly env: NodeJS.ProcessEnv;

  constructor(folder: string, name: string, policy = '') {
    this.state = join(folder, name, 'state');
    this.workspace = join(folder, 'repository');
    const config = join(folder, name, 'config');
    mkdirSync(join(config, 'countersign'), { recursive: true });
    mkdirSync(this.workspace, { recursive: true });
    writeFileSync(join(config, 'countersign', 'policy.yaml'), policy);
    this.env = { PATH: process.env['PATH'], HOME: join(folder, name), XDG_CONFIG_HOME: config, COUNTERSIGN_STATE: this.state };
  }

  /** Runs one command; `typed` are the lines of a person at a terminal, undefined: nobody is there. */
  async run(args: readonly string[], typed?: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    if (typed === undefined) stdin.end();
    else {
      Object.assign(stdin, { isTTY: true });
      stdin.write(typed.map((line) => `${line}\r`).join(''));
    }
    const io = { stdin, stdout, stderr, env: this.env, cwd: this.workspace, now: () => new Date() };
    const code = await runCli(args, io);
    const text = (stream: PassThrough) => String(stream.read() ?? '');
    return { code, out: text(stdout), err: text(stderr) };
  }

  async ask() {
    const opened = await openGate({
      workspace: this.workspace,
      stateFolder: this.state,
      now: () => new Date(),
      actor: { user: 'u', host: 'h', process: 'test' },
      outOfTime: () => false,
      userPolicy: join(this.env['XDG_CONFIG_HOME'] ?? '', 'countersign', 'policy.yaml'),
    });
    assert.ok(opened.ok);
    const agent = { name: 'Claude Code', session: 's-1', toolCall: `toolu_${Math.random()}`, tool: 'Edit' };
    const provenance = { channel: 'hook', certainty: 'attested', agent } as const;
    return await review({ workspace: this.workspace, edits: [{ path: PATH, before: BEFORE, after: RISKY, provenance }] }, opened.gate);
  }

  async kinds(): Promise<readonly string[]> {
    const kinds: string[] = [];
    for await (const { record } of readRecords(join(this.state, 'log'), 1)) kinds.push(record.event.kind);
    return kinds;
  }

  keys() {
    return [...knownKeys(join(this.state, 'keys')).values()].filter(({ role }) => role === 'person');
  }
}

async function withKey(machine: Machine): Promise<Machine> {
  const made = await machine.run(['key', 'new'], [PASSPHRASE, PASSPHRASE]);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /first key of this log/);
  assert.ok(!`${made.out}${made.err}`.includes(PASSPHRASE), 'what is typed is not shown');
  return machine;
}

function folderOf(context: TestContext): string {
  return temporaryFolder(context);
}

/** Two people, each with a key, whose requests and approvals travel in one folder. */
async function twoMachines(context: TestContext): Promise<{ readonly ada: Machine; readonly bea: Machine; readonly shared: string }> {
  const folder = folderOf(context);
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  const policy = `verdicts: {critical: approve}\napprovals: {folder: ${JSON.stringify(shared)}}\n`;
  return { ada: await withKey(new Machine(folder, 'ada', policy)), bea: await withKey(new Machine(folder, 'bea', policy)), shared };
}

void test('a held edit is acknowledged in a terminal, with a key and a reason, and with nothing less', async (context) => {
  const ada = await withKey(new Machine(folderOf(context), 'ada'));
  const held = await ada.ask();
  assert.ok(held.verdict === 'acknowledge');
  const { id } = held.hold;
  const answers = [PASSPHRASE, 'temporary', '1', 'because', REASON, '', 'prod', 'prod-customer-exports'];
  const table: readonly (readonly [string, readonly string[] | undefined, number, RegExp])[] = [
    ['nobody at the terminal', undefined, 3, /needs a person at a terminal/],
    ['another passphrase', ['wrong horse battery', ...answers.slice(1)], 3, /not the passphrase/],
    ['no reason', [PASSPHRASE, '1', '', '', ''], 1, /stays held/],
    [
      'a short reason, and no other',
      [PASSPHRASE, '1', 'because', '', 'prod-customer-exports'],
      1,
      /more characters of reason[^]*stays held/,
    ],
    ['another name', [PASSPHRASE, '1', REASON, '', 'prod', ''], 1, /not its name: prod-customer-exports[^]*stays held/],
    ['no such category', [PASSPHRASE, '9', REASON, '', 'prod-customer-exports'], 1, /stays held/],
  ];
  for (const [title, typed, code, says] of table) {
    const ran = await ada.run(['acknowledge', id], typed);
    assert.equal(ran.code, code, `${title}: ${ran.err}`);
    assert.match(`${ran.out}${ran.err}`, says, title);
    assert.equal((await ada.ask()).verdict, 'acknowledge', title);
  }
  const done = await ada.run(['acknowledge', id], answers);
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /can read every object/);
  assert.equal((await ada.ask()).verdict, 'allow');
  assert.equal((await ada.ask()).verdict, 'acknowledge', 'once');
});

void test('two people, two machines: asked, shown, approved, let through', async (context) => {
  const { ada, bea, shared } = await twoMachines(context);
  const public_ = join(bea.state, 'keys', 'person.key.pub');
  const unnamed = await ada.run(['key', 'trust', public_], ['yes', PASSPHRASE]);
  assert.match(unnamed.err, /whose key/);
  assert.equal((await ada.run(['key', 'trust', public_, '--person', 'Bea'], ['no'])).code, 1);
  assert.equal((await ada.run(['key', 'trust', public_, '--person', 'Bea'])).code, 3);
  const trusted = await ada.run(['key', 'trust', public_, '--person', 'Bea'], ['yes', PASSPHRASE]);
  assert.equal(trusted.code, 0, trusted.err);

  const held = await ada.ask();
  assert.ok(held.verdict === 'approve');
  const asked = await ada.run(['acknowledge', held.hold.id], [PASSPHRASE, '1', REASON, '', 'prod-customer-exports']);
  assert.equal(asked.code, 0, asked.err);
  assert.match(asked.out, /Somebody else must approve it/);
  const request = join(shared, `${held.hold.id}.request.json`);
  assert.ok(existsSync(request));

  const shown = await bea.run(['approve', request, '--show']);
  assert.equal(shown.code, 0, shown.err);
  for (const part of [
    /^critical: .*prod-customer-exports/m,
    /Asked by/,
    /The exports are public data since March/,
    /\+ .*"Principal": "\*"/,
  ]) {
    assert.match(shown.out, part);
  }
  const own = await ada.run(['approve', request], [PASSPHRASE, 'I think that this is fine for us all']);
  assert.equal(own.code, 3);
  assert.match(own.err, /signed this request yourself/);
  assert.equal((await bea.run(['approve', request], [PASSPHRASE, ''])).code, 1);
  assert.equal((await ada.ask()).verdict, 'approve');
  const approved = await bea.run(['approve', request], [PASSPHRASE, 'Checked with the data team; public since March.']);
  assert.equal(approved.code, 0, approved.err);
  assert.equal((await ada.ask()).verdict, 'allow');
  assert.ok((await bea.kinds()).includes('approved'));
  assert.ok((await ada.kinds()).includes('countersigned'));
});

void test('an approval by a key that is unknown there: both are told, and by whom it is mended', async (context) => {
  const { ada, bea, shared } = await twoMachines(context);
  const held = await ada.ask();
  assert.ok(held.verdict === 'approve');
  const { id } = held.hold;
  const asked = await ada.run(['acknowledge', id], [PASSPHRASE, '1', REASON, '', 'prod-customer-exports']);
  assert.match(asked.out, /No key is known here whose approval would count/);
  assert.match((await ada.run(['holds'])).out, /Waits for a second person, asked at \d\d:\d\d, until [^.]*\.\n/);

  const request = join(shared, `${id}.request.json`);
  const approved = await bea.run(['approve', request], [PASSPHRASE, 'Checked with the data team; public since March.']);
  assert.equal(approved.code, 0, approved.err);
  assert.match(approved.out, /would not count yet: [^]*countersign key trust FILE/);
  assert.match(approved.out, /counts once they have let your key in/);
  const fingerprint = /SHA256:\S{43}/.exec((await bea.run(['key', 'list'])).out)?.[0] ?? '?';
  assert.ok(approved.out.includes(fingerprint));

  const listed = await ada.run(['holds']);
  assert.match(listed.out, /An approval came and does not count: .*key that is not trusted.*countersign key trust/);
  assert.ok(listed.out.includes(fingerprint), listed.out);
  const rows = JSON.parse((await ada.run(['holds', '--format', 'json'])).out) as { id: string; approval?: { refused?: string } }[];
  assert.match(rows[0]?.approval?.refused ?? '', /countersign key trust/);
  const status = holdStatus(id, 'Claude Code', ada.state, new Date());
  assert.match(status.text, /waiting\. .*second person’s approval.*does not count.*countersign holds/);
  assert.match((await ada.run(['log', 'show'])).out, /approval-refused .*does not count/);

  const file = join(bea.state, 'keys', 'person.key.pub');
  assert.equal((await ada.run(['key', 'trust', file, '--person', 'Bea'], ['yes', PASSPHRASE])).code, 0);
  assert.match((await ada.run(['holds'])).out, new RegExp(`${id}  Somebody else approved it\\.`));
  assert.equal((await ada.ask()).verdict, 'allow');
  assert.equal((await ada.kinds()).filter((kind) => kind === 'approval-refused').length, 1);
});

void test('glass is broken in a terminal, and somebody else looks at it', async (context) => {
  const folder = folderOf(context);
  const policy = `verdicts: {critical: approve}\npresence: {critical: verified}\n`;
  const ada = await withKey(new Machine(folder, 'ada', policy));
  const held = await ada.ask();
  assert.ok(held.verdict === 'approve');
  const refused = await ada.run(['acknowledge', held.hold.id], [PASSPHRASE, '1', REASON, '', 'prod-customer-exports']);
  assert.equal(refused.code, 3);
  assert.match(refused.err, /security key that knows who touches it/);
  const reason = 'Nobody can log in, and nobody else is awake now.';
  assert.equal((await ada.run(['break-glass', held.hold.id], [PASSPHRASE, 'yes', reason])).code, 1);
  assert.equal((await ada.run(['break-glass', held.hold.id], [PASSPHRASE, 'break glass', 'now'])).code, 3);
  assert.equal((await ada.run(['break-glass', held.hold.id])).code, 3);
  const broke = await ada.run(['break-glass', held.hold.id], [PASSPHRASE, 'break glass', reason]);
  assert.equal(broke.code, 0, broke.err);
  assert.equal((await ada.ask()).verdict, 'allow');
  assert.equal(readdirSync(join(ada.state, 'glass')).length, 1);
});

void test('keys in the terminal: listed, replaced, revoked; nothing of it without a person', async (context) => {
  const folder = folderOf(context);
  const ada = await withKey(new Machine(folder, 'ada'));
  const bea = await withKey(new Machine(folder, 'bea'));
  assert.match((await ada.run(['key', 'new'], [PASSPHRASE, PASSPHRASE])).err, /have a key already/);
  await ada.run(['key', 'trust', join(bea.state, 'keys', 'person.key.pub'), '--person', 'Bea'], ['yes', PASSPHRASE]);
  const rows = JSON.parse((await ada.run(['key', 'list', '--json'])).out) as {
    id: string;
    person: string;
    counts: boolean;
    letInBy: string;
  }[];
  assert.deepEqual(
    rows.map(({ letInBy, counts }) => [letInBy, counts]),
    [
      ['this account', true],
      ['a person', true],
    ],
  );
  const fresh = 'another horse battery';
  assert.equal((await ada.run(['key', 'rotate'])).code, 3);
  const rotated = await ada.run(['key', 'rotate'], [PASSPHRASE, fresh, fresh]);
  assert.equal(rotated.code, 0, rotated.err);
  const old = await ada.run(['key', 'revoke', rows[1]?.id ?? ''], ['yes', PASSPHRASE]);
  assert.match(old.err, /not the passphrase/);
  const lost = ['key', 'revoke', (rows[1]?.id ?? '').slice(0, 12), '--since', '2026-05-01', '--reason', 'The laptop was stolen'];
  assert.equal((await ada.run(lost, ['yes', fresh])).code, 0);
  assert.match((await ada.run(['key', 'list'])).out, /counts no more since record \d+, in other hands since 2026-05-01/);
  assert.equal(ada.keys().filter(({ until }) => until === undefined).length, 1);

  for (const [args, says] of [
    [['key'], /countersign key new/],
    [['key', 'make'], /There is no "key make"/],
    [['key', 'trust'], /needs a file/],
    [['key', 'trust', 'nowhere.pub', '--person', 'Eve'], /There is no file/],
    [['key', 'trust', 'policy.txt', '--person', 'Eve'], /no public key/],
    [['key', 'trust', 'secret.pem', '--person', 'Eve'], /private key/],
    [['key', 'revoke', '1234'], /at least eight digits/],
    [['key', 'list', '--person', 'x'], /takes no --person/],
  ] as const) {
    writeFileSync(join(ada.workspace, 'policy.txt'), 'hello');
    writeFileSync(join(ada.workspace, 'secret.pem'), readFileSync(join(ada.state, 'keys', 'process.key')));
    const ran = await ada.run(args, ['yes', fresh]);
    assert.equal(ran.code, 3, args.join(' '));
    assert.match(ran.err, says);
  }
});

const noKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined ? false : 'ssh-keygen is not installed';

void test('an SSH key that any program could use is not taken', { skip: noKeygen }, async (context) => {
  const folder = folderOf(context);
  const ada = new Machine(folder, 'ada');
  const file = join(folder, 'id_ed25519');
  assert.equal(spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]).status, 0);
  const enrolled = await ada.run(['key', 'new', '--ssh', `${file}.pub`]);
  assert.equal(enrolled.code, 0, enrolled.err);
  assert.equal(ada.keys()[0]?.key.kind, 'ssh');
  const held = await ada.ask();
  assert.ok(held.verdict === 'acknowledge');
  const ran = await ada.run(['acknowledge', held.hold.id, '--key', file], ['1', REASON, '', 'prod-customer-exports']);
  assert.equal(ran.code, 3);
  assert.match(ran.err, /has no passphrase/);
  // With one, it is asked for by ssh-keygen itself, on a terminal that a test has not: a pseudo-terminal stands in for it.
  assert.equal(spawnSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', PASSPHRASE, '-f', file]).status, 0);
});

void test('a key that was revoked says so before anything is typed, and another takes its place', async (context) => {
  const ada = await withKey(new Machine(folderOf(context), 'ada'));
  const held = await ada.ask();
  assert.ok(held.verdict === 'acknowledge');
  const again = await ada.run(['key', 'new'], [PASSPHRASE, PASSPHRASE]);
  assert.match(again.err, /have a key already[^]*passphrase is lost[^]*countersign key revoke/);
  const id = ada.keys()[0]?.key.id ?? '';
  assert.equal((await ada.run(['key', 'revoke', id], ['yes', PASSPHRASE])).code, 0);
  const refused = await ada.run(['acknowledge', held.hold.id], [PASSPHRASE]);
  assert.equal(refused.code, 3);
  assert.match(refused.err, /revoked or replaced[^]*countersign key new/);
  assert.doesNotMatch(refused.out, /Which of these is it/);

  const made = await ada.run(['key', 'new'], [PASSPHRASE, PASSPHRASE]);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /old key counts no more[^]*let in on the word of this account alone/);
  const done = await ada.run(['acknowledge', held.hold.id], [PASSPHRASE, '1', REASON, '', 'prod-customer-exports']);
  assert.equal(done.code, 0, done.err);
  assert.match((await ada.run(['log', 'verify'])).out, /whole[^]*a further key/);
});
