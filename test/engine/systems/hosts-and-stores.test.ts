import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatOf, readText } from '../../../server/engine/read/format.ts';
import type { TextTree } from '../../../server/engine/read/tree.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import { plain } from '../read/plain.ts';

type Case = { readonly path: string; readonly text: string; readonly declares: readonly (readonly [string, string, string, unknown?])[] };

const CASES: readonly Case[] = [
  {
    path: 'redis.conf',
    text: '# c\nbind 0.0.0.0 ::\nprotected-mode no\nrename-command FLUSHALL ""\nuser default on nopass ~* +@all\n',
    declares: [
      [
        'redis',
        'redis',
        'redis.conf',
        { bind: ['0.0.0.0 ::'], 'protected-mode': ['no'], 'rename-command': ['FLUSHALL '], user: ['default on nopass ~* +@all'] },
      ],
    ],
  },
  { path: '.gitignore', text: '# c\n.env\n *.key \n', declares: [['gitignore', 'gitignore', '.gitignore', { line: ['.env', '*.key'] }]] },
  {
    path: 'elasticsearch.yml',
    text: 'xpack.security.enabled: false\nxpack:\n  security:\n    audit: true\nnetwork.host: 0.0.0.0\n',
    declares: [
      [
        'elasticsearch',
        'elasticsearch',
        'elasticsearch.yml',
        { xpack: { security: { enabled: false, audit: true } }, network: { host: '0.0.0.0' } },
      ],
    ],
  },
  {
    path: 'etc/mongod.conf',
    text: 'net:\n  bindIpAll: true\n',
    declares: [['mongo', 'mongo', 'mongod.conf', { net: { bindIpAll: true } }]],
  },
  {
    path: 'database.rules.json',
    text: '{"rules": {".read": true}}',
    declares: [['firebase-rules', 'database', 'database.rules.json', { '.read': true }]],
  },
  {
    path: 'firestore.rules',
    text: 'service cloud.firestore { match /a { allow read; match /{b=**} { allow write: if x; } } }',
    declares: [
      ['firebase-rules', 'firestore', '/a', { '#': ['/a'], allow: [{ methods: ['read'], condition: 'true' }] }],
      ['firebase-rules', 'firestore', '/a/{b=**}', { '#': ['/{b=**}'], allow: [{ methods: ['write'], condition: 'x' }] }],
    ],
  },
  { path: 'Dockerfile', text: 'FROM a\n', declares: [['dockerfile', 'dockerfile', 'Dockerfile']] },
  { path: 'nginx/x.conf', text: 'server { listen 80; }', declares: [['nginx', 'nginx', 'x.conf']] },
  { path: 'etc/ssh/sshd_config', text: 'Port 22\n', declares: [['sshd', 'sshd', 'sshd_config']] },
  { path: 'etc/sudoers.d/x', text: 'root ALL=ALL\n', declares: [['sudoers', 'sudoers', 'x']] },
  { path: 'pg_hba.conf', text: 'local all all peer\n', declares: [['pg-hba', 'pg-hba', 'pg_hba.conf']] },
  { path: 'x.sql', text: 'GRANT a TO b;', declares: [['sql', 'sql', 'x.sql']] },
  {
    path: '.github/CODEOWNERS',
    text: '* @a\n',
    declares: [
      ['codeowners', 'codeowners', 'CODEOWNERS'],
      ['codeowners', 'entry', '*'],
    ],
  },
  { path: '.npmrc', text: 'strict-ssl=false\n', declares: [['npmrc', 'npmrc', '.npmrc']] },
  {
    path: 'main.bicep',
    text: "@secure()\nparam p string = 'x'\nresource a 'Microsoft.S/t@1' = {\n  name: 'n'\n  resource b 'u' = { name: 'm' }\n}\nresource e 'Microsoft.S/t@1' existing = { name: 'n' }\n",
    declares: [
      ['bicep', 'Microsoft.S/t', 'a', { '#': ['a', 'Microsoft.S/t@1'], type: 'Microsoft.S/t', apiVersion: '1', name: 'n' }],
      ['bicep', 'Microsoft.S/t/u', 'b', { '#': ['b', 'u'], type: 'Microsoft.S/t/u', name: 'm' }],
      ['bicep', 'parameter', 'p', { '#': ['p'], defaultValue: 'x', decorator: ['secure'], type: 'securestring' }],
    ],
  },
];

describe('what files of hosts and stores declare', () => {
  for (const { path, text, declares } of CASES) {
    test(path, () => {
      const format = formatOf(path, text);
      assert.ok(format !== undefined);
      const tree: TextTree = readText(format, text, 'after');
      assert.deepEqual(tree.problems, []);
      const found = declarationsOf(tree, path);
      assert.deepEqual(
        found.map(({ system, type, name, node }, i) =>
          declares[i]?.length === 4 ? [system, type, name, plain(node)] : [system, type, name],
        ),
        declares,
      );
    });
  }
});
