import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import type { Assessment } from '../../server/engine/types.ts';
import { entangled } from '../support/entangled-policy.ts';

// Whatever a policy says, the answer comes in time, or is a problem that closes the gate.
// Time is the processor's, and what took too long is tried again, so that a busy machine fails nothing.
const BUDGET_MS = 1_000;
// The hook judges until 5.5 seconds and answers at 7: a third of what lies between.
const MOST_LATE_MS = 500;
const TRIES = 3;

const { keys } = Object;
const range = <T>(count: number, make: (i: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));
const policy = (statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements.map((each) => ({ Effect: 'Allow', ...each })) }, null, 1);
/** A policy for each way of writing it, before and after. */
const both = (write: (after: boolean) => string): readonly [string, string] => [write(false), write(true)];

const SHAPES: Readonly<Record<string, () => readonly [string, string]>> = {
  'entangled: variables, wildcards and conditions': () => entangled(200),
  'entangled, and twice as large': () => entangled(400),
  'wildcards within wildcards': () =>
    both((after) =>
      policy(
        range(60, (i) => ({ Action: 's3:GetObject', Resource: range(20, (j) => `arn:aws:s3:::*a${i}*${after ? '' : 'c*'}b${j}*/*`) })),
      ),
    ),
  'question marks': () =>
    both((after) =>
      policy(
        range(30, (i) => ({
          Action: 's3:GetObject',
          Resource: range(10, (j) => `arn:aws:s3:::b/*${i}${'?'.repeat((after ? 11 : 12) + j)}x*`),
        })),
      ),
    ),
  'many conditions of every kind': () =>
    both((after) =>
      policy(
        range(20, (i) => ({
          Action: 's3:*',
          Resource: '*',
          Condition: Object.fromEntries(
            ['StringLike', 'StringNotLike', 'ForAnyValue:StringLike', 'ForAllValues:StringLike', 'ArnLike', 'Weird'].map((operator, k) => [
              operator,
              Object.fromEntries(
                range(10, (j) => [`aws:PrincipalTag/k${j}`, range(5, (m) => `${after ? '' : 'a'}*${i}*${m}*${after ? '*' : k}`)]),
              ),
            ]),
          ),
        })),
      ),
    ),
  'many condition keys': () =>
    both((after) =>
      policy(
        range(50, (i) => ({
          Action: 's3:*',
          Resource: '*',
          Condition: { StringLike: Object.fromEntries(range(30, (j) => [`aws:PrincipalTag/k${j}`, `${after ? '' : 'a'}${i}*`])) },
        })),
      ),
    ),
  'thousands of condition keys in one statement': () => [
    '{}',
    `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{${range(8_000, (i) => `"K${i}":{"a":"b"}`).join()}}}]}`,
  ],
  'many numbers': () =>
    both((after) =>
      policy(
        range(100, (i) => ({
          Action: 's3:*',
          Resource: '*',
          Condition: {
            NumericLessThan: { 's3:max-keys': range(100, (j) => String(i * j + (after ? 0 : 1))) },
            NumericNotEquals: { 's3:max-keys': range(50, (j) => String(i * j)) },
          },
        })),
      ),
    ),
  'many networks': () =>
    both((after) =>
      policy(
        range(40, (i) => ({
          Action: 's3:*',
          Resource: '*',
          Condition: { IpAddress: { 'aws:SourceIp': range(100, (j) => `10.${i}.${j}.0/${after ? 23 : 24}`) } },
        })),
      ),
    ),
  'many principals': () =>
    both((after) =>
      policy(
        range(40, (i) => ({
          Principal: { AWS: range(after ? 120 : 100, (j) => `arn:aws:iam::${100_000_000_000 + j * 7 + i}:role/r${i}`) },
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::b/${after ? '' : i}*`,
        })),
      ),
    ),
  'NotAction with NotResource': () =>
    both((after) =>
      policy(
        range(60, (i) => ({
          NotAction: [`s3:*${i}${after ? 'x' : ''}`, `iam:*${i}*`, 'ec2:R*'],
          NotResource: [`arn:aws:s3:::*a${after ? '*' : ''}${i}*`, `arn:aws:iam::*:role/${i}*`],
        })),
      ),
    ),
  'many Denies that go': () =>
    both((after) =>
      policy([
        ...range(80, (i) => ({
          Action: ['s3:*', 'ec2:Describe*'],
          Resource: [`arn:aws:s3:::a${i}*`, '*'],
          Condition: { StringLike: { 'aws:PrincipalTag/t': `${i}*` } },
        })),
        ...(after
          ? []
          : range(80, (i) => ({
              Effect: 'Deny',
              Action: ['s3:Put*', 'ec2:*'],
              Resource: `arn:aws:s3:::a*${i}*`,
              Condition: { StringNotEquals: { 'aws:PrincipalTag/u': `${i}` } },
            }))),
      ]),
    ),
  'wildcards across services': () =>
    both((after) =>
      policy(range(200, (i) => ({ Action: `${'abcdefghijklmnopqrstuvwxyz'[i % 26] ?? ''}*${after ? i % 10 : i}*`, Resource: '*' }))),
    ),
  'overlapping action wildcards': () =>
    both((after) =>
      policy(
        range(100, (i) => ({
          Action: range(20, (j) => `s3:*${WORD[(i * 7 + j) % 22] ?? ''}*${WORD[(i + 3 * j) % 22] ?? ''}${after ? '' : '?'}*`),
          Resource: '*',
        })),
      ),
    ),
  'many variables': () =>
    both((after) =>
      policy(
        range(60, (i) => ({
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::b/\${aws:PrincipalTag/v${i % 8}}/${after ? '' : 'a'}\${aws:PrincipalTag/v${(i + 3) % 8}}/*`,
          Condition: { StringLike: { [`aws:PrincipalTag/v${i % 8}`]: [`${i}*`, `q${i}`] } },
        })),
      ),
    ),
  'thousands of Sids': () =>
    both((after) =>
      policy(
        range(3_000, (i) => ({
          Sid: `${after ? 'q' : ''}${i}`,
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${after ? 'q' : ''}b-${i}/*`,
        })),
      ),
    ),
  'five thousand resources in one statement': () =>
    both((after) =>
      policy([
        { Action: after ? ['s3:GetObject', 's3:PutObject'] : 's3:GetObject', Resource: range(5_000, (i) => `arn:aws:s3:::b${i}*/*`) },
      ]),
    ),
  'five thousand resources, all wider': () =>
    both((after) => policy([{ Action: 's3:GetObject', Resource: range(5_000, (i) => `arn:aws:s3:::b*${i}*${after ? '*' : 'q'}/*`) }])),
  'one very long pattern': () =>
    both((after) => policy([{ Action: 's3:GetObject', Resource: `arn:aws:s3:::b/${(after ? '?*' : 'a*').repeat(30_000)}` }])),
  'one very long action': () => both((after) => policy([{ Action: `s3:${(after ? '*a?' : '*a').repeat(20_000)}`, Resource: '*' }])),
  'five hundred policies with names': () =>
    both((after) =>
      JSON.stringify(
        range(500, (i) => ({
          PolicyName: `p${i}`,
          PolicyDocument: JSON.parse(policy([{ Action: after ? 's3:*' : 's3:GetObject', Resource: `arn:aws:s3:::b${i}/*` }])) as object,
        })),
      ),
    ),
  'five hundred policies without names': () =>
    both((after) =>
      JSON.stringify(
        range(500, (i) => ({
          d: JSON.parse(policy([{ Action: after ? 's3:*' : 's3:GetObject', Resource: `arn:aws:s3:::b${i}/*` }])) as object,
        })),
      ),
    ),
  'five hundred policies in strings': () =>
    both((after) =>
      JSON.stringify(range(500, (i) => policy([{ Action: after ? 's3:*' : 's3:GetObject', Resource: `arn:aws:s3:::b${i}/*` }]))),
    ),
  'thousands of misspelt statements': () => [
    '',
    policy(range(3_000, () => ({ Effect: 'allow', Acti0n: 's3:*', action: 's3:*', Resource: '*' }))),
  ],
};

const WORD = 'getputlistbucketobject';

for (const name of keys(SHAPES)) {
  void test(`in time: ${name}`, () => {
    const [before, after] = SHAPES[name]?.() ?? ['', ''];
    const inTime = ({ took }: Timed): boolean => took <= BUDGET_MS + MOST_LATE_MS;
    const { assessment, took, stopped } = tried(inTime, () => timed(before, after));
    assert.ok(inTime({ assessment, took, stopped }), `took ${took.toFixed(0)} ms of the processor, ${TRIES} times`);
    if (stopped) assertClosed(assessment);
  });
}

void test('time that is up closes the gate, whatever was found so far', () => {
  for (let looks = 0; looks < 40; looks += 3) {
    let left = looks;
    const [before, after] = entangled(30);
    const assessment = assess(edit(before, after), { ...DEFAULT_SETTINGS, outOfTime: () => left-- <= 0 });
    if (left < 0) assertClosed(assessment);
  }
});

void test('an entangled policy of 200 statements is worked out', () => {
  const [before, after] = entangled(200);
  const { assessment, took } = tried(
    (each) => each.took < 3_000,
    () => timed(before, after, 10_000),
  );
  assert.deepEqual(assessment.problems, []);
  assert.equal(assessment.findings.length, 200);
  assert.ok(took < 3_000, `took ${took.toFixed(0)} ms of the processor`);
});

/** The first result that is good, else the last of all tries. */
function tried(good: (result: Timed) => boolean, run: () => Timed): Timed {
  let result = run();
  for (let count = 1; count < TRIES && !good(result); count++) result = run();
  return result;
}

function assertClosed({ problems }: Assessment): void {
  assert.ok(
    problems.some(({ kind, blinds, message }) => kind === 'undecided' && blinds && /in the time there is.*Split it/.test(message)),
    JSON.stringify(problems),
  );
}

interface Timed {
  readonly assessment: Assessment;
  /** Milliseconds of the processor. */
  readonly took: number;
  /** Whether the assessment was told that time is up: what ends just over the budget was never asked. */
  readonly stopped: boolean;
}

function timed(before: string, after: string, budget = BUDGET_MS): Timed {
  const start = processorTime();
  let stopped = false;
  const assessment = assess(edit(before, after), { ...DEFAULT_SETTINGS, outOfTime: () => (stopped ||= processorTime() - start > budget) });
  return { assessment, took: processorTime() - start, stopped };
}

function edit(before: string, after: string) {
  return { path: 'iam/policy.json', before, after, provenance: { channel: 'hook', certainty: 'attested' } } as const;
}

/** Milliseconds of this process, all threads. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
