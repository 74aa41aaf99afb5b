import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEY_NEWS_MS, TypingPace } from '../../client/typing-pace.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1e9);
const STATEMENT = '{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::prod-customer-exports/*" },';

type Piece = { readonly text: string /** Since the piece before, in milliseconds. */; readonly after: number };

/** Feeds pieces to a pace as the editor does; gives the text from before the run that was too fast. */
function fed(pieces: readonly Piece[], keys: 'pressed' | 'not pressed'): string | undefined {
  const pace = new TypingPace();
  let [now, text] = [0, ''];
  for (const { text: piece, after } of pieces) {
    now += after;
    const late = pace.noKeyPressed(now);
    if (late !== undefined) return late;
    pace.add(now, [{ offset: text.length, length: 0, text: piece }], text);
    text += piece;
    const fast = keys === 'pressed' ? pace.keyPressed() : undefined;
    if (fast !== undefined) return fast;
  }
  return pace.noKeyPressed(now + KEY_NEWS_MS);
}

const inPieces = (text: string, size: number, after: number): readonly Piece[] =>
  (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((piece) => ({ text: piece, after }));
/** Everything held back for a while, then at once: a slow connection, or an editor that was busy. */
const stalled = (pieces: readonly Piece[], every: number): readonly Piece[] =>
  pieces.map((piece, index) => ({
    ...piece,
    after: index % every === 0 ? pieces.slice(index, index + every).reduce((sum, { after }) => sum + after, 0) : 0,
  }));

const HANDS: readonly { readonly name: string; readonly pieces: readonly Piece[] }[] = [
  { name: 'the fastest typist, for a minute', pieces: inPieces(STATEMENT.repeat(10), 1, 50) },
  { name: 'a typist whose keys come in heaps', pieces: stalled(inPieces(STATEMENT.repeat(4), 1, 90), 30) },
  {
    name: 'keys that roll over',
    pieces: inPieces(STATEMENT.repeat(3), 1, 0).map((piece, index) => ({ ...piece, after: index % 3 === 0 ? 200 : 5 })),
  },
  { name: 'a key held down', pieces: inPieces('*'.repeat(400), 1, 16) },
  { name: 'a space held down', pieces: inPieces(' '.repeat(400), 1, 16) },
  { name: 'brackets that close by themselves', pieces: inPieces('{}""[]'.repeat(20), 2, 120) },
  { name: 'new lines with their indentation', pieces: Array.from({ length: 60 }, () => ({ text: '\n        ', after: 30 })) },
  { name: 'words of an input method', pieces: inPieces('許可する方針を書きます'.repeat(20), 6, 40) },
];

test('no hand is taken for a program', () => {
  for (const { name, pieces } of HANDS) assert.equal(fed(pieces, 'pressed'), undefined, name);
});

test(`nor is any rhythm of up to 20 characters a second with stalls of two seconds (seed ${SEED})`, () => {
  const random = generator(SEED);
  for (let round = 0; round < 300; round += 1) {
    const pieces = inPieces(STATEMENT.repeat(3), 1, 0).map((piece) => ({ ...piece, after: 50 + random() * 200 }));
    assert.equal(fed(stalled(pieces, 1 + Math.floor(random() * 14)), 'pressed'), undefined, `round ${round}`);
  }
});

test('with many cursors the same key counts once', () => {
  const pace = new TypingPace();
  for (let key = 0; key < 100; key += 1) {
    const text = STATEMENT[key % STATEMENT.length] ?? '';
    pace.add(
      key * 60,
      Array.from({ length: 40 }, (_, cursor) => ({ offset: cursor * 10, length: 0, text })),
      '',
    );
    assert.equal(pace.keyPressed(), undefined, `key ${key}`);
  }
});

const PROGRAMS: readonly { readonly name: string; readonly pieces: readonly Piece[]; readonly keys: 'pressed' | 'not pressed' }[] = [
  { name: 'two characters at a time, as fast as it goes', pieces: inPieces(STATEMENT, 2, 1), keys: 'not pressed' },
  { name: 'two characters, 60 milliseconds apart', pieces: inPieces(STATEMENT, 2, 60), keys: 'not pressed' },
  { name: 'one character, 60 milliseconds apart', pieces: inPieces(STATEMENT, 1, 60), keys: 'not pressed' },
  { name: 'through the editor’s own typing command', pieces: inPieces(STATEMENT, 2, 4), keys: 'pressed' },
  { name: 'the same at forty characters a second', pieces: inPieces(STATEMENT.repeat(4), 1, 25), keys: 'pressed' },
];

test('text in small pieces that come too fast is found out, with the text from before it', () => {
  for (const { name, pieces, keys } of PROGRAMS) assert.equal(fed(pieces, keys), '', name);
});

test('what was typed calmly before a run is not part of it', () => {
  const calm = inPieces('"Sid": "AppRead", ', 1, 150);
  const before = fed([...calm, { text: '\n', after: 3000 }, ...inPieces(STATEMENT, 2, 2)], 'pressed');
  assert.equal(before, '"Sid": "AppRead", \n');
});

test('right after such a text was taken out, the rest of it is found out at its first characters', () => {
  const pace = new TypingPace({ now: 1000 });
  pace.add(1400, [{ offset: 1, length: 0, text: '"*"' }], '{');
  assert.equal(pace.noKeyPressed(1400 + KEY_NEWS_MS), '{');
  const later = new TypingPace({ now: 1000 });
  later.add(5000, [{ offset: 1, length: 0, text: '//' }], '{');
  assert.equal(later.noKeyPressed(5000 + KEY_NEWS_MS), undefined, 'but not much later');
});

test('a word or two of another extension is no run', () => {
  assert.equal(fed(inPieces('// ', 2, 1), 'not pressed'), undefined);
  assert.equal(
    fed(
      Array.from({ length: 30 }, () => ({ text: ';', after: 900 })),
      'not pressed',
    ),
    undefined,
  );
});

/** The same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
