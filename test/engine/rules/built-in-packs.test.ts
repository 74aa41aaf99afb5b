import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintPack } from '../../../server/engine/rules/lint-pack.ts';
import { builtInPacks } from '../../../server/engine/rules/built-in.ts';
import { testPack } from '../../../server/engine/rules/test-pack.ts';
import { packsHere } from './packs-here.ts';

const all = packsHere();
const packs = all.flatMap(({ parsed }) => (parsed.ok ? [parsed.pack] : []));

for (const { name, parsed } of all) void test(`${name} can be read`, () => assert.deepEqual(parsed.ok ? [] : parsed.problems, []));

for (const pack of packs) {
  const { cases, untested } = testPack(pack);
  for (const { rule, index, title, failures } of cases) {
    void test(`${pack.pack}, ${rule}, case ${index + 1}: ${title}`, () => assert.deepEqual(failures, []));
  }
  void test(`${pack.pack}: every rule has a test that must alarm and a neutral one, and is told well`, () => {
    assert.deepEqual(untested, []);
    assert.deepEqual(
      lintPack(pack).map(({ at, message }) => `${at.join('.')}: ${message}`),
      [],
    );
  });
}

void test('no two packs have a rule of one id, and every rule of them says which classes it covers', () => {
  const ids = packs.flatMap(({ rules }) => rules.map(({ id }) => id));
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
  assert.deepEqual(
    packs.flatMap(({ rules }) => rules.filter(({ classes = [] }) => classes.length === 0).map(({ id }) => id)),
    [],
  );
});

void test('what ships are these packs, without their tests', () => {
  assert.deepEqual(
    builtInPacks().map(({ pack, rules }) => ({ pack, rules: rules.map(({ id }) => id) })),
    packs.map(({ pack, rules }) => ({ pack, rules: rules.map(({ id }) => id) })),
  );
  assert.ok(builtInPacks().every(({ rules }) => rules.every(({ tests }) => tests === undefined)));
});
