import assert from 'node:assert/strict';
import { test } from 'node:test';
import { member, readJson } from '../../server/engine/read/json.ts';
import { LARGEST_TEXT } from '../../server/engine/read/limits.ts';

const cases: readonly (readonly [name: string, text: string, kinds: readonly string[]])[] = [
  ['plain', '{"a": [1, true, null]}', []],
  ['comments, trailing commas and a byte order mark', '\uFEFF// hi\n{"a": 1, /* x */ }', []],
  ['empty', '', []],
  ['half-typed', '{"a": {"b": [1, ', ['partly-read']],
  ['no JSON at all', '<html>', ['unreadable']],
  ['something behind the end', '{} {}', ['partly-read']],
  ['a repeated key', '{"a": 1, "b": {"c": 1, "c": 2}}', ['duplicate-key']],
  ['an escaped repeated key', '{"a": 1, "\\u0061": 2}', ['duplicate-key']],
  ['half a character', '{"a": "\\ud800"}', ['partly-read']],
  ['20,000 brackets', '['.repeat(20_000), ['too-deep']],
  ['brackets in a string', `"${'['.repeat(20_000)}"`, []],
  ['too large', `"${'x'.repeat(LARGEST_TEXT)}"`, ['too-large']],
];
for (const [name, text, kinds] of cases) {
  test(`reads ${name}`, () => {
    const after = readJson(text, 'after');
    assert.deepEqual(
      after.problems.map(({ kind }) => kind),
      kinds,
    );
    assert.ok(after.problems.every(({ blinds }) => blinds));
    assert.ok(readJson(text, 'before').problems.every(({ blinds }) => !blinds));
  });
}

test('positions count lines and columns from 1, whatever ends a line', () => {
  const json = readJson('\uFEFF{\r\n "a":\r1,\n\n "b": 2}', 'after');
  const at = (key: string) => {
    const node = member(json.root, key);
    const { line, column } = json.positionAt(node?.offset ?? 0);
    return [line, column];
  };
  assert.deepEqual(
    [at('a'), at('b')],
    [
      [3, 1],
      [5, 7],
    ],
  );
  assert.deepEqual(json.positionAt(10_000).offset, json.text.length);
});
