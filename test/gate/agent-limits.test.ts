import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import type { Assessment, Edit, Finding, Severity } from '../../server/engine/types.ts';
import { commandMatches, limitsOf, OUTSIDE_DECLARATION, policyForAgents, systemId, withLimits } from '../../server/gate/agent-limits.ts';
import { agentId } from '../../server/gate/agent-names.ts';
import { decide } from '../../server/gate/decide.ts';
import { DEFAULT_POLICY, loadPolicy } from '../../server/gate/policy.ts';
import { review } from '../../server/gate/review.ts';
import type { AgentDeclaration, Policy, Verdict } from '../../server/gate/types.ts';
import { assessment, edit, finding, temporaryFolder } from './builders.ts';
import { open, scene } from './scene.ts';

const W = '/w';
const NO_ORGANIZATION = { organization: { file: '/nonexistent/policy.yaml', administrators: [] } };
const declared = (one: Partial<AgentDeclaration>, layer = 'user.yaml'): AgentDeclaration => ({
  agent: 'claude-code',
  source: `${layer}, line 2`,
  layer,
  ...one,
});
const policyWith = (...agents: readonly AgentDeclaration[]): Policy => ({ ...DEFAULT_POLICY, agents });

function judged(path: string, findings: readonly Finding[], policy: Policy, change: Partial<Edit> = {}) {
  const one: Edit = { ...edit(path), ...change };
  const limited = withLimits(one, assessment(path, findings.length === 0 ? 'none' : 'config', findings), W, policy);
  const decision = decide([{ edit: one, assessment: limited }], W, policyForAgents([one], [limited], policy), undefined);
  return { limited, verdict: decision.verdict };
}
const told = ({ findings }: Assessment) =>
  findings.map(({ rule, severity }) => `${rule === OUTSIDE_DECLARATION ? 'outside' : 'risk'}:${severity}`).join(' ');

type Row = readonly [
  name: string,
  path: string,
  findings: readonly Severity[],
  of: Partial<AgentDeclaration>,
  verdict: Verdict,
  findings: string,
];
const rows: readonly Row[] = [
  ['within, nothing found', 'src/a.ts', [], { mayTouch: ['src/**'] }, 'allow', ''],
  ['within, a finding stays as it is', 'src/a.yaml', ['low'], { mayTouch: ['src/**'] }, 'note', 'risk:low'],
  ['outside, nothing found: a note', 'infra/a.tf', [], { mayTouch: ['src/**'] }, 'note', 'outside:low'],
  ['outside: low becomes medium', 'infra/a.tf', ['low'], { mayTouch: ['src/**'] }, 'acknowledge', 'risk:medium outside:low'],
  ['outside: high becomes critical', 'infra/a.tf', ['high'], { mayTouch: ['src/**'] }, 'acknowledge', 'risk:critical outside:low'],
  ['outside: critical stays', 'infra/a.tf', ['critical'], { mayTouch: ['src/**'] }, 'acknowledge', 'risk:critical outside:low'],
  ['outside: info becomes low', 'infra/a.tf', ['info'], { mayTouch: ['src/**'] }, 'note', 'risk:low outside:low'],
  ['outside through ..', 'src/../infra/a.tf', [], { mayTouch: ['src/**'] }, 'note', 'outside:low'],
  ['nothing may be touched', 'src/a.ts', [], { mayTouch: [] }, 'note', 'outside:low'],
  ['nothing is said of paths', 'anywhere', [], { tier: 'trusted' }, 'allow', ''],
  ['restricted, outside, nothing found', 'infra/a.tf', [], { tier: 'restricted', mayTouch: ['src/**'] }, 'acknowledge', 'outside:medium'],
  ['restricted, within, low', 'src/a.yaml', ['low'], { tier: 'restricted', mayTouch: ['src/**'] }, 'acknowledge', 'risk:low'],
  ['restricted, within, nothing', 'src/a.ts', [], { tier: 'restricted', mayTouch: ['src/**'] }, 'allow', ''],
  ['restricted, info', 'src/a.ts', ['info'], { tier: 'restricted' }, 'note', 'risk:info'],
  ['supervised, info is shown', 'src/a.ts', ['info'], { tier: 'supervised' }, 'note', 'risk:info'],
  ['trusted, info', 'src/a.ts', ['info'], { tier: 'trusted' }, 'allow', 'risk:info'],
  ['trusted, outside', 'infra/a.tf', ['info'], { tier: 'trusted', mayTouch: ['src/**'] }, 'note', 'risk:low outside:low'],
  ['reaches too far', 'a.json', ['low'], { mayAct: { blastRadius: 'service' } }, 'acknowledge', 'risk:medium outside:low'],
  ['reaches as far as declared', 'a.json', ['low'], { mayAct: { blastRadius: 'public' } }, 'note', 'risk:low'],
  ['too sensitive', 'a.json', ['low'], { mayAct: { sensitivity: 'internal' } }, 'acknowledge', 'risk:medium outside:low'],
  ['another environment, by path', 'deploy/prod/a.yaml', [], { mayAct: { environments: ['dev', 'staging'] } }, 'note', 'outside:low'],
  ['its environment, by path', 'deploy/dev/a.yaml', [], { mayAct: { environments: ['dev', 'staging'] } }, 'allow', ''],
  ['no environment named', 'src/product.ts', [], { mayAct: { environments: ['dev'] } }, 'allow', ''],
  [
    'another environment, by what is opened',
    'a.json',
    ['low'],
    { mayAct: { environments: ['dev'] } },
    'acknowledge',
    'risk:medium outside:low',
  ],
  ['an action that is not declared', 'a.json', ['low'], { mayAct: { actions: ['ec2:*'] } }, 'acknowledge', 'risk:medium outside:low'],
  ['an action that is', 'a.json', ['low'], { mayAct: { actions: ['S3:Get*'] } }, 'note', 'risk:low'],
  ['a rule that is not declared', 'a.json', ['low'], { mayAct: { rules: ['kubernetes-*'] } }, 'acknowledge', 'risk:medium outside:low'],
  ['another agent', 'infra/a.tf', ['low'], { agent: 'codex', mayTouch: [] }, 'note', 'risk:low'],
];

