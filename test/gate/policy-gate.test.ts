import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { acknowledge } from '../../server/gate/decisions.ts';
import { decide } from '../../server/gate/decide.ts';
import { missingFor } from '../../server/gate/reasons.ts';
import { DEFAULT_POLICY, loadPolicy } from '../../server/gate/policy.ts';
import { rememberOrganization } from '../../server/gate/policy-memory.ts';
import { judge } from '../../server/gate/judge.ts';
import { review } from '../../server/gate/review.ts';
import type { Policy, Suggestion, Verdict } from '../../server/gate/types.ts';
import { assessment, edit, finding, hold, input, temporaryFolder } from './builders.ts';
import { open, scene } from './scene.ts';

const environments: Policy['environments'] = [
  {
    name: 'prod',
    match: ['infra/prod/**', 'prod-*'],
    verdicts: { medium: 'approve', high: 'approve', critical: 'forbid' },
    source: 'test',
  },
  { name: 'sandbox', match: ['sandbox/**'], verdicts: { high: 'note', medium: 'allow' }, source: 'test' },
  { name: 'frozen', match: ['**/frozen/**'], verdicts: { medium: 'forbid' }, source: 'test' },
];
const policy: Policy = { ...DEFAULT_POLICY, environments };

/** Path, severity, the name that is opened, and the verdict. */
const LADDER: readonly (readonly [string, Parameters<typeof finding>[0], string, Verdict])[] = [
  ['app/a.json', 'high', 'logs', 'acknowledge'],
  ['infra/prod/a.json', 'high', 'logs', 'approve'],
  ['infra/prod/a.json', 'medium', 'logs', 'approve'],
  ['infra/prod/a.json', 'critical', 'logs', 'forbid'],
  ['infra/prod/a.json', 'low', 'logs', 'note'],
  ['app/a.json', 'medium', 'prod-exports', 'approve'],
  ['sandbox/a.json', 'high', 'logs', 'note'],
  ['sandbox/a.json', 'medium', 'logs', 'allow'],
  ['sandbox/a.json', 'critical', 'logs', 'acknowledge'],
  ['sandbox/a.json', 'high', 'prod-exports', 'approve'],
  ['sandbox/frozen/a.json', 'medium', 'logs', 'forbid'],
  ['Infra/PROD/a.json', 'medium', 'logs', 'approve'],
  ['infra/x/../prod/a.json', 'medium', 'logs', 'approve'],
];

for (const [path, severity, name, expected] of LADDER) {
  void test(`ladder: ${severity} in ${path}, opening ${name} → ${expected}`, () => {
    const assessed = [{ edit: edit(path), assessment: assessment(path, 'aws-iam', [{ ...finding(severity, name), witness: undefined }]) }];
    assert.equal(decide(assessed, '/w', policy, undefined).verdict, expected);
  });
}

void test('who must sign: the strictest of what is needed, and nothing of what is only noted', () => {
  const asked: Policy = {
    ...policy,
    verdicts: { ...policy.verdicts, low: 'note' },
    presence: { critical: 'verified', high: 'touch', medium: 'none', low: 'verified', info: 'verified' },
  };
  const at = (path: string, ...severities: Parameters<typeof finding>[0][]) => ({
    edit: edit(path),
    assessment: assessment(
      path,
      'aws-iam',
      severities.map((severity) => ({ ...finding(severity, 'logs'), witness: undefined })),
    ),
  });
  const signOf = (...assessed: ReturnType<typeof at>[]) => {
    const decision = decide(assessed, '/w', asked, undefined);
    return 'sign' in decision ? decision.sign : decision.verdict;
  };
  assert.deepEqual(signOf(at('a.json', 'medium', 'low')), { people: 1, presence: 'none' });
  assert.deepEqual(signOf(at('a.json', 'medium', 'high')), { people: 1, presence: 'touch' });
  assert.deepEqual(signOf(at('a.json', 'high'), at('infra/prod/a.json', 'medium')), { people: 2, presence: 'touch' });
  assert.deepEqual(signOf(at('a.json', 'critical')), { people: 1, presence: 'verified' });
  assert.deepEqual(signOf(at('a.json', 'low')), 'note');
});

for (const [name, change, refused] of [
  ['a second person', { verdicts: { ...DEFAULT_POLICY.verdicts, critical: 'approve' } }, undefined],
  ['a touch', { presence: { ...DEFAULT_POLICY.presence, critical: 'touch' } }, /security key/],
] as const) {
  void test(`where policy asks for ${name}, one person's key lets nothing through, given before or after`, async (t) => {
    const s = await scene(t);
    const strict = { ...s.gate, policy: { ...s.gate.policy, ...change } };
    // Acknowledged while the policy was milder: the retry is held all the same.
    await s.approve();
    const outcome = await review(s.suggestion(), strict);
    assert.ok(outcome.verdict === 'acknowledge' || outcome.verdict === 'approve', outcome.verdict);
    assert.ok('hold' in outcome && outcome.hold.sign !== undefined);
    const done = await acknowledge(outcome.hold.id, input(), strict, s.signer);
    if (refused === undefined) assert.ok(done.ok && done.asked !== undefined, JSON.stringify(done));
    else assert.match(!done.ok && 'problem' in done ? done.problem : JSON.stringify(done), refused);
    assert.equal((await review(s.suggestion(), strict)).verdict, outcome.verdict);
  });
}

