/** How each agent is made to ask: which file says so, and what is written there. One entry for each agent of hooks/agents.ts. */
import { join } from 'node:path';
import { type HookLayout, mergeHooks, removeHooks } from './hook-settings.ts';
import type { Settings } from './json-settings.ts';

export type Scope = 'project' | 'user';

export type Wiring = {
  /** As in `countersign hook <id>` and `--agent <id>`. */
  readonly id: string;
  readonly name: string;
  /** Files or folders that show that the agent is in use: relative to the project, and to the home folder. */
  readonly signs: { readonly project: readonly string[]; readonly user: readonly string[] };
  /** Programs that show that it is installed. */
  readonly programs: readonly string[];
  /** The files to write, relative to the project or the home folder. */
  readonly files: (scope: Scope) => readonly WiredFile[];
  /** What the person has to do afterwards, a sentence. */
  readonly afterwards: string;
};

export type WiredFile = {
  readonly path: readonly string[];
  /** The text with our hook, given the text as it is ('' when there is none). */
  readonly merge: (text: string, file: string, command: string) => Settings;
  /** The text without it; '' removes a file that is ours alone. */
  readonly remove: (text: string, file: string) => Settings;
  /** Must be executable. */
  readonly script?: boolean | undefined;
};

/** Seconds. The hook answers within nine; on a machine too busy to start it, an agent that stops waiting goes on. */
const SECONDS = 60;
const MILLISECONDS = SECONDS * 1000;
const RESTART = 'Restart the agent: it reads its settings when it starts.';

const typed = (timeout: number) => (command: string) => ({ type: 'command', command, timeout });

/** The agent's tools that write files, its shells, and those of MCP servers, of which nobody knows what they do. */
const CLAUDE_TOOLS = 'Edit|MultiEdit|Write|NotebookEdit|Bash|PowerShell|Monitor|Config|mcp__.*';

const claudeHook = (command: string): object => ({ ...typed(SECONDS)(command), onFailure: 'block' });

export const WIRINGS: readonly Wiring[] = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    signs: { project: ['.claude'], user: ['.claude'] },
    programs: ['claude'],
    files: () => [
      settings(['.claude', 'settings.json'], {
        id: 'claude-code',
        kind: 'groups',
        events: ['PreToolUse', 'PostToolUse'].map((event) => ({ event, matcher: CLAUDE_TOOLS, hook: claudeHook })),
      }),
    ],
    afterwards: RESTART,
  },
  {
    id: 'codex',
    name: 'Codex CLI',
    signs: { project: ['.codex'], user: ['.codex'] },
    programs: ['codex'],
    files: () => [
      settings(['.codex', 'hooks.json'], {
        id: 'codex',
        kind: 'groups',
        events: ['PreToolUse', 'PostToolUse'].map((event) => ({ event, hook: typed(SECONDS) })),
      }),
    ],
    afterwards:
      'Start Codex and trust the hook when it asks, or with /hooks: until then it is skipped, without a word. Each change of the file needs that again.',
  },
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    signs: { project: ['.gemini'], user: ['.gemini'] },
    programs: ['gemini'],
    files: () => [
      settings(['.gemini', 'settings.json'], {
        id: 'gemini-cli',
        kind: 'groups',
        events: ['BeforeTool', 'AfterTool'].map((event) => ({
          event,
          matcher: '.*',
          hook: (command) => ({ name: 'countersign', ...typed(MILLISECONDS)(command) }),
        })),
      }),
    ],
    afterwards: `${RESTART} Hooks of a project run only in a trusted folder; with --skip-trust they are skipped.`,
  },
  {
    id: 'qwen-code',
    name: 'Qwen Code',
    signs: { project: ['.qwen'], user: ['.qwen'] },
    programs: ['qwen'],
    files: () => [
      settings(['.qwen', 'settings.json'], {
        id: 'qwen-code',
        kind: 'groups',
        events: ['PreToolUse', 'PostToolUse'].map((event) => ({
          event,
          matcher: '.*',
          hook: (command) => ({ name: 'countersign', ...typed(MILLISECONDS)(command) }),
        })),
      }),
    ],
    afterwards: RESTART,
  },
  {
    id: 'vscode-chat',
    name: 'VS Code chat',
    signs: { project: ['.vscode', '.github/copilot-instructions.md'], user: ['.vscode'] },
    programs: ['code', 'code-insiders'],
    files: (scope) => [
      settings(scope === 'project' ? ['.github', 'hooks', 'countersign-vscode.json'] : ['.copilot', 'hooks', 'countersign-vscode.json'], {
        id: 'vscode-chat',
        kind: 'flat',
        events: ['PreToolUse', 'PostToolUse'].map((event) => ({ event, hook: typed(SECONDS) })),
      }),
    ],
    afterwards: 'New chats ask from now on.',
  },
  {
    id: 'copilot-cli',
    name: 'Copilot CLI',
    signs: { project: ['.github/hooks', '.github/copilot'], user: ['.copilot'] },
    programs: ['copilot'],
    files: (scope) => [
      settings(scope === 'project' ? ['.github', 'hooks', 'countersign.json'] : ['.copilot', 'hooks', 'countersign.json'], {
        id: 'copilot-cli',
        kind: 'flat',
        root: { version: 1 },
        events: ['preToolUse', 'postToolUse'].map((event) => ({
          event,
          hook: (command) => ({ type: 'command', bash: command, powershell: command, timeoutSec: SECONDS }),
        })),
      }),
    ],
    afterwards: RESTART,
  },
  {
    id: 'cursor',
    name: 'Cursor',
    signs: { project: ['.cursor', '.cursorrules'], user: ['.cursor'] },
    programs: ['cursor', 'cursor-agent'],
    files: () => [
      settings(['.cursor', 'hooks.json'], {
        id: 'cursor',
        kind: 'flat',
        root: { version: 1 },
        events: [
          { event: 'preToolUse', hook: (command) => ({ command, timeout: SECONDS, failClosed: true }) },
          { event: 'afterFileEdit', hook: (command) => ({ command, timeout: SECONDS }) },
        ],
      }),
    ],
    afterwards: 'Cursor reads the file at once.',
  },
  {
    id: 'windsurf',
    name: 'Windsurf',
    signs: { project: ['.windsurf', '.windsurfrules'], user: ['.codeium/windsurf'] },
    programs: ['windsurf'],
    files: (scope) => [
      settings(scope === 'project' ? ['.windsurf', 'hooks.json'] : ['.codeium', 'windsurf', 'hooks.json'], {
        id: 'windsurf',
        kind: 'flat',
        events: ['pre_write_code', 'pre_run_command', 'pre_mcp_tool_use', 'post_write_code'].map((event) => ({
          event,
          hook: (command) => ({ command, show_output: true }),
        })),
      }),
    ],
    afterwards: RESTART,
  },
  {
    id: 'cline',
    name: 'Cline',
    signs: { project: ['.clinerules', '.cline'], user: ['Documents/Cline'] },
    programs: ['cline'],
    files: (scope) =>
      ['PreToolUse', 'PostToolUse'].map((event) =>
        whole(
          scope === 'project' ? ['.clinerules', 'hooks', event] : ['Documents', 'Cline', 'Rules', 'Hooks', event],
          (command) => `#!/bin/sh\n${MARK('#')}\n${command}\n`,
          true,
        ),
      ),
    afterwards: 'Turn hooks on in the settings of Cline.',
  },
  {
    id: 'opencode',
    name: 'OpenCode',
    signs: { project: ['.opencode', 'opencode.json', 'opencode.jsonc'], user: ['.config/opencode'] },
    programs: ['opencode'],
    files: (scope) => [
      whole(
        scope === 'project' ? ['.opencode', 'plugin', 'countersign.js'] : ['.config', 'opencode', 'plugin', 'countersign.js'],
        openCodePlugin,
      ),
    ],
    afterwards: RESTART,
  },
];

