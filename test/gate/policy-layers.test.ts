import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { SEVERITIES } from '../../server/engine/types.ts';
import { expiryFor } from '../../server/gate/ladder.ts';
import { explainPolicy } from '../../server/gate/policy-explain.ts';
import { rememberOrganization } from '../../server/gate/policy-memory.ts';
import { DEFAULT_POLICY, loadPolicy, readPolicy } from '../../server/gate/policy.ts';
import type { Policy } from '../../server/gate/types.ts';
import { temporaryFolder } from './builders.ts';

const ME = process.getuid?.() ?? 0;

const ADA = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGAqdt8NRP2uXZ3B6p1GAr2pbhTBlAY5mSHEhE4mo0i4';
const EVE = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKXKFLNcJ6nJzcBQuOyYX5Wq3PjYEcJx0V4ZzQJ0WKMN';

type Texts = { readonly organization?: string; readonly user?: string; readonly workspace?: string };

/** What these layers come to. Undefined texts are missing files. */
function layered(t: TestContext, texts: Texts, stateFolder?: string) {
  const folder = temporaryFolder(t);
  const [organization, user] = [join(folder, 'etc/policy.yaml'), join(folder, 'home/policy.yaml')];
  const workspace = join(folder, 'work');
  const files = { organization, user, workspace: join(workspace, '.countersign/policy.yaml') };
  mkdirSync(join(folder, 'etc'));
  mkdirSync(join(folder, 'home'));
  mkdirSync(join(workspace, '.countersign'), { recursive: true });
  for (const of of ['organization', 'user', 'workspace'] as const) {
    const text = texts[of];
    if (text !== undefined) writeFileSync(files[of], text, { mode: 0o644 });
  }
  const options = { organization: { file: organization, administrators: [ME] }, stateFolder };
  return {
    folder,
    files,
    workspace,
    options,
    read: () => readPolicy(workspace, user, options),
    load: () => loadPolicy(workspace, user, options),
  };
}

/** Of each key: a setting, a milder one, a stricter one; and what is seen of it. */
const KEYS: readonly {
  readonly key: string;
  readonly set: string;
  readonly milder: string;
  readonly stricter: string;
  readonly see: (policy: Policy) => unknown;
}[] = [
  ...SEVERITIES.map((severity) => ({
    key: `verdicts.${severity}`,
    set: `verdicts: {${severity}: acknowledge}`,
    milder: `verdicts: {${severity}: note}`,
    stricter: `verdicts: {${severity}: approve}`,
    see: (policy: Policy) => policy.verdicts[severity],
  })),
  {
    key: 'reason.minimumLength',
    set: 'reason: {minimumLength: 50}',
    milder: 'reason: {minimumLength: 30}',
    stricter: 'reason: {minimumLength: 90}',
    see: (policy) => policy.reason.minimumLength,
  },
  {
    key: 'reason.ticketRequired',
    set: 'reason: {ticketRequired: true}',
    milder: 'reason: {ticketRequired: false}',
    stricter: 'reason: {ticketRequired: true, ticketPattern: "A-[0-9]+"}',
    see: (policy) => [policy.reason.ticketRequired, policy.reason.ticketPatterns],
  },
  {
    key: 'reason.categories',
    set: 'reason: {categories: [{id: a, label: A}, {id: b, label: B}]}',
    milder: 'reason: {categories: [{id: c, label: C}]}',
    stricter: 'reason: {categories: [{id: b, label: B}]}',
    see: (policy) => policy.reason.categories?.map(({ id }) => id),
  },
  {
    key: 'expiry.longestHours',
    set: 'expiry: {longestHours: 100}',
    milder: 'expiry: {longestHours: 101}',
    stricter: 'expiry: {longestHours: 10}',
    see: (policy) => policy.expiry,
  },
  {
    key: 'expiry.critical',
    set: 'expiry: {critical: {longestHours: 8}}',
    milder: 'expiry: {critical: {longestHours: 9}}',
    stricter: 'expiry: {critical: {longestHours: 2}}',
    see: (policy) => expiryFor(policy, 'critical'),
  },
  {
    key: 'presence',
    set: 'presence: {critical: touch}',
    milder: 'presence: {critical: none}',
    stricter: 'presence: {critical: verified}',
    see: (policy) => policy.presence.critical,
  },
  {
    key: 'retryMinutes',
    set: 'retryMinutes: 5',
    milder: 'retryMinutes: 6',
    stricter: 'retryMinutes: 4',
    see: (policy) => policy.retryMinutes,
  },
  {
    key: 'approvals.hours',
    set: 'approvals: {hours: 8}',
    milder: 'approvals: {hours: 9}',
    stricter: 'approvals: {hours: 7}',
    see: (policy) => policy.approvals,
  },
  {
    key: 'approvals.folder',
    set: 'approvals: {folder: /srv/approvals}',
    milder: 'approvals: {folder: /tmp/elsewhere}',
    stricter: 'approvals: {folder: /srv/approvals, hours: 2}',
    see: (policy) => policy.approvals,
  },
  {
    key: 'trustedKeys',
    set: `trustedKeys: [{person: Ada, key: "${ADA}"}]`,
    milder: `trustedKeys: [{person: Eve, key: "${EVE}"}]`,
    stricter: `trustedKeys: [{person: Ada, key: "${ADA}"}]\nrevokedKeys: ["${'0'.repeat(64)}"]`,
    see: (policy) => [policy.trustedKeys.map(({ person }) => person), policy.revokedKeys],
  },
  {
    key: 'ignores.longestDays',
    set: 'ignores: {longestDays: 30}',
    milder: 'ignores: {longestDays: 31}',
    stricter: 'ignores: {longestDays: 3}',
    see: (policy) => policy.ignores.longestDays,
  },
  {
    key: 'ignores.upTo',
    set: 'ignores: {upTo: medium}',
    milder: 'ignores: {upTo: high}',
    stricter: 'ignores: {upTo: low}',
    see: (policy) => policy.ignores.upTo,
  },
  {
    key: 'newRules',
    set: 'newRules: enforce',
    milder: 'newRules: note',
    stricter: 'newRules: enforce',
    see: (policy) => policy.newRules,
  },
];

