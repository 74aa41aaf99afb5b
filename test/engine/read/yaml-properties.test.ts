import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { Document, parse, visit } from 'yaml';
import { readJson } from '../../../server/engine/read/json.ts';
import { membersOf, type TreeNode } from '../../../server/engine/read/tree.ts';
import { valueOffset } from '../../../server/engine/read/value-offset.ts';
import { readYaml } from '../../../server/engine/read/yaml.ts';
import { plain, places, scalarsOf, slice } from './shape.ts';

/** Data that JSON can hold, with words that YAML has its own mind about. */
const words = fc.constantFrom(
  'yes',
  'on',
  'null',
  '~',
  '0777',
  '1e3',
  'true',
  '- a',
  'a: b',
  'a #b',
  '',
  ' ',
  'two\nlines\n',
  'a\n\n  b\n',
  "it's",
  '"q"',
  '*x',
  '&x',
  '!t',
  '%',
  '@',
  '|',
  '>',
  'tab\tx',
  '\u00e9\u{1F600}',
  '2012-10-17',
  '\n',
  ' lead',
  'trail ',
);
const text = fc.oneof(
  words,
  fc.string({ unit: 'binary-ascii' }).filter((each) => !/^[ -~]*$/.test(each) && !/\{[{%]/.test(each)),
);
const key = text.filter((each) => each !== '<<' && each !== '__proto__');
const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

const STYLES = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const;

test('the same data as JSON and as YAML of any style gives the same tree, and every place is where its value is', () => {
  fc.assert(
    fc.property(
      data,
      fc.infiniteStream(fc.nat(999)),
      fc.constantFrom(0, 20, 80),
      fc.constantFrom(2, 3, 4),
      (value, choices, lineWidth, indent) => {
        const choose = (most: number): number => (choices.next().value as number) % most;
        const document = new Document(value);
        visit(document, {
          Scalar: (role, node) => {
            if (typeof node.value !== 'string') return;
            // What is below a key in block style is printed wrongly, and readers differ in blocks of nothing but space.
            const block = role !== 'key' && node.value.trim() !== '';
            node.type = STYLES[choose(block ? STYLES.length : 3)] ?? 'PLAIN';
          },
          Collection: (_, node) => {
            node.flow = choose(3) === 0;
          },
        });
        const yaml = document.toString({ lineWidth, indent, directives: false });
        // In rare styles the printer does not write what it was given.
        fc.pre(isPrintOf(yaml, value));
        const tree = readYaml(yaml, 'after');
        const json = JSON.stringify(value);
        assert.deepEqual(tree.problems, [], yaml);
        const root = tree.documents[0] ?? { type: 'null', offset: 0, length: 0, value: null };
        assert.deepEqual(plain(root), plain(readJson(json, 'after').root), yaml);
        assert.ok(places(root, yaml), yaml);
        for (const [path, node] of scalarsOf(root)) standsWhereItIs(yaml, path, node);
      },
    ),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 1500), includeErrorInReport: true },
  );
});

function standsWhereItIs(yaml: string, path: string, node: TreeNode): void {
  const written = slice(yaml, node);
  if (node.type !== 'string') {
    if (node.type !== 'null' || written !== '')
      assert.equal(Number.isNaN(Number(written)) ? JSON.parse(written) : Number(written), node.value, `${path} in ${yaml}`);
    return;
  }
  const value = String(node.value);
  for (let i = 0; i < value.length; i++) {
    const at = valueOffset(node, i);
    assert.ok(at >= node.offset && at <= node.offset + node.length);
    const there = yaml.charAt(at);
    // Escapes and breaks are written differently; every other character is itself.
    if (there !== '\\' && value[i] !== '\n' && value[i] !== ' ' && yaml.charAt(at - 1) !== '\\')
      assert.equal(there, value[i], `${path}[${i}] of ${JSON.stringify(yaml)}`);
  }
}

function isPrintOf(yaml: string, value: unknown): boolean {
  try {
    return isDeepStrictEqual(parse(yaml), value);
  } catch {
    return false;
  }
}

test('anchors and merge keys give the tree of what they stand for', () => {
  const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom('a', 'b c', 'yes'));
  const part = fc.dictionary(fc.constantFrom('p', 'q', 'r', 's'), scalar, { minKeys: 1, noNullPrototype: true });
  fc.assert(
    fc.property(part, part, part, (first, second, own) => {
      const flow = (each: object): string => JSON.stringify(each);
      const text = `a: &a ${flow(first)}\nb: &b ${flow(second)}\nc:\n  <<: [*a, *b]\n${Object.entries(own)
        .map(([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`)
        .join('')}d: *a\n`;
      const root = readYaml(text, 'after').documents[0];
      assert.deepEqual(plain(root), { a: first, b: second, c: { ...second, ...first, ...own }, d: first });
      // A merged value stands where it is written.
      for (const { keyNode } of membersOf(membersOf(root)[2]?.value)) assert.equal(slice(text, keyNode).replaceAll('"', ''), keyNode.value);
    }),
    { numRuns: 300, includeErrorInReport: true },
  );
});
