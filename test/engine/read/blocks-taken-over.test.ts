/**
 * What is taken over of a text of blocks against reading all of it, on random edits of random documents: every node with its place, and
 * every problem. A node that stands elsewhere, or says something else, would be a hole in the gate.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bicepTakenOver, readBicep } from '../../../server/engine/read/bicep.ts';
import { changedPart } from '../../../server/engine/read/changed-part.ts';
import { hclTakenOver, readHcl } from '../../../server/engine/read/hcl.ts';
import type { TreeNode } from '../../../server/engine/read/tree.ts';
import { randomFrom } from '../../support/random.ts';
import { SAMPLES } from './samples.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const ROUNDS = Number(process.env['ROUNDS'] ?? 1_500);
const random = randomFrom(SEED);

const SHARED = [
  '/* word */',
  '/*',
  '*/',
  '# word\n',
  '// word',
  '\n',
  '\n\n',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  ',',
  '=',
  ' ',
  '\r\n',
  '${',
  '\ufeff',
];

const HCL = {
  read: readHcl,
  takenOver: hclTakenOver,
  // What gives names a value, and what uses them.
  pieces: [
    'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n  tags = { team = var.team }\n  versioning {\n    enabled = true\n  }\n}\n',
    'resource "aws_security_group" "g" {\n  ingress {\n    cidr_blocks = concat(local.open, ["10.0.0.0/8"])\n  }\n}\n',
    'resource "aws_s3_bucket" "c" {\n  bucket = "x-${local.name}-${var.team}"\n  policy = jsonencode({ a = local.open, b = [local.base.x] })\n}\n',
    'resource "a" "h" {\n  doc = <<-EOT\n    text ${local.name}\n      more\n    EOT\n  n = f(<<EOT\nx\nEOT\n)\n}\n',
    'a = 1 # one\n',
    'b = "two"\n',
    'c = x ? y : "z" /* of\n two lines */\n',
    'module "m" { source = "./m" }; f = [1,\n 2]\n',
    '"quoted" = "a\\n${var.team}"\n',
    '\n# alone\n',
  ],
  names: [
    'locals {\n  open = ["0.0.0.0/0"]\n  base = { x = "y" }\n}\n',
    'locals { name = "n" }\n',
    'variable "team" { default = "red" }\n',
  ],
  rare: [
    'variable "other" {\n  default = local.name\n}\n',
    'tags = local.base\n',
    'd = f(<<EOT)\n',
    'EOT\n',
    'e = merge(local.base, { z = 1 })\n',
  ],
  bits: [
    ...SHARED,
    '"',
    'locals {',
    '<<EOT',
    'EOT\n',
    'local.open',
    'local.name',
    'var.team',
    'true',
    '"x"',
    'a = 1\n',
    'resource "r" "s" {',
    '?',
    '%{',
    '\\',
  ],
};

const BICEP = {
  read: readBicep,
  takenOver: bicepTakenOver,
  pieces: [
    "resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: 's${location}'\n  location: location\n  tags: tags\n  properties: {\n    allow: false\n  }\n}\n",
    "resource t 'Microsoft.X/y@1' = [for i in range(0, 2): {\n  name: 'n${i}'\n  list: concat([tier], ['x'])\n}]\n",
    "resource u 'Microsoft.X/y@1' existing = {\n  name: 'u'\n  resource v 'z' = { name: 'v' }\n}\n",
    "module m './m.bicep' = {\n  params: {\n    a: tags.a\n  }\n}\n",
    'output o string = s.id\n',
    "output p string = location == 'x'\n  ? 'y'\n  : tier\n",
    "targetScope = 'subscription'\n",
    "var long = '''\ntext '' more\n'''\n",
    '\n// alone\n',
    '#disable-next-line x\n',
  ],
  names: [
    "param location string = 'west'\n",
    '@secure()\nparam pw string\n',
    "@allowed([\n  'a'\n])\n@description('word')\nparam tier string = 'a'\n",
    "var tags = {\n  a: 'b'\n}\n",
  ],
  rare: ['var all = union(tags, { c: location })\n', 'metadata m = all\n'],
  bits: [
    ...SHARED,
    "'",
    "'''",
    '@secure()\n',
    'param ',
    'var x = 1\n',
    'location',
    'tags',
    "'x'",
    '? ',
    '  : ',
    '&& ',
    ':',
    '.a',
    'resource ',
    'if (x) ',
  ],
};

