import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listDecided } from '../../server/gate/decided.ts';
import { acknowledge, markApplied } from '../../server/gate/decisions.ts';
import { discard, undoDiscard } from '../../server/gate/discards.ts';
import { recordWritten } from '../../server/gate/written.ts';
import { digestOfHold, listHolds, readHold } from '../../server/gate/holds.ts';
import { recordRolledBack, rollBackTexts } from '../../server/gate/rollback.ts';
import { review } from '../../server/gate/review.ts';
import type { Hold, Outcome, Suggestion } from '../../server/gate/types.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { input } from './builders.ts';
import { BEFORE, open, PATH, REFORMATTED, RISKY, scene, WIDENED } from './scene.ts';

void test('held, acknowledged, let through once, then held again', async (t) => {
  const { ask, approve, kinds, state, gate, records } = await scene(t);
  const { hold, done } = await approve();
  assert.deepEqual(listHolds(state), []);

  const retry = await ask();
  assert.equal(retry.verdict, 'allow');
  assert.equal(retry.verdict === 'allow' && retry.released, done.id);

  const second = await ask();
  assert.equal(second.verdict, 'acknowledge');
  assert.equal(heldAs(second).id, hold.id);
  assert.deepEqual(await kinds(), ['opened', 'key-trusted', 'held', 'acknowledged', 'released', 'held']);
  const acknowledged = (await records())[3];
  assert.deepEqual(acknowledged?.record.event.reason, input().reason);
  assert.equal(acknowledged?.record.event.confirmed, 'typed');
  assert.notEqual(acknowledged?.keyId, (await records())[2]?.keyId);
  const verified = await verifyLog({ folder: gate.ledger.folder, keysFolder: join(state, 'keys') });
  assert.ok(verified.ok, JSON.stringify(verified));
});

void test('what the acknowledgement covers, and what not', async (t) => {
  const s = await scene(t);
  await s.approve();
  for (const [name, asked] of [
    ['another session', { session: 's-2' }],
    ['another file', { path: 'iam/other-bucket-policy.json' }],
    ['another workspace', { workspace: '/elsewhere' }],
    ['more access', { after: WIDENED }],
  ] as const) {
    assert.equal((await s.ask(asked)).verdict, 'acknowledge', name);
  }
  assert.equal((await review(from(s.suggestion(), 'Another Agent'), s.gate)).verdict, 'acknowledge', 'another agent');
  assert.equal((await s.ask({ after: REFORMATTED })).verdict, 'allow', 'the same access, written otherwise');
});

void test('a benign edit leaves no trace', async (t) => {
  const s = await scene(t);
  const before = (await s.kinds()).length;
  assert.equal((await s.ask({ after: BEFORE })).verdict, 'allow');
  assert.equal((await s.ask({ before: RISKY, after: BEFORE })).verdict, 'allow');
  assert.equal((await s.kinds()).length, before);
  assert.deepEqual(listHolds(s.state), []);
});

void test('the same suggestion is one hold, counted, and logged once', async (t) => {
  const s = await scene(t);
  const first = heldAs(await s.ask());
  const again = heldAs(await s.ask({ after: REFORMATTED }));
  assert.equal(again.id, first.id);
  assert.equal(again.created, first.created);
  assert.equal(again.times, 2);
  assert.equal(listHolds(s.state)[0]?.edits[0]?.after, REFORMATTED);
  assert.deepEqual(await s.kinds(), ['opened', 'key-trusted', 'held']);
  assert.notEqual(heldAs(await s.ask({ session: 's-2' })).id, first.id);
  assert.equal(listHolds(s.state).length, 2);
});

void test('a tool call that asks twice is one: held once, let through as often as it asks', async (t) => {
  const s = await scene(t);
  const [a, b] = await Promise.all([s.ask({ toolCall: 'c-1' }), s.ask({ toolCall: 'c-1' })]);
  assert.equal(heldAs(a).id, heldAs(b).id);
  assert.equal(listHolds(s.state)[0]?.times, 1);
  const done = await acknowledge(heldAs(a).id, input(), s.gate, s.signer);
  assert.ok(done.ok, JSON.stringify(done));
  const retries = await Promise.all([s.ask({ toolCall: 'c-2' }), s.ask({ toolCall: 'c-2' })]);
  assert.deepEqual(
    retries.map(({ verdict }) => verdict),
    ['allow', 'allow'],
  );
  assert.equal((await s.ask({ toolCall: 'c-2' })).verdict, 'allow');
  assert.equal((await s.ask({ toolCall: 'c-3' })).verdict, 'acknowledge');
  assert.equal((await s.kinds()).filter((kind) => kind === 'released').length, 1);
});

