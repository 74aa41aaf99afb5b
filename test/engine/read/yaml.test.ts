import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../server/engine/read/yaml.ts';
import { places, plain, scalarsOf, slice, textOfValue } from './shape.ts';

type Case = {
  readonly what: string;
  readonly text: string;
  readonly documents: readonly unknown[];
  /** By path: what stands in the text at the place of the scalar, for the first document. */
  readonly at?: Readonly<Record<string, string>>;
  readonly problems?: readonly RegExp[];
};

const unresolved = (value: string): unknown => ({ unresolved: value });

const CASES: readonly Case[] = [
  { what: 'nothing', text: '', documents: [] },
  { what: 'comments alone', text: '# a\n# b\n', documents: [] },
  {
    what: 'a block of keys',
    text: 'a: 1\nb:\n  c: x y # no\n  d: [1, two, "three", ]\n  e:\n  - f\n  -\n',
    documents: [{ a: 1, b: { c: 'x y', d: [1, 'two', 'three'], e: ['f', null] } }],
    at: { a: '1', 'b.c': 'x y', 'b.d.2': '"three"', 'b.e.0': 'f', 'b.e.1': '' },
  },
  {
    what: 'a byte order mark and CRLF',
    text: '\uFEFFa: 1\r\nb: |\r\n  x\r\n  y\r\nc:\r\n  - z\r\n',
    documents: [{ a: 1, b: 'x\ny\n', c: ['z'] }],
    at: { a: '1', b: '|\r\n  x\r\n  y', 'c.0': 'z' },
  },
  {
    what: 'documents, one of them empty',
    text: 'a: 1\n---\n---\nb: 2\n...\n---\nc: 3\n',
    documents: [{ a: 1 }, { b: 2 }, { c: 3 }],
  },
  {
    what: 'scalars of the core schema, octal numbers, and digits that must be kept',
    text: 'n: ~\nt: True\nf: FALSE\ni: -12\no: 0777\no2: 0o17\nh: 0xff\ne: 1.5e3\naccount: 012345678901\nlong: 123456789012345678901\nv: 1.10.2\ny: yes\non: off\nport: 22:22\ndate: 2012-10-17\n',
    documents: [
      {
        n: null,
        t: true,
        f: false,
        i: -12,
        o: 511,
        o2: 15,
        h: 255,
        e: 1500,
        account: '012345678901',
        long: '123456789012345678901',
        v: '1.10.2',
        y: 'yes',
        on: 'off',
        port: '22:22',
        date: '2012-10-17',
      },
    ],
    at: { o: '0777', account: '012345678901' },
  },
  {
    what: 'keys are text whatever they look like',
    text: 'on: push\ntrue: 1\n8080: 2\n? a\n: 3\n"q r": 4\n',
    documents: [{ on: 'push', true: 1, '8080': 2, a: 3, 'q r': 4 }],
  },
  {
    what: 'quotes and escapes',
    text: `a: "x\\n\\u0041\\x42\\U0001F600\\"z"\nb: 'it''s'\nc: "two\n  lines"\nd: plain\n  goes on\n`,
    documents: [{ a: 'x\nAB😀"z', b: "it's", c: 'two lines', d: 'plain goes on' }],
    at: { a: '"x\\n\\u0041\\x42\\U0001F600\\"z"', b: "'it''s'", d: 'plain\n  goes on' },
  },
  {
    what: 'block scalars',
    text: 'a: |\n  one\n    two\n\n  three\nb: >-\n  folded\n  on\n\n  new\nc: |2+ # kept\n    x\n\nd: end\n',
    documents: [{ a: 'one\n  two\n\nthree\n', b: 'folded on\nnew', c: '  x\n\n', d: 'end' }],
    at: { a: '|\n  one\n    two\n\n  three', b: '>-\n  folded\n  on\n\n  new', d: 'end' },
  },
  {
    what: 'anchors, aliases and merge keys; own keys win, then the first source',
    text: 'base: &b {x: 1, y: 2}\nother: &o\n  y: 3\n  z: 4\nuse: *b\nmerged:\n  x: 9\n  <<: [*b, *o]\none:\n  <<: *o\n',
    documents: [{ base: { x: 1, y: 2 }, other: { y: 3, z: 4 }, use: { x: 1, y: 2 }, merged: { x: 9, y: 2, z: 4 }, one: { y: 3, z: 4 } }],
    at: { 'use.x': '1', 'merged.x': '9', 'merged.y': '2', 'merged.z': '4' },
  },
  {
    what: "CloudFormation's short forms",
    text: 'a: !Ref X\nb: !GetAtt A.B.C\nc: !Sub "${X}-y"\nd: !Join ["", [!Ref X, /*]]\ne: !If [C, !Ref X, 1]\nf: !Sub\n  - ${v}\n  - {v: 1}\ng: !Base64 |\n  #!/bin/sh\n',
    documents: [
      {
        a: { Ref: 'X' },
        b: { 'Fn::GetAtt': ['A', 'B.C'] },
        c: { 'Fn::Sub': '${X}-y' },
        d: { 'Fn::Join': ['', [{ Ref: 'X' }, '/*']] },
        e: { 'Fn::If': ['C', { Ref: 'X' }, 1] },
        f: { 'Fn::Sub': ['${v}', { v: 1 }] },
        g: { 'Fn::Base64': '#!/bin/sh\n' },
      },
    ],
    at: { 'a.Ref': 'X', 'b.Fn::GetAtt.0': 'A', 'b.Fn::GetAtt.1': 'B.C', 'c.Fn::Sub': '"${X}-y"', 'd.Fn::Join.1.1': '/*' },
  },
  {
    what: 'explicit tags',
    text: 'a: !!str 12\nb: !!int "12"\nc: ! 12\nd: !!bool yes\ne: !<tag:yaml.org,2002:str> true\nf: !vault |\n  abc\ng: !reference [.job, script]\nh: !unsafe "x"\ni: !!str\n',
    documents: [
      { a: '12', b: 12, c: '12', d: true, e: 'true', f: unresolved('${vault abc\n}'), g: unresolved('${.job.script}'), h: 'x', i: '' },
    ],
  },
  {
    what: 'templates that are YAML as they stand',
    text: 'a: {{ .Values.a }}\nb: "{{ .Values.b }}:{{ .Values.c }}"\nc: ${{ github.sha }}\nd: "{{resolve:secretsmanager:x}}"\n',
    documents: [
      {
        a: unresolved('${.Values.a}'),
        b: unresolved('${.Values.b}:${.Values.c}'),
        c: unresolved('${{ github.sha }}'),
        d: unresolved('${resolve:secretsmanager:x}'),
      },
    ],
    at: { a: '{{ .Values.a }}', b: '"{{ .Values.b }}:{{ .Values.c }}"' },
  },
  {
    what: 'a Helm template',
    text: [
      '{{- if .Values.on }}',
      'kind: Deployment',
      'name: {{ include "x.name" . }}',
      'labels:',
      '  {{- include "x.labels" . | nindent 2 }}',
      '  app: x',
      'annotations:',
      '  {{- toYaml .Values.annotations | nindent 2 }}',
      'image: "{{ .Values.repo | default "r" }}:{{ .Values.tag }}"',
      '{{- range .Values.ports }}',
      'port: {{ . }}',
      '{{- else }}',
      'port: 80',
      '{{- end }}',
      '{{- /* a',
      'comment */}}',
      'privileged: true',
      '{{- end }}',
      '',
    ].join('\n'),
    documents: [
      {
        kind: 'Deployment',
        name: unresolved('${include "x.name" .}'),
        labels: { app: 'x' },
        annotations: unresolved('${toYaml .Values.annotations | nindent 2}'),
        image: unresolved('${.Values.repo | default "r"}:${.Values.tag}'),
        port: 80,
        privileged: true,
      },
    ],
    at: { name: '{{ include "x.name" . }}', annotations: '{{- toYaml .Values.annotations | nindent 2 }}', privileged: 'true' },
  },
  {
    what: 'a repeated key',
    text: 'a: 1\nb: 2\na: 3\n',
    documents: [{ a: 3, b: 2 }],
    problems: [/^Line 3 repeats the key "a"/],
  },
  {
    what: 'a half-typed line between two that are whole',
    text: 'a: 1\nb\nc: 2\n',
    documents: [{ a: 1, b: null, c: 2 }],
    problems: [/^Line 3 is not valid YAML/],
  },
  {
    what: 'a quote that is not closed',
    text: 'a: 1\nb:\n  - "open\n  - y\nc: 3\n---\nd: 4\n',
    documents: [{ a: 1, b: ['open', 'y'], c: 3 }, { d: 4 }],
    at: { 'b.0': '"open', c: '3' },
    problems: [/^Line \d+ is not valid YAML/],
  },
  {
    what: 'brackets that are not closed',
    text: 'a: [1, 2\nb: {c: 3\nd: 4\n',
    documents: [{ a: [1, 2], b: { c: 3 }, d: 4 }],
    problems: [/^Line 2 is not valid YAML/],
  },
  {
    what: 'a broken document between two that are whole',
    text: 'a: 1\n---\nb: [\n---\nc: 3\n',
    documents: [{ a: 1 }, { b: [] }, { c: 3 }],
    problems: [/^Line \d is not valid YAML/],
  },
  {
    what: 'tabs that indent',
    text: 'a:\n\tb: 1\nc: 2\n',
    documents: [{ a: { b: 1 }, c: 2 }],
    problems: [/^Line 2 is not valid YAML/],
  },
  {
    what: 'an anchor that is not there',
    text: 'a: *b\n',
    documents: [{ a: unresolved('${*b}') }],
    problems: [/^Line 1 uses the anchor "b"/],
  },
  {
    what: 'an anchor in itself',
    text: 'a: &a [*a]\n',
    documents: [{ a: [unresolved('${*a}')] }],
    problems: [/^Line 1 puts the anchor "a" into itself/],
  },
  {
    what: 'merging what is no mapping',
    text: 'a: &a 1\nb:\n  <<: *a\n  c: 2\n',
    documents: [{ a: 1, b: { c: 2 } }],
    problems: [/^Line 3 merges what is no mapping/],
  },
];

