import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemWords } from '../../server/ledger/system-words.ts';

void test('what the system refuses is told with its place and a remedy', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-words-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), '');
  const missing = join(folder, 'missing');
  for (const [call, says] of [
    [() => readFileSync(missing), `there is no ${missing} (ENOENT). Check the name, and that its folder is there.`],
    [
      () => readdirSync(join(folder, 'file', 'in')),
      `${join(folder, 'file', 'in')} leads through something that is no folder (ENOTDIR). Check the name.`,
    ],
    [() => writeFileSync(folder, ''), `${folder} is a folder (EISDIR). Name a file.`],
  ] as const) {
    assert.throws(call, (error) => systemWords(error) === says, says);
  }
});

void test('a full or closed disk is told by its folder, not by the name of a file that is written aside', () => {
  for (const [error, says] of [
    [failed('ENOSPC'), 'the disk is full (ENOSPC). Free some space and try again.'],
    [
      failed('EACCES', '/s/holds'),
      'this account has no permission for /s/holds (EACCES). Give it access there, or name another place, and try again.',
    ],
    [
      failed('EROFS', '/s/holds/.H-1.deciding.9625.d2277da0fb4d'),
      '/s/holds is on a read-only file system (EROFS). Choose a folder that can be written.',
    ],
    [failed('EROFS', '/s/.npmrc'), '/s/.npmrc is on a read-only file system (EROFS). Choose a folder that can be written.'],
    [failed('EIO', '/s'), 'EIO happened.'],
    [new Error('The file is a link. Remove it.'), 'The file is a link. Remove it.'],
    ['odd', 'odd.'],
  ] as const) {
    assert.equal(systemWords(error), says);
  }
});

function failed(code: string, path?: string): Error {
  return Object.assign(new Error(`${code} happened`), { code, ...(path === undefined ? {} : { path }) });
}
