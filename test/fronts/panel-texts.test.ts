import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readClipboard } from '../../client/clipboard-suggestion.ts';
import { pasteChanges, readCopyNote, withChanges } from '../../client/pasted-text.ts';
import { reviewMarkdown } from '../../client/review-markdown.ts';
import { stateFolder as clientFolder } from '../../client/state-folder.ts';
import { heldInState, readFromPage } from '../../media/panel-messages.ts';
import { ago, capital, plain } from '../../media/phrases.ts';
import { visibleText } from '../../media/visible-text.ts';
import { stateFolder as gateFolder } from '../../server/gate/state-folder.ts';
import type { Review } from '../../server/protocol.ts';

test('hidden and reordering characters are written out', () => {
  const hidden = [
    0x00, 0x07, 0x0a, 0x0d, 0x1b, 0x7f, 0x85, 0xa0, 0xad, 0x034f, 0x061c, 0x115f, 0x1160, 0x1680, 0x17b4, 0x180b, 0x180e, 0x2000, 0x200b,
    0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2064, 0x2066, 0x2069, 0x206f, 0x2800, 0x3000, 0x3164, 0xd800, 0xdfff,
    0xe000, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xffff, 0x1d173, 0xe0001, 0xe0020, 0xe0041, 0xe007f, 0xe0100, 0xe01ef, 0x10ffff,
  ];
  for (const code of hidden) {
    const name = `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
    assert.equal(visibleText(`a${String.fromCodePoint(code)}b`), `a${name}b`);
  }
});

test('what can be seen stays as it is', () => {
  for (const text of ['prod-customer-exports', 'größe/日本語/موقع', '\t"Action": "s3:*"', '💾 x', 'a b', '⟨⟩'])
    assert.equal(visibleText(text), text);
});

test('phrases', () => {
  assert.equal(plain(['Jobs as ', { name: 'ci\u202e' }, ' can']), 'Jobs as ci⟨U+202E⟩ can');
  assert.equal(capital('éa b'), 'Éa b');
  const now = Date.parse('2026-11-21T12:00:00Z');
  const cases = [
    ['2026-11-21T11:59:31Z', 'just now'],
    ['2026-11-21T12:00:31Z', 'just now'],
    ['not a date', 'just now'],
    ['2026-11-21T11:59:00Z', '1 minute ago'],
    ['2026-11-21T09:00:00Z', '3 hours ago'],
    ['2026-11-18T12:00:00Z', '3 days ago'],
  ] as const;
  for (const [since, said] of cases) assert.equal(ago(since, now), said);
});

test('of what a page says only whole, known messages are believed', () => {
  const decision = { category: 'intended', reason: 'r', ticket: '', hours: 4, rollBackLater: true, confirmation: null };
  const good = [
    { kind: 'ready' },
    { kind: 'show', hold: 'H-1' },
    { kind: 'roll-back', id: 'x' },
    { kind: 'acknowledge', hold: 'H-1', nonce: 'n', decision },
    { kind: 'acknowledge', hold: 'H-1', nonce: 'n', decision: { ...decision, confirmation: { text: 'x', how: 'pasted' } } },
  ];
  for (const message of good) assert.deepEqual(readFromPage(message), message);
  const bad = [
    undefined,
    null,
    'ready',
    {},
    { kind: 'apply' },
    { kind: 'show' },
    { kind: 'ready', extra: 1 },
    { kind: 'acknowledge', hold: 'H-1', decision },
    { kind: 'acknowledge', hold: 'H-1', nonce: 'n', decision: { ...decision, category: '' } },
    { kind: 'acknowledge', hold: 'H-1', nonce: 'n', decision: { ...decision, hours: Number.NaN } },
    { kind: 'acknowledge', hold: 'H-1', nonce: 'n', decision: { ...decision, reason: 'x'.repeat(2001) } },
    { kind: 'acknowledge', hold: 'H-1', nonce: 'n', decision: { ...decision, confirmation: { text: 'x', how: 'thought' } } },
  ];
  for (const message of bad) assert.equal(readFromPage(message), undefined, JSON.stringify(message));
  assert.equal(heldInState({ hold: 'H-1', drafts: {} }), 'H-1');
  for (const state of [undefined, null, 3, { hold: 3 }]) assert.equal(heldInState(state), undefined);
});

test('a paste becomes the text the editor would make', () => {
  const none = { wholeLine: false, parts: undefined };
  const at = (offset: number, length = 0, lineStart = 0) => ({ offset, length, lineStart });
  const cases = [
    { before: 'ab', text: 'X', ranges: [at(1)], note: none, lineEnd: '\n', spread: true, after: 'aXb' },
    { before: 'abcd', text: 'X', ranges: [at(1, 2)], note: none, lineEnd: '\n', spread: true, after: 'aXd' },
    { before: 'a\r\nb', text: 'x\ny', ranges: [at(0)], note: none, lineEnd: '\r\n', spread: true, after: 'x\r\nya\r\nb' },
    { before: 'a\nb', text: '1\n2', ranges: [at(3), at(1)], note: none, lineEnd: '\n', spread: true, after: 'a1\nb2' },
    { before: 'a\nb', text: '1\n2', ranges: [at(1), at(3)], note: none, lineEnd: '\n', spread: false, after: 'a1\n2\nb1\n2' },
    {
      before: 'a\nb',
      text: '1\n2',
      ranges: [at(1), at(3)],
      note: { wholeLine: false, parts: ['p', 'q'] },
      lineEnd: '\n',
      spread: true,
      after: 'ap\nbq',
    },
    {
      before: 'a\nbcd',
      text: 'line\n',
      ranges: [at(4, 0, 2)],
      note: { wholeLine: true, parts: undefined },
      lineEnd: '\n',
      spread: true,
      after: 'a\nline\nbcd',
    },
  ] as const;
  for (const { before, text, ranges, note, lineEnd, spread, after } of cases) {
    assert.equal(withChanges(before, pasteChanges(text, ranges, note, lineEnd, spread)), after);
  }
  assert.deepEqual(readCopyNote('{"isFromEmptySelection":true,"multicursorText":["a"]}'), { wholeLine: true, parts: ['a'] });
  for (const broken of [undefined, '', '{', '3', 'null', '{"multicursorText":[1]}']) assert.deepEqual(readCopyNote(broken), none);
});

test('the clipboard is read as a patch, a text, or nothing', () => {
  const patch = 'diff --git a/p.json b/p.json\n--- a/p.json\n+++ b/p.json\n@@ -1,3 +1,3 @@\n {\n-  "a": 1\n+  "a": 2\n }\n';
  const before = '{\n  "a": 1\n}\n';
  for (const text of [patch, `Here you go:\n\n${patch}`, `\`\`\`diff\n${patch}\`\`\`\n`]) {
    const read = readClipboard(text);
    assert.ok(read.kind === 'patch', text);
    assert.deepEqual(
      read.files.map(({ path, removes }) => [path, removes]),
      [['p.json', false]],
    );
    assert.equal(read.files[0]?.applyTo(before), '{\n  "a": 2\n}\n');
    assert.equal(read.files[0]?.applyTo('{}\n'), undefined);
  }
  const two = readClipboard(`${patch}--- a/q.json\n+++ /dev/null\n@@ -1 +0,0 @@\n-{}\n`);
  assert.ok(two.kind === 'patch');
  assert.deepEqual(
    two.files.map(({ path, removes }) => [path, removes]),
    [
      ['p.json', false],
      ['q.json', true],
    ],
  );
  const bare = readClipboard('@@ -1,3 +1,3 @@\n {\n-  "a": 1\n+  "a": 2\n }\n');
  assert.ok(bare.kind === 'patch' && bare.files[0]?.path === '' && bare.files[0].applyTo(before) === '{\n  "a": 2\n}\n');
  assert.deepEqual(readClipboard('```json\n{ "a": 2 }\n```'), { kind: 'text', text: '{ "a": 2 }' });
  assert.deepEqual(readClipboard('{ "a": 2 }'), { kind: 'text', text: '{ "a": 2 }' });
  for (const text of ['', ' \n', '@@ -1,9 +1,9 @@\n torn']) assert.equal(readClipboard(text).kind, 'unusable', text);
});

