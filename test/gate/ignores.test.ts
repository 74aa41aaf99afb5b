import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Severity } from '../../server/engine/types.ts';
import { ignoreComments } from '../../server/gate/ignore-comments.ts';
import { loadPolicy } from '../../server/gate/policy.ts';
import { judge } from '../../server/gate/judge.ts';
import { edit, temporaryFolder } from './builders.ts';
import { lockedPacks, packText, pod, write } from './team-pack.ts';

const NOW = new Date('2026-06-15T12:00:00Z');
const REASON = 'The lab cluster is thrown away each night';
const WHY = `until 2026-07-01: ${REASON}`;
const PATH = 'k8s/web.yaml';

type Case = {
  readonly before: string;
  readonly after: string;
  readonly severity?: Severity;
  readonly fixed?: true;
  readonly user?: string;
  readonly workspace?: string;
  /** Rules that are told, with `!` for those that were ignored. */
  readonly told: readonly string[];
  readonly problem?: RegExp;
};

const comment = (rest: string) => `  # countersign-ignore ${rest}`;
const above = (hostname: string, rest: string) => pod(hostname).replace('  hostname', `${comment(rest)}\n  hostname`);
const inPolicy = (more = '') => `ignore:\n  - { rule: no-lab, path: "k8s/**", reason: ${REASON}, until: "2026-07-01" }\n${more}`;

