import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPOSITORY } from '../support/repository.ts';

type Lock = { readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly license?: string }>> };

const lock = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as Lock;
const inputs = JSON.parse(readFileSync(join(REPOSITORY, 'out', 'inputs.json'), 'utf8')) as readonly string[];
const shipped = [...new Set(inputs.map(packageOf).filter((name) => name !== undefined))];

test('what is bundled comes from run-time dependencies with permissive licences alone', () => {
  assert.ok(shipped.length >= 3, `only ${shipped.join(', ')} seen in the bundles`);
  for (const name of shipped) {
    const entry = lock.packages[name];
    assert.ok(entry, `${name} is not in the lock file`);
    assert.ok(!entry.dev, `${name} is a development dependency and must not ship`);
    assert.match(entry.license ?? '', PERMISSIVE, `${name}: ${entry.license}`);
  }
});

test('dependencies are pinned to one version each', () => {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
  const ranges = Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] }).filter(([, range]) => !/^\d/.test(range));
  assert.deepEqual(ranges, []);
});

/** One licence, or several that all hold. */
const PERMISSIVE = /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|0BSD)( AND (MIT|ISC|Apache-2\.0|BSD-[23]-Clause))*\)?$/;

/** The lock file's key for a bundled file: the path up to and including the innermost package. */
function packageOf(input: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}
