import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { approve } from '../../server/gate/approvals.ts';
import { readRequest, type RequestFile } from '../../server/gate/approval-files.ts';
import { acknowledge, breakGlass } from '../../server/gate/decisions.ts';
import { review } from '../../server/gate/review.ts';
import type { GateContext, Policy } from '../../server/gate/types.ts';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import {
  ACKNOWLEDGE,
  APPROVE,
  DECISIONS,
  ENROL,
  HOLD_TEXTS,
  REQUESTS_CHANGED,
  REVIEW,
  ROTATE_KEY,
  SUGGEST,
  VERIFY_LOG,
  type AcknowledgeResult,
  type DecisionsResult,
  type EnrolResult,
  type HoldTextsResult,
  type KeyResult,
  type RequestItem,
  type ReviewResult,
  type SuggestResult,
  type VerifyLogResult,
} from '../../server/protocol.ts';
import { input } from '../gate/builders.ts';
import { BEFORE, open, PATH, RISKY } from '../gate/scene.ts';
import { startClient, until, type Client } from './lsp-client.ts';

const REASON = 'I compared it with the plan of the data team.';
const BOTH = '{critical: approve, high: approve}';

/** A server whose requests are followed. */
async function follow(
  policy: string | undefined,
): Promise<{ readonly client: Client; readonly waiting: (when: Seen) => Promise<readonly RequestItem[]> }> {
  const client = await startClient(policy === undefined ? {} : { policy });
  let last: readonly RequestItem[] = [];
  client.rpc.onNotification(REQUESTS_CHANGED, ({ requests }: { requests: readonly RequestItem[] }) => void (last = requests));
  const waiting = (when: Seen) =>
    until(
      'requests',
      () => (when(last) ? last : undefined),
      () => JSON.stringify(last),
      20_000,
    );
  return { client, waiting };
}

type Seen = (requests: readonly RequestItem[]) => boolean;

/** Somebody with a log of their own, who asks for an approval or breaks glass. */
async function asker(client: Client, approvals: Policy['approvals'], glass = false) {
  const state = join(dirname(client.stateFolder), 'ada');
  const workspace = join(dirname(client.stateFolder), 'adas-workspace');
  mkdirSync(workspace, { recursive: true });
  const opened = await open(workspace, state);
  const policy = { ...opened.policy, verdicts: { ...opened.policy.verdicts, critical: 'approve' as const }, approvals };
  const gate = Object.create(opened, { policy: { value: policy, enumerable: true } }) as GateContext;
  const key = newPersonKey();
  assert.ok((await trustKey(gate.ledger, join(state, 'keys'), key.publicKeyPem)).ok);
  const agent = { name: 'Claude Code', session: 's-1', toolCall: 'toolu_1', tool: 'Edit' };
  const outcome = await review(
    { workspace, edits: [{ path: PATH, before: BEFORE, after: RISKY, provenance: { channel: 'hook', certainty: 'attested', agent } }] },
    gate,
  );
  assert.ok('hold' in outcome, JSON.stringify(outcome));
  const signer = personSigner(key.privateKeyPem);
  const done = glass
    ? await breakGlass(outcome.hold.id, { phrase: 'break glass', reason: input().reason.text }, gate, signer)
    : await acknowledge(outcome.hold.id, input(), gate, signer);
  assert.ok(done.ok, JSON.stringify(done));
  return { hold: outcome.hold.id, state, gate, signer };
}

async function reviewed(client: Client, hold: string) {
  const result = await client.request<ReviewResult>(REVIEW, { hold });
  assert.ok(result.ok && result.review.request !== undefined, JSON.stringify(result));
  return { ...result.review, request: result.review.request };
}

