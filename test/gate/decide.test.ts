import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEVERITIES, type Assessment, type Certainty } from '../../server/engine/types.ts';
import { type Assessed, decide } from '../../server/gate/decide.ts';
import { DEFAULT_POLICY } from '../../server/gate/policy.ts';
import type { Policy } from '../../server/gate/types.ts';
import { assessment, edit, finding, problem } from './builders.ts';

const STATE = '/home/u/.local/state/countersign';
const zones: Policy = {
  ...DEFAULT_POLICY,
  watch: ['deploy/**'],
  noGo: ['infra/identity/**', 'secrets', '*.pem', '/etc/**', 'prod-payroll*', 'Straße/ﬁle.json'].map((pattern) => ({
    pattern,
    source: 'test',
  })),
};

type Row = readonly [name: string, expected: string, assessed: readonly Assessed[], policy?: Policy];

const rows: readonly Row[] = [
  ['no edit at all', 'allow', []],
  ['no finding', 'allow', [one('a.json')]],
  ['critical', 'acknowledge', [one('a.json', [finding('critical')])]],
  ['high', 'acknowledge', [one('a.json', [finding('high')])]],
  ['medium', 'acknowledge', [one('a.json', [finding('medium')])]],
  ['low', 'note', [one('a.json', [finding('low')])]],
  ['info', 'allow', [one('a.json', [finding('info')])]],
  ['the worst of one edit', 'acknowledge', [one('a.json', [finding('info'), finding('low'), finding('medium')])]],
  ['the worst of several edits', 'acknowledge', [one('a.json'), one('b.json', [finding('low')]), one('c.json', [finding('high')])]],
  ['a severity that is forbidden', 'forbid', [one('a.json', [finding('critical')])], verdicts({ critical: 'forbid' })],
  ['a severity that is let through', 'allow', [one('a.json', [finding('critical')])], verdicts({ critical: 'allow' })],

  ['observed', 'acknowledge', [one('a.json', [finding('critical')], 'observed')]],
  ['inferred', 'acknowledge', [one('a.json', [finding('critical')], 'inferred')]],
  ['a person, critical', 'note', [one('a.json', [finding('critical')], 'human')]],
  ['a person, nothing', 'allow', [one('a.json', [], 'human')]],
  ['a person in a no-go zone', 'note', [one('infra/identity/a.json', [finding('critical')], 'human')], zones],
  ['a person, unreadable', 'note', [blind('iam/policy.json', 'aws-iam', 'human')]],
  ['a person and an agent together', 'acknowledge', [one('a.json', [], 'human'), one('b.json', [finding('high')])]],

  ['unreadable policy', 'closed', [blind('iam/policy.json', 'aws-iam')]],
  ['unreadable, watched by name', 'closed', [blind('.claude/settings.json', 'none')]],
  ['unreadable, watched by policy', 'closed', [blind('deploy/values.json', 'none')], zones],
  ['unreadable, elsewhere', 'note', [blind('fixtures/broken.json', 'none')]],
  ['partly read without loss', 'allow', [{ ...one('a.json'), assessment: assessment('a.json', 'aws-iam', [], [problem(false)]) }]],
  ['closed is worse than acknowledge', 'closed', [one('a.json', [finding('high')]), blind('iam/policy.json', 'aws-iam')]],
  ['forbid is worse than closed', 'forbid', [blind('iam/policy.json', 'aws-iam'), one('secrets')], zones],

  ['no-go without a finding', 'forbid', [one('infra/identity/a.json')], zones],
  ['no-go folder itself', 'forbid', [one('infra/identity')], zones],
  ['beside the no-go zone', 'allow', [one('infra/identity-docs/a.json')], zones],
  ['no-go through ..', 'forbid', [one('docs/../infra/./identity//a.json')], zones],
  ['no-go absolute', 'forbid', [one('/w/infra/identity/a.json')], zones],
  ['no-go in capitals', 'forbid', [one('Infra/IDENTITY/A.json')], zones],
  ['no-go with backslashes', 'forbid', [one('infra\\identity\\a.json')], zones],
  ['no-go, hidden file', 'forbid', [one('infra/identity/.hidden/a')], zones],
  ['no-go, composed otherwise', 'forbid', [one('stra\u00dfe/file.json')], zones],
  ['no-go name, below', 'forbid', [one('app/secrets/a/b.json')], zones],
  ['no-go name, part of another', 'allow', [one('app/secrets-howto.json')], zones],
  ['no-go ending', 'forbid', [one('deep/down/key.PEM')], zones],
  ['no-go outside of the workspace', 'forbid', [one('/etc/sudoers.d/x')], zones],
  ['no-go outside of it, reached by ..', 'forbid', [one('../etc/passwd')], zones],
  ['no-go by what is opened', 'forbid', [one('a.json', [finding('info', 'prod-payroll-2026')])], zones],
  [
    'no-go by the witness',
    'forbid',
    [one('a.json', [finding('info', 'x')])],
    { ...zones, noGo: [{ pattern: 'ARN:aws:s3:::x*', source: 'test' }] },
  ],

  ['the state folder', 'forbid', [one(`${STATE}/holds/H-1.json`)]],
  ['the state folder itself', 'forbid', [one(STATE)]],
  ['the state folder through ..', 'forbid', [one('/home/u/x/../.local/state/countersign/keys/k.pem')]],
  ['the state folder, relative', 'forbid', [one('../home/u/.local/state/countersign/used/x')]],
  ['the state folder in capitals', 'forbid', [one(STATE.toUpperCase())]],
  ['beside the state folder', 'allow', [one(`${STATE}-notes/a.json`)]],
];

