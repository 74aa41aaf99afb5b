import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseAuthorshipLog } from '../../server/fronts/git/ai-notes.ts';
import { listHolds } from '../../server/gate/holds.ts';
import { AFTER, BEFORE, CheckScene, EVERYONE, FILE } from './check-scene.ts';

/** An authorship log of version 3, as git-ai writes it. */
function note(attestations: string, metadata: object = META): string {
  return `${attestations}\n---\n${JSON.stringify({ schema_version: 'authorship/3.0.0', base_commit_sha: 'x', ...metadata }, null, 2)}`;
}

const META = {
  prompts: { abcd1234abcd1234: { agent_id: { tool: 'cursor', id: 'c-1', model: 'gpt-5' }, messages: [] } },
  sessions: { s_c9883b05a2487d: { agent_id: { tool: 'claude', id: 'f-1', model: 'claude-sonnet-4-5' } } },
  humans: { h_31dce776f88375: { author: 'Ada <ada@example.com>' } },
};

void describe('an authorship log', () => {
  const claude = { kind: 'agent', tool: 'claude', model: 'claude-sonnet-4-5', session: 'f-1' };
  const cursor = { kind: 'agent', tool: 'cursor', model: 'gpt-5', session: 'c-1' };
  const ada = { kind: 'human', tool: 'Ada <ada@example.com>' };
  const cases: Readonly<Record<string, readonly [string, Readonly<Record<string, readonly object[]>>]>> = {
    'sessions, prompts and people': [
      note('a.json\n  s_c9883b05a2487d::t_9f8e7d6c5b4a32 1-10,15\n  h_31dce776f88375 11-12\n"b c.tf"\n  abcd1234abcd1234 3'),
      {
        'a.json': [
          { start: 1, end: 10, author: claude },
          { start: 15, end: 15, author: claude },
          { start: 11, end: 12, author: ada },
        ],
        'b c.tf': [{ start: 3, end: 3, author: cursor }],
      },
    ],
    'Windows line ends': [
      note('a.json\n  abcd1234abcd1234 3').replaceAll('\n', '\r\n'),
      { 'a.json': [{ start: 3, end: 3, author: cursor }] },
    ],
    'a key that is not told, and lines that are none': [
      note('a.json\n  0000000000000000 1\n  abcd1234abcd1234 x,2-,4'),
      { 'a.json': [{ start: 4, end: 4, author: cursor }] },
    ],
    'a key of every object': [note('a.json\n  constructor 1\n  __proto__ 2'), {}],
    'no metadata': ['a.json\n  abcd1234abcd1234 1', {}],
    'metadata that is no JSON': ['a.json\n  abcd1234abcd1234 1\n---\n{', {}],
    nothing: ['', {}],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    void test(name, () => {
      const read = Object.fromEntries([...parseAuthorshipLog(text)].filter(([, lines]) => lines.length > 0));
      assert.deepEqual(JSON.parse(JSON.stringify(read)), expected);
    });
  }
});

void describe('countersign check, where git-ai has left notes', () => {
  const line = AFTER.split('\n').findIndex((one) => one.includes(EVERYONE)) + 1;

  void test('says who wrote the lines that open something, also after later commits moved them', async (context) => {
    const { scene } = await CheckScene.begin(context);
    scene.write({ [FILE]: AFTER });
    const commit = scene.commit('Open');
    scene.git('notes', '--ref=refs/notes/ai', 'add', '-m', note(`${FILE}\n  s_c9883b05a2487d::t_1 ${line}`), commit);
    const ran = await scene.check();
    assert.equal(ran.code, 1);
    assert.match(ran.out, new RegExp(`git-ai says that line ${line} of ${FILE} is by claude \\(claude-sonnet-4-5\\)\\.`));
    scene.write({ [FILE]: `\n\n${AFTER}` });
    scene.commit('Move');
    assert.match((await scene.check()).out, new RegExp(`line ${line + 2} of ${FILE} is by claude`));
    // The files on disk, not committed.
    scene.write({ [FILE]: `\n\n\n${AFTER}` });
    assert.match((await scene.check('--base', 'main')).out, new RegExp(`line ${line + 3} of ${FILE} is by claude`));
  });

  void test('puts it into the hold, as inferred', async (context) => {
    const { scene } = await CheckScene.begin(context);
    scene.write({ [FILE]: AFTER });
    scene.git('notes', '--ref=refs/notes/ai', 'add', '-m', note(`${FILE}\n  s_c9883b05a2487d 1-20`), scene.commit('Open'));
    const ran = await scene.check('--base', 'main', '--head', 'HEAD', '--hold');
    assert.match(ran.out, /Held as H-/);
    const state = join(scene.home, 'state-ada');
    const [hold] = listHolds(state);
    assert.deepEqual(hold?.provenance, {
      channel: 'disk',
      certainty: 'inferred',
      agent: { name: 'Claude Code', model: 'claude-sonnet-4-5', session: 'f-1' },
    });
  });

  void test('says nothing where there are none, and passes over what is broken', async (context) => {
    const { scene } = await CheckScene.begin(context);
    scene.write({ [FILE]: AFTER });
    const commit = scene.commit('Open');
    assert.doesNotMatch((await scene.check()).out, /git-ai/);
    scene.git('notes', '--ref=refs/notes/ai', 'add', '-m', 'no log at all', commit);
    const ran = await scene.check();
    assert.equal(ran.code, 1);
    assert.doesNotMatch(ran.out, /git-ai/);
    assert.notEqual(BEFORE, AFTER);
  });
});