test('client and gate look for holds in the same folder', () => {
  const environments: readonly NodeJS.ProcessEnv[] = [
    {},
    { COUNTERSIGN_STATE: '/s' },
    { COUNTERSIGN_STATE: '' },
    { XDG_STATE_HOME: '/x' },
    { XDG_STATE_HOME: 'relative' },
    { XDG_STATE_HOME: '' },
    { LOCALAPPDATA: 'C:\\Local' },
  ];
  for (const env of environments) {
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      assert.equal(clientFolder(env, platform, '/home/a'), gateFolder(env, platform, '/home/a'));
  }
});

test('the text form of a review cannot be made to hold links or to hide characters', () => {
  const review: Review = {
    hold: 'H-1',
    nonce: 'n',
    severity: 'high',
    position: { index: 1, of: 1 },
    since: '2026-11-21T12:00:00Z',
    times: 1,
    sentence: ['Anyone can read ', { name: '[x](command:boom)\u202e' }, '.'],
    previously: ['Before: nobody.'],
    opened: { name: 'x', kind: 'bucket' },
    witness: { who: 'Someone', request: 's3:GetObject on x', before: 'refused', after: 'allowed' },
    facts: [{ term: 'Severity', value: 'High', why: '' }],
    others: [],
    problems: ['<img src=x>'],
    files: [{ path: 'a.json', uri: 'file:///a.json', lines: [{ mark: '+', number: 3, text: '~~~~ "x"' }], more: true }],
    provenance: [{ term: 'Agent', value: '**bold**', certainty: 'attested' }],
    agent: 'A',
    effect: 'let-retry',
    revertible: false,
    sign: { people: 1, presence: 'none' },
    form: { categories: [], minimumReason: 20, ticket: 'optional', hours: [] },
  };
  const text = reviewMarkdown(review);
  assert.ok(text.startsWith('# Anyone can read \\[x\\](command:boom)⟨U+202E⟩.'), text.slice(0, 80));
  assert.ok(!/[^\\]<img/.test(text));
  assert.ok(text.includes('\\*\\*bold\\*\\*'));
});
