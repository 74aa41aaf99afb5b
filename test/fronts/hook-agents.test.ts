import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { AGENTS } from '../../server/fronts/hooks/agents.ts';
import { EVERYONE, OPENED, POLICY, type Ran, ROLE, Scene } from './hook-scene.ts';

/** How each agent's payload says the same things, and how it is told yes and no. */
type Words = {
  readonly edit: (from: string, to: string) => unknown;
  readonly write: (path: string, text: string) => unknown;
  readonly shell: (line: string) => unknown;
  readonly look: unknown;
  /** A payload of the agent that lacks what an edit needs. */
  readonly broken: unknown;
  readonly allowed: { readonly stdout: string };
  /** The reason, taken from exactly the document that the agent documents; anything else fails. */
  readonly reason: (ran: Ran) => string;
};

const claudeLike =
  (event: string, extra: Readonly<Record<string, unknown>> = {}) =>
  (tool: string, input: unknown) => ({
    session_id: 's',
    transcript_path: null,
    hook_event_name: event,
    tool_name: tool,
    tool_input: input,
    tool_use_id: 'call-1',
    ...extra,
  });

function only(ran: Ran, code: number): unknown {
  assert.equal(ran.code, code, ran.stderr);
  assert.equal(ran.stdout.trim().split('\n').length, 1);
  return JSON.parse(ran.stdout);
}

const claudeReason = (ran: Ran): string => {
  const { hookSpecificOutput } = only(ran, 0) as { hookSpecificOutput: { permissionDecisionReason: string } };
  const text = hookSpecificOutput.permissionDecisionReason;
  assert.deepEqual(only(ran, 0), {
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: text },
  });
  return text;
};

const byExitCode = (ran: Ran): string => {
  assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code: 2, stdout: '' });
  return ran.stderr;
};

const patch = (...lines: readonly string[]): string => ['*** Begin Patch', ...lines, '*** End Patch', ''].join('\n');
const lineOf = (part: string): string => POLICY.split('\n').find((each) => each.includes(part)) ?? part;
const hunk = (from: string, to: string): string =>
  patch('*** Update File: policy.json', '@@', `-${lineOf(from)}`, `+${lineOf(from).replace(from, to)}`);

const codex = claudeLike('PreToolUse', { turn_id: 't', model: 'gpt', permission_mode: 'default' });
const gemini = claudeLike('BeforeTool', { timestamp: '2026-01-01' });
const qwen = claudeLike('PreToolUse', { tool_call_id: 'c' });
const vscode = claudeLike('PreToolUse', { timestamp: '2026-01-01' });
const copilot = (tool: string, args: unknown) => ({ sessionId: 's', timestamp: 0, toolName: tool, toolArgs: JSON.stringify(args) });
const cursor = claudeLike('preToolUse', { conversation_id: 's', generation_id: 'g', cursor_version: '2.0', user_email: null });
const windsurf = (action: string, info: unknown) => ({
  agent_action_name: action,
  trajectory_id: 's',
  execution_id: 'e',
  timestamp: '',
  tool_info: info,
});
const cline = (tool: string, parameters: unknown) => ({
  clineVersion: '3',
  hookName: 'PreToolUse',
  timestamp: '',
  taskId: 's',
  userId: 'u',
  preToolUse: { toolName: tool, parameters },
});
const opencode = (tool: string, args: unknown) => ({ event: 'tool.execute.before', tool, sessionID: 's', callID: 'c', args });

