import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { readHcl } from '../../../server/engine/read/hcl.ts';
import type { TreeNode } from '../../../server/engine/read/tree.ts';
import { seeded } from '../../support/random.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const TEXTS = Number(process.env['ORACLE_TEXTS'] ?? 150);

/** Attributes and blocks of generated texts stand where tree-sitter's grammar for Terraform finds them. */
test(`HCL as tree-sitter reads it (seed ${SEED})`, async () => {
  const parser = await terraformParser();
  const random = seeded(SEED);
  let compared = 0;
  for (let i = 0; i < TEXTS; i++) {
    const text = body(random, 0);
    const tree = parser.parse(text);
    assert.ok(tree !== null && !tree.rootNode.hasError, `seed ${SEED}: not valid HCL\n${text}`);
    const ours = readHcl(text, 'after');
    assert.deepEqual(ours.problems, [], `seed ${SEED}\n${text}`);
    const expected = [...theirSpots(tree.rootNode)].sort();
    const found = [...ourSpots(ours.documents[0] as TreeNode)].sort();
    assert.deepEqual(found, expected, `seed ${SEED}\n${text}`);
    compared += expected.length;
    tree.delete();
  }
  assert.ok(compared > TEXTS * 3, `only ${compared} places`);
});

async function terraformParser(): Promise<Parser> {
  const require = createRequire(`${process.cwd()}/package.json`);
  await Parser.init({ wasmBinary: readFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm')) });
  const parser = new Parser();
  const path = require.resolve('@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-terraform.wasm');
  parser.setLanguage(await Language.load(new Uint8Array(readFileSync(path))));
  return parser;
}

/** "block r 0-20", "name 4-8 = 11-14" */
function* theirSpots(node: Node): Iterable<string> {
  if (node.type === 'block') {
    yield `block ${node.child(0)?.text} ${node.startIndex}-${node.endIndex}`;
  } else if (node.type === 'attribute') {
    const [name, value] = [node.namedChild(0), node.namedChildren.at(-1)];
    yield `attribute ${name?.text} ${name?.startIndex}-${name?.endIndex} = ${value?.startIndex}-${trimmedEnd(node.tree.rootNode.text, value)}`;
    // What is worked out elsewhere has no parts here.
    return;
  }
  for (const child of node.namedChildren) if (child !== null) yield* theirSpots(child);
}

function trimmedEnd(text: string, node: Node | null | undefined): number {
  let end = node?.endIndex ?? 0;
  while (/\s/.test(text.charAt(end - 1))) end--;
  return end;
}

function* ourSpots(node: TreeNode): Iterable<string> {
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const blocks = (value.children ?? []).filter((each) => each.labels !== undefined);
    if (value.type === 'array' && blocks.length > 0) {
      for (const block of blocks) {
        yield `block ${String(key.value)} ${block.offset}-${block.offset + block.length}`;
        yield* ourSpots(block);
      }
    } else yield `attribute ${String(key.value)} ${key.offset}-${key.offset + key.length} = ${value.offset}-${value.offset + value.length}`;
  }
}

type Random = () => number;

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

function body(random: Random, depth: number): string {
  const indent = '  '.repeat(depth);
  const lines: string[] = [];
  for (let i = 0; i < 1 + Math.floor(random() * 5); i++) {
    const kind = random();
    if (kind < 0.2) lines.push(`${indent}${pick(random, ['# c', '// "x {', '/* { */', ''])}`);
    else if (kind < 0.5 && depth < 3) {
      const labels = pick(random, ['', ' "a"', ' "a" "b-c"', ' x']);
      lines.push(`${indent}${pick(random, ['resource', 'ingress', 'a-b', 'data'])}${labels} {\n${body(random, depth + 1)}${indent}}`);
    } else lines.push(`${indent}n${depth}_${i} = ${value(random, 0, indent)}${pick(random, ['', ' # c', ' '])}`);
  }
  return `${lines.join('\n')}\n`;
}

function value(random: Random, depth: number, indent: string): string {
  const leaf = [
    '"x"',
    '"a\\"b"',
    '12',
    '1.5',
    'true',
    'null',
    'var.x',
    'a.b[0].c',
    '"é😀"',
    '"a ${var.x} b"',
    '"${f("}")}"',
    '"$${x}"',
    'local.y',
    'a.*.b',
  ];
  const random0 = random();
  if (depth > 2 || random0 < 0.5) return pick(random, leaf);
  const inner = (): string => value(random, depth + 1, indent);
  switch (Math.floor(random0 * 20) % 8) {
    case 0:
      return `[${inner()}, ${inner()}]`;
    case 1:
      return `[\n${indent}  ${inner()},\n${indent}]`;
    case 2:
      return `{ a = ${inner()}, "b" = ${inner()} }`;
    case 3:
      return `{\n${indent}  a : ${inner()}\n${indent}  c = ${inner()}\n${indent}}`;
    case 4:
      return `f(${inner()}, ${inner()})`;
    case 5:
      return `a == 1 ? ${inner()} : ${inner()}`;
    case 6:
      return `[for k, v in x : v if v != ${inner()}]`;
    default:
      return `g(${inner()}, { x = ${inner()} })`;
  }
}
