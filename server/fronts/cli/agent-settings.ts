/**
 * What the agents' own settings let them use: MCP servers, and commands or tools that run without a question. One entry for each
 * file of each agent; facts from the vendors' documentation. Reads files and starts nothing.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { readToml } from '../../engine/read/toml.ts';
import { membersOf, type TreeNode } from '../../engine/read/tree.ts';
import { MCP_LISTS, type McpList } from './mcp-lists.ts';

/** Something that an agent may use, and the file that says so. */
export type Connection = {
  readonly kind: 'mcp-server' | 'command' | 'mode';
  /** Name of the server; the command as the file has it; or what the mode lets pass. */
  readonly name: string;
  readonly file: string;
};

export type AgentSettings = { readonly connections: readonly Connection[]; readonly problems: readonly string[] };

/** Larger settings are no settings. */
const LARGEST = 8 * 1024 * 1024;

/** What the files of this project and this user give an agent. `id`: as in `countersign hook <id>`. */
export function agentSettings(id: string, project: string, home: string, platform: NodeJS.Platform): AgentSettings {
  const connections: Connection[] = [];
  const problems: string[] = [];
  for (const { path, read, format = 'json' } of filesOf(id, project, home, platform)) {
    if (!existsSync(path)) continue;
    const value = valueIn(path, format);
    if (value.ok) connections.push(...read(value.value).map((one) => ({ ...one, file: path })));
    else problems.push(value.problem);
  }
  return { connections: distinct(connections), problems: [...new Set(problems)] };
}

type Found = Omit<Connection, 'file'>;
type SettingsFile = { readonly path: string; readonly format?: 'json' | 'toml'; readonly read: (value: unknown) => readonly Found[] };

function filesOf(id: string, project: string, home: string, platform: NodeJS.Platform): readonly SettingsFile[] {
  return [...serverFiles(id, project, home), ...otherFiles(id, project, home, codeFolder(home, platform))];
}

function serverFiles(id: string, project: string, home: string): readonly SettingsFile[] {
  const lists = Object.hasOwn(MCP_LISTS, id) ? MCP_LISTS[id] : undefined;
  const below = (root: string, all: readonly McpList[]): readonly SettingsFile[] =>
    all.map(({ path, key, format }) => ({
      path: join(root, ...path),
      read: (value) => servers(value, key),
      ...(format === undefined ? {} : { format }),
    }));
  return lists === undefined ? [] : [...below(project, lists.project), ...below(home, lists.user)];
}

/** Beside the lists of servers: what runs without a question, and lists that are found in a way of their own. */
function otherFiles(id: string, project: string, home: string, code: string): readonly SettingsFile[] {
  const inBoth = (path: readonly string[], read: SettingsFile['read'], format?: 'toml'): readonly SettingsFile[] =>
    [project, home].map((root) => ({ path: join(root, ...path), read, ...(format === undefined ? {} : { format }) }));
  switch (id) {
    case 'claude-code':
      return [
        ...inBoth(['.claude', 'settings.json'], claudePermissions),
        ...inBoth(['.claude', 'settings.local.json'], claudePermissions),
        {
          path: join(home, '.claude.json'),
          read: (value) => [
            ...servers(fieldOf(fieldOf(value, 'projects'), project), 'mcpServers'),
            ...allowed(fieldOf(fieldOf(value, 'projects'), project), 'allowedTools'),
          ],
        },
      ];
    case 'codex':
      return inBoth(['.codex', 'config.toml'], codexConfig, 'toml');
    case 'gemini-cli':
      return inBoth(['.gemini', 'settings.json'], geminiSettings);
    case 'qwen-code':
      return inBoth(['.qwen', 'settings.json'], geminiSettings);
    case 'cursor':
      return [
        { path: join(project, '.cursor', 'cli.json'), read: (value) => allowed(fieldOf(value, 'permissions'), 'allow') },
        { path: join(home, '.cursor', 'cli-config.json'), read: (value) => allowed(fieldOf(value, 'permissions'), 'allow') },
      ];
    case 'vscode-chat':
      return [
        { path: join(project, '.vscode', 'mcp.json'), read: (value) => servers(value, 'servers') },
        { path: join(project, '.vscode', 'settings.json'), read: codeSettings },
        { path: join(code, 'mcp.json'), read: (value) => servers(value, 'servers') },
        { path: join(code, 'settings.json'), read: codeSettings },
      ];
    case 'cline':
      return [
        {
          path: join(code, 'globalStorage', 'saoudrizwan.claude-dev', 'settings', 'cline_mcp_settings.json'),
          read: (value) => servers(value, 'mcpServers'),
        },
        { path: join(home, '.cline', 'data', 'settings', 'cline_mcp_settings.json'), read: (value) => servers(value, 'mcpServers') },
      ];
    case 'opencode':
      return ['opencode.json', 'opencode.jsonc'].flatMap((name) => [
        { path: join(project, name), read: openCodeConfig },
        { path: join(home, '.config', 'opencode', name), read: openCodeConfig },
      ]);
    default:
      return [];
  }
}

function codeFolder(home: string, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Code', 'User');
  return platform === 'win32' ? join(home, 'AppData', 'Roaming', 'Code', 'User') : join(home, '.config', 'Code', 'User');
}

