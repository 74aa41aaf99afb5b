import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isHarmlessIn } from '../../server/fronts/hooks/harmless-task.ts';
import { importsOf, patternsIn, watchedIn } from '../../server/fronts/hooks/program-text.ts';
import { taskLines } from '../../server/fronts/hooks/tasks.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-tasks-')));
after(() => rmSync(root, { recursive: true, force: true }));
mkdirSync(join(root, 'src'));
const scripts = { pretest: 'tsc -p .', test: 'vitest run', build: 'cp a b', lint: 'eslint . && tsc', odd: 5 };
writeFileSync(join(root, 'package.json'), JSON.stringify({ scripts }));
writeFileSync(
  join(root, 'Makefile'),
  'F ?= policy.json\nOUT := $(F).bak\n.PHONY: all\nall: one\n\t@echo $(OUT) $$HOME\none two:\n\t-cp a $(F)\nlong:\n\techo a \\\n\t  b\ninline: ; echo c\n',
);
writeFileSync(join(root, 'justfile'), "f := 'policy.json'\nfix who:\n    cp a {{f}}\n\nother: fix\n    echo {{who}}\n");
writeFileSync(join(root, 'a.py'), 'import os, b\nfrom src.c import d\n');
writeFileSync(join(root, 'b.py'), 'import a\n');
writeFileSync(join(root, 'src/c.py'), '');
writeFileSync(join(root, 'a.mjs'), "import './src/d.mjs';\nimport fs from 'node:fs';\n");
writeFileSync(join(root, 'src/d.mjs'), '');

const MAKE: readonly (readonly [readonly string[], readonly string[]])[] = [
  [[], ['cp a policy.json', 'echo policy.json.bak $HOME']],
  [['two'], ['cp a policy.json']],
  [['long'], ['echo a  b']],
  [['inline'], [' echo c']],
  [['none'], []],
];

void test('the lines of a target, with those it needs before', () => {
  for (const [names, lines] of MAKE)
    assert.deepEqual(taskLines({ runner: 'make', names, file: undefined }, root).lines, lines, names.join());
  assert.deepEqual(taskLines({ runner: 'just', names: ['other'], file: undefined }, root).lines, ['cp a policy.json', 'echo {{who}}']);
});

void test('the tasks of the nearest Taskfile, from a folder below it', () => {
  writeFileSync(join(root, 'Taskfile.yml'), 'version: 3\ntasks:\n  fix:\n    cmds:\n      - cp a policy.json\n');
  assert.deepEqual(taskLines({ runner: 'task', names: ['fix'], file: undefined }, join(root, 'src')), {
    folder: root,
    lines: ['cp a policy.json'],
  });
  assert.deepEqual(taskLines({ runner: 'task', names: ['fix'], file: 'Taskfile.yml' }, join(root, 'src')).lines, []);
});

void test('the scripts of the nearest package.json', () => {
  const found = taskLines(
    { runner: 'package', names: ['pretest', 'test', 'posttest', 'odd', 'toString'], file: undefined },
    join(root, 'src'),
  );
  assert.deepEqual(found, { folder: root, lines: ['tsc -p .', 'vitest run'] });
});

const HARMLESS: readonly (readonly [string, boolean])[] = [
  ['npm test', true],
  ['npm t', true],
  ['npm test 2>&1 | tail -20', true],
  ['npm run lint && git status', true],
  ['yarn lint', true],
  ['npm run build', false],
  ['npm run none', false],
  ['npm run lint -- --fix', false],
  ['npm install', false],
  ['yarn', false],
  ['make', false],
];

void test('a script is harmless where its lines are', () => {
  for (const [line, expected] of HARMLESS) assert.equal(isHarmlessIn(line, root), expected, line);
});

void test('the files that a program takes in from beside it', () => {
  const names = (file: string, text: string): readonly string[] =>
    [...importsOf(join(root, file), text).keys()].map((path) => path.slice(root.length + 1));
  assert.deepEqual(names('a.py', 'import os, b\nfrom src.c import d\n'), ['b.py', 'src/c.py']);
  assert.deepEqual(names('a.mjs', "import './src/d.mjs';\nconst x = require('./none');\n"), ['src/d.mjs']);
});

void test('names that are put together from literals, and patterns', () => {
  assert.deepEqual(watchedIn(`open('poli'+'cy.json','w')`), ['policy.json']);
  assert.deepEqual(watchedIn(`join("iam", "x"), "".join(["poli","cy.json"])`), ['policy.json']);
  assert.deepEqual(watchedIn('nothing here'), []);
  assert.deepEqual(patternsIn(`glob('iam/*.json') * 2 + "*"`), ['iam/*.json']);
});