for (const [name, { read, takenOver, bits, ...parts }] of Object.entries({ HCL, BICEP })) {
  describe(`${name}: what is taken over is what reading gives`, () => {
    test(`on random edits (seed ${SEED})`, () => {
      let taken = 0;
      const sample = SAMPLES.find(({ format }) => format === name.toLowerCase())?.text ?? '';
      for (let round = 0; round < ROUNDS; round++) {
        const before = random.chance(0.05) ? sample : textOf(parts);
        let after = before;
        for (let i = random.below(3); i >= 0; i--) after = edited(after, bits, [...parts.names, ...parts.pieces, ...parts.rare]);
        if (before === after) continue;
        const old = read(before, 'before');
        const documents = old.problems.length > 0 ? undefined : takenOver(after, 'after', old, changedPart(before, after));
        if (documents === undefined) continue;
        taken++;
        const whole = read(after, 'after');
        const where = `${JSON.stringify(before)}\n→\n${JSON.stringify(after)}`;
        assert.deepEqual(whole.problems, [], where);
        assert.deepEqual(documents.map(shown), whole.documents.map(shown), where);
      }
      assert.ok(taken > ROUNDS / 100, `only ${taken} of ${ROUNDS} were taken over`);
    });
  });
}

describe('a text of blocks', () => {
  const taken = (before: string, after: string): readonly TreeNode[] | undefined =>
    hclTakenOver(after, 'after', readHcl(before, 'before'), changedPart(before, after));
  const blocks = ['a', 'b', 'c', 'd'].map((name) => `r "${name}" {\n  x = "1"\n}\n`);

  test('shares what stands ahead of the change', () => {
    const before = blocks.join('');
    const tree = readHcl(before, 'before');
    const after = before.replace(/1(?=[^1]*$)/, '234');
    const [root] = hclTakenOver(after, 'after', tree, changedPart(before, after)) ?? [];
    assert.equal(blocksIn(root)[0], blocksIn(tree.documents[0])[0]);
    assert.notEqual(blocksIn(root)[3], blocksIn(tree.documents[0])[3]);
  });

  test('is read whole where a name that is used elsewhere is given another value', () => {
    const before = `locals {\n  x = "1"\n}\n${blocks.join('')}`;
    assert.equal(taken(before, before.replace('"1"', '"2"')), undefined);
  });

  test('is read whole where a heredoc that is open may be closed', () => {
    const before = `a = f(<<EOT)\nb = 1\nc = 1\n${blocks.join('')}`;
    assert.equal(taken(before, `${before}EOT\n`), undefined);
  });
});

type Parts = { readonly names: readonly string[]; readonly pieces: readonly string[]; readonly rare: readonly string[] };

/** Names stand first as a rule. Nothing is there twice: that would be a problem of its own. */
function textOf({ names, pieces, rare }: Parts): string {
  const first = [...names, ...pieces].filter(() => random.chance(0.6));
  const more = rare.filter(() => random.chance(0.05));
  const all = [...first, ...more];
  return (random.chance(0.7) ? all : all.toSorted(() => random.below(3) - 1)).join(random.pick(['', '\n', '\n\n']));
}

/** One word becomes another, as most edits have it; or some characters become others. */
function edited(text: string, bits: readonly string[], pieces: readonly string[]): string {
  const found = [...text.matchAll(/[\w.*/-]+/g)];
  if (random.chance(0.6) && found.length > 0) {
    const { 0: word, index } = random.pick(found);
    return `${text.slice(0, index)}${random.pick(found)[0]}${random.chance(0.2) ? '\n' : ''}${text.slice(index + word.length)}`;
  }
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + (random.chance(0.6) ? random.below(4) : random.below(80)));
  const put = random.chance(0.7) ? random.pick(bits) : random.chance(0.5) ? random.pick(pieces) : '';
  return `${text.slice(0, at)}${put}${text.slice(random.chance(0.5) ? at : end)}`;
}

function shown({ type, offset, length, value, children, unresolved, labels, runs }: TreeNode): unknown {
  return { type, offset, length, value, unresolved, labels, runs, children: children?.map(shown) };
}

function blocksIn(root: TreeNode | undefined): readonly TreeNode[] {
  return root?.children?.[0]?.children?.[1]?.children ?? [];
}
