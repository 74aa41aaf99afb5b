import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packCompletions } from '../../server/fronts/lsp/packs/pack-completion.ts';
import { isPackUri } from '../../server/fronts/lsp/packs/pack-path.ts';
import { packDiagnostics } from '../../server/fronts/lsp/packs/pack-problems.ts';
import { yamlPlaceAt } from '../../server/fronts/lsp/packs/yaml-place.ts';

const PACK = `pack: team-rules
version: 1.0.0
title: Rules of the team
rules:
  - id: no-host-network
    title: Pod shares the network of its node
    severity: high
    on: [{ system: kubernetes, type: Pod }]
    when:
      spec.hostNetwork: true
    blastRadius: service
    gain: reach the node's network
    consequence: "\`{name}\` sees the network of its node."
    fix: Leave hostNetwork out.
    failureMode: The pod listens to others.
    references: [CWE-250]
    tests:
      - { path: a.yaml, before: "", after: "kind: Pod", alarms: [] }
`;

/** `|` is the cursor. */
function at(text: string): Parameters<typeof packCompletions> {
  const before = text.slice(0, text.indexOf('|')).split('\n');
  return [text.replace('|', ''), before.length - 1, before.at(-1)?.length ?? 0];
}
const labels = (text: string): readonly string[] => packCompletions(...at(text)).map(({ label }) => label);

test('which documents are rule packs', () => {
  const cases = [
    ['file:///w/team.pack.yaml', true],
    ['file:///w/team.pack.yml', true],
    ['file:///w/team.pack.json', true],
    ['file:///w/.countersign/packs/team/rules.yaml', true],
    ['file:///w/%2Ecountersign/packs/team.yaml', true],
    ['file:///w/server/engine/packs/ci.yaml', true],
    ['file:///w/k8s/web.yaml', false],
    ['file:///w/.countersign/policy.yaml', false],
  ] as const;
  for (const [uri, expected] of cases) assert.equal(isPackUri(uri), expected, uri);
});

test('keys that are not there yet are offered, with what they are for', () => {
  assert.deepEqual(labels('pack: a\n|\ntitle: b\n'), ['version', 'description', 'rules']);
  const inRule = labels(PACK.replace('    fix: Leave hostNetwork out.\n', '    |\n'));
  assert.ok(inRule.includes('fix') && inRule.includes('ignorable'), inRule.join());
  assert.ok(!inRule.includes('severity') && !inRule.includes('failureMode'), 'what is there already is not offered');
  const [fix] = packCompletions(...at(PACK.replace('    fix: Leave hostNetwork out.\n', '    fi|\n'))).filter(
    ({ label }) => label === 'fix',
  );
  assert.deepEqual(fix, { label: 'fix', kind: 'key', insert: 'fix: ', says: 'What a person should do instead.', required: true });
});

test('the words a key may have are offered', () => {
  const severity = ['critical', 'high', 'medium', 'low', 'info'];
  assert.deepEqual(labels(PACK.replace('severity: high', 'severity: |')), severity);
  assert.deepEqual(labels(PACK.replace('severity: high', 'severity: me|')), severity);
  assert.ok(labels('rules:\n- id: a\n  on:\n  - system: k|').includes('kubernetes'), 'lists without indentation');
  assert.deepEqual(labels('rules:\n  - id: a\n    ignorable: |'), ['true', 'false']);
  assert.deepEqual(labels('rules:\n  - id: a\n    title: |'), []);
});

test('inside of nested tables', () => {
  assert.deepEqual(labels('rules:\n  - id: a\n    opened:\n      |'), ['name', 'kind']);
  assert.ok(labels('rules:\n  - id: a\n    when:\n      spec.x:\n        |').includes('absent'), 'tests of a matcher');
  assert.ok(labels('rules:\n  - id: a\n    when:\n      some:\n        |').includes('each'));
  assert.ok(labels('rules:\n  - id: a\n    tests:\n      - |').includes('alarms'));
});

test('in texts, comments and flow style nothing is offered', () => {
  assert.deepEqual(labels('rules:\n  - id: a\n    tests:\n      - before: |-\n          kin|d'.replace('|-', '>-')), []);
  assert.deepEqual(labels('# pa|'), []);
  assert.equal(yamlPlaceAt(['on: [{ sys'], 0, 10), undefined);
});

test('what is wrong with a pack is told at its line', () => {
  const told = (text: string) =>
    packDiagnostics(text).map(({ range, severity, message }) => [range.start.line + 1, severity, message] as const);
  assert.deepEqual(
    told(PACK).map(([line, severity]) => [line, severity]),
    [[17, 2]],
    'without a test that must alarm it can be used, but should not be shared',
  );
  const [[line, severity, message] = []] = told(PACK.replace('severity: high', 'severity: hi'));
  assert.deepEqual([line, severity], [7, 1]);
  assert.match(message ?? '', /critical/);
  assert.equal(told(PACK.replace('    gain:', '    gian:')).length > 0, true);
  assert.equal(
    told(PACK.replace('title: Rules of the team', 'title: [')).every(([, each]) => each === 1),
    true,
  );
  assert.equal(packDiagnostics('').length > 0, true);
});
