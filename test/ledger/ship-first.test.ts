import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sent, ShippedEvent } from '../../server/ledger/sinks/sink.ts';
import { stateIn } from './fixture.ts';
import { longLog, shipped } from './shipping-fixture.ts';

/** Takes what comes; `refusals` of the first batches are answered with "later". */
function sink(refusals = 0) {
  const batches: (readonly ShippedEvent[])[] = [];
  let left = refusals;
  const send = async (events: readonly ShippedEvent[]): Promise<Sent> => {
    if (left-- > 0) return { kind: 'later', reason: 'away.' };
    batches.push(events);
    return { kind: 'taken' };
  };
  return { batches, sink: { name: 'test', again: 0, send } };
}

for (const [name, refusals] of [
  ['is there', 0],
  ['was away', 2],
] as const) {
  void test(`a broken glass is shipped ahead of 400 records that wait, to a collector that ${name}`, async (context) => {
    const state = stateIn(context);
    const records = await longLog(state, 400);
    const [glass] = records.slice(350);
    assert.ok(glass !== undefined);
    const { batches, sink: to } = sink(refusals);
    const done = await shipped(state, to, { first: () => [glass] });
    assert.equal(done.kind, 'shipped');
    assert.deepEqual(new Set(batches[0]?.map(({ seq }) => seq)), new Set([351]), 'it is first, alone');
    const seen = new Set(batches.flat().flatMap(({ kind, seq }) => (kind === 'head' ? [] : [seq])));
    assert.equal(seen.size, 400, 'and all come, in their order');
    const again = sink();
    assert.equal((await shipped(state, again.sink, { first: () => [glass] })).kind, 'shipped');
    assert.deepEqual(again.batches, [], 'what was shipped is not shipped first again');
  });
}