for (const [name, expected, assessed, policy = DEFAULT_POLICY] of rows) {
  void test(`decide: ${name} → ${expected}`, () => assert.equal(decide(assessed, '/w', policy, STATE).verdict, expected));
}

void test('a verdict never gets milder by one more finding, of any severity', () => {
  const order = ['allow', 'note', 'acknowledge', 'forbid'];
  for (const first of SEVERITIES) {
    for (const second of SEVERITIES) {
      const alone = decide([one('a.json', [finding(first)])], '/w', DEFAULT_POLICY, STATE).verdict;
      const both = decide([one('a.json', [finding(second), finding(first)])], '/w', DEFAULT_POLICY, STATE).verdict;
      assert.ok(order.indexOf(both) >= order.indexOf(alone), `${first} with ${second}`);
    }
  }
});

void test('what must be accepted is named, and nothing else', () => {
  const decision = decide(
    [one('a.json', [finding('high', 'x'), finding('low', 'y')]), one('b.json', [finding('medium', 'z')])],
    '/w',
    DEFAULT_POLICY,
    STATE,
  );
  assert.equal(decision.verdict, 'acknowledge');
  assert.deepEqual(decision.verdict === 'acknowledge' && decision.needed, [
    { path: 'a.json', fingerprint: finding('high', 'x').fingerprint },
    { path: 'b.json', fingerprint: finding('medium', 'z').fingerprint },
  ]);
});

void test('a closed gate says why and where', () => {
  assert.deepEqual(decide([blind('iam/policy.json', 'aws-iam')], '/w', DEFAULT_POLICY, STATE), {
    verdict: 'closed',
    cause: 'iam/policy.json: Line 3, column 5: a comma is missing. Mend it.',
  });
});

function one(path: string, findings: Assessment['findings'] = [], certainty: Certainty = 'attested'): Assessed {
  return { edit: edit(path, certainty), assessment: assessment(path, findings.length > 0 ? 'aws-iam' : 'none', findings) };
}

function blind(path: string, kind: Assessment['kind'], certainty: Certainty = 'attested'): Assessed {
  return { edit: edit(path, certainty), assessment: assessment(path, kind, [], [problem(true)]) };
}

function verdicts(change: Partial<Policy['verdicts']>): Policy {
  return { ...DEFAULT_POLICY, verdicts: { ...DEFAULT_POLICY.verdicts, ...change } };
}
