import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_POLICY, loadPolicy } from '../../server/gate/policy.ts';
import { temporaryFolder } from './builders.ts';

/** Each line of the second column must be in the problem. `^` is the file. */
const bad: readonly (readonly [string, readonly string[]])[] = [
  ['verdicts:\n  hihg: forbid', ['^, line 2, column 3: the key “hihg” is not known here', 'critical, high, medium, low, info']],
  ['verdict:\n  high: forbid', ['^, line 1, column 1', 'Did you mean “verdicts”?']],
  ['reason:\n  minimum-length: 40', ['^, line 2, column 3', 'Did you mean “minimumLength”?']],
  ['verdicts:\n  high: permit', ['^, line 2, column 3', 'allow, note, acknowledge, approve, forbid']],
  ['environments: [prod]', ['^, line 1', 'match, verdicts']],
  ['environments:\n  prod: {match: [a]}', ['^, line 2', 'verdicts']],
  ['environments:\n  "a b": {match: [a], verdicts: {high: forbid}}', ['^, line 2', 'a short name such as prod']],
  ['environments:\n  prod: {match: ["@(a)"], verdicts: {high: forbid}}', ['^, line 2', 'not read here']],
  ['environments:\n  prod: {paths: [a], verdicts: {}}', ['^, line 2, column 10: the key “paths” is not known here']],
  ['presence: {critical: yes}', ['^, line 1', 'none, touch, verified']],
  ['expiry: {critical: {hours: 4}}', ['^, line 1', 'defaultHours, longestHours']],
  ['expiry:\n  high: {defaultHours: 30, longestHours: 8}', ['^, line 2', 'longer than longestHours (8)']],
  ['expiry:\n  high: {defaultHours: 800}', ['^, line 2', 'longer than longestHours (720)']],
  ['reason: {ticketPattern: "OPS-(?=1)"}', ['^, line 1', 'not one of RE2']],
  ['reason: {categories: []}', ['^, line 1', '“categories” is empty']],
  ['reason: {categories: [{id: A, label: x}]}', ['^, line 1', 'a short word']],
  ['reason: {categories: [{id: a, label: x}, {id: a, label: y}]}', ['^, line 1', 'Two categories have one id']],
  ['verdicts: strict', ['^, line 1', 'is a table with these keys']],
  ['reason:\n  minimumLength: 5', ['^, line 2', 'a whole number from 20 to 1000']],
  ['reason:\n  minimumLength: "40"', ['^, line 2', 'without quotes']],
  ['reason:\n  ticketRequired: yes please', ['^, line 2', 'true or false']],
  ['expiry:\n  longestHours: 1.5', ['^, line 2', 'whole number']],
  ['expiry:\n  defaultHours: 20\n  longestHours: 10', ['^, line 2', 'longer than longestHours']],
  ['noGo: infra/**', ['^, line 1', 'is a list']],
  ['noGo:\n  - a\n  - 5', ['^, line 3, column 5', 'A no-go entry is a pattern']],
  ['noGo:\n  - pattern: a\n    owners: b', ['^, line 3, column 5', 'Did you mean “owner”?']],
  ['noGo:\n  - ""', ['^, line 2, column 5', 'A no-go entry is a pattern']],
  ['accounts: [000012345678]', ['^, line 1, column 12', 'twelve digits in quotes']],
  ['sensitivity:\n  - pattern: x\n    level: secret', ['^, line 3', 'public, internal, confidential, restricted']],
  ['packs: shop', ['^, line 1', '“packs” is a list']],
  ['packs:\n  - {}', ['^, line 2, column 5', 'needs “name”, “path” or “npm”']],
  ['packs:\n  - { path: a, npm: b }', ['^, line 2, column 5', 'exclude each other']],
  ['packs:\n  - { name: a, key: b }', ['^, line 2', 'Did you mean “keys”?']],
  ['packs:\n  - { name: a, keys: [] }', ['^, line 2', '“keys” is empty']],
  ['packs:\n  - { npm: "../x" }', ['^, line 2', 'name of an installed package']],
  ['ignore:\n  - { rule: a-b, path: x, reason: why, until: tomorrow }', ['^, line 2, column 40', 'a day such as 2027-01-31']],
  ['ignore:\n  - { rule: a-b, path: x, reason: why, until: "2027-02-30" }', ['^, line 2', 'a day such as']],
  ['ignore:\n  - { rule: a-*, path: x, reason: why, until: "2027-02-03" }', ['^, line 2', 'the id of one rule']],
  ['ignore:\n  - { rule: a-b, path: x, until: "2027-02-03" }', ['^, line 2']],
  ['ignores: { upTo: worst }', ['^, line 1', 'critical, high, medium, low, info']],
  ['sinks: {otlp: "https://a.example/v1/logs"}', ['^, line 1', '“sinks” is a list']],
  ['sinks:\n  - otlp: http://collector.example.com/v1/logs', ['^, line 2', 'this machine alone. Write https']],
  ['sinks:\n  - otlp: https://ada:secret@collector.example.com/v1/logs', ['^, line 2', 'headersFile']],
  ['sinks:\n  - otlp: ftp://collector.example.com', ['^, line 2', 'is a URL']],
  ['sinks:\n  - syslog: logs.example.com', ['^, line 2', 'host:port']],
  ['sinks:\n  - syslog: logs.example.com:99999', ['^, line 2', 'host:port']],
  ['sinks:\n  - file: events.jsonl', ['^, line 2', 'absolute path']],
  ['sinks:\n  - file: /tmp/a\n    syslog: a:1', ['^, line 2', 'exactly one of']],
  ['sinks:\n  - {}', ['^, line 2', 'exactly one of']],
  ['sinks:\n  - { syslog: "a:1", certificate: /a.pem }', ['^, line 2', 'belong together']],
  ['sinks:\n  - { syslog: "a:1", certficate: /a.pem }', ['^, line 2', 'Did you mean “certificate”?']],
  ['diskWrites: undo', ['^, line 1', 'show or revert']],
  ['newRules: off', ['^, line 1', 'note or enforce']],
  ['version: 2', ['^, line 1', 'version: 1']],
  ['- verdicts', ['^, line 1, column 1', 'a table of “key: value” lines']],
  ['high', ['^, line 1, column 1', 'a table of “key: value” lines']],
  ['verdicts:\n  high: note\n  high: forbid', ['^, line 3, column 3', 'not valid YAML', 'unique']],
  ['verdicts:\n\thigh: forbid', ['^, line 2, column 1', 'not valid YAML', 'Tabs']],
  ['verdicts: [', ['^, line 1', 'not valid YAML']],
  ['--- \nretryMinutes: 5\n---\nretryMinutes: 6', ['^, line 3', 'not valid YAML']],
  ['watch: &a [x]\nnoGo: *a', ['^, line 2, column 7', 'aliases']],
  ['verdicts: !!js/function "x"', ['^, line 1', 'not valid YAML']],
  ['<<: {verdicts: 1}', ['^, line 1', 'not known here']],
  ['__proto__: {}', ['^, line 1']],
];

