import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { reviewModel } from '../../server/fronts/review-model.ts';
import { reviewText } from '../../server/fronts/review-text.ts';
import type { Hold } from '../../server/gate/types.ts';
import { REPOSITORY } from '../support/repository.ts';
import { CRITICAL, FORBIDDEN, MEDIUM, POLICY } from './example-holds.ts';

const NOW = new Date(2026, 10, 21, 9, 44);
const FOLDER = join(REPOSITORY, 'test/fronts/review-text');
const model = (hold: Hold) => reviewModel(hold, [], POLICY, 'nonce', NOW);

const cases = [
  { name: 'critical-96', hold: CRITICAL, width: 96 },
  { name: 'critical-48', hold: CRITICAL, width: 48 },
  { name: 'medium-80', hold: MEDIUM, width: 80 },
  { name: 'forbidden-80', hold: FORBIDDEN, width: 80 },
];

for (const { name, hold, width } of cases) {
  test(`as text: ${name}`, () => {
    const text = reviewText(model(hold), { color: false, width });
    const file = join(FOLDER, `${name}.txt`);
    if (process.env['UPDATE'] || !existsSync(file)) {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(file, `${text}\n`);
      assert.ok(process.env['UPDATE'], `${file} was not there. Look at it and run again.`);
    }
    assert.equal(`${text}\n`, readFileSync(file, 'utf8'));
    for (const line of text.split('\n')) assert.ok(line.length <= width, `${line.length} columns: ${line}`);
  });
}

test('colour adds nothing but colour', () => {
  const plain = reviewText(model(CRITICAL), { color: false, width: 96 });
  const colored = reviewText(model(CRITICAL), { color: true, width: 96 });
  assert.notEqual(colored, plain);
  assert.equal(stripVTControlCharacters(colored), plain);
});

test('text of files and agents cannot drive the terminal or reorder what is read', () => {
  const [edit] = CRITICAL.edits;
  assert.ok(edit);
  const evil = '\u001b[2J\u202egnp.yxs\r\u0007';
  const hold: Hold = {
    ...CRITICAL,
    provenance: { ...CRITICAL.provenance, agent: { name: `Claude${evil}`, session: evil } },
    edits: [{ ...edit, path: `a${evil}.json`, after: `${edit.after}${evil}` }],
  };
  const text = reviewText(model(hold), { color: false, width: 96 });
  // oxlint-disable-next-line no-control-regex -- exactly these must not be there
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
  assert.match(text, /⟨U\+202E⟩/);
});
