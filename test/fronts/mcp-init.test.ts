import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Scene } from './hook-scene.ts';

const AGENTS: readonly { readonly id: string; readonly scope: 'project' | 'user'; readonly file: string; readonly before?: string }[] = [
  { id: 'claude-code', scope: 'project', file: '.mcp.json' },
  {
    id: 'claude-code',
    scope: 'project',
    file: '.mcp.json',
    before: '{\n\t"mcpServers": {\n\t\t// ours\n\t\t"git": { "command": "git-mcp" }\n\t}\n}\n',
  },
  { id: 'claude-code', scope: 'user', file: '.claude.json', before: '{"numStartups": 7}\n' },
  { id: 'gemini-cli', scope: 'project', file: '.gemini/settings.json' },
  { id: 'qwen-code', scope: 'user', file: '.qwen/settings.json', before: '{\n  "theme": "dark"\n}\n' },
  { id: 'cursor', scope: 'project', file: '.cursor/mcp.json' },
  { id: 'copilot-cli', scope: 'user', file: '.copilot/mcp-config.json' },
  { id: 'windsurf', scope: 'user', file: '.codeium/windsurf/mcp_config.json' },
  { id: 'opencode', scope: 'project', file: 'opencode.json', before: '{\n  "model": "x"\n}\n' },
  { id: 'codex', scope: 'project', file: '.codex/config.toml' },
  { id: 'codex', scope: 'user', file: '.codex/config.toml', before: 'model = "x"\n\n[mcp_servers.git]\ncommand = "git-mcp"' },
];

void describe('countersign init --mcp', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.remove());

  for (const { id, scope, file, before } of AGENTS) {
    test(`${id}, ${scope}${before === undefined ? '' : ', beside what is there'}: once, twice, undone`, async () => {
      const path = join(scope === 'project' ? scene.workspace : scene.home, file);
      mkdirSync(dirname(path), { recursive: true });
      if (before !== undefined) writeFileSync(path, before);
      const env = { COUNTERSIGN_STATE: join(scene.home, '.local', 'state', 'countersign') };
      const init = async (...more: string[]) => await scene.cli(['init', '--agent', id, '--scope', scope, '--yes', ...more], { env });
      const first = await init('--mcp');
      assert.equal(first.code, 0, first.stderr);
      const written = readFileSync(path, 'utf8');
      assert.match(written, /countersign-hook/);
      assert.match(written, /\bmcp\b/);
      if (scope === 'project') assert.ok(!written.includes(scene.folder), 'no path of this machine in a shared file');
      for (const word of before?.match(/[\w-]+|\/\/ .*/g) ?? []) assert.ok(written.includes(word), word);
      assert.match((await init('--mcp')).stdout, /Nothing to do/);
      assert.equal(readFileSync(path, 'utf8'), written);
      assert.equal((await init('--undo')).code, 0);
      if (before !== undefined) assert.equal(readFileSync(path, 'utf8').trimEnd(), before.trimEnd());
      else assert.ok(!existsSync(path) || !readFileSync(path, 'utf8').includes('countersign'), 'nothing of it is left');
    });
  }

  test('without --mcp no server is listed', async () => {
    assert.equal((await scene.cli(['init', '--agent', 'claude-code', '--yes'])).code, 0);
    assert.ok(!existsSync(join(scene.workspace, '.mcp.json')));
  });

  test('a server of this name that is not ours is left alone', async () => {
    const text = '{"mcpServers": {"countersign": {"command": "other"}}}\n';
    const path = scene.write('.mcp.json', text);
    const ran = await scene.cli(['init', '--agent', 'claude-code', '--mcp', '--yes']);
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /is not ours/);
    assert.equal(readFileSync(path, 'utf8'), text);
    await scene.cli(['init', '--agent', 'claude-code', '--undo', '--yes']);
    assert.equal(readFileSync(path, 'utf8'), text);
  });

  test('what is written starts the server', { skip: process.platform === 'win32' }, async () => {
    // In its usual place, so that the shared file names it by the home folder.
    const state = join(scene.home, '.local', 'state', 'countersign');
    const ran = await scene.cli(['init', '--agent', 'claude-code', '--mcp', '--yes'], { env: { COUNTERSIGN_STATE: state } });
    assert.equal(ran.code, 0, ran.stderr);
    const { mcpServers } = JSON.parse(readFileSync(join(scene.workspace, '.mcp.json'), 'utf8')) as {
      mcpServers: { countersign: { command: string; args: string[] } };
    };
    assert.equal(mcpServers.countersign.command, 'sh');
    const client = new Client({ name: 'claude-code', version: '1' });
    await client.connect(
      new StdioClientTransport({
        ...mcpServers.countersign,
        cwd: scene.workspace,
        env: { HOME: scene.home, PATH: process.env['PATH'] ?? '' },
      }),
    );
    try {
      assert.equal((await client.listTools()).tools.length, 3);
      const result = await client.callTool({ name: 'propose_edit', arguments: { path: 'notes.txt', content: 'hello\n' } });
      assert.equal(result.isError, false);
      assert.equal(scene.read('notes.txt'), 'hello\n');
    } finally {
      await client.close();
    }
  });
});
