import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTree, type ParseError } from 'jsonc-parser';
import { readJson } from '../../../server/engine/read/json.ts';
import { readStrictJson } from '../../../server/engine/read/strict-json.ts';
import type { TreeNode } from '../../../server/engine/read/tree.ts';

const ROUNDS = 20_000;
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

const TEXTS = [
  '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "a\\u0041"], "Resource": "*"}]}',
  '[1, -2.5e3, true, false, null, "", {}, [], {"a": {"b": [[]]}}]',
  '\t{\r\n"ä": "\\ud83d\\ude00 😀", "b": 0}\n',
  '"x"',
];
const BITS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '//',
  '/*',
  '*/',
  '0',
  '-',
  '.',
  'e',
  'true',
  'nul',
  ' ',
  '\n',
  '\u0001',
  '\ud800',
  '\\u',
  '\ufeff',
  '"a": 1,',
];

test(`what is read strictly is what a forgiving parser reads, without its complaints (seed ${SEED})`, () => {
  const random = generator(SEED);
  let read = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let text = TEXTS[random(TEXTS.length)] ?? '';
    for (let i = random(3); i > 0; i--) {
      const at = random(text.length + 1);
      text = `${text.slice(0, at)}${BITS[random(BITS.length)] ?? ''}${text.slice(at + random(2))}`;
    }
    const strict = readStrictJson(text);
    if (strict === undefined) continue;
    read++;
    const errors: ParseError[] = [];
    const other = parseTree(text, errors, { allowTrailingComma: false, disallowComments: true });
    assert.deepEqual(errors, [], text);
    assert.deepEqual(plain(strict), other === undefined ? undefined : plain(other), text);
    assert.ok(isSound(strict), text);
  }
  assert.ok(read > ROUNDS / 20, `only ${read} were read strictly`);
});

test('plain texts are read strictly', () => {
  for (const text of TEXTS) assert.notEqual(readStrictJson(text), undefined, text);
});

test('what is not plain is left to the careful parser', () => {
  const deep = '['.repeat(501) + ']'.repeat(501);
  for (const text of [
    '',
    '{"a": 1,}',
    '// x\n1',
    '\ufeff1',
    '{"a": 1, "\\u0061": 2}',
    '"\\ud800"',
    '"\ud800"',
    '01',
    'tru',
    'truex',
    '1 2',
    '"\n"',
    deep,
  ]) {
    assert.equal(readStrictJson(text), undefined, text);
  }
  assert.equal(readJson('{"a": 1, "b": 2, "a": 3}', 'after').problems.length, 1);
});

type Node = {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly value?: unknown;
  readonly children?: readonly Node[];
};

function plain({ type, offset, length, value, children }: Node): unknown {
  return { type, offset, length, value, children: children?.map(plain) };
}

/** No key twice, no half character. */
function isSound(node: TreeNode): boolean {
  const keys = node.type === 'object' ? (node.children ?? []).map(({ children }) => children?.[0]?.value) : [];
  return (
    new Set(keys).size === keys.length &&
    (node.type !== 'string' || String(node.value).isWellFormed()) &&
    (node.children ?? []).every(isSound)
  );
}

/** Whole numbers below the one given. */
function generator(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}