for (const { key, set, milder, stricter, see } of KEYS) {
  for (const layer of ['user', 'workspace'] as const) {
    void test(`${key}: the organization's setting, and a ${layer} that is milder or stricter`, (t) => {
      const alone = layered(t, { organization: set }).load();
      const loose = layered(t, { organization: set, [layer]: milder }).load();
      const tight = layered(t, { organization: set, [layer]: stricter }).load();
      const only = layered(t, { organization: stricter }).load();
      assert.ok(alone.ok && loose.ok && tight.ok && only.ok);
      assert.deepEqual(see(loose.policy), see(alone.policy), 'the milder one has no effect');
      assert.equal(loose.policy.refused.length, 1, JSON.stringify(loose.policy.refused));
      assert.equal(loose.policy.refused[0]?.of, layer);
      assert.match(loose.policy.refused[0]?.sentence ?? '', /policy\.yaml, line 1, column \d+: .+ (Remove|Lower|Raise|Choose)/);
      assert.deepEqual(tight.policy.refused, []);
      assert.deepEqual(see(tight.policy), see(only.policy), 'the stricter one counts');
      assert.notEqual(loose.policy.digest, alone.policy.digest, 'an attempt is seen in the digest');
    });
  }
}

void test('a user cannot get around a verdict of the organization by a place that matches everything', (t) => {
  const around = 'environments: {mine: {match: ["**", "*"], verdicts: {high: note, low: allow}}}';
  const loaded = layered(t, { organization: 'verdicts: {high: acknowledge}', user: around }).load();
  assert.ok(loaded.ok);
  assert.deepEqual(
    loaded.policy.refused.map(({ keys }) => keys.join('.')),
    ['environments.mine.verdicts.high'],
    'low was not set by the organization',
  );
  assert.deepEqual(loaded.policy.environments[0]?.verdicts, { low: 'allow' });
});

void test('a stricter verdict of a workspace counts in the milder places of the organization, too', (t) => {
  const loaded = layered(t, {
    organization: 'environments: {sandbox: {match: [sandbox/**], verdicts: {high: note, low: allow}}}',
    workspace: 'verdicts: {high: forbid}',
  }).load();
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.policy.environments[0]?.verdicts, { high: 'forbid', low: 'allow' });
});

