import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lintPack } from '../../../server/engine/rules/lint-pack.ts';
import type { Pack } from '../../../server/engine/rules/pack.ts';
import { parsePack } from '../../../server/engine/rules/parse-pack.ts';
import { testPack } from '../../../server/engine/rules/test-pack.ts';
import { REPOSITORY } from '../../support/repository.ts';

const FOLDER = join(REPOSITORY, 'server', 'engine', 'packs');
const packs = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name): readonly Pack[] => {
    const parsed = parsePack(name, readFileSync(join(FOLDER, name), 'utf8'));
    void test(`${name} can be read`, () => assert.deepEqual(parsed.ok ? [] : parsed.problems, []));
    return parsed.ok ? [parsed.pack] : [];
  });

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
