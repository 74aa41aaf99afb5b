import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { readToml } from '../../../server/engine/read/toml.ts';
import { places, plain, scalarsOf, slice, textOfValue } from './shape.ts';

const WHOLE = `\uFEFF# settings
title = "a \\"b\\" \\u00e9"
approval_policy = 'never'
a.b.c = 1
ports = [1, 2,
  3, # three
]
inline = { x = true, y.z = [ { p = 1 } ] }

[servers.one]
host = """
first
  second \\
    third"""
when = 2020-01-01T00:00:00Z

[[jobs]]
name = "x"
[jobs.env]
A = "1"
[[jobs]]
name = "y"
[servers]
count = 2.5
`;

test('TOML: tables, lists of tables, dotted keys and strings', () => {
  const tree = readToml(WHOLE, 'after');
  assert.deepEqual(tree.problems, []);
  assert.deepEqual(plain(tree.documents[0]), {
    title: 'a "b" \u00e9',
    approval_policy: 'never',
    a: { b: { c: 1 } },
    ports: [1, 2, 3],
    inline: { x: true, y: { z: [{ p: 1 }] } },
    servers: { one: { host: 'first\n  second third', when: '2020-01-01T00:00:00Z' }, count: 2.5 },
    jobs: [{ name: 'x', env: { A: '1' } }, { name: 'y' }],
  });
  const at = new Map(scalarsOf(tree.documents[0] ?? assert.fail()));
  for (const [path, written] of [
    ['title', '"a \\"b\\" \\u00e9"'],
    ['a.b.c', '1'],
    ['ports.2', '3'],
    ['inline.y.z.0.p', '1'],
    ['jobs.1.name', '"y"'],
  ] as const)
    assert.equal(slice(WHOLE, at.get(path) ?? assert.fail(path)), written);
  assert.equal(textOfValue(WHOLE, at.get('servers.one.host') ?? assert.fail()), 'first\n  second third');
});

for (const [what, text, expected, message] of [
  ['a half-typed pair', 'a = 1\nb = \nc = 2\n[t]\nd = 3\n', { a: 1, c: 2, t: { d: 3 } }, /^Line 2 is not valid TOML/],
  ['a table that is not closed', 'a = 1\n[t\nb = 2\n', { a: 1, b: 2 }, /^Line 2 is not valid TOML/],
  ['a key that comes twice', 'a = 1\na = 2\n', { a: 1 }, /^Line 2 is not valid TOML/],
  ['a string that is not closed', 'a = "x\nb = 2\n', { b: 2 }, /^Line 1 is not valid TOML/],
] as const) {
  test(`TOML: ${what}`, () => {
    const tree = readToml(text, 'after');
    assert.deepEqual(plain(tree.documents[0]), expected);
    assert.match(tree.problems[0]?.message ?? '', message);
    assert.equal(tree.problems[0]?.blinds, true);
    assert.equal(readToml(text, 'before').problems[0]?.blinds, false);
  });
}

test('TOML: too deep is said', () => {
  assert.equal(readToml(`a = ${'['.repeat(50_000)}`, 'after').documents.length <= 1, true);
  assert.ok(readToml(`a = ${'['.repeat(50_000)}`, 'after').problems.length > 0);
});

test('TOML: the tree is what another reader makes of the text', () => {
  const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.string({ unit: 'binary-ascii' }), fc.constantFrom('two\nlines', 'é', '"', '\\'));
  const key = fc
    .oneof(fc.constantFrom('a', 'b', 'c-d', 'x y', 'é'), fc.string({ minLength: 1, maxLength: 5 }))
    .filter((each) => each !== '__proto__');
  const { table } = fc.letrec<{ value: unknown; table: Record<string, unknown> }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(scalar, { maxLength: 3 }),
      fc.array(tie('table'), { minLength: 1, maxLength: 3 }),
      tie('table'),
    ),
    table: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  }));
  fc.assert(
    fc.property(table, (data) => {
      const text = stringify(data);
      const tree = readToml(text, 'after');
      assert.deepEqual(tree.problems, [], text);
      // The oracle's objects have no prototype.
      assert.deepEqual(plain(tree.documents[0]), JSON.parse(JSON.stringify(parse(text))), text);
      assert.ok(places(tree.documents[0] ?? assert.fail(), text));
    }),
    { numRuns: 500, includeErrorInReport: true },
  );
});
