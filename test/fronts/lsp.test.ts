import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openGate } from '../../server/gate/open.ts';
import { review } from '../../server/gate/review.ts';
import {
  ACKNOWLEDGE,
  APPLIED,
  DECISIONS,
  DISCARD,
  ENROL,
  HOLD_TEXTS,
  REVIEW,
  ROLL_BACK,
  ROLL_BACK_FILES,
  SUGGEST,
  UNDO_DISCARD,
  VERIFY_LOG,
  type AcknowledgeResult,
  type DecisionsResult,
  type DiscardResult,
  type EnrolResult,
  type HoldTextsResult,
  type ReviewResult,
  type RollBackFilesResult,
  type RollBackResult,
  type SuggestResult,
  type VerifyLogResult,
} from '../../server/protocol.ts';
import { startClient, type Client } from './lsp-client.ts';

const policy = (principal: string, action = '"s3:GetObject"'): string => `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AppRead",
      "Effect": "Allow",
      "Principal": ${principal},
      "Action": ${action},
      "Resource": "arn:aws:s3:::prod-customer-exports/*"
    }
  ]
}
`;
const ROLE = policy('{ "AWS": "arn:aws:iam::447109320118:role/app-reader" }');
const PUBLIC = policy('"*"');
const REFORMATTED = JSON.stringify(JSON.parse(ROLE));
const FILE = 'infra/exports-policy.json';
const [ERROR, WARNING, INFORMATION] = [1, 2, 3];
const REASON = 'Partners download these exports until the portal is ready.';

type Lens = {
  readonly range: { readonly start: { readonly line: number } };
  readonly command: { readonly title: string; readonly command: string; readonly arguments: readonly unknown[] };
};

const suggestion = (client: Client, more: object = {}) => ({
  uri: client.uri(FILE),
  before: ROLE,
  after: PUBLIC,
  channel: 'paste',
  certainty: 'observed',
  ...more,
});

/** As a hook would do it: the same gate in another process. */
async function holdFromOutside(client: Client, session = 's-1'): Promise<string> {
  const opened = await openGate({
    workspace: client.workspace,
    stateFolder: client.stateFolder,
    now: () => new Date(),
    actor: { user: 'someone', host: 'here', process: 'a hook' },
    outOfTime: () => false,
  });
  assert.ok(opened.ok);
  const provenance = {
    channel: 'hook',
    certainty: 'attested',
    agent: { name: 'Claude Code', version: '2.4', session, toolCall: 't1', tool: 'Edit' },
  } as const;
  const outcome = await review(
    { workspace: client.workspace, edits: [{ path: FILE, before: ROLE, after: PUBLIC, provenance }] },
    opened.gate,
  );
  assert.equal(outcome.verdict, 'acknowledge', JSON.stringify(outcome));
  return 'hold' in outcome ? outcome.hold.id : '';
}

const decision = (hold: string, nonce: string, more: object = {}) => ({
  hold,
  nonce,
  category: 'temporary',
  reason: REASON,
  ticket: '',
  hours: 24,
  rollBackLater: true,
  confirmation: { text: 'prod-customer-exports', how: 'typed' },
  ...more,
});

async function reviewed(client: Client, hold: string): Promise<Extract<ReviewResult, { ok: true }>['review']> {
  const result = await client.request<ReviewResult>(REVIEW, { hold });
  assert.ok(result.ok, JSON.stringify(result));
  return result.review;
}

