import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRequest } from '../../server/gate/approval-files.ts';
import { acknowledge } from '../../server/gate/decisions.ts';
import {
  digestKeyFrom,
  ensureDigestKey,
  fileKey,
  opened,
  openedShared,
  plainEvent,
  repositoryDigestKey,
  sealed,
  sharedFile,
} from '../../server/gate/digest-key.ts';
import { isGuessable, recordedFiles, recordedTexts } from '../../server/gate/recorded.ts';
import { review } from '../../server/gate/review.ts';
import { rollBackTexts } from '../../server/gate/rollback.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { ocsfEvents } from '../../server/ledger/ocsf.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { input, temporaryFolder } from './builders.ts';
import { open, scene } from './scene.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

void test('what is short, or made of little, could be guessed', () => {
  const random = Array.from({ length: 100 }, (_, index) => sha256(String(index)).slice(0, 12)).join(' ');
  const table: readonly (readonly [string, string, boolean])[] = [
    ['nothing', '', false],
    ['a password', 'hunter2', true],
    ['a command', '$ aws iam attach-role-policy', true],
    ['255 bytes', random.slice(0, 255), true],
    ['256 bytes', random.slice(0, 256), false],
    ['a long text of one letter', 'x'.repeat(3000), true],
    ['a long line again and again', 'PIN=1234\n'.repeat(200), true],
    ['a text of its own', random, false],
    ['a large one', 'x'.repeat(10_000), false],
  ];
  for (const [name, text, expected] of table) assert.equal(isGuessable(text), expected, name);
});

void test('a sealed digest can be compared and opened by whoever has the key, and by nobody else', (context) => {
  const state = temporaryFolder(context);
  const key = ensureDigestKey(state) ?? assert.fail('no key');
  assert.equal(ensureDigestKey(state)?.id, key.id, 'the key stays');
  assert.equal(statSync(join(state, 'keys/digest.key')).mode & 0o077, 0);
  const edit = { path: 'infra/db.env', before: 'PIN=1234\n', after: 'PIN=4321\n' };
  const none = { path: edit.path, kind: 'none', findings: [], problems: [] } as const;
  const [file] = recordedFiles([edit], [none], state, [[{ start: 1, end: 1 }]]);
  assert.ok(file !== undefined);
  assert.deepEqual(file.keyed, { key: key.id, digests: ['before', 'after', 'lines'] });
  const said = JSON.stringify(file);
  for (const text of [edit.before, edit.after, 'PIN=4321']) assert.doesNotMatch(said, new RegExp(sha256(text)), 'a guess can be checked');
  assert.match(said, /[0-9a-f]{64}/);
  const event = { kind: 'written', files: [file] } as const;
  const plain = plainEvent(event, key).files?.[0];
  assert.deepEqual([plain?.before, plain?.after, plain?.lines?.[0]?.digest], [edit.before, edit.after, 'PIN=4321'].map(sha256));
  for (const other of [undefined, digestKeyFrom(Buffer.alloc(32, 7))]) {
    const left = plainEvent(event, other).files?.[0];
    assert.deepEqual([left?.before, left?.after, left?.lines?.[0]?.digest, left?.keyed?.key], [undefined, undefined, undefined, key.id]);
  }
  assert.equal(recordedTexts([edit], state)[0]?.after, file.after, 'the same text of the same file is sealed the same');
  assert.notEqual(recordedTexts([{ ...edit, path: 'other.env' }], state)[0]?.after, file.after);
  assert.equal(opened(sealed(sha256('a'), fileKey(key, 'x')), fileKey(key, 'x')), sha256('a'));
  // A long text is found in the repository by its digest.
  const long = Array.from({ length: 60 }, (_, index) => sha256(String(index))).join('\n');
  assert.deepEqual(recordedTexts([{ path: 'a', before: '', after: long }], state), [
    { path: 'a', before: sha256(''), after: sha256(long), findings: [] },
  ]);
});

void test('a folder that cannot be written gives no digest rather than a plain one', (context) => {
  const folder = join(temporaryFolder(context), 'state');
  writeFileSync(folder, 'a file in its place');
  const [file] = recordedTexts([{ path: 'a', before: 'PIN=1', after: 'PIN=2' }], folder);
  assert.deepEqual([file?.before, file?.after, file?.keyed], [undefined, undefined, undefined]);
});

