import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reader } from '../../../server/engine/read/tree.ts';
import { assertSound, everyNode, plain } from './plain.ts';

export type Case = {
  readonly what: string;
  readonly text: string;
  /** The document as plain data. */
  readonly reads: unknown;
  /** Stretches of the text that a node must cover exactly. */
  readonly places?: readonly string[];
  /** Lines of the problems; none when left out. */
  readonly problems?: readonly number[];
};

/** One test for each case. */
export function testReader(read: Reader, cases: readonly Case[]): void {
  for (const { what, text, reads, places = [], problems = [] } of cases) {
    test(what, () => {
      const tree = read(text, 'after');
      assertSound(tree);
      assert.deepEqual(plain(tree.documents[0]), reads);
      const [root] = tree.documents;
      const written = root === undefined ? [] : everyNode(root).map(({ offset, length }) => text.slice(offset, offset + length));
      for (const place of places)
        assert.ok(written.includes(place), `nothing stands at ${JSON.stringify(place)} among ${JSON.stringify(written)}`);
      assert.deepEqual(
        tree.problems.map((each) => each.place?.start.line),
        problems,
      );
      assert.ok(tree.problems.every((each) => each.blinds));
    });
  }
}
