import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AGENTS } from '../../server/fronts/hooks/agents.ts';
import type { ParsedCall } from '../../server/fronts/hooks/tool-call.ts';

const FILE = '/w/policy.json';
const PATCH = '*** Begin Patch\n*** Update File: policy.json\n@@\n-a\n+b\n*** End Patch\n';
const SED = 'sed -i s/a/b/ policy.json';

const claude = (tool_name: string, tool_input: unknown): object => ({
  hook_event_name: 'PreToolUse',
  session_id: 's',
  tool_name,
  tool_input,
});
const gemini = (tool_name: string, tool_input: unknown): object => ({
  hook_event_name: 'BeforeTool',
  session_id: 's',
  tool_name,
  tool_input,
});
const cursor = (tool_name: string, tool_input: unknown): object => ({
  hook_event_name: 'preToolUse',
  session_id: 's',
  tool_name,
  tool_input,
});
const copilot = (toolName: string, toolArgs: unknown): object => ({ sessionId: 's', toolName, toolArgs });
const cline = (toolName: string, parameters: unknown): object => ({
  clineVersion: '3',
  hookName: 'PreToolUse',
  preToolUse: { toolName, parameters },
});
const opencode = (tool: string, args: unknown): object => ({ event: 'tool.execute.before', tool, sessionID: 's', callID: 'c', args });

/** What is made of a payload, in short: "replace /w/policy.json", "$ ls in sub", "problem", "nothing". */
function shown(parsed: ParsedCall): string {
  if (parsed.kind !== 'call') return parsed.kind;
  const { phase, changes, commands, folder } = parsed.call;
  const parts = [...changes.map(({ kind, path }) => `${kind} ${path}`), ...commands.map((line) => `$ ${line}`)];
  return `${phase === 'after' ? 'after: ' : ''}${parts.join(', ')}${folder === undefined ? '' : ` in ${folder}`}`;
}

const REPLACED = { old_string: 'a', new_string: 'b' };