describe('what a document opens', () => {
  let client: Client;
  before(async () => {
    client = await startClient();
    client.write(FILE, ROLE);
    client.commit();
    client.open(FILE, ROLE);
  });
  after(() => client.end());

  test('nothing, while it is as it was accepted', async () => {
    assert.deepEqual(await client.diagnostics(FILE), []);
  });

  test('nothing, when it is only written otherwise', async () => {
    client.change(FILE, 2, REFORMATTED);
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual(await client.diagnostics(FILE), []);
  });

  test('a risk typed and not saved is a warning at its place, with a hover, a lens and a way back', async () => {
    client.change(FILE, 3, PUBLIC);
    const found = await client.diagnostics(FILE, (all) => all.length > 0);
    const [first] = found;
    assert.ok(first);
    assert.equal(first.severity, WARNING);
    assert.match(first.message, /Anyone on the internet .*prod-customer-exports/);
    assert.match(first.message, /Before: .* Typed here\. Not saved yet\./);
    assert.equal(first.data?.['state'], 'unacknowledged');
    assert.ok(first.range.start.line >= 3 && first.range.end.line <= 9, JSON.stringify(first.range));

    const hover = await client.request<{ readonly contents: { readonly value: string } }>('textDocument/hover', {
      textDocument: { uri: client.uri(FILE) },
      position: first.range.start,
    });
    assert.match(hover.contents.value, /Blast radius/);
    assert.match(hover.contents.value, /`prod-customer-exports`/);
    assert.doesNotMatch(hover.contents.value, /command:/, 'an editor without our commands gets no link to them');

    const lenses = await client.request<readonly Lens[]>('textDocument/codeLens', { textDocument: { uri: client.uri(FILE) } });
    assert.deepEqual(
      lenses.map(({ range }) => range.start.line),
      [3, 3],
    );
    assert.match(lenses[0]?.command.title ?? '', /^(Critical|High).* · .* · typed — Review$/);
    assert.equal(lenses[1]?.command.title, 'Revert');

    const actions = await client.request<
      readonly { readonly title: string; readonly edit?: { readonly changes: Record<string, { newText: string }[]> } }[]
    >('textDocument/codeAction', { textDocument: { uri: client.uri(FILE) }, range: first.range, context: { diagnostics: [] } });
    const revert = actions.find(({ title }) => title === 'Revert to the accepted text');
    assert.match(revert?.edit?.changes[client.uri(FILE)]?.[0]?.newText ?? '', /role\/app-reader/);

    await client.request('workspace/executeCommand', { command: lenses[1]?.command.command, arguments: lenses[1]?.command.arguments });
    assert.match(JSON.stringify(client.applied), /role\/app-reader/);
  });

  test('saved without anybody having acknowledged it, it is an error', async () => {
    client.write(FILE, PUBLIC);
    client.save(FILE);
    const found = await client.diagnostics(FILE, (all) => all[0]?.severity === ERROR);
    assert.match(found[0]?.message ?? '', /nobody has acknowledged it/);
  });

  test('reviewed and acknowledged where it is, it is a warning that says who and until when', async () => {
    const enrolled = await client.request<EnrolResult>(ENROL, { publicKey: client.publicKey });
    assert.ok(enrolled.ok);
    const { hold, nonce, effect } = await reviewed(client, `buffer:${client.uri(FILE)}`);
    assert.equal(effect, 'keep');
    const done = await client.request<AcknowledgeResult>(ACKNOWLEDGE, decision(hold, nonce));
    assert.ok(done.ok, JSON.stringify(done));
    assert.deepEqual(done.apply, []);
    const found = await client.diagnostics(FILE, (all) => all.length > 0 && all.every(({ severity }) => severity === WARNING));
    assert.match(found[0]?.message ?? '', /Acknowledged by .+ until .+ tomorrow\./);
    assert.equal(found[0]?.data?.['state'], 'acknowledged');
  });

  test('what stays unreadable is told at its place, and only when it stays so', async () => {
    client.change(FILE, 4, PUBLIC.slice(0, 180));
    await new Promise((resolve) => setTimeout(resolve, 600));
    const early = (await client.diagnostics(FILE)).filter(({ data }) => data === undefined);
    assert.deepEqual(early, []);
    const late = await client.diagnostics(FILE, (all) => all.some(({ data, severity }) => data === undefined && severity === WARNING));
    assert.ok(late.length > 0);
  });
});

