import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../server/engine/read/format.ts';
import type { Format } from '../../../server/engine/read/tree.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import { places } from './shape.ts';

/** FUZZ_SECONDS=600 for the long run; FUZZ_SEED to repeat one. */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 10);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

const FIXTURES: readonly (readonly [format: Format, path: string, text: string])[] = [
  [
    'yaml',
    'k8s/web.yaml',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web # c\n  labels: &l {app: web, "tier": \'front\'}\nspec:\n  template:\n    metadata:\n      labels:\n        <<: *l\n    spec:\n      containers:\n        - name: web\n          image: "r/web:1.2"\n          command: [sh, -c, "echo hi"]\n          env:\n          - name: SCRIPT\n            value: |-\n              set -e\n              run it\n          securityContext: {privileged: false}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n',
  ],
  [
    'yaml',
    'chart/templates/deploy.yaml',
    '{{- if .Values.on }}\nkind: Deployment\napiVersion: apps/v1\nmetadata:\n  name: {{ include "x" . }}\n  labels:\n    {{- toYaml .Values.labels | nindent 4 }}\nspec:\n  replicas: {{ .Values.n | default 1 }}\n  image: "{{ .Values.r }}:{{ .Values.t }}"\n{{- end }}\n',
  ],
  [
    'yaml',
    'stack.yaml',
    'AWSTemplateFormatVersion: "2010-09-09"\nParameters:\n  Open: {Type: String, Default: 0.0.0.0/0}\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      Arn: !GetAtt A.Arn\n      Name: !Sub "${AWS::StackName}-x"\n      Cidr: !If [C, !Ref Open, !Ref AWS::NoValue]\n      Policy: !Sub |\n        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}\n      Join: !Join ["", [a, !Ref B]]\n',
  ],
  [
    'yaml',
    '.github/workflows/ci.yml',
    'on: [push]\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: a/b@v1\n      - run: |\n          echo "${{ github.event.x }}"\n',
  ],
  [
    'yaml',
    'site.yml',
    '- hosts: all\n  become: yes\n  tasks:\n    - name: x\n      copy: {dest: /x, mode: 0777}\n    - block:\n        - shell: !unsafe "x"\n',
  ],
  ['toml', 'config.toml', 'a = "x\\n"\n[t.u]\nb = [1, 2, {c = 1}]\n[[v]]\nw = """\nx \\\n  y"""\n[[v]]\nd.e = 2020-01-01\n'],
  ['ini', 'x.ini', 'a = 1\n[s "t"]\nb: "x" ; c\n  more\nkey\n'],
  ['dotenv', '.env', 'export A=1\nB="x\\n${Y}" # c\nC=\'z\'\nD=`x`\n'],
  [
    'json',
    'arm.json',
    '{"$schema": "x/deploymentTemplate.json#", "variables": {"v": "x"}, "resources": [{"type": "Microsoft.A/b", "name": "[variables(\'v\')]", "properties": {"template": {"resources": []}}, "resources": []}]}',
  ],
];

const BITS = [
  '{{',
  '}}',
  '{%',
  '%}',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '"""',
  '|',
  '>',
  '- ',
  ': ',
  ':',
  '#',
  '&a ',
  '*a',
  '!Ref ',
  '!t ',
  '\t',
  '\n',
  '\r\n',
  '\r',
  '---\n',
  '...\n',
  '<<: ',
  '? ',
  '%',
  '@',
  '`',
  '\0',
  '\ud800',
  ',',
  '  ',
  '${{ x }}',
  '[[',
  ']]',
  '=',
  '\\',
  '\\u',
  '\uFEFF',
  '\uE000',
  '!!bool ',
];

test(`readers take any text (seed ${SEED})`, () => {
  const next = randomFrom(SEED);
  const end = performance.now() + SECONDS * 1000;
  let runs = 0;
  while (performance.now() < end) {
    const [format, path, fixture] = FIXTURES[next(FIXTURES.length)] ?? assert.fail();
    const text = mutated(fixture, next);
    const told = `seed ${SEED}, run ${runs}, ${path}: ${JSON.stringify(text)}`;
    const start = performance.now();
    try {
      const tree = readText(format, text, 'after');
      declarationsOf(tree, path);
      assert.ok(
        tree.documents.every((document) => places(document, text)),
        'every place lies within the text',
      );
    } catch (error) {
      throw new Error(told, { cause: error });
    }
    assert.ok(performance.now() - start < 3000, `took too long: ${told}`);
    runs++;
  }
  assert.ok(runs > 0);
});