for (const { what, text, documents, at = {}, problems = [] } of CASES) {
  test(`YAML: ${what}`, () => {
    const tree = readYaml(text, 'after');
    assert.deepEqual(tree.documents.map(plain), documents);
    const first = tree.documents[0];
    const scalars = new Map(first === undefined ? [] : scalarsOf(first));
    for (const [path, expected] of Object.entries(at)) {
      const node = scalars.get(path);
      assert.ok(node !== undefined, `${path} is there`);
      assert.equal(slice(text, node), expected, path);
    }
    assert.equal(tree.problems.length, problems.length, tree.problems.map(({ message }) => message).join('\n'));
    problems.forEach((pattern, i) => assert.match(tree.problems[i]?.message ?? '', pattern));
    assert.ok(
      tree.problems.every(({ blinds }) => blinds),
      'problems of the text after blind',
    );
    assert.ok(
      readYaml(text, 'before').problems.every(({ blinds }) => !blinds),
      'problems of the text before do not',
    );
    assert.ok(tree.documents.every((document) => places(document, text)));
  });
}

test('YAML: a template elsewhere in the text does not hide what stands between two quotes', () => {
  const text = 'b: {{ .V }} {{- "q" }}\n---\na: {x: "{{", privileged: true, y: "}}"}\n';
  const tree = readYaml(text, 'after');
  assert.equal(new Map(scalarsOf(tree.documents[1] ?? assert.fail())).get('a.privileged')?.value, true);
});

