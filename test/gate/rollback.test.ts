import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRollBack, recordRolledBack, rollBackReasonProblem, rollBackTexts } from '../../server/gate/rollback.ts';
import { takeBack } from '../../server/gate/three-way.ts';
import { BEFORE, PATH, RISKY, scene } from './scene.ts';

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
const BASE = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const with_ = (changes: Readonly<Record<number, string>>, base = BASE): string =>
  lines(...base.map((line, index) => changes[index] ?? line));
const OLD = lines(...BASE);
/** The acknowledged edit changed line c. */
const EDITED = with_({ 2: 'C' });

const CLEAN: readonly (readonly [string, string, string, string, string])[] = [
  ['nothing else changed', OLD, EDITED, EDITED, OLD],
  ['a later edit elsewhere stays', OLD, EDITED, with_({ 2: 'C', 6: 'G' }), with_({ 6: 'G' })],
  ['lines put in above stay', OLD, EDITED, `x\ny\n${EDITED}`, `x\ny\n${OLD}`],
  ['lines taken out below stay out', OLD, EDITED, lines('a', 'b', 'C', 'd', 'e'), lines('a', 'b', 'c', 'd', 'e')],
  ['somebody took it back already', OLD, EDITED, with_({ 7: 'H' }), with_({ 7: 'H' })],
  [
    'an insertion is taken out',
    OLD,
    lines('a', 'b', 'new', 'c', 'd', 'e', 'f', 'g', 'h'),
    lines('a', 'b', 'new', 'c', 'd', 'e', 'f', 'g', 'H'),
    lines('a', 'b', 'c', 'd', 'e', 'f', 'g', 'H'),
  ],
  [
    'line ends of now are kept',
    OLD,
    EDITED,
    with_({ 2: 'C', 6: 'G' }).replaceAll('\n', '\r\n'),
    with_({ 6: 'G' }).replaceAll('\n', '\r\n'),
  ],
  ['no line end at the end', 'a\nb\nc', 'a\nB\nc', 'a\nB\nc', 'a\nb\nc'],
  ['a file that the edit made', '', 'all\nnew\n', 'all\nnew\n', ''],
];

for (const [name, before, after, now, expected] of CLEAN) {
  test(`taken back: ${name}`, () => {
    assert.deepEqual(takeBack(before, after, now), { ok: true, text: expected });
  });
}

test('a later edit of the same lines is a conflict that loses neither text', () => {
  const found = takeBack(OLD, EDITED, with_({ 2: 'mine' }));
  assert.ok(!found.ok);
  assert.equal(found.conflict.places, 1);
  assert.equal(
    found.conflict.merged,
    lines('a', 'b', '<<<<<<< as it is now', 'mine', '=======', 'c', '>>>>>>> rolled back', 'd', 'e', 'f', 'g', 'h'),
  );
});

test('random edits: what is taken back holds every later line, or is a conflict that holds all of both', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let conflicts = 0;
  for (let round = 0; round < 500; round++) {
    const base = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const [acknowledged, later] = [random(20), random(20)];
    const change = (at: number, to: string, all: readonly string[]) => all.map((line, index) => (index === at ? to : line));
    const after = change(acknowledged, 'opened', base);
    const now = change(later, 'mine', after);
    const found = takeBack(lines(...base), lines(...after), lines(...now));
    const text = found.ok ? found.text : found.conflict.merged;
    assert.ok(text.includes('mine'), `round ${round}: the later edit is lost`);
    assert.ok(text.includes(`line ${acknowledged}`), `round ${round}: the text of before is not there`);
    if (found.ok) assert.ok(!text.includes('opened'), `round ${round}: what was acknowledged is still there`);
    else conflicts++;
  }
  assert.ok(conflicts > 10 && conflicts < 200, `${conflicts} conflicts`);
});

test('a large file with many equal lines is merged in no time', () => {
  const many = Array.from({ length: 30_000 }, (_, index) => (index % 3 === 0 ? '}' : `key ${index}`));
  const after = many.with(20_000, 'opened');
  const start = performance.now();
  const found = takeBack(lines(...many), lines(...after), lines(...after.with(20_400, 'mine')));
  assert.ok(found.ok && found.text.includes('mine') && !found.text.includes('opened'));
  assert.ok(performance.now() - start < 5000);
});

test('all files or none: one in the way keeps the other as it is, until a person has decided', async (context) => {
  const s = await scene(context);
  const { done } = await s.approve();
  const later = RISKY.replace('"Principal": "*"', '"Principal": { "AWS": "arn:aws:iam::111122223333:role/other" }');
  const found = rollBackTexts(done.id, new Map([[PATH, later]]), s.gate);
  assert.ok(!found.ok);
  assert.equal(found.conflicts?.[0]?.path, PATH);
  assert.match(found.conflicts[0].merged, /role\/other[\s\S]*=======[\s\S]*app-reader/);
  const resolved = (text: string) => rollBackTexts(done.id, new Map([[PATH, later]]), s.gate, new Map([[PATH, text]]));
  const marked = resolved(found.conflicts[0].merged);
  assert.ok(!marked.ok && /marked with/.test(marked.problem), 'marks that are left are refused');
  assert.deepEqual(resolved(BEFORE), { ok: true, texts: [{ path: PATH, before: later, after: BEFORE }] });
});

test('a rollback that closes needs nobody; one that opens is held', async (context) => {
  const s = await scene(context);
  const { done } = await s.approve();
  assert.deepEqual(await judgeRollBack(done.id, [{ path: PATH, before: RISKY, after: BEFORE }], s.gate), { ok: true });
  const opening = await judgeRollBack(done.id, [{ path: PATH, before: BEFORE, after: RISKY }], s.gate);
  assert.ok(!opening.ok);
  assert.match(opening.hold ?? '', /^H-/);
});

test('the record has the reason, and the digests of what was really put in place', async (context) => {
  const s = await scene(context);
  const { done } = await s.approve();
  const texts = [{ path: PATH, before: `${RISKY}\n`, after: `${BEFORE}\n` }];
  assert.deepEqual(await recordRolledBack(done.id, s.gate, { texts, reason: '  The audit is over.  ' }), { ok: true });
  const last = (await s.records()).at(-1)?.record.event;
  assert.equal(last?.kind, 'rolled-back');
  assert.deepEqual(last.reason, { category: 'rolled-back', text: 'The audit is over.' });
  assert.notEqual(last.files?.[0]?.after, last.files?.[0]?.before);
  const again = rollBackTexts(done.id, new Map([[PATH, RISKY]]), s.gate);
  assert.ok(!again.ok && /already/.test(again.problem));
});

test('a reason is a few words', () => {
  for (const reason of ['', '   ', 'abc', '\u200b\u200b\u200b\u200b\u200b\u200b'])
    assert.match(rollBackReasonProblem(reason) ?? '', /at least 5/, reason);
  assert.equal(rollBackReasonProblem('Wrong bucket'), undefined);
});
