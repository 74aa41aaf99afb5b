import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { approve } from '../../server/gate/approvals.ts';
import { readRequest } from '../../server/gate/approval-files.ts';
import { knownKeys, newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import {
  ACKNOWLEDGE,
  APPLIED,
  BREAK_GLASS,
  ENROL,
  REGISTER_KEY,
  REVIEW,
  SUGGEST,
  TRUST_KEY,
  VERIFY_LOG,
  type AcknowledgeResult,
  type AppliedResult,
  type KeyResult,
  type ReviewResult,
  type SuggestResult,
  type VerifyLogResult,
} from '../../server/protocol.ts';
import { open } from '../gate/scene.ts';
import { startClient, until, type Client } from './lsp-client.ts';
import { launchChromium, noChromium } from './virtual-authenticator.ts';

const FILE = 'infra/runner-policy.json';
const statement = (action: string, resource: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'Build', Effect: 'Allow', Action: action, Resource: resource }] }, null, 2);
const BEFORE = statement('ssm:GetParameter', 'arn:aws:ssm:eu-central-1:447109320118:parameter/staging/build/*');
const AFTER = statement('secretsmanager:GetSecretValue', '*');
const REASON = 'The build reads its own secrets until the move in June';

async function held(client: Client): Promise<string> {
  client.write(FILE, BEFORE);
  const params = { uri: client.uri(FILE), before: BEFORE, after: AFTER, channel: 'paste', certainty: 'observed' };
  const result = await client.request<SuggestResult>(SUGGEST, params);
  assert.ok('hold' in result, JSON.stringify(result));
  await client.request(ENROL, { publicKey: client.publicKey });
  return result.hold;
}

async function acknowledge(client: Client, hold: string): Promise<AcknowledgeResult> {
  const reviewed = await client.request<ReviewResult>(REVIEW, { hold });
  assert.ok(reviewed.ok);
  const { nonce, form } = reviewed.review;
  const confirmation = form.confirm === undefined ? null : { text: form.confirm.name, how: 'typed' };
  const decision = { category: 'temporary', reason: REASON, ticket: '', hours: 24, rollBackLater: false, confirmation };
  return await client.request<AcknowledgeResult>(ACKNOWLEDGE, { hold, nonce, ...decision });
}

async function applied(client: Client, hold: string, done: AcknowledgeResult): Promise<void> {
  assert.ok(done.ok && done.apply[0]?.after === AFTER, JSON.stringify(done));
  assert.ok((await client.request<AppliedResult>(APPLIED, { hold, id: done.id, ok: true })).ok);
  const verified = await client.request<VerifyLogResult>(VERIFY_LOG, {});
  assert.ok(verified.ok, verified.summary);
}

const ALL = (what: string) => `{critical: ${what}, high: ${what}, medium: ${what}}`;

void test('where policy asks for presence: refused by the editor’s own key, signed on the page by a security key', {
  skip: noChromium,
  timeout: 120_000,
}, async (context) => {
  const client = await startClient({ policy: `presence: ${ALL('verified')}\n` });
  context.after(() => client.end());
  const browser = await launchChromium(context);
  const key = await browser.session({ verifies: true });
  client.rpc.onRequest('window/showDocument', async ({ uri, external }: { uri: string; external: boolean }) => {
    assert.ok(external && uri.startsWith('http://localhost:'));
    return { success: await key.open('#sign')(uri) };
  });
  const hold = await held(client);
  const alone = await acknowledge(client, hold);
  assert.ok(!alone.ok && 'problem' in alone && /security key/.test(alone.problem), JSON.stringify(alone));
  assert.equal(client.asked.length, 0, 'the editor’s key was not even asked');

  const registered = await client.request<KeyResult>(REGISTER_KEY, { nonce: 'n-1' });
  assert.ok(registered.ok, JSON.stringify(registered));
  assert.equal(knownKeys(join(client.stateFolder, 'keys')).get(registered.keyId)?.key.kind, 'webauthn');
  await key.verifies(false);
  client.rpc.onRequest('window/showDocument', async ({ uri }: { uri: string }) => ({ success: await key.open('#sign', '#decline')(uri) }));
  const unverified = await acknowledge(client, hold);
  assert.ok(!unverified.ok && 'problem' in unverified && /declined/.test(unverified.problem), JSON.stringify(unverified));
  await key.verifies(true);
  client.rpc.onRequest('window/showDocument', async ({ uri }: { uri: string }) => ({ success: await key.open('#sign')(uri) }));
  await applied(client, hold, await acknowledge(client, hold));
});

void test('where policy asks for a second person: asked, approved elsewhere, applied by who asked', {
  timeout: 60_000,
}, async (context) => {
  const client = await startClient({ policy: `verdicts: ${ALL('approve')}\n` });
  context.after(() => client.end());
  mkdirSync(join(client.workspace, '.git'), { recursive: true });
  const hold = await held(client);
  const done = await acknowledge(client, hold);
  assert.ok(done.ok && done.apply.length === 0 && /second person/.test(done.title), JSON.stringify(done));

  const bea = newPersonKey();
  const trusted = await client.request<KeyResult>(TRUST_KEY, { nonce: 'n-1', publicKey: bea.publicKeyPem, person: 'Bea' });
  assert.ok(trusted.ok, JSON.stringify(trusted));
  const theirs = join(dirname(client.stateFolder), 'bea');
  const gate = await open(client.workspace, theirs);
  assert.ok((await trustKey(gate.ledger, join(theirs, 'keys'), bea.publicKeyPem)).ok);
  const file = join(client.workspace, '.countersign/requests', `${hold}.request.json`);
  const read = readRequest(readFileSync(file));
  assert.ok(read.ok, JSON.stringify(read));
  const approved = await approve(read.value, file, 'Checked against the plan of the move.', gate, personSigner(bea.privateKeyPem));
  assert.ok(approved.ok, JSON.stringify(approved));
  await until(
    'taken approval',
    () => {
      const records = readdirSync(join(client.stateFolder, 'log')).filter((name) => name.endsWith('.json'));
      const texts = records.map((name) => readFileSync(join(client.stateFolder, 'log', name), 'utf8'));
      return (
        texts.some((text) => Buffer.from(/"payload":"([^"]*)"/.exec(text)?.[1] ?? '', 'base64').includes('"kind":"countersigned"')) ||
        undefined
      );
    },
    undefined,
    20_000,
  );
  await applied(client, hold, await acknowledge(client, hold));
});

void test('glass is broken from the open review, with the phrase and a reason', async (context) => {
  const client = await startClient({ policy: `verdicts: ${ALL('approve')}\n` });
  context.after(() => client.end());
  const hold = await held(client);
  const reviewed = await client.request<ReviewResult>(REVIEW, { hold });
  assert.ok(reviewed.ok && reviewed.review.sign.people === 2 && reviewed.review.forbidden === undefined);
  const given = { hold, nonce: reviewed.review.nonce, phrase: 'break glass', reason: REASON };
  for (const wrong of [
    { ...given, nonce: 'other' },
    { ...given, phrase: '' },
    { ...given, reason: 'now' },
  ]) {
    assert.equal((await client.request<AcknowledgeResult>(BREAK_GLASS, wrong)).ok, false);
  }
  await applied(client, hold, await client.request<AcknowledgeResult>(BREAK_GLASS, given));
  assert.equal(readdirSync(join(client.stateFolder, 'glass')).length, 1);
});
