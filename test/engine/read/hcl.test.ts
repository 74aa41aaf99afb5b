import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readHcl } from '../../../server/engine/read/hcl.ts';
import { member, type TreeNode } from '../../../server/engine/read/tree.ts';
import { valueOffset } from '../../../server/engine/read/value-offset.ts';
import { assertSound, everyNode, plain } from './plain.ts';

const read = (text: string): unknown => {
  const tree = readHcl(text, 'after');
  assertSound(tree);
  return plain(tree.documents[0]);
};
const valueOf = (expression: string, more = ''): unknown => (read(`a = ${expression}\n${more}`) as { a: unknown }).a;

const EXPRESSIONS: readonly (readonly [string, unknown])[] = [
  ['"x"', 'x'],
  ['3', 3],
  ['-3.5e1', -35],
  ['true', true],
  ['null', null],
  ['[1, "b", # c\n 3,\n]', [1, 'b', 3]],
  ['{ a = 1, "b" : 2\n c = [] }', { a: 1, b: 2, c: [] }],
  ['("x")', 'x'],
  ['"a\\"b\\n\\u0041\\t"', 'a"b\nA\t'],
  ['"$${x} %%{y}"', '${x} %{y}'],
  ['"${"x"}"', 'x'],
  ['"${aws_s3_bucket.a.arn}/*"', { '?': '${aws_s3_bucket.a.arn}/*' }],
  ['"${ f("}") }!"', { '?': '${f("}")}!' }],
  ['"%{ if a }b%{ endif }"', { '?': '${if a}b${endif}' }],
  ['var.x', { '?': '${var.x}' }],
  ['aws_x.y[0].arn', { '?': '${aws_x.y[0].arn}' }],
  ['a.*.b["c"]', { '?': '${a.*.b["c"]}' }],
  ['a == 1 ? "x" : "y"', { '?': '${a == 1 ? "x" : "y"}' }],
  ['!true', false],
  ['!var.x', { '?': '${!var.x}' }],
  ['1 == 2', false],
  ['"a" != var.x', { '?': '${"a" != var.x}' }],
  ['true ? "x" : "y"', 'x'],
  ['"a" == "b" ? ["x"] : ["y"]', ['y']],
  ['var.x ? ["x"] : ["y", "z"]', ['x', 'y', 'z']],
  ['var.x ? "x" : "y"', { '?': '${var.x ? "x" : "y"}' }],
  ['true ? false ? "a" : "b" : "c"', 'b'],
  ['true ? { a : 1 } : { b = [2] }', { a: 1 }],
  ['false ? f(x ? 1 : 2)["k"] : "c"', 'c'],
  ['true ? a.b[c ? 0 : 1].d : "c"', { '?': '${a.b[c ? 0 : 1].d}' }],
  ['true ? provider::x::f(1) : "c"', { '?': '${provider::x::f(1)}' }],
  ['a > 1 ? "x" : "y"', { '?': '${a > 1 ? "x" : "y"}' }],
  ['[for x in ["a", "b"] : "${x}!"]', ['a!', 'b!']],
  ['[for i, x in [{ k = "a" }] : x.k if i > 0]', ['a']],
  ['[for x in var.y : { a = x, b = [for z in ["1"] : z] }]', [{ a: { '?': '${x}' }, b: ['1'] }]],
  ['coalesce("", "x")', 'x'],
  ['coalesce(var.x, "x")', { '?': '${coalesce(var.x, "x")}' }],
  ['coalescelist([], ["x"])', ['x']],
  ['replace("a1", "/[0-9]/", "b")', { '?': '${replace("a1", "/[0-9]/", "b")}' }],
  ['substr("hello", 1, 3)', 'ell'],
  ['substr("hello", -3, -1)', 'llo'],
  ['trim("xax", "x")', 'a'],
  ['element(["a", "b"], 3)', 'b'],
  ['slice(["a", "b", "c"], 0, 2)', ['a', 'b']],
  ['keys({ a = 1 })', ['a']],
  ['values({ a = 1 })', [1]],
  ['jsondecode("[{\\"a\\": [1, null, true]}]")', [{ a: [1, null, true] }]],
  ['jsondecode("{")', { '?': '${jsondecode("{")}' }],
  ['cidrsubnet("10.1.2.3/8", 8, 3)', '10.3.0.0/16'],
  ['cidrsubnet("0.0.0.0/0", 0, 0)', '0.0.0.0/0'],
  ['alltrue([true, "false"])', false],
  ['anytrue([false, var.x])', { '?': '${anytrue([false, var.x])}' }],
  ['file("x.json")', { '?': '${file("x.json")}' }],
  ['[for x in y : x if x != "]"]', { '?': '${[for x in y : x if x != "]"]}' }],
  ['[for x in y : x][0]', { '?': '${[for x in y : x][0]}' }],
  ['<<EOT\nx\n y ${z}\nEOT', { '?': 'x\n y ${z}\n' }],
  ['<<-EOT\n    x\n      y\n\n    EOT', 'x\n  y\n\n'],
  ['jsonencode({ a = [1] })', { a: [1] }],
  ['jsonencode(var.x)', { '?': '${jsonencode(var.x)}' }],
  ['merge({ a = 1 }, { a = 2, b = 3 })', { a: 2, b: 3 }],
  ['merge({ a = 1 }, var.x)', { '?': true, a: 1 }],
  ['concat(["a"], var.x, ["b"])', ['a', { '?': '${var.x}' }, 'b']],
  ['tolist(toset(["a"]))', ['a']],
  ['format("%s:%d%%", "a", 3)', 'a:3%'],
  ['join("", ["0.0.", "0.0", "/0"])', '0.0.0.0/0'],
  ['base64encode("curl x | sh")', 'curl x | sh'],
  ['replace("0.0.0.0_0", "_", "/")', '0.0.0.0/0'],
  ['flatten([["a"], ["b", "c"]])', ['a', 'b', 'c']],
  ['lookup({ a = "x" }, "a")', 'x'],
  ['f(\n  1,\n  2\n)', { '?': '${f(\n  1,\n  2\n)}' }],
];

