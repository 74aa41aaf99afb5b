/** Long runs of one sign, where a pattern might try every way to part them: each of these once took seconds or more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHarmless } from '../../server/engine/command/harmless.ts';
import { formatOf, readText } from '../../server/engine/read/format.ts';
import { declarationsOf } from '../../server/engine/systems/registry.ts';
import { insertLast } from '../../server/fronts/cli/json-settings.ts';

const LONG = 20_000;

const declared = (path: string, text: string): void => {
  declarationsOf(readText(formatOf(path, text) ?? 'lines', text, 'after'), path);
};

const CASES: Readonly<Record<string, () => void>> = {
  'a harmless line with many bars': () => isHarmless(`ls ${'|'.repeat(1_900)}$`),
  'a harmless line with many spaces': () => isHarmless(`ls${' '.repeat(LONG)}$`),
  'rules of Firebase whose function returns a long comment': () =>
    declared('firestore.rules', `service cloud.firestore { function a() { return /*${' '.repeat(LONG)}`),
  'rules of Firebase whose function returns true, and much room': () =>
    declared('firestore.rules', `service cloud.firestore { function a() { return true${' '.repeat(LONG)}`),
  'a step of Jenkins with many spaces': () => declared('Jenkinsfile', `pipeline { agent any\nsh${' '.repeat(LONG)}x\n}`),
  'a value of an INI file with many spaces': () => declared('a.ini', `[a]\nb = c${' '.repeat(LONG)}d\n`),
  'a file of many empty lines': () => formatOf('a.conf', '\n'.repeat(LONG)),
  'a file without an ending of many empty lines': () => formatOf('a', '\n'.repeat(LONG)),
  'settings with many slashes': () => {
    const last = { type: 'number', offset: 1, length: 1 } as const;
    insertLast(`[1${'/'.repeat(LONG)}\n]`, { type: 'array', offset: 0, length: LONG + 4, children: [last] }, '', 2);
  },
  'settings with many comments': () => {
    const last = { type: 'number', offset: 1, length: 1 } as const;
    insertLast(`[1${'/**/'.repeat(LONG)}]`, { type: 'array', offset: 0, length: 4 * LONG + 3, children: [last] }, '', 2);
  },
  'procedures called in one long line': () => declared('a.sql', "exec a 'x' ".repeat(LONG)),
  'grants in one long line': () => declared('a.sql', 'grant a '.repeat(LONG)),
  'grants that name nobody, each in a line of its own': () => declared('a.sql', 'grant a\n'.repeat(LONG)),
  'choices of Bicep within each other': () =>
    declared('main.bicep', `resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: ${'x ? 1 : '.repeat(3_000)}2\n}\n`),
  'services of Compose that take over a large one': () => {
    const labels = Array.from({ length: 3_000 }, (_, i) => `      l${i}: a\n`).join('');
    const services = Array.from({ length: 300 }, (_, i) => `  s${i}:\n    extends: base\n`).join('');
    declared('compose.yaml', `services:\n  base:\n    image: a\n    labels:\n${labels}${services}`);
  },
  'locations of nginx that are patterns': () => {
    const paths = '(a|b|c|d|e|f)(g|h|i|j|k|l)(m|n|o|p|q|r)';
    const blocks = Array.from(
      { length: 100 },
      (_, i) => `  location ~ ^/${paths}${i} {\n    ${i % 2 === 0 ? 'deny all' : 'root /a'};\n  }\n`,
    );
    declared('nginx.conf', `server {\n${blocks.join('')}}\n`);
  },
};

for (const [name, run] of Object.entries(CASES)) {
  void test(`${name} takes no long time`, () => {
    const times: number[] = [];
    // What takes long once may have waited for the machine.
    while (times.length < 3 && times.every((time) => time >= MOST)) {
      const started = performance.now();
      run();
      times.push(performance.now() - started);
    }
    assert.ok(Math.min(...times) < MOST, `${times.join(', ')} ms`);
  });
}

/** Milliseconds. */
const MOST = 500;
