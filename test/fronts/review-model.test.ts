import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REASON_CATEGORIES } from '../../server/gate/reasons.ts';
import type { HeldEdit, Hold } from '../../server/gate/types.ts';
import { reviewModel } from '../../server/fronts/review-model.ts';
import { CRITICAL, FORBIDDEN, MEDIUM, POLICY } from './example-holds.ts';

const NOW = new Date(2026, 10, 21, 9, 44);
const model = (hold: Hold, others: readonly Hold[] = []) => reviewModel(hold, others, POLICY, 'nonce', NOW);

test('a critical hold: the worst finding is the headline, with names, facts and a name to type', () => {
  const review = model(CRITICAL, [MEDIUM, FORBIDDEN]);
  assert.equal(review.severity, 'critical');
  assert.deepEqual(review.sentence, ['Anyone on the internet can read every object in ', { name: 'prod-customer-exports' }, '.']);
  assert.deepEqual(review.previously, ['Before: only role ', { name: 'app-reader' }, '.']);
  assert.deepEqual(review.position, { index: 1, of: 3, previous: undefined, next: FORBIDDEN.id });
  assert.deepEqual(review.facts, [
    { term: 'Severity', value: 'Critical', why: 'Strangers can read data. Misused, that is a Sev-1 incident.' },
    { term: 'Blast radius', value: '1 bucket, every object', why: 'open to the public' },
    { term: 'Sensitivity', value: 'Restricted', why: '“customer” in the name' },
    { term: 'Confidence', value: 'Proved from the file', why: 'not checked: the account’s public-access block' },
  ]);
  assert.deepEqual(review.witness, {
    who: 'Someone who is not signed in asks for',
    request: 's3:GetObject on arn:aws:s3:::prod-customer-exports/x',
    before: 'refused',
    after: 'allowed',
  });
  assert.deepEqual(
    review.others.map(({ severity, sentence }) => [severity, sentence]),
    [['high', ['Anyone on the internet can also read old, deleted copies of those objects.']]],
  );
  assert.deepEqual(review.provenance, [
    { term: 'Agent', value: 'Claude Code 2.4', certainty: 'attested' },
    { term: 'Model', value: 'claude-sonnet-4.5', certainty: 'attested' },
    { term: 'Session', value: '4f2c-91', certainty: 'attested' },
    { term: 'Tool call', value: 'Edit, toolu_01', certainty: 'attested' },
    { term: 'Channel', value: 'Agent hook, before the write', certainty: 'attested' },
  ]);
  assert.equal(review.effect, 'let-retry');
  assert.deepEqual(review.form, {
    categories: REASON_CATEGORIES,
    minimumReason: 20,
    ticket: 'optional',
    hours: [
      { hours: 4, label: '4 hours, until 13:44 today', preset: false },
      { hours: 24, label: '1 day, until 09:44 tomorrow', preset: true },
      { hours: 168, label: '7 days, until 28 November', preset: false },
      { hours: 720, label: '30 days, until 21 December (policy limit)', preset: false },
    ],
    confirm: { name: 'prod-customer-exports', kind: 'bucket' },
  });
});

test('a medium paste: nothing to type, applied at once, what is not known said so', () => {
  const review = model(MEDIUM);
  assert.deepEqual(review.position, { index: 1, of: 1, previous: undefined, next: undefined });
  assert.equal(review.times, 4);
  assert.equal(review.effect, 'apply');
  assert.equal(review.form.confirm, undefined);
  assert.equal(review.agent, 'Pasted text');
  assert.deepEqual(review.provenance, [
    { term: 'Agent', value: 'not known', certainty: 'inferred' },
    { term: 'Channel', value: 'Paste into the editor', certainty: 'observed' },
  ]);
  assert.deepEqual(review.facts.at(-1), {
    term: 'Confidence',
    value: 'Cannot tell, uses values not in this folder',
    why: 'nothing left unchecked',
  });
});

test('a forbidden hold says could, whose rule it is, and keeps names as they are', () => {
  const review = model(FORBIDDEN);
  assert.deepEqual(review.sentence, [
    { name: 'can-deploy' },
    ' could do anything in ',
    { name: 'identity-prod' },
    ', including creating new administrators.',
  ]);
  assert.deepEqual(review.forbidden, {
    rule: 'Agents may not change anything that matches infra/identity/**',
    where: '.countersign/policy.yaml, line 12',
    owner: 'platform-security',
  });
  assert.deepEqual(review.problems, ['Line 3 could not be read.']);
  assert.deepEqual(review.provenance[1], { term: 'Model', value: 'not reported', certainty: 'inferred' });
});