void test('a caller whose tool calls all have one id gets one retry, not many', async (t) => {
  const s = await scene(t);
  await s.approve({ toolCall: 'same' });
  assert.equal((await s.ask({ toolCall: 'same' })).verdict, 'allow');
  assert.equal((await s.ask({ toolCall: 'same' })).verdict, 'acknowledge');
});

void test('a decision is taken once', async (t) => {
  const s = await scene(t);
  const { id } = heldAs(await s.ask());
  const other = await open(s.workspace, s.state, s.clock);
  const both = await Promise.all([acknowledge(id, input(), s.gate, s.signer), acknowledge(id, input(), other, s.signer)]);
  assert.equal(both.filter(({ ok }) => ok).length, 1);
  const third = await acknowledge(id, input(), s.gate, s.signer);
  assert.match(!third.ok && 'problem' in third ? third.problem : '', /no longer held/);
  assert.equal((await s.kinds()).filter((kind) => kind === 'acknowledged').length, 1);
});

void test('an incomplete form is answered with what is missing, and nothing is recorded', async (t) => {
  const s = await scene(t);
  const { id } = heldAs(await s.ask());
  const done = await acknowledge(id, input({ text: 'ok', confirmation: { text: 'prod', how: 'typed' } }), s.gate, s.signer);
  assert.deepEqual(!done.ok && 'missing' in done && done.missing.map(({ field }) => field), ['reason', 'confirmation']);
  assert.equal(listHolds(s.state).length, 1);
  assert.equal((await s.kinds()).includes('acknowledged'), false);
});

void test('an acknowledgement ends: the retry by the minute, the risk by the hour', async (t) => {
  for (const [minutes, hours, verdict] of [
    [14, 24, 'allow'],
    [16, 24, 'acknowledge'],
    [4, 0.1, 'allow'],
    [7, 0.1, 'acknowledge'],
    [-1, 24, 'acknowledge'],
  ] as const) {
    const s = await scene(t);
    const held = heldAs(await s.ask());
    assert.ok((await acknowledge(held.id, input({ hours }), s.gate, s.signer)).ok);
    s.clock.now = new Date(s.clock.now.getTime() + minutes * 60_000);
    assert.equal((await s.ask()).verdict, verdict, `${minutes} minutes later, good for ${hours} hours`);
  }
});

void test('discarded, and back again', async (t) => {
  const s = await scene(t);
  const { id } = heldAs(await s.ask());
  assert.deepEqual(await discard([id, 'H-00000000', '../../x'], s.gate), { ok: true });
  assert.deepEqual(listHolds(s.state), []);
  assert.equal(listDecided(s.state)[0]?.kind, 'discarded');
  assert.deepEqual(await undoDiscard(id, s.gate), { ok: true });
  assert.equal(readHold(s.state, id)?.id, id);
  assert.deepEqual(listDecided(s.state), []);
  assert.equal((await undoDiscard(id, s.gate)).ok, false);
  assert.deepEqual((await s.kinds()).slice(2), ['held', 'discarded', 'held']);
});

void test('the editor applies what it acknowledged, and no hook can use that', async (t) => {
  const s = await scene(t);
  const pasted = paste(s.suggestion());
  const { id } = heldAs(await review(pasted, s.gate));
  const done = await acknowledge(id, input(), s.gate, s.signer);
  assert.ok(done.ok);
  assert.equal((await review(pasted, s.gate)).verdict, 'acknowledge', 'a paste is not retried');
  assert.equal((await s.ask()).verdict, 'acknowledge');
  assert.deepEqual(
    await discard(
      listHolds(s.state).map((hold) => hold.id),
      s.gate,
    ),
    { ok: true },
  );
  assert.deepEqual(await markApplied(id, done.id, { ok: true }, s.gate), { ok: true });
  assert.equal((await markApplied(id, done.id, { ok: true }, s.gate)).ok, false);
  assert.equal((await markApplied('H-00000000', done.id, { ok: true }, s.gate)).ok, false);
});

