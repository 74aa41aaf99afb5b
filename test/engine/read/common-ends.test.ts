import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonEnds } from '../../../server/engine/read/common-ends.ts';
import { randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const random = randomFrom(SEED);

void test('what two texts share at their ends, character by character', () => {
  for (let round = 0; round < 300; round++) {
    const most = random.pick([3, 130, 2_000, 20_000]);
    const text = (length: number): string => random.pick(['a', 'ab', 'abж']).repeat(random.below(length));
    const [head, tail] = [text(most), text(most)];
    const [one, other] = [`${head}${text(4)}${tail}`, `${head}${text(4)}${tail}`];
    const found = commonEnds(one, other);
    const shown = `seed ${SEED}, round ${round}`;
    assert.equal(found.head, naive(one, other, Math.min(one.length, other.length)), shown);
    const [back, there] = [reversed(one), reversed(other)];
    assert.equal(found.tail, naive(back, there, Math.min(one.length, other.length) - found.head), shown);
  }
});

function naive(one: string, other: string, most: number): number {
  let length = 0;
  while (length < most && one[length] === other[length]) length++;
  return length;
}

function reversed(text: string): string {
  return Array.from(text).toReversed().join('');
}