test('a no-go zone forbids an edit without findings, and there is still a sentence', () => {
  const [edit] = FORBIDDEN.edits;
  assert.ok(edit);
  const review = model({ ...FORBIDDEN, edits: [{ ...edit, assessment: { ...edit.assessment, findings: [] } }] });
  assert.deepEqual(review.sentence, ['Claude Code may not change ', { name: 'infra/identity/deploy-bot.json' }, '.']);
  assert.deepEqual(review.opened, { name: 'infra/identity/deploy-bot.json', kind: 'file' });
  assert.deepEqual(review.facts, []);
});

const expiries = [
  { expiry: { defaultHours: 24, longestHours: 24 }, hours: [4, 24], preset: 24 },
  { expiry: { defaultHours: 2, longestHours: 3 }, hours: [2, 3], preset: 2 },
  { expiry: { defaultHours: 100, longestHours: 8 }, hours: [4, 8], preset: 8 },
];
for (const { expiry, hours, preset } of expiries) {
  test(`hours offered for ${JSON.stringify(expiry)}`, () => {
    const { form } = reviewModel(CRITICAL, [], { ...POLICY, expiry }, 'n', NOW);
    assert.deepEqual(
      form.hours.map((choice) => choice.hours),
      hours,
    );
    assert.equal(form.hours.find((choice) => choice.preset)?.hours, preset);
  });
}

const numbered = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
const edited = (before: readonly string[], after: readonly string[], line?: number): Hold => {
  const [first] = CRITICAL.edits;
  assert.ok(first);
  const [worst] = first.assessment.findings;
  assert.ok(worst);
  const at = { line: line ?? 1, column: 1, offset: 0 };
  const findings = [{ ...worst, ranges: line === undefined ? [] : [{ side: 'after' as const, start: at, end: at }] }];
  const edit: HeldEdit = { ...first, before: before.join('\n'), after: after.join('\n'), assessment: { ...first.assessment, findings } };
  return { ...CRITICAL, edits: [edit] };
};

const diffs: readonly { name: string; hold: Hold; lines: readonly string[]; more: boolean }[] = [
  {
    name: 'one changed line with two around',
    hold: CRITICAL,
    lines: ['5', '6', '-7', '+7', '8', '9'],
    more: false,
  },
  { name: 'a new file', hold: edited([], ['a', 'b']), lines: ['+1', '+2'], more: false },
  {
    name: 'two changes apart',
    hold: edited(
      numbered(1, 30),
      numbered(1, 30).map((line, i) => (i === 4 || i === 20 ? 'x' : line)),
    ),
    lines: ['3', '4', '-5', '+5', '6', '7'],
    more: true,
  },
  {
    name: 'a long change shows the line that the finding points at',
    hold: edited(numbered(1, 40), numbered(101, 140), 30),
    lines: ['+30'],
    more: true,
  },
];
for (const { name, hold, lines, more } of diffs) {
  test(`diff: ${name}`, () => {
    const [file] = model(hold).files;
    assert.ok(file);
    const shown = file.lines.map(({ mark, number }) => (mark === '…' ? '…' : `${mark}${number}`));
    assert.ok(file.lines.length <= 12, `${file.lines.length} lines`);
    if (more) for (const line of lines) assert.ok(shown.includes(line), `${line} in ${shown.join(' ')}`);
    else assert.deepEqual(shown, lines);
    assert.equal(file.more, more);
    assert.equal(file.uri, 'file:///ws/infra/storage/exports-policy.json');
  });
}

test('a diff of 40,000 unlike lines is quick', () => {
  const before = Array.from({ length: 20_000 }, (_, i) => `before ${i * 7}`);
  const after = Array.from({ length: 20_000 }, (_, i) => `after ${i * 3}`);
  const start = performance.now();
  const [file] = model(edited(before, after)).files;
  assert.ok(performance.now() - start < 1500);
  assert.ok(file?.more);
  assert.ok(file.lines.some(({ mark }) => mark === '+') && file.lines.some(({ mark }) => mark === '-'));
});
