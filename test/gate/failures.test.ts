import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { acknowledge } from '../../server/gate/decisions.ts';
import { discard } from '../../server/gate/discards.ts';
import { listHolds } from '../../server/gate/holds.ts';
import { openGate } from '../../server/gate/open.ts';
import { recordClosed, review } from '../../server/gate/review.ts';
import type { GateContext } from '../../server/gate/types.ts';
import type { LedgerEvent } from '../../server/ledger/types.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { input, temporaryFolder } from './builders.ts';
import { BEFORE, open, type Scene, scene } from './scene.ts';

const PROCESSES = 8;

void test(`${PROCESSES} processes retry an acknowledged edit at once: one is let through`, { timeout: 60_000 }, async (t) => {
  const s = await scene(t);
  await s.approve();
  const children = Array.from({ length: PROCESSES }, () => fork(fileURLToPath(new URL('retry.process.mjs', import.meta.url))));
  t.after(() => children.forEach((child) => child.kill()));
  await Promise.all(children.map((child) => new Promise((ready) => child.once('message', ready))));
  const verdicts = await Promise.all(
    children.map(
      (child, index) =>
        new Promise<unknown>((answer, fail) => {
          child.once('message', answer);
          child.once('error', fail);
          child.send({ workspace: s.workspace, state: s.state, suggestion: s.suggestion({ toolCall: `retry-${index}` }) });
        }),
    ),
  );
  assert.deepEqual(
    verdicts.map(String).sort((a, b) => a.localeCompare(b)),
    [...Array.from({ length: PROCESSES - 1 }, () => 'acknowledge'), 'allow'],
  );
  assert.equal((await s.kinds()).filter((kind) => kind === 'released').length, 1);
  assert.equal((await s.kinds()).filter((kind) => kind === 'held').length, 2);
  assert.equal(listHolds(s.state).length, 1);
  const verified = await verifyLog({ folder: s.gate.ledger.folder, keysFolder: join(s.state, 'keys') });
  assert.ok(verified.ok, JSON.stringify(verified));
});

/** What is asked while the log takes nothing of one kind; nothing may be let through, and nothing half done may stay. */
void test('the log refuses: nothing is held, acknowledged, let through or discarded, and the sentence says so', async (t) => {
  const s = await scene(t);
  const held = await review(s.suggestion(), refusing(s.gate, 'held'));
  assert.ok(held.verdict === 'closed');
  assert.match(held.cause, /The log could not be written, so nothing was applied\. No space is left/);
  assert.deepEqual(listHolds(s.state), []);

  const { hold } = await heldNow(s);
  const acknowledged = await acknowledge(hold, input(), refusing(s.gate, 'acknowledged'), s.signer);
  assert.match(!acknowledged.ok && 'problem' in acknowledged ? acknowledged.problem : '', /nothing was applied/);
  assert.equal(listHolds(s.state).length, 1);
  assert.equal((await discard([hold], refusing(s.gate, 'discarded'))).ok, false);
  assert.equal(listHolds(s.state).length, 1);

  assert.ok((await acknowledge(hold, input(), s.gate, s.signer)).ok);
  const released = await review(s.suggestion(), refusing(s.gate, 'released'));
  assert.ok(released.verdict === 'closed');
  assert.match(released.cause, /so nothing was let through/);
  // The acknowledgement is not lost by it.
  assert.equal((await s.ask()).verdict, 'allow');
});

void test('a log that cannot be opened closes the gate on what must be recorded, and on nothing else', async (t) => {
  const s = await scene(t);
  rmSync(join(s.state, 'log'), { recursive: true });
  writeFileSync(join(s.state, 'log'), 'a file in the way');
  const gate = await open(s.workspace, s.state);
  const risky = await review(s.suggestion(), gate);
  assert.ok(risky.verdict === 'closed', JSON.stringify(risky));
  assert.match(risky.cause, /nothing was applied/);
  assert.deepEqual(listHolds(s.state), []);
  assert.equal((await review(s.suggestion({ after: BEFORE }), gate)).verdict, 'allow');
});

void test('a folder for holds that is not one closes the gate', async (t) => {
  const s = await scene(t);
  writeFileSync(join(s.state, 'holds'), 'a file in the way');
  const outcome = await s.ask();
  assert.ok(outcome.verdict === 'closed');
  assert.match(outcome.cause, /could not be held, so it was refused/);
});

void test('texts that cannot be read close the gate, and the log says why', async (t) => {
  const s = await scene(t);
  const outcome = await s.ask({ after: '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Act' });
  assert.ok(outcome.verdict === 'closed' || outcome.verdict === 'acknowledge', JSON.stringify(outcome));
  const last = (await s.records()).at(-1)?.record.event;
  if (outcome.verdict === 'closed') assert.deepEqual([last?.kind, last?.cause], ['closed', outcome.cause]);
});

void test('odd names of agents, files and calls are recorded and matched all the same', async (t) => {
  const s = await scene(t);
  const odd = { session: `s\ud800${'x'.repeat(5000)}`, path: 'iam/\udc00 policy\u202e.json', toolCall: '\ud83d' };
  await s.approve(odd);
  assert.equal((await s.ask({ ...odd, toolCall: 'other' })).verdict, 'allow');
  assert.equal((await s.ask({ ...odd, session: `${odd.session}y`, toolCall: 'another' })).verdict, 'acknowledge');
});

void test('a front records what it closed itself', async (t) => {
  const s = await scene(t);
  const [edit] = s.suggestion().edits;
  assert.ok(edit);
  const closed = { workspace: s.workspace, paths: ['iam/policy.json'], provenance: edit.provenance, cause: 'The tool is not known.' };
  assert.equal(await recordClosed(closed, s.gate), undefined);
  const last = (await s.records()).at(-1)?.record.event;
  assert.deepEqual([last?.kind, last?.cause, last?.files?.[0]?.path], ['closed', 'The tool is not known.', 'iam/policy.json']);
});

void test('opening a gate touches nothing; a state folder must be absolute', async (t) => {
  const folder = temporaryFolder(t);
  const state = join(folder, 'state');
  await open(folder, state);
  assert.equal(existsSync(state), false);
  assert.deepEqual(readdirSync(folder), []);
  const relative = await openGate({
    workspace: folder,
    stateFolder: 'state',
    now: () => new Date(),
    actor: { user: 'u', host: 'h', process: 'p' },
    outOfTime: () => false,
  });
  assert.equal(relative.ok, false);
});

async function heldNow(s: Scene): Promise<{ hold: string }> {
  const outcome = await s.ask();
  assert.ok(outcome.verdict === 'acknowledge', JSON.stringify(outcome));
  return { hold: outcome.hold.id };
}

/** The same gate over a full disk, as far as records of one kind go. The log's own tests fill a real one. */
function refusing(gate: GateContext, kind: LedgerEvent['kind']): GateContext {
  return {
    ...gate,
    ledger: {
      ...gate.ledger,
      append: async (event, signer) =>
        event.kind === kind
          ? { ok: false, problem: { kind: 'full', message: 'No space is left on the disk. Make room and try again.' } }
          : gate.ledger.append(event, signer),
    },
  };
}