for (const glass of [false, true]) {
  const what = glass ? 'broken glass' : 'a request in the shared folder';
  void test(`${what} is listed, read with what it opens worked out here, and signed by a second person`, {
    timeout: 60_000,
  }, async (context) => {
    const { client, waiting } = await follow('');
    context.after(() => client.end());
    const shared = join(dirname(client.stateFolder), 'shared');
    mkdirSync(shared);
    const { hold } = await asker(client, { folder: shared, hours: 24 }, glass);
    client.write('.countersign/requests/.gitkeep', '');
    mkdirSync(join(client.workspace, '.git'));
    const file = join(client.workspace, '.countersign/requests', `${hold}.request.json`);
    copyFileSync(join(shared, `${hold}.request.json`), file);
    const [item] = await waiting((requests) => requests.length === 1);
    assert.ok(item !== undefined && !item.own && item.severity === 'critical', JSON.stringify(item));
    assert.equal(item.kind, glass ? 'glass' : 'approval');

    const shown = await reviewed(client, item.id);
    assert.equal(shown.request.refused, undefined);
    assert.deepEqual(shown.request.notes, []);
    assert.equal(shown.request.reason, input().reason.text);
    assert.ok(shown.witness !== undefined, 'worked out from the texts, not believed');
    assert.ok(shown.files[0]?.lines.some(({ mark }) => mark === '+'));
    const texts = await client.request<HoldTextsResult>(HOLD_TEXTS, { hold: item.id });
    assert.ok(texts.ok && texts.texts[0]?.after === RISKY);

    const wrong = [
      { request: item.id, nonce: 'other', reason: REASON },
      { request: 'request:0', nonce: shown.nonce, reason: REASON },
      { request: item.id, nonce: shown.nonce, reason: REASON },
    ];
    for (const params of wrong) assert.equal((await client.request<AcknowledgeResult>(APPROVE, params)).ok, false, 'also without a key');
    assert.ok((await client.request<EnrolResult>(ENROL, { publicKey: client.publicKey })).ok);
    const short = await client.request<AcknowledgeResult>(APPROVE, { request: item.id, nonce: shown.nonce, reason: 'yes' });
    assert.ok(!short.ok && 'problem' in short && /Still needed/.test(short.problem), JSON.stringify(short));
    const done = await client.request<AcknowledgeResult>(APPROVE, { request: item.id, nonce: shown.nonce, reason: REASON });
    assert.ok(done.ok, JSON.stringify(done));
    await waiting((requests) => requests.length === 0);
    const { decisions } = await client.request<DecisionsResult>(DECISIONS, {});
    assert.equal(decisions[0]?.kind, 'approved');
    assert.ok((await client.request<VerifyLogResult>(VERIFY_LOG, {})).ok);
  });
}

void test('who asks sees it waiting, cannot approve it, and hears when somebody else has', { timeout: 60_000 }, async (context) => {
  const { client, waiting } = await follow(`verdicts: ${BOTH}\n`);
  context.after(() => client.end());
  mkdirSync(join(client.workspace, '.git'));
  client.write(PATH, BEFORE);
  const asked = { uri: client.uri(PATH), before: BEFORE, after: RISKY, channel: 'paste', certainty: 'observed' };
  const result = await client.request<SuggestResult>(SUGGEST, asked);
  assert.ok('hold' in result);
  await client.request(ENROL, { publicKey: client.publicKey });
  const first = await client.request<ReviewResult>(REVIEW, { hold: result.hold });
  assert.ok(first.ok);
  const confirmation = { text: first.review.form.confirm?.name ?? '', how: 'typed' };
  const decision = { category: 'temporary', reason: REASON, ticket: '', hours: 24, rollBackLater: false, confirmation };
  const signed = await client.request<AcknowledgeResult>(ACKNOWLEDGE, { hold: result.hold, nonce: first.review.nonce, ...decision });
  assert.ok(signed.ok, JSON.stringify(signed));
  const [item] = await waiting((requests) => requests.length === 1);
  assert.ok(item?.own === true);
  const shown = await reviewed(client, item.id);
  assert.match(shown.request.refused ?? '', /Somebody else must approve it/);
  const own = await client.request<AcknowledgeResult>(APPROVE, {
    request: item.id,
    nonce: shown.nonce,
    reason: 'I read the exports one by one myself.',
  });
  assert.ok(!own.ok && 'problem' in own && /Somebody else/.test(own.problem), JSON.stringify(own));
  const { decisions } = await client.request<DecisionsResult>(DECISIONS, {});
  assert.equal(decisions[0]?.kind, 'asked', 'it is not in force');

  const bea = newPersonKey();
  const signedHere = await client.request<KeyResult>('countersign/trustKey', { nonce: 'n', publicKey: bea.publicKeyPem, person: 'Bea' });
  assert.ok(signedHere.ok, JSON.stringify(signedHere));
  const theirs = await open(client.workspace, join(dirname(client.stateFolder), 'bea'));
  assert.ok((await trustKey(theirs.ledger, join(dirname(client.stateFolder), 'bea/keys'), bea.publicKeyPem)).ok);
  const file = join(client.workspace, '.countersign/requests', `${result.hold}.request.json`);
  const read = readRequest(readFileSync(file));
  assert.ok(read.ok);
  assert.ok((await approve(read.value, file, 'Bea read the exports one by one.', theirs, personSigner(bea.privateKeyPem))).ok);
  await waiting((requests) => requests.length === 0);
  await until('word of it', () => client.messages.find((message) => /Somebody else has approved it/.test(message)), undefined, 20_000);
});

