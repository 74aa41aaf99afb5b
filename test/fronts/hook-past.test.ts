/** Ways past the hook that an agent might try: each was tried against what ships, and each must end in a denial. */
import assert from 'node:assert/strict';
import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { withinTime } from '../../server/fronts/within-time.ts';
import { openGate } from '../../server/gate/open.ts';
import { DIST, EVERYONE, OPENED, type Payload, POLICY, ROLE, type RunOptions, Scene } from './hook-scene.ts';

type Case = {
  readonly name: string;
  readonly payload: (scene: Scene) => unknown;
  readonly options?: (scene: Scene) => RunOptions;
};

const tool = (scene: Scene, name: string, input: Record<string, unknown>): Payload => ({
  ...scene.payload('pre-edit'),
  tool_name: name,
  tool_input: input,
});
const data = (scene: Scene, path: string): Payload => {
  scene.write('data.json', POLICY);
  return { ...scene.payload('pre-edit'), tool_input: { file_path: path, old_string: ROLE, new_string: EVERYONE } };
};
const nested = (depth: number, inner: unknown): unknown => (depth === 0 ? inner : { a: nested(depth - 1, inner) });

const DENIED: readonly Case[] = [
  // A path that the tool may read in a way of its own.
  { name: 'a space behind the path', payload: (s) => data(s, `${s.workspace}/data.json `) },
  { name: 'a space before the path', payload: (s) => data(s, ` ${s.workspace}/data.json`) },
  { name: 'a line break behind the path', payload: (s) => data(s, `${s.workspace}/data.json\n`) },
  { name: 'a path that is a URL', payload: (s) => data(s, `file://${s.workspace}/data.json`) },
  { name: 'a path in other letter case', payload: (s) => data(s, `${s.workspace}/DATA.json`) },
  { name: 'a stream of the file', payload: (s) => data(s, `${s.workspace}/data.json::$DATA`) },
  // A name that says nothing.
  {
    name: 'a hard link of another name',
    payload: (s) => (linkSync(join(s.workspace, 'policy.json'), join(s.workspace, 'n.txt')), s.edit('n.txt', ROLE, EVERYONE)),
  },
  {
    name: 'a hard link to the agent’s settings',
    payload: (s) => (
      linkSync(s.write('.claude/settings.json', '{"permissions":{"deny":["Bash"]}}'), join(s.workspace, 'n.txt')),
      s.edit('n.txt', '"deny"', '"allow"')
    ),
  },
  { name: 'a policy in a text file', payload: (s) => s.create('notes.txt', OPENED) },
  { name: 'a policy in a file without an ending', payload: (s) => s.create('trust', OPENED) },
  { name: 'an edit of a policy in a text file', payload: (s) => (s.write('p.txt', POLICY), s.edit('p.txt', ROLE, EVERYONE)) },
  {
    name: 'a text that becomes a policy by losing its first letter',
    payload: (s) => (s.write('p.txt', `x${OPENED}`), s.edit('p.txt', OPENED.slice(0, 20).padStart(21, 'x'), OPENED.slice(0, 20))),
  },
  { name: 'a policy written with escapes in a text file', payload: (s) => s.create('p.txt', escaped(OPENED)) },
  {
    name: 'a folder that is a link',
    payload: (s) => (
      mkdirSync(join(s.workspace, '.claude')),
      symlinkSync('.claude', join(s.workspace, 'docs')),
      s.create('docs/settings.json', '{"permissions":{"allow":["Bash"]}}')
    ),
  },
  // Countersign itself.
  {
    name: 'the program of the hook',
    payload: (s) => ({ ...s.payload('pre-write'), tool_input: { file_path: join(DIST, 'hook.js'), content: '' } }),
  },
  {
    name: 'what the program needs',
    payload: (s) => ({ ...s.payload('pre-write'), tool_input: { file_path: join(DIST, 'catalogue.txt'), content: '' } }),
  },
  {
    name: 'the program, by a tool that is not known',
    payload: (s) => tool(s, 'mcp__fs__write_file', { path: join(DIST, 'hook.js'), content: '' }),
  },
  { name: 'the launcher', payload: (s) => s.create('../state/bin/countersign-hook', '#!/bin/sh\nexit 0\n') },
  {
    name: 'the mark of a use, by a tool that is not known',
    payload: (s) => tool(s, 'mcp__fs__delete', { path: join(s.state, 'used', '0'.repeat(64)) }),
  },
  {
    name: 'the state folder behind a link',
    payload: (s) => (
      mkdirSync(join(s.folder, 'real')), symlinkSync(join(s.folder, 'real'), join(s.folder, 'link')), s.create('../real/used/x', '')
    ),
    options: (s) => ({ env: { COUNTERSIGN_STATE: join(s.folder, 'link') } }),
  },
  {
    name: 'the agent’s settings, by its own tool',
    payload: (s) => tool(s, 'Config', { setting: 'permissions.defaultMode', value: 'bypassPermissions' }),
  },
  // Tools that are not known.
  { name: 'a target named "to"', payload: (s) => tool(s, 'mcp__fs__rename', { from: 'notes.txt', to: 'policy.json' }) },
  { name: 'a target named "name"', payload: (s) => tool(s, 'mcp__fs__save', { name: 'policy.json', text: OPENED }) },
  { name: 'a target under any other key', payload: (s) => tool(s, 'mcp__fs__save', { zzz: 'iam/policy.json', text: OPENED }) },
  { name: 'a download', payload: (s) => tool(s, 'mcp__web__get_to_file', { url: 'https://x.invalid/p', output: 'policy.json' }) },
  {
    name: 'a tool that says it reads, and is given a text',
    payload: (s) => tool(s, 'mcp__x__read_state', { path: 'policy.json', content: OPENED }),
  },
  {
    name: 'arguments in a JSON text',
    payload: (s) => tool(s, 'mcp__x__call', { arguments: JSON.stringify({ path: 'policy.json', content: '' }) }),
  },
  { name: 'a table of files', payload: (s) => tool(s, 'mcp__fs__write_files', { files: { 'policy.json': OPENED } }) },
  { name: 'a list of lists', payload: (s) => tool(s, 'mcp__fs__write_files', { files: [['policy.json', OPENED]] }) },
  { name: 'a path deep inside', payload: (s) => tool(s, 'mcp__fs__write', Object.assign({}, nested(40, { path: 'policy.json' }))) },
  {
    name: 'a path deeper than is looked',
    payload: (s) => tool(s, 'mcp__fs__write', Object.assign({}, nested(100, { path: 'policy.json' }))),
  },
  {
    name: 'a path behind three hundred others',
    payload: (s) =>
      tool(s, 'mcp__fs__write', {
        ...Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`path${at}`, `${at}.txt`])),
        path: 'policy.json',
      }),
  },
  {
    name: 'more paths than are looked at',
    payload: (s) => tool(s, 'mcp__fs__write', Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`path${at}`, `${at}.txt`]))),
  },
  {
    name: 'a URL with a percent sign',
    payload: (s) => tool(s, 'mcp__fs__write', { uri: `file://${s.workspace}/data%2Ejson`, content: '' }),
  },
  {
    name: 'a patch',
    payload: (s) => tool(s, 'apply_patch', { input: '*** Begin Patch\n*** Update File: policy.json\n@@\n-a\n+b\n*** End Patch\n' }),
  },
  {
    name: 'a unified diff',
    payload: (s) => tool(s, 'mcp__git__apply', { input: '--- a/policy.json\n+++ b/policy.json\n@@ -1 +1 @@\n-a\n+b\n' }),
  },
];

