/** Which lines an edit changed, told from the change alone and from a comparison of all lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffArrays } from 'diff';
import { type ChangedLines, changedLines } from '../../../server/engine/access/changed-lines.ts';
import { randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_122);
const ROUNDS = Number(process.env['ROUNDS'] ?? 2_000);

void test(`lines that were replaced, added and taken away, as all lines compared tell them (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    // No line comes twice, and the last is kept, so that there is but one answer.
    const before = Array.from({ length: 2 + random.below(12) }, (_, i) => `line ${i}`);
    const fresh = Array.from({ length: random.below(14) }, (_, i) => `new ${i}`);
    const after = [...before];
    const start = random.below(before.length - 1);
    after.splice(start, random.below(before.length - start), ...fresh);
    if (random.chance(0.3)) after.splice(random.below(after.length - 1), after.length > 1 ? 1 : 0);
    const end = random.chance(0.5) ? '\n' : '';
    const [old, now] = [`${before.join('\n')}${end}`, `${after.join('\n')}${end}`];
    assert.deepEqual(sorted(changedLines(old, now)), sorted(byAllLines(old, now)), JSON.stringify([old, now]));
  }
});

function byAllLines(before: string, after: string): ChangedLines {
  const gone = new Set<number>();
  const fresh = new Set<number>();
  const beside = new Set<number>();
  const last = after.split('\n').length;
  let [oldLine, nowLine] = [1, 1];
  for (const { removed, added, count } of diffArrays(before.split('\n'), after.split('\n'))) {
    for (let i = 0; i < count; i++) {
      if (removed) gone.add(oldLine + i);
      if (added) fresh.add(nowLine + i);
    }
    if (removed) for (const line of [nowLine - 1, nowLine]) if (line >= 1 && line <= last) beside.add(line);
    if (!added) oldLine += count;
    if (!removed) nowLine += count;
  }
  return { before: gone, after: fresh, beside };
}

function sorted(lines: ChangedLines): Readonly<Record<keyof ChangedLines, readonly number[]>> {
  const inOrder = (set: ReadonlySet<number>): readonly number[] => [...set].sort((a, b) => a - b);
  return { before: inOrder(lines.before), after: inOrder(lines.after), beside: inOrder(lines.beside) };
}
