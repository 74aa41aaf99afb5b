import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PatchedFile, patchedText, readPatch } from '../../server/fronts/hooks/apply-patch.ts';

const patch = (...lines: readonly string[]): string => ['*** Begin Patch', ...lines, '*** End Patch', ''].join('\n');

function told(text: string, before: Readonly<Record<string, string>>): unknown {
  const read = readPatch(text);
  if (!read.ok) return read.cause;
  return read.files.map((file: PatchedFile) => {
    if (file.kind === 'write') return `${file.path}=${file.content}`;
    if (file.kind === 'delete') return `${file.path} gone`;
    const after = patchedText(before[file.path] ?? '', file.hunks);
    return `${file.to ?? file.path}=${after.kind === 'text' ? after.text : `! ${after.why}`}`;
  });
}

const A = { a: 'one\ntwo\nthree\ntwo\n' };

const TABLE: readonly (readonly [string, string, Readonly<Record<string, string>>, unknown])[] = [
  ['adds a file', patch('*** Add File: x/y.json', '+{', '+}'), {}, ['x/y.json={\n}\n']],
  ['deletes a file', patch('*** Delete File: a'), A, ['a gone']],
  ['replaces a line', patch('*** Update File: a', '@@', ' one', '-two', '+2'), A, ['a=one\n2\nthree\ntwo\n']],
  ['goes below the named line', patch('*** Update File: a', '@@ three', '-two', '+2'), A, ['a=one\ntwo\nthree\n2\n']],
  ['replaces at the end', patch('*** Update File: a', '@@', '-two', '+2', '*** End of File'), A, ['a=one\ntwo\nthree\n2\n']],
  ['takes two hunks', patch('*** Update File: a', '@@', '-one', '+1', '@@', '-three', '+3'), A, ['a=1\ntwo\n3\ntwo\n']],
  ['moves and changes', patch('*** Update File: a', '*** Move to: b', '@@', '-one', '+1'), A, ['b=1\ntwo\nthree\ntwo\n']],
  ['adds at the end without context', patch('*** Update File: a', '@@', '+four'), A, ['a=one\ntwo\nthree\ntwo\nfour\n']],
  ['needs no @@ for the first hunk', patch('*** Update File: a', '-one', '+1'), A, ['a=1\ntwo\nthree\ntwo\n']],
  ['is lax with spaces', patch('*** Update File: a', '@@', '-  one  ', '+1'), A, ['a=1\ntwo\nthree\ntwo\n']],
  ['is lax with quotes', patch('*** Update File: q', '@@', '-“x”', '+y'), { q: '"x"\n' }, ['q=y\n']],
  ['keeps CRLF', patch('*** Update File: a', '@@', '-one', '+1'), { a: 'one\r\ntwo\r\n' }, ['a=1\r\ntwo\r\n']],
  [
    'says when the lines are not there',
    patch('*** Update File: a', '@@', '-nine', '+9'),
    A,
    ['a=! the lines to replace are not in the file'],
  ],
  [
    'says when the named line is not there',
    patch('*** Update File: a', '@@ nine', '-two', '+9'),
    A,
    ['a=! a line that the patch names is not in the file'],
  ],
  [
    'changes several files',
    patch('*** Update File: a', '@@', '-one', '+1', '*** Add File: b', '+x', '*** Delete File: c'),
    A,
    ['a=1\ntwo\nthree\ntwo\n', 'b=x\n', 'c gone'],
  ],
  ['reads a patch with text around it', `apply_patch <<'P'\n${patch('*** Delete File: a')}P\n`, A, ['a gone']],
  ['reads a patch without its end', '*** Begin Patch\n*** Update File: a\n@@\n-one\n+1', A, ['a=1\ntwo\nthree\ntwo\n']],
  ['refuses a text without a patch', 'hello', {}, 'The patch has no line "*** Begin Patch"'],
  ['refuses a patch without a file', patch(), {}, 'The patch names no file'],
];

for (const [name, text, before, expected] of TABLE) {
  test(`a patch ${name}`, () => assert.deepEqual(told(text, before), expected));
}
