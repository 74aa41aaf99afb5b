import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { compareSeverity } from '../../server/engine/rate.ts';
import { RULES } from '../../server/engine/rules/registry.ts';
import type { Assessment, Edit, EngineSettings, Finding, Provenance } from '../../server/engine/types.ts';
import { CASES, policy } from '../fixtures/engine/cases.ts';

const AGENT: Provenance = { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } };
const HUMAN: Provenance = { channel: 'typed', certainty: 'human' };

for (const each of CASES) {
  void test(`${each.rule}, ${each.severity}: ${each.consequence}`, () => {
    const finding = worst(assessed(each.path, each.before, each.after));
    assert.equal(finding.consequence, each.consequence);
    assert.equal(finding.rule, each.rule);
    assert.equal(finding.severity, each.severity);
    if (each.previously !== undefined) assert.equal(finding.previously, each.previously);
    if (each.lines !== undefined) assert.deepEqual([...new Set(finding.ranges.map(lineOf))], each.lines);
    assert.ok(finding.ranges.length > 0, 'a finding has a place');
    for (const { side, start, end } of finding.ranges) {
      const text = side === 'after' ? each.after : each.before;
      assert.ok(start.offset <= end.offset && end.offset <= text.length);
    }
    assert.match(finding.fingerprint, /^[0-9a-f]{64}$/);
    assertPlain(finding);
  });

  void test(`${each.rule}, reversed, asks nothing: ${each.consequence}`, () => {
    // Files that govern are held whichever way they are changed; prose that is only noted is too.
    if (each.rule === 'governing-file-changed') return;
    const asking = assessed(each.path, each.after, each.before).findings.filter(({ severity }) => compareSeverity(severity, 'medium') <= 0);
    assert.deepEqual(
      asking.map(({ consequence }) => consequence),
      [],
    );
  });

  void test(`${each.rule}, same text, gives nothing: ${each.consequence}`, () => {
    assert.deepEqual(assessed(each.path, each.after, each.after).findings, []);
  });
}