void test('reasons: own categories, a ticket pattern, and a time for each severity', () => {
  const own: Policy = {
    ...DEFAULT_POLICY,
    reason: {
      minimumLength: 20,
      ticketRequired: true,
      ticketPatterns: ['[A-Z]+-[0-9]+', 'OPS-.*'],
      categories: [{ id: 'audit', label: 'Audit' }],
    },
    expiry: { defaultHours: 24, longestHours: 720, bySeverity: { critical: { longestHours: 8 } } },
  };
  const missing = (change: Parameters<typeof input>[0]) =>
    missingFor(hold([finding('critical')]), input(change), own).map(({ field, what }) => `${field}: ${what}`);
  assert.deepEqual(missing({ category: 'audit', ticket: 'OPS-12', hours: 8 }), []);
  assert.deepEqual(missing({ category: 'intended', ticket: 'OPS-12', hours: 8 }), ['category: the type of reason']);
  assert.deepEqual(missing({ category: 'audit', ticket: 'DEV-12', hours: 8 }), ['ticket: a ticket that matches OPS-.*']);
  assert.deepEqual(missing({ category: 'audit', ticket: 'see OPS-12', hours: 8 }), ['ticket: a ticket that matches [A-Z]+-[0-9]+']);
  assert.deepEqual(missing({ category: 'audit', hours: 8 }), ['ticket: a ticket']);
  assert.deepEqual(missing({ category: 'audit', ticket: 'OPS-1', hours: 9 }), ['hours: an expiry within 8 hours']);
  const high = missingFor(hold([finding('high')]), input({ category: 'audit', ticket: 'OPS-1', hours: 100 }), own);
  assert.deepEqual(high, [], 'other severities have the longer time');
});

/** Path below the workspace, before, after; and the loosening that is found, undefined for none. */
const ATTEMPTS: readonly (readonly [string, string, string, string | undefined])[] = [
  ['.countersign/policy.yaml', '', 'verdicts:\n  high: note\n', 'verdicts.high'],
  ['.countersign/policy.yaml', '', 'verdicts:\n  high: forbid\n', undefined],
  ['.countersign/policy.yaml', 'verdicts: {high: note}', '# again\nverdicts: {high: note}', undefined],
  ['.countersign/policy.yaml', 'verdicts: {high: note}', 'verdicts: {high: allow}', 'verdicts.high'],
  ['.countersign/policy.yaml', 'verdicts: {high: note}', '', undefined],
  ['.countersign/policy.yaml', '', 'retryMinutes: 600\nverdicts:\n  critical: allow', 'verdicts.critical (and 1 more)'],
  ['sub/.countersign/policy.yaml', '', 'retryMinutes: 600', 'retryMinutes'],
  ['docs/policy.yaml', '', 'retryMinutes: 600', undefined],
  ['.countersign/POLICY.yaml', '', 'retryMinutes: 600', 'retryMinutes'],
  ['x/../.countersign/policy.yaml', '', 'retryMinutes: 600', 'retryMinutes'],
];

for (const [path, before, after, found] of ATTEMPTS) {
  void test(`an agent writes ${JSON.stringify(after)} over ${JSON.stringify(before)} in ${path}: ${found ?? 'no attempt'}`, (t) => {
    const workspace = temporaryFolder(t);
    const loaded = loadPolicy(workspace, join(workspace, 'none.yaml'), {
      organization: { file: join(workspace, 'no.yaml'), administrators: [] },
    });
    assert.ok(loaded.ok);
    const suggestion = (certainty: 'attested' | 'human'): Suggestion => ({
      workspace,
      edits: [{ ...edit(path, certainty, after), before }],
    });
    const judged = judge(suggestion('attested'), { policy: loaded.policy, outOfTime: () => false, now: () => new Date() });
    const own = judged.assessments[0]?.findings.find(({ rule }) => rule === 'policy-loosened');
    assert.equal(own === undefined ? undefined : /: (.*)\.$/.exec(own.consequence)?.[1], found, own?.consequence);
    if (own === undefined) return;
    assert.equal(judged.verdict, 'acknowledge');
    const [range] = own.ranges;
    assert.equal(
      after.split('\n')[(range?.start.line ?? 0) - 1]?.slice((range?.start.column ?? 0) - 1),
      after.slice(range?.start.offset, range?.end.offset),
    );
    const typed = judge(suggestion('human'), { policy: loaded.policy, outOfTime: () => false, now: () => new Date() });
    assert.ok(
      typed.assessments[0]?.findings.every(({ rule }) => rule !== 'policy-loosened'),
      'a person may try',
    );
  });
}

