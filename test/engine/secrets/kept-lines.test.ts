/** Lines and statements that an edit left as they are say the same in both texts, and are not searched for secrets again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedPart, keptIn } from '../../../server/engine/read/changed-part.ts';
import { readText } from '../../../server/engine/read/format.ts';
import type { TreeNode } from '../../../server/engine/read/tree.ts';
import { saySame } from '../../../server/engine/rules/canonical-text.ts';
import { secretValuesIn } from '../../../server/engine/rules/secret-values.ts';
import { randomFrom } from '../../support/random.ts';
import { moreSecrets } from './more-secrets.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const ROUNDS = Number(process.env['ROUNDS'] ?? 600);
const random = randomFrom(SEED);

const LINES = {
  dotenv: [
    'DB_PASSWORD=tulip-27-barge',
    'export API_KEY="quartz_91_heron"',
    "TOKEN='mango/44.lark",
    'HOST=db # a comment',
    'SECRET="two\nlines_77"',
    'PASSWORD=$OTHER',
    'export EMPTY',
    '# "a note',
    '"',
    'PORT: 1',
  ],
  sql: [
    "CREATE ROLE a PASSWORD 'tulip-27-barge';",
    "ALTER ROLE b WITH PASSWORD 'quartz_91_heron' LOGIN;",
    'CREATE TABLE t (id bigint PRIMARY KEY);',
    "DO $$ BEGIN CREATE ROLE c PASSWORD 'mango/44.lark'; END $$;",
    "DO $x$ BEGIN EXECUTE 'ALTER ROLE d PASSWORD ''heron_12_x'''; END $x$;",
    'COPY t FROM stdin;\n1\tx\n\\.',
    "-- it's a note",
    '/* open',
    '*/',
    "'",
    '$$',
    'BEGIN;',
    'END $$;',
    'GRANT SELECT ON t TO a;',
  ],
} as const;

void test('what is kept says the same, and holds no secret that is new', () => {
  let compared = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const format = random.chance(0.5) ? 'dotenv' : 'sql';
    const before = Array.from({ length: 1 + random.below(7) }, () => random.pick(LINES[format])).join('\n');
    let after = before;
    for (let i = random.below(3); i >= 0; i--) after = edited(after, LINES[format]);
    const shown = `seed ${SEED}, ${format}\n${before}\n=== to\n${after}`;
    const [old] = readText(format, before, 'before').documents;
    const [now] = readText(format, after, 'after').documents;
    assert.ok(old !== undefined && now !== undefined, shown);
    const kept = keptIn(old, now, changedPart(before, after));
    for (const [one, other] of listsOf(old, now)) {
      const { start, end } = kept(one) ?? { start: 0, end: 0 };
      const [a, b] = [one.children ?? [], other.children ?? []];
      for (let i = 0; i < start; i++) assert.ok(isSame(a[i], b[i]), shown);
      for (let i = 1; i <= end; i++) assert.ok(isSame(a.at(-i), b.at(-i)), shown);
      compared += start + end;
    }
    const [oldAll, nowAll] = [secretValuesIn(old), secretValuesIn(now)];
    const [oldPart, nowPart] = [secretValuesIn(old, kept), secretValuesIn(now, kept)];
    assert.deepEqual(moreSecrets(nowPart, oldPart), moreSecrets(nowAll, oldAll), shown);
    assert.deepEqual(moreSecrets(oldPart, nowPart), moreSecrets(oldAll, nowAll), shown);
  }
  assert.ok(compared > ROUNDS, 'nothing was kept');
});

/** The root, and of SQL its list of statements. */
function listsOf(old: TreeNode, now: TreeNode): readonly (readonly [TreeNode, TreeNode])[] {
  const [one, other] = [old, now].map((root) => root.children?.[0]?.children?.[1]);
  return one?.type === 'array' && other?.type === 'array'
    ? [
        [old, now],
        [one, other],
      ]
    : [[old, now]];
}

function isSame(one: TreeNode | undefined, other: TreeNode | undefined): boolean {
  if (one?.type !== 'property' || other?.type !== 'property') return one !== undefined && other !== undefined && saySame(one, other);
  const [[key, value], [otherKey, otherValue]] = [one.children ?? [], other.children ?? []];
  return (
    key?.value === otherKey?.value &&
    (value === undefined ? otherValue === undefined : otherValue !== undefined && saySame(value, otherValue))
  );
}

function edited(text: string, lines: readonly string[]): string {
  const at = random.below(text.length + 1);
  const signs = ['"', "'", '$', '\n', '#', '\\', ';', 'x', '', '*/', ' '];
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + random.pick(signs) + text.slice(at + random.below(3));
    case 1:
      return `${text.slice(0, at)}\n${random.pick(lines)}\n${text.slice(at)}`;
    case 2: {
      const all = text.split('\n');
      return all.toSpliced(random.below(all.length), 1).join('\n');
    }
    default: {
      const all = text.split('\n');
      return all.toSpliced(random.below(all.length + 1), 0, random.pick(lines)).join('\n');
    }
  }
}
