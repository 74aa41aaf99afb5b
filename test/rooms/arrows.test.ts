import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { REPOSITORY } from '../support/repository.ts';

/** Which room may import from which. A file belongs to the first room whose prefix it has. */
const ROOMS = [
  { prefix: 'client/', name: 'client', mayImport: ['protocol', 'media'] },
  { prefix: 'media/', name: 'media', mayImport: ['protocol'] },
  { prefix: 'server/protocol.ts', name: 'protocol', mayImport: ['engine types'] },
  { prefix: 'server/engine/types.ts', name: 'engine types', mayImport: [] },
  { prefix: 'server/engine/', name: 'engine', mayImport: ['engine types'] },
  { prefix: 'server/gate/', name: 'gate', mayImport: ['engine', 'engine types', 'ledger'] },
  { prefix: 'server/ledger/', name: 'ledger', mayImport: [] },
  { prefix: 'server/fronts/', name: 'fronts', mayImport: ['protocol', 'gate', 'engine', 'engine types', 'ledger'] },
] as const;

/**
 * Which way of asking may build on which other. Hooks are started for every edit and load nothing of the others; the command line
 * starts all of them. What several share lies beside these folders.
 */
const FRONTS: Readonly<Record<string, readonly string[]>> = {
  hooks: [],
  mcp: ['hooks'],
  git: ['hooks'],
  report: ['git'],
  lsp: ['mcp', 'report', 'git'],
  cli: ['hooks', 'mcp', 'git', 'report'],
};

/** Libraries that one folder alone may know, so that what they change stays there. */
const KEPT = [
  { library: '@modelcontextprotocol/', folder: 'server/fronts/mcp/' },
  { library: '@simplewebauthn/', folder: 'server/fronts/lsp/webauthn/' },
];

/** Node's own modules that a room needs for its work; the engine's catalogue loader is its one reader of files. */
const IO_MODULES = [
  'node:fs',
  'node:fs/promises',
  'node:child_process',
  'node:net',
  'node:http',
  'node:https',
  'node:os',
  'node:worker_threads',
  'node:tls',
  'node:dgram',
];
const MAY_DO_IO = ['server/engine/access/aws-iam/catalogue.ts'];

const files = ['client', 'media', 'server'].flatMap((folder) => sourcesBelow(folder));
const imports = files.flatMap((file) => importsOf(file).map((target) => ({ file, target })));

test('the arrows between the rooms run one way', () => {
  // Without imports seen, the test would hold nothing.
  assert.ok(imports.length > 50, `only ${imports.length} imports were seen in ${files.length} files`);
  const wrong = imports.flatMap(({ file, target }) => {
    // package.json gives the version and belongs to no room.
    if (!target.startsWith('.') || target.endsWith('/package.json')) return [];
    const from = roomOf(file);
    const to = roomOf(relative(REPOSITORY, resolve(REPOSITORY, dirname(file), target)));
    const allowed: readonly string[] = from.mayImport;
    return from === to || allowed.includes(to.name) ? [] : [`${file} (${from.name}) imports ${target} (${to.name})`];
  });
  assert.deepEqual(wrong, []);
});

test('only the client imports vscode, and only the lsp front speaks the language server protocol', () => {
  const wrong = imports.flatMap(({ file, target }) => {
    if (target === 'vscode' && !file.startsWith('client/')) return [`${file} imports vscode`];
    if (target.startsWith('vscode-languageserver') && !file.startsWith('server/fronts/lsp/')) return [`${file} imports ${target}`];
    return [];
  });
  assert.deepEqual(wrong, []);
  assert.ok(imports.some(({ target }) => target === 'vscode'));
});

test('the ways of asking build on each other as they may, and every folder of theirs is known here', () => {
  const wrong = imports.flatMap(({ file, target }) => {
    const from = frontOf(file);
    const to = target.startsWith('.') ? frontOf(relative(REPOSITORY, resolve(REPOSITORY, dirname(file), target))) : undefined;
    if (to === undefined || from === to) return [];
    // What lies beside the folders is what they share: it knows none of them.
    const allowed = from === undefined ? [] : FRONTS[from];
    return allowed?.includes(to) === true ? [] : [`${file} imports ${target}`];
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual([...new Set(files.flatMap((file) => frontOf(file) ?? []))].sort(), Object.keys(FRONTS).sort());
});

for (const { library, folder } of KEPT) {
  test(`${library} is known in ${folder} alone`, () => {
    const users = [...new Set(imports.filter(({ target }) => target.startsWith(library)).map(({ file }) => file))];
    assert.ok(users.length > 0, 'nobody imports it any more');
    assert.deepEqual(
      users.filter((file) => !file.startsWith(folder)),
      [],
    );
  });
}

test('the engine does no IO but for its catalogue loader', () => {
  const engine = imports.filter(({ file }) => file.startsWith('server/engine/'));
  assert.ok(engine.length > 10);
  const wrong = engine.filter(({ file, target }) => IO_MODULES.includes(target) && !MAY_DO_IO.includes(file));
  assert.deepEqual(wrong, []);
});

test('every relative import names its file with the .ts ending', () => {
  const wrong = imports.filter(({ target }) => target.startsWith('.') && !/\.(ts|json|css)$/.test(target));
  assert.deepEqual(wrong, []);
});

function roomOf(file: string): (typeof ROOMS)[number] {
  const room = ROOMS.find(({ prefix }) => file.startsWith(prefix));
  assert.ok(room, `${file} is in no room`);
  return room;
}

/** The folder of server/fronts that a file lies in; undefined beside them, and in the other rooms. */
function frontOf(file: string): string | undefined {
  return /^server\/fronts\/([^/]+)\//.exec(file)?.[1];
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(REPOSITORY, file), 'utf8');
  const pattern = /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(join(REPOSITORY, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(REPOSITORY, join(entry.parentPath, entry.name)));
}
