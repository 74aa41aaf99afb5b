import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { REPOSITORY } from '../support/repository.ts';
import { OPENED, POLICY, Scene } from './hook-scene.ts';

void describe('countersign', () => {
  let scene: Scene;
  before(() => {
    scene = new Scene();
    scene.write('opened.json', OPENED);
    scene.write('renamed.json', POLICY.replace('AppRead', 'Readers'));
    scene.write('broken-policy.json', OPENED.slice(0, 120));
    scene.write('forbidding/.countersign/policy.yaml', 'noGo:\n  - pattern: "policy.json"\n');
    scene.write('mistaken/.countersign/policy.yaml', 'verdicts:\n  critical: never\n');
  });
  after(() => scene.remove());

  const review = (after: string, ...more: string[]): string[] => [
    'review',
    '--before',
    'policy.json',
    '--after',
    after,
    '--path',
    'policy.json',
    ...more,
  ];
  const cases: readonly {
    readonly args: readonly string[];
    readonly code: number;
    readonly input?: string;
    readonly out?: RegExp;
    readonly err?: RegExp;
  }[] = [
    { args: ['--version'], code: 0, out: /^\d+\.\d+\.\d+\n$/ },
    { args: ['--help'], code: 0, out: /review[\s\S]*holds[\s\S]*init[\s\S]*log/ },
    { args: [], code: 3, err: /countersign review/ },
    ...['review', 'holds', 'init', 'hook', 'log', 'demo'].map((name) => ({
      args: [name, '--help'],
      code: 0,
      out: new RegExp(`countersign ${name}`),
    })),
    { args: ['reviw'], code: 3, err: /no command "reviw"\. Did you mean: countersign review/ },
    { args: ['acknowledge'], code: 3, err: /Name what is held/ },
    { args: ['frobnicate'], code: 3, err: /countersign --help/ },
    {
      args: review('opened.json'),
      code: 1,
      out: /^Critical: .*prod-customer-exports[\s\S]*Before: [\s\S]*policy\.json:\d+:\d+[\s\S]*Held: policy\.json/,
    },
    { args: review('renamed.json'), code: 0, out: /^Allowed: / },
    { args: review('opened.json', '--human'), code: 0, out: /Allowed: / },
    { args: review('opened.json', '--workspace', 'forbidding'), code: 2, out: /Forbidden: policy\.json, by the rule policy\.json/ },
    { args: review('opened.json', '--workspace', 'mistaken'), code: 3, err: /policy\.yaml, line 2/ },
    { args: ['review', '--before', 'opened.json', '--after', 'policy.json'], code: 0, out: /Allowed/ },
    { args: ['review', '--before', '-', '--after', 'opened.json'], input: POLICY, code: 1, out: /Held: opened\.json/ },
    { args: ['review', '--before', 'policy.json', '--after', '-', '--path', 'p.json'], input: OPENED, code: 1, out: /Held: p\.json/ },
    { args: ['review', '--before', '/dev/null', '--after', 'opened.json'], code: 1, out: /Held/ },
    { args: review('nothing.json'), code: 3, err: /--after: there is no file nothing\.json\. .*\/dev\/null/ },
    { args: ['review', '--before', '.', '--after', 'opened.json'], code: 3, err: /is a folder/ },
    { args: ['review', '--before', 'policy.json'], code: 3, err: /--after FILE is missing/ },
    { args: ['review', '--before', '-', '--after', '-'], code: 3, err: /Only one/ },
    { args: ['review', 'policy.json'], code: 3, err: /policy\.json belongs to no flag/ },
    { args: ['review', '--befor', 'x'], code: 3, err: /Did you mean --before\?/ },
    { args: review('opened.json', '--format', 'xml'), code: 3, err: /text, json or sarif/ },
    { args: review('opened.json', '--acknowledge'), code: 3, err: /There is no flag --acknowledge/ },
    { args: review('broken-policy.json'), code: 3, out: /Closed: |Held: / },
    { args: ['review', '--batch', 'edits.jsonl'], code: 3, err: /--batch -/ },
  ];
  for (const { args, code, input, out, err } of cases) {
    void test(`countersign ${args.join(' ')} → ${code}`, async () => {
      const ran = await scene.cli(args, input === undefined ? {} : { input });
      assert.equal(ran.code, code, `${ran.stdout}\n${ran.stderr}`);
      if (out !== undefined) assert.match(ran.stdout, out);
      else assert.equal(ran.stdout, '');
      if (err !== undefined) assert.match(ran.stderr, err);
    });
  }

  void test('--format json has what the engine says', async () => {
    const { stdout } = await scene.cli(review('opened.json', '--format', 'json'));
    const judged = JSON.parse(stdout);
    assert.equal(judged.verdict, 'acknowledge');
    assert.equal(judged.severity, 'critical');
    assert.match(judged.findings[0].fingerprint, /^[0-9a-f]{64}$/);
  });

  void test('--format sarif is SARIF 2.1.0 that code scanners take', async () => {
    const log = JSON.parse((await scene.cli(review('opened.json', '--format', 'sarif'))).stdout);
    assert.equal(log.version, '2.1.0');
    const [run] = log.runs;
    const { rules, version } = run.tool.driver;
    assert.equal(version, JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')).version);
    assert.ok(run.results.length > 0);
    const lines = OPENED.split('\n');
    for (const result of run.results) {
      assert.equal(rules[result.ruleIndex].id, result.ruleId);
      assert.match(rules[result.ruleIndex].properties['security-severity'], /^\d+\.\d$/);
      assert.ok(['error', 'warning', 'note'].includes(result.level));
      assert.ok(result.message.text.length > 10);
      assert.match(result.partialFingerprints['countersign/v1'], /^[0-9a-f]{64}$/);
      const { artifactLocation, region } = result.locations[0].physicalLocation;
      assert.deepEqual(artifactLocation, { uri: 'policy.json', uriBaseId: '%SRCROOT%' });
      assert.equal(OPENED.slice(region.charOffset, region.charOffset + 1), lines[region.startLine - 1]?.[region.startColumn - 1]);
      assert.ok(region.endLine > region.startLine || (region.endLine === region.startLine && region.endColumn > region.startColumn));
    }
  });

  void test('what an ignore lets pass is told, with its reason', async () => {
    const findings = JSON.parse((await scene.cli(review('opened.json', '--format', 'json'))).stdout).findings as { rule: string }[];
    const until = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
    const reason = 'A public download, as the data owner decided';
    const entries = [...new Set(findings.map(({ rule }) => rule))].map(
      (rule) => `  - { rule: ${rule}, path: "**", reason: "${reason}", until: ${until} }\n`,
    );
    const file = scene.writeUserPolicy(`ignores: { upTo: critical }\nignore:\n${entries.join('')}`);
    const text = await scene.cli(review('opened.json'));
    const sarif = JSON.parse((await scene.cli(review('opened.json', '--format', 'sarif'))).stdout);
    rmSync(file);
    assert.equal(text.code, 0, text.stdout);
    assert.match(text.stdout, new RegExp(`^Ignored until ${until}: .*prod-customer-exports[\\s\\S]*${reason}[\\s\\S]*Allowed`));
    assert.equal(sarif.runs[0].results.length, findings.length);
    for (const { suppressions } of sarif.runs[0].results) assert.match(suppressions[0].justification, new RegExp(reason));
  });

  void test('holds lists what waits, worst first', async () => {
    assert.match((await scene.cli(['holds'])).stdout, /^Nothing waits for a person/);
    await scene.hook(scene.payload('pre-edit'));
    const { stdout } = await scene.cli(['holds']);
    assert.match(stdout, /^H-[0-9A-Z]{8} {2}critical {2}.*\n {4}policy\.json · Claude Code · /);
    assert.equal(JSON.parse((await scene.cli(['holds', '--format', 'json'])).stdout).length, 1);
  });
});
