import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { discard } from '../../server/gate/discards.ts';
import { readDraft } from '../../server/gate/drafts.ts';
import { halt, resume } from '../../server/gate/halt.ts';
import { listHolds, readHold } from '../../server/gate/holds.ts';
import type { StoredRecord } from '../../server/ledger/types.ts';
import { DESCRIPTIONS, TOOLS } from '../../server/fronts/mcp/tool-words.ts';
import { EVERYONE, OPENED, POLICY, ROLE, Scene } from './hook-scene.ts';
import { type Agent, agentIn, sign } from './mcp-scene.ts';

const HARMLESS = { path: 'policy.json', old_string: '"AppRead"', new_string: '"Readers"' };
const RISKY = { path: 'policy.json', old_string: ROLE, new_string: EVERYONE };

void describe('countersign mcp', () => {
  let scene: Scene;
  let agent: Agent;
  beforeEach(async () => {
    scene = new Scene();
    agent = await agentIn(scene);
  });
  afterEach(async () => {
    await agent.close();
    scene.remove();
  });
  const records = async (): Promise<readonly StoredRecord[]> => {
    const { gate } = await scene.person();
    const all: StoredRecord[] = [];
    for await (const record of gate.ledger.read()) all.push(record);
    return all;
  };
  const kinds = async (): Promise<readonly string[]> =>
    (await records()).map(({ record }) => record.event.kind).filter((kind) => kind !== 'opened' && kind !== 'key-trusted');

  test('lists its tools with words that teach, schemas for both ends, and hints', async () => {
    const { tools } = await agent.client.listTools();
    assert.deepEqual(
      tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint]),
      [
        ['propose_edit', false],
        ['check_edit', true],
        ['hold_status', true],
      ],
    );
    for (const tool of tools) {
      assert.equal(tool.description, DESCRIPTIONS[TOOLS.find((name) => name === tool.name) ?? 'hold_status']);
      assert.equal(tool.inputSchema.type, 'object');
      assert.equal(tool.outputSchema?.type, 'object');
    }
    assert.match(agent.client.getInstructions() ?? '', /held until a person signs/);
    assert.equal(agent.client.getServerVersion()?.name, 'countersign');
  });

  test('what opens nothing is recorded and written, as the file was otherwise', async () => {
    chmodSync(join(scene.workspace, 'policy.json'), 0o640);
    const answer = await agent.propose({ ...HARMLESS, prompt: 'Rename the statement' });
    assert.deepEqual([answer.isError, answer.data['outcome'], answer.data['written']], [false, 'written', true], answer.text);
    assert.equal(scene.read('policy.json'), POLICY.replace('"AppRead"', '"Readers"'));
    assert.equal(statSync(join(scene.workspace, 'policy.json')).mode & 0o777, 0o640);
    const written = (await records()).find(({ record }) => record.event.kind === 'written');
    const { provenance } = written?.record.event ?? {};
    assert.deepEqual([provenance?.channel, provenance?.certainty], ['tool', 'attested']);
    assert.deepEqual(
      [provenance?.agent?.name, provenance?.agent?.version, provenance?.agent?.tool],
      ['Claude Code', '2.1.0', 'propose_edit'],
    );
    assert.match(provenance?.agent?.session ?? '', /^[0-9a-f-]{36}$/);
    assert.match(provenance?.digests?.prompt ?? '', /^[0-9a-f]{64}$/);
    assert.match(provenance?.digests?.output ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(
      readdirSync(scene.workspace).filter((name) => name.startsWith('.policy')),
      [],
    );
  });

  test('a risky edit is held; acknowledged, it goes through once and not again', async () => {
    const held = await agent.propose(RISKY);
    assert.deepEqual([held.isError, held.data['outcome'], held.data['written']], [true, 'held', false], held.text);
    assert.equal(scene.read('policy.json'), POLICY);
    assert.match(held.text, /^Held by Countersign as H-[0-9A-Z]{8}\. Nothing was written\.\n- critical, policy\.json:\d+: /);
    const hold = held.data['hold'];
    const status = async (): Promise<unknown> => (await agent.call('hold_status', { hold })).data['state'];
    assert.equal(await status(), 'waiting');
    assert.equal((await agent.propose(RISKY)).data['hold'], hold, 'the same suggestion is the same hold');
    assert.equal(listHolds(scene.state).length, 1);

    await sign(scene, hold);
    assert.equal(await status(), 'acknowledged');
    const written = await agent.propose(RISKY);
    assert.deepEqual([written.isError, written.data['outcome']], [false, 'written'], written.text);
    assert.match(written.text, /used up/);
    assert.equal(scene.read('policy.json'), OPENED);
    assert.equal(await status(), 'used');
    assert.deepEqual(await kinds(), ['held', 'acknowledged', 'released', 'written']);

    scene.write('policy.json', POLICY);
    const again = await agent.propose(RISKY);
    assert.equal(again.data['outcome'], 'held', again.text);
    assert.equal(scene.read('policy.json'), POLICY);
  });

  test('an acknowledgement is no use to another session, nor for a wider edit', async () => {
    const held = await agent.propose(RISKY);
    await sign(scene, held.data['hold']);
    const other = await agentIn(scene);
    try {
      assert.equal((await other.propose(RISKY)).data['outcome'], 'held');
    } finally {
      await other.close();
    }
    const wider = { path: 'policy.json', content: OPENED.replace('"s3:GetObject"', '"s3:*"') };
    assert.equal((await agent.propose(wider)).data['outcome'], 'held');
    assert.equal(scene.read('policy.json'), POLICY);
    const reformatted = { path: 'policy.json', content: JSON.stringify(JSON.parse(OPENED)) };
    assert.equal((await agent.propose(reformatted)).data['outcome'], 'written', 'reformatting keeps it');
  });

  test('check_edit judges and writes nothing at all', async () => {
    const answer = await agent.call('check_edit', RISKY);
    assert.deepEqual([answer.isError, answer.data['outcome'], answer.data['written']], [false, 'would-be-held', false], answer.text);
    const findings = answer.data['findings'] as { severity: string; fix: string }[];
    assert.equal(findings[0]?.severity, 'critical');
    assert.equal((await agent.call('check_edit', HARMLESS)).data['outcome'], 'passes');
    assert.equal((await agent.call('check_edit', { ...RISKY, path: '../policy.json' })).data['outcome'], 'refused');
    assert.equal(scene.read('policy.json'), POLICY);
    assert.ok(!existsSync(scene.state), 'no state folder was made');
  });

  test('hold_status knows each state', async () => {
    const state = async (hold: string): Promise<unknown> => (await agent.call('hold_status', { hold })).data['state'];
    assert.equal(await state('H-00000000'), 'unknown');
    assert.equal(await state('../../etc/passwd'), 'unknown');
    const held = await agent.propose(RISKY);
    const hold = String(held.data['hold']);
    const { gate } = await scene.person();
    assert.ok((await discard([hold], gate)).ok);
    assert.equal(await state(hold), 'discarded');
    await agent.propose(RISKY);
    assert.equal(await state(hold), 'waiting', 'proposed again');
    await sign(scene, hold);
    const file = readdirSync(join(scene.state, 'decided')).find((name) => /^[0-9a-f]{64}/.test(name)) ?? '';
    const decided = JSON.parse(readFileSync(join(scene.state, 'decided', file), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(scene.state, 'decided', file), JSON.stringify({ ...decided, retryUntil: '2020-01-01T00:00:00.000Z' }));
    assert.equal(await state(hold), 'expired');
    scene.write('.countersign/policy.yaml', 'version: 1\nverdicts:\n  critical: forbid\n');
    const forbidden = await agent.propose({ path: 'other-policy.json', content: OPENED });
    assert.equal(forbidden.data['outcome'], 'forbidden', forbidden.text);
    assert.equal(await state(String(forbidden.data['hold'])), 'forbidden');
  });

  const REFUSED: readonly { readonly name: string; readonly input: (s: Scene) => Record<string, unknown>; readonly says: RegExp }[] = [
    { name: 'nothing', input: () => ({}), says: /Give one of content/ },
    { name: 'a path alone', input: () => ({ path: 'a.txt' }), says: /Give one of content/ },
    { name: 'two forms', input: () => ({ path: 'a.txt', content: 'a', patch: 'b' }), says: /content and patch were given/ },
    { name: 'no path', input: () => ({ content: 'a' }), says: /Give "path"/ },
    { name: 'half a replacement', input: () => ({ path: 'policy.json', old_string: ROLE }), says: /both old_string and new_string/ },
    { name: 'a key of no tool', input: () => ({ file_path: 'a.txt', content: 'a' }), says: /"file_path"/ },
    { name: 'a number as text', input: () => ({ path: 'a.txt', content: 7 }), says: /content: / },
    { name: 'an empty path', input: () => ({ path: '', content: '' }), says: /path/ },
    { name: 'a NUL character', input: () => ({ path: 'a.txt\0.png', content: '' }), says: /NUL/ },
    { name: 'text that is not there', input: () => ({ ...RISKY, old_string: 'nowhere' }), says: /old_string is not in it/ },
    { name: 'text that is there twice', input: () => ({ ...RISKY, old_string: '"' }), says: /times/ },
    {
      name: 'a path out of the workspace',
      input: () => ({ path: '../policy.json', content: OPENED }),
      says: /is outside of the workspace/,
    },
    {
      name: 'an absolute path elsewhere',
      input: (s) => ({ path: join(s.home, 'a.json'), content: '{}' }),
      says: /is outside of the workspace/,
    },
    { name: 'the home folder', input: () => ({ path: '~/a.json', content: '{}' }), says: /is outside of the workspace/ },
    { name: 'a URL out of it', input: (s) => ({ path: pathToFileURL(join(s.home, 'a.json')).href, content: '{}' }), says: /is outside/ },
    {
      name: 'a link out of it',
      input: (s) => (symlinkSync(s.home, join(s.workspace, 'linked')), { path: 'linked/a.json', content: '{}' }),
      says: /leads out of the workspace through a symbolic link/,
    },
    {
      name: 'a link out of it that leads nowhere yet',
      input: (s) => (symlinkSync(join(s.home, 'new.json'), join(s.workspace, 'new.json')), { path: 'new.json', content: '{}' }),
      says: /leads out of the workspace/,
    },
    {
      name: 'its own state',
      input: (s) => ({ path: join(s.state, 'holds', 'H-00000000.json'), content: '{}' }),
      says: /belongs to Countersign itself/,
    },
    { name: 'a folder', input: (s) => (mkdirSync(join(s.workspace, 'sub')), { path: 'sub', content: '' }), says: /is a folder/ },
    {
      name: 'bytes that are no text',
      input: (s) => (s.write('logo.png', new Uint8Array([0x89, 0x50, 0xff, 0xfe, 0])), { path: 'logo.png', content: '' }),
      says: /is not UTF-8 text/,
    },
    {
      name: 'a patch that fits nowhere',
      input: () => ({ patch: diffOf('policy.json', '  "no": 1', '  "no": 2') }),
      says: /lines of the patch/,
    },
    { name: 'a hook of git', input: () => ({ path: '.git/hooks/pre-commit', content: '#!/bin/sh\n' }), says: /belongs to git/ },
    { name: 'a patch that is none', input: () => ({ patch: 'please make it better' }), says: /patch/i },
    { name: 'a patch over the same file twice', input: () => ({ patch: twice }), says: /changed twice/ },
    { name: 'a truncated policy', input: () => ({ path: 'policy.json', content: OPENED.slice(0, -20) }), says: /Refused|Held/ },
  ];
  for (const { name, input, says } of REFUSED) {
    test(`refuses ${name}, with a remedy`, async () => {
      const answer = await agent.propose(input(scene));
      assert.ok(answer.isError, answer.text);
      assert.match(answer.text, says);
      assert.notEqual(answer.data['written'], true);
      assert.equal(scene.read('policy.json'), POLICY);
      assert.deepEqual(readdirSync(scene.home), []);
    });
  }

  test('what reaches out of the workspace is recorded as refused', async () => {
    await agent.propose({ path: '../policy.json', content: OPENED });
    const [closed] = (await records()).filter(({ record }) => record.event.kind === 'closed');
    assert.equal(closed?.record.event.provenance?.channel, 'tool');
    assert.match(closed.record.event.cause ?? '', /outside of the workspace/);
  });

  test('line endings, a byte order mark and UTF-16 are kept', async () => {
    const windows = `\uFEFF${POLICY.replaceAll('\n', '\r\n')}`;
    const cases: readonly (readonly [string, Buffer, Record<string, unknown>, Buffer])[] = [
      ['replace', Buffer.from(windows), HARMLESS, Buffer.from(windows.replace('"AppRead"', '"Readers"'))],
      [
        'lines',
        Buffer.from(windows),
        { path: 'policy.json', old_string: `${ROLE},\n`, new_string: `${ROLE},\n\n` },
        Buffer.from(windows.replace(`${ROLE},\r\n`, `${ROLE},\r\n\r\n`)),
      ],
      ['content', Buffer.from(windows), { path: 'policy.json', content: `${POLICY}\n` }, Buffer.from(`${windows}\r\n`)],
      [
        'patch',
        Buffer.from(windows),
        { patch: diffOf('policy.json', lineWith('"AppRead"'), lineWith('"AppRead"').replace('AppRead', 'Readers')) },
        Buffer.from(windows.replace('"AppRead"', '"Readers"')),
      ],
      [
        'UTF-16',
        Buffer.from(`\uFEFF${POLICY}`, 'utf16le'),
        HARMLESS,
        Buffer.from(`\uFEFF${POLICY.replace('"AppRead"', '"Readers"')}`, 'utf16le'),
      ],
      ['no line end', Buffer.from(POLICY.trimEnd()), HARMLESS, Buffer.from(POLICY.trimEnd().replace('"AppRead"', '"Readers"'))],
    ];
    for (const [name, before, input, after] of cases) {
      scene.write('policy.json', before);
      const answer = await agent.propose(input);
      assert.equal(answer.data['outcome'], 'written', `${name}: ${answer.text}`);
      assert.ok(readFileSync(join(scene.workspace, 'policy.json')).equals(after), `${name}: ${scene.read('policy.json')}`);
    }
  });

  test('a patch makes, changes, moves and deletes files together, or none of them', async () => {
    scene.write('src/old.txt', 'one\ntwo\n');
    scene.write('src/gone.txt', 'bye\n');
    const patch = [
      'diff --git a/src/old.txt b/src/old.txt',
      '--- a/src/old.txt',
      '+++ b/src/old.txt',
      '@@ -1,2 +1,2 @@',
      ' one',
      '-two',
      '+zwei',
      'diff --git a/src/gone.txt b/src/gone.txt',
      '--- a/src/gone.txt',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-bye',
      'diff --git a/deep/er/new.txt b/deep/er/new.txt',
      '--- /dev/null',
      '+++ b/deep/er/new.txt',
      '@@ -0,0 +1 @@',
      '+new',
      '',
    ].join('\n');
    const answer = await agent.propose({ patch });
    assert.equal(answer.data['outcome'], 'written', answer.text);
    assert.deepEqual([scene.read('src/old.txt'), scene.read('deep/er/new.txt')], ['one\nzwei\n', 'new\n']);
    assert.ok(!existsSync(join(scene.workspace, 'src/gone.txt')));

    const moved = '*** Begin Patch\n*** Update File: src/old.txt\n*** Move to: src/moved.txt\n@@\n one\n-zwei\n+deux\n*** End Patch\n';
    assert.equal((await agent.propose({ patch: moved })).data['outcome'], 'written');
    assert.equal(scene.read('src/moved.txt'), 'one\ndeux\n');
    assert.ok(!existsSync(join(scene.workspace, 'src/old.txt')));

    const mixed = `*** Begin Patch\n*** Update File: src/moved.txt\n@@\n-deux\n+2\n*** Add File: open-policy.json\n${OPENED.trimEnd()
      .split('\n')
      .map((line) => `+${line}\n`)
      .join('')}*** End Patch\n`;
    const held = await agent.propose({ patch: mixed });
    assert.equal(held.data['outcome'], 'held', held.text);
    assert.equal(scene.read('src/moved.txt'), 'one\ndeux\n', 'the harmless half waits, too');
    assert.ok(!existsSync(join(scene.workspace, 'open-policy.json')));
  });

  test('a link inside the workspace stays a link, and the file behind it is judged and written', async () => {
    symlinkSync('policy.json', join(scene.workspace, 'notes.txt'));
    assert.equal((await agent.propose({ ...RISKY, path: 'notes.txt' })).data['outcome'], 'held');
    assert.equal((await agent.propose({ ...HARMLESS, path: 'notes.txt' })).data['outcome'], 'written');
    assert.ok(lstatSync(join(scene.workspace, 'notes.txt')).isSymbolicLink());
    assert.match(scene.read('policy.json'), /"Readers"/);
  });

  test('what governs agents is held as in any other front', async () => {
    const settings = JSON.stringify({ permissions: { defaultMode: 'bypassPermissions', allow: ['Bash(*)'] } });
    const answer = await agent.propose({ path: '.claude/settings.json', content: settings });
    assert.ok(['held', 'forbidden'].includes(String(answer.data['outcome'])), answer.text);
    assert.ok(!existsSync(join(scene.workspace, '.claude')));
  });

  test('halted, every tool says stop and nothing is written', async () => {
    const { gate } = await scene.person();
    assert.equal(await halt('ada', 'wrong branch', gate), undefined);
    for (const [tool, input] of [
      ['propose_edit', HARMLESS],
      ['check_edit', HARMLESS],
      ['hold_status', { hold: 'H-00000000' }],
    ] as const) {
      const answer = await agent.call(tool, input);
      assert.ok(answer.isError);
      assert.match(answer.text, /stopped all agents.*wrong branch/s);
    }
    assert.equal(scene.read('policy.json'), POLICY);
    assert.equal(await resume('over', gate), undefined);
    assert.equal((await agent.propose(HARMLESS)).data['outcome'], 'written');
  });

  test('a policy that cannot be used closes the gate on watched files, and only there', async () => {
    scene.write('.countersign/policy.yaml', 'verdicts: [');
    for (const tool of ['propose_edit', 'check_edit']) {
      const answer = await agent.call(tool, HARMLESS);
      assert.deepEqual([answer.isError, answer.data['outcome']], [true, 'refused'], answer.text);
      assert.match(answer.text, /policy\.yaml/);
    }
    assert.equal(scene.read('policy.json'), POLICY);
    assert.equal((await agent.propose({ path: 'src/a.ts', content: 'a' })).data['outcome'], 'written');
  });

  test('a log that cannot be written closes the gate', async () => {
    writeFileSync(scene.state, 'in the way');
    const answer = await agent.propose(HARMLESS);
    assert.ok(answer.isError, answer.text);
    assert.equal(scene.read('policy.json'), POLICY);
  });

  test('a huge text is answered, and the server goes on', async () => {
    const big = `{"Version":"2012-10-17","Statement":[${'{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},'.repeat(60_000)}{}]}`;
    const answer = await agent.propose({ path: 'policy.json', content: big });
    assert.ok(answer.isError, answer.text.slice(0, 500));
    assert.equal(scene.read('policy.json'), POLICY);
    const prose = await agent.propose({ path: 'notes.txt', content: 'word '.repeat(2_500_000) });
    assert.equal(prose.data['outcome'], 'written', prose.text.slice(0, 500));
    assert.equal((await agent.propose(HARMLESS)).data['outcome'], 'written');
  });

  test('many calls at once are carried out one after the other', async () => {
    scene.write('list.txt', '');
    scene.write('list.txt', 'start\n');
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => agent.propose({ path: 'list.txt', old_string: 'start\n', new_string: `start\n${i}\n` })),
    );
    assert.equal(scene.read('list.txt').split('\n').length, 14);
  });

  test('an unknown tool and a broken message do not end it', async () => {
    const answer = await agent.call('approve_edit', {});
    assert.ok(answer.isError);
    assert.match(answer.text, /There is no tool "approve_edit"/);
    assert.equal((await agent.propose(HARMLESS)).data['outcome'], 'written');
  });
});