void test('what could not be applied is held again, and the log says why', async (t) => {
  const s = await scene(t);
  const { id } = heldAs(await review(paste(s.suggestion()), s.gate));
  const done = await acknowledge(id, input(), s.gate, s.signer);
  assert.ok(done.ok);
  assert.deepEqual(await markApplied(id, done.id, { ok: false, cause: 'the file is read-only' }, s.gate), { ok: true });
  assert.equal(readHold(s.state, id)?.id, id);
  const last = (await s.records()).at(-1)?.record.event;
  assert.deepEqual([last?.kind, last?.verdict, last?.cause], ['released', 'not-applied', 'the file is read-only']);
});

void test('what was written is recorded with the acknowledgement that let it through', async (t) => {
  const s = await scene(t);
  const { done } = await s.approve();
  const retry = s.suggestion();
  assert.equal((await review(retry, s.gate)).verdict, 'allow');
  const [first] = retry.edits;
  assert.ok(first);
  assert.deepEqual(await recordWritten(retry.edits, first.provenance, s.gate, s.workspace), { ok: true });
  assert.equal((await s.records()).at(-1)?.record.event.acknowledgement, done.id);
  const more = await recordWritten([{ ...first, after: WIDENED }], first.provenance, s.gate, s.workspace);
  assert.match(more.ok ? (more.unexpected ?? '') : '', /opens more than anybody acknowledged/);
  assert.deepEqual(await recordWritten([{ ...first, path: 'notes.txt', before: 'a', after: 'b' }], first.provenance, s.gate), { ok: true });
  assert.deepEqual((await s.kinds()).slice(-3), ['released', 'written', 'written']);
});

void test('what was written is recorded also where the agent does not say what stood there before', async (t) => {
  const s = await scene(t);
  const { done } = await s.approve();
  const retry = s.suggestion();
  assert.equal((await review(retry, s.gate)).verdict, 'allow');
  const [first] = retry.edits;
  assert.ok(first);
  const unknown = [{ ...first, before: first.after }];
  assert.deepEqual(await recordWritten(unknown, first.provenance, s.gate, s.workspace), { ok: true });
  const { kind, acknowledgement, files } = (await s.records()).at(-1)?.record.event ?? {};
  assert.deepEqual([kind, acknowledgement, files?.[0]?.findings.length], ['written', done.id, 1]);
  // Of a call that nobody let through nothing is known to have changed.
  const other = { ...first.provenance, agent: { name: 'Claude Code', ...first.provenance.agent, toolCall: 'another' } };
  assert.deepEqual(await recordWritten(unknown, other, s.gate, s.workspace), { ok: true });
  assert.equal((await s.kinds()).filter((one) => one === 'written').length, 1);
});

void test('rolled back: exactly, beside later edits, and not over them', async (t) => {
  const s = await scene(t);
  const { done } = await s.approve();
  const back = (now: string) => rollBackTexts(done.id, new Map([[PATH, now]]), s.gate);
  assert.deepEqual(back(RISKY), { ok: true, texts: [{ path: PATH, before: RISKY, after: BEFORE }] });
  const moved = `// a comment that came later\n${RISKY}`;
  assert.deepEqual(back(moved), { ok: true, texts: [{ path: PATH, before: moved, after: `// a comment that came later\n${BEFORE}` }] });
  const edited = back(WIDENED.replace('"*"', '"arn:aws:iam::1:root"'));
  assert.match(edited.ok ? '' : edited.problem, /These lines were edited since\. Open a merge to roll back\./);
  assert.equal(rollBackTexts(done.id, new Map(), s.gate).ok, false);
  assert.deepEqual(await recordRolledBack(done.id, s.gate), { ok: true });
  assert.equal(back(RISKY).ok, false);
  assert.equal((await s.kinds()).at(-1), 'rolled-back');
});

void test('several edits of one call are one hold and one decision', async (t) => {
  const s = await scene(t);
  const two = (): Suggestion => {
    const [a] = s.suggestion().edits;
    const [b] = s.suggestion({ path: 'iam/other-bucket-policy.json' }).edits;
    assert.ok(a && b);
    return { workspace: s.workspace, edits: [a, b, { ...a, path: 'README.md', before: '', after: 'x' }] };
  };
  const hold = heldAs(await review(two(), s.gate));
  assert.equal(hold.edits.length, 3);
  assert.ok((await acknowledge(hold.id, input(), s.gate, s.signer)).ok);
  assert.equal((await review(two(), s.gate)).verdict, 'allow');
  assert.equal((await review(two(), s.gate)).verdict, 'acknowledge');
});