void test('every rule has a case, and every case a rule', () => {
  assert.ok(RULES.size > 15);
  assert.deepEqual([...new Set(CASES.map(({ rule }) => rule))].sort(), [...RULES.keys()].sort());
  for (const [id, rule] of RULES) {
    assert.equal(rule.id, id);
    assert.match(id, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(rule.fix !== '' && rule.failureMode !== '' && rule.references.length > 0);
  }
});

const REWRITES: readonly (readonly [string, (text: string) => string])[] = [
  ['on one line', (text) => JSON.stringify(JSON.parse(text))],
  ['with tabs and comments', (text) => `// a comment\n${JSON.stringify(JSON.parse(text), null, '\t')}`],
  ['with keys reversed', (text) => JSON.stringify(keysReversed(JSON.parse(text)))],
  ['with Sids renamed', (text) => JSON.stringify(renamed(JSON.parse(text)), null, 2)],
  ['with \\r\\n', (text) => text.replaceAll('\n', '\r\n')],
];
for (const [name, rewrite] of REWRITES) {
  void test(`a policy written ${name} is no edit, and keeps fingerprints`, () => {
    for (const each of CASES.filter(({ rule, before }) => rule.startsWith('aws-') && before !== '')) {
      assert.deepEqual(assessed(each.path, each.after, rewrite(each.after)).findings, [], each.consequence);
      const plain = assessed(each.path, each.before, each.after).findings.map(({ fingerprint }) => fingerprint);
      const other = assessed(each.path, each.before, rewrite(each.after)).findings.map(({ fingerprint }) => fingerprint);
      assert.deepEqual(other.sort(), plain.sort(), each.consequence);
    }
  });
}

void test('any widening, and any other file, has another fingerprint', () => {
  const before = policy({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/x/*' });
  const print = (path: string, ...statements: readonly object[]): string =>
    worst(assessed(path, before, policy(...statements))).fingerprint;
  const prints = [
    print('iam/a.json', { Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*' }),
    print('iam/b.json', { Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*' }),
    print('iam/a.json', { Action: 's3:GetObject', Resource: 'arn:aws:s3:::a*/*' }),
    print('iam/a.json', { Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::a/*' }),
    print('iam/a.json', {
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::a/*',
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } },
    }),
    print('iam/a.json', { Action: 's3:GetObject*', Resource: 'arn:aws:s3:::a/*' }),
  ];
  assert.equal(new Set(prints).size, prints.length);
});

void test('the sensitivity map of the settings comes first', () => {
  const before = policy({ Action: 's3:ListBucket', Resource: 'arn:aws:s3:::plain' });
  const after = policy({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::plain/*' });
  const of = (settings: Partial<EngineSettings>): Finding =>
    worst(assess({ path: 'iam/a.json', before, after, provenance: AGENT }, { ...DEFAULT_SETTINGS, ...settings }));
  assert.equal(of({}).rating.sensitivity.level, 'internal');
  assert.equal(of({}).severity, 'low');
  const sensitive = of({ sensitivity: [{ pattern: 'PLA?N', level: 'restricted', label: 'the crown jewels' }] });
  assert.equal(sensitive.rating.sensitivity.level, 'restricted');
  assert.equal(sensitive.severity, 'medium');
});

void test('accounts of the own organisation are no strangers', () => {
  const each = CASES.find(({ rule }) => rule === 'aws-cross-account-trust');
  assert.ok(each);
  const finding = worst(assess(edit(each.path, each.before, each.after), { ...DEFAULT_SETTINGS, accounts: ['903187654321'] }));
  assert.equal(finding.severity, 'low');
});

void test('the example request without signing in reads as one', () => {
  const [incident] = CASES;
  assert.ok(incident);
  const { witness, reach } = worst(assessed(incident.path, incident.before, incident.after));
  assert.equal(witness?.who, 'Someone who is not signed in');
  assert.match(witness?.request ?? '', /^GET https:\/\/prod-customer-exports\.s3\.amazonaws\.com\/./);
  assert.deepEqual(reach?.steps, ['1 role', 'This account', 'Your organisation', 'Any AWS account', 'Anyone on the internet']);
  assert.deepEqual([reach?.before, reach?.after], [0, 4]);
});

void test('the example request is of the action the sentence speaks of', () => {
  const before = policy({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::app/*' });
  const after = policy({ Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: 'arn:aws:s3:::app/*' });
  assert.equal(worst(assessed('iam/a.json', before, after)).witness?.action, 's3:DeleteObject');
});

const UNREADABLE: readonly (readonly [string, string, string])[] = [
  ['half-typed', 'infra/thing.json', '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resou'],
  ['no JSON but a policy by its words', 'infra/thing.json', '<<<<<<< HEAD\n"Effect": "Allow",\n"Action": "*"\n=======\n'],
  ['no JSON, named like a policy', 'iam/policy.json', 'oops'],
  ['duplicate keys', 'iam/a.json', '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}'],
  ['too deep', 'iam/a.json', `{"Statement":${'['.repeat(5000)}`],
  ['too large', 'iam/policy.json', `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"${'x'.repeat(5_000_000)}"}]}`],
  ['a lone surrogate', 'iam/a.json', '{"Statement":[{"Effect":"Allow","Action":"s3:Get\\ud800","Resource":"*"}]}'],
];
for (const [name, path, after] of UNREADABLE) {
  void test(`what cannot be read is said and blinds: ${name}`, () => {
    const started = performance.now();
    const { kind, problems } = assessed(path, policy({ Action: 's3:ListBucket', Resource: '*' }), after);
    assert.equal(kind, 'aws-iam');
    assert.ok(
      problems.some(({ blinds }) => blinds),
      JSON.stringify(problems),
    );
    for (const { message } of problems) assert.match(message, /^[A-Z].*\.$/s);
    assert.ok(performance.now() - started < 5000);
  });
}

void test('when time is used up, the answer is still an answer that asks', () => {
  const settings = { ...DEFAULT_SETTINGS, outOfTime: () => true };
  const { findings, problems } = assess(
    edit('iam/a.json', policy({ Action: 's3:List*', Resource: '*' }), policy({ Action: '*', Resource: '*' })),
    settings,
  );
  assert.ok(problems.some(({ kind }) => kind === 'undecided') || findings.some(({ severity }) => compareSeverity(severity, 'medium') <= 0));
});

const NOTHING: readonly (readonly [string, string, string])[] = [
  ['package.json', '{"sideEffects": false}', '{"sideEffects": true}'],
  ['src/policy.ts', 'const Effect = 1', 'const Effect = { "Effect": "Allow", "Action": "*", "Resource": "*" }'],
  ['data/broken.json', '{}', '{"a": '],
  ['README.md', 'a', 'b'],
];
for (const [path, before, after] of NOTHING) {
  void test(`not ours: ${path}`, () => {
    assert.deepEqual(assessed(path, before, after), { path, kind: 'none', findings: [], problems: [] });
  });
}

const GOVERNING: readonly (readonly [string, string, string, string | undefined])[] = [
  ['.claude/settings.json', '{"a":[1]}', '{ "a": [\n1] }', undefined],
  ['.claude/settings.json', '{"a":1,"b":2}', '{"b":2,"a":1}', undefined],
  ['.Claude\\Settings.local.JSON', '{}', '{"permissions":{"allow":["Bash(*)"]}}', 'critical'],
  ['x/../.claude/settings.json.', '{}', '{"permissions":{"allow":["Bash(*)"]}}', 'critical'],
  ['.сlaude/settings.json', '{}', '{"permissions":{"allow":["Bash(*)"]}}', 'critical'],
  ['.claude/skills/a/SKILL.md', 'a', 'b', 'medium'],
  ['.mcp.json', '{}', '{"mcpServers":{"x":{"command":"npx"}}}', 'critical'],
  ['.mcp.json', '{}', '{"inputs":[]}', 'medium'],
  // A precise rule alone says medium; that the file governs at all weighs more.
  ['.cursor/permissions.json', '{"terminalAllowlist":[]}', '{"terminalAllowlist":["yarn lint"]}', 'high'],
  ['.vscode/settings.json', '{}', '{"editor.tabSize":2}', 'low'],
  ['.vscode/settings.json', '{}', '{"chat.tools.global.autoApprove":true}', 'critical'],
  ['.vscode/tasks.json', '{}', '{"tasks":[{"runOptions":{"runOn":"folderOpen"}}]}', 'medium'],
  ['CLAUDE.md', 'a', 'a\u{E0041}', 'critical'],
  ['.countersign/packs/x.yaml', '', 'rules: []', 'high'],
];
for (const [path, before, after, severity] of GOVERNING) {
  void test(`an agent changes ${path} to ${JSON.stringify(after)}: ${severity ?? 'nothing'}`, () => {
    const assessment = assessed(path, before, after);
    assert.equal(assessment.kind, 'governing');
    assert.equal(assessment.findings[0]?.severity, severity);
    assessment.findings.forEach(assertPlain);
    // That the file governs is told once: in general, or by the rules that say what the change does.
    const general = ({ rule }: Finding): boolean => rule === 'governing-file-changed';
    assert.ok(!assessment.findings.some(general) || assessment.findings.length === 1);
    assert.deepEqual(assess({ ...edit(path, before, after), provenance: HUMAN }, DEFAULT_SETTINGS).findings.filter(general), []);
  });
}

void test('names that hide something are written out', () => {
  const after = policy({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::prod-\u202Eexports/*' });
  assert.match(worst(assessed('iam/a.json', '', after)).consequence, /`prod-⟨U\+202E⟩exports`/);
});

function edit(path: string, before: string, after: string): Edit {
  return { path, before, after, provenance: AGENT };
}

function assessed(path: string, before: string, after: string): Assessment {
  return assess(edit(path, before, after), DEFAULT_SETTINGS);
}

function worst({ findings, problems }: Assessment): Finding {
  const [finding] = findings;
  assert.ok(finding, `no finding; ${JSON.stringify(problems)}`);
  return finding;
}

function lineOf({ side, start }: Finding['ranges'][number]): string {
  return side === 'after' ? String(start.line) : `b${start.line}`;
}

/** Sentences that anyone can read: short, and without the words of the trade outside of names. */
function assertPlain({ consequence, previously }: Finding): void {
  for (const sentence of [consequence, previously]) {
    const words = sentence.replace(/`[^`]*`/g, 'name').replace(/holds (this )?policy/, 'holds it');
    assert.ok(words.split(/\s+/).length <= 18, `${words.split(/\s+/).length} words: ${sentence}`);
    assert.doesNotMatch(words, /\barn\b|principal|binding|wildcard|statement|polic(y|ies)|[*]/i, sentence);
    assert.match(sentence, /^[A-Z`].*\.$/s);
  }
}

function keysReversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keysReversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, each]) => [key, keysReversed(each)]),
  );
}

function renamed(value: { Statement: object[] }): unknown {
  return { ...value, Statement: value.Statement.map((statement, i) => ({ ...statement, Sid: `Renamed${i}` })) };
}
