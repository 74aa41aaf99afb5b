/** Patterns that begin with `^` are asked of the whole text at once; here against the engine's own search, for every pattern of the packs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from '@bufbuild/re2';
import { compilePattern } from '../../../server/engine/rules/pattern.ts';
import { randomFrom } from '../../support/random.ts';
import { packsHere } from './packs-here.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const random = randomFrom(SEED);

const OWN: readonly string[] = [
  '^a',
  '^a$',
  '^a|b$',
  '^(a|b)$',
  '^[|)]a$',
  '^[]|]a',
  '^[^]|]+$',
  '^[[:alpha:]|]b$',
  '^a\\|b$',
  '^\\(a|b',
  '^a\\$',
  '^a\\\\$',
  '^$',
  '^',
  '^a.b$',
  '(?i)^A$',
  '(?is)^a.*B$',
  '(?m)^a$',
  '^(?m:^a$)',
  '^(?i:A)b',
  '^\\Qa|b\\E$',
  '^a\\z',
  '^(a|b$)',
  '^(^a)$',
  '^\\ba\\b',
];

const LETTERS = ['a', 'b', 'A', 'B', '|', ')', '(', ']', '$', '\\', '\n', ' ', '_', '-', '.', '1', 'ä', '\u{1F600}', 'Q', 'E'];

void test('a pattern says the same of the whole text as the engine does when it searches', () => {
  const patterns = [...OWN, ...new Set(packsHere().flatMap(({ parsed }) => patternsIn(parsed)))];
  assert.ok(patterns.length > 500, `only ${patterns.length} patterns`);
  for (const pattern of patterns) {
    const engine = new RE2JS(pattern);
    const compiled = compilePattern(pattern);
    for (const text of textsFor(pattern))
      assert.equal(compiled(text), engine.test(text), `seed ${SEED}, ${pattern} of ${JSON.stringify(text)}`);
  }
});

/** Random texts, and some made of the words of the pattern itself. */
function textsFor(pattern: string): readonly string[] {
  const words = pattern.match(/[A-Za-z_]{2,}/g) ?? [''];
  const noise = (): string => Array.from({ length: random.below(4) }, () => random.pick(LETTERS)).join('');
  return Array.from({ length: 12 }, (_, i) =>
    i % 2 === 0 ? noise() : `${noise()}${random.pick(words)}${noise()}${random.pick(['', random.pick(words)])}`,
  ).concat(words.slice(0, 4), '', '\n');
}

function patternsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => (key === 'matches' && typeof each === 'string' ? [each] : patternsIn(each)));
}
