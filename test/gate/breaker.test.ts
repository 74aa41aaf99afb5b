import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import type { Edit, Provenance } from '../../server/engine/types.ts';
import { discard } from '../../server/gate/discards.ts';
import { readHalt, resume } from '../../server/gate/halt.ts';
import { review } from '../../server/gate/review.ts';
import { listTrips, readTrip } from '../../server/gate/tripped.ts';
import type { BreakerLimits, GateContext } from '../../server/gate/types.ts';
import { BEFORE, PATH, RISKY, type Scene, scene, WIDENED } from './scene.ts';

const LIMITS: BreakerLimits = { held: 4, minutes: 10, retries: 1, stops: 'agent' };
const CLAUDE = 'Claude Code';

type Tried = {
  readonly agent?: string;
  readonly session?: string;
  readonly tool?: string;
  readonly channel?: Provenance['channel'];
  readonly certainty?: Provenance['certainty'];
  readonly path?: string;
  readonly before?: string;
  readonly after?: string;
  readonly command?: Edit['command'];
};

let calls = 0;

function tries(at: Scene, limits: Partial<BreakerLimits> = {}) {
  const gate: GateContext = { ...at.gate, policy: { ...at.gate.policy, breaker: { ...LIMITS, ...limits } } };
  const ask = async (tried: Tried = {}) => {
    const { agent = CLAUDE, session = 's-1', tool = 'Edit', channel = 'hook', certainty = 'attested' } = tried;
    const { path = PATH, before = BEFORE, after = RISKY, command } = tried;
    // A denial and what comes after it are never in the same millisecond.
    at.clock.now = new Date(at.clock.now.getTime() + 1000);
    const provenance: Provenance = { channel, certainty, agent: { name: agent, session, tool, toolCall: `call-${++calls}` } };
    const outcome = await review(
      { workspace: at.workspace, edits: [{ path, before, after, provenance, ...(command === undefined ? {} : { command }) }] },
      gate,
    );
    assert.ok(certainty === 'human' || outcome.verdict === 'acknowledge' || outcome.verdict === 'forbid', JSON.stringify(outcome));
    return outcome;
  };
  return { gate, ask, isTripped: (agent = CLAUDE) => readTrip(at.state, agent) !== undefined };
}

/** Opens another bucket: nothing to do with the first. */
const other = (name: string): Tried => ({
  path: `iam/${name}-policy.json`,
  before: BEFORE.replaceAll('prod-customer-exports', name),
  after: RISKY.replaceAll('prod-customer-exports', name),
});
const sed = (path: string): Tried => ({
  path: '$ sed -i s/a/b/ x',
  before: '',
  after: 'sed -i s/a/b/ x',
  tool: 'Bash',
  command: [{ kind: 'unread', paths: [path], why: 'sed writes it' }],
});