test('YAML: the place of each character of a value is known', () => {
  const text =
    'a: |\n    {"x":\n      1}\nb: >\n  one\n  two\n\n  three\n    more\n  last\nc: "q\\"r\\u0041s"\nd: \'it\'\'s\'\ne: plain\n  goes\n';
  const read = new Map(scalarsOf(readYaml(text, 'after').documents[0] ?? assert.fail()));
  const expected: Readonly<Record<string, string>> = {
    a: '{"x":\n  1}\n',
    b: 'one\ntwo\nthree\n  more\nlast\n',
    c: 'q\\r\\s',
    d: "it's",
    e: 'plain\ngoes',
  };
  for (const [path, wanted] of Object.entries(expected))
    assert.equal(textOfValue(text, read.get(path) ?? assert.fail(path)).replace(/\n$/, ''), wanted.replace(/\n$/, ''), path);
});

test('YAML: aliases cannot make a text endless', () => {
  const lines = Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
  const tree = readYaml(`a0: &a0 [1, 2, 3]\n${lines.join('\n')}\n`, 'after');
  assert.equal(tree.problems[0]?.kind, 'too-large');
  let seen = 0;
  const visit = (node: { readonly children?: readonly object[] }): void => {
    seen++;
    for (const child of node.children ?? []) visit(child);
  };
  for (const document of tree.documents) visit(document);
  assert.ok(seen < 1_000_000, String(seen));
});

test('YAML: texts that are too large or too deep are said to be', () => {
  assert.equal(readYaml('a'.repeat(2_000_001), 'after').problems[0]?.kind, 'too-large');
  assert.equal(readYaml('['.repeat(5000), 'after').problems[0]?.kind, 'too-deep');
  assert.equal(readYaml(Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}k:\n`).join(''), 'after').problems[0]?.kind, 'too-deep');
});
