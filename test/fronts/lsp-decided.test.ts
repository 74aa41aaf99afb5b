import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ACKNOWLEDGE,
  APPLIED,
  DECISIONS,
  DISCARD,
  ENROL,
  NOT_ROLLED_BACK,
  REVIEW,
  ROLL_BACK,
  SUGGEST,
  VERIFY_LOG,
  type AcknowledgeResult,
  type DecisionsResult,
  type HoldItem,
  type ReviewResult,
  type RollBackResult,
  type SuggestResult,
  type VerifyLogResult,
} from '../../server/protocol.ts';
import { startClient, type Client } from './lsp-client.ts';

const FILE = 'infra/runner-policy.json';
const statement = (action: string, resource: string): string => `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Build", "Effect": "Allow", "Action": ${action}, "Resource": "${resource}" }
  ]
}
`;
const BEFORE = statement('"ssm:GetParameter"', 'arn:aws:ssm:eu-central-1:447109320118:parameter/staging/build/*');
const AFTER = statement('["ssm:GetParameter", "secretsmanager:GetSecretValue"]', '*');

describe('a decision in the list', () => {
  let client: Client;
  let item: HoldItem;
  before(async () => {
    client = await startClient();
    client.write(FILE, BEFORE);
    client.commit();
    const result = await client.request<SuggestResult>(SUGGEST, {
      uri: client.uri(FILE),
      before: BEFORE,
      after: AFTER,
      channel: 'paste',
      certainty: 'observed',
    });
    assert.ok('hold' in result, JSON.stringify(result));
    const [held] = await client.holds((holds) => holds.length === 1);
    assert.ok(held);
    item = held;
    await client.request(ENROL, { publicKey: client.publicKey });
  });
  after(() => client.end());

  const decisions = async () => (await client.request<DecisionsResult>(DECISIONS, {})).decisions;
  const named = ({ name, sentence, path, uri }: Pick<HoldItem, 'name' | 'sentence' | 'path' | 'uri'>) => ({ name, sentence, path, uri });
  let id = '';

  test('is named as the hold was named', async () => {
    assert.notEqual(item.name, FILE);
    const reviewed = await client.request<ReviewResult>(REVIEW, { hold: item.id });
    assert.ok(reviewed.ok);
    const done = await client.request<AcknowledgeResult>(ACKNOWLEDGE, {
      hold: item.id,
      nonce: reviewed.review.nonce,
      category: 'temporary',
      reason: 'The build reads them until the new runner is there.',
      ticket: '',
      hours: 24,
      rollBackLater: true,
      confirmation: reviewed.review.form.confirm ? { text: reviewed.review.form.confirm.name, how: 'typed' } : null,
    });
    assert.ok(done.ok, JSON.stringify(done));
    id = done.id;
    await client.request(APPLIED, { hold: item.id, id, ok: true });
    const [first] = await decisions();
    assert.equal(first?.kind, 'acknowledged');
    assert.deepEqual(first && named(first), named(item));
  });

  test('that could not be rolled back is corrected in the log, and can be rolled back later', async () => {
    client.open(FILE, AFTER);
    await client.diagnostics(FILE, (all) => all[0]?.data?.['state'] === 'acknowledged');
    const rollBack = () => client.request<RollBackResult>(ROLL_BACK, { id, current: [{ uri: client.uri(FILE), text: AFTER }] });
    assert.ok((await rollBack()).ok);
    assert.equal((await decisions())[0]?.kind, 'rolled-back');
    await client.diagnostics(FILE, (all) => all[0]?.data?.['state'] === 'unacknowledged');
    assert.equal((await rollBack()).ok, false, 'once');

    assert.deepEqual(await client.request(NOT_ROLLED_BACK, { id, cause: 'the file is read-only' }), { ok: true });
    assert.deepEqual(
      (await decisions()).map(({ kind, canRollBack }) => [kind, canRollBack]),
      [['acknowledged', true]],
    );
    // The risk is in the file still, and somebody has put their name to it.
    await client.diagnostics(FILE, (all) => all[0]?.data?.['state'] === 'acknowledged');
    const again = await client.request<{ readonly ok: boolean }>(NOT_ROLLED_BACK, { id, cause: 'again' });
    assert.equal(again.ok, false, 'there is no rollback to correct any more');

    assert.ok((await rollBack()).ok);
    const [last, first] = await decisions();
    assert.equal(last?.kind, 'rolled-back');
    assert.deepEqual(last && named(last), named(item), 'the rollback is named as the hold was');
    assert.equal(first?.canRollBack, false);
    const verified = await client.request<VerifyLogResult>(VERIFY_LOG, {});
    assert.ok(verified.ok, verified.summary);
  });

  test('keeps a name when its texts are no longer kept', async () => {
    for (const name of readdirSync(join(client.stateFolder, 'decided'))) rmSync(join(client.stateFolder, 'decided', name));
    for (const { name } of await decisions()) assert.notEqual(name, FILE);
  });

  test('that discards is named as the hold was', async () => {
    await client.request(SUGGEST, { uri: client.uri(FILE), before: BEFORE, after: AFTER, channel: 'inline', certainty: 'observed' });
    const [held] = await client.holds((holds) => holds.length === 1);
    assert.ok(held);
    await client.request(DISCARD, { holds: [held.id] });
    const [first] = await decisions();
    assert.equal(first?.kind, 'discarded');
    assert.deepEqual(first && named(first), named(held));
  });
});
