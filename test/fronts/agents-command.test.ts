import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { agentSettings, type Connection } from '../../server/fronts/cli/agent-settings.ts';
import { suggestionFor } from '../../server/fronts/cli/agents-report.ts';
import { type AgentRecord, agentRecords } from '../../server/fronts/cli/agents-record.ts';
import { runCli } from '../../server/fronts/cli/run.ts';
import { discard } from '../../server/gate/discards.ts';
import { recordRolledBack } from '../../server/gate/rollback.ts';
import { review } from '../../server/gate/review.ts';
import { temporaryFolder } from '../gate/builders.ts';
import { BEFORE, PATH, RISKY, scene } from '../gate/scene.ts';
import { Writable } from 'node:stream';
import { Readable } from 'node:stream';

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

async function agents(args: readonly string[], at: { cwd: string; home: string; state: string; now?: Date }) {
  const out: string[] = [];
  const err: string[] = [];
  const into = (list: string[]) => new Writable({ write: (chunk, _, done) => (list.push(String(chunk)), done()) });
  const code = await runCli(['agents', ...args], {
    stdout: into(out),
    stderr: into(err),
    stdin: Readable.from([]),
    env: { HOME: at.home, COUNTERSIGN_STATE: at.state },
    cwd: at.cwd,
    now: () => at.now ?? new Date(),
  });
  return { code, out: out.join(''), err: err.join('') };
}

describe('what agents’ own settings let them use', () => {
  type Row = readonly [agent: string, where: 'project' | 'home', path: string, text: string, expected: readonly string[]];
  const rows: readonly Row[] = [
    ['claude-code', 'project', '.mcp.json', '{"mcpServers":{"github":{},"off":{"disabled":true}}}', ['mcp-server github']],
    [
      'claude-code',
      'project',
      '.claude/settings.json',
      '{"permissions":{"allow":["Bash(npm run test:*)","Bash","Read","mcp__jira__create","mcp__slack"],"defaultMode":"bypassPermissions"}}',
      [
        'command npm run test *',
        'command *',
        'mcp-server jira',
        'mcp-server slack',
        'mode everything, without a question (bypassPermissions)',
      ],
    ],
    [
      'claude-code',
      'project',
      '.claude/settings.local.json',
      '{"enabledMcpjsonServers":["db"],"enableAllProjectMcpServers":true}',
      ['mcp-server db', 'mode every MCP server of a project'],
    ],
    [
      'claude-code',
      'home',
      '.claude.json',
      '{"mcpServers":{"own":{}},"projects":{"/elsewhere":{"mcpServers":{"not":{}}}}}',
      ['mcp-server own'],
    ],
    [
      'codex',
      'home',
      '.codex/config.toml',
      'approval_policy = "never"\nsandbox_mode = "danger-full-access"\n[mcp_servers.docs]\ncommand = "x"\n',
      [
        'mcp-server docs',
        'mode every command, without a sandbox (danger-full-access)',
        'mode everything, without a question (approval_policy never)',
      ],
    ],
    [
      'gemini-cli',
      'project',
      '.gemini/settings.json',
      '{"mcpServers":{"a":{}},"tools":{"allowed":["run_shell_command(git)"]}} // said',
      ['mcp-server a', 'command git'],
    ],
    ['qwen-code', 'home', '.qwen/settings.json', '{"allowedTools":["run_shell_command"]}', ['command *']],
    ['cursor', 'home', '.cursor/mcp.json', '{"mcpServers":{"a":{}},}', ['mcp-server a']],
    ['cursor', 'project', '.cursor/cli.json', '{"permissions":{"allow":["Shell(ls)","Read(src/**)"]}}', ['command ls']],
    ['vscode-chat', 'project', '.vscode/mcp.json', '{"servers":{"a":{}}}', ['mcp-server a']],
    [
      'vscode-chat',
      'project',
      '.vscode/settings.json',
      '{"chat.tools.terminal.autoApprove":{"mkdir":true,"rm":false,"/^git/":{"approve":true}},"chat.tools.global.autoApprove":true}',
      ['command mkdir', 'command /^git/', 'mode every tool, without a question'],
    ],
    ['copilot-cli', 'home', '.copilot/mcp-config.json', '{"mcpServers":{"a":{}}}', ['mcp-server a']],
    ['windsurf', 'home', '.codeium/windsurf/mcp_config.json', '{"mcpServers":{"a":{}}}', ['mcp-server a']],
    [
      'cline',
      'home',
      '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
      '{"mcpServers":{"a":{"disabled":true},"b":{}}}',
      ['mcp-server b'],
    ],
    [
      'opencode',
      'project',
      'opencode.json',
      '{"mcp":{"a":{"enabled":false},"b":{}},"permission":{"bash":{"git *":"allow","*":"ask"}}}',
      ['mcp-server b', 'command git *'],
    ],
    [
      'opencode',
      'home',
      '.config/opencode/opencode.jsonc',
      '{/* all */"permission":{"bash":"allow"}}',
      ['mode every command, without a question'],
    ],
  ];
  for (const [agent, where, path, text, expected] of rows) {
    test(`${agent}: ${where === 'home' ? '~/' : ''}${path}`, (t) => {
      const folder = temporaryFolder(t);
      write(join(folder, where), { [path]: text });
      const { connections, problems } = agentSettings(agent, join(folder, 'project'), join(folder, 'home'), 'linux');
      assert.deepEqual(
        connections.map(({ kind, name }: Connection) => `${kind} ${name}`),
        expected,
      );
      assert.deepEqual([...new Set(connections.map(({ file }) => file))], [join(folder, where, path)]);
      assert.deepEqual(problems, []);
    });
  }

  test('damaged settings, and other shapes, are no settings', (t) => {
    const folder = temporaryFolder(t);
    write(folder, {
      '.mcp.json': '[1',
      '.claude/settings.json': '{"permissions":{"allow":"Bash"}}',
      '.claude/settings.local.json': 'null',
      '.codex/config.toml': '= =',
    });
    mkdirSync(join(folder, '.cursor', 'mcp.json'), { recursive: true });
    for (const id of ['claude-code', 'codex', 'cursor', 'nobody'])
      assert.deepEqual(agentSettings(id, folder, folder, 'linux').connections, [], id);
    assert.match(agentSettings('cursor', folder, folder, 'linux').problems.join(), /is no settings file/);
  });
});

