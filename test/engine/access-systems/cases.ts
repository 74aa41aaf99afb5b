import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared, type Declared } from './scene.ts';

/** What is declared before and after, and "severity rule consequence" of each finding, worst first. */
export type Case = readonly [name: string, before: readonly Declared[], after: readonly Declared[], expected: readonly string[]];

/** Each case gives its findings and no others; every finding is whole; and the way back asks for nothing. */
export function compareCases(system: string, all: readonly Case[], path = 'main.tf'): void {
  for (const [name, before, after, expected] of all) {
    test(`${system}: ${name}`, () => {
      const { findings, problems } = compared(before, after, path);
      assert.deepEqual(
        findings.map(({ severity, rule, consequence }) => `${severity} ${rule} ${consequence}`),
        expected,
      );
      assert.deepEqual(problems, []);
      for (const { consequence, ranges, witness, fix, fingerprint } of findings) {
        assert.ok(consequence.split(/\s+/).length <= 18, consequence);
        assert.ok(ranges.length > 0 && fix !== '' && /^[0-9a-f]{64}$/.test(fingerprint));
        assert.ok(witness !== undefined && !witness.request.includes('undefined'));
      }
      if (expected.length === 0) return;
      assert.deepEqual(
        compared(after, before, path)
          .findings.filter(({ severity }) => ['critical', 'high', 'medium'].includes(severity))
          .map(({ severity, consequence }) => `${severity} ${consequence}`),
        [],
        'the reverse is hardening',
      );
    });
  }
}