void describe('countersign mcp and the person', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.remove());

  test('a client that can ask is asked for the reason, which is noted and lets nothing through', async () => {
    const asked: string[] = [];
    const agent = await agentIn(scene, {
      answer: (message) => {
        asked.push(message);
        return { action: 'accept', content: { category: 'temporary', text: 'Needed for the audit until Friday', ticket: 'OPS-7' } };
      },
    });
    try {
      const held = await agent.propose(RISKY);
      assert.equal(held.data['outcome'], 'held', held.text);
      assert.match(held.text, /The reason is noted with the hold\. A person signs for it/);
      assert.match(asked[0] ?? '', /^Held as H-.*Nothing is let through by answering here\.$/);
      const hold = String(held.data['hold']);
      const draft = readDraft(scene.state, hold);
      assert.deepEqual(draft?.reason, { category: 'temporary', text: 'Needed for the audit until Friday', ticket: 'OPS-7' });
      assert.equal(draft.by, 'Claude Code');
      assert.notEqual(readHold(scene.state, hold), undefined, 'it waits still');
      const again = await agent.propose(RISKY);
      assert.equal(again.data['outcome'], 'held');
      assert.match(again.text, /noted with the hold already/);
      assert.equal(asked.length, 1, 'asked once');
      assert.equal(scene.read('policy.json'), POLICY);
      await sign(scene, hold);
      assert.equal((await agent.propose(RISKY)).data['outcome'], 'written');
    } finally {
      await agent.close();
    }
  });

  const ANSWERS: readonly (readonly [
    string,
    () => never | { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, string> },
    RegExp,
  ])[] = [
    ['declines', () => ({ action: 'decline' }), /No reason was given/],
    ['cancels', () => ({ action: 'cancel' }), /No reason was given/],
    ['gives too little', () => ({ action: 'accept', content: { category: 'intended', text: 'because' } }), /more characters of reason/],
    ['gives no category', () => ({ action: 'accept', content: { text: 'Needed for the audit until Friday' } }), /was not noted: category/],
    [
      'fails',
      () => {
        throw new Error('no window');
      },
      /could not be asked/,
    ],
  ];
  for (const [what, answer, says] of ANSWERS) {
    test(`the edit stays held when the person ${what}`, async () => {
      const agent = await agentIn(scene, { answer });
      try {
        const held = await agent.propose(RISKY);
        assert.equal(held.data['outcome'], 'held', held.text);
        assert.match(held.text, says);
        assert.equal(readDraft(scene.state, String(held.data['hold'])), undefined);
      } finally {
        await agent.close();
      }
    });
  }

  test("the client's folders are the workspaces, unless --workspace names another", async () => {
    mkdirSync(join(scene.folder, 'second'));
    const roots = [scene.workspace, join(scene.folder, 'second')].map((folder) => pathToFileURL(folder).href);
    const agent = await agentIn(scene, { roots, cwd: scene.home });
    const bound = await agentIn(scene, { roots, args: ['--workspace', join(scene.folder, 'second')] });
    try {
      assert.equal((await agent.propose(HARMLESS)).data['outcome'], 'written');
      assert.equal((await agent.propose({ path: join(scene.folder, 'second', 'a.txt'), content: 'a' })).data['outcome'], 'written');
      assert.equal((await agent.propose({ path: join(scene.home, 'a.txt'), content: 'a' })).data['outcome'], 'refused');
      assert.equal((await bound.propose({ path: join(scene.workspace, 'a.txt'), content: 'a' })).data['outcome'], 'refused');
      assert.equal((await bound.propose({ path: 'b.txt', content: 'b' })).data['outcome'], 'written');
    } finally {
      await agent.close();
      await bound.close();
    }
  });

  test('standard output holds nothing but the protocol, whatever comes in', async () => {
    const ran = await scene.cli(['mcp'], {
      input: [
        'this is no JSON',
        '{"jsonrpc":"2.0"}',
        JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'initialize',
          params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x\u202e', version: '1' } },
        }),
        JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
        JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'propose_edit', arguments: RISKY } }),
        JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'propose_edit', arguments: [] } }),
        JSON.stringify({ jsonrpc: '2.0', id: 4, method: 'no/such/thing' }),
        '',
      ].join('\n'),
    });
    assert.equal(ran.code, 0, ran.stderr);
    const messages = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { jsonrpc: string; id: number });
    assert.ok(messages.every(({ jsonrpc }) => jsonrpc === '2.0'));
    assert.deepEqual(
      messages.map(({ id }) => id).toSorted((a, b) => a - b),
      [1, 2, 3, 4],
    );
    assert.equal(listHolds(scene.state)[0]?.provenance.agent?.name, 'x⟨U+202E⟩');
  });

  test('the command explains itself', async () => {
    const help = await scene.cli(['mcp', '--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /propose_edit/);
    const wrong = await scene.cli(['mcp', '--workspace', 'nowhere']);
    assert.equal(wrong.code, 3);
    assert.match(wrong.stderr, /is not a folder/);
  });
});

function lineWith(part: string): string {
  return POLICY.split('\n').find((line) => line.includes(part)) ?? '';
}

function diffOf(path: string, from: string, to: string): string {
  const at = POLICY.split('\n').indexOf(from) + 1 || 1;
  return `--- a/${path}\n+++ b/${path}\n@@ -${at} +${at} @@\n-${from}\n+${to}\n`;
}

const twice = '*** Begin Patch\n*** Add File: a.txt\n+a\n*** Add File: ./a.txt\n+b\n*** End Patch\n';
