import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { compareSeverity } from '../../server/engine/rate.ts';
import type { Assessment, Provenance } from '../../server/engine/types.ts';
import { CORPUS } from '../support/repository.ts';

type Row = {
  readonly id: string;
  readonly fileName: string;
  readonly before: string;
  readonly after: string;
  readonly changedAfter?: readonly number[];
};

const AGENT: Provenance = { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } };
const skip = CORPUS === undefined ? 'the labelled edits are not beside the repository' : false;

void test('edits that change nothing risky ask for nothing', { skip }, () => {
  const asking = rows('neutral.jsonl').filter((row) => asks(assessed(row.fileName, row.before, row.after)));
  assert.deepEqual(
    asking.map(({ id }) => id),
    [],
  );
});

/** Rows whose label does not hold for access: id and why. */
const NOT_SOUND: Readonly<Record<string, string>> = {
  eec6476a5b90: 'a user leaves a group; no access is gained',
  '1f2e7b4ba24d': 'both directions open the queue to anyone for another action: receiving before, creating after',
};

void test('risky edits of AWS policies in JSON alarm on their changed lines, and their reverses ask for nothing', { skip }, () => {
  const about = rows('edits.jsonl').filter(
    ({ fileName, before, after }) => fileName.endsWith('.json') && /"Statement"/.test(before + after),
  );
  assert.ok(about.length > 0);
  for (const { id, fileName, before, after, changedAfter = [] } of about) {
    if (NOT_SOUND[id] !== undefined) continue;
    const { findings } = assessed(fileName, before, after);
    const lines = findings.flatMap(({ ranges }) => ranges.filter(({ side }) => side === 'after').map(({ start }) => start.line));
    assert.ok(
      lines.some((line) => changedAfter.includes(line)),
      `${id}: alarms at ${lines.join()}, changed are ${changedAfter.join()}`,
    );
    assert.ok(!asks(assessed(fileName, after, before)), `${id} reversed`);
  }
});

void test('no edit of the collection throws, whatever its format', { skip }, () => {
  for (const { fileName, before, after } of rows('edits.jsonl')) {
    for (const name of [fileName, `${fileName}.json`]) assessed(name, before, after);
  }
});

function rows(name: string): readonly Row[] {
  return readFileSync(join(CORPUS ?? '', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const row: Row = JSON.parse(line);
      return row;
    });
}

function assessed(path: string, before: string, after: string): Assessment {
  return assess({ path, before, after, provenance: AGENT }, DEFAULT_SETTINGS);
}

function asks({ findings }: Assessment): boolean {
  return findings.some(({ severity }) => compareSeverity(severity, 'medium') <= 0);
}
