import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRequest } from '../../server/gate/approval-files.ts';
import { approve } from '../../server/gate/approvals.ts';
import { acknowledge } from '../../server/gate/decisions.ts';
import { judge } from '../../server/gate/judge.ts';
import { review } from '../../server/gate/review.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import { input } from './builders.ts';
import { open, scene } from './scene.ts';

void test('a request and its answer that travel with the repository are no change of what is held back; anything else of their name is', async (context) => {
  const s = await scene(context);
  mkdirSync(join(s.workspace, '.git'));
  mkdirSync(join(s.workspace, '.countersign'));
  const policy = { ...s.gate.policy, verdicts: { ...s.gate.policy.verdicts, critical: 'approve' as const } };
  const gate = Object.create(s.gate, { policy: { value: policy, enumerable: true } }) as GateContext;
  const outcome = await review(s.suggestion(), gate);
  assert.ok('hold' in outcome);
  const asked = await acknowledge(outcome.hold.id, input(), gate, s.signer);
  assert.ok(asked.ok && asked.asked !== undefined, JSON.stringify(asked));
  const [file = ''] = asked.asked.files;
  const theirs = await open(s.workspace, join(s.folder, 'bea'), s.clock);
  const bea = newPersonKey();
  assert.ok((await trustKey(theirs.ledger, join(s.folder, 'bea/keys'), bea.publicKeyPem)).ok);
  const read = readRequest(readFileSync(file));
  assert.ok(read.ok);
  const approved = await approve(read.value, file, 'Bea read the exports one by one.', theirs, personSigner(bea.privateKeyPem));
  assert.ok(approved.ok, JSON.stringify(approved));

  const request = readFileSync(file, 'utf8');
  const approval = readFileSync(approved.file, 'utf8');
  const at = (path: string) => `.countersign/requests/${path}`;
  const name = `${outcome.hold.id}.request.json`;
  const answer = `${outcome.hold.id}.approval.json`;
  const verdictOf = (path: string, after: string, before = '') =>
    judge({ workspace: s.workspace, edits: [{ path, before, after, provenance: { channel: 'disk', certainty: 'inferred' } }] }, gate)
      .verdict;
  const harmless: readonly (readonly [string, string, string])[] = [
    [at(name), request, ''],
    [at(name), request, '{}\n'],
    [at(answer), approval, ''],
  ];
  for (const [path, after, before] of harmless) assert.equal(verdictOf(path, after, before), 'allow', path);
  const held: readonly (readonly [string, string, string])[] = [
    [at(name), request.replace('"schema"', '"Statement": [], "schema"'), ''],
    [at(name), `${request}${request}`, ''],
    [at(name), request.replace(/"record": "....../, '"record": "AAAAAA'), ''],
    [at(answer), request, ''],
    [at('policy.json'), request, ''],
    ['.countersign/policy.json', request, ''],
    [at(answer), '', approval],
  ];
  for (const [path, after, before] of held) assert.notEqual(verdictOf(path, after, before), 'allow', `${path} ${after.slice(0, 40)}`);
});

void test('a request in a shared folder within a repository, with the texts and the keys to their digests, is none either', async (context) => {
  const s = await scene(context);
  const folder = join(s.workspace, '.countersign/requests');
  mkdirSync(folder, { recursive: true });
  const change = { verdicts: { ...s.gate.policy.verdicts, critical: 'approve' as const }, approvals: { folder, hours: 24 } };
  const gate = Object.create(s.gate, { policy: { value: { ...s.gate.policy, ...change }, enumerable: true } }) as GateContext;
  const outcome = await review(s.suggestion(), gate);
  assert.ok('hold' in outcome);
  const asked = await acknowledge(outcome.hold.id, input(), gate, s.signer);
  assert.ok(asked.ok && asked.asked !== undefined, JSON.stringify(asked));
  const after = readFileSync(asked.asked.files[0] ?? '', 'utf8');
  assert.ok(after.includes('"texts"'));
  const path = `.countersign/requests/${outcome.hold.id}.request.json`;
  const verdictOf = (text: string) =>
    judge(
      { workspace: s.workspace, edits: [{ path, before: '', after: text, provenance: { channel: 'disk', certainty: 'inferred' } }] },
      gate,
    ).verdict;
  assert.equal(verdictOf(after), 'allow');
  assert.notEqual(verdictOf(after.replace('"path":', '"Statement": "x",\n      "path":')), 'allow');
});