void test('an ignore never silences an attempt', (t) => {
  const workspace = temporaryFolder(t);
  const loose: Policy = {
    ...DEFAULT_POLICY,
    ignores: { longestDays: 3650, upTo: 'critical', workspaceUpTo: 'critical' },
    ignore: [
      { rule: 'policy-loosened', path: '**', reason: 'because we always do it this way', until: '2099-01-01', source: 't', from: 'own' },
    ],
  };
  const judged = judge(
    { workspace, edits: [edit('.countersign/policy.yaml', 'attested', 'retryMinutes: 600')] },
    { policy: loose, outOfTime: () => false, now: () => new Date() },
  );
  assert.ok(judged.assessments[0]?.findings.some(({ rule }) => rule === 'policy-loosened'));
});

void test('a policy that changes under an open gate changes the digest in the records that follow', async (t) => {
  const s = await scene(t);
  await s.ask({ toolCall: 'a' });
  mkdirSync(join(s.workspace, '.countersign'));
  writeFileSync(join(s.workspace, '.countersign/policy.yaml'), 'retryMinutes: 5\n');
  const later = await open(s.workspace, s.state, s.clock);
  const outcome = await review(s.suggestion({ path: 'iam/second-policy.json', toolCall: 'b' }), later);
  assert.equal(outcome.verdict, 'acknowledge');
  const digests = (await s.records()).flatMap(({ record }) => (record.event.kind === 'held' ? [record.event.policy] : []));
  assert.deepEqual(digests, [s.gate.policy.digest, later.policy.digest]);
  assert.notEqual(digests[0], digests[1]);
});

void test('while an organization’s policy is missing, watched paths are closed, with the remedy and a record', async (t) => {
  const s = await scene(t);
  const organization = { of: 'organization' as const, file: '/etc/countersign/policy.yaml', text: 'retryMinutes: 5' };
  rememberOrganization({ ...DEFAULT_POLICY, layers: [organization] }, s.state, s.clock.now);
  const gate = await open(s.workspace, s.state, s.clock);
  assert.match(gate.closedBecause ?? '', /\/etc\/countersign\/policy\.yaml is missing.*Put it back/);
  const outcome = await review(s.suggestion(), gate);
  assert.equal(outcome.verdict, 'closed');
  const elsewhere = await review({ workspace: s.workspace, edits: [edit('docs/notes.md', 'attested', 'hello')] }, gate);
  assert.equal(elsewhere.verdict, 'allow', 'what is not watched goes on');
  const kinds = (await s.records()).map(({ record }) => record.event.kind);
  assert.equal(kinds.at(-1), 'closed');
  rmSync(join(s.state, 'organization-policy.json'));
  assert.equal((await open(s.workspace, s.state, s.clock)).closedBecause, undefined);
});

void test('a policy that is a link: it counts, and an agent that changes what it leads to is held', (t) => {
  const folder = temporaryFolder(t);
  const workspace = join(folder, 'work');
  mkdirSync(join(workspace, '.countersign'), { recursive: true });
  mkdirSync(join(folder, 'dotfiles'));
  const target = join(folder, 'dotfiles/gate.yaml');
  writeFileSync(target, 'verdicts: {low: forbid}');
  symlinkSync(target, join(workspace, '.countersign/policy.yaml'));
  const loaded = loadPolicy(workspace, undefined, { organization: { file: join(folder, 'no.yaml'), administrators: [] } });
  assert.ok(loaded.ok);
  assert.equal(loaded.policy.verdicts.low, 'forbid');
  const ask = (path: string, certainty: 'attested' | 'human') =>
    judge(
      { workspace, edits: [{ ...edit(path, certainty, '# nothing'), before: 'verdicts: {low: forbid}' }] },
      { policy: loaded.policy, outOfTime: () => false, now: () => new Date() },
    );
  const judged = ask(target, 'attested');
  assert.equal(judged.verdict, 'acknowledge');
  assert.match(judged.assessments[0]?.findings[0]?.consequence ?? '', /is the workspace's policy, by a link/);
  assert.equal(ask(join(folder, 'dotfiles/other.yaml'), 'attested').verdict, 'allow');
  assert.equal(ask(target, 'human').verdict, 'allow');
});

void test('a policy that is a link to itself, or to a folder, is told', (t) => {
  for (const lead of ['policy.yaml', '.']) {
    const workspace = temporaryFolder(t);
    mkdirSync(join(workspace, '.countersign'));
    symlinkSync(lead, join(workspace, '.countersign/policy.yaml'));
    const loaded = loadPolicy(workspace, undefined);
    assert.ok(!loaded.ok && /is there but cannot be read/.test(loaded.problem), JSON.stringify(loaded));
  }
});
