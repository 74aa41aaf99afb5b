import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { acceptRules, compareVersions, newerRules, recordRules } from '../../server/gate/accepted-rules.ts';
import { loadPolicy } from '../../server/gate/policy.ts';
import { judge } from '../../server/gate/judge.ts';
import { review } from '../../server/gate/review.ts';
import type { Policy } from '../../server/gate/types.ts';
import { edit, temporaryFolder } from './builders.ts';
import { open } from './scene.ts';
import { lockedPacks, packText, pod, type TeamRule, write } from './team-pack.ts';

type Step =
  | { readonly put: readonly TeamRule[]; readonly version: string; readonly pack?: string }
  | 'record'
  | 'accept'
  | 'remove the record'
  | 'break the record'
  | 'enforce';

/** What is done, in order; then the verdict of a finding of each rule. */
const cases: Readonly<Record<string, readonly [readonly Step[], Readonly<Record<string, string>>]>> = {
  'what was installed first asks': [[{ put: [{ id: 'no-a' }], version: '1.0.0' }, 'record'], { 'no-a': 'acknowledge' }],
  'an upgrade’s new rule is a note, its old ones ask': [
    [
      { put: [{ id: 'no-a' }], version: '1.0.0' },
      'record',
      { put: [{ id: 'no-a' }, { id: 'no-b', severity: 'critical' }], version: '1.1.0' },
      'record',
    ],
    { 'no-a': 'acknowledge', 'no-b': 'note' },
  ],
  'once accepted it asks': [
    [{ put: [{ id: 'no-a' }], version: '1.0.0' }, 'record', { put: [{ id: 'no-a' }, { id: 'no-b' }], version: '1.1.0' }, 'accept'],
    { 'no-a': 'acknowledge', 'no-b': 'acknowledge' },
  ],
  'a rule that became stricter gets what was accepted': [
    [
      {
        put: [
          { id: 'no-a', severity: 'low' },
          { id: 'no-b', severity: 'medium' },
          { id: 'no-c', severity: 'info' },
        ],
        version: '1.0.0',
      },
      'record',
      {
        put: [
          { id: 'no-a', severity: 'high' },
          { id: 'no-b', severity: 'critical' },
          { id: 'no-c', severity: 'high' },
        ],
        version: '2.0.0',
      },
    ],
    { 'no-a': 'note', 'no-b': 'acknowledge', 'no-c': 'note' },
  ],
  'without a record everything asks': [
    [
      { put: [{ id: 'no-a' }], version: '1.0.0' },
      'record',
      { put: [{ id: 'no-a' }, { id: 'no-b' }], version: '1.1.0' },
      'remove the record',
    ],
    { 'no-a': 'acknowledge', 'no-b': 'acknowledge' },
  ],
  'with a record that cannot be read everything asks': [
    [{ put: [{ id: 'no-a' }], version: '1.0.0' }, 'record', { put: [{ id: 'no-b' }], version: '1.1.0' }, 'break the record'],
    { 'no-b': 'acknowledge' },
  ],
  'a new rule of the same version asks': [
    [{ put: [{ id: 'no-a' }], version: '1.0.0' }, 'record', { put: [{ id: 'no-a' }, { id: 'no-b' }], version: '1.0.0' }],
    { 'no-a': 'acknowledge', 'no-b': 'acknowledge' },
  ],
  'a rule that asked goes on asking when only the version is raised': [
    [
      { put: [{ id: 'no-a' }], version: '1.0.0' },
      'record',
      { put: [{ id: 'no-a' }, { id: 'no-b' }], version: '1.0.0' },
      'record',
      { put: [{ id: 'no-a' }, { id: 'no-b' }], version: '9.0.0' },
    ],
    { 'no-a': 'acknowledge', 'no-b': 'acknowledge' },
  ],
  'an older pack that is put in and accepted takes nothing back': [
    [
      { put: [{ id: 'no-a' }, { id: 'no-b', severity: 'high' }], version: '2.0.0' },
      'record',
      { put: [{ id: 'no-b', severity: 'info' }], version: '0.1.0' },
      'accept',
      { put: [{ id: 'no-a' }, { id: 'no-b', severity: 'high' }], version: '2.0.0' },
    ],
    { 'no-a': 'acknowledge', 'no-b': 'acknowledge' },
  ],
  'a rule that moved to another pack is an old one': [
    [
      { put: [{ id: 'no-a' }, { id: 'no-b' }], version: '1.0.0' },
      { put: [{ id: 'no-c' }], version: '1.0.0', pack: 'other' },
      'record',
      { put: [{ id: 'no-a' }], version: '1.1.0' },
      { put: [{ id: 'no-c' }, { id: 'no-b' }], version: '1.1.0', pack: 'other' },
    ],
    { 'no-a': 'acknowledge', 'no-b': 'acknowledge', 'no-c': 'acknowledge' },
  ],
  'a policy may have new rules ask at once': [
    [{ put: [{ id: 'no-a' }], version: '1.0.0' }, 'record', { put: [{ id: 'no-a' }, { id: 'no-b' }], version: '1.1.0' }, 'enforce'],
    { 'no-a': 'acknowledge', 'no-b': 'acknowledge' },
  ],
};

