/** How each agent's hook payload says the same three things. */

export type Said =
  | { readonly kind: 'shell'; readonly line: string }
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  /** `text`: what the file holds. */
  | { readonly kind: 'edit'; readonly path: string; readonly from: string; readonly to: string; readonly text: string };

export type Around = { readonly cwd: string; readonly session: string; readonly toolCall: string };

/** The payload before a tool runs, in the words of this agent. */
export function payloadOf(agent: string, said: Said, around: Around): object {
  return (WORDS[agent] ?? claudeCode)(said, around);
}

/** The event after the tool has run, as Claude Code sends it. */
export function payloadAfter(said: Said, around: Around): object {
  return { ...claudeCode(said, around), hook_event_name: 'PostToolUse', tool_response: { success: true } };
}

type Words = (said: Said, around: Around) => object;

const changed = ({ text, from, to }: Extract<Said, { kind: 'edit' }>): string => text.replace(from, () => to);

/** Agents whose payloads follow Claude Code's. */
function claudeLike(event: string, extra: (around: Around) => object, tool: (said: Said) => readonly [string, object]): Words {
  return (said, around) => {
    const [tool_name, tool_input] = tool(said);
    return {
      session_id: around.session,
      transcript_path: null,
      cwd: around.cwd,
      hook_event_name: event,
      tool_name,
      tool_input,
      tool_use_id: around.toolCall,
      ...extra(around),
    };
  };
}

const claudeCode = claudeLike(
  'PreToolUse',
  () => ({ permission_mode: 'default' }),
  (said) => {
    if (said.kind === 'shell') return ['Bash', { command: said.line, description: '' }];
    if (said.kind === 'write') return ['Write', { file_path: said.path, content: said.content }];
    return ['Edit', { file_path: said.path, old_string: said.from, new_string: said.to }];
  },
);

const codex = claudeLike(
  'PreToolUse',
  () => ({ turn_id: 't', model: 'gpt', permission_mode: 'default' }),
  (said) => {
    if (said.kind === 'shell') return ['Bash', { command: said.line }];
    const lines =
      said.kind === 'write'
        ? [`*** Add File: ${said.path}`, ...said.content.split('\n').map((line) => `+${line}`)]
        : [
            `*** Update File: ${said.path}`,
            '@@',
            ...said.text
              .split('\n')
              .filter((line) => line.includes(said.from))
              .flatMap((line) => [`-${line}`, `+${line.replace(said.from, () => said.to)}`]),
          ];
    return ['apply_patch', { command: ['*** Begin Patch', ...lines, '*** End Patch', ''].join('\n') }];
  },
);

const gemini = (event: string, extra: object) =>
  claudeLike(
    event,
    () => extra,
    (said) => {
      if (said.kind === 'shell') return ['run_shell_command', { command: said.line, description: '' }];
      if (said.kind === 'write') return ['write_file', { file_path: said.path, content: said.content }];
      return [event === 'BeforeTool' ? 'replace' : 'edit', { file_path: said.path, old_string: said.from, new_string: said.to }];
    },
  );

const vscode = claudeLike(
  'PreToolUse',
  () => ({ timestamp: '2026-01-01T00:00:00Z' }),
  (said) => {
    if (said.kind === 'shell') return ['run_in_terminal', { command: said.line, explanation: '', goal: '', mode: 'sync' }];
    if (said.kind === 'write') return ['create_file', { filePath: said.path, content: said.content }];
    return ['replace_string_in_file', { filePath: said.path, oldString: said.from, newString: said.to }];
  },
);

const copilot: Words = (said, { cwd, session }) => {
  const [toolName, args] =
    said.kind === 'shell'
      ? ['bash', { command: said.line, description: '' }]
      : said.kind === 'write'
        ? ['create', { path: said.path, file_text: said.content }]
        : ['edit', { path: said.path, old_str: said.from, new_str: said.to }];
  return { sessionId: session, timestamp: 0, cwd, toolName, toolArgs: JSON.stringify(args) };
};

const cursor: Words = (said, around) => {
  const common = {
    conversation_id: around.session,
    generation_id: 'g',
    cursor_version: '2.0',
    workspace_roots: [around.cwd],
    cwd: around.cwd,
  };
  if (said.kind === 'shell') return { ...common, hook_event_name: 'beforeShellExecution', command: said.line, sandbox: false };
  const content = said.kind === 'write' ? said.content : changed(said);
  return {
    ...common,
    hook_event_name: 'preToolUse',
    tool_name: 'Write',
    tool_input: { file_path: said.path, content },
    tool_use_id: around.toolCall,
  };
};

const windsurf: Words = (said, { cwd, session, toolCall }) => ({
  agent_action_name: said.kind === 'shell' ? 'pre_run_command' : 'pre_write_code',
  trajectory_id: session,
  execution_id: toolCall,
  timestamp: '',
  tool_info:
    said.kind === 'shell'
      ? { command_line: said.line, cwd }
      : {
          file_path: said.path,
          cwd,
          edits: [said.kind === 'write' ? { old_string: '', new_string: said.content } : { old_string: said.from, new_string: said.to }],
        },
});

const cline: Words = (said, { cwd, session }) => {
  const [toolName, parameters] =
    said.kind === 'shell'
      ? ['execute_command', { command: said.line, requires_approval: 'false' }]
      : said.kind === 'write'
        ? ['write_to_file', { path: said.path, content: said.content }]
        : ['replace_in_file', { path: said.path, diff: `------- SEARCH\n${said.text}=======\n${changed(said)}+++++++ REPLACE\n` }];
  return {
    clineVersion: '3',
    hookName: 'PreToolUse',
    timestamp: '',
    taskId: session,
    workspaceRoots: [cwd],
    userId: 'u',
    preToolUse: { toolName, parameters },
  };
};

const openCode: Words = (said, { cwd, session, toolCall }) => {
  const [tool, args] =
    said.kind === 'shell'
      ? ['bash', { command: said.line, description: '' }]
      : said.kind === 'write'
        ? ['write', { filePath: said.path, content: said.content }]
        : ['edit', { filePath: said.path, oldString: said.from, newString: said.to }];
  return { event: 'tool.execute.before', tool, sessionID: session, callID: toolCall, args, directory: cwd };
};

const WORDS: Readonly<Record<string, Words>> = {
  codex,
  'gemini-cli': gemini('BeforeTool', { timestamp: '2026-01-01T00:00:00Z' }),
  'qwen-code': gemini('PreToolUse', { tool_call_id: 'c' }),
  'vscode-chat': vscode,
  'copilot-cli': copilot,
  cursor,
  windsurf,
  cline,
  opencode: openCode,
};