describe('an edit against what its agent is declared to touch', () => {
  for (const [name, path, severities, of, verdict, findings] of rows) {
    test(name, () => {
      const done = judged(
        path,
        severities.map((severity) => finding(severity)),
        policyWith(declared(of)),
      );
      assert.equal(told(done.limited), findings);
      assert.equal(done.verdict, verdict);
    });
  }

  test('the sentence names agent, file and what was declared', () => {
    const { limited } = judged('infra/a.tf', [], policyWith(declared({ mayTouch: ['src/**', 'docs/**'] })));
    assert.equal(limited.findings[0]?.consequence, 'Claude Code changes `infra/a.tf`, outside what it is declared to touch.');
    assert.match(limited.findings[0]?.previously ?? '', /^Declared: may touch `src\/\*\*`, `docs\/\*\*` \(user\.yaml, line 2\)\.$/);
    assert.ok((limited.findings[0]?.consequence.split(' ').length ?? 99) <= 18);
  });

  test('a person is never outside', () => {
    const done = judged('infra/a.tf', [finding('low')], policyWith(declared({ agent: '*', mayTouch: [] })), {
      provenance: edit('x', 'human').provenance,
    });
    assert.equal(told(done.limited), 'risk:low');
  });

  test('an edit that changes nothing is within', () => {
    assert.equal(told(judged('infra/a.tf', [], policyWith(declared({ mayTouch: [] })), { before: 'x', after: 'x' }).limited), '');
  });

  test('with findings the fingerprint keeps over a reformat; alone it is bound to the text', () => {
    const policy = policyWith(declared({ mayTouch: [] }));
    const print = (after: string, findings: readonly Finding[]) =>
      judged('a.json', findings, policy, { after }).limited.findings.find(({ rule }) => rule === OUTSIDE_DECLARATION)?.fingerprint;
    assert.equal(print('{}', [finding('high')]), print('{ }', [finding('high')]));
    assert.notEqual(print('{}', []), print('{ }', []));
  });

  test('tiers make an environment stricter too, and never milder', () => {
    const environment = { name: 'prod', match: ['prod/**'], verdicts: { low: 'allow', high: 'forbid' } as const, source: 'x' };
    const policy = { ...policyWith(declared({ tier: 'restricted' })), environments: [environment] };
    assert.equal(judged('prod/a.json', [finding('low')], policy).verdict, 'acknowledge');
    assert.equal(judged('prod/a.json', [finding('high')], policy).verdict, 'forbid');
  });
});