function claudePermissions(value: unknown): readonly Found[] {
  const permissions = fieldOf(value, 'permissions');
  const mode = fieldOf(permissions, 'defaultMode');
  return [
    ...allowed(permissions, 'allow'),
    ...textsIn(value, 'enabledMcpjsonServers').map((name): Found => ({ kind: 'mcp-server', name })),
    ...(fieldOf(value, 'enableAllProjectMcpServers') === true ? [openMode('every MCP server of a project')] : []),
    ...(mode === 'bypassPermissions' ? [openMode('everything, without a question (bypassPermissions)')] : []),
  ];
}

function codexConfig(value: unknown): readonly Found[] {
  const sandbox = fieldOf(value, 'sandbox_mode');
  const asks = fieldOf(value, 'approval_policy');
  return [
    ...(sandbox === 'danger-full-access' ? [openMode('every command, without a sandbox (danger-full-access)')] : []),
    ...(asks === 'never' ? [openMode('everything, without a question (approval_policy never)')] : []),
  ];
}

function geminiSettings(value: unknown): readonly Found[] {
  const tools = fieldOf(value, 'tools');
  const mode = fieldOf(fieldOf(value, 'general'), 'defaultApprovalMode') ?? fieldOf(tools, 'approvalMode');
  return [
    ...allowed(value, 'allowedTools'),
    ...allowed(tools, 'allowed'),
    ...(fieldOf(value, 'autoAccept') === true || fieldOf(tools, 'autoAccept') === true
      ? [openMode('what it takes for safe, without a question')]
      : []),
    ...(mode === 'yolo' || mode === 'auto_edit' ? [openMode(`${mode}, without a question`)] : []),
  ];
}

function codeSettings(value: unknown): readonly Found[] {
  const commands = fieldOf(value, 'chat.tools.terminal.autoApprove');
  const everything = ['chat.tools.global.autoApprove', 'chat.tools.autoApprove'].some((key) => fieldOf(value, key) === true);
  return [
    ...servers(fieldOf(value, 'mcp'), 'servers'),
    ...entriesOf(commands).flatMap(([name, on]): readonly Found[] =>
      on === true || fieldOf(on, 'approve') === true ? [{ kind: 'command', name }] : [],
    ),
    ...(everything ? [openMode('every tool, without a question')] : []),
  ];
}

function openCodeConfig(value: unknown): readonly Found[] {
  const permission = fieldOf(value, 'permission');
  const shell = fieldOf(permission, 'bash');
  return [
    ...entriesOf(shell).flatMap(([name, how]): readonly Found[] => (how === 'allow' ? [{ kind: 'command', name }] : [])),
    ...(shell === 'allow' || permission === 'allow' ? [openMode('every command, without a question')] : []),
  ];
}

function openMode(name: string): Found {
  return { kind: 'mode', name };
}

/** Names below a key; a server that is switched off is none. */
function servers(value: unknown, key: string): readonly Found[] {
  return entriesOf(fieldOf(value, key)).flatMap(([name, server]): readonly Found[] =>
    fieldOf(server, 'disabled') === true || fieldOf(server, 'enabled') === false ? [] : [{ kind: 'mcp-server', name }],
  );
}

/** "Bash(npm run *)", "Shell(ls)", "run_shell_command(git)", "mcp__github__create_issue": what runs without a question. */
function allowed(value: unknown, key: string): readonly Found[] {
  return textsIn(value, key).flatMap((rule): readonly Found[] => {
    const server = /^mcp__(.+?)(?:__|$)/.exec(rule)?.[1] ?? /^(?:Mcp)\(([^:)]+)/.exec(rule)?.[1];
    if (server !== undefined) return [{ kind: 'mcp-server', name: server }];
    const command = /^(?:Bash|Shell|PowerShell|ShellTool|run_shell_command)(?:\((.*)\))?$/s.exec(rule);
    // "npm run test:*" is Claude Code's way to say: whatever begins so.
    return command === null ? [] : [{ kind: 'command', name: (command[1] ?? '*').replace(/:\*$/, ' *') }];
  });
}

export function valueIn(file: string, format: 'json' | 'toml'): { ok: true; value: unknown } | { ok: false; problem: string } {
  try {
    const found = statSync(file);
    if (!found.isFile() || found.size > LARGEST) return { ok: false, problem: `${file} is no settings file, so it was not looked at.` };
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    if (format === 'toml') return { ok: true, value: plain(readToml(text, 'after').documents[0]) };
    return { ok: true, value: parse(text, [], { allowTrailingComma: true }) };
  } catch (error) {
    return { ok: false, problem: `${file} cannot be read (${error instanceof Error ? error.message : String(error)}).` };
  }
}

function plain(node: TreeNode | undefined): unknown {
  if (node?.type === 'object') return Object.fromEntries(membersOf(node).map(({ key, value }) => [key, plain(value)]));
  if (node?.type === 'array') return (node.children ?? []).map(plain);
  return node?.value;
}

export function fieldOf(value: unknown, key: string): unknown {
  return entriesOf(value).find(([name]) => name === key)?.[1];
}

function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function textsIn(value: unknown, key: string): readonly string[] {
  const list = fieldOf(value, key);
  return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
}

function distinct(connections: readonly Connection[]): readonly Connection[] {
  const seen = new Set<string>();
  return connections.filter(({ kind, name, file }) => {
    const key = JSON.stringify([kind, name, file]);
    return seen.has(key) ? false : seen.add(key);
  });
}