describe('a suggestion from the editor', () => {
  let client: Client;
  before(async () => {
    client = await startClient();
    client.write(FILE, ROLE);
  });
  after(() => client.end());

  test('that opens nothing is allowed', async () => {
    assert.deepEqual(await client.request(SUGGEST, suggestion(client, { after: REFORMATTED })), { verdict: 'allow' });
  });

  test('that opens something is held, listed, shown where it would change the text, and can be read', async () => {
    client.open(FILE, ROLE);
    const result = await client.request<SuggestResult>(SUGGEST, suggestion(client));
    assert.equal(result.verdict, 'acknowledge', JSON.stringify(result));
    assert.ok('hold' in result);
    const [item] = await client.holds((holds) => holds.length === 1);
    assert.equal(item?.id, result.hold);
    assert.equal(item?.uri, client.uri(FILE));
    assert.equal(item?.name, 'prod-customer-exports');
    const [shown] = await client.diagnostics(FILE, (all) => all.length > 0);
    assert.equal(shown?.severity, INFORMATION);
    assert.match(shown?.message ?? '', /^Held, not written: anyone on the internet could/);
    const lenses = await client.request<readonly Lens[]>('textDocument/codeLens', { textDocument: { uri: client.uri(FILE) } });
    assert.deepEqual(
      lenses.map(({ command }) => command.title.replace(/^Held: anyone on the internet could .*prod-customer-exports$/, 'Held')),
      ['Held', 'Review', 'Discard'],
    );
    const texts = await client.request<HoldTextsResult>(HOLD_TEXTS, { hold: result.hold });
    assert.ok(texts.ok);
    assert.equal(texts.texts[0]?.after, PUBLIC);
  });

  test('is discarded, put back, and discarded again', async () => {
    const [item] = await client.holds((holds) => holds.length === 1);
    const hold = item?.id ?? '';
    assert.ok((await client.request<DiscardResult>(DISCARD, { holds: [hold] })).ok);
    await client.holds((holds) => holds.length === 0);
    assert.ok((await client.request<DiscardResult>(UNDO_DISCARD, { hold })).ok);
    await client.holds((holds) => holds.length === 1);
    assert.deepEqual(await client.diagnostics(FILE, (all) => all.length === 1).then((all) => all[0]?.severity), INFORMATION);
  });

  test('is acknowledged with the newest review only, a whole reason and the key of the person; then applied, logged, rolled back', async () => {
    const [item] = await client.holds((holds) => holds.length === 1);
    const hold = item?.id ?? '';
    const first = await reviewed(client, hold);
    const second = await reviewed(client, hold);
    assert.notEqual(first.nonce, second.nonce);

    const refused: readonly [string, object, RegExp][] = [
      ['a number of an earlier opening', decision(hold, first.nonce), /opened again/],
      ['no number', decision(hold, ''), /opened again/],
      ['a key that was never enrolled', decision(hold, second.nonce), /key/],
    ];
    for (const [name, params, problem] of refused) {
      const result = await client.request<AcknowledgeResult>(ACKNOWLEDGE, params);
      assert.ok(!result.ok && 'problem' in result, name);
      assert.match(result.problem, problem, name);
    }
    assert.equal(client.asked.length, 0);

    assert.ok((await client.request<EnrolResult>(ENROL, { publicKey: client.publicKey })).ok);
    const short = await client.request<AcknowledgeResult>(ACKNOWLEDGE, decision(hold, second.nonce, { reason: 'ok', confirmation: null }));
    assert.ok(!short.ok && 'missing' in short, JSON.stringify(short));
    assert.deepEqual(
      short.missing.map(({ field }) => field),
      ['reason', 'confirmation'],
    );
    assert.equal(client.asked.length, 0);

    const done = await client.request<AcknowledgeResult>(ACKNOWLEDGE, decision(hold, second.nonce));
    assert.ok(done.ok, JSON.stringify(done));
    assert.deepEqual(done.apply, [{ uri: client.uri(FILE), before: ROLE, after: PUBLIC }]);
    assert.equal(done.title, 'Applied, under your name.');
    assert.match(done.detail, /^Good until \d\d:\d\d tomorrow\./);
    assert.deepEqual(
      client.asked.map(({ nonce }) => nonce),
      [second.nonce],
    );
    client.change(FILE, 2, PUBLIC);
    assert.deepEqual(await client.request(APPLIED, { hold, id: done.id, ok: true }), { ok: true });
    const found = await client.diagnostics(FILE, (all) => all.length > 0 && all[0]?.data?.['state'] === 'acknowledged');
    assert.equal(found[0]?.severity, WARNING);

    const { decisions } = await client.request<DecisionsResult>(DECISIONS, {});
    assert.deepEqual(
      decisions.map(({ kind, canRollBack }) => [kind, canRollBack]),
      [
        ['acknowledged', true],
        ['discarded', false],
      ],
    );
    const { uris } = await client.request<RollBackFilesResult>(ROLL_BACK_FILES, { id: done.id });
    assert.deepEqual(uris, [client.uri(FILE)]);
    const back = await client.request<RollBackResult>(ROLL_BACK, { id: done.id, current: [{ uri: client.uri(FILE), text: PUBLIC }] });
    assert.ok(back.ok, JSON.stringify(back));
    assert.deepEqual(back.apply, [{ uri: client.uri(FILE), before: PUBLIC, after: ROLE }]);
    const after = await client.request<DecisionsResult>(DECISIONS, {});
    assert.equal(after.decisions[0]?.kind, 'rolled-back');
    assert.ok(after.decisions.every(({ canRollBack }) => !canRollBack));

    const verified = await client.request<VerifyLogResult>(VERIFY_LOG, {});
    assert.ok(verified.ok, verified.summary);
    const again = await client.request<AcknowledgeResult>(ACKNOWLEDGE, decision(hold, second.nonce));
    assert.ok(!again.ok);
  });
});