void test('whoever has the repository opens what was sealed for it, and only with its first commits', (context) => {
  const state = temporaryFolder(context);
  const texts = { path: 'a/b.json', before: '{"a":1}', after: '{"a":2}' };
  const [file] = recordedTexts([texts], state);
  assert.ok(file !== undefined);
  const commits = [Buffer.from('tree 1\nauthor a\n\nBegin\n')];
  const shared = sharedFile(file, { before: sha256(texts.before), after: sha256(texts.after) }, repositoryDigestKey(commits));
  assert.doesNotMatch(JSON.stringify(shared), new RegExp(`${sha256(texts.before)}|${sha256(texts.after)}`));
  const plain = openedShared(shared, repositoryDigestKey(commits));
  assert.deepEqual([plain.before, plain.after], [sha256(texts.before), sha256(texts.after)]);
  const elsewhere = openedShared(shared, repositoryDigestKey([Buffer.from('tree 2\n')]));
  assert.notEqual(elsewhere.before, sha256(texts.before));
  assert.equal(openedShared(shared, undefined).before, undefined);
  assert.equal(repositoryDigestKey([]), undefined);
});

const SMALL = '{"Version":"2012-10-17","Statement":[]}';
const OPEN =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::prod-customer-exports/*"}]}';

void test('a short policy goes the whole way: held, acknowledged, released, rolled back, shipped; and without the key', async (context) => {
  const s = await scene(context);
  const { done } = await s.approve({ before: SMALL, after: OPEN });
  assert.equal((await s.ask({ before: SMALL, after: OPEN })).verdict, 'allow');
  const all = (await s.records()).map(
    (stored) => Buffer.from(stored.bytes).toString('utf8') + JSON.stringify(stored.record) + JSON.stringify(ocsfEvents(stored)),
  );
  for (const text of [SMALL, OPEN]) assert.ok(!all.join('').includes(sha256(text)), 'the log has the plain digest of a short text');
  const report = await verifyLog({ folder: join(s.state, 'log'), keysFolder: join(s.state, 'keys') });
  assert.ok(report.ok && report.warnings.length === 0, JSON.stringify(report));
  const rolled = rollBackTexts(done.id, new Map([['iam/exports-bucket-policy.json', OPEN]]), s.gate);
  assert.ok(rolled.ok, JSON.stringify(rolled));
  assert.equal(rolled.texts[0]?.after, SMALL);
  const held = (await s.records()).find(({ record }) => record.event.kind === 'held') ?? assert.fail();
  const hashes = JSON.stringify(ocsfEvents(held));
  assert.match(hashes, /"algorithm":"SHA-256, keyed"/);
  assert.match(hashes, /"before_keyed"/);
});

void test('a request that travels with its texts can be checked by who approves it, and by nobody else’s key', async (context) => {
  const s = await scene(context);
  const shared = join(s.folder, 'shared');
  mkdirSync(shared);
  const policy = {
    ...s.gate.policy,
    verdicts: { ...s.gate.policy.verdicts, critical: 'approve', high: 'approve' },
    approvals: { folder: shared, hours: 24 },
  };
  const gate = Object.create(s.gate, { policy: { value: policy, enumerable: true } }) as GateContext;
  const outcome = await review(s.suggestion({ before: SMALL, after: OPEN }), gate);
  assert.ok(outcome.verdict === 'approve');
  assert.ok((await acknowledge(outcome.hold.id, input(), gate, s.signer)).ok);
  const file = join(shared, `${outcome.hold.id}.request.json`);
  const read = readRequest(readFileSync(file));
  assert.ok(read.ok, JSON.stringify(read));
  assert.equal(read.value.texts?.[0]?.after, OPEN);
  const request = JSON.parse(readFileSync(file, 'utf8')) as { texts: { after: string; digestKey?: string }[] };
  const [first] = request.texts;
  assert.ok(first?.digestKey !== undefined);
  assert.doesNotMatch(readFileSync(file, 'utf8'), new RegExp(readFileSync(join(s.state, 'keys/digest.key'), 'utf8').trim()));
  for (const change of [{ after: `${OPEN} ` }, { digestKey: '0'.repeat(64) }, { digestKey: undefined }, { digestKey: 'x' }]) {
    const altered = readRequest(Buffer.from(JSON.stringify({ ...request, texts: [{ ...first, ...change }] })));
    assert.ok(!altered.ok, JSON.stringify(change));
  }
});

void test('a key that is lost is said, and nothing is put in place unchecked', async (context) => {
  const s = await scene(context);
  const { done } = await s.approve({ before: SMALL, after: OPEN });
  const file = join(s.state, 'keys/digest.key');
  assert.ok(existsSync(file));
  rmSync(file);
  // Another process: this one has read it.
  const copy = join(s.folder, 'elsewhere');
  cpSync(s.state, copy, { recursive: true });
  const gate = await open(s.workspace, copy, s.clock);
  const rolled = rollBackTexts(done.id, new Map([['iam/exports-bucket-policy.json', OPEN]]), gate);
  assert.ok(!rolled.ok);
  assert.match(rolled.problem, /recorded under a key that is not in .*keys any more \(digest\.key\)/);
});