const WORDS: Readonly<Record<string, Words>> = {
  codex: {
    edit: (from, to) => codex('apply_patch', { command: hunk(from, to) }),
    write: (path, text) => codex('apply_patch', { command: patch(`*** Add File: ${path}`, ...text.split('\n').map((line) => `+${line}`)) }),
    shell: (line) => codex('exec_command', { cmd: line }),
    look: codex('read_file', { path: 'policy.json' }),
    broken: codex('apply_patch', { command: 'hello' }),
    allowed: { stdout: '' },
    reason: claudeReason,
  },
  'gemini-cli': {
    edit: (from, to) => gemini('replace', { file_path: 'policy.json', instruction: '', old_string: from, new_string: to }),
    write: (path, text) => gemini('write_file', { file_path: path, content: text }),
    shell: (line) => gemini('run_shell_command', { command: line, description: '' }),
    look: gemini('read_file', { file_path: 'policy.json' }),
    broken: gemini('write_file', { file_path: 'policy.json' }),
    allowed: { stdout: '' },
    reason: (ran) => {
      const document = only(ran, 0) as { reason: string };
      assert.deepEqual(document, { decision: 'deny', reason: document.reason });
      return document.reason;
    },
  },
  'qwen-code': {
    edit: (from, to) => qwen('edit', { file_path: 'policy.json', old_string: from, new_string: to }),
    write: (path, text) => qwen('write_file', { file_path: path, content: text }),
    shell: (line) => qwen('run_shell_command', { command: line }),
    look: qwen('read_file', { file_path: 'policy.json' }),
    broken: qwen('edit', { file_path: 'policy.json', new_string: 'x' }),
    allowed: { stdout: '' },
    reason: claudeReason,
  },
  'vscode-chat': {
    edit: (from, to) =>
      vscode('multi_replace_string_in_file', {
        explanation: '',
        replacements: [{ filePath: 'policy.json', oldString: from, newString: to }],
      }),
    write: (path, text) => vscode('create_file', { filePath: path, content: text }),
    shell: (line) => vscode('run_in_terminal', { command: line, explanation: '', goal: '', mode: 'sync' }),
    look: vscode('read_file', { filePath: 'policy.json' }),
    broken: vscode('replace_string_in_file', { filePath: 'policy.json', oldString: 'x' }),
    allowed: { stdout: '' },
    reason: claudeReason,
  },
  'copilot-cli': {
    edit: (from, to) => copilot('edit', { path: 'policy.json', old_str: from, new_str: to }),
    write: (path, text) => copilot('create', { path, file_text: text }),
    shell: (line) => copilot('bash', { command: line, description: '' }),
    look: copilot('view', { path: 'policy.json' }),
    broken: copilot('edit', { path: 'policy.json', old_str: 'x' }),
    allowed: { stdout: '' },
    reason: (ran) => {
      const document = only(ran, 0) as { permissionDecisionReason: string };
      assert.deepEqual(document, { permissionDecision: 'deny', permissionDecisionReason: document.permissionDecisionReason });
      return document.permissionDecisionReason;
    },
  },
  cursor: {
    edit: (from, to) => cursor('Write', { file_path: 'policy.json', content: POLICY.replace(from, to) }),
    write: (path, text) => cursor('Write', { file_path: path, content: text }),
    shell: (line) => ({ hook_event_name: 'beforeShellExecution', conversation_id: 's', command: line, sandbox: false }),
    look: cursor('Read', { file_path: 'policy.json' }),
    broken: cursor('Write', { file_path: 'policy.json' }),
    allowed: { stdout: '{"permission":"allow"}\n' },
    reason: (ran) => {
      const document = only(ran, 0) as { user_message: string };
      assert.deepEqual(document, { permission: 'deny', user_message: document.user_message, agent_message: document.user_message });
      return document.user_message;
    },
  },
  windsurf: {
    edit: (from, to) => windsurf('pre_write_code', { file_path: 'policy.json', edits: [{ old_string: from, new_string: to }] }),
    write: (path, text) => windsurf('pre_write_code', { file_path: path, edits: [{ old_string: '', new_string: text }] }),
    shell: (line) => windsurf('pre_run_command', { command_line: line }),
    look: windsurf('pre_read_code', { file_path: 'policy.json' }),
    broken: windsurf('pre_write_code', { file_path: 'policy.json' }),
    allowed: { stdout: '' },
    reason: byExitCode,
  },
  cline: {
    edit: (from, to) =>
      cline('replace_in_file', {
        path: 'policy.json',
        diff: `------- SEARCH\n${lineOf(from)}\n=======\n${lineOf(from).replace(from, to)}\n+++++++ REPLACE\n`,
      }),
    write: (path, text) => cline('write_to_file', { path, content: text }),
    shell: (line) => cline('execute_command', { command: line, requires_approval: 'false' }),
    look: cline('read_file', { path: 'policy.json' }),
    broken: cline('write_to_file', { path: 'policy.json' }),
    allowed: { stdout: '{"cancel":false}\n' },
    reason: (ran) => {
      const document = only(ran, 0) as { errorMessage: string };
      assert.deepEqual(document, { cancel: true, errorMessage: document.errorMessage });
      return document.errorMessage;
    },
  },
  opencode: {
    edit: (from, to) => opencode('edit', { filePath: 'policy.json', oldString: from, newString: to }),
    write: (path, text) => opencode('write', { filePath: path, content: text }),
    shell: (line) => opencode('bash', { command: line, description: '' }),
    look: opencode('read', { filePath: 'policy.json' }),
    broken: opencode('edit', { filePath: 'policy.json' }),
    allowed: { stdout: '' },
    reason: byExitCode,
  },
};

