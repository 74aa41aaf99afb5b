import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { listHolds } from '../../server/gate/holds.ts';
import { OPENED, Scene } from './hook-scene.ts';

const scene = new Scene();
after(() => scene.remove());

/** Loads the plugin as OpenCode does; `calls` are made one after the other, and the first that throws ends it. */
const HOST = `
const { Countersign } = await import(process.env.PLUGIN);
const hooks = await Countersign({ directory: process.env.FOLDER });
for (const [name, ...args] of JSON.parse(process.env.CALLS)) {
  try {
    await hooks[name](...args);
  } catch (error) {
    console.log(name + ': ' + error.message);
  }
}
`;

function play(calls: readonly (readonly unknown[])[]): string {
  const plugin = join(scene.folder, 'plugin.mjs');
  copyFileSync(join(scene.workspace, '.opencode', 'plugin', 'countersign.js'), plugin);
  const env = scene.env({ PLUGIN: pathToFileURL(plugin).href, FOLDER: scene.workspace, CALLS: JSON.stringify(calls) });
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', HOST], { encoding: 'utf8', env, cwd: scene.workspace });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout;
}

void test('the plugin of OpenCode hands over model and prompt of the session, and denies by throwing', async () => {
  const ran = await scene.cli(['init', '--agent', 'opencode', '--yes']);
  assert.equal(ran.code, 0, ran.stderr);
  const message = {
    parts: [{ type: 'text', text: 'Let partners in.' }, { type: 'text', text: 'added', synthetic: true }, { type: 'file' }],
  };
  const write = [
    'tool.execute.before',
    { tool: 'write', sessionID: 's-1', callID: 'c-1' },
    { args: { filePath: join(scene.workspace, 'policy.json'), content: OPENED } },
  ];
  const said = play([
    ['chat.message', { sessionID: 's-1', model: { providerID: 'anthropic', modelID: 'claude-sonnet-4-5' } }, message],
    ['chat.message'],
    write,
  ]);
  assert.match(said, /^tool\.execute\.before: Held by Countersign as H-/m);
  const [hold] = listHolds(scene.state);
  assert.equal(hold?.provenance.agent?.model, 'anthropic/claude-sonnet-4-5');
  assert.equal(hold.provenance.digests?.prompt, createHash('sha256').update('Let partners in.').digest('hex'));
});
