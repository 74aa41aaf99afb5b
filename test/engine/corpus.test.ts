import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { CORPUS } from '../support/repository.ts';
import { measureEdit, measureNeutral, rowsOf } from './corpus/measure.ts';

const skip = CORPUS === undefined ? 'the labelled edits are not beside the repository' : false;

/** Shares of the labelled edits, without those whose label does not hold (corpus/not-sound.ts says why). `npm run corpus` shows each. */
const FOUND_AT_LEAST = 0.95;
const ALARMS_AT_MOST = 0.03;

void test('edits that change nothing risky ask for nothing', { skip }, () => {
  const judged = rowsOf(CORPUS ?? '', 'neutral.jsonl')
    .map(measureNeutral)
    .filter(({ alarms }) => alarms !== undefined);
  const asking = judged.filter(({ alarms }) => alarms === true).map(({ row }) => row.id);
  assert.ok(judged.length > 50);
  assert.ok(asking.length / judged.length <= ALARMS_AT_MOST, asking.join(' '));
});

void test('risky edits alarm on their changed lines, and their reverses ask for nothing', { skip }, () => {
  const measured = rowsOf(CORPUS ?? '', 'edits.jsonl').map(measureEdit);
  const judged = measured.filter(({ found }) => found !== undefined);
  const missed = judged.filter(({ found }) => found === false).map(({ row }) => row.id);
  const reversed = measured.filter(({ reverseAlarms }) => reverseAlarms !== undefined);
  const asking = reversed.filter(({ reverseAlarms }) => reverseAlarms === true).map(({ row }) => row.id);
  assert.ok(judged.length > 800 && reversed.length > 800);
  assert.ok(1 - missed.length / judged.length >= FOUND_AT_LEAST, `missed: ${missed.join(' ')}`);
  assert.ok(asking.length / reversed.length <= ALARMS_AT_MOST, `reverses that ask: ${asking.join(' ')}`);
});

void test('no edit of the collection throws, whatever it is called', { skip }, () => {
  for (const { fileName, before, after } of rowsOf(CORPUS ?? '', 'edits.jsonl').filter((_, i) => i % 5 === 0)) {
    assess({ path: `${fileName}.json`, before, after, provenance: { channel: 'hook', certainty: 'attested' } }, DEFAULT_SETTINGS);
  }
});