const ALLOWED: readonly Case[] = [
  {
    name: 'an unknown tool with an address',
    payload: (s) => tool(s, 'mcp__web__post', { url: 'https://x.invalid/policy.json', note: 'about policy.json' }),
  },
  { name: 'an unknown tool that searches', payload: (s) => tool(s, 'mcp__fs__search_files', { path: 'policy.json', pattern: 'x' }) },
  { name: 'asking for a setting', payload: (s) => tool(s, 'Config', { setting: 'theme' }) },
  { name: 'a list in a text file', payload: (s) => s.create('todo.txt', '[ ] write tests\n') },
  { name: 'a text file that is not there', payload: (s) => s.edit('none.txt', 'a', 'b') },
];

void describe('past the hook', () => {
  for (const { name, payload, options } of DENIED) {
    void test(`${name} → denied`, async () => {
      const scene = new Scene();
      try {
        const ran = await scene.hook(payload(scene), options?.(scene));
        assert.equal(ran.code, 0, ran.stderr);
        assert.match(ran.stdout, /"permissionDecision":"deny"/);
      } finally {
        scene.remove();
      }
    });
  }
  for (const { name, payload } of ALLOWED) {
    void test(`${name} → allowed`, async () => {
      const scene = new Scene();
      try {
        const ran = await scene.hook(payload(scene));
        assert.deepEqual([ran.code, ran.stdout], [0, ''], ran.stderr);
      } finally {
        scene.remove();
      }
    });
  }

  void test('two payloads at once are none', async () => {
    const scene = new Scene();
    try {
      const ran = await scene.hook(`{"tool_name":"Read"}\n${JSON.stringify(scene.payload('pre-edit'))}`);
      assert.match(ran.stdout, /not valid JSON/);
    } finally {
      scene.remove();
    }
  });
});

