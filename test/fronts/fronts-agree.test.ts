import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SUGGEST, type SuggestResult } from '../../server/protocol.ts';
import { OPENED, POLICY, Scene } from './hook-scene.ts';
import { type Client, startClient } from './lsp-client.ts';

/** The same edits through the command line, an agent's hook and the language server: one door, one verdict. */
const EDITS: readonly { readonly name: string; readonly path: string; readonly before: string; readonly after: string }[] = [
  { name: 'opens a bucket to everyone', path: 'policy.json', before: POLICY, after: OPENED },
  { name: 'closes it again', path: 'policy.json', before: OPENED, after: POLICY },
  { name: 'reformats', path: 'policy.json', before: POLICY, after: JSON.stringify(JSON.parse(POLICY)) },
  { name: 'renames a statement', path: 'policy.json', before: POLICY, after: POLICY.replace('AppRead', 'Readers') },
  { name: 'widens the action', path: 'policy.json', before: POLICY, after: POLICY.replace('s3:GetObject', 's3:*') },
  { name: 'widens the resource', path: 'policy.json', before: POLICY, after: POLICY.replace('prod-customer-exports/*', '*') },
  { name: 'a new open policy', path: 'new-policy.json', before: '', after: OPENED },
  { name: 'breaks the JSON', path: 'policy.json', before: POLICY, after: OPENED.slice(0, 150) },
  { name: 'a no-go file', path: 'locked/a.json', before: '{}', after: '{"a":1}' },
  { name: 'JSON without access', path: 'data.json', before: '{"a":1}', after: '{"a":2}' },
  { name: 'source code', path: 'src/main.ts', before: 'a', after: 'b' },
  { name: 'the agent’s own settings', path: '.claude/settings.json', before: '{}', after: '{"permissions":{"allow":["Bash(*)"]}}' },
  {
    name: 'a key twice',
    path: 'policy.json',
    before: POLICY,
    after: POLICY.replace('"Effect": "Allow",', '"Effect": "Deny", "Effect": "Allow",'),
  },
  // The last: after this the agent is stopped.
  { name: 'Countersign’s own policy', path: '.countersign/packs.json', before: '{}', after: '{"a":1}' },
];
const RULES = 'noGo:\n  - pattern: "locked/**"\n';

void describe('fronts agree', () => {
  let scene: Scene;
  let client: Client;
  before(async () => {
    scene = new Scene().patient();
    scene.write('.countersign/policy.yaml', RULES);
    client = await startClient({ policy: RULES });
  });
  after(async () => {
    await client.end();
    scene.remove();
  });

  for (const edit of EDITS) {
    void test(edit.name, async () => {
      const { stdout } = await scene.cli(['review', '--batch', '-'], { input: JSON.stringify({ id: 0, ...edit }) });
      const batch = mildForAgents(JSON.parse(stdout).verdict);
      const single = await singleVerdict(scene, edit);
      scene.write(edit.path, edit.before);
      const hook = hookVerdict((await scene.hook(scene.create(edit.path, edit.after))).stdout);
      client.write(edit.path, edit.before);
      const suggested = await client.request<SuggestResult>(SUGGEST, {
        uri: client.uri(edit.path),
        before: edit.before,
        after: edit.after,
        channel: 'paste',
        certainty: 'observed',
      });
      assert.deepEqual({ single, hook, editor: mildForAgents(suggested.verdict) }, { single: batch, hook: batch, editor: batch });
    });
  }
});

/** A hook answers "note" as it answers "allow": with nothing. */
function mildForAgents(verdict: string): string {
  return verdict === 'note' ? 'allow' : verdict;
}

async function singleVerdict(scene: Scene, edit: (typeof EDITS)[number]): Promise<string> {
  scene.write('side.txt', edit.before);
  const ran = await scene.cli(['review', '--before', 'side.txt', '--after', '-', '--path', edit.path], { input: edit.after });
  return ['allow', 'acknowledge', 'forbid', 'closed'][ran.code ?? 3] ?? 'closed';
}

function hookVerdict(stdout: string): string {
  if (stdout === '') return 'allow';
  const reason: string = JSON.parse(stdout).hookSpecificOutput.permissionDecisionReason;
  if (reason.startsWith('Held by')) return 'acknowledge';
  return reason.startsWith('Forbidden by') ? 'forbid' : 'closed';
}
