import type { AgentHook, Answer, CellMode, FileChange, ParsedCall, Replacement } from './tool-call.ts';
import { pathsIn, unknownChanges } from './unknown-tool.ts';

/**
 * Claude Code: https://code.claude.com/docs/en/hooks
 * Anything on stdout beside the one documented JSON document makes it ignore a denial, and so does any key it does not
 * know or an exit code other than 0 and 2; therefore exactly these keys and nothing else.
 */
export const claudeCode: AgentHook = {
  id: 'claude-code',
  name: 'Claude Code',
  projectVariable: 'CLAUDE_PROJECT_DIR',
  parse,
  allow: () => ({ stdout: '', stderr: '', exitCode: 0 }),
  deny,
  crash: (reason) => ({ stdout: '', stderr: `${reason}\n`, exitCode: 2 }),
};

function deny(reason: string): Answer {
  const document = {
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: reason },
  };
  return { stdout: `${JSON.stringify(document)}\n`, stderr: '', exitCode: 0 };
}

/**
 * Tools that write no file by themselves. Shell tools are here too: this release does not read commands, and says so in
 * the documentation. Whatever is not listed is looked at as a tool that may write.
 */
const WRITES_NOTHING = new Set(
  (
    'Read Glob Grep LS NotebookRead WebFetch WebSearch Task Agent TodoWrite TaskCreate TaskGet TaskList TaskUpdate TaskOutput TaskStop ' +
    'Bash BashOutput KillShell KillBash PowerShell Monitor Skill SlashCommand ExitPlanMode EnterPlanMode AskUserQuestion ToolSearch LSP ' +
    'ListMcpResourcesTool ReadMcpResourceTool SendMessage CronCreate CronDelete CronList EnterWorktree ExitWorktree StructuredOutput'
  ).split(' '),
);

const TOOLS: Readonly<Record<string, (input: Fields) => FileChange | string>> = {
  Edit: (input) => replacing(input, [input]),
  MultiEdit: (input) => (Array.isArray(input['edits']) ? replacing(input, input['edits']) : missing('edits', 'a list')),
  Write: (input) => {
    const path = pathIn(input, 'file_path');
    if (!path.ok) return path.cause;
    const content = input['content'];
    return typeof content === 'string' ? { kind: 'write', path: path.text, content } : missing('content', 'a text');
  },
  NotebookEdit: notebook,
};

function parse(payload: unknown): ParsedCall {
  if (!isFields(payload)) return problem('before', 'The hook payload is not a JSON object', {});
  const event = textIn(payload, 'hook_event_name');
  const tool = textIn(payload, 'tool_name');
  // Events without a tool (session start, prompts) change no file.
  if (event !== undefined && tool === undefined && event !== 'PreToolUse' && event !== 'PostToolUse') return { kind: 'nothing' };
  const phase = event?.startsWith('PostTool') ? 'after' : 'before';
  if (tool === undefined) return problem(phase, 'The hook payload has no tool_name', payload);
  if (WRITES_NOTHING.has(tool)) return { kind: 'nothing' };
  const input = payload['tool_input'];
  if (!isFields(input)) return problem(phase, `The hook payload of ${plain(tool)} has no tool_input`, payload);

  const known = Object.hasOwn(TOOLS, tool) ? TOOLS[tool] : undefined;
  const changed = known === undefined ? changesOf(tool, input) : known(input);
  if (typeof changed === 'string') return problem(phase, `The hook payload of ${plain(tool)} ${changed}`, payload);
  const changes = 'kind' in changed ? [changed] : changed;
  if (changes.length === 0) return { kind: 'nothing' };
  const response = payload['tool_response'];
  return {
    kind: 'call',
    call: {
      phase,
      tool,
      id: textIn(payload, 'tool_use_id'),
      session: textIn(payload, 'session_id'),
      model: textIn(payload, 'model'),
      cwd: textIn(payload, 'cwd'),
      transcript: textIn(payload, 'transcript_path'),
      changes,
      original: isFields(response) ? originalIn(response) : undefined,
    },
  };
}

/** A file that was created has no original; an old text may be empty too. */
function originalIn(response: Fields): string | undefined {
  const original = response['originalFile'];
  if (typeof original === 'string') return original;
  return original === null || response['type'] === 'create' ? '' : undefined;
}

/** Newer versions take these as texts too. */
const SWITCH = new Set<unknown>([undefined, null, true, false, 'true', 'false']);

function replacing(input: Fields, entries: readonly unknown[]): FileChange | string {
  const path = pathIn(input, 'file_path');
  if (!path.ok) return path.cause;
  const replacements: Replacement[] = [];
  for (const entry of entries) {
    if (!isFields(entry)) return 'has an entry in edits that is not an object';
    const from = entry['old_string'];
    const to = entry['new_string'];
    const all = entry['replace_all'];
    if (typeof from !== 'string') return missing('old_string', 'a text');
    if (typeof to !== 'string') return missing('new_string', 'a text');
    if (!SWITCH.has(all)) return missing('replace_all', 'true or false');
    replacements.push({ from, to, all: all === true || all === 'true' });
  }
  return { kind: 'replace', path: path.text, replacements };
}

function notebook(input: Fields): FileChange | string {
  const path = pathIn(input, 'notebook_path');
  if (!path.ok) return path.cause;
  const mode = input['edit_mode'] ?? 'replace';
  if (mode !== 'replace' && mode !== 'insert' && mode !== 'delete') return missing('edit_mode', 'replace, insert or delete');
  const source = input['new_source'] ?? (mode === 'delete' ? '' : undefined);
  if (typeof source !== 'string') return missing('new_source', 'a text');
  const cell = input['cell_id'] ?? input['cell_number'];
  if (cell !== undefined && typeof cell !== 'string' && typeof cell !== 'number') return missing('cell_id', 'a text');
  return { kind: 'notebook', path: path.text, cell, source, mode: mode satisfies CellMode };
}

/** `Config` sets what Claude Code may do; given no value it only reads. */
function changesOf(tool: string, input: Fields): readonly FileChange[] | string {
  if (tool === 'Config') return input['value'] === undefined ? [] : [{ kind: 'unknown', path: '~/.claude/settings.json' }];
  const found = unknownChanges(tool, input);
  return found.kind === 'problem' ? found.cause : found.changes;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textIn(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function pathIn(
  fields: Fields,
  key: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly cause: string } {
  const text = textIn(fields, key);
  if (text === undefined) return { ok: false, cause: missing(key, 'a path') };
  if (text.includes('\0')) return { ok: false, cause: `has a NUL character in ${key}` };
  return { ok: true, text };
}

function missing(key: string, what: string): string {
  return `has no ${key} that is ${what}`;
}

function problem(phase: 'before' | 'after', what: string, payload: Fields): ParsedCall {
  return {
    kind: 'problem',
    phase,
    paths: pathsIn([payload['tool_input'], payload['toolInput']]) ?? [],
    cwd: textIn(payload, 'cwd'),
    cause: `${what}, so the edit cannot be read. Update Countersign, or make this edit by hand in the editor.`,
  };
}

/** A tool's name goes into a sentence: one short line of it. */
function plain(name: string): string {
  return name.replace(/[^\w.-]/g, '?').slice(0, 60);
}