void test('a shorter time for everything cuts the time of each severity', (t) => {
  const loaded = layered(t, {
    organization: 'expiry: {longestHours: 200, critical: {longestHours: 100, defaultHours: 50}}',
    workspace: 'expiry: {longestHours: 20}',
  }).load();
  assert.ok(loaded.ok);
  assert.deepEqual(expiryFor(loaded.policy, 'critical'), { defaultHours: 20, longestHours: 20 });
  assert.deepEqual(expiryFor(loaded.policy, 'low'), { defaultHours: 20, longestHours: 20 });
});

void test('ticket patterns of all layers must match', (t) => {
  const loaded = layered(t, {
    organization: 'reason: {ticketPattern: "[A-Z]+-[0-9]+"}',
    workspace: 'reason: {ticketPattern: "OPS-.*"}',
  }).load();
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.policy.reason.ticketPatterns, ['[A-Z]+-[0-9]+', 'OPS-.*']);
});

void test('a broken layer is told with its place, and the others still hold', (t) => {
  const { load } = layered(t, {
    organization: 'noGo: [secrets/**]',
    user: 'retryMinutes: soon',
    workspace: 'watch: [deploy/**]\nverdicts: {low: acknowledge}',
  });
  const loaded = load();
  assert.ok(!loaded.ok);
  assert.match(loaded.problem, /home\/policy\.yaml, line 1, column 1: “retryMinutes” is a whole number/);
  assert.deepEqual(
    [loaded.policy.noGo[0]?.pattern, loaded.policy.watch, loaded.policy.verdicts.low],
    ['secrets/**', ['deploy/**'], 'acknowledge'],
  );
});

void test('a policy that takes long, or grows when it is read, is refused at once', (t) => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghijklm'
    .split('')
    .map((name, index) => `${name}: &${name} [${`*${'abcdefghijkl'[index]},`.repeat(9)}]`)
    .join('\n')}`;
  for (const [text, what] of [
    [bomb, /anchors and aliases/],
    [`noGo:\n${'  - some/folder/that/is/not/there/**\n'.repeat(40_000)}`, /more than a million characters/],
    ['['.repeat(5000), /not valid YAML|cannot be/],
    [`watch: ["{${'a,'.repeat(300)}b}"]`, /longer than 500/],
  ] as const) {
    const began = performance.now();
    const loaded = layered(t, { workspace: text }).load();
    assert.ok(!loaded.ok, 'it was taken');
    assert.match(loaded.problem, what);
    assert.ok(performance.now() - began < 15_000, `${performance.now() - began} ms`);
  }
});

/** Prepares an organization's file; then whether it counts. */
const OWNERS: readonly (readonly [string, (file: string, folder: string) => void, RegExp | undefined, boolean])[] = [
  ['as an administrator leaves it', () => undefined, undefined, false],
  ['read only', (file) => chmodSync(file, 0o444), undefined, false],
  ['writable by all', (file) => chmodSync(file, 0o666), /can write the file/, false],
  ['in a folder that all can write', (_, folder) => chmodSync(join(folder, 'etc'), 0o777), /can write the folder/, false],
  ['in a sticky folder, like /tmp', (_, folder) => chmodSync(join(folder, 'etc'), 0o1777), undefined, false],
  ['in a folder of a folder that all can write', (_, folder) => chmodSync(folder, 0o777), /can write the folder/, false],
  [
    'a link to a file that all can write',
    (file, folder) => {
      rmSync(file);
      writeFileSync(join(folder, 'other.yaml'), 'retryMinutes: 7');
      chmodSync(join(folder, 'other.yaml'), 0o666);
      symlinkSync('../other.yaml', file);
    },
    /can write the file .*other\.yaml/,
    false,
  ],
  [
    'a link to a file of an administrator',
    (file, folder) => {
      rmSync(file);
      writeFileSync(join(folder, 'other.yaml'), 'retryMinutes: 7', { mode: 0o644 });
      symlinkSync('../other.yaml', file);
    },
    undefined,
    false,
  ],
  ['of a group that can write it', (file) => (chownSync(file, 0, 4242), chmodSync(file, 0o664)), /can write the file/, true],
  ['of the group root', (file) => (chownSync(file, 0, 0), chmodSync(file, 0o664)), undefined, true],
  ['of another user', (file) => chownSync(file, 4242, 4242), /belongs to user 4242/, true],
  ['in a folder of another user', (_, folder) => chownSync(join(folder, 'etc'), 4242, 4242), /the folder .*etc belongs to user 4242/, true],
];

for (const [name, prepare, refused, needsRoot] of OWNERS) {
  void test(`an organization's policy ${name}`, { skip: needsRoot && ME !== 0 ? 'needs root' : process.platform === 'win32' }, (t) => {
    const { files, folder, load } = layered(t, { organization: 'retryMinutes: 7' });
    prepare(files.organization, folder);
    const loaded = load();
    assert.equal(loaded.ok, refused === undefined, loaded.ok ? 'it counts' : loaded.problem);
    if (refused === undefined || loaded.ok) {
      assert.equal(loaded.policy.retryMinutes, 7);
      return;
    }
    assert.match(loaded.problem, refused);
    assert.match(loaded.problem, /administrator/);
    assert.equal(loaded.policy.retryMinutes, 15, 'what anybody could have written does not count');
  });
}

