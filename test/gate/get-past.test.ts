/** Ways past the gate that do not go through a hook: each was tried, and each must fail. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { acknowledge } from '../../server/gate/decisions.ts';
import { review } from '../../server/gate/review.ts';
import { digestOf } from '../../server/gate/recorded.ts';
import type { Policy } from '../../server/gate/types.ts';
import { input, temporaryFolder } from './builders.ts';
import { BEFORE, open, RISKY, scene } from './scene.ts';

void describe('the name of a file', () => {
  for (const path of ['notes.txt', 'trust', 'bucket-access', 'policy.jsonl', 'deep/er/README', 'main.rs']) {
    void test(`${path}: a policy in it is judged as one`, async (context) => {
      const { ask } = await scene(context);
      const outcome = await ask({ path });
      assert.ok(outcome.verdict === 'acknowledge', outcome.verdict);
      assert.equal(outcome.hold.edits[0]?.path, path);
      assert.equal((await ask({ path, before: RISKY, after: BEFORE })).verdict, 'allow');
    });
  }

  void test('an acknowledgement of it lets exactly that file through', async (context) => {
    const { approve, ask } = await scene(context);
    await approve({ path: 'exports' });
    assert.equal((await ask({ path: 'exports.json' })).verdict, 'acknowledge');
    assert.equal((await ask({ path: 'exports' })).verdict, 'allow');
  });

  void test('an acknowledgement is let through by its form, not by a name that is its hash', async (context) => {
    const { approve, ask, records } = await scene(context);
    await approve();
    const named = (text: string): string => `.countersign/acks/${digestOf(text)}.json`;
    // A policy that another file takes in from there.
    assert.equal((await ask({ path: named(RISKY), before: '', after: RISKY })).verdict, 'acknowledge');
    const signed = (await records()).find(({ record }) => record.event.kind === 'acknowledged');
    const text = Buffer.from(signed?.bytes ?? []).toString('utf8');
    assert.equal((await ask({ path: named(text), before: '', after: text })).verdict, 'allow');
    const more = text.replace('{', '{"Statement":[],');
    assert.notEqual((await ask({ path: named(more), before: '', after: more })).verdict, 'allow');
    assert.notEqual((await ask({ path: named(`${text}\n`), before: '', after: `${text}\n` })).verdict, 'allow');
  });

  void test('prose and code that speak of a policy are not judged as one', async (context) => {
    const { ask } = await scene(context);
    for (const after of [`# Policies\n${RISKY}`, `const policy = ${RISKY};`, '["Effect"]', '{"effects": []}'])
      assert.equal((await ask({ path: 'notes.md', before: '', after })).verdict, 'allow', after);
  });
});

void describe('the state folder', () => {
  void test('is the same folder when a link leads to it', async (context) => {
    const folder = temporaryFolder(context);
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    const gate = await open(folder, join(folder, 'link'));
    const agent = { name: 'Claude Code', session: 's', toolCall: 't', tool: 'Write' };
    for (const below of ['real/used/x', 'real/keys/person.json', 'real/bin/countersign-hook', 'real']) {
      const edits = [
        { path: join(folder, below), before: '', after: 'x', provenance: { channel: 'hook', certainty: 'attested', agent } as const },
      ];
      assert.equal((await review({ workspace: folder, edits }, gate)).verdict, 'forbid', below);
    }
  });
});

void describe('an acknowledgement after the policy was tightened', () => {
  const tighter: Readonly<Record<string, (policy: Policy) => Policy>> = {
    'a longer reason': (policy) => ({ ...policy, reason: { ...policy.reason, minimumLength: 400 } }),
    'a ticket': (policy) => ({ ...policy, reason: { ...policy.reason, ticketRequired: true } }),
    'a shorter expiry': (policy) => ({ ...policy, expiry: { ...policy.expiry, longestHours: 1 } }),
  };
  for (const [what, tighten] of Object.entries(tighter)) {
    void test(`${what} is asked for anew`, async (context) => {
      const { approve, gate, suggestion, ask } = await scene(context);
      await approve();
      assert.equal((await review(suggestion(), { ...gate, policy: tighten(gate.policy) })).verdict, 'acknowledge');
      assert.equal((await ask()).verdict, 'allow');
    });
  }

  void test('a shorter time for the retry holds for what was acknowledged before', async (context) => {
    const { approve, gate, suggestion, clock } = await scene(context);
    await approve();
    clock.now = new Date(clock.now.getTime() + 2 * 60_000);
    const policy = { ...gate.policy, retryMinutes: 1 };
    assert.equal((await review(suggestion(), { ...gate, policy })).verdict, 'acknowledge');
    assert.equal((await review(suggestion(), gate)).verdict, 'allow');
  });

  void test('a no-go zone set since forbids', async (context) => {
    const { approve, gate, suggestion } = await scene(context);
    const { hold } = await approve();
    const policy = { ...gate.policy, noGo: [{ pattern: 'iam/**', source: 'test' }] };
    assert.equal((await review(suggestion(), { ...gate, policy })).verdict, 'forbid');
    const again = await acknowledge(hold.id, input(), { ...gate, policy }, (await scene(context)).signer);
    assert.equal(again.ok, false);
  });
});

void describe('log, head and keys taken away together', () => {
  const forget = (state: string) => {
    for (const name of ['log', 'log.head.json', 'keys']) rmSync(join(state, name), { recursive: true });
  };

  void test('is seen by what an acknowledgement left behind', async (context) => {
    const { approve, state, workspace, suggestion } = await scene(context);
    await approve();
    forget(state);
    const outcome = await review(suggestion(), await open(workspace, state));
    assert.ok(outcome.verdict === 'closed', outcome.verdict);
    assert.match(outcome.cause, /log in .* is gone, but the folders “decided”, “acknowledgements”/);
  });

  void test('is seen by a hold that is not new', async (context) => {
    const { ask, state, workspace, suggestion } = await scene(context);
    await ask();
    forget(state);
    const [hold] = readdirSync(join(state, 'holds'));
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(join(state, 'holds', hold ?? ''), hourAgo, hourAgo);
    const outcome = await review(suggestion({ path: 'iam/other-policy.json' }), await open(workspace, state));
    assert.ok(outcome.verdict === 'closed', outcome.verdict);
    assert.match(outcome.cause, /the folder “holds” beside it is not empty/);
  });

  void test('with all that was left behind, a new log begins', async (context) => {
    const { approve, ask, state, workspace, suggestion } = await scene(context);
    await approve();
    await ask({ path: 'iam/other-policy.json' });
    rmSync(state, { recursive: true });
    assert.equal((await review(suggestion(), await open(workspace, state))).verdict, 'acknowledge');
  });
});