describe('a retry around a denial', () => {
  const rows: readonly (readonly [name: string, trips: boolean, tried: readonly Tried[], limits?: Partial<BreakerLimits>])[] = [
    ['the same edit again', false, [{}, {}, {}, {}, {}, {}]],
    ['the same edit by a command', true, [{}, { tool: 'Bash' }]],
    ['the same edit by a command, in another agent’s words', true, [{ tool: 'replace' }, { tool: 'run_shell_command' }]],
    ['the same file by a command that cannot be read', true, [{}, sed(PATH)]],
    ['another file by such a command', false, [{}, sed('iam/other-policy.json')]],
    ['the same text in another file', true, [{}, { path: 'iam/copy-policy.json', before: '' }]],
    ['the same access by another front', true, [{}, { channel: 'tool', tool: 'propose_edit' }]],
    ['a wider edit of the same file', false, [{}, { after: WIDENED }]],
    ['another tool for the same edit', false, [{ tool: 'Edit' }, { tool: 'Write' }]],
    ['a command first, then the tool for it', false, [{ tool: 'Bash' }, { tool: 'Edit' }]],
    ['another session, once', false, [{}, { session: 's-2' }]],
    ['another session, twice', true, [{}, { session: 's-2' }, { session: 's-3' }]],
    ['another bucket', false, [other('a-logs'), other('b-logs')]],
    [
      'files of one name for several environments',
      false,
      ['dev', 'stg', 'prd'].map((env) => ({
        path: `${env}/bucket-policy.json`,
        after: RISKY.replace('"Effect"', `"Sid": "${env}", "Effect"`),
      })),
    ],
    [
      'the same few characters in other files',
      false,
      ['.claude/settings.json', '.vscode/tasks.json'].map((path) => ({ path, before: '{"a": [1]}', after: '{}' })),
    ],
    ['more retries are let through by policy', false, [{}, { tool: 'Bash' }], { retries: 3 }],
  ];
  for (const [name, trips, tried, limits] of rows) {
    test(name, async (t) => {
      const at = await scene(t);
      const { ask, isTripped } = tries(at, limits);
      for (const one of tried.slice(0, -1)) await ask(one);
      if (trips) assert.equal(isTripped(), false, 'too early');
      const last = await ask(tried.at(-1));
      assert.equal(isTripped(), trips);
      assert.equal('tripped' in last, trips);
      assert.equal((await at.kinds()).includes('tripped'), trips);
      if (trips) assert.match(readTrip(at.state, CLAUDE)?.cause ?? '', /^it tried again around the denial H-[0-9A-Z]{8} \((by|in) /);
    });
  }

  test('another agent is stopped itself, and not the first', async (t) => {
    const at = await scene(t);
    const { ask, isTripped } = tries(at);
    await ask();
    await ask({ agent: 'Codex CLI' });
    assert.equal(isTripped('Codex CLI'), false, 'once may be chance');
    await ask({ agent: 'Codex CLI', session: 's-2' });
    assert.equal(isTripped('Codex CLI'), true);
    assert.equal(isTripped(), false);
  });

  test('too long ago counts no longer', async (t) => {
    const at = await scene(t);
    const { ask, isTripped } = tries(at);
    await ask();
    at.clock.now = new Date(at.clock.now.getTime() + 11 * 60_000);
    await ask({ tool: 'Bash' });
    assert.equal(isTripped(), false);
  });

  test('is settled when a person acknowledges what was held; the log says so', async (t) => {
    const at = await scene(t);
    const { ask, isTripped } = tries(at);
    await ask();
    await ask(sed(PATH));
    assert.equal(isTripped(), true);
    await at.approve({ toolCall: 'again' });
    assert.equal(isTripped(), false);
    assert.ok((await at.kinds()).includes('resumed'));
    assert.equal((await review(at.suggestion(), at.gate)).verdict, 'allow');
  });
});

test('a tool of ours is stopped as well: nothing of that agent is judged any more', async (t) => {
  const at = await scene(t);
  const { ask, gate } = tries(at);
  await ask();
  await ask(sed(PATH));
  const provenance: Provenance = { channel: 'tool', certainty: 'attested', agent: { name: 'claude-code', session: 'm' } };
  const outcome = await review({ workspace: at.workspace, edits: [{ path: 'README.md', before: '', after: 'x', provenance }] }, gate);
  assert.equal(outcome.verdict, 'closed');
  assert.match('cause' in outcome ? outcome.cause : '', /breaker has stopped Claude Code.*only a person lets agents go on/);
});

describe('a client that calls itself otherwise', () => {
  const through = (agent: string, more: Tried = {}): Tried => ({ channel: 'tool', tool: 'propose_edit', agent, session: agent, ...more });
  const rows: readonly (readonly [name: string, trips: boolean, tried: readonly Tried[], limits?: Partial<BreakerLimits>])[] = [
    ['the same again through tools, under another name', true, [through('helper'), through('helper-2')]],
    ['something else under another name', false, [through('helper'), through('helper-2', other('b-logs'))]],
    [
      'by a hook it is another agent',
      false,
      [through('helper', { channel: 'hook', tool: 'Edit' }), through('helper-2', { channel: 'hook', tool: 'Edit' })],
    ],
    ['many, each under a name of its own', true, ['a', 'b', 'c'].map((name) => through(name, other(`${name}-logs`))), { held: 3 }],
  ];
  for (const [name, trips, tried, limits] of rows) {
    test(name, async (t) => {
      const at = await scene(t);
      const { ask } = tries(at, limits);
      for (const one of tried.slice(0, -1)) assert.equal('tripped' in (await ask(one)), false, 'too early');
      assert.equal('tripped' in (await ask(tried.at(-1))), trips);
    });
  }
});

describe('many held edits', () => {
  test('trips at the number that the policy says, once, and records it', async (t) => {
    const at = await scene(t);
    const { ask, isTripped } = tries(at);
    for (const name of ['a-logs', 'b-logs', 'c-logs']) await ask(other(name));
    for (let again = 0; again < 5; again++) await ask(other('c-logs'));
    assert.equal(isTripped(), false, 'the same edit again is one');
    await ask(other('d-logs'));
    assert.equal(isTripped(), true);
    await ask(other('e-logs'));
    assert.equal((await at.kinds()).filter((kind) => kind === 'tripped').length, 1);
    const record = (await at.records()).find(({ record: { event } }) => event.kind === 'tripped')?.record.event;
    assert.match(record?.cause ?? '', /^The breaker stopped Claude Code: 4 of its edits were held or forbidden within 10 minutes\.$/);
    assert.equal(record?.provenance?.agent?.session, 's-1');
  });

  test('what a person acknowledged counts no longer, what was discarded does', async (t) => {
    const at = await scene(t);
    const { ask, isTripped, gate } = tries(at);
    await at.approve();
    for (const name of ['a-logs', 'b-logs']) await ask(other(name));
    const third = await ask(other('c-logs'));
    assert.equal(isTripped(), false);
    assert.ok('hold' in third);
    assert.deepEqual(await discard([third.hold.id], gate), { ok: true });
    await ask(other('d-logs'));
    assert.equal(isTripped(), true);
  });

  test('other agents’ do not add up', async (t) => {
    const at = await scene(t);
    const { ask } = tries(at);
    for (const [index, name] of ['a-logs', 'b-logs', 'c-logs', 'd-logs', 'e-logs', 'f-logs'].entries())
      await ask({ ...other(name), agent: ['Cursor', 'Cline', 'OpenCode'][index % 3] ?? '' });
    assert.deepEqual(listTrips(at.state), []);
  });

  test('a window moves', async (t) => {
    const at = await scene(t);
    const { ask, isTripped } = tries(at);
    for (const name of ['a-logs', 'b-logs', 'c-logs', 'd-logs', 'e-logs', 'f-logs']) {
      await ask(other(name));
      at.clock.now = new Date(at.clock.now.getTime() + 4 * 60_000);
    }
    assert.equal(isTripped(), false);
  });

  test('a person’s own edits, pastes and writes to disk never count', async (t) => {
    const at = await scene(t);
    const { ask } = tries(at, { held: 2 });
    for (const name of ['a-logs', 'b-logs', 'c-logs']) {
      await ask({ ...other(name), channel: 'typed', certainty: 'human' });
      await ask({ ...other(name), channel: 'paste', certainty: 'observed' });
      await ask({ ...other(name), channel: 'disk', certainty: 'inferred' });
    }
    assert.deepEqual(listTrips(at.state), []);
  });

  test('stops all agents where the policy says so, and leaves a person’s halt as it is', async (t) => {
    const at = await scene(t);
    const { ask } = tries(at, { held: 2, stops: 'all' });
    await ask(other('a-logs'));
    await ask(other('b-logs'));
    assert.equal(readHalt(at.state)?.by, 'The breaker');
    assert.match(readHalt(at.state)?.reason ?? '', /^Claude Code: 2 of its edits/);
    assert.ok((await at.kinds()).includes('tripped'));
  });
});

describe('Countersign’s own files', () => {
  const wired = JSON.stringify({ hooks: { PreToolUse: [{ hooks: [{ command: 'countersign hook claude-code' }] }] } }, null, 2);
  const rows: readonly (readonly [string, Tried, boolean])[] = [
    ['the policy', { path: '.countersign/policy.yaml', before: '', after: 'verdicts: { low: note }\n' }, true],
    ['a pack', { path: '.countersign/packs/x.yaml', before: 'a: 1\n', after: 'a: 2\n' }, true],
    ['the policy, by a command', { ...sed('.countersign/policy.yaml') }, true],
    ['the hook in the agent’s settings', { path: '.claude/settings.json', before: wired, after: '{}' }, true],
    [
      'the settings, the hook left as it is',
      { path: '.claude/settings.json', before: wired, after: wired.replace('{', '{\n  "permissions": { "allow": ["Bash(*)"] },') },
      false,
    ],
    ['settings without a hook', { path: '.claude/settings.json', before: '{}', after: '{"permissions":{"allow":["Bash(*)"]}}' }, false],
  ];
  for (const [name, tried, trips] of rows) {
    test(name, async (t) => {
      const at = await scene(t);
      const { ask, isTripped } = tries(at);
      await ask(tried);
      assert.equal(isTripped(), trips);
      if (trips) assert.match(readTrip(at.state, CLAUDE)?.cause ?? '', /Countersign's own files/);
    });
  }

  test('the state folder', async (t) => {
    const at = await scene(t);
    const { ask, isTripped } = tries(at);
    assert.equal((await ask({ path: join(at.state, 'holds', 'H-00000000.json'), before: '', after: '{}' })).verdict, 'forbid');
    assert.equal(isTripped(), true);
  });
});

describe('resuming', () => {
  test('lets every agent go on, names who was stopped, and does not trip at the next refusal', async (t) => {
    const at = await scene(t);
    const { ask, gate, isTripped } = tries(at, { held: 2 });
    for (const agent of [CLAUDE, 'Cursor'])
      for (const name of ['a-logs', 'b-logs']) await ask({ ...other(`${agent.length}${name}`), agent });
    assert.deepEqual(
      listTrips(at.state).map(({ agent }) => agent),
      [CLAUDE, 'Cursor'],
    );
    assert.equal(await resume('sam resumed', gate, 'cursor'), undefined);
    assert.deepEqual([isTripped(), isTripped('Cursor')], [true, false]);
    assert.equal(await resume('sam resumed', gate), undefined);
    assert.equal(isTripped(), false);
    const causes = (await at.records()).filter(({ record: { event } }) => event.kind === 'resumed').map(({ record }) => record.event.cause);
    assert.deepEqual(causes, ['sam resumed (the breaker had stopped Cursor)', 'sam resumed (the breaker had stopped Claude Code)']);
    await ask(other('c-logs'));
    assert.equal(isTripped(), false);
  });

  test('a damaged file still stops, and can be resumed', async (t) => {
    const at = await scene(t);
    const { gate, isTripped } = tries(at);
    for (const text of ['', '{', 'null', '{"agent":1}', '{"agent":"Cursor","since":"x","cause":"x","holds":[]}']) {
      mkdirSync(join(at.state, 'tripped'), { recursive: true });
      writeFileSync(join(at.state, 'tripped', 'claude-code.json'), text);
      assert.equal(isTripped(), true, text);
      assert.equal(await resume('tried', gate), undefined);
      assert.equal(isTripped(), false, text);
    }
  });

  test('damaged refusals are no refusals', async (t) => {
    const at = await scene(t);
    const { ask, isTripped } = tries(at);
    mkdirSync(join(at.state, 'refusals'), { recursive: true });
    for (const [index, text] of ['', '{', '[]', '{"when":1}'].entries()) writeFileSync(join(at.state, 'refusals', `x${index}.json`), text);
    await ask();
    assert.equal(isTripped(), false);
    assert.deepEqual(readdirSync(join(at.state, 'refusals')).length, 1, 'and are swept');
  });
});

test('several processes at once: all count, and exactly one trips', async (t) => {
  const at = await scene(t);
  const child = fileURLToPath(new URL('./refused.process.mjs', import.meta.url));
  const run = (index: number) =>
    new Promise<number | null>((resolve, reject) => {
      const started = spawn(process.execPath, [child, at.workspace, at.state, `bucket-${index}`], { stdio: 'inherit' });
      started.on('error', reject);
      started.on('close', resolve);
    });
  assert.deepEqual(
    await Promise.all(Array.from({ length: 8 }, (_, index) => run(index))),
    Array.from({ length: 8 }, () => 0),
  );
  assert.equal(listTrips(at.state).length, 1);
  assert.equal((await at.kinds()).filter((kind) => kind === 'tripped').length, 1);
});
