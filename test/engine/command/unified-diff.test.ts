import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diffApplied, readDiff, reversed } from '../../../server/engine/command/unified-diff.ts';

const GIT = { indented: false, recounted: false };
const PATCH = { indented: true, recounted: false };
const TEXT = 'one\ntwo\nthree\nfour\nfive\n';
const HUNK = '@@ -2,3 +2,3 @@\n two\n-three\n+THREE\n four\n';

/** Each file in one line: names, and what becomes of the text. */
function told(patch: string, reading = PATCH): readonly string[] {
  return readDiff(patch, reading).map(({ from, to, how, hunks, isLink }) => {
    const after =
      hunks === undefined
        ? 'unread'
        : hunks.length === 0
          ? 'as it is'
          : (diffApplied(TEXT, hunks) ?? 'misfit').replaceAll('\n', ' ').trim();
    return `${how}${isLink ? ' link' : ''} ${from?.text ?? '-'} > ${to?.text ?? '-'}: ${after}`;
  });
}

const CHANGED = 'one two THREE four five';

const TABLE: readonly (readonly [string, string, string])[] = [
  ['of git', `diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n${HUNK}`, `changed a/x > b/x: ${CHANGED}`],
  ['plain, with dates', `--- a/x\t2026-01-01 10:00:00\n+++ b/x y 2026-01-01 10:00:00.1 +0000\n${HUNK}`, `changed a/x > b/x y: ${CHANGED}`],
  ['a quoted name', `--- "a/p\\157l\\tx"\n+++ "b/\\303\\244"\n${HUNK}`, `changed a/pol\tx > b/ä: ${CHANGED}`],
  ['only an index', `Index: x\n${HUNK}`, `changed x > x: ${CHANGED}`],
  ['indented', `   --- a/x\n   +++ b/x\n${HUNK.replace(/^/gm, '   ').trimEnd()}\n`, `changed a/x > b/x: ${CHANGED}`],
  ['with text around', `From: me\n\n--- said\n---\n x | 2 +-\n\n--- a/x\n+++ b/x\n${HUNK}-- \n2.40\n`, `changed a/x > b/x: ${CHANGED}`],
  ['at another line', `--- a/x\n+++ b/x\n${HUNK.replace('-2,3 +2,3', '-40,3 +40,3')}`, `changed a/x > b/x: ${CHANGED}`],
  ['with other spaces', `--- a/x\r\n+++ b/x\r\n${HUNK.replace(' two', ' two  ')}`, `changed a/x > b/x: ${CHANGED}`],
  ['with other lines around', `--- a/x\n+++ b/x\n${HUNK.replace(' two', ' zwei')}`, `changed a/x > b/x: ${CHANGED}`],
  ['that does not fit', `--- a/x\n+++ b/x\n${HUNK.replace('-three', '-drei')}`, 'changed a/x > b/x: misfit'],
  ['cut off', `--- a/x\n+++ b/x\n${HUNK.replace('2,3 +2', '2,9 +2')}`, 'changed a/x > b/x: unread'],
  ['nothing behind it, which some tools put at the end', '--- a/x\n+++ b/x\n@@ -3 +3 @@\n-three\n+THREE\n', 'changed a/x > b/x: misfit'],
  ['from the first line, elsewhere', '--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n two\n-three\n+THREE\n four\n', 'changed a/x > b/x: misfit'],
  [
    'of a line that no text has',
    '--- a/x\n+++ b/x\n@@ -99999999999999,3 +1,3 @@\n two\n-drei\n+THREE\n four\n',
    'changed a/x > b/x: misfit',
  ],
  ['adds only', '--- a/x\n+++ b/x\n@@ -2,0 +3 @@\n+more\n', 'changed a/x > b/x: misfit'],
  ['makes', 'diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n', 'changed - > b/x: misfit'],
  ['makes an empty one', 'diff --git a/x b/x\nnew file mode 100644\nindex 0..e\n', 'changed - > b/x: as it is'],
  [
    'makes a link',
    'diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n',
    'changed link - > b/x: misfit',
  ],
  [
    'removes',
    'diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1,5 +0,0 @@\n-one\n-two\n-three\n-four\n-five\n',
    'changed a/x > -: ',
  ],
  ['moves', 'diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n', 'moved x > y: as it is'],
  ['copies', 'diff --git a/x b/y\ncopy from x\ncopy to y\n', 'copied x > y: as it is'],
  ['binary', 'diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 3\nabc\n', 'changed a/x > b/x: unread'],
  ['of contexts', '*** x\t2026-01-01 10:00:00\n--- y\t2026-01-01 10:00:00\n***************\n*** 1,2 ****\n', 'changed x > y: unread'],
  ['only hunks', HUNK, `changed - > -: ${CHANGED}`],
];

describe('patches', () => {
  for (const [name, patch, expected] of TABLE) test(name, () => assert.equal(told(patch)[0], expected));

  test('several, one of them with a hunk that looks like a head', () => {
    const one = '--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@\n one\n--- a/z\n two\n';
    assert.deepEqual(
      told(`${one}--- a/y\n+++ b/y\n${HUNK}`).map((line) => line.split(':')[0]),
      ['changed a/x > b/x', 'changed a/y > b/y'],
    );
  });

  test('git takes neither what is indented nor an index', () => {
    assert.deepEqual(told(`Index: x\n   --- a/x\n   +++ b/x\n${HUNK.replace(/^/gm, '   ')}`, GIT), []);
  });

  test('counts that say nothing', () => {
    const patch = `--- a/x\n+++ b/x\n${HUNK.replace('-2,3 +2,3', '-2,9 +2,7')}`;
    assert.deepEqual(told(patch, { indented: false, recounted: true }), [`changed a/x > b/x: ${CHANGED}`]);
  });

  test('taken back, a patch gives the text of before, also without a line break at the end', () => {
    const patch = '--- a/x\n+++ b/x\n@@ -4,2 +4,2 @@\n four\n-five\n+FIVE\n\\ No newline at end of file\n';
    const [file] = readDiff(patch, GIT);
    assert.ok(file?.hunks);
    const after = diffApplied(TEXT, file.hunks);
    assert.equal(after, 'one\ntwo\nthree\nfour\nFIVE');
    assert.equal(diffApplied(after, reversed(file).hunks ?? []), TEXT);
  });

  test('nearest counts where it fits twice', () => {
    const [file] = readDiff('--- a/x\n+++ b/x\n@@ -6,2 +6,2 @@\n-a\n+b\n x\n', GIT);
    assert.equal(diffApplied('a\nx\nx\nx\na\nx\nx\nx\nx\na\n', file?.hunks ?? []), 'a\nx\nx\nx\nb\nx\nx\nx\nx\na\n');
  });

  test('the same line counts before one with other spaces, however little is around it', () => {
    const [file] = readDiff('--- a/x\n+++ b/x\n@@ -2,3 +2,3 @@\n k\n-a\n+b\n z\n', PATCH);
    assert.equal(diffApplied('h\nk\n a\nz\nq\na\nz\n', file?.hunks ?? []), 'h\nk\n a\nz\nq\nb\nz\n');
  });

  test('where counts say nothing, a line taken away may look like a head', () => {
    const [file] = readDiff('--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n one\n--- foo\n+GRANT\n two\n', { indented: false, recounted: true });
    assert.equal(diffApplied('one\n-- foo\ntwo\n', file?.hunks ?? []), 'one\nGRANT\ntwo\n');
  });

  test('to an empty text', () => {
    const [file] = readDiff('--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n', GIT);
    assert.equal(diffApplied('', file?.hunks ?? []), 'a\n');
  });
});