void test('an acknowledgement of two edits covers one of them, once', async (t) => {
  const s = await scene(t);
  const [a] = s.suggestion().edits;
  const [b] = s.suggestion({ path: 'iam/other-bucket-policy.json' }).edits;
  assert.ok(a && b);
  const hold = heldAs(await review({ workspace: s.workspace, edits: [a, b] }, s.gate));
  assert.ok((await acknowledge(hold.id, input(), s.gate, s.signer)).ok);
  assert.equal((await s.ask()).verdict, 'allow');
  assert.equal((await s.ask({ path: 'iam/other-bucket-policy.json' })).verdict, 'acknowledge');
});

void test('what a person was shown is what they sign', async (t) => {
  const s = await scene(t);
  const shown = heldAs(await s.ask());
  await s.ask({ after: REFORMATTED });
  const stale = await acknowledge(shown.id, input({ seen: digestOfHold(shown) }), s.gate, s.signer);
  assert.match(!stale.ok && 'problem' in stale ? stale.problem : '', /changed after this was held/);
  const now = readHold(s.state, shown.id);
  assert.ok(now);
  assert.ok((await acknowledge(shown.id, input({ seen: digestOfHold(now) }), s.gate, s.signer)).ok);
});

void test('a no-go zone cannot be acknowledged', async (t) => {
  const s = await scene(t);
  const outcome = await s.ask({ path: join(s.state, 'holds', 'H-00000000.json') });
  assert.equal(outcome.verdict, 'forbid');
  assert.ok(outcome.verdict === 'forbid');
  assert.match(outcome.hold.forbiddenBy?.source ?? '', /built in/);
  const done = await acknowledge(outcome.hold.id, input(), s.gate, s.signer);
  assert.match(!done.ok && 'problem' in done ? done.problem : '', /no-go zone/);
  assert.deepEqual((await s.kinds()).slice(2), ['forbidden', 'tripped']);
});

void test('everything in the state folder is for its owner alone, and nothing is left lying about', async (t) => {
  const s = await scene(t);
  await s.approve();
  await s.ask();
  await s.ask();
  for (const room of ['holds', 'decided', 'acknowledgements', 'used', 'keys', 'log']) {
    assert.equal(statSync(join(s.state, room)).mode & 0o777, 0o700, room);
    for (const name of readdirSync(join(s.state, room))) {
      assert.equal(statSync(join(s.state, room, name)).mode & 0o077, 0, `${room}/${name}`);
      assert.ok(!name.startsWith('.') && !name.endsWith('.deciding'), `${room}/${name} was left behind`);
    }
  }
});

void test('a policy that cannot be used closes watched files, lets others pass, and stops acknowledging', async (t) => {
  const s = await scene(t);
  const { id } = heldAs(await s.ask());
  writeFileSync(join(s.state, 'no-user-policy.yaml'), 'verdicts:\n  hihg: forbid\n');
  const gate = await open(s.workspace, s.state, s.clock);
  const benign = await review(s.suggestion({ after: BEFORE }), gate);
  assert.equal(benign.verdict, 'closed');
  assert.match(benign.verdict === 'closed' ? benign.cause : '', /line 2, column 3.*“hihg”/);
  assert.equal((await review(s.suggestion({ path: 'src/main.ts', before: '', after: 'x' }), gate)).verdict, 'allow');
  assert.equal((await acknowledge(id, input(), gate, s.signer)).ok, false);
  assert.equal((await s.kinds()).at(-1), 'closed');
});

function heldAs(outcome: Outcome): Hold {
  assert.ok(outcome.verdict === 'acknowledge', JSON.stringify(outcome));
  return outcome.hold;
}

function paste(suggestion: Suggestion): Suggestion {
  return { ...suggestion, edits: suggestion.edits.map((edit) => ({ ...edit, provenance: { channel: 'paste', certainty: 'observed' } })) };
}

function from(suggestion: Suggestion, name: string): Suggestion {
  return {
    ...suggestion,
    edits: suggestion.edits.map((edit) => ({
      ...edit,
      provenance: { ...edit.provenance, agent: { ...edit.provenance.agent, name } },
    })),
  };
}