void test('who breaks glass sees it waiting with its texts, until somebody else has looked', { timeout: 60_000 }, async (context) => {
  const { client, waiting } = await follow(`verdicts: ${BOTH}\n`);
  context.after(() => client.end());
  mkdirSync(join(client.workspace, '.git'));
  client.write(PATH, BEFORE);
  const asked = { uri: client.uri(PATH), before: BEFORE, after: RISKY, channel: 'paste', certainty: 'observed' };
  const result = await client.request<SuggestResult>(SUGGEST, asked);
  assert.ok('hold' in result);
  await client.request(ENROL, { publicKey: client.publicKey });
  const bea = newPersonKey();
  assert.ok((await client.request<KeyResult>('countersign/trustKey', { nonce: 'n', publicKey: bea.publicKeyPem, person: 'Bea' })).ok);
  const first = await client.request<ReviewResult>(REVIEW, { hold: result.hold });
  assert.ok(first.ok);
  const given = { hold: result.hold, nonce: first.review.nonce, phrase: 'break glass', reason: REASON };
  const broken = await client.request<AcknowledgeResult>('countersign/breakGlass', given);
  assert.ok(broken.ok, JSON.stringify(broken));
  const [item] = await waiting((requests) => requests.length === 1);
  assert.ok(item?.own === true && item.kind === 'glass');
  const shown = await reviewed(client, item.id);
  assert.match(shown.request.refused ?? '', /Somebody else must look at it/);
  assert.ok(shown.witness !== undefined, 'its texts are here still');
  const theirs = await open(client.workspace, join(dirname(client.stateFolder), 'bea'));
  assert.ok((await trustKey(theirs.ledger, join(dirname(client.stateFolder), 'bea/keys'), bea.publicKeyPem)).ok);
  const file = join(client.workspace, '.countersign/requests', `${result.hold}.request.json`);
  const read = readRequest(readFileSync(file));
  assert.ok(read.ok);
  const looked = await approve(read.value, file, 'Bea read the exports one by one.', theirs, personSigner(bea.privateKeyPem));
  assert.ok(looked.ok, JSON.stringify(looked));
  await waiting((requests) => requests.length === 0);
  await until('word of it', () => client.messages.find((message) => /has looked at the broken glass/.test(message)), undefined, 20_000);
});