const cases: Readonly<Record<string, Case>> = {
  'no ignore': { before: pod('a'), after: pod('no-lab'), told: ['no-lab'] },
  'a comment in the line': {
    before: pod('a', comment(`no-lab ${WHY}`)),
    after: pod('no-lab', comment(`no-lab ${WHY}`)),
    told: ['!no-lab'],
  },
  'a comment in the line above': { before: above('a', `no-lab ${WHY}`), after: above('no-lab', `no-lab ${WHY}`), told: ['!no-lab'] },
  'two comments above': {
    before: above('a', `no-lab ${WHY}\n  # countersign-ignore other ${WHY}`),
    after: above('no-lab', `no-lab ${WHY}\n  # countersign-ignore other ${WHY}`),
    told: ['!no-lab'],
  },
  'a comment two lines above': {
    before: pod('a').replace('spec:', `${comment(`no-lab ${WHY}`).trim()}\nspec:`),
    after: pod('no-lab').replace('spec:', `${comment(`no-lab ${WHY}`).trim()}\nspec:`),
    told: ['no-lab'],
  },
  'another rule’s comment': { before: above('a', `no-lob ${WHY}`), after: above('no-lab', `no-lob ${WHY}`), told: ['no-lab'] },
  'a comment that the same edit adds': { before: pod('a'), after: above('no-lab', `no-lab ${WHY}`), told: ['ignore-added', 'no-lab'] },
  'a comment that is added alone': { before: pod('a'), after: above('a', `no-lab ${WHY}`), told: ['ignore-added'] },
  'a comment that is prolonged': {
    before: above('a', `no-lab until 2026-06-20: ${REASON}`),
    after: above('no-lab', `no-lab ${WHY}`),
    told: ['ignore-added', 'no-lab'],
  },
  'a comment that is moved to another thing': {
    before: `${above('a', `no-lab ${WHY}`)}---\n${pod('b').replace('web', 'shop')}`,
    after: `${pod('a')}---\n${above('no-lab', `no-lab ${WHY}`).replace('web', 'shop')}`,
    told: ['ignore-added', 'no-lab'],
  },
  'a comment whose thing gets another name': {
    before: above('a', `no-lab ${WHY}`),
    after: above('no-lab', `no-lab ${WHY}`).replace('web', 'shop'),
    told: ['ignore-added', 'no-lab'],
  },
  'a comment whose thing is moved with it': {
    before: above('a', `no-lab ${WHY}`),
    after: `# web\n\n${above('no-lab', `no-lab ${WHY}`)}`,
    told: ['!no-lab'],
  },
  'a comment that is taken out': { before: above('a', `no-lab ${WHY}`), after: pod('no-lab'), told: ['no-lab'] },
  'words in a string': {
    before: pod('a').replace('name: web', `name: "web # countersign-ignore no-lab ${WHY}"`),
    after: pod('no-lab').replace('name: web', `name: "web # countersign-ignore no-lab ${WHY}"`),
    told: ['no-lab'],
  },
  'an expired comment': {
    before: above('a', `no-lab until 2026-06-14: ${REASON}`),
    after: above('no-lab', `no-lab until 2026-06-14: ${REASON}`),
    told: ['no-lab'],
    problem: /^Line 6: the ignore of no-lab expired on 2026-06-14: the finding counts again/,
  },
  'the last day of a comment': {
    before: above('a', `no-lab until 2026-06-15: ${REASON}`),
    after: above('no-lab', `no-lab until 2026-06-15: ${REASON}`),
    told: ['!no-lab'],
  },
  'a comment for too long': {
    before: above('a', `no-lab until 2027-06-15: ${REASON}`),
    after: above('no-lab', `no-lab until 2027-06-15: ${REASON}`),
    told: ['no-lab'],
    problem: /more than 90 days/,
  },
  'a comment for no day': {
    before: above('a', `no-lab until 2026-06-31: ${REASON}`),
    after: above('no-lab', `no-lab until 2026-06-31: ${REASON}`),
    told: ['no-lab'],
    problem: /2026-06-31, which is no day/,
  },
  'a comment without a reason worth it': {
    before: above('a', 'no-lab until 2026-07-01: lab'),
    after: above('no-lab', 'no-lab until 2026-07-01: lab'),
    told: ['no-lab'],
    problem: /has a reason of 3 characters, 20 are required/,
  },
  'a comment without a day': {
    before: above('a', `no-lab: ${REASON}`),
    after: above('no-lab', `no-lab: ${REASON}`),
    told: ['no-lab'],
    problem: /^Line 6: this ignore is not read. Write it so: countersign-ignore RULE until/,
  },
  'a comment over a high finding': {
    before: above('a', `no-lab ${WHY}`),
    after: above('no-lab', `no-lab ${WHY}`),
    severity: 'high',
    told: ['no-lab'],
    problem: /the finding is high, and a workspace may ignore up to medium/,
  },
  'a comment over a high finding, where the user lets it': {
    before: above('a', `no-lab ${WHY}`),
    after: above('no-lab', `no-lab ${WHY}`),
    severity: 'high',
    user: 'ignores: { workspaceUpTo: high }',
    told: ['!no-lab'],
  },
  'a comment over a rule that cannot be ignored': {
    before: above('a', `no-lab ${WHY}`),
    after: above('no-lab', `no-lab ${WHY}`),
    fixed: true,
    told: ['no-lab'],
    problem: /its pack says that this rule cannot be ignored/,
  },
  'the workspace’s policy': { before: pod('a'), after: pod('no-lab'), workspace: inPolicy(), told: ['!no-lab'] },
  'the workspace’s policy over a high finding': {
    before: pod('a'),
    after: pod('no-lab'),
    severity: 'high',
    workspace: inPolicy(),
    told: ['no-lab'],
    problem:
      /policy\.yaml, line 2, column 5: the ignore of no-lab does not count: the finding is high, and a workspace may ignore up to medium/,
  },
  'the user’s policy over a high finding': {
    before: pod('a'),
    after: pod('no-lab'),
    severity: 'high',
    user: inPolicy(),
    told: ['!no-lab'],
  },
  'the user’s policy over a critical finding': {
    before: pod('a'),
    after: pod('no-lab'),
    severity: 'critical',
    user: inPolicy(),
    told: ['no-lab'],
    problem: /the finding is critical, and a policy may ignore up to high/,
  },
  'the user’s policy over a critical finding, where it says so': {
    before: pod('a'),
    after: pod('no-lab'),
    severity: 'critical',
    user: inPolicy('ignores: { upTo: critical }'),
    told: ['!no-lab'],
  },
  'the user’s policy over a rule that cannot be ignored': {
    before: pod('a'),
    after: pod('no-lab'),
    fixed: true,
    user: inPolicy('ignores: { upTo: critical }'),
    told: ['no-lab'],
    problem: /cannot be ignored/,
  },
  'an expired ignore of a policy': {
    before: pod('a'),
    after: pod('no-lab'),
    user: inPolicy().replace('2026-07-01', '2026-06-01'),
    told: ['no-lab'],
    problem: /line 2, column 5: the ignore of no-lab expired on 2026-06-01/,
  },
  'an ignore of a policy for too long': {
    before: pod('a'),
    after: pod('no-lab'),
    user: inPolicy('ignores: { longestDays: 10 }'),
    told: ['no-lab'],
    problem: /more than 10 days/,
  },
  'an ignore of a policy for another path': {
    before: pod('a'),
    after: pod('no-lab'),
    user: inPolicy().replace('k8s/**', 'prod/**'),
    told: ['no-lab'],
  },
};

