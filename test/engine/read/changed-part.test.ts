import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedPart, keptEnds } from '../../../server/engine/read/changed-part.ts';
import { readStrictJson } from '../../../server/engine/read/strict-json.ts';
import type { TreeNode } from '../../../server/engine/read/tree.ts';

const itemsOf = (text: string): readonly TreeNode[] => readStrictJson(text)?.children ?? assert.fail(text);

const CASES: readonly (readonly [before: string, after: string, start: number, end: number])[] = [
  ['[1, 2, 3]', '[1, 2, 3]', 3, 0],
  ['[1, 2, 3]', '[1, 5, 3]', 1, 1],
  ['[1, 2, 3]', '[1, 22, 3]', 1, 1],
  ['[1, 2, 3]', '[1, 3]', 1, 1],
  ['[1, 3]', '[1, 2, 3]', 1, 1],
  ['[1, 1, 1]', '[1, 1]', 2, 0],
  ['["a", "b"]', '["a", "b", "b"]', 2, 0],
  ['["a\\", \\"b"]', '["a", "b"]', 0, 0],
  ['[]', '[1]', 0, 0],
  ['[{"a": 1}, {"b": 2}]', '[{"a": 1}, {"b": 3}]', 1, 0],
];

for (const [before, after, start, end] of CASES) {
  test(`${before} → ${after}: ${start} kept at the start, ${end} at the end`, () => {
    assert.deepEqual(keptEnds(itemsOf(before), itemsOf(after), changedPart(before, after)), { start, end });
  });
}

test('what is kept says the same', () => {
  let seed = 20_261_121;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  for (let round = 0; round < 3_000; round++) {
    const list = (): string[] => Array.from({ length: random(6) }, () => ['1', '11', '"1"', '"\\"1"', '[1]', '{"1": 1}'][random(6)] ?? '1');
    const items = list();
    const other = [...items];
    other.splice(random(items.length + 1), random(3), ...list().slice(0, random(3)));
    const [before, after] = [items, other].map((each) => `[${each.join(', ')}]`) as [string, string];
    const [old, now] = [itemsOf(before), itemsOf(after)];
    const { start, end } = keptEnds(old, now, changedPart(before, after));
    const told = `${before} → ${after} (round ${round})`;
    assert.ok(start + end <= Math.min(old.length, now.length), told);
    assert.deepEqual(items.slice(0, start), other.slice(0, start), told);
    assert.deepEqual(items.slice(items.length - end), other.slice(other.length - end), told);
  }
});
