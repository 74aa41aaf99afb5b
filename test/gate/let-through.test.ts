/** What was let through explains a text on disk for a while, not for ever. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { LetThrough, type OnDisk } from '../../server/fronts/lsp/disk/let-through.ts';
import { PATH, RISKY, scene } from './scene.ts';

const MINUTE = 60_000;

test('a text that was let through is no news while it is written, and when it comes back later it is', async (t) => {
  const at = await scene(t);
  await at.approve();
  assert.equal((await at.ask()).verdict, 'allow');
  const [released] = (await at.records())
    .filter(({ record }) => record.event.kind === 'released')
    .map(({ record }) => Date.parse(record.time));
  assert.ok(released !== undefined);
  const file = join(at.workspace, PATH);
  const rows: readonly (readonly [name: string, covered: boolean, Partial<OnDisk>])[] = [
    ['written at once', true, { changedAt: released + 1000 }],
    ['written within the hour, looked at much later', true, { changedAt: released + 50 * MINUTE }],
    ['written a day later', false, { changedAt: released + 24 * 60 * MINUTE }],
    ['an old state, back at once after another text was good', true, { changedAt: released + 1000, wasGood: true }],
    ['an old state, back later', false, { changedAt: released + 10 * MINUTE, wasGood: true }],
    ['another file', false, { file: join(at.workspace, 'b.json'), changedAt: released + 1000 }],
    ['another text', false, { text: `${RISKY} `, changedAt: released + 1000 }],
  ];
  const letThrough = new LetThrough();
  await letThrough.refresh(at.gate.ledger);
  const now = new Date(released + 30 * 24 * 60 * MINUTE);
  for (const [name, covered, more] of rows)
    assert.equal(letThrough.covers({ file, text: RISKY, changedAt: undefined, wasGood: false, ...more }, [], now), covered, name);

  const again: OnDisk = { file, text: RISKY, changedAt: released + 1000, wasGood: false };
  letThrough.forget(file, RISKY);
  assert.equal(letThrough.covers(again, [], now), true, 'it is what is good now');
  letThrough.forget(file, 'another text is good now');
  assert.equal(letThrough.covers(again, [], now), false);
});