void test('without the texts, those of the repository are found by their digests; nowhere, the notes say whose findings these are', {
  timeout: 60_000,
}, async (context) => {
  const { client, waiting } = await follow(undefined);
  context.after(() => client.end());
  const theirs = join(dirname(client.stateFolder), 'adas-workspace');
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd, stdio: 'ignore' });
  mkdirSync(join(theirs, '.countersign'), { recursive: true });
  mkdirSync(dirname(join(theirs, PATH)), { recursive: true });
  writeFileSync(join(theirs, PATH), BEFORE);
  git(theirs, 'init', '-q', '-b', 'main');
  git(theirs, 'add', '-A');
  git(theirs, 'commit', '-qm', 'before');
  const { hold } = await asker(client, { hours: 24 });
  const request = readFileSync(join(theirs, '.countersign/requests', `${hold}.request.json`), 'utf8');
  assert.ok(!request.includes('"texts"'));
  git(client.workspace, 'init', '-q', '-b', 'main');
  client.write(`.countersign/requests/${hold}.request.json`, request);
  const [item] = await waiting((requests) => requests.length === 1);
  const blind = await reviewed(client, item?.id ?? '');
  assert.match(blind.request.notes[0] ?? '', /The texts are not here/);
  assert.equal(blind.severity, 'critical');
  assert.equal(blind.witness, undefined);
  // The old text is in a commit, the new one in the files.
  git(client.workspace, 'pull', '-q', theirs, 'main');
  client.write(PATH, RISKY);
  const seen = await reviewed(client, item?.id ?? '');
  assert.deepEqual(seen.request.notes, []);
  assert.ok(seen.witness !== undefined);
});

void test('altered, expired and bogus files are in no list; an answer by an unknown key hides nothing', {
  timeout: 60_000,
}, async (context) => {
  const { client, waiting } = await follow('');
  context.after(() => client.end());
  mkdirSync(join(client.workspace, '.git'));
  const shared = join(dirname(client.stateFolder), 'shared');
  mkdirSync(shared);
  const { hold, gate, signer } = await asker(client, { folder: shared, hours: 24 });
  const from = join(shared, `${hold}.request.json`);
  const folder = join(client.workspace, '.countersign/requests');
  mkdirSync(folder, { recursive: true });
  const whole: RequestFile = JSON.parse(readFileSync(from, 'utf8'));
  writeFileSync(join(folder, 'H-00000000.request.json'), '{}');
  writeFileSync(join(folder, 'H-00000001.request.json'), JSON.stringify({ ...whole, texts: [{ path: PATH, before: '', after: '' }] }));
  writeFileSync(join(folder, 'note.request.json'), JSON.stringify(whole));
  // Signed by who asked: the gate takes no such approval, and the list does not either.
  const appended = await gate.ledger.append(
    { kind: 'approved', acknowledgement: 'x', reason: { category: 'approval', text: REASON } },
    signer,
  );
  assert.ok(appended.ok);
  const bogus = { schema: 'countersign.approval/1', record: Buffer.from(appended.stored.bytes).toString('base64') };
  writeFileSync(join(folder, `${hold}.approval.json`), JSON.stringify(bogus));
  copyFileSync(from, join(folder, `${hold}.request.json`));
  const found = await waiting((requests) => requests.length > 0);
  assert.equal(found.length, 1);
  rmSync(join(folder, `${hold}.request.json`));
  await waiting((requests) => requests.length === 0);
  const gone = await client.request<ReviewResult>(REVIEW, { hold: found[0]?.id });
  assert.ok(!gone.ok && /no longer there/.test(gone.problem));
});

void test('a new key takes over from the old one; a revoked one is told with the way on', { timeout: 60_000 }, async (context) => {
  const client = await startClient();
  context.after(() => client.end());
  const enrolled = await client.request<EnrolResult>(ENROL, { publicKey: client.publicKey });
  assert.ok(enrolled.ok);
  const next = newPersonKey();
  const rotated = await client.request<KeyResult>(ROTATE_KEY, { nonce: 'n-1', publicKey: next.publicKeyPem });
  assert.ok(rotated.ok && rotated.keyId === next.keyId, JSON.stringify(rotated));
  const old = await client.request<EnrolResult>(ENROL, { publicKey: client.publicKey });
  assert.ok(!old.ok && old.revoked === true && /Make a New Key/.test(old.problem), JSON.stringify(old));
  assert.ok((await client.request<EnrolResult>(ENROL, { publicKey: next.publicKeyPem })).ok);
  client.write('.countersign/policy.yaml', `revokedKeys: [${next.keyId}]\n`);
  for (let tries = 0; ; tries += 1) {
    const again = await client.request<EnrolResult>(ENROL, { publicKey: next.publicKeyPem });
    if (!again.ok && again.revoked === true) break;
    assert.ok(tries < 100, 'the policy is read anew within seconds');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});