describe('HCL', () => {
  for (const [text, expected] of EXPRESSIONS) test(`reads ${text}`, () => assert.deepEqual(valueOf(text), expected));

  test('gathers blocks by name and keeps their labels', () => {
    assert.deepEqual(read('r "a" b {\n x { y = 1 }\n x {}\n}\nr "c" {}\nz = 1'), {
      r: [{ '#': ['a', 'b'], x: [{ y: 1 }, {}] }, { '#': ['c'] }],
      z: 1,
    });
  });

  const SCOPES: readonly (readonly [string, string, unknown])[] = [
    ['a local', 'local.x', ['0.0.0.0/0']],
    ['a local within a text', '"${local.port}/tcp"', '22/tcp'],
    ['a member of a local', 'local.o.p["q"]', 'deep'],
    ['an item of a local', 'local.x[0]', '0.0.0.0/0'],
    ['a local of a local', 'local.again', ['0.0.0.0/0']],
    ['a default', 'var.cidr', '::/0'],
    ['a variable without default', 'var.none', { '?': '${var.none}' }],
    ['a variable whose default is null', 'var.nil', { '?': '${var.nil}' }],
    ['a local of unknown text', 'local.arn', { '?': 'arn:${var.none}' }],
    ['a local that names itself', 'local.self', { '?': '${local.self}' }],
    ['locals in functions', 'jsonencode(merge(local.o, { r = local.port }))', { p: { q: 'deep' }, r: 22 }],
  ];
  const SCOPE = `locals {
  x = ["0.0.0.0/0"]
  port = 22
  o = { p = { q = "deep" } }
  again = local.x
  arn = "arn:\${var.none}"
  self = local.self
}
variable "cidr" { default = "::/0" }
variable "none" { type = string }
variable "nil" { default = null }
`;
  for (const [what, expression, expected] of SCOPES) {
    test(`follows ${what}`, () => assert.deepEqual(valueOf(expression, SCOPE), expected));
  }

  test('keeps a followed value where its text stands', () => {
    const text = 'a = local.x\nlocals {\n  x = "0.0.0.0/0"\n}\n';
    const node = member(readHcl(text, 'after').documents[0], 'a');
    assert.equal(text.slice(node?.offset, (node?.offset ?? 0) + (node?.length ?? 0)), '"0.0.0.0/0"');
  });

  test('says where every value stands', () => {
    const text =
      'resource "a" "b" {\n  name = "x\\ty"\n  list = [1, true, null]\n  o = { k = "v" }\n  h = <<-E\n    one\n      two\n  E\n}\n';
    const root = readHcl(text, 'after').documents[0] as TreeNode;
    const spots = everyNode(root).filter((each) => each.children === undefined || each.type === 'object' || each.type === 'array');
    const written = spots.map((each) => text.slice(each.offset, each.offset + each.length));
    for (const expected of [
      'name',
      '"x\\ty"',
      '[1, true, null]',
      '1',
      'true',
      'null',
      '{ k = "v" }',
      'k',
      '"v"',
      '<<-E\n    one\n      two\n  E',
      text.trimEnd(),
    ]) {
      assert.ok(written.includes(expected), `${expected} not among ${JSON.stringify(written)}`);
    }
  });

  test('finds each character of a text that is not written as it reads', () => {
    const text = 'a = "x\\n$${y}z"\nb = <<-E\n    one\n      two\n  E\n';
    const root = readHcl(text, 'after').documents[0];
    for (const [key, value] of [
      ['a', 'x\n${y}z'],
      ['b', 'one\n  two\n'],
    ] as const) {
      const node = member(root, key) as TreeNode;
      assert.equal(node.value, value);
      for (const [i, letter] of value.split('').entries()) {
        if (/[a-z{}]/.test(letter)) assert.equal(text.charAt(valueOffset(node, i)), letter, `${key}[${i}]`);
      }
    }
  });

  const BROKEN: readonly (readonly [string, string])[] = [
    ['a quote', 'resource "a" "b" {\n  x = "half\n}\n'],
    ['a quote after an expression', 'resource "a" "b" {\n  x = "${var.y"\n}\n'],
    ['a brace', 'resource "a" "b" {\n  x {\n    y = 1\n'],
    ['a bracket', 'resource "a" "b" {\n  x = [1,\n}\n'],
    ['an object', 'resource "a" "b" {\n  x = { y = 1\n}\n'],
    ['a call', 'resource "a" "b" {\n  x = f(1, "2"\n}\n'],
    ['a heredoc', 'resource "a" "b" {\n  x = <<EOT\n  text\n}\n'],
    ['a value', 'resource "a" "b" {\n  x =\n}\n'],
    ['a name', 'resource "a" "b" {\n  x\n}\n'],
    ['a brace too many', 'resource "a" "b" {}\n}\n'],
  ];
  for (const [what, start] of BROKEN) {
    test(`keeps later blocks when ${what} is missing or wrong`, () => {
      const tree = readHcl(`${start}resource "c" "d" {\n  z = 1\n}\n`, 'after');
      assertSound(tree);
      const blocks = (plain(tree.documents[0]) as { resource: readonly { '#': readonly string[]; z?: number }[] }).resource;
      assert.deepEqual(
        blocks.map((each) => each['#']),
        [
          ['a', 'b'],
          ['c', 'd'],
        ],
      );
      assert.equal(blocks[1]?.z, 1);
      if (what !== 'a value') assert.notEqual(tree.problems.length, 0);
    });
  }

  test('says what is repeated', () => {
    const [problem] = readHcl('a {\n x = 1\n x = 2\n}', 'after').problems;
    assert.equal(problem?.kind, 'duplicate-key');
    assert.equal(problem?.place?.start.line, 3);
  });

  test('gives up what is too deep or too large, and says so', () => {
    for (const [text, kind] of [
      [`a = ${'['.repeat(600)}`, 'too-deep'],
      ['a {'.repeat(600), 'too-deep'],
      [`a = ${'"${'.repeat(600)}`, 'too-deep'],
      [`a = "${'x'.repeat(2_000_001)}"`, 'too-large'],
    ] as const) {
      const tree = readHcl(text, 'after');
      assert.deepEqual([tree.documents.length, tree.problems[0]?.kind, tree.problems[0]?.blinds], [0, kind, true]);
    }
  });

  test('does not follow what grows without end', () => {
    const names = Array.from({ length: 40 }, (_, i) => `  l${i} = [local.l${i + 1}, local.l${i + 1}]`).join('\n');
    const chain = Array.from({ length: 3000 }, (_, i) => `  l${3000 - i} = [local.l${3001 - i}]`).join('\n');
    for (const locals of [names, chain, '  l0 = [local.l0]']) {
      const tree = readHcl(`locals {\n${locals}\n}\na = local.l0\nb = local.l1`, 'after');
      assertSound(tree);
      assert.ok(tree.documents.length === 1);
    }
    assert.match(readHcl(`locals {\n${names}\n}\n`, 'after').problems[0]?.message ?? '', /without end/);
  });
});
