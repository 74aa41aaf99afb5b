import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { AGENTS } from '../../server/fronts/hooks/agents.ts';
import { acknowledge } from '../../server/gate/decisions.ts';
import { readHalt, resume } from '../../server/gate/halt.ts';
import { agentId } from '../../server/gate/agent-names.ts';
import { listHolds } from '../../server/gate/holds.ts';
import { readTrip } from '../../server/gate/tripped.ts';
import { EVERYONE, OPENED, ROLE, Scene } from './hook-scene.ts';

/** A call that only looks: nothing but a halt stops it. */
const LOOKS: Readonly<Record<string, unknown>> = {
  'claude-code': { hook_event_name: 'PreToolUse', tool_name: 'Read', tool_input: { file_path: 'a' } },
  codex: { hook_event_name: 'PreToolUse', tool_name: 'read_file', tool_input: {} },
  'gemini-cli': { hook_event_name: 'BeforeTool', tool_name: 'read_file', tool_input: {} },
  'qwen-code': { hook_event_name: 'PreToolUse', tool_name: 'read_file', tool_input: {} },
  'vscode-chat': { hook_event_name: 'PreToolUse', tool_name: 'read_file', tool_input: {}, tool_use_id: 'x__vscode-1' },
  'copilot-cli': { toolName: 'view', toolArgs: '{}' },
  cursor: { hook_event_name: 'preToolUse', tool_name: 'Read', tool_input: {} },
  windsurf: { agent_action_name: 'pre_read_code', tool_info: { file_path: 'a' } },
  cline: { hookName: 'PreToolUse', preToolUse: { toolName: 'read_file', parameters: {} } },
  opencode: { tool: 'read', args: {} },
};

/** Said by the agents that can stop by themselves. */
const STOPS: ReadonlySet<string> = new Set(['claude-code', 'gemini-cli', 'qwen-code', 'vscode-chat']);

void describe('halt', () => {
  const scene = new Scene();
  after(() => scene.remove());
  const look = (id: string) => scene.run('hook.js', [id], { input: JSON.stringify(LOOKS[id]) });

  void test('nothing is stopped before', async () => {
    for (const { id } of AGENTS) assert.doesNotMatch((await look(id)).stdout + (await look(id)).stderr, /stopped/, id);
  });

  void test('stops every agent at its next call, in its own words, and is recorded', async () => {
    const ran = await scene.cli(['halt', '--reason', 'wrong\u001b[31m branch']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok(readHalt(scene.state));
    for (const { id } of AGENTS) {
      const { stdout, stderr, code, milliseconds } = await look(id);
      assert.match(stdout + stderr, /Countersign has stopped all agents.*wrong.*branch/, id);
      assert.equal((stdout + stderr).includes('\u001b'), false, id);
      assert.equal(/"continue":false/.test(stdout), STOPS.has(id), id);
      assert.ok(code === 2 || stdout !== '', `${id} must not go on`);
      assert.ok(milliseconds < 5000, `${id} took ${milliseconds} ms`);
    }
    assert.match((await scene.cli(['log', 'show'])).stdout, /halted/);
    assert.equal((await scene.cli(['log', 'verify'])).code, 0);
  });

  void test('only a person in a terminal lets them go on', async () => {
    const ran = await scene.cli(['resume'], { input: 'resume\n' });
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /Only a person in a terminal/);
    assert.ok(readHalt(scene.state));
    const { gate } = await scene.person();
    assert.equal(await resume('tried', gate), undefined);
    assert.equal(existsSync(join(scene.state, 'halt.json')), false);
    assert.doesNotMatch((await look('claude-code')).stdout, /stopped/);
  });

  void test('a damaged file still halts', () => {
    mkdirSync(scene.state, { recursive: true });
    for (const text of ['', '{', '[]', 'null', '{"since":1}']) {
      writeFileSync(join(scene.state, 'halt.json'), text);
      assert.ok(readHalt(scene.state), text);
    }
  });
});

void describe('the breaker', () => {
  const scene = new Scene();
  after(() => scene.remove());
  const look = (id: string) => scene.run('hook.js', [id], { input: JSON.stringify(LOOKS[id]) });

  void test('stops each agent that tripped it at its next call, in its own words, and no other', async () => {
    for (const { id, name } of AGENTS) {
      mkdirSync(join(scene.state, 'tripped'), { recursive: true });
      const trip = { agent: name, since: '2026-01-01T00:00:00.000Z', cause: 'it tried\u001b[31m again', why: 'retry', holds: [] };
      const file = join(scene.state, 'tripped', `${agentId(name)}.json`);
      writeFileSync(file, JSON.stringify(trip));
      const { stdout, stderr, code } = await look(id);
      assert.match(stdout + stderr, /breaker has stopped .*it tried.* again.*only a person lets agents go on/, id);
      assert.equal((stdout + stderr).includes('\u001b'), false, id);
      assert.equal(/"continue":false/.test(stdout), STOPS.has(id), id);
      assert.ok(code === 2 || stdout !== '', `${id} must not go on`);
      const other = AGENTS.find((one) => one.id !== id)?.id ?? '';
      assert.doesNotMatch((await look(other)).stdout, /breaker/, `${other} is not ${id}`);
      rmSync(file);
    }
  });

  void test('trips on a dodge through the shell; acknowledging what was held settles it', async () => {
    const held = await scene.hook(scene.edit('policy.json', ROLE, EVERYONE));
    assert.match(held.stdout, /Held by Countersign/);
    assert.equal(readTrip(scene.state, 'Claude Code'), undefined);
    const dodge = { ...scene.payload('pre-edit'), tool_name: 'Bash', tool_input: { command: `cat > policy.json <<'E'\n${OPENED}\nE` } };
    const dodged = await scene.hook({ ...dodge, tool_use_id: 'toolu_dodge' });
    assert.match(dodged.stdout, /"permissionDecision":"deny".*breaker has tripped: it tried again around the denial H-/);
    assert.match((await look('claude-code')).stdout, /"continue":false.*breaker has stopped Claude Code/);
    assert.doesNotMatch((await look('codex')).stdout, /breaker/);
    assert.match((await scene.cli(['log', 'show', '--kind', 'tripped'])).stdout, /The breaker stopped Claude Code/);
    assert.match((await scene.cli(['agents'])).stdout, /Claude Code \(stopped\)/);
    assert.equal((await scene.cli(['resume'], { input: 'resume\n' })).code, 3, 'only a person in a terminal');

    const { gate, signer } = await scene.person();
    const [hold] = listHolds(scene.state);
    assert.ok(hold);
    const name = hold.edits[0]?.assessment.findings[0]?.opened.name ?? '';
    const reason = { category: 'intended', text: 'The auditors need to read this bucket until Friday.' } as const;
    const input = { reason, hours: 24, confirmation: { text: name, how: 'typed' }, rollBackLater: false } as const;
    const done = await acknowledge(hold.id, input, gate, signer);
    assert.ok(done.ok, JSON.stringify(done));
    assert.doesNotMatch((await look('claude-code')).stdout, /breaker/);
    const retry = await scene.hook({ ...scene.edit('policy.json', ROLE, EVERYONE), tool_use_id: 'toolu_again' });
    assert.equal(retry.stdout, '', retry.stdout);
    assert.equal((await scene.cli(['log', 'verify'])).code, 0);
  });
});
