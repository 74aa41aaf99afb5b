import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { diffArrays } from 'diff';
import { REPOSITORY } from '../../../support/repository.ts';
import { measureEdit, measureNeutral, type Row } from '../measure.ts';

/** A whole file that edits are made to. */
type Text = { readonly id: string; readonly path: string; readonly text: string };
/** An edit of such a file: what is replaced by what, each standing there once. */
type Edit = {
  readonly id: string;
  /** Of the list of risky-edit classes; none for an edit that changes nothing risky. */
  readonly class?: number;
  readonly of: string;
  readonly replace: readonly (readonly [old: string, by: string])[];
  /** The reverse opens something too: a name, an address or an owner changes, or the file governs an agent. */
  readonly reverseOpens?: boolean;
};

const FOLDER = join(REPOSITORY, 'test', 'engine', 'corpus', 'own');
const FOUND_AT_LEAST = 0.97;
const ALARMS_AT_MOST = 0.02;

const texts = new Map(
  lines('texts.jsonl')
    .map((line): Text => JSON.parse(line))
    .map((text) => [text.id, text]),
);
const risky = lines('risky.jsonl').map((line): Edit => JSON.parse(line));

void test('edits of our own that change nothing risky ask for nothing', () => {
  const neutral = lines('neutral.jsonl').map((line): Edit => JSON.parse(line));
  const asking = neutral.filter((edit) => measureNeutral(rowOf(edit)).alarms === true).map(({ id }) => id);
  assert.ok(neutral.length > 90);
  assert.ok(asking.length / neutral.length <= ALARMS_AT_MOST, asking.join(' '));
});

void test('risky edits of our own alarm on their changed lines, and their reverses ask for nothing', () => {
  const measured = risky.map((edit) => ({ edit, measured: measureEdit(rowOf(edit)) }));
  const missed = measured.filter(({ measured: { found } }) => found === false).map(({ edit }) => edit.id);
  const reversed = measured.filter(({ edit }) => edit.reverseOpens !== true);
  const asking = reversed.filter(({ measured: { reverseAlarms } }) => reverseAlarms === true).map(({ edit }) => edit.id);
  assert.ok(1 - missed.length / measured.length >= FOUND_AT_LEAST, `missed: ${missed.join(' ')}`);
  assert.ok(asking.length / reversed.length <= ALARMS_AT_MOST, `reverses that ask: ${asking.join(' ')}`);
});

void test('every class of risky edits has edits of our own', () => {
  const few = Array.from({ length: 80 }, (_, i) => i + 1).filter(
    // Secrets are made at run time, in tests of their own, so that no scanner stops a push.
    (number) => number !== 25 && risky.filter((edit) => edit.class === number).length === 0,
  );
  assert.deepEqual(few, []);
});

function lines(name: string): readonly string[] {
  return readFileSync(join(FOLDER, name), 'utf8').trim().split('\n');
}

function rowOf({ id, of, replace, class: number }: Edit): Row {
  const { path, text } = texts.get(of) ?? assert.fail(`${id}: there is no text ${of}`);
  const after = replace.reduce((now, [old, by]) => {
    assert.equal(now.split(old).length, 2, `${id}: "${old}" stands once`);
    return now.replace(old, () => by);
  }, text);
  const rule = number === undefined ? 'none' : `class ${number}`;
  return { id, source: 'own', rule, kind: 'own', fileName: path, before: text, after, changedAfter: changedLines(text, after) };
}

function changedLines(before: string, after: string): readonly number[] {
  let line = 0;
  return diffArrays(before.split('\n'), after.split('\n')).flatMap(({ added, removed, value }) => {
    if (removed) return [];
    const first = line + 1;
    line += value.length;
    return added ? value.map((_, i) => first + i) : [];
  });
}
