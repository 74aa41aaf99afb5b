import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches } from '../../../server/engine/rules/matcher.ts';
import type { Matcher } from '../../../server/engine/rules/pack.ts';
import { parsePath } from '../../../server/engine/rules/path.ts';
import { hasKnownWords, select } from '../../../server/engine/rules/select.ts';
import { answer } from '../../../server/engine/rules/predicate.ts';
import type { Predicate } from '../../../server/engine/rules/pack.ts';
import { hitOf } from './trees.ts';

const WORDS = { path: 'a/b.json', name: 'web', type: 'thing' };

/** What `x` of the value is, the matcher, and whether it holds. */
const MATCHERS: readonly (readonly [value: unknown, matcher: Matcher, truth: 'yes' | 'no' | 'maybe'])[] = [
  [{ x: true }, true, 'yes'],
  [{ x: 'True' }, true, 'yes'],
  [{ x: 'yes' }, true, 'yes'],
  [{ x: 'false' }, true, 'no'],
  [{ x: 1 }, '1', 'yes'],
  [{ x: '1' }, 1, 'yes'],
  [{ x: 'A' }, 'a', 'no'],
  [{ x: null }, null, 'yes'],
  [{}, null, 'no'],
  [{}, true, 'no'],
  [{ x: '?var.x' }, true, 'maybe'],
  [{ x: ['a', 'b'] }, ['b', 'c'], 'yes'],
  [{ x: ['a'] }, ['b', 'c'], 'no'],
  [{ x: ['a', '?v'] }, ['b'], 'maybe'],
  [{ x: ['b', '?v'] }, ['b'], 'yes'],
  [{ x: 'latest' }, { matches: '^lat' }, 'yes'],
  [{ x: 'nginx' }, { matches: '(?i)NGINX' }, 'yes'],
  [{ x: 'Public-Read' }, { like: 'public-*' }, 'yes'],
  [{ x: 'private' }, { like: ['public-*', 'priv?te'] }, 'yes'],
  [{}, { absent: true }, 'yes'],
  [{ x: null }, { absent: true }, 'yes'],
  [{ x: '' }, { absent: true }, 'no'],
  [{ x: '?v' }, { present: true }, 'yes'],
  [{ x: {} }, { empty: true }, 'yes'],
  [{ x: [1] }, { empty: true }, 'no'],
  [{}, { empty: true }, 'no'],
  [{ x: [1] }, { empty: false }, 'yes'],
  [{ x: 8 }, { above: 7 }, 'yes'],
  [{ x: '7' }, { above: 7 }, 'no'],
  [{ x: 3 }, { above: 2, below: 4 }, 'yes'],
  [{ x: [1, 5] }, { above: 2, below: 4 }, 'no'],
  [{}, { is: true, default: true }, 'yes'],
  [{ x: false }, { is: true, default: true }, 'no'],
  [{}, { below: 7, default: 1 }, 'yes'],
  [{}, { not: true }, 'yes'],
  [{ x: false }, { not: { is: true } }, 'yes'],
  [{ x: [false, true] }, { not: { is: true } }, 'no'],
  [{ x: '?v' }, { not: { is: true } }, 'maybe'],
  [{ x: ['/tmp', '/etc'] }, { matches: '^/', not: { in: ['/tmp'] } }, 'yes'],
  [{ x: ['/tmp'] }, { matches: '^/', not: { in: ['/tmp'] } }, 'no'],
  [{ x: ['a', 'b'] }, { contains: { not: { is: 'a' } } }, 'yes'],
  [{ x: ['a'] }, { contains: { not: { is: 'a' } } }, 'no'],
  [{ x: ['a', 'a'] }, { every: 'a' }, 'yes'],
  [{ x: ['a', '?v'] }, { every: 'a' }, 'maybe'],
  [{ x: [] }, { every: 'a' }, 'no'],
  [{ x: 5 }, { any: [{ above: 9 }, { below: 6 }] }, 'yes'],
  [{ x: ['a', 'b', 'c'] }, { size: { above: 2 } }, 'yes'],
  [{ x: ['0.0.0.0/0'] }, { openRange: true }, 'yes'],
  [{ x: ['0.0.0.0/1', '128.0.0.0/1'] }, { openRange: true }, 'yes'],
  [{ x: '::/0' }, { openRange: true }, 'yes'],
  [{ x: 'Internet' }, { openRange: true }, 'yes'],
  [{ x: ['10.0.0.0/8', '52.0.0.0/8'] }, { openRange: true }, 'no'],
  [{ x: ['?v'] }, { openRange: true }, 'maybe'],
  [{ x: '10.0.0.0/8' }, { publicRange: true }, 'no'],
  [{ x: '52.1.2.3' }, { publicRange: true }, 'yes'],
  [{ x: 'hunter22' }, { literal: true }, 'yes'],
  [{ x: '?v' }, { literal: true }, 'no'],
  [{ x: '${DB_PASSWORD}' }, { literal: true }, 'no'],
  [{ x: { Ref: 'Secret' } }, { literal: true }, 'no'],
  [{ x: { Ref: 'Cidr' } }, '0.0.0.0/0', 'maybe'],
  [{ x: `ghp_${'a1B2'.repeat(9)}` }, { secretLike: true }, 'yes'],
  [{ x: 'your-api-key-here' }, { secretLike: true }, 'no'],
];