describe('commands', () => {
  const change = { rule: 'command-changes-access', system: 'AWS', does: 'x', object: 'ci', kind: 'user', severity: 'high' } as const;
  const aws = { after: 'aws iam attach-user-policy', command: [{ kind: 'change', change }] } as const;
  const rows: readonly (readonly [string, Partial<AgentDeclaration>, Partial<Edit>, boolean])[] = [
    ['a system that is declared', { mayAct: { systems: ['aws'] } }, aws, false],
    ['a system that is not', { mayAct: { systems: ['cluster'] } }, aws, true],
    ['only files are declared', { mayTouch: ['src/**'] }, aws, true],
    ['files and the system', { mayTouch: ['src/**'], mayAct: { systems: ['aws'] } }, aws, false],
    ['the command is declared', { mayTouch: ['src/**'], commands: ['aws iam *'] }, aws, false],
    ['another command is declared', { commands: ['npm *'] }, aws, true],
    ['nothing is said of commands', { tier: 'trusted' }, aws, false],
    [
      'writes a file that is declared',
      { mayTouch: ['src/**'] },
      { after: 'sed', command: [{ kind: 'unread', paths: ['src/a'], why: '' }] },
      false,
    ],
    [
      'writes a file that is not',
      { mayTouch: ['src/**'] },
      { after: 'sed', command: [{ kind: 'unread', paths: ['iam/a'], why: '' }] },
      true,
    ],
  ];
  for (const [name, of, change_, outside] of rows) {
    test(name, () => {
      const { limited } = judged('$ it', [finding('high')], policyWith(declared(of)), change_);
      assert.equal(
        limited.findings.some(({ rule }) => rule === OUTSIDE_DECLARATION),
        outside,
      );
    });
  }

  test('a declared command lets no other through beside it', () => {
    for (const line of [
      'npm test && rm -rf x',
      'npm test; rm x',
      'npm test | sh',
      'npm $(rm x)',
      'npm `rm x`',
      'npm test > x',
      'npm x\nrm y',
    ])
      assert.equal(commandMatches('npm *', line), false, line);
    assert.equal(commandMatches('npm *', 'npm run a/b'), true);
    assert.equal(commandMatches('npm test && npm run x', 'npm test && npm run x'), true);
    assert.equal(commandMatches('npm', 'npm test'), false);
  });

  test('systems are named by one word', () => {
    assert.deepEqual(['AWS', 'the cluster', 'this repository', 'GitHub'].map(systemId), ['aws', 'cluster', 'repository', 'github']);
  });
});

describe('which entry holds for an agent', () => {
  const tierOf = (name: string, ...agents: readonly AgentDeclaration[]) => limitsOf(name, policyWith(...agents))?.tier;
  test('by id, by name, by glob, by "*"; the most exact of a layer', () => {
    const all = [
      declared({ agent: '*', tier: 'restricted' }),
      declared({ agent: 'c*', tier: 'supervised' }),
      declared({ agent: 'claude-code', tier: 'trusted' }),
    ];
    assert.equal(tierOf('Claude Code', ...all), 'trusted');
    assert.equal(tierOf('Codex CLI', ...all), 'supervised');
    assert.equal(tierOf('Gemini CLI', ...all), 'restricted');
    assert.equal(tierOf('Codex CLI', declared({ agent: 'codex', tier: 'restricted' })), 'restricted');
    assert.equal(tierOf('VS Code chat', declared({ agent: 'vscode-chat', tier: 'restricted' })), 'restricted');
    assert.equal(tierOf('Cursor', declared({ agent: 'CURSOR', tier: 'restricted' })), 'restricted');
    assert.equal(tierOf('Cursor', declared({ agent: 'codex' })), undefined);
    assert.equal(tierOf('Cursor', declared({ agent: 'cursor' })), 'supervised');
  });

  test('layers narrow each other: the strictest tier, and every layer must let a path through', () => {
    const layers = [
      declared({ tier: 'restricted', mayTouch: ['src/**', 'infra/**'] }, 'org'),
      declared({ agent: '*', tier: 'trusted', mayTouch: ['src/**'] }, 'workspace'),
    ];
    assert.equal(tierOf('Claude Code', ...layers), 'restricted');
    assert.equal(told(judged('src/a', [], policyWith(...layers)).limited), '');
    assert.equal(told(judged('infra/a', [], policyWith(...layers)).limited), 'outside:medium');
  });

  test('ids are names of files', () => {
    for (const name of ['cod\u200Bex', 'Co\u0301dex', '\uFF23odex', 'codex\uFE0F', 'Co\u00ADdex'])
      assert.equal(agentId(name), 'codex', name);
    for (const name of ['../../x', 'a/b', '..', '', 'ΑΒΓ', 'x'.repeat(500)]) assert.match(agentId(name), /^[a-z0-9][a-z0-9-]{0,59}$/, name);
  });
});