test('the record, from a real log: held, acknowledged, discarded, rolled back, forbidden, per agent and window', async (t) => {
  const at = await scene(t);
  const named = (name: string, agent: string, path = `iam/${name}-policy.json`) => ({
    workspace: at.workspace,
    edits: [
      {
        path,
        before: BEFORE.replaceAll('prod-customer-exports', name),
        after: RISKY.replaceAll('prod-customer-exports', name),
        provenance: {
          channel: 'hook',
          certainty: 'attested',
          agent: { name: agent, session: name, toolCall: name, tool: 'Edit' },
        } as const,
      },
    ],
  });
  const { done } = await at.approve();
  assert.ok((await review(at.suggestion(), at.gate)).verdict === 'allow');
  assert.deepEqual(await recordRolledBack(done.id, at.gate), { ok: true });
  const held = await review(named('a-logs', 'Codex CLI'), at.gate);
  assert.ok('hold' in held);
  await review(named('a-logs', 'Codex CLI'), at.gate);
  await discard([held.hold.id], at.gate);
  await review(named('x', 'Codex CLI', join(at.state, 'log', 'x')), at.gate);

  const home = join(at.folder, 'home');
  const userPolicy = join(home, '.config', 'countersign', 'policy.yaml');
  write(home, {
    '.config/countersign/policy.yaml':
      'agents:\n  claude-code:\n    tier: supervised\n    mayTouch: ["src/**"]\n    mcpServers: ["github"]\n    commands: ["npm *"]\n  my-bot: { tier: restricted }\n',
  });
  write(at.workspace, {
    '.mcp.json': '{"mcpServers":{"github":{},"prod-db":{}}}',
    '.claude/settings.json': '{"permissions":{"allow":["Bash(npm run *)","Bash(aws *)"]}}',
  });
  const before = readFileSync(userPolicy, 'utf8');

  const json = await agents(['--json'], { cwd: at.workspace, home, state: at.state });
  assert.equal(json.code, 0, json.err);
  type Shown = {
    id: string;
    tier?: string;
    record?: AgentRecord;
    exceeding: readonly Connection[];
    stopped?: unknown;
    suggestion?: string;
  };
  const shown: { agents: readonly Shown[] } = JSON.parse(json.out);
  const of = (id: string) => shown.agents.find((one) => one.id === id);
  const { held: claudeHeld, acknowledged, rolledBack, acknowledgementRate } = of('claude-code')?.record ?? assert.fail(json.out);
  assert.deepEqual([claudeHeld, acknowledged, rolledBack, acknowledgementRate], [1, 1, 1, 1]);
  assert.deepEqual(
    of('claude-code')?.exceeding.map(({ kind, name }) => `${kind} ${name}`),
    ['mcp-server prod-db', 'command aws *'],
  );
  const codex = of('codex')?.record ?? assert.fail(json.out);
  assert.deepEqual([codex.held, codex.discarded, codex.forbidden, codex.tripped, codex.acknowledgementRate], [1, 1, 1, 1, 0]);
  assert.ok(of('codex')?.stopped !== undefined, 'it tried to write into the state folder');
  assert.deepEqual(codex.tried.map(({ what, times }) => [what, times]).slice(-1), [['iam/a-logs-policy.json', 1]]);
  assert.equal(of('my-bot')?.tier, 'restricted');
  assert.equal(of('cursor'), undefined, 'of which nothing is known');

  const text = await agents([], { cwd: at.workspace, home, state: at.state });
  for (const part of [
    /Claude Code +supervised +1 +1 \(100 %\)/,
    /BEYOND its declaration: MCP server prod-db/,
    /BEYOND its declaration: command aws \*/,
    /declared to touch src\/\*\*/,
    /Codex CLI \(stopped\) +not declared/,
    /Consider a narrower tier for Codex CLI/,
    /tried .*a-logs-policy/,
  ])
    assert.match(text.out, part);
  assert.match(text.out, new RegExp(PATH));

  const later = await agents(['--since', '1h', '--json'], {
    cwd: at.workspace,
    home,
    state: at.state,
    now: new Date(Date.now() + 5 * 3_600_000),
  });
  const none: { agents: readonly Shown[] } = JSON.parse(later.out);
  assert.ok(
    none.agents.every(({ record }) => record === undefined),
    'outside of the window',
  );
  assert.equal(readFileSync(userPolicy, 'utf8'), before, 'it only looks');
});

