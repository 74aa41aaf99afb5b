import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { acknowledge } from '../../server/gate/decisions.ts';
import { digestKeyOf, plainEvent } from '../../server/gate/digest-key.ts';
import { listHolds } from '../../server/gate/holds.ts';
import type { StoredRecord } from '../../server/ledger/types.ts';
import { EVERYONE, OPENED, type Payload, POLICY, type Ran, ROLE, Scene } from './hook-scene.ts';

/** Nothing on stdout, and 0: the agent goes on. */
export function assertAllowed(ran: Ran): void {
  assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code: 0, stdout: '' }, ran.stderr);
}

/** Exactly one document with exactly the documented keys: anything else is ignored by the agent. */
export function assertDenied(ran: Ran, reason: RegExp): string {
  assert.equal(ran.code, 0, ran.stderr);
  const document: unknown = JSON.parse(ran.stdout);
  const text: string = JSON.parse(ran.stdout).hookSpecificOutput.permissionDecisionReason;
  assert.deepEqual(document, {
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: text },
  });
  assert.match(text, reason);
  assert.equal(text, text.replace(/\p{Cc}/gu, ''), 'one printable line');
  return text;
}

const HELD =
  /^Held by Countersign as H-[0-9A-Z]{8}: .+ A person must acknowledge it in the editor \(or terminal\)\. Do not work around it; retry the same edit after that\.$/;
const CLOSED = /^Countersign closed the gate: .+ Nothing was written\. Do not work around it\.$/;

