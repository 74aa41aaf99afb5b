import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areTyping, blocksOf, changedBothWays, minimalChange, shiftBlocks, withoutBlocks, type Change } from '../../client/text-change.ts';
import { withChanges } from '../../client/pasted-text.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1e9);

test('what a hand can type is typing, what is larger is not', () => {
  const typed = ['a', '"', '""', '{}', '\n      ', '\r\n\t', '', ' ', '許可', '한글을'];
  for (const text of typed) assert.ok(areTyping([{ offset: 0, length: 0, text }]), JSON.stringify(text));
  const inserted = ['"*"', 'abc', '"Principal": "*"', '// ', 'x'.repeat(40)];
  for (const text of inserted) assert.ok(!areTyping([{ offset: 0, length: 0, text }]), JSON.stringify(text));
  const at = (offset: number, text: string) => ({ offset, length: 0, text });
  assert.ok(areTyping([at(0, '('), at(4, ')'), at(9, '('), at(12, ')')]), 'brackets around two selections');
  assert.ok(!areTyping([at(0, 's3'), at(4, ':'), at(9, '*')]), 'three different pieces in one go');
});

test('blocks are taken out again, and what was typed beside them is kept', () => {
  const cases = [
    { before: 'ab', block: [{ offset: 1, length: 0, text: 'XXX' }], later: [], wanted: 'ab' },
    { before: 'ab', block: [{ offset: 1, length: 1, text: 'XXX' }], later: [], wanted: 'ab' },
    { before: 'ab', block: [{ offset: 1, length: 0, text: 'XXX' }], later: [{ offset: 0, length: 0, text: 'c' }], wanted: 'cab' },
    { before: 'ab', block: [{ offset: 1, length: 0, text: 'XXX' }], later: [{ offset: 1, length: 0, text: 'c' }], wanted: 'acb' },
    { before: 'ab', block: [{ offset: 1, length: 0, text: 'XXX' }], later: [{ offset: 4, length: 0, text: 'c' }], wanted: 'acb' },
    { before: 'ab', block: [{ offset: 1, length: 0, text: 'XXX' }], later: [{ offset: 2, length: 0, text: 'c' }], wanted: undefined },
    { before: 'ab', block: [{ offset: 1, length: 0, text: 'XXX' }], later: [{ offset: 0, length: 2, text: '' }], wanted: undefined },
    {
      before: 'abcd',
      block: [
        { offset: 3, length: 1, text: 'YY' },
        { offset: 1, length: 1, text: 'XXX' },
      ],
      later: [
        { offset: 7, length: 0, text: '!' },
        { offset: 0, length: 1, text: '' },
      ],
      wanted: 'bcd!',
    },
  ];
  for (const { before, block, later, wanted } of cases) {
    const after = withChanges(before, block);
    const blocks = shiftBlocks(blocksOf(before, block), later);
    const current = withChanges(after, later);
    assert.equal(blocks && withoutBlocks(current, blocks), wanted, JSON.stringify({ before, block, later }));
  }
});

test(`any block among any typing comes out exactly (seed ${SEED})`, () => {
  const random = generator(SEED);
  for (let round = 0; round < 3000; round += 1) {
    const before = textOf(random, 20);
    const block = changesOf(random, before, 3);
    const after = withChanges(before, block);
    const blocks = blocksOf(before, block);
    assert.equal(withoutBlocks(after, blocks), before);
    // Typing outside of the blocks commutes with taking them out.
    const free = placesOutside(after, blocks);
    const place = free[Math.floor(random() * free.length)];
    if (place === undefined) continue;
    const typed = [{ offset: place, length: 0, text: 't' }];
    const moved = shiftBlocks(blocks, typed);
    assert.ok(moved);
    assert.equal(withoutBlocks(withChanges(after, typed), moved).replace('t', ''), before);
  }
});

test(`the smallest change makes the one text of the other (seed ${SEED})`, () => {
  const random = generator(SEED);
  for (let round = 0; round < 3000; round += 1) {
    const [before, after] = [textOf(random, 12), textOf(random, 12)];
    const change = minimalChange(before, after);
    assert.equal(withChanges(before, [change]), after);
  }
  const cases = [
    ['a\r\nb', 'a\nb'],
    ['x😀y', 'x😁y'],
    ['\r\n', '\r\n\r\n'],
    ['aaa', 'aa'],
    ['', 'x'],
    ['x', ''],
    ['same', 'same'],
  ] as const;
  for (const [before, after] of cases) {
    const { offset, length, text } = minimalChange(before, after);
    assert.equal(withChanges(before, [{ offset, length, text }]), after);
    assert.ok(!/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(text), 'no half of a pair is replaced');
  }
});

test('a suggestion is fitted to a text that changed elsewhere, and not where both changed', () => {
  const cases = [
    { before: 'abcdef', after: 'aXcdef', current: 'abcdeY', wanted: 'aXcdeY' },
    { before: 'abcdef', after: 'abcdeX', current: 'Ybcdef', wanted: 'YbcdeX' },
    { before: 'abcdef', after: 'abXdef', current: 'abYdef', wanted: undefined },
    { before: 'abcdef', after: 'abXcdef', current: 'abYcdef', wanted: undefined },
    { before: 'abcdef', after: 'abdef', current: 'abcef', wanted: undefined },
    { before: 'a\nb\nc\n', after: 'a\nb\nC\n', current: 'A\nb\nc\n', wanted: 'A\nb\nC\n' },
  ];
  for (const { before, after, current, wanted } of cases) assert.equal(changedBothWays(before, after, current), wanted, after);
});

function textOf(random: () => number, longest: number): string {
  const pieces = ['a', 'b', '\n', '\r\n', '😀', '"', ' '];
  return Array.from({ length: Math.floor(random() * longest) }, () => pieces[Math.floor(random() * pieces.length)] ?? '').join('');
}

/** Changes that do not touch one another. */
function changesOf(random: () => number, text: string, most: number): readonly Change[] {
  const changes: Change[] = [];
  let from = 0;
  for (let index = 0; index < most && from < text.length; index += 1) {
    const offset = from + Math.floor(random() * (text.length - from));
    const length = Math.floor(random() * (text.length - offset));
    changes.push({ offset, length, text: `<${index}>` });
    from = offset + length + 1;
  }
  return changes;
}

function placesOutside(text: string, blocks: readonly { readonly start: number; readonly end: number }[]): readonly number[] {
  return Array.from({ length: text.length + 1 }, (_, place) => place).filter(
    (place) => !blocks.some(({ start, end }) => place > start && place < end),
  );
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
