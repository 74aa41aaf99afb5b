import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { SUGGEST, type SuggestResult } from '../../server/protocol.ts';
import { startClient, type Client } from './lsp-client.ts';

const policy = (principal: string): string =>
  `{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Principal":${principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::prod-customer-exports/*"}]}`;

const suggest = (client: Client, uri = client.uri('infra/exports-policy.json')): Promise<SuggestResult> =>
  client.request(SUGGEST, {
    uri,
    before: policy('{"AWS":"arn:aws:iam::447109320118:role/app-reader"}'),
    after: policy('"*"'),
    channel: 'paste',
    certainty: 'observed',
  });

test('a policy that is broken and mended while the editor is open is told with file and line, without being asked', async () => {
  const client = await startClient({ initializationOptions: { commands: true, showsGates: true } });
  client.write('.countersign/policy.yaml', '# ours\nverdicts:\n  critical: whatever\n');
  const [gate] = await client.closed((closed) => closed.length === 1);
  assert.equal(gate?.file, join(client.workspace, '.countersign/policy.yaml'));
  assert.equal(gate?.line, 3);
  assert.match(gate?.cause ?? '', /policy\.yaml, line 3/);
  client.write('.countersign/policy.yaml', 'verdicts:\n  critical: acknowledge\n');
  await client.closed((closed) => closed.length === 0);
  assert.deepEqual(client.messages, [], 'the editor says it itself');
  await client.end();
});

test('packs that are not loaded are told with their folder, and no more once they are gone', async () => {
  const client = await startClient();
  client.write('.countersign/packs/team.pack.yaml', 'pack: team\n');
  const [gate] = await client.closed((closed) => closed.length === 1);
  assert.match(gate?.cause ?? '', /packs in .* are not loaded/);
  assert.equal(gate?.file, join(client.workspace, '.countersign/packs'));
  assert.equal((await suggest(client)).verdict, 'closed');
  rmSync(join(client.workspace, '.countersign/packs'), { recursive: true });
  await client.closed((closed) => closed.length === 0);
  assert.equal((await suggest(client)).verdict, 'acknowledge');
  await client.end();
});

test('in a window with two folders each has its own gate, and the one that is closed is told', async () => {
  const client = await startClient({ moreFolders: ['second'] });
  const second = join(dirname(client.workspace), 'second');
  mkdirSync(join(second, '.countersign'));
  writeFileSync(join(second, '.countersign/policy.yaml'), 'verdicts: [\n');
  const [gate] = await client.closed((closed) => closed.length === 1);
  assert.equal(gate?.file, join(second, '.countersign/policy.yaml'));
  assert.equal((await suggest(client)).verdict, 'acknowledge');
  assert.equal((await suggest(client, `file://${second}/infra/exports-policy.json`)).verdict, 'closed');
  rmSync(join(second, '.countersign/policy.yaml'));
  await client.closed((closed) => closed.length === 0);
  assert.equal((await suggest(client, `file://${second}/infra/exports-policy.json`)).verdict, 'acknowledge');
  await client.end();
});

test('a log that cannot be written closes the gate with its place, and it opens when the log can be written again', async () => {
  const client = await startClient();
  assert.equal((await suggest(client)).verdict, 'acknowledge');
  const log = join(client.stateFolder, 'log');
  renameSync(log, `${log}-kept`);
  writeFileSync(log, 'a file, not a folder');
  const [gate] = await client.closed((closed) => closed.length === 1);
  assert.equal(gate?.file, log);
  assert.match(gate?.cause ?? '', /^The log in .*log cannot be written .*Make the folder writable/);
  const refused = await client.request<SuggestResult>(SUGGEST, {
    uri: client.uri('infra/other-policy.json'),
    before: '',
    after: policy('"*"'),
    channel: 'paste',
    certainty: 'observed',
  });
  assert.equal(refused.verdict, 'closed', JSON.stringify(refused));
  rmSync(log);
  renameSync(`${log}-kept`, log);
  await client.closed((closed) => closed.length === 0);
  assert.equal((await suggest(client)).verdict, 'acknowledge');
  await client.end();
});