describe('a hold that another process writes', () => {
  let client: Client;
  before(async () => {
    client = await startClient();
    client.write(FILE, ROLE);
  });
  after(() => client.end());

  test('is there within a second, though there was no folder yet, and says what acknowledging does', async () => {
    await client.holds((holds) => holds.length === 0);
    rmSync(join(client.stateFolder, 'holds'), { recursive: true, force: true });
    const start = Date.now();
    const id = await holdFromOutside(client);
    const [item] = await client.holds((holds) => holds.length === 1);
    assert.ok(Date.now() - start < 2000, `${Date.now() - start} ms`);
    assert.equal(item?.agent, 'Claude Code');
    assert.equal(item?.session, 's-1');

    await client.request(ENROL, { publicKey: client.publicKey });
    const { nonce, effect } = await reviewed(client, id);
    assert.equal(effect, 'let-retry');
    const done = await client.request<AcknowledgeResult>(ACKNOWLEDGE, decision(id, nonce));
    assert.ok(done.ok, JSON.stringify(done));
    assert.deepEqual(done.apply, []);
    assert.match(done.detail, /^Claude Code may make this edit once, until \d\d:\d\d\.$/);
  });

  test('a second one is seen by the watch', async () => {
    const start = Date.now();
    await holdFromOutside(client, 's-2');
    await client.holds((holds) => holds.some(({ session }) => session === 's-2'));
    assert.ok(Date.now() - start < 1500, `${Date.now() - start} ms`);
  });

  test('a file among the holds that is no hold disturbs nobody', async () => {
    writeFileSync(join(client.stateFolder, 'holds', 'H-00000000.json'), '{"half');
    await holdFromOutside(client, 's-3');
    const holds = await client.holds((all) => all.some(({ session }) => session === 's-3'));
    assert.ok(holds.every(({ id }) => id !== 'H-00000000'));
  });
});