const SHAPES: readonly (readonly [agent: string, name: string, payload: object, is: string])[] = [
  ['claude-code', 'MultiEdit', claude('MultiEdit', { file_path: FILE, edits: [REPLACED] }), `replace ${FILE}`],
  ['claude-code', 'a tool nobody knows that names a file', claude('SuperEdit', { where: { file: 'policy.json' } }), 'unknown policy.json'],
  [
    'claude-code',
    'a tool that runs a program',
    claude('REPL', { code: 'const fs = 1;\nfs.write("policy.json", `x`)' }),
    'unknown policy.json',
  ],
  ['claude-code', 'a program that names no file', claude('REPL', { code: 'console.log("hello there", 1 + 1)' }), 'nothing'],
  ['claude-code', 'an edit that calls itself a look', claude('Edit', { ...REPLACED, file_path: FILE, command: 'view' }), `replace ${FILE}`],
  ['codex', 'a patch as it is', claude('apply_patch', PATCH), 'patch policy.json'],
  ['codex', 'a patch in a field', claude('apply_patch', { input: PATCH }), 'patch policy.json'],
  ['codex', 'a command in a folder', claude('exec_command', { cmd: SED, workdir: 'sub' }), `$ ${SED} in sub`],
  ['codex', 'words in a folder', claude('shell', { command: ['bash', '-lc', SED], workdir: '/w/sub' }), `$ ${SED} in /w/sub`],
  [
    'codex',
    'a patch by the shell in a folder',
    claude('shell', { command: ['apply_patch', PATCH], workdir: 'sub' }),
    'patch policy.json in sub',
  ],
  ['claude-code', 'a patch by the shell', claude('Bash', { command: `apply_patch <<'P'\n${PATCH}P\n` }), 'patch policy.json'],
  [
    'claude-code',
    'a patch by the shell elsewhere',
    claude('Bash', { command: `cd sub && apply_patch <<'P'\n${PATCH}P` }),
    'patch policy.json in sub',
  ],
  ...[
    `apply_patch <<'P' && ${SED}\n${PATCH}P\n`,
    `apply_patch <<'P'\n${PATCH}P\n${SED}`,
    `apply_patch <<'P' | tee x\n${PATCH}P\n`,
    `apply_patch <<P\n${PATCH.replace('+b', '+$(touch x)')}P\n`,
    `cd $(${SED.replaceAll(' ', '\t')})x && apply_patch <<'P'\n${PATCH}P`,
    `apply_patch <<'P'\nP\n${SED}\n: <<'P'\n${PATCH}P`,
    `true && apply_patch <<'P'\n${PATCH}P`,
    `bash -c "apply_patch <<'P'\n${PATCH}P"`,
  ].map(
    (command, index) =>
      [
        'claude-code',
        `a patch by the shell that is not alone, ${index + 1}`,
        claude('Bash', { command }),
        `patch policy.json, $ ${command}`,
      ] as const,
  ),
  [
    'codex',
    'two patches in one line',
    claude('Bash', { command: `apply_patch <<'P'\n${PATCH}P\nls\napply_patch <<'P'\n${PATCH}P` }),
    `patch policy.json, patch policy.json, $ apply_patch <<'P'\n${PATCH}P\nls\napply_patch <<'P'\n${PATCH}P`,
  ],
  ['codex', 'a program', claude('js_repl', { code: 'require("fs").writeFileSync("policy.json", "")' }), 'unknown policy.json'],
  ['gemini-cli', 'a command in a folder', gemini('run_shell_command', { command: SED, dir_path: 'sub' }), `$ ${SED} in sub`],
  ['gemini-cli', 'the same, as older versions say it', gemini('run_shell_command', { command: SED, directory: 'sub' }), `$ ${SED} in sub`],
  ['gemini-cli', 'several places', gemini('replace', { ...REPLACED, file_path: FILE, allow_multiple: true }), `replace ${FILE}`],
  ['cursor', 'a command in a folder', cursor('Shell', { command: SED, working_directory: '/w/sub' }), `$ ${SED} in /w/sub`],
  ['cursor', 'completions of Tab', cursor('TabWrite', { file_path: FILE, edits: [REPLACED] }), `replace ${FILE}`],
  [
    'cursor',
    'completions of Tab, written',
    { hook_event_name: 'afterTabFileEdit', conversation_id: 'c', file_path: FILE, edits: [REPLACED] },
    `after: replace ${FILE}`,
  ],
  ['cursor', 'a tool of a server that writes', cursor('MCP:write_file', { path: FILE, content: 'x' }), `unknown ${FILE}`],
  ['cursor', 'a tool of a server that reads', cursor('MCP:read_file', { path: FILE }), 'nothing'],
  [
    'cursor',
    'a tool of a server, its input as text',
    { hook_event_name: 'beforeMCPExecution', conversation_id: 'c', tool_name: 'write_file', tool_input: JSON.stringify({ path: FILE }) },
    `unknown ${FILE}`,
  ],
  ['vscode-chat', 'edits of files that are only named', claude('editFiles', { files: [FILE] }), `unknown ${FILE}`],
  ['vscode-chat', 'code to insert', claude('insert_edit_into_file', { filePath: FILE, code: '{}' }), `unknown ${FILE}`],
  [
    'vscode-chat',
    'a task',
    claude('create_and_run_task', { workspaceFolder: '/w', task: { type: 'shell', command: SED, args: ['a b'] } }),
    `$ ${SED} 'a b'`,
  ],
  ['vscode-chat', 'a task without a command', claude('create_and_run_task', { workspaceFolder: '/w', task: {} }), 'problem'],
  ['copilot-cli', 'a patch as it is', copilot('apply_patch', PATCH), 'patch policy.json'],
  ['copilot-cli', 'the editor looks', copilot('str_replace_editor', { command: 'view', path: FILE }), 'nothing'],
  [
    'copilot-cli',
    'the editor replaces',
    copilot('str_replace_editor', { command: 'str_replace', path: FILE, old_str: 'a', new_str: 'b' }),
    `replace ${FILE}`,
  ],
  [
    'copilot-cli',
    'the editor inserts',
    copilot('str_replace_editor', { command: 'insert', path: FILE, insert_line: 1, new_str: 'b' }),
    'problem',
  ],
  ['copilot-cli', 'by the names of Claude Code', claude('Edit', { ...REPLACED, file_path: FILE }), `replace ${FILE}`],
  ['cline', 'a rule', cline('new_rule', { path: '.clinerules/x.md', content: 'x' }), 'write .clinerules/x.md'],
  ['cline', 'its editor', cline('editor', { command: 'str_replace', path: FILE, old_str: 'a', new_str: 'b' }), `replace ${FILE}`],
  ['opencode', 'a command in a folder', opencode('bash', { command: SED, workdir: 'sub' }), `$ ${SED} in sub`],
];

void describe('tools as the agents name them', () => {
  for (const [id, name, payload, is] of SHAPES) {
    void test(`${id}: ${name}`, () => {
      const agent = AGENTS.find((one) => one.id === id);
      assert.ok(agent !== undefined);
      assert.equal(shown(agent.parse(payload)), is);
    });
  }
});