void test('a file of the person who runs this is no organization’s, without being told that they administrate', { skip: ME === 0 }, (t) => {
  const { files, workspace } = layered(t, { organization: 'retryMinutes: 7' });
  const loaded = loadPolicy(workspace, undefined, { organization: { file: files.organization, administrators: [0] } });
  assert.ok(!loaded.ok && /belongs to user/.test(loaded.problem));
});

void test('an organization’s policy that was there and is gone closes, until it is back or withdrawn', (t) => {
  const state = temporaryFolder(t);
  const { files, load } = layered(t, { organization: 'retryMinutes: 7' }, state);
  const first = load();
  assert.ok(first.ok);
  rememberOrganization(first.policy, state, new Date('2026-03-04T05:06:07Z'));
  rmSync(files.organization);
  const gone = load();
  assert.ok(!gone.ok);
  assert.match(gone.problem, /organization's policy .*policy\.yaml is missing\. It was in force since 2026-03-04\. Put it back\./);
  writeFileSync(files.organization, 'retryMinutes: 7', { mode: 0o644 });
  assert.ok(load().ok, 'it is back');
  writeFileSync(files.organization, '# withdrawn\n\n', { mode: 0o644 });
  const withdrawn = load();
  assert.ok(withdrawn.ok);
  rememberOrganization(withdrawn.policy, state, new Date());
  rmSync(files.organization);
  assert.deepEqual(load(), { ok: true, policy: DEFAULT_POLICY });
});

void test('an organization’s policy that an administrator requires closes where it is missing', (t) => {
  const { folder, files, load } = layered(t, {});
  assert.ok(load().ok);
  writeFileSync(join(folder, 'etc/policy.required'), '');
  const missing = load();
  assert.ok(!missing.ok && missing.problem.includes(files.organization) && missing.problem.includes('policy.required'));
});

void test('every setting in force is shown with where it came from', (t) => {
  const { read, files } = layered(t, {
    organization:
      'verdicts:\n  high: approve\nnoGo:\n  - a/**\nexpiry: {defaultHours: 48}\nsinks:\n  - {otlp: "https://c.example.com/v1/logs", headers: {authorization: secret-1}}\n',
    user: 'verdicts:\n  high: note\n  medium: forbid\nnoGo: [b/**]\n',
    workspace: 'expiry: {longestHours: 10}\nnoGo: [{pattern: c, owner: Sec}]\nreason: {ticketPattern: "A-.*"}\n',
  });
  const all = explainPolicy(read());
  const of = (key: string) =>
    all.filter((one) => one.key === key).map(({ value, from }) => [value, from.of === 'built-in' ? 'built-in' : `${from.of}:${from.line}`]);
  assert.deepEqual(of('verdicts.high'), [['approve', 'organization:2']]);
  assert.deepEqual(of('verdicts.medium'), [['forbid', 'user:3']]);
  assert.deepEqual(of('verdicts.low'), [['note', 'built-in']]);
  assert.deepEqual(
    of('noGo').map(([, from]) => from),
    ['organization:4', 'user:4', 'workspace:2'],
  );
  assert.deepEqual(of('expiry.defaultHours'), [[10, 'organization:5']], 'what a shorter limit makes of it');
  assert.deepEqual(of('expiry.longestHours'), [[10, 'workspace:1']]);
  assert.deepEqual(of('reason.ticketPattern'), [['A-.*', 'workspace:3']]);
  assert.ok(!JSON.stringify(all).includes('secret-1'), 'what is sent to a collector is not shown');
  assert.ok(all.some(({ from }) => from.of === 'workspace' && from.file === files.workspace));
});
