/** What differs between two objects is told without looking every member up by name; here against looking up every one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDotenv } from '../../../server/engine/read/dotenv.ts';
import { takenOver } from '../../../server/engine/read/taken-over.ts';
import { membersOf, type TreeNode } from '../../../server/engine/read/tree.ts';
import { saySame } from '../../../server/engine/rules/canonical-text.ts';
import { changeBetween } from '../../../server/engine/rules/change.ts';
import { randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3000);
const random = randomFrom(SEED);

void test('members that are added, taken away, repeated and changed', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const before = lines();
    let after = [...before];
    for (let i = random.below(4); i >= 0; i--) after = edited(after);
    const shown = `seed ${SEED}\n${before.join('\n')}\n=== to\n${after.join('\n')}`;
    const [old, now] = [rootOf(before), rootOf(after)];
    const keys = changedKeys(old, now);
    const expected = differing(old, now);
    // Of objects with as many members, one that is repeated may be taken for changed where it is not.
    if (membersOf(old).length !== membersOf(now).length) assert.deepEqual(keys, expected, shown);
    for (const key of expected) assert.ok(keys.includes(key), shown);
    const [other, taken] = takenRoots(before, after);
    if (taken !== undefined) assert.deepEqual(changedKeys(other, taken), expected, `taken over, ${shown}`);
  }
});

function changedKeys(old: TreeNode, now: TreeNode): readonly string[] {
  const change = changeBetween(old, now);
  return change?.kind === 'members' ? [...change.of.keys()].sort() : [];
}

/** The text before, and the one after made from it, where that can be done: what it kept is told by where it stands. */
function takenRoots(before: readonly string[], after: readonly string[]): readonly [TreeNode, TreeNode | undefined] {
  const old = readDotenv(before.join('\n'), 'before');
  const [root] = old.documents;
  assert.ok(root !== undefined);
  return [root, takenOver(after.join('\n'), 'after', old)?.documents[0]];
}

function lines(): readonly string[] {
  return Array.from({ length: random.below(8) }, line);
}

function line(): string {
  return `${random.pick(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'])}${random.pick(['=1', '=2', '="$X"', '=1', '=2', ''])}`;
}

function edited(all: readonly string[]): string[] {
  const at = random.below(all.length + 1);
  switch (random.below(4)) {
    case 0:
      return all.toSpliced(at, 1);
    case 1:
      return all.toSpliced(at, 1, line());
    case 2:
      return all.toSpliced(at, 1).toSpliced(random.below(all.length), 0, all[at] ?? line());
    default:
      return all.toSpliced(at, 0, line());
  }
}

function rootOf(all: readonly string[]): TreeNode {
  const [root] = readDotenv(all.join('\n'), 'after').documents;
  assert.ok(root !== undefined);
  return root;
}

/** Keys of members that only one has, or that say other things; of a repeated key the last one counts. */
function differing(old: TreeNode, now: TreeNode): readonly string[] {
  const [a, b] = [old, now].map((root) => new Map(membersOf(root).map(({ key, value }) => [key, value])));
  return [...new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])]
    .filter((key) => {
      const [one, other] = [a?.get(key), b?.get(key)];
      return one === undefined || other === undefined || !saySame(one, other);
    })
    .sort();
}