describe('when it cannot', () => {
  const malformed: readonly [string, unknown][] = [
    [SUGGEST, {}],
    [SUGGEST, { uri: 3, before: '', after: '', channel: 'paste', certainty: 'observed' }],
    [SUGGEST, { uri: 'file:///a.json', before: '', after: '', channel: 'telepathy', certainty: 'observed' }],
    [REVIEW, null],
    [REVIEW, []],
    [ACKNOWLEDGE, { hold: 'H-1' }],
    [ACKNOWLEDGE, decision('H-1', 'n', { hours: Number.MAX_VALUE * 2 })],
    [DISCARD, { holds: [] }],
    [DISCARD, { holds: 'all' }],
    [ROLL_BACK, { id: 'x', current: [{ uri: 'u' }] }],
    [ENROL, { publicKey: 7 }],
    ['workspace/executeCommand', { command: 'countersign.revert', arguments: ['file:///a.json'] }],
  ];
  test('malformed parameters get a sentence, and the server goes on', async () => {
    const client = await startClient();
    for (const [method, params] of malformed) {
      await assert.rejects(client.request(method, params), (error: Error & { code?: number }) => {
        assert.equal(error.code, -32602, `${method} ${JSON.stringify(params)}: ${error.message}`);
        assert.match(error.message, /^\S.* must be .+\.$/);
        return true;
      });
    }
    const outside = ['../../../etc/passwd', 'H-../../x', '', 'H-00000000'].map((hold) =>
      client.request<ReviewResult>(REVIEW, { hold }).catch(() => ({ ok: false })),
    );
    for (const result of await Promise.all(outside)) assert.equal(result.ok, false);
    assert.equal(await client.end(), 0);
  });

  test('a broken policy closes the gate, with the cause, and says so once', async () => {
    const client = await startClient({ policy: 'verdicts:\n  critical: whatever\n' });
    client.write(FILE, ROLE);
    for (const _ of [1, 2]) {
      const result = await client.request<SuggestResult>(SUGGEST, suggestion(client));
      assert.equal(result.verdict, 'closed', JSON.stringify(result));
      assert.match('cause' in result ? result.cause : '', /policy\.yaml/);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(client.messages.length, 1, client.messages.join('\n'));
    client.write('.countersign/policy.yaml', 'verdicts:\n  critical: acknowledge\n');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    assert.equal((await client.request<SuggestResult>(SUGGEST, suggestion(client))).verdict, 'acknowledge');
    await client.end();
  });

  test('a state folder that cannot be written closes the gate', async () => {
    const client = await startClient({ env: { COUNTERSIGN_STATE: '/dev/null/state' } });
    const result = await client.request<SuggestResult>(SUGGEST, suggestion(client));
    assert.equal(result.verdict, 'closed', JSON.stringify(result));
    assert.ok('cause' in result && result.cause.length > 20);
    await client.end();
  });

  test('a document of 5 MB does not keep others waiting', async () => {
    const client = await startClient();
    const many = Array.from(
      { length: 26_000 },
      (_, i) =>
        `{"Sid":"S${i}","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::447109320118:role/r${i}"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b${i}/*"}`,
    );
    const large = `{"Version":"2012-10-17","Statement":[${many.slice(1).join(',\n')}]}`;
    assert.ok(large.length > 3_500_000);
    client.open('large-policy.json', large);
    client.change('large-policy.json', 2, large.replace('role/r7"', 'role/other"'));
    await new Promise((resolve) => setTimeout(resolve, 900));
    const waits: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      const start = performance.now();
      await client.request('textDocument/codeLens', { textDocument: { uri: client.uri('large-policy.json') } });
      waits.push(performance.now() - start);
    }
    assert.ok(Math.max(...waits) < 4_000, `waited ${Math.round(Math.max(...waits))} ms`);
    await client.diagnostics('large-policy.json');
    assert.equal(await client.end(), 0);
  });

  test('folders that are not there, documents that are no files', async () => {
    const client = await startClient();
    mkdirSync(join(client.workspace, 'sub'));
    const odd = ['git:/a.json', 'http://example.com/a.json', 'file:///%zz.json', 'nothing'];
    for (const uri of odd) {
      const result = await client.request<SuggestResult>(SUGGEST, suggestion(client, { uri }));
      assert.equal(result.verdict, 'closed', uri);
    }
    const untitled = await client.request<SuggestResult>(SUGGEST, suggestion(client, { uri: 'untitled:Untitled-1', before: '' }));
    assert.equal(untitled.verdict, 'acknowledge', JSON.stringify(untitled));
    const [item] = await client.holds((holds) => holds.length === 1);
    assert.equal(item?.uri, 'untitled:Untitled-1');
    assert.ok(existsSync(join(client.stateFolder, 'log')) && readdirSync(join(client.stateFolder, 'log')).length > 0);
    appendFileSync(join(client.stateFolder, 'holds', 'notes.txt'), 'x');
    await client.end();
  });
});
