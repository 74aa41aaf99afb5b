/** Whom an image runs as, in Dockerfiles of any length: expressions see no more than the first items of a list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';

const LONG = Array.from({ length: 700 }, (_, i) => `ENV PART_${i}=on`);

function lines(...parts: readonly (string | readonly string[])[]): string {
  return `${parts.flat().join('\n')}\n`;
}

const SAFE = lines('FROM debian:12', LONG, 'USER app');

const CASES: readonly (readonly [name: string, before: string, after: string, told: boolean])[] = [
  ['the last user of a long file', SAFE, lines('FROM debian:12', LONG, 'USER root'), true],
  ['its number', SAFE, lines('FROM debian:12', LONG, 'USER 0:0'), true],
  ['a long file loses its user', SAFE, lines('FROM debian:12', LONG), true],
  ['root for a while in a long file', SAFE, lines('FROM debian:12', 'USER root', LONG, 'USER app'), false],
  ['a user before a stage does not count in it', SAFE, lines('FROM debian:12', LONG, 'USER app', 'FROM debian:12', LONG), true],
  ['a stage that runs as root comes first', SAFE, lines('FROM debian:12', 'USER root', 'FROM debian:12', LONG, 'USER app'), false],
  ['another user', SAFE, lines('FROM debian:12', LONG, 'USER web'), false],
  ['a user without a name', SAFE, lines('FROM debian:12', LONG, 'USER'), false],
  ['it was root before', lines('FROM debian:12', LONG), lines('FROM debian:12', LONG, 'USER root'), false],
  ['a new file', '', lines('FROM debian:12', LONG), false],
  ['a file without a stage', lines('USER app'), lines('# nothing'), false],
];

for (const [name, before, after, told] of CASES) {
  void test(name, () => {
    const provenance = { channel: 'hook', certainty: 'attested' } as const;
    const { findings } = assess({ path: 'Dockerfile', before, after, provenance }, DEFAULT_SETTINGS);
    assert.equal(
      findings.some(({ rule }) => rule === 'docker-runs-as-root'),
      told,
    );
  });
}