for (const [name, { before, after, severity = 'medium', fixed, user, workspace, told, problem }] of Object.entries(cases)) {
  void test(`ignores: ${name}`, (t) => {
    const folder = temporaryFolder(t);
    const root = join(folder, 'w');
    lockedPacks(join(root, '.countersign', 'packs'), {
      'lab.yaml': packText('lab', '1.0.0', [{ id: 'no-lab', severity, ignorable: fixed !== true }]),
    });
    if (user !== undefined) write(folder, { 'user.yaml': user });
    if (workspace !== undefined) write(root, { '.countersign/policy.yaml': workspace });
    const loaded = loadPolicy(root, join(folder, 'user.yaml'));
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const asked = { workspace: root, edits: [{ ...edit(PATH, 'attested', after), before }] };
    const { verdict, assessments, ignored } = judge(asked, { policy: loaded.policy, outOfTime: () => false, now: () => NOW });
    const rules = [...(assessments[0]?.findings ?? []).map(({ rule }) => rule), ...ignored.map(({ finding }) => `!${finding.rule}`)];
    assert.deepEqual(rules.sort(), [...told].sort());
    assert.equal(verdict, told.every((rule) => rule.startsWith('!')) ? 'allow' : 'acknowledge');
    const problems = (assessments[0]?.problems ?? []).map(({ message }) => message);
    if (problem === undefined) assert.deepEqual(problems, []);
    else assert.ok(problems.length === 1 && problem.test(problems[0] ?? ''), problems.join('\n'));
  });
}

/** Path, text → rules of the ignores that are read, with the line each speaks of. */
const formats: readonly (readonly [string, string, readonly string[]])[] = [
  ['main.tf', `resource "a" "b" {\n  # countersign-ignore r ${WHY}\n  x = 1\n  y = 2 // countersign-ignore s ${WHY}\n}\n`, ['r 3', 's 4']],
  ['main.tf', `resource "a" "b" {\n  x = "# countersign-ignore r ${WHY}"\n  y = <<EOT\n# countersign-ignore r ${WHY}\nEOT\n}\n`, []],
  ['main.bicep', `// countersign-ignore r ${WHY}\nparam x string = 'a'\n`, ['r 2']],
  [
    'a/settings.json',
    `{\n  "a": 1, // countersign-ignore r ${WHY}\n  /* countersign-ignore s ${WHY} */\n  "b": "// countersign-ignore t ${WHY}"\n}\n`,
    ['r 2', 's 4'],
  ],
  ['Dockerfile', `FROM a\n# countersign-ignore r ${WHY}\nUSER root\n`, ['r 3']],
  ['db/grants.sql', `-- countersign-ignore r ${WHY}\nGRANT ALL ON t TO PUBLIC;\nSELECT '-- countersign-ignore s ${WHY}';\n`, ['r 2']],
  ['a.toml', `# countersign-ignore r ${WHY}\nx = 1\ny = "# countersign-ignore r ${WHY}"\n`, ['r 2']],
  ['a.ini', `; countersign-ignore r ${WHY}\nx = 1\n`, ['r 2']],
  ['.env', `# countersign-ignore r ${WHY}\nX=1\n`, ['r 2']],
  ['etc/ssh/sshd_config', `# countersign-ignore r ${WHY}\nPermitRootLogin yes\n`, ['r 2']],
  ['etc/sudoers', `# countersign-ignore r ${WHY}\na ALL=(ALL) ALL\n`, ['r 2']],
  ['pg_hba.conf', `host all all 0.0.0.0/0 trust # countersign-ignore r ${WHY}\n`, ['r 1']],
  ['nginx/nginx.conf', `server {\n  # countersign-ignore r ${WHY}\n  listen 80;\n}\n`, ['r 3']],
  ['AGENTS.md', `<!-- countersign-ignore r ${WHY} -->\nDo it.\n`, ['r 2']],
  ['a.yaml', `a: |\n  # countersign-ignore r ${WHY}\n  x\n# countersign-ignore s ${WHY}\r\nb: 1\r\n`, ['s 5']],
  ['a.yaml', `b: 1 # see countersign-ignore r ${WHY}\n`, []],
  ['a.yaml', `b: 1\n# countersign-ignore r ${WHY}`, []],
];

for (const [path, text, expected] of formats) {
  void test(`ignores in ${path}: ${expected.join(', ') || 'none'}`, () => {
    const { comments } = ignoreComments(path, text, 'after');
    assert.deepEqual(
      comments.map(({ rule, line }) => `${rule} ${line}`),
      expected,
    );
    for (const { reason } of comments) assert.equal(reason, REASON);
  });
}