for (const [text, expected] of bad) {
  void test(`policy refused: ${JSON.stringify(text)}`, (t) => {
    const { workspace, file } = workspaceWith(temporaryFolder(t), text);
    const loaded = loadPolicy(workspace, undefined);
    assert.ok(!loaded.ok, 'it was taken');
    for (const part of expected) assert.ok(loaded.problem.includes(part.replace('^', file)), `${loaded.problem}\nlacks ${part}`);
  });
}

/** What a workspace may say over the default policy; undefined: it is a loosening, named at this line. */
const overDefault: readonly (readonly [string, number | undefined])[] = [
  ['verdicts: {low: acknowledge, info: note}', undefined],
  ['verdicts: {critical: forbid}', undefined],
  ['verdicts: {critical: acknowledge}', undefined],
  ['verdicts:\n  low: note\n  critical: note', 3],
  ['verdicts:\n  low: allow', 2],
  ['reason: {minimumLength: 20}', undefined],
  ['reason: {minimumLength: 60, ticketRequired: true}', undefined],
  ['reason: {ticketRequired: false}', undefined],
  ['expiry: {defaultHours: 4, longestHours: 24}', undefined],
  ['expiry: {longestHours: 4}', undefined],
  ['expiry:\n  longestHours: 721', 2],
  ['expiry:\n  defaultHours: 25', 2],
  ['ignores: {longestDays: 30, upTo: medium, workspaceUpTo: low}', undefined],
  ['ignores:\n  longestDays: 91', 2],
  ['ignores:\n  workspaceUpTo: high', 2],
  ['ignores:\n  upTo: critical', 2],
  ['newRules: enforce', undefined],
  ['diskWrites: revert', undefined],
  ['retryMinutes: 5', undefined],
  ['retryMinutes: 16', 1],
  ['noGo: [infra/**]', undefined],
  ['watch: [deploy/**]', undefined],
  ['sensitivity: [{pattern: "*ledger*", level: restricted}]', undefined],
  ['sensitivity:\n  - {pattern: "*", level: restricted}\n  - {pattern: "*prod*", level: public}', 3],
  ['sinks:\n  - file: /tmp/elsewhere.jsonl', 1],
  ['sinks: []', 1],
  ['accounts: []', undefined],
  ['accounts:\n  - "111122223333"', 2],
];

