import { Ajv2020 } from 'ajv/dist/2020.js';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { writtenLines } from '../../server/fronts/hooks/written-lines.ts';
import type { FileChange } from '../../server/fronts/hooks/tool-call.ts';
import { modelId } from '../../server/ledger/agent-trace.ts';
import { EVERYONE, OPENED, POLICY, ROLE, Scene } from './hook-scene.ts';

/** What the published schema (agent-trace.dev/schemas/v1/trace-record.json) asks for, told anew. */
const closed = (properties: object, ...required: readonly string[]): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const text = { type: 'string' };
const line = { type: 'integer', minimum: 1 };
const contributor = closed({ type: { enum: ['human', 'ai', 'mixed', 'unknown'] }, model_id: { type: 'string', maxLength: 250 } }, 'type');
const range = closed({ start_line: line, end_line: line, content_hash: text, contributor }, 'start_line', 'end_line');
const related = { type: 'array', items: closed({ type: text, url: text }, 'type', 'url') };
const conversation = closed({ url: text, contributor, ranges: { type: 'array', items: range }, related }, 'ranges');
const SCHEMA = closed(
  {
    version: { type: 'string', pattern: '^[0-9]+\\.[0-9]+$' },
    id: { type: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' },
    timestamp: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' },
    vcs: closed({ type: { enum: ['git', 'jj', 'hg', 'svn'] }, revision: text }, 'type', 'revision'),
    tool: closed({ name: text, version: text }, 'name', 'version'),
    files: { type: 'array', items: closed({ path: text, conversations: { type: 'array', items: conversation } }, 'path', 'conversations') },
    metadata: { type: 'object' },
  },
  'version',
  'id',
  'timestamp',
  'files',
);

type Trace = {
  readonly id: string;
  readonly vcs?: { readonly revision: string };
  readonly tool: { readonly name: string; readonly version: string };
  readonly files: readonly {
    readonly path: string;
    readonly conversations: readonly [
      { readonly contributor: object; readonly ranges: readonly { start_line: number; end_line: number; content_hash: string }[] },
    ];
  }[];
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const scene = new Scene();
after(() => scene.remove());

function git(...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false'];
  const ran = spawnSync('git', [...identity, ...args], {
    cwd: scene.workspace,
    encoding: 'utf8',
    env: scene.env({ GIT_CONFIG_NOSYSTEM: '1' }),
  });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout.trim();
}

async function exported(): Promise<readonly Trace[]> {
  const ran = await scene.cli(['log', 'export', '--format', 'agent-trace']);
  assert.equal(ran.code, 0, ran.stderr);
  const valid = new Ajv2020({ strict: false }).compile(SCHEMA);
  return ran.stdout
    .split('\n')
    .filter(Boolean)
    .map((one) => {
      const trace: Trace = JSON.parse(one);
      assert.ok(valid(trace), `${JSON.stringify(valid.errors)}\n${one}`);
      return trace;
    });
}

void describe('countersign log export --format agent-trace', () => {
  void test('what an agent wrote: its lines, model, session, digests, and the commit that has them', async () => {
    git('init', '-q', '-b', 'main', '.');
    scene.write('policy.json', OPENED);
    const ran = await scene.hook(scene.payload('post-edit'));
    assert.equal(ran.code, 0, ran.stderr);
    const [before, ...more] = await exported();
    assert.ok(before !== undefined);
    assert.deepEqual(more, []);
    assert.equal(before.vcs, undefined, 'nothing is committed yet');
    assert.deepEqual(before.tool, { name: 'Claude Code', version: '2.4.1' });
    const lines = OPENED.split('\n');
    const at = lines.findIndex((one) => one.includes(EVERYONE));
    const content_hash = `sha256:${createHash('sha256')
      .update(lines[at] ?? '')
      .digest('hex')}`;
    assert.deepEqual(before.files, [
      {
        path: 'policy.json',
        conversations: [
          {
            contributor: { type: 'ai', model_id: 'anthropic/claude-sonnet-4-5-20250929' },
            ranges: [{ start_line: at + 1, end_line: at + 1, content_hash }],
          },
        ],
      },
    ]);
    const own = before.metadata['dev.countersign'];
    assert.equal(own?.['certainty'], 'attested');
    assert.equal(own['session'], '8a1f2f0e-4c7e-4a57-9a56-3d6a7f0c2f11');
    assert.equal(own['prompt_sha256'], createHash('sha256').update('Let partners download the exports.').digest('hex'));

    git('add', 'policy.json');
    git('commit', '-qm', 'one');
    const [committed] = await exported();
    assert.equal(committed?.vcs?.revision, git('rev-parse', 'HEAD'));
    assert.equal(committed?.id, before.id, 'the same record is the same trace');
    scene.write('policy.json', POLICY);
    git('commit', '-qam', 'two');
    assert.equal((await exported())[0]?.vcs?.revision, git('rev-parse', 'HEAD~1'), 'where the lines are those that were recorded');
  });

  void test('what is only held is no contribution', async () => {
    const known = (await exported()).length;
    scene.write('policy.json', POLICY);
    const held = await scene.hook(scene.payload('pre-edit'));
    assert.match(held.stdout, /Held by Countersign/);
    assert.equal((await exported()).length, known);
  });

  void test('an unknown format is refused with the known', async () => {
    const ran = await scene.cli(['log', 'export', '--format', 'csv']);
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /ocsf or agent-trace, not "csv"/);
  });
});

void test('models get the name of their maker', () => {
  const models: Readonly<Record<string, string>> = {
    'claude-opus-4-5': 'anthropic/claude-opus-4-5',
    'gpt-5.2-codex': 'openai/gpt-5.2-codex',
    'gemini-2.5-flash': 'google/gemini-2.5-flash',
    'openrouter/x/y': 'openrouter/x/y',
    'some-model': 'some-model',
    [`claude-${'x'.repeat(400)}`]: `anthropic/claude-${'x'.repeat(233)}`,
  };
  for (const [given, expected] of Object.entries(models)) assert.equal(modelId(given), expected);
});

void describe('the lines that a change wrote', () => {
  const after = 'a\nb\nc\nd\nb\n';
  const replace = (from: string, to: string, all = false): FileChange => ({
    kind: 'replace',
    path: 'x',
    replacements: [{ from, to, all }],
  });
  const cases: Readonly<Record<string, readonly [FileChange | undefined, string, readonly (readonly [number, number])[]]>> = {
    'a whole file': [{ kind: 'write', path: 'x', content: after }, after, [[1, 5]]],
    'a whole file without a last line end': [{ kind: 'write', path: 'x', content: 'a\nb' }, 'a\nb', [[1, 2]]],
    'an empty file': [{ kind: 'write', path: 'x', content: '' }, '', []],
    'one line of three': [replace('a\nx\nc', 'a\nb\nc'), after, [[2, 2]]],
    everywhere: [
      replace('y', 'b', true),
      after,
      [
        [2, 2],
        [5, 5],
      ],
    ],
    once: [replace('y', 'b'), after, [[2, 2]]],
    'Windows line ends': [replace('x\nc', 'b\nc'), after.replaceAll('\n', '\r\n'), [[2, 2]]],
    'taken out': [replace('gone', ''), after, []],
    'not there any more': [replace('a', 'zzz'), after, []],
    'neighbours are one range': [
      {
        kind: 'replace',
        path: 'x',
        replacements: [
          { from: '1', to: 'b', all: false },
          { from: '2', to: 'c', all: false },
        ],
      },
      after,
      [[2, 3]],
    ],
    'hunks of a patch': [
      {
        kind: 'patch',
        path: 'x',
        from: 'x',
        hunks: [
          { context: undefined, from: ['a', 'x'], to: ['a', 'b'], atEnd: false },
          { context: undefined, from: ['d', 'y'], to: ['d', 'b'], atEnd: false },
        ],
      },
      after,
      [
        [2, 2],
        [5, 5],
      ],
    ],
    'a patch that only takes out': [
      { kind: 'patch', path: 'x', from: 'x', hunks: [{ context: undefined, from: ['a', 'x', 'b'], to: ['a', 'b'], atEnd: false }] },
      after,
      [],
    ],
    'a tool that is not known': [{ kind: 'unknown', path: 'x' }, after, []],
    nothing: [undefined, after, []],
  };
  for (const [name, [change, now, expected]] of Object.entries(cases)) {
    void test(name, () => {
      assert.deepEqual(
        writtenLines(change, now).map(({ start, end }) => [start, end]),
        expected,
      );
    });
  }
  void test('the role is one line of the fixture', () => assert.equal(POLICY.split('\n').filter((one) => one.includes(ROLE)).length, 1));
});
