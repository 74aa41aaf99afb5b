import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText, LARGEST_EVENT, ocsfEvents, type OcsfEvent } from '../../server/ledger/ocsf.ts';
import { EVENT_KINDS } from '../../server/ledger/parse-record.ts';
import type { EventKind, LedgerEvent, StoredRecord } from '../../server/ledger/types.ts';
import { acknowledged, held } from './fixture.ts';

/** activity_id, status_id, action_id, and is it an alert? By the names of OCSF 1.8's class Detection Finding. */
const life: Readonly<Partial<Record<EventKind, readonly [number, number, number | undefined, boolean]>>> = {
  opened: [99, 99, undefined, false],
  'key-trusted': [99, 99, undefined, false],
  held: [1, 1, 2, true],
  forbidden: [1, 1, 2, true],
  closed: [1, 1, 2, true],
  acknowledged: [2, 99, 1, false],
  discarded: [3, 4, 2, false],
  released: [2, 99, 1, false],
  written: [2, 99, undefined, false],
  'rolled-back': [3, 4, undefined, false],
  halted: [99, 99, 2, false],
  resumed: [99, 99, undefined, false],
};

for (const kind of EVENT_KINDS) {
  void test(`ocsf: ${kind}`, () => {
    for (const event of [{ kind }, { ...acknowledged(), kind }] satisfies LedgerEvent[]) {
      const [mapped] = ocsfEvents(stored(event));
      assert(mapped);
      holdsTogether(mapped);
      const wanted = life[kind];
      if (wanted !== undefined)
        assert.deepEqual([mapped['activity_id'], mapped['status_id'], mapped['action_id'], mapped['is_alert']], wanted);
    }
  });
}

void test('ocsf: a rollback that could not be made closes nothing', () => {
  const [mapped] = ocsfEvents(stored({ ...held(), kind: 'rolled-back', verdict: 'not-applied' }));
  assert.deepEqual(
    [mapped?.['activity_id'], mapped?.['status_id'], mapped?.['status'], mapped?.['action_id']],
    [2, 99, 'Not rolled back', undefined],
  );
});

/** Texts that receivers and databases trip over. */
const texts = [
  'a\0b',
  `cut ${'😀'.repeat(4000)}`,
  '\ud800 lone',
  'line\nbreak\r\u2028\u2029\u0085',
  '"quoted" \\ back',
  '\u007f\u009b31m',
  'é'.repeat(9000),
];
for (const text of texts) {
  void test(`ocsf: ${JSON.stringify(text.slice(0, 20))} is plain ASCII in one line, without NUL or half a pair`, () => {
    const [file] = held().files ?? [];
    assert(file);
    const event = {
      ...acknowledged(text),
      cause: text,
      workspace: text,
      files: [{ ...file, path: text, findings: [{ ...(file.findings[0] ?? assert.fail()), consequence: text }] }],
    };
    for (const mapped of ocsfEvents(stored(event))) {
      const line = eventText(mapped);
      assert.match(line, /^[\x20-\x7e]+$/);
      assert.ok(line.length <= LARGEST_EVENT, String(line.length));
      assert.ok(!/\\u0000|\\ud[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..)\\ud[c-f]/.test(line), line);
      JSON.parse(line);
    }
  });
}

/** What the published schema asks of every event; `npm run test:collectors` checks against the schema itself. */
function holdsTogether(event: OcsfEvent): void {
  const names = ['activity_id', 'category_uid', 'class_uid', 'finding_info', 'metadata', 'severity_id', 'time', 'type_uid'];
  for (const name of names) assert.ok(event[name] !== undefined, name);
  assert.equal(event['type_uid'], 2004 * 100 + Number(event['activity_id']));
  assert.ok(event['action_id'] === undefined || event['disposition_id'] !== undefined);
  assert.match(event.metadata.uid, /^[0-9a-f]{64}(#\d+)?$/);
}

function stored(event: LedgerEvent): StoredRecord {
  const record = {
    schema: 'countersign.record/1',
    log: 'b1946ac9-2492-4d26-9c1b-8d2a0e0d0d0d',
    seq: 7,
    prev: 'd'.repeat(64),
    time: '2026-05-01T10:00:00.000Z',
    actor: { user: 'ada', host: 'workbench', process: 'test' },
    event,
  } as const;
  const bytes = Buffer.from(
    JSON.stringify({ payload: Buffer.from(JSON.stringify(record)).toString('base64'), payloadType: 'x', signatures: [] }),
  );
  return { id: 'e'.repeat(64), keyId: 'f'.repeat(64), record, bytes };
}