function settings(path: readonly string[], layout: HookLayout): WiredFile {
  return {
    path,
    merge: (text, file, command) => mergeHooks(text, file, layout, command),
    remove: (text, file) => {
      const removed = removeHooks(text, file, layout);
      // A file that init made, and that holds nothing else, goes with its hooks.
      const bare = removed.ok && /^\s*\{\s*("version"\s*:\s*1\s*)?\}\s*$/.test(removed.text) && removed.text !== text;
      return bare && path.at(-1)?.startsWith('countersign') === true ? { ok: true, text: '' } : removed;
    },
  };
}

const MARK = (comment: string): string => `${comment} Written by "countersign init".`;

/** A file that is ours from its first to its last letter. One that is there already, and is not, is left alone. */
function whole(path: readonly string[], content: (command: string) => string, script = false): WiredFile {
  const isOurs = (text: string): boolean => text.includes(MARK('').trim());
  return {
    path,
    script,
    merge: (text, file, command) =>
      text.trim() === '' || isOurs(text)
        ? { ok: true, text: content(command) }
        : {
            ok: false,
            problem: `${file} is there already and not ours. Let it start ${command}, and end with its answer. Nothing was written.`,
          },
    remove: (text) => ({ ok: true, text: isOurs(text) ? '' : text }),
  };
}

/** The plugin throws whenever the hook ends with anything but 0, or does not start at all. */
function openCodePlugin(command: string): string {
  return `${MARK('//')}
import { spawnSync } from 'node:child_process';

const COMMAND = ${JSON.stringify(command)};

// By session: the model and the person's last message, of which only a digest is kept.
const said = new Map();

function listen({ sessionID, model }, { parts, message }) {
  try {
    const used = model ?? message?.model;
    const texts = (parts ?? []).filter((part) => part.type === 'text' && !part.synthetic).map((part) => part.text);
    said.set(sessionID, {
      model: used === undefined ? undefined : used.providerID + '/' + used.modelID,
      prompt: texts.length === 0 ? undefined : texts.join('\\n'),
    });
  } catch {
    // It is only not known then.
  }
}

function ask(event, input, args, directory) {
  const known = said.get(input.sessionID) ?? {};
  const payload = JSON.stringify({ event, tool: input.tool, sessionID: input.sessionID, callID: input.callID, ...known, args, directory });
  const ran = spawnSync(process.platform === 'win32' ? 'cmd' : 'sh', [process.platform === 'win32' ? '/c' : '-c', COMMAND], {
    input: payload,
    encoding: 'utf8',
    timeout: ${MILLISECONDS},
  });
  if (event === 'tool.execute.before' && ran.status !== 0) {
    throw new Error((ran.stderr || '').trim() || 'Countersign closed the gate: its hook gave no answer. Nothing was written.');
  }
}

export const Countersign = async ({ directory }) => ({
  'chat.message': async (input, output) => listen(input ?? {}, output ?? {}),
  'tool.execute.before': async (input, output) => ask('tool.execute.before', input, output.args, directory),
  'tool.execute.after': async (input) => ask('tool.execute.after', input, input.args ?? {}, directory),
});
`;
}

/** Absolute path of a file of the wiring. */
export function pathOf(file: WiredFile, scope: Scope, home: string, cwd: string): string {
  return join(scope === 'user' ? home : cwd, ...file.path);
}