for (const [value, matcher, truth] of MATCHERS) {
  void test(`x of ${JSON.stringify(value)} against ${JSON.stringify(matcher)}: ${truth}`, () => {
    assert.equal(matches(selected('x', value), matcher).truth, truth);
  });
}

/** What a path leads to. */
const PATHS: readonly (readonly [path: string, value: unknown, found: readonly unknown[]])[] = [
  ['a.b', { a: { b: 1 } }, [1]],
  ['a.b', { a: [{ b: 1 }, { b: 2 }] }, [1, 2]],
  ['a.*', { a: { b: 1, c: 2 } }, [1, 2]],
  ['*.b', { a: { b: 1 }, c: { b: 2 } }, [1, 2]],
  ['**.b', { a: { b: 1, c: [{ b: 2 }] }, b: 3 }, [3, 1, 2]],
  ['a.{b,c}', { a: { b: 1, c: 2, d: 3 } }, [1, 2]],
  ['{a.b,c}.d', { a: { b: { d: 1 } }, c: { d: 2 } }, [1, 2]],
  ['a."x.y/z"', { a: { 'x.y/z': 1 } }, [1]],
  ['a.*white*', { a: { 'n/whitelist': 1, other: 2 } }, [1]],
  ['~public_access', { PublicAccess: 1, 'public-access': 2 }, [1, 2]],
  ['a.@key', { a: 1 }, ['a']],
  ['@name', {}, ['web']],
  ['a.b', { a: { b: 1 }, c: 2 }, [1]],
  ['a', { a: 1, ...JSON.parse('{"__proto__": 2}') }, [1]],
];

for (const [path, value, found] of PATHS) {
  void test(`${path} in ${JSON.stringify(value)}`, () => {
    assert.deepEqual(
      selected(path, value).hits.map(({ node }) => node.value),
      found,
    );
  });
}

void test('of a repeated key the last one counts', () => {
  assert.deepEqual(
    selected('a', '{"a": 1, "a": 2}').hits.map(({ node }) => node.value),
    [2],
  );
});

for (const bad of ['a..b', 'a."b', 'a.{b', 'a.@what', '@key.a']) {
  void test(`the path ${bad} is refused with a reason`, () => assert.ok('problem' in parsePath(bad)));
}

const PREDICATES: readonly (readonly [predicate: Predicate, value: unknown, truth: 'yes' | 'no' | 'maybe'])[] = [
  [{ a: 1, b: 2 }, { a: 1, b: 2 }, 'yes'],
  [{ a: 1, b: 2 }, { a: 1 }, 'no'],
  [{ a: 1, b: 2 }, { a: 1, b: '?v' }, 'maybe'],
  [{ a: 3, b: 2 }, { a: 1, b: '?v' }, 'no'],
  [{ any: [{ a: 1 }, { b: 2 }] }, { b: 2 }, 'yes'],
  [{ none: [{ a: 1 }, { b: 2 }] }, { c: 2 }, 'yes'],
  [{ none: [{ a: 1 }] }, { a: '?v' }, 'maybe'],
  [
    { some: { each: 'rules', when: { port: 22, open: true } } },
    {
      rules: [
        { port: 22, open: false },
        { port: 80, open: true },
      ],
    },
    'no',
  ],
  [{ some: { each: 'rules', when: { port: 22, open: true } } }, { rules: [{ port: 22, open: true }] }, 'yes'],
  [{ no: { each: 'rules' } }, {}, 'yes'],
  [{ no: { each: 'rules' } }, { rules: [{}] }, 'no'],
  [{ '^a': 1 }, { a: 1 }, 'yes'],
  [{ '@path': { like: '*.json' } }, {}, 'yes'],
  [{ cel: 'item.a > 2.0 && name == "web"' }, { a: 3 }, 'yes'],
  [{ cel: 'item.missing > 2.0' }, { a: 3 }, 'no'],
  [{ cel: 'item.list.exists(x, x == "b")' }, { list: ['a', 'b'] }, 'yes'],
];

for (const [predicate, value, truth] of PREDICATES) {
  void test(`${JSON.stringify(predicate)} of ${JSON.stringify(value)}: ${truth}`, () => {
    const item = hitOf(value);
    assert.equal(answer(predicate, { item, body: item.node, words: WORDS, before: undefined }).truth, truth);
  });
}

for (const [text, known] of [
  ['serve --port ${PORT} --host ${HOST}', true],
  ['${lookup({ dev = "private", prod = "public-read" }, var.env)}', false],
  ['{{ .Values.a }} {{ .Values.b }}', false],
  ['{{ if .Values.a }}x y{{ end }}', true],
  ['${unclosed, a b', false],
] as const) {
  void test(`${text} ${known ? 'has words' : 'has no words'} that are known`, () => assert.equal(hasKnownWords(text), known));
}

void test('a glob made to run long does not', () => {
  const started = performance.now();
  assert.equal(matches(selected('x', { x: 'a'.repeat(2000) }), { like: `${'*a'.repeat(30)}b` }).truth, 'no');
  assert.ok(performance.now() - started < 1000);
});

function selected(text: string, value: unknown): ReturnType<typeof select> {
  const path = parsePath(text);
  assert.ok(!('problem' in path));
  const item = hitOf(value);
  return select(path, item, item.node, WORDS);
}