void test('every agent but Claude Code, which has a table of its own, is in the table', () => {
  assert.deepEqual(
    AGENTS.map(({ id }) => id)
      .filter((id) => id !== 'claude-code')
      .toSorted(),
    Object.keys(WORDS).toSorted(),
  );
});

for (const [id, words] of Object.entries(WORDS)) {
  void describe(`${id} hook`, () => {
    const scene = new Scene().patient();
    after(() => scene.remove());
    const run = (payload: unknown): Promise<Ran> => scene.run('hook.js', [id], { input: JSON.stringify(payload) });
    const allowed = async (payload: unknown): Promise<void> => {
      const ran = await run(payload);
      assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code: 0, stdout: words.allowed.stdout }, ran.stderr);
    };
    const denied = async (payload: unknown, why: RegExp): Promise<void> => {
      const text = words.reason(await run(payload));
      assert.match(text, why);
      assert.ok(text.trim().length > 0);
    };

    void test('lets looking, harmless commands and narrowing edits pass', async () => {
      await allowed(words.look);
      await allowed(words.shell('git status && npm test'));
      await allowed(words.shell('mkdir -p build && cp README.md build/'));
      await allowed(words.write('notes.txt', 'hello'));
    });
    void test('holds what opens a policy, by edit, by a new file and by a command', async () => {
      await denied(words.edit(ROLE, EVERYONE), /^Held by Countersign as H-/);
      await denied(words.write('open/policy.json', OPENED), /^Held by Countersign as H-/);
      await denied(words.shell(`cat > policy.json <<'EOF'\n${OPENED}\nEOF\n`), /^Held by Countersign as H-/);
      await denied(words.shell('sed -i -f changes.sed policy.json'), /^Held by Countersign as H-.*cannot be read/s);
      await denied(words.shell('aws iam create-access-key --user-name bob'), /^Held by Countersign as H-.*access key/s);
    });
    void test('closes on what it cannot read, and on shells that nobody can follow', async () => {
      await denied(words.broken, /^Countersign closed the gate: /);
      await denied(words.shell('bash --norc'), /^Countersign closed the gate: .*opens bash/s);
      for (const garbage of ['', 'not json', '[]', '{"a":']) {
        const ran = await scene.run('hook.js', [id], { input: garbage });
        assert.match(words.reason(ran), /^Countersign closed the gate: /, garbage);
      }
    });
  });
}

void describe('a hook file that other agents read too', () => {
  const scene = new Scene().patient();
  after(() => scene.remove());
  const open = { filePath: 'open/policy.json', content: OPENED };
  const cases: readonly (readonly [string, string, unknown, (ran: Ran) => string])[] = [
    ['claude-code', 'VS Code by its call id', { ...vscode('create_file', open), tool_use_id: 'call_1__vscode-9' }, claudeReason],
    ['claude-code', 'VS Code by its tools', vscode('create_file', open), claudeReason],
    ['copilot-cli', 'VS Code', vscode('create_file', open), claudeReason],
    [
      'vscode-chat',
      'Copilot CLI',
      copilot('create', { path: 'open/policy.json', file_text: OPENED }),
      (ran) => WORDS['copilot-cli']?.reason(ran) ?? '',
    ],
  ];
  for (const [id, who, payload, reason] of cases) {
    void test(`${id} answers ${who} in its own words`, async () => {
      assert.match(reason(await scene.run('hook.js', [id], { input: JSON.stringify(payload) })), /^Held by Countersign/);
    });
  }
});
