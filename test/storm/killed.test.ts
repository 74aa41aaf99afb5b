// What a process leaves behind that is killed between two steps.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeTurn } from '../../server/gate/deciding.ts';
import { isHoldRecorded } from '../../server/gate/hold-record.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { appended, held, opened, stateIn } from '../ledger/fixture.ts';

const HOLD = 'H-0000TEST';
const now = (): Date => new Date('2026-05-01T10:00:00Z');
const dead = spawnSync(process.execPath, ['-e', '']).pid;

const marks: readonly { readonly what: string; readonly mark: object | undefined; readonly free: boolean }[] = [
  { what: 'nobody', mark: undefined, free: true },
  { what: 'a window that lives', mark: { at: now().getTime(), pid: process.pid, host: hostname() }, free: false },
  { what: 'a window that was killed', mark: { at: now().getTime(), pid: dead, host: hostname() }, free: true },
  { what: 'a window on another machine', mark: { at: now().getTime(), pid: dead, host: 'elsewhere.example' }, free: false },
  { what: 'a window that lives, long ago', mark: { at: now().getTime() - 121_000, pid: process.pid, host: hostname() }, free: true },
  {
    what: 'a window before the clock was set back',
    mark: { at: now().getTime() + 121_000, pid: process.pid, host: hostname() },
    free: true,
  },
];
for (const { what, mark, free } of marks) {
  void test(`a hold that ${what} is deciding can ${free ? '' : 'not '}be decided`, (context) => {
    const { state } = stateIn(context);
    mkdirSync(join(state, 'holds'));
    if (mark !== undefined) writeFileSync(join(state, 'holds', `${HOLD}.deciding`), JSON.stringify(mark));
    const end = takeTurn(state, HOLD, now);
    assert.equal(end !== undefined, free);
    if (end === undefined) return;
    assert.equal(takeTurn(state, HOLD, now), undefined, 'one at a time');
    end();
    assert.notEqual(takeTurn(state, HOLD, now), undefined, 'the turn is over');
  });
}

void test('a hold is known to be recorded, or not', async (context) => {
  const ledger = await opened(stateIn(context));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else of it is used
  const gate = { ledger, outOfTime: () => true } as unknown as GateContext;
  const created = new Date().toISOString();
  assert.equal(await isHoldRecorded({ id: HOLD, created }, gate), false);
  await appended(ledger, { ...held(), hold: 'H-000000TH' });
  assert.equal(await isHoldRecorded({ id: HOLD, created }, gate), false);
  await appended(ledger, held());
  assert.equal(await isHoldRecorded({ id: HOLD, created }, gate), true);
});
