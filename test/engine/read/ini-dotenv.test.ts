import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDotenv } from '../../../server/engine/read/dotenv.ts';
import { readIni } from '../../../server/engine/read/ini.ts';
import { places, plain, scalarsOf, slice, textOfValue } from './shape.ts';

const unresolved = (value: string): unknown => ({ unresolved: value });

const INI =
  '\uFEFF; first\ntop = 1\r\n[remote "origin"]\n\turl = https://h/r ; why\n\tfetch = "a # b" # c\n[mysqld]\nskip-grant-tables\nbind-address=0.0.0.0\npassword = ${PW}\nlong = a\n  b\n[remote "origin"]\npush: x\n[open\nk = v';

test('INI: sections, comments, quotes, continued lines and keys alone', () => {
  const tree = readIni(INI, 'after');
  assert.deepEqual(plain(tree.documents[0]), {
    top: '1',
    'remote "origin"': { url: 'https://h/r', fetch: 'a # b', push: 'x' },
    mysqld: { 'skip-grant-tables': null, 'bind-address': '0.0.0.0', password: unresolved('${PW}'), long: 'a\nb' },
    open: { k: 'v' },
  });
  assert.match(tree.problems[0]?.message ?? '', /^Line 14 opens a section that is not closed/);
  const at = new Map(scalarsOf(tree.documents[0] ?? assert.fail()));
  assert.equal(slice(INI, at.get('mysqld.bind-address') ?? assert.fail()), '0.0.0.0');
  assert.equal(slice(INI, at.get('remote "origin".fetch') ?? assert.fail()), '"a # b"');
  assert.ok(places(tree.documents[0] ?? assert.fail(), INI));
});

const ENV =
  'A=1\nexport B="x y\\n${Z}" # c\r\nC=\'lit $x\'\nD=a b # c\nE=\nA=2\n# no\nF="multi\nline"\nG = spaced\nBARE\nurl=postgres://u:p@h/d#x\nH="open\nI=1\n';

test('dotenv: quotes, comments, references, lines in quotes and a quote that is not closed', () => {
  const tree = readDotenv(ENV, 'after');
  assert.deepEqual(plain(tree.documents[0]), {
    A: '2',
    B: unresolved('x y\n${Z}'),
    C: 'lit $x',
    D: 'a b',
    E: '',
    F: 'multi\nline',
    G: 'spaced',
    BARE: undefined,
    url: 'postgres://u:p@h/d#x',
    H: '"open',
    I: '1',
  });
  assert.deepEqual(
    tree.problems.map(({ kind, place }) => [kind, place?.start.line]),
    [
      ['duplicate-key', 6],
      ['partly-read', 13],
    ],
  );
  const at = new Map(scalarsOf(tree.documents[0] ?? assert.fail()));
  assert.equal(slice(ENV, at.get('B') ?? assert.fail()), '"x y\\n${Z}"');
  assert.equal(textOfValue(ENV, at.get('B') ?? assert.fail()), 'x y\\${Z}');
  assert.equal(slice(ENV, at.get('D') ?? assert.fail()), 'a b');
  assert.ok(places(tree.documents[0] ?? assert.fail(), ENV));
});