void describe('claude-code hook', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  const clean = (): void => scene.remove();

  const cases: readonly {
    readonly name: string;
    readonly payload: (scene: Scene) => unknown;
    readonly expected: 'allowed' | RegExp;
  }[] = [
    { name: 'an edit that opens a policy', payload: (s) => s.payload('pre-edit'), expected: HELD },
    { name: 'the same by a sub-agent', payload: (s) => s.payload('pre-edit-subagent'), expected: HELD },
    { name: 'several edits at once', payload: (s) => s.payload('pre-multi-edit'), expected: HELD },
    { name: 'a new open policy', payload: (s) => s.payload('pre-write'), expected: HELD },
    { name: 'a notebook', payload: (s) => s.payload('pre-notebook-edit'), expected: 'allowed' },
    { name: 'a shell command', payload: (s) => s.payload('pre-bash'), expected: 'allowed' },
    { name: 'reading', payload: (s) => s.payload('pre-read'), expected: 'allowed' },
    { name: 'an unknown tool that writes a policy', payload: (s) => s.payload('pre-mcp-write'), expected: CLOSED },
    { name: 'an unknown tool that reads one', payload: (s) => s.payload('pre-mcp-read'), expected: 'allowed' },
    {
      name: 'an unknown tool that writes elsewhere',
      payload: (s) => ({ ...s.payload('pre-mcp-write'), tool_input: { path: 'src/a.ts', content: '' } }),
      expected: 'allowed',
    },
    { name: 'an event without a tool', payload: (s) => s.payload('session-start'), expected: 'allowed' },
    { name: 'an edit that changes a name only', payload: (s) => s.edit('policy.json', '"AppRead"', '"Readers"'), expected: 'allowed' },
    { name: 'an edit of source code', payload: (s) => (s.write('src/a.ts', 'a'), s.edit('src/a.ts', 'a', 'b')), expected: 'allowed' },
    {
      name: 'the reverse edit',
      payload: (s) => (s.write('policy.json', OPENED), s.edit('policy.json', EVERYONE, ROLE)),
      expected: 'allowed',
    },
    {
      name: 'a relative path',
      payload: (s) => ({ ...s.payload('pre-edit'), tool_input: { file_path: 'policy.json', old_string: ROLE, new_string: EVERYONE } }),
      expected: HELD,
    },
    {
      name: 'a path with ..',
      payload: (s) => ({
        ...s.payload('pre-edit'),
        tool_input: { file_path: 'src/../policy.json', old_string: ROLE, new_string: EVERYONE },
      }),
      expected: HELD,
    },
    {
      name: 'a link to a policy under a name that is not watched',
      payload: (s) => (symlinkSync(join(s.workspace, 'policy.json'), join(s.workspace, 'notes.txt')), s.edit('notes.txt', ROLE, EVERYONE)),
      expected: HELD,
    },
    {
      name: 'a link that leads nowhere yet',
      payload: (s) => (symlinkSync(join(s.workspace, 'later-policy.json'), join(s.workspace, 'notes.txt')), s.create('notes.txt', OPENED)),
      expected: HELD,
    },
    {
      name: 'a policy outside the workspace',
      payload: (s) => (writeFileSync(join(s.folder, 'policy.json'), POLICY), s.edit('../policy.json', ROLE, EVERYONE)),
      expected: HELD,
    },
    {
      name: 'Windows line endings',
      payload: (s) => (s.write('policy.json', POLICY.replaceAll('\n', '\r\n')), s.edit('policy.json', `${ROLE},\n`, `${EVERYONE},\n`)),
      expected: HELD,
    },
    {
      name: 'a byte order mark',
      payload: (s) => (s.write('policy.json', `\uFEFF${POLICY}`), s.edit('policy.json', ROLE, EVERYONE)),
      expected: HELD,
    },
    {
      name: 'curly quotes where the file has straight ones',
      payload: (s) => s.edit('policy.json', ROLE.replace(/"/g, '\u201d'), EVERYONE),
      expected: HELD,
    },
    {
      name: 'replace_all',
      payload: (s) => (
        s.write('policy.json', POLICY.replace('"s3:GetObject"', '["s3:GetObject", "s3:GetObject"]')),
        {
          ...s.payload('pre-edit'),
          tool_input: {
            file_path: join(s.workspace, 'policy.json'),
            old_string: '"s3:GetObject"',
            new_string: '"s3:*"',
            replace_all: true,
          },
        }
      ),
      expected: HELD,
    },
    { name: 'a folder', payload: (s) => (mkdirSync(join(s.workspace, 'dir.json')), s.create('dir.json', OPENED)), expected: 'allowed' },
    { name: 'text to replace that is not in a policy', payload: (s) => s.edit('policy.json', 'nowhere', EVERYONE), expected: CLOSED },
    {
      name: 'text to replace that is not in another JSON file',
      payload: (s) => (s.write('data.json', '{}'), s.edit('data.json', 'nowhere', 'x')),
      expected: 'allowed',
    },
    { name: 'text to replace that is there twice', payload: (s) => s.edit('policy.json', '"', "'"), expected: CLOSED },
    { name: 'the text with other spaces', payload: (s) => s.edit('policy.json', ROLE.replace(/ /g, ''), EVERYONE), expected: CLOSED },
    {
      name: 'truncated JSON in a policy',
      payload: (s) => s.create('policy.json', OPENED.slice(0, -20)),
      expected: /^(Held|Countersign closed)/,
    },
    { name: 'its own state', payload: (s) => s.create('../state/holds/H-00000000.json', '{}'), expected: /^Forbidden by Countersign/ },
    { name: 'its own keys', payload: (s) => s.create('../state/keys/person.pem', 'x'), expected: /^Forbidden by Countersign/ },
    { name: 'dollar signs in the new text', payload: (s) => s.edit('policy.json', '"AppRead"', '"$&$`"'), expected: 'allowed' },
    { name: 'malformed JSON', payload: () => '{"tool_name":', expected: CLOSED },
    { name: 'text before the JSON', payload: () => 'hello {"tool_name":"Read"}', expected: CLOSED },
    { name: 'nothing at all', payload: () => '', expected: CLOSED },
    { name: 'not an object', payload: () => '[1]', expected: CLOSED },
    { name: 'null', payload: () => 'null', expected: CLOSED },
    { name: 'no fields', payload: () => '{}', expected: CLOSED },
    { name: 'no tool_input', payload: (s) => ({ ...s.payload('pre-edit'), tool_input: undefined }), expected: CLOSED },
    {
      name: 'a file_path that is no text',
      payload: (s) => ({ ...s.payload('pre-edit'), tool_input: { file_path: 7, old_string: 'a', new_string: 'b' } }),
      expected: CLOSED,
    },
    {
      name: 'no new_string, on a policy',
      payload: (s) => ({ ...s.payload('pre-edit'), tool_input: { file_path: 'policy.json', old_string: 'a' } }),
      expected: CLOSED,
    },
    {
      name: 'no new_string, on source code',
      payload: (s) => ({ ...s.payload('pre-edit'), tool_input: { file_path: 'a.ts', old_string: 'a' } }),
      expected: 'allowed',
    },
    {
      name: 'a NUL in the path',
      payload: (s) => ({
        ...s.payload('pre-edit'),
        tool_input: { file_path: 'policy.json\0.txt', old_string: ROLE, new_string: EVERYONE },
      }),
      expected: CLOSED,
    },
    { name: 'a content that is no text', payload: (s) => s.create('policy.json', { a: 1 }), expected: CLOSED },
    {
      name: 'lone surrogates',
      payload: (s) => s.create('policy.json', OPENED.replace('AppRead', '\ud800')),
      expected: /^(Held|Countersign closed)/,
    },
    { name: 'bytes that are no UTF-8', payload: () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), expected: CLOSED },
    {
      name: 'another spelling of the same edit',
      payload: (s) => ({ toolName: 'edit', toolInput: { filePath: join(s.workspace, 'policy.json') } }),
      expected: CLOSED,
    },
    { name: 'a tool newer than this release', payload: (s) => ({ ...s.payload('pre-edit'), tool_name: 'EditRange' }), expected: CLOSED },
  ];
  for (const { name, payload, expected } of cases) {
    void test(`${name} → ${expected === 'allowed' ? 'allowed' : 'denied'}`, async () => {
      const ran = await scene.hook(payload(scene));
      if (expected === 'allowed') assertAllowed(ran);
      else assertDenied(ran, expected);
      clean();
    });
  }

  void test('held → acknowledged by a person → the retry passes once → held again', async () => {
    assertDenied(await scene.hook(scene.payload('pre-edit')), HELD);
    const [hold, ...others] = listHolds(scene.state);
    assert.ok(hold);
    assert.equal(others.length, 0);
    const { gate, signer } = await scene.person();
    const opened = hold.edits[0]?.assessment.findings[0]?.opened.name ?? '';
    const acknowledged = await acknowledge(
      hold.id,
      {
        reason: { category: 'temporary', text: 'Partners fetch tonight’s export without an account; closed tomorrow.' },
        hours: 2,
        confirmation: { text: opened, how: 'typed' },
        rollBackLater: true,
      },
      gate,
      signer,
    );
    assert.ok(acknowledged.ok, JSON.stringify(acknowledged));
    assertAllowed(await scene.hook({ ...scene.payload('pre-edit'), tool_use_id: 'toolu_02' }));
    assertDenied(await scene.hook({ ...scene.payload('pre-edit'), tool_use_id: 'toolu_03' }), HELD);
    const kinds = (await records(gate.ledger.read())).map(({ record }) => record.event.kind);
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'opened' && kind !== 'key-trusted'),
      ['held', 'acknowledged', 'released', 'held'],
    );
    clean();
  });

  void test('the hold says where the edit came from', async () => {
    await scene.hook(scene.payload('pre-edit'));
    const { provenance, workspace, edits } = listHolds(scene.state)[0] ?? assert.fail('no hold');
    assert.equal(workspace, scene.workspace);
    assert.deepEqual(
      edits.map(({ path, before: text, after: changed }) => ({ path, text, changed })),
      [{ path: 'policy.json', text: POLICY, changed: OPENED }],
    );
    assert.deepEqual(provenance, {
      channel: 'hook',
      certainty: 'attested',
      agent: {
        name: 'Claude Code',
        version: '2.4.1',
        model: 'claude-sonnet-4-5-20250929',
        session: '8a1f2f0e-4c7e-4a57-9a56-3d6a7f0c2f11',
        toolCall: 'toolu_01Edit',
        tool: 'Edit',
      },
      digests: { prompt: sha256('Let partners download the exports.'), output: sha256(EVERYONE) },
    });
    clean();
  });

  void test('a transcript that is missing, a folder or garbage changes no verdict', async () => {
    for (const transcript of [join(scene.folder, 'none'), scene.folder, '\0', 7]) {
      assertDenied(await scene.hook({ ...scene.payload('pre-edit'), transcript_path: transcript }), HELD);
    }
    clean();
  });

  void test('after the tool has run the log has what was written, and nothing is printed', async () => {
    scene.write('policy.json', OPENED);
    assertAllowed(await scene.hook(scene.payload('post-edit')));
    const { gate } = await scene.person();
    const stored = (await records(gate.ledger.read())).map(({ record }) => record.event).find(({ kind }) => kind === 'written');
    // A text so short that it could be guessed: what is in the log is sealed.
    assert.notEqual(stored?.files?.[0]?.after, sha256(OPENED));
    const written = stored === undefined ? undefined : plainEvent(stored, digestKeyOf(gate.stateFolder));
    assert.equal(written?.files?.[0]?.path, 'policy.json');
    assert.equal(written?.files?.[0]?.before, sha256(POLICY));
    assert.equal(written?.files?.[0]?.after, sha256(OPENED));
    assert.equal(written?.provenance?.agent?.toolCall, 'toolu_01Edit');
    clean();
  });

  void test('what it refuses without an edit to judge is in the log too', async () => {
    assertDenied(await scene.hook('{'), CLOSED);
    assertDenied(await scene.hook(scene.payload('pre-mcp-write')), CLOSED);
    const { gate } = await scene.person();
    const closed = (await records(gate.ledger.read())).map(({ record }) => record.event).filter(({ kind }) => kind === 'closed');
    assert.deepEqual(
      closed.map(({ files }) => files?.map(({ path }) => path)),
      [[], ['policy.json']],
    );
    clean();
  });

  void test('a policy file can watch and forbid what no built-in rule knows', async () => {
    scene.write('.countersign/policy.yaml', 'noGo:\n  - pattern: "secrets/**"\n    owner: the security team\n');
    scene.write('secrets/a.txt', 'a');
    const reason = assertDenied(await scene.hook(scene.edit('secrets/a.txt', 'a', 'b')), /^Forbidden by Countersign as H-/);
    assert.match(reason, /secrets\/\*\*.*the security team/);
    assertAllowed(await scene.hook(scene.edit('policy.json', '"AppRead"', '"Readers"')));
    clean();
  });

  void test('a policy file that cannot be used closes the gate for policies and for nothing else', async () => {
    scene.write('.countersign/policy.yaml', 'watch: [\n');
    assertDenied(await scene.hook(scene.edit('policy.json', '"AppRead"', '"Readers"')), /policy\.yaml.*line/);
    scene.write('a.ts', 'a');
    assertAllowed(await scene.hook(scene.edit('a.ts', 'a', 'b')));
    clean();
  });

  void test('a state folder that cannot be written closes the gate', async () => {
    writeFileSync(scene.state, 'a file in its place');
    assertDenied(await scene.hook(scene.payload('pre-edit')), CLOSED);
    clean();
  });

  void test('a policy that cannot be read closes the gate', { skip: process.getuid?.() === 0 && 'root reads everything' }, async () => {
    chmodSync(join(scene.workspace, 'policy.json'), 0);
    assertDenied(await scene.hook(scene.payload('pre-edit')), CLOSED);
    clean();
  });

  void test('CLAUDE_PROJECT_DIR is the workspace, wherever the agent stands', async () => {
    mkdirSync(join(scene.workspace, 'deep', '.git'), { recursive: true });
    const payload = { ...scene.payload('pre-edit'), cwd: join(scene.workspace, 'deep') };
    await scene.hook(payload, { env: { CLAUDE_PROJECT_DIR: scene.workspace } });
    assert.deepEqual(
      listHolds(scene.state).map(({ workspace, edits }) => [workspace, edits[0]?.path]),
      [[scene.workspace, 'policy.json']],
    );
    clean();
  });

  void test('a whole payload is enough, even if the agent keeps its end open', async () => {
    const ran = await scene.hook(scene.payload('pre-edit'), { keepOpen: true });
    assertDenied(ran, HELD);
    assert.ok(ran.milliseconds < 5000, `${ran.milliseconds} ms`);
    clean();
  });

  void test('a payload that never ends is refused inside the agent’s ten seconds', async () => {
    const ran = await scene.hook('{"tool_name":"Edit",', { keepOpen: true });
    assertDenied(ran, CLOSED);
    assert.ok(ran.milliseconds > 3000 && ran.milliseconds < 9500, `${ran.milliseconds} ms`);
    clean();
  });

  void test('an agent nobody knows is blocked with exit code 2 and a reason', async () => {
    const ran = await scene.run('hook.js', ['nobody'], { input: '{}' });
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /nobody.*claude-code/);
    clean();
  });

  void test('the same through `countersign hook`', async () => {
    assertDenied(await scene.cli(['hook', 'claude-code'], { input: JSON.stringify(scene.payload('pre-edit')) }), HELD);
    clean();
  });
});

void describe('large input', () => {
  let scene: Scene;
  before(() => {
    scene = new Scene();
  });
  after(() => scene.remove());

  const statement = JSON.stringify({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::prod-exports/*' });
  const large: readonly { readonly name: string; readonly payload: (scene: Scene) => Payload }[] = [
    { name: '5 MB policy', payload: (s) => s.create('policy.json', `{"Statement":[${statement}${`,${statement}`.repeat(48_000)}]}`) },
    { name: 'deep nesting', payload: (s) => s.create('policy.json', `{"Statement":${'['.repeat(200_000)}${']'.repeat(200_000)}}`) },
    {
      name: 'one string of 20 MB',
      payload: (s) => s.create('policy.json', `{"Statement":[${statement}],"x":"${'x'.repeat(20_000_000)}"}`),
    },
  ];
  for (const { name, payload } of large) {
    void test(`${name} is answered in time, and not let through`, async () => {
      const ran = await scene.hook(payload(scene));
      assertDenied(ran, /^(Held by|Countersign closed)/);
      assert.ok(ran.milliseconds < 9500, `${ran.milliseconds} ms`);
    });
  }
});

async function records(stored: AsyncIterable<StoredRecord>): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  for await (const one of stored) all.push(one);
  return all;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
