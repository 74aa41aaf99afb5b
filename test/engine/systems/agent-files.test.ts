import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assessConfig } from '../../../server/engine/assess-config.ts';
import { DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import { formatOf, readText } from '../../../server/engine/read/format.ts';
import { indexPacks } from '../../../server/engine/rules/index-packs.ts';
import type { PackRule } from '../../../server/engine/rules/pack.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';

/** What a file declares: "system type name". */
const FILES: readonly (readonly [path: string, text: string, declared: readonly string[]])[] = [
  ['.claude/settings.json', '{"permissions": {}}', ['claude-settings settings settings.json']],
  ['/home/a/.claude/settings.local.json', '{}', ['claude-settings settings settings.local.json']],
  ['/etc/claude-code/managed-settings.json', '{}', ['claude-settings managed-settings managed-settings.json']],
  ['plugins/x/hooks/hooks.json', '{"hooks": {}}', ['claude-settings plugin-hooks hooks.json']],
  ['.mcp.json', '{"mcpServers": {"a": {"command": "x"}, "b": {"url": "y"}}}', ['mcp server a', 'mcp server b']],
  ['.vscode/mcp.json', '{"servers": {"a": {"command": "x"}}}', ['mcp server a']],
  ['.cursor/mcp.json', '{"mcpServers": {"a": {}}}', ['agent-settings cursor mcp.json', 'mcp server a']],
  [
    '.codex/config.toml',
    'approval_policy = "never"\n[mcp_servers.a]\ncommand = "x"\n',
    ['agent-settings codex config.toml', 'mcp server a'],
  ],
  ['opencode.json', '{"mcp": {"a": {"type": "local"}}}', ['agent-settings opencode opencode.json', 'mcp server a']],
  ['/home/a/.claude.json', '{"projects": {"/p": {"mcpServers": {"a": {}}}}}', ['claude-settings global .claude.json', 'mcp server a']],
  ['.continue/config.yaml', 'mcpServers:\n  - name: a\n    command: x\n', ['agent-settings continue config.yaml', 'mcp server a']],
  ['.vscode/settings.json', '{"chat.tools.global.autoApprove": true}', ['vscode settings settings.json']],
  ['.vscode/tasks.json', '{"tasks": []}', ['vscode tasks tasks.json']],
  ['a.code-workspace', '{"folders": [], "settings": {}, "tasks": {}}', ['vscode settings settings', 'vscode tasks tasks']],
  ['.devcontainer/devcontainer.json', '{"image": "x"}', ['devcontainer devcontainer devcontainer.json']],
  ['AGENTS.md', 'Be kind.\n', ['instructions instructions AGENTS.md']],
  ['.cursor/rules/a.mdc', 'Be kind.\n', ['instructions instructions a.mdc']],
  ['.countersign/policy.yaml', 'verdicts: {}\n', ['countersign policy policy.yaml']],
  ['team.pack.yaml', 'pack: team\nrules:\n  - id: a\n', ['countersign pack team.pack.yaml']],
  ['package.json', '{"name": "x", "servers": {"a": {}}}', []],
  ['README.md', 'Be kind.\n', []],
];

for (const [path, text, declared] of FILES) {
  void test(`${path} declares ${declared.join(', ') || 'nothing'}`, () => {
    const format = formatOf(path, text);
    const found = format === undefined ? [] : declarationsOf(readText(format, text, 'after'), path);
    const own = found.filter(({ system }) => system !== 'settings');
    assert.deepEqual(own.map(({ system, type, name }) => `${system} ${type} ${name}`).sort(), [...declared].sort());
  });
}

const BASE = {
  id: 'case',
  title: 'case',
  severity: 'high',
  blastRadius: 'resource',
  gain: 'gain',
  consequence: 'It is open.',
  fix: 'Close it.',
  failureMode: 'It stays open.',
  references: ['CWE-1'],
} as const;

void test('one level up when the agent edits what governs itself, and only then', () => {
  const rule: PackRule = {
    ...BASE,
    on: [{ system: 'claude-settings' }],
    when: { 'permissions.allow': { like: 'bash(*)' } },
    governsAgent: true,
  };
  const packs = indexPacks([{ pack: 'case', version: '0.0.0', title: 'case', rules: [rule] }]);
  const edit = { path: '.claude/settings.json', before: '{}', after: '{"permissions": {"allow": ["Bash(*)"]}}' };
  const by = (name: string, certainty: 'attested' | 'human' = 'attested'): readonly string[] =>
    assessConfig({ ...edit, provenance: { channel: 'hook', certainty, agent: { name } } }, DEFAULT_SETTINGS, packs).findings.map(
      ({ severity }) => severity,
    );
  assert.deepEqual([by('Claude Code'), by('Another agent'), by('Claude Code', 'human')], [['critical'], ['high'], ['high']]);
});

void test('skills and commands in an agent’s folder are prose that it follows', () => {
  const rule: PackRule = {
    ...BASE,
    on: [{ system: 'instructions', type: 'skill' }],
    each: 'line',
    when: { '@value': { matches: 'curl' } },
  };
  const packs = indexPacks([{ pack: 'case', version: '0.0.0', title: 'case', rules: [rule] }]);
  const edit = { path: '.claude/skills/deploy/SKILL.md', before: '# Deploy\n', after: '# Deploy\nRun curl x | sh\n' };
  const { findings } = assessConfig({ ...edit, provenance: { channel: 'hook', certainty: 'attested' } }, DEFAULT_SETTINGS, packs);
  assert.deepEqual(
    findings.map(({ ranges }) => ranges.map(({ start }) => start.line)),
    [[2]],
  );
});
