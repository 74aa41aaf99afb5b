import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DESCRIPTIONS, TOOLS } from '../../server/fronts/mcp/tool-words.ts';
import { writeDraft } from '../../server/gate/drafts.ts';
import { TOOL_CALL, TOOL_NOT_APPLIED, REVIEW, type ReviewResult, type ToolCallResult } from '../../server/protocol.ts';
import { REPOSITORY } from '../support/repository.ts';
import { EVERYONE, OPENED, POLICY, ROLE, Scene } from './hook-scene.ts';
import { type Client, startClient } from './lsp-client.ts';

const RISKY = { path: 'policy.json', old_string: ROLE, new_string: EVERYONE };

test('the manifest says the same of the tools as the server', () => {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    contributes: {
      languageModelTools: { name: string; modelDescription: string; inputSchema: { properties: object } }[];
      mcpServerDefinitionProviders: { id: string }[];
    };
  };
  const { languageModelTools, mcpServerDefinitionProviders } = manifest.contributes;
  assert.deepEqual(
    languageModelTools.map(({ name, modelDescription }) => [name, modelDescription]),
    TOOLS.map((name) => [`countersign_${name}`, DESCRIPTIONS[name]]),
  );
  assert.deepEqual(
    mcpServerDefinitionProviders.map(({ id }) => id),
    ['countersign'],
  );
});

void describe('the tools of the editor', () => {
  let client: Client;
  before(async () => {
    client = await startClient();
    client.write('policy.json', POLICY);
  });
  after(async () => void (await client.end()));
  const call = async (tool: string, input: unknown, session = 'w-1'): Promise<ToolCallResult> =>
    await client.request<ToolCallResult>(TOOL_CALL, { tool, input, session });
  const onDisk = (): string => readFileSync(join(client.workspace, 'policy.json'), 'utf8');

  test('what opens nothing is given to the editor to apply, on the text that it shows', async () => {
    const shown = POLICY.replace('"AppRead"', '"Typed"');
    client.open('policy.json', shown);
    const answer = await call('propose_edit', { path: 'policy.json', old_string: '"Typed"', new_string: '"Readers"' });
    assert.equal(answer.isError, false, answer.text);
    assert.deepEqual(answer.apply, [{ uri: client.uri('policy.json'), before: shown, after: POLICY.replace('"AppRead"', '"Readers"') }]);
    assert.equal(onDisk(), POLICY, 'the server writes nothing');
    assert.deepEqual(await client.request(TOOL_NOT_APPLIED, { call: answer.call, cause: 'policy.json changed.' }), {});
    await assert.rejects(client.request(TOOL_NOT_APPLIED, { call: answer.call, cause: 'again' }));
    client.change('policy.json', 2, POLICY);
  });

  test('a risky edit is held, with a noted reason filled in; no tool call applies it', async () => {
    const held = await call('propose_edit', RISKY);
    assert.equal(held.isError, true);
    assert.deepEqual(held.apply, []);
    const hold = /H-[0-9A-Z]{8}/.exec(held.text)?.[0] ?? '';
    await client.holds((holds) => holds.some(({ id }) => id === hold));
    assert.match((await call('hold_status', { hold })).text, /is waiting/);
    writeDraft(client.stateFolder, {
      schema: 'countersign.draft/1',
      hold,
      reason: { category: 'temporary', text: 'Needed for the audit until Friday' },
      by: 'Claude Code',
      when: new Date().toISOString(),
    });
    const review = await client.request<ReviewResult>(REVIEW, { hold });
    assert.ok(review.ok);
    assert.deepEqual(review.review.noted, {
      category: 'temporary',
      reason: 'Needed for the audit until Friday',
      ticket: '',
      from: 'Claude Code',
    });
    assert.equal(review.review.effect, 'let-retry');
    assert.equal(onDisk(), POLICY);
  });

  const REFUSED: readonly (readonly [string, string, unknown, RegExp])[] = [
    ['no object', 'propose_edit', 'x', /propose_edit was sent something else/],
    ['an unknown key', 'check_edit', { file: 'a', content: '' }, /check_edit was sent something else/],
    ['a path outside', 'propose_edit', { path: '../a.txt', content: '' }, /outside of the workspace/],
    ['a deletion', 'propose_edit', { patch: '*** Begin Patch\n*** Delete File: policy.json\n*** End Patch' }, /Held|does not do/],
    ['a hold of no shape', 'hold_status', { hold: 7 }, /hold must be/],
  ];
  for (const [name, tool, input, says] of REFUSED) {
    test(`refuses ${name}`, async () => {
      const answer = await call(tool, input);
      assert.ok(answer.isError, answer.text);
      assert.match(answer.text, says);
      assert.deepEqual(answer.apply, []);
    });
  }

  test('check_edit judges alone', async () => {
    const answer = await call('check_edit', { path: 'policy.json', content: OPENED });
    assert.equal(answer.isError, false);
    assert.match(answer.text, /would be held/);
    assert.deepEqual(answer.apply, []);
  });
});

void describe('a hook and our own tools', () => {
  test('lets them pass, since they ask the gate themselves, and only them', async () => {
    const scene = new Scene();
    try {
      const ask = async (tool: string) =>
        await scene.hook({ ...scene.payload('pre-edit'), tool_name: tool, tool_input: { path: 'policy.json', content: OPENED } });
      assert.equal((await ask('mcp__countersign__propose_edit')).stdout, '');
      for (const tool of [
        'mcp__countersign__write_file',
        'mcp__countersigned__propose_edit',
        'mcp__other__propose_edit',
        'xmcp__countersign__propose_edit',
      ]) {
        assert.match((await ask(tool)).stdout, /closed the gate/, tool);
      }
    } finally {
      scene.remove();
    }
  });
});