for (const [name, [steps, expected]] of Object.entries(cases)) {
  void test(`accepted rules: ${name}`, (t) => {
    const folder = temporaryFolder(t);
    const [workspace, state] = [join(folder, 'w'), join(folder, 'state')];
    for (const step of steps) take(step, workspace, state);
    const policy = load(workspace);
    for (const [rule, verdict] of Object.entries(expected)) {
      const judged = judge(asked(workspace, rule), { policy, outOfTime: () => false, now: () => new Date(), stateFolder: state });
      assert.equal(judged.verdict, verdict, rule);
      assert.deepEqual(
        judged.assessments[0]?.findings.map((one) => one.rule),
        [rule],
      );
    }
  });
}

void test('the built-in rules are recorded with the first review of a watched file, and stay in force', async (t) => {
  const folder = temporaryFolder(t);
  const [workspace, state] = [join(folder, 'w'), join(folder, 'state')];
  lockedPacks(join(workspace, '.countersign', 'packs'), { 'a.yaml': packText('a', '1.0.0', [{ id: 'no-a' }]) });
  const gate = await open(workspace, state);
  assert.equal((await review(asked(workspace, 'no-a'), gate)).verdict, 'acknowledge');
  const record = JSON.parse(readFileSync(join(state, 'rules', 'accepted.json'), 'utf8')) as {
    packs: Record<string, { version: string; rules: Record<string, string> }>;
  };
  assert.match(record.packs['built-in']?.version ?? '', /^\d+\.\d+\.\d+/);
  assert.deepEqual(record.packs[`${join(workspace, '.countersign', 'packs')}#a`], { version: '1.0.0', rules: { 'no-a': 'medium' } });
  // As after an upgrade of Countersign: one built-in rule was not there, another was milder.
  const known = record.packs['built-in'];
  assert.ok(known !== undefined && known.rules['k8s-privileged-container'] === 'high');
  delete known.rules['k8s-privileged-container'];
  known.version = '0.0.1';
  writeFileSync(join(state, 'rules', 'accepted.json'), JSON.stringify(record));
  assert.deepEqual(
    [...newerRules(gate.policy, state).values()].map(({ kind, rule }) => [kind, rule]),
    [['new', 'k8s-privileged-container']],
  );
});

void test('versions are compared by their numbers', () => {
  for (const [one, other, sign] of [
    ['1.0.0', '1.0.0', 0],
    ['1.10.0', '1.9.9', 1],
    ['2', '1.9', 1],
    ['1.0.0-beta', '1.0.0', -1],
    ['1.0.0', '1.0.1', -1],
    ['nonsense', '0.0.0', 0],
  ] as const) {
    assert.equal(Math.sign(compareVersions(one, other)), sign, `${one} ${other}`);
  }
});

function take(step: Step, workspace: string, state: string): void {
  const file = join(state, 'rules', 'accepted.json');
  if (step === 'record') recordRules(load(workspace), state);
  else if (step === 'accept') acceptRules(load(workspace), state);
  else if (step === 'remove the record') rmSync(file);
  else if (step === 'break the record') writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"medium"', '"mild"'));
  else if (step === 'enforce') write(workspace, { '.countersign/policy.yaml': 'newRules: enforce\n' });
  else {
    const { put, version, pack = 'team' } = step;
    lockedPacks(join(workspace, '.countersign', 'packs'), { [`${pack}.yaml`]: packText(pack, version, put) });
  }
}

function asked(workspace: string, rule: string) {
  return { workspace, edits: [{ ...edit('k8s/web.yaml', 'attested', pod(rule)), before: pod('good') }] };
}

function load(workspace: string): Policy {
  const loaded = loadPolicy(workspace, undefined);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.policy;
}
