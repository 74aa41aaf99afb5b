import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadCompiled } from '../../server/fronts/hooks/cached-module.ts';

type Exports = { readonly answer: () => string };

void test('what was compiled is kept, used again, and never for another text', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-compiled-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'bundle.js');
  const kept = join(folder, 'compiled');
  const load = () => loadCompiled<Exports>(file, kept);
  const write = (word: string) => writeFileSync(file, `module.exports = { answer: () => ${JSON.stringify(word)} };`);

  write('one');
  const first = load();
  assert.equal(first.exports.answer(), 'one');
  assert.throws(() => readdirSync(kept), 'nothing is written before it is asked for');
  first.keep();
  const [name = ''] = readdirSync(kept);
  const bytes = readFileSync(join(kept, name));
  assert.equal(load().exports.answer(), 'one');
  load().keep();
  assert.deepEqual(readFileSync(join(kept, name)), bytes, 'what is known is not written again');

  // The same length: V8 alone would take the old one for it.
  write('two');
  assert.equal(load().exports.answer(), 'two');

  write('one');
  for (const spoilt of [Buffer.alloc(0), Buffer.alloc(bytes.length), bytes.subarray(0, 100), Buffer.concat([bytes, bytes])]) {
    writeFileSync(join(kept, name), spoilt);
    const loaded = load();
    assert.equal(loaded.exports.answer(), 'one');
    loaded.keep();
    assert.deepEqual(readFileSync(join(kept, name)).subarray(0, 4).length, 4, 'it is written anew');
  }
});

void test('a folder that cannot be written costs nothing but time', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-compiled-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'bundle.js');
  writeFileSync(file, 'exports.answer = () => require("node:path").basename(__filename);');
  writeFileSync(join(folder, 'compiled'), 'a file');
  mkdirSync(join(folder, 'x'));
  const loaded = loadCompiled<Exports>(file, join(folder, 'compiled'));
  loaded.keep();
  assert.equal(loaded.exports.answer(), 'bundle.js');
});
