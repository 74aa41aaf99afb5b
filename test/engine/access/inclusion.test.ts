// oxlint-disable typescript/no-unsafe-type-assertion -- rows of a corpus of known shape
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { expansionsBetween } from './policies.ts';

// Labelled pairs: does one policy allow anything the other does not? Read from beside the repository when they are there.
const corpus = find('shared/corpus/iam-inclusion.jsonl');

/** Labels that contradict AWS: with BoolIfExists a Deny also applies where the key is absent, so nothing is allowed there on either side. */
const WRONG_LABELS = new Set(
  ['1_3 p2', '0_3 p2', '1_0 p1', '1_0 p2', '0_0 p1', '0_0 p2'].map((each) => `ec2_require_mfa_session_token ${each}`),
);

test('labelled pairs expand exactly where their label says so', {
  skip: corpus === undefined ? 'the corpus folder is not there' : false,
}, (t) => {
  const wrong: string[] = [];
  let count = 0;
  for (const line of readFileSync(corpus ?? '', 'utf8')
    .trim()
    .split('\n')) {
    const { id, p1, p2, p1AllowsMore, p2AllowsMore } = JSON.parse(line) as {
      id: string;
      p1: object;
      p2: object;
      p1AllowsMore: boolean;
      p2AllowsMore: boolean;
    };
    for (const [before, after, expected, name] of [
      [p2, p1, p1AllowsMore, 'p1'],
      [p1, p2, p2AllowsMore, 'p2'],
    ] as const) {
      count++;
      const { expansions, problems } = expansionsBetween(JSON.stringify(before), JSON.stringify(after));
      const label = `${/([^/]+)\/policy/.exec(id)?.[1]} ${/([^/]+)\.json$/.exec(id)?.[1]} ${name}`;
      if (expansions.length > 0 !== expected && !WRONG_LABELS.has(label)) wrong.push(`${id} ${name}`);
      assert.deepEqual(problems, [], id);
    }
  }
  t.diagnostic(`${count} labels`);
  assert.deepEqual(wrong, []);
});

function find(path: string): string | undefined {
  for (let folder = dirname(process.argv[1] ?? ''); ; folder = dirname(folder)) {
    const candidate = join(folder, '..', path);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}