describe('what the record supports', () => {
  const record = (change: Partial<AgentRecord>): AgentRecord => ({
    id: 'codex',
    name: 'Codex CLI',
    first: '',
    last: '',
    sessions: 1,
    held: 0,
    forbidden: 0,
    closed: 0,
    acknowledged: 0,
    discarded: 0,
    rolledBack: 0,
    written: 0,
    tripped: 0,
    outside: 0,
    tried: [],
    ...change,
  });
  const rows: readonly (readonly [string, Parameters<typeof suggestionFor>[1], AgentRecord | undefined, RegExp | undefined])[] = [
    ['nothing seen', 'supervised', undefined, undefined],
    ['too little', 'supervised', record({ held: 3, acknowledged: 3, acknowledgementRate: 1 }), undefined],
    [
      'a good record',
      'supervised',
      record({ held: 12, acknowledged: 12, acknowledgementRate: 1 }),
      /wider tier for Codex CLI \(trusted\): 12 of 12/,
    ],
    ['a good record, restricted', 'restricted', record({ held: 12, acknowledged: 12, acknowledgementRate: 1 }), /\(supervised\)/],
    ['trusted already', 'trusted', record({ held: 12, acknowledged: 12, acknowledgementRate: 1 }), undefined],
    ['mostly refused', 'supervised', record({ held: 12, acknowledged: 2, acknowledgementRate: 2 / 12 }), /narrower tier.*only 2 of 12/],
    [
      'rolled back',
      'trusted',
      record({ held: 5, acknowledged: 5, rolledBack: 2, acknowledgementRate: 1 }),
      /narrower tier.*\(supervised\): 2 of 5/,
    ],
    ['tripped', 'trusted', record({ tripped: 2 }), /the breaker stopped it 2 times/],
    ['forbidden, restricted already', 'restricted', record({ forbidden: 1 }), /declare less/],
    ['often outside', 'supervised', record({ outside: 4 }), /outside its declaration 4 times/],
    ['not declared', undefined, record({ held: 1, acknowledgementRate: 0 }), /Declare what Codex CLI may touch/],
  ];
  for (const [name, tier, seen, expected] of rows) {
    test(name, () => {
      const said = suggestionFor('Codex CLI', tier, seen);
      if (expected === undefined) assert.equal(said, undefined);
      else assert.match(said ?? '', expected);
    });
  }
});

test('bad input and nothing at all', async (t) => {
  const folder = temporaryFolder(t);
  const at = { cwd: join(folder, 'w'), home: join(folder, 'h'), state: join(folder, 's') };
  for (const since of ['yesterday', '30', '-3d', '2026-99-99', '']) {
    const bad = await agents([`--since=${since}`], at);
    assert.equal(bad.code, 3, since);
    assert.match(bad.err, /--since takes a time such as/);
  }
  assert.equal((await agents(['--sinse', '1d'], at)).code, 3);
  const none = await agents([], at);
  assert.equal(none.code, 0, none.err);
  assert.match(none.out, /^No agent was seen since .*, and none is declared\.\n$/);
  assert.match((await agents(['--help'], at)).out, /Exit codes/);
  const records = await agentRecords((async function* () {})(), 0);
  assert.deepEqual(records, []);
});
