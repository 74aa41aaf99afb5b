import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { AGENTS } from '../../server/fronts/hooks/agents.ts';
import { readHalt, resume } from '../../server/gate/halt.ts';
import { Scene } from './hook-scene.ts';

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