void describe('a policy made to be slow', () => {
  for (const pattern of [`${'*a'.repeat(24)}x`, '+(+(a|aa)+(a|aa))x', '{a,b}'.repeat(30)]) {
    void test(`${pattern.slice(0, 30)}: answered at once, and nothing watched is let through unseen`, async () => {
      const scene = new Scene();
      try {
        scene.write('.countersign/policy.yaml', `noGo:\n  - "${pattern}"\n`);
        const ran = await scene.hook(scene.edit('policy.json', ROLE, EVERYONE));
        assert.match(ran.stdout, /"permissionDecision":"deny"/);
        assert.doesNotMatch(ran.stdout, /7 seconds/);
      } finally {
        scene.remove();
      }
    });
  }
});

void describe('time', () => {
  void test('a loop and a regular expression without end are stopped', () => {
    for (const work of [
      () => {
        for (;;);
      },
      () => /^(a+)+$/.test(`${'a'.repeat(40)}b`),
    ]) {
      const started = performance.now();
      assert.deepEqual(withinTime<unknown>(work, 50), { late: true });
      assert.ok(performance.now() - started < 2000);
    }
    assert.deepEqual(
      withinTime(() => 7, 50),
      { late: false, value: 7 },
    );
    assert.throws(() => withinTime(() => assert.fail('mine'), 50), /mine/);
  });

  void test('an answer that comes too late is a denial, and the log says so', async () => {
    const scene = new Scene();
    try {
      // Hundreds of entangled statements: not worked out in any time that an agent waits.
      const ran = await scene.hook(scene.create('policy.json', entangled(1500)));
      assert.match(ran.stdout, /"permissionDecision":"deny"/);
      assert.ok(ran.milliseconds < 9500, `${ran.milliseconds} ms`);
      const opened = await openGate({
        workspace: scene.workspace,
        stateFolder: scene.state,
        now: () => new Date(),
        actor: { user: 'tester', host: 'test', process: 'test' },
        outOfTime: () => false,
      });
      assert.ok(opened.ok);
      const kinds: string[] = [];
      for await (const { record } of opened.gate.ledger.read()) kinds.push(record.event.kind);
      assert.ok(kinds.includes('closed') || kinds.includes('held'), kinds.join(' '));
    } finally {
      scene.remove();
    }
  });
});

function escaped(json: string): string {
  return json.replace(
    /"([^"\n]*)"/g,
    (_, inner: string) => `"${Array.from(inner, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`,
  );
}

function entangled(statements: number): string {
  const Statement = Array.from({ length: statements }, (_, at) => ({
    Effect: at % 3 === 0 ? 'Deny' : 'Allow',
    Principal: { AWS: `arn:aws:iam::1111222233${String(at % 100).padStart(2, '0')}:role/*a${at}*b*` },
    NotAction: [`s3:*${at % 7}*`, `iam:*${at % 11}*`],
    Resource: `arn:aws:s3:::*${at}*\${aws:username}*/*`,
    Condition: { StringLike: { 'aws:PrincipalTag/team': `*${at}*` } },
  }));
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