for (const [text, line] of overDefault) {
  void test(`workspace policy ${line === undefined ? 'tightens' : 'loosens'}: ${JSON.stringify(text)}`, (t) => {
    const { workspace, file } = workspaceWith(temporaryFolder(t), text);
    const loaded = loadPolicy(workspace, undefined);
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const [refused] = loaded.policy.refused;
    assert.equal(refused?.line, line, JSON.stringify(loaded));
    if (refused === undefined) return;
    assert.ok(refused.sentence.startsWith(`${file}, line ${line}, `) && refused.sentence.includes('may only tighten'), refused.sentence);
  });
}

void test('the user may loosen, and the workspace then tightens against that', (t) => {
  const folder = temporaryFolder(t);
  const user = join(folder, 'user.yaml');
  writeFileSync(
    user,
    'verdicts: {medium: note, low: allow}\naccounts: ["111122223333", "444455556666"]\nnoGo: [a]\nretryMinutes: 60\nexpiry: {defaultHours: 100}\nsensitivity: [{pattern: x, level: public, label: sandbox}]',
  );
  const { workspace } = workspaceWith(
    folder,
    'verdicts: {low: note}\naccounts: ["111122223333"]\nnoGo: [{pattern: b, owner: Security}]\nretryMinutes: 30\nsensitivity: [{pattern: y, level: restricted}]',
  );
  const loaded = loadPolicy(workspace, user);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const { policy } = loaded;
  assert.deepEqual(policy.verdicts, { critical: 'acknowledge', high: 'acknowledge', medium: 'note', low: 'note', info: 'allow' });
  assert.deepEqual(
    policy.noGo.map(({ pattern, owner }) => [pattern, owner]),
    [
      ['a', undefined],
      ['b', 'Security'],
    ],
  );
  assert.match(policy.noGo[1]?.source ?? '', /policy\.yaml, line 3/);
  assert.equal(policy.retryMinutes, 30);
  assert.deepEqual(policy.expiry, { defaultHours: 100, longestHours: 720 });
  assert.deepEqual(policy.engine, {
    accounts: ['111122223333'],
    sensitivity: [
      { pattern: 'y', level: 'restricted', label: 'y' },
      { pattern: 'x', level: 'public', label: 'sandbox' },
    ],
  });
});