function mutated(fixture: string, next: (below: number) => number): string {
  let text = fixture;
  for (let changes = next(6) + 1; changes > 0; changes--) {
    const at = next(text.length + 1);
    const bit = BITS[next(BITS.length)] ?? '';
    const kind = next(6);
    if (kind === 0) text = text.slice(0, at) + bit + text.slice(at);
    else if (kind === 1) text = text.slice(0, at) + text.slice(at + next(20));
    else if (kind === 2) text = text.slice(0, at) + text.slice(next(text.length + 1));
    else if (kind === 3) text = text.slice(0, at) + bit.repeat(next(30)) + text.slice(at);
    else if (kind === 4) text = text.slice(0, at) + text.slice(0, next(200)) + text.slice(at);
    else text = text.slice(0, at);
    if (text.length > 20_000) text = text.slice(0, 20_000);
  }
  return text;
}

/** A small generator that is the same everywhere (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Twice the text may cost little more than twice the time: what grows faster has been tried as an attack elsewhere. */
const LONG: readonly (readonly [what: string, format: Format, make: (size: number) => string])[] = [
  ['open brackets', 'yaml', (size) => 'a: [\n'.repeat(size / 5)],
  ['open templates', 'yaml', (size) => `a: b: ${'{{'.repeat(size / 2)}`],
  ['templates with quotes', 'yaml', (size) => `a: b: ${'{{"'.repeat(size / 3)}}}`],
  ['templates', 'yaml', (size) => 'x: {{ a }} {{- b }}\n'.repeat(size / 20)],
  ['repeated keys', 'yaml', (size) => 'a: 1\n'.repeat(size / 5)],
  ['aliases', 'yaml', (size) => `a: &a [1, 2]\n${'- *a\n'.repeat(size / 5)}`],
  ['broken documents', 'yaml', (size) => '---\na: [\n'.repeat(size / 9)],
  ['nested tags', 'yaml', () => Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}k: !t &a${i}\n`).join('')],
  ['commas', 'yaml', (size) => `[${','.repeat(size)}`],
  ['blank lines', 'yaml', (size) => `a: [\n${'\n'.repeat(size)}`],
  [
    'merges',
    'yaml',
    (size) =>
      `b: &b {${Array.from({ length: 500 }, (_, i) => `k${i}: 1`).join(', ')}}\n${Array.from({ length: size / 20 }, (_, i) => `m${i}:\n  <<: *b\n`).join('')}`,
  ],
  ['tables', 'toml', (size) => Array.from({ length: size / 20 }, (_, i) => `[[a.b]]\nc = ${i}\n`).join('')],
  ['open quotes', 'dotenv', (size) => 'A="x\n'.repeat(size / 5)],
  ['sections', 'ini', (size) => '[a]\nb = c\n'.repeat(size / 10)],
];

for (const [what, format, make] of LONG) {
  test(`long texts take time by their length: ${what}`, () => {
    const time = (size: number): number => {
      const text = make(size);
      const start = performance.now();
      readText(format, text, 'after');
      return performance.now() - start;
    };
    time(10_000);
    const small = Math.max(time(25_000), 20);
    const large = time(200_000);
    assert.ok(large < small * 40, `${small.toFixed(0)} ms for 25,000 characters, ${large.toFixed(0)} ms for 200,000`);
  });
}

/** Texts that a long run found once. */
const FOUND: readonly (readonly [format: Format, text: string])[] = [['yaml', 'o\r\nn: [?']];

void test('texts that were found keep their places', () => {
  for (const [format, text] of FOUND) {
    assert.ok(
      readText(format, text, 'after').documents.every((document) => places(document, text)),
      JSON.stringify(text),
    );
  }
});
