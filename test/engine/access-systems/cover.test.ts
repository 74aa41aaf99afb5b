import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Axis, type Box, globAxis, pathAxis, spansAxis } from '../../../server/engine/access/box.ts';
import { expansionsOf } from '../../../server/engine/access/cover.ts';
import type { Grant } from '../../../server/engine/access/grant.ts';
import { type Random, randomFrom } from '../../support/random.ts';

/** Requests are all of these together: a small world in which everything can be tried. */
const TREE = [[], ['a'], ['a', 'x'], ['a', 'y'], ['b'], ['b', 'x']] as const;
const WORDS = ['', 'a', 'b', 'aa', 'ab', 'ba', 'bb', 'aab', 'aba', 'abb', 'q', 'aq', 'qa', 'qb', 'aqb', 'bqa'];
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7];
const PATTERNS = ['*', 'a*', '*a', 'a*b', 'a', 'ab', 'b*', '*b*', 'aa*', 'b'];

type Request = { readonly path: readonly string[]; readonly word: string; readonly number: number; readonly scope: readonly string[] };
const REQUESTS: readonly Request[] = TREE.flatMap((path) =>
  WORDS.flatMap((word) => NUMBERS.flatMap((number) => TREE.slice(0, 4).map((scope) => ({ path, word, number, scope })))),
);

function randomGrant(random: Random): Grant {
  const boxes: readonly Box[] = Array.from({ length: random.chance(0.2) ? 2 : 1 }, () => [
    pathAxis(...random.pick(TREE)),
    globAxis(random.pick(PATTERNS), random.chance(0.2) ? [random.pick(PATTERNS)] : []),
    spansAxis(
      Array.from({ length: random.chance(0.3) ? 2 : 1 }, () => {
        const from = random.below(8);
        return { from: BigInt(from), to: BigInt(Math.min(7, from + random.below(6))) };
      }),
    ),
    pathAxis(...random.pick(TREE.slice(0, 4))),
  ]);
  return {
    system: 'test',
    principal: { kind: 'unknown', name: String(random.below(1e9)), label: '' },
    action: '',
    resource: '',
    scope: [],
    declaration: { system: 'settings', type: '', key: '', name: '', node: { type: 'object', offset: 0, length: 0 } },
    places: [],
    boxes,
  };
}

function within(path: readonly string[], above: readonly string[]): boolean {
  return above.every((step, i) => step === path[i]);
}

function matches(pattern: string, word: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(word);
}

function allowsAxis(axis: Axis | undefined, value: readonly string[] | string | number): boolean {
  if (axis?.kind === 'path' && typeof value === 'object') return within(value, axis.path) && !axis.not.some((path) => within(value, path));
  if (axis?.kind === 'glob' && typeof value === 'string')
    return axis.all.every((pattern) => matches(pattern, value)) && !axis.not.some((pattern) => matches(pattern, value));
  return (
    axis?.kind === 'spans' && typeof value === 'number' && axis.spans.some(({ from, to }) => from <= BigInt(value) && BigInt(value) <= to)
  );
}

function allows(boxes: readonly Box[], { path, word, number, scope }: Request): boolean {
  return boxes.some(
    (box) => allowsAxis(box[0], path) && allowsAxis(box[1], word) && allowsAxis(box[2], number) && allowsAxis(box[3], scope),
  );
}

const SEEDS = [1, 20_261, Number(process.env['SEED'] ?? 7)];
for (const seed of SEEDS) {
  test(`what is new is exactly what was refused and is now allowed (seed ${seed})`, () => {
    const random = randomFrom(seed);
    let covered = 0;
    let expanded = 0;
    for (let round = 0; round < 150; round++) {
      const before = Array.from({ length: random.below(6) }, () => randomGrant(random));
      const after = Array.from({ length: 1 + random.below(3) }, () =>
        random.chance(0.3) && before.length > 0 ? random.pick(before) : randomGrant(random),
      );
      const found = expansionsOf(before, after, () => false);
      const where = `seed ${seed}, round ${round}`;
      for (const grant of after) {
        const expansion = found.find((each) => each.grant === grant);
        if (expansion === undefined) covered++;
        else expanded++;
        for (const request of REQUESTS) {
          const fresh = allows(grant.boxes ?? [], request) && !before.some((each) => allows(each.boxes ?? [], request));
          // `left` says request by request what is new: nothing missed, nothing false.
          const said = expansion !== undefined && allows(expansion.left, request);
          if (fresh !== said) assert.fail(`${where}: ${JSON.stringify(request)} is ${fresh ? 'missed' : 'not new'}`);
        }
      }
    }
    assert.ok(covered > 20 && expanded > 20, `too one-sided to mean anything: ${covered} covered, ${expanded} expanded`);
  });
}

test('a grant with a part that is not in the text covers nothing but its equal', () => {
  const random = randomFrom(3);
  const whole = { ...randomGrant(random), boxes: [[pathAxis(), globAxis('*')]] };
  const open = { ...whole, unresolved: true };
  const narrow = { ...whole, principal: { ...whole.principal, name: 'other' }, boxes: [[pathAxis('a'), globAxis('a')]] };
  assert.equal(expansionsOf([open], [narrow], () => false).length, 1);
  assert.equal(expansionsOf([open], [open], () => false).length, 0);
  assert.equal(expansionsOf([whole], [narrow], () => false).length, 0);
});
