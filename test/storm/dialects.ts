import type { Ended } from './scene.ts';

/** What an agent made of its hook's answer. */
export type Answer =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny'; readonly reason: string }
  /** It was killed: the command in the agent's settings makes a denial of that. */
  | { readonly kind: 'none' }
  /** Nothing that the agent documents: it might go on. */
  | { readonly kind: 'foreign'; readonly what: string };

export type Dialect = {
  readonly id: string;
  readonly session: string;
  readonly before: (call: string, path: string, from: string, to: string, whole: string) => object;
  readonly after: (call: string, path: string, from: string, to: string, whole: string) => object;
  readonly allowed: string;
  /** The reason in the one document that the agent knows as a denial; undefined for any other. */
  readonly reasonIn: (document: Record<string, unknown>) => unknown;
};

/** Four agents that say the same things in four ways. */
export const DIALECTS: readonly Dialect[] = [
  {
    id: 'claude-code',
    session: 'storm-claude',
    before: (call, path, from, to) =>
      claude('PreToolUse', 'storm-claude', call, 'Edit', { file_path: path, old_string: from, new_string: to }),
    after: (call, path, from, to) => ({
      ...claude('PostToolUse', 'storm-claude', call, 'Edit', { file_path: path, old_string: from, new_string: to }),
      tool_response: { filePath: path },
    }),
    allowed: '',
    reasonIn: claudeReason,
  },
  {
    id: 'codex',
    session: 'storm-codex',
    before: (call, path, from, to) => claude('PreToolUse', 'storm-codex', call, 'apply_patch', { command: patch(path, from, to) }),
    after: (call, path, from, to) => ({
      ...claude('PostToolUse', 'storm-codex', call, 'apply_patch', { command: patch(path, from, to) }),
      tool_response: 'Done',
    }),
    allowed: '',
    reasonIn: claudeReason,
  },
  {
    id: 'gemini-cli',
    session: 'storm-gemini',
    before: (_call, path, from, to) => gemini('BeforeTool', { file_path: path, instruction: '', old_string: from, new_string: to }),
    after: (_call, path, from, to) => ({
      ...gemini('AfterTool', { file_path: path, instruction: '', old_string: from, new_string: to }),
      tool_response: { llmContent: 'ok' },
    }),
    allowed: '',
    reasonIn: ({ decision, reason, ...rest }) => (decision === 'deny' && none(rest) ? reason : undefined),
  },
  {
    id: 'cursor',
    session: 'storm-cursor',
    before: (call, path, from, to, whole) =>
      claude('preToolUse', 'storm-cursor', call, 'Write', { file_path: path, content: whole.replace(from, to) }, CURSOR),
    after: (_call, path, from, to) => ({
      hook_event_name: 'afterFileEdit',
      ...CURSOR,
      file_path: path,
      edits: [{ old_string: from, new_string: to }],
    }),
    allowed: '{"permission":"allow"}\n',
    reasonIn: ({ permission, user_message, agent_message, ...rest }) =>
      permission === 'deny' && user_message === agent_message && none(rest) ? agent_message : undefined,
  },
];

/** As the agent takes it. Exit code 2 with its reason on stderr blocks in all four. */
export function answerOf(dialect: Dialect, { code, signal, out, err }: Ended): Answer {
  if (signal === 'SIGKILL') return { kind: 'none' };
  if (code === 0 && out === dialect.allowed) return { kind: 'allow' };
  if (code === 2 && out === '' && err.trim() !== '') return { kind: 'deny', reason: err };
  const reason = code === 0 ? denialIn(dialect, out) : undefined;
  return reason === undefined
    ? { kind: 'foreign', what: `${dialect.id}: exit ${code ?? signal}, ${JSON.stringify(out)}, ${JSON.stringify(err)}` }
    : { kind: 'deny', reason };
}

function denialIn({ reasonIn }: Dialect, out: string): string | undefined {
  if (!out.endsWith('\n') || out.trim().includes('\n')) return undefined;
  try {
    const document: unknown = JSON.parse(out);
    const reason = isRecord(document) ? reasonIn(document) : undefined;
    return typeof reason === 'string' && reason !== '' ? reason : undefined;
  } catch {
    return undefined;
  }
}

const CURSOR = { conversation_id: 'storm-cursor', generation_id: 'g', cursor_version: '2.0', user_email: null };

function claude(event: string, session: string, call: string, tool: string, input: object, more: object = {}): object {
  return {
    session_id: session,
    transcript_path: null,
    hook_event_name: event,
    tool_name: tool,
    tool_input: input,
    tool_use_id: call,
    ...more,
  };
}

function gemini(event: string, input: object): object {
  return {
    session_id: 'storm-gemini',
    transcript_path: null,
    hook_event_name: event,
    tool_name: 'replace',
    tool_input: input,
    timestamp: '',
  };
}

function claudeReason({ hookSpecificOutput: said, ...rest }: Record<string, unknown>): unknown {
  if (!isRecord(said) || !none(rest)) return undefined;
  const { hookEventName, permissionDecision, permissionDecisionReason, ...others } = said;
  return hookEventName === 'PreToolUse' && permissionDecision === 'deny' && none(others) ? permissionDecisionReason : undefined;
}

function patch(path: string, from: string, to: string): string {
  return ['*** Begin Patch', `*** Update File: ${path}`, '@@', `-${from}`, `+${to}`, '*** End Patch', ''].join('\n');
}

function none(rest: object): boolean {
  return Object.keys(rest).length === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