void test('the digest changes with either file, and with nothing else', (t) => {
  const folder = temporaryFolder(t);
  const user = join(folder, 'user.yaml');
  const digests = new Set<string>();
  for (const [userText, text] of [
    [undefined, undefined],
    ['', undefined],
    [undefined, ''],
    ['# a', ''],
    ['', '# a'],
    ['retryMinutes: 3', ''],
  ] as const) {
    if (userText === undefined) rmSync(user, { force: true });
    else writeFileSync(user, userText);
    const { workspace } = workspaceWith(folder, text);
    for (let again = 0; again < 2; again++) {
      const loaded = loadPolicy(workspace, user);
      assert.ok(loaded.ok);
      digests.add(loaded.policy.digest);
    }
  }
  // An empty file of the user and one of the workspace say the same over the default.
  assert.equal(digests.size, 5);
});

void test('without a file, and with one that says nothing, the default holds', (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(loadPolicy(folder, join(folder, 'none.yaml')), { ok: true, policy: DEFAULT_POLICY });
  for (const text of ['', '\n', '# only a comment\n', '---\n', 'null', '{}']) {
    const loaded = loadPolicy(workspaceWith(folder, text).workspace, undefined);
    assert.ok(loaded.ok, JSON.stringify(loaded));
    assert.deepEqual({ ...loaded.policy, digest: '', layers: [] }, { ...DEFAULT_POLICY, digest: '' });
  }
});

void test('a file that is there but cannot be read is a problem, not silence', (t) => {
  const { workspace, file } = workspaceWith(temporaryFolder(t), undefined);
  mkdirSync(file);
  const folder = loadPolicy(workspace, undefined);
  assert.ok(!folder.ok);
  assert.match(folder.problem, /is there but cannot be read \(EISDIR\)/);
  if (process.getuid?.() === 0) return;
  rmSync(file, { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, 0);
  assert.ok(!loadPolicy(workspace, undefined).ok);
});

function workspaceWith(workspace: string, text: string | undefined): { workspace: string; file: string } {
  const file = join(workspace, '.countersign', 'policy.yaml');
  mkdirSync(join(workspace, '.countersign'), { recursive: true });
  rmSync(file, { recursive: true, force: true });
  if (text !== undefined) writeFileSync(file, text);
  return { workspace, file };
}

/** Organization, user → the line of the user's file that is refused, and undefined where it is taken. */
const overOrganization: readonly (readonly [string, string, number | undefined])[] = [
  ['verdicts: {high: acknowledge}', 'verdicts:\n  high: note', 2],
  ['verdicts: {high: acknowledge}', 'verdicts:\n  medium: note', undefined],
  ['verdicts: {high: acknowledge}', 'verdicts:\n  high: forbid', undefined],
  ['retryMinutes: 5', 'retryMinutes: 10', 1],
  ['noGo: [a]', 'retryMinutes: 60', undefined],
  ['accounts: ["111122223333"]', 'accounts:\n  - "444455556666"', 2],
  ['ignores: {upTo: medium}', 'ignores:\n  upTo: high', 2],
  ['newRules: enforce', 'newRules: note', 1],
  ['diskWrites: revert', 'diskWrites: show', 1],
];

for (const [organization, user, line] of overOrganization) {
  void test(`organization “${organization}”, user ${JSON.stringify(user)}`, (t) => {
    const folder = temporaryFolder(t);
    const [first, second] = [join(folder, 'org.yaml'), join(folder, 'user.yaml')];
    writeFileSync(first, organization);
    writeFileSync(second, user);
    const loaded = loadPolicy(folder, second, { organization: { file: first, administrators: [process.getuid?.() ?? 0] } });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const [refused] = loaded.policy.refused;
    assert.equal(refused?.line, line, JSON.stringify(loaded));
    if (refused !== undefined)
      assert.ok(refused.sentence.startsWith(`${second}, line ${line}, `) && /your organization has set/.test(refused.sentence));
  });
}
