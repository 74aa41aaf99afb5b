import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forgetEdit } from '../../../server/engine/edit-memory.ts';
import { readText } from '../../../server/engine/read/format.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import { assertSound } from './plain.ts';
import { SAMPLES } from './samples.ts';
import { seeded } from '../../support/random.ts';

/** FUZZ_SECONDS=600 is the long form. */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 10);
/** Of the texts that repeat one thing. */
const LENGTH = SECONDS > 60 ? 50_000 : 8000;
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

/** Pieces that mean something to a reader. */
const PIECES = [
  '"',
  "'",
  '`',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '${',
  '%{',
  '<<E\n',
  'E\n',
  '\\',
  '\n',
  '\r\n',
  '#',
  '//',
  '/*',
  '*/',
  ';',
  ':',
  '=',
  ',',
  '$$',
  "'''",
  'for ',
  'if ',
  '\u0000',
  '\uD800',
  '😀',
  '\uFEFF',
  'é',
  '--',
  '@',
  '!',
  '~',
  ' ',
  '\t',
  '-',
  '.',
  '...',
  'resource "a" "b" {\n',
  'Match ',
  'jsonencode(',
  'local.a',
  'FROM ',
  'GRANT ',
];

describe(`readers of half-typed text (seed ${SEED})`, () => {
  test('neither throw nor lose themselves', () => {
    const random = seeded(SEED);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const end = Date.now() + SECONDS * 1000;
    let runs = 0;
    for (; Date.now() < end; runs++) {
      // As whoever assesses an edit does: what was worked out of the last text is not kept.
      forgetEdit();
      const { format, text } = pick(SAMPLES);
      let mutated = text;
      for (let i = 1 + Math.floor(random() * 6); i > 0; i--) mutated = mutate(mutated, random, pick);
      const timeOf = (): number => {
        const started = performance.now();
        const tree = readText(format, mutated, 'after');
        assertSound(tree);
        declarationsOf(tree, `x.${format}`);
        return performance.now() - started;
      };
      try {
        // What takes long once may have waited for the machine.
        const took = Math.min(...until(timeOf, 1000));
        assert.ok(took < 1000, `${took} ms`);
      } catch (error) {
        throw new Error(`seed ${SEED}, run ${runs}, ${format}: ${JSON.stringify(mutated)}`, { cause: error });
      }
    }
    assert.ok(runs > 100, `only ${runs} runs`);
  });

  for (const { format } of SAMPLES) {
    test(`${format}: time grows with the text, whatever is repeated`, () => {
      const slow: string[] = [];
      for (const fragment of [...PIECES, ...PAIRS]) {
        // Before: something to be inside of. The text ends without what would close it.
        for (const before of ['', 'x {\n a: ', 'a = "']) {
          const timeOf = (length: number): number => {
            const text = before + fragment.repeat(Math.ceil(length / fragment.length));
            const started = performance.now();
            readText(format, text, 'after');
            return performance.now() - started;
          };
          if (timeOf(LENGTH) < 100) continue;
          // Linear is four times as much; a busy machine makes single figures worthless.
          const least = (length: number): number => Math.min(timeOf(length), timeOf(length), timeOf(length));
          const [one, four] = [least(LENGTH), least(4 * LENGTH)];
          if (four > 100 && four > 11 * one) slow.push(`${JSON.stringify(before + fragment)}: ${Math.round(one)} → ${Math.round(four)} ms`);
        }
      }
      assert.deepEqual(slow, []);
    });
  }
});

/** Two and more pieces in turn: what makes a pattern with two ways to go try them all. */
const PAIRS = [
  ' "a"',
  '"${',
  '"${"',
  '"${a}',
  '"a" ',
  'a ',
  'a,',
  'a\n',
  'a = "${\n',
  'a {\n',
  'a = [\n',
  'a = {\n',
  'a = f(\n',
  'a = <<E\n',
  '${a',
  '%{ if ',
  '{a=',
  '[[',
  '((',
  '"\\"',
  '\\\n',
  '\\ ',
  'x:',
  '!x ',
  "''",
  "'${",
  '["a" ',
  'A=1 ',
  'RUN a \\\n',
  'RUN <<A\n',
  '$a$ ',
  '/* /*',
  'grant a on b to c, ',
  'a@',
  'a.',
  'allow read: if (',
  'match /a {',
  'a=(',
  'a = a ? ',
  '# \n',
  '; ',
  ' =',
  'u ALL=(a) ',
  'jsonencode(merge(',
];

function mutate(text: string, random: () => number, pick: <T>(items: readonly T[]) => T): string {
  const at = Math.floor(random() * (text.length + 1));
  const length = Math.floor(random() * 20);
  switch (Math.floor(random() * 5)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + pick(PIECES) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at, at + length).repeat(2) + text.slice(at + length);
    case 3:
      return text.slice(0, at);
    default: {
      const from = Math.floor(random() * text.length);
      return text.slice(0, at) + text.slice(from, from + length) + text.slice(at + length);
    }
  }
}

/** Up to three times, until one is below. */
function until(measure: () => number, below: number): readonly number[] {
  const times: number[] = [];
  while (times.length < 3 && times.every((time) => time >= below)) times.push(measure());
  return times;
}