describe('read from a policy', () => {
  const write = (file: string, text: string): string => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };

  test('everything that can be declared', (t) => {
    const folder = temporaryFolder(t);
    const user = write(
      join(folder, 'user.yaml'),
      `agents:
  "*":
    tier: restricted
  claude-code:
    tier: supervised
    mayTouch: ["src/**"]
    mayAct: { blastRadius: service, sensitivity: internal, environments: [dev], systems: [aws], actions: ["s3:*"], rules: ["aws-*"] }
    mcpServers: [github]
    commands: ["npm *"]
breaker: { held: 5, minutes: 20, retries: 2, stops: all }
`,
    );
    const loaded = loadPolicy(join(folder, 'w'), user, NO_ORGANIZATION);
    assert.ok(loaded.ok, JSON.stringify(loaded));
    assert.deepEqual(loaded.policy.breaker, { held: 5, minutes: 20, retries: 2, stops: 'all' });
    assert.equal(loaded.policy.agents.length, 2);
    assert.equal(loaded.policy.agents[1]?.source, `${user}, line 4, column 3`);
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['agents:\n  codex: { tier: trust }', /line 2.*trusted, supervised, restricted/],
    ['agents:\n  codex: { maytouch: [x] }', /line 2.*Did you mean “mayTouch”/],
    ['agents:\n  codex: { mayAct: { blastRadius: galaxy } }', /line 2.*resource, service, account, organization, public/],
    ['agents: [codex]', /line 1.*table/],
    ['agents:\n  "+(a)": {}', /line 2.*cannot be used/],
    ['breaker: { held: 1 }', /line 1.*whole number from 2 to 1000/],
    ['breaker: { stops: none }', /line 1.*agent or all/],
  ];
  for (const [text, expected] of refused) {
    test(`refused: ${JSON.stringify(text)}`, (t) => {
      const folder = temporaryFolder(t);
      const loaded = loadPolicy(join(folder, 'w'), write(join(folder, 'user.yaml'), text), NO_ORGANIZATION);
      assert.ok(!loaded.ok, 'it was taken');
      assert.match(loaded.problem, expected);
    });
  }

  const base = 'agents:\n  codex: { tier: restricted }\nbreaker: { held: 5, minutes: 20, stops: all }\n';
  const loose: readonly (readonly [string, boolean])[] = [
    ['agents:\n  codex: { tier: trusted }', false],
    ['agents:\n  codex: { tier: restricted, mayTouch: [x] }', true],
    ['agents:\n  cursor: { tier: trusted }', true],
    ['breaker: { held: 6 }', false],
    ['breaker: { minutes: 10 }', false],
    ['breaker: { retries: 2 }', false],
    ['breaker: { stops: agent }', false],
    ['breaker: { held: 3, minutes: 60, retries: 1, stops: all }', true],
  ];
  for (const [text, taken] of loose) {
    test(`a workspace ${taken ? 'may' : 'may not'} say ${JSON.stringify(text)}`, (t) => {
      const folder = temporaryFolder(t);
      write(join(folder, 'w', '.countersign', 'policy.yaml'), text);
      const loaded = loadPolicy(join(folder, 'w'), write(join(folder, 'user.yaml'), base), NO_ORGANIZATION);
      assert.ok(loaded.ok, JSON.stringify(loaded));
      assert.equal(loaded.policy.refused.length, taken ? 0 : 1, JSON.stringify(loaded.policy.refused));
      if (!taken) assert.deepEqual(loaded.policy.breaker, { held: 5, minutes: 20, retries: 1, stops: 'all' });
      if (!taken) assert.equal(limitsOf('Codex CLI', loaded.policy)?.tier, 'restricted');
    });
  }
});

test('a benign edit outside of a restricted agent’s declaration is held, acknowledged and let through once', async (t) => {
  const at = await scene(t);
  mkdirSync(join(at.workspace, '.countersign'));
  writeFileSync(join(at.workspace, '.countersign', 'policy.yaml'), 'agents:\n  claude-code: { tier: restricted, mayTouch: ["src/**"] }\n');
  const gate = await open(at.workspace, at.state);
  const asked = { path: 'README.md', before: 'a', after: 'b' };
  const outcome = await review(at.suggestion(asked), gate);
  assert.equal(outcome.verdict, 'acknowledge', JSON.stringify(outcome));
  assert.ok(outcome.verdict === 'acknowledge');
  const { acknowledge } = await import('../../server/gate/decisions.ts');
  const { input } = await import('./builders.ts');
  const done = await acknowledge(outcome.hold.id, input(), gate, at.signer);
  assert.ok(done.ok, JSON.stringify(done));
  assert.equal((await review(at.suggestion(asked), gate)).verdict, 'allow');
  assert.equal((await review(at.suggestion(asked), gate)).verdict, 'acknowledge');
  assert.equal((await review(at.suggestion({ ...asked, path: 'src/README.md' }), gate)).verdict, 'allow');
});
