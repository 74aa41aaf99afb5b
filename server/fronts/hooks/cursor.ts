import { blocked, printed } from './answer.ts';
import { claudeLike, type Envelope, names, parserOf } from './dialect.ts';
import { type Fields, textIn } from './fields.ts';
import type { AgentHook, Answer } from './tool-call.ts';

/**
 * Cursor: https://cursor.com/docs/agent/hooks
 * With `failClosed` an empty stdout blocks, so allowing is always printed. The model sees `user_message`.
 */
export const cursor: AgentHook = {
  id: 'cursor',
  name: 'Cursor',
  projectVariable: 'CURSOR_PROJECT_DIR',
  parse: parserOf({
    envelope,
    looks: names('Read Grep Glob LS Search SemanticSearch WebSearch WebFetch Task TodoWrite ReadLints AskQuestion'),
    edits: names('Write Edit StrReplace MultiEdit ApplyPatch TabWrite'),
    shells: { Shell: ['command'], Bash: ['command'], beforeShellExecution: ['command'] },
  }),
  allow: () => printed({ permission: 'allow' }),
  deny,
  halt: deny,
  crash: blocked,
};

/** Some events have no tool: the event says what it is about. */
function envelope(payload: Fields): Envelope | string | undefined {
  const event = textIn(payload, 'hook_event_name');
  const common = {
    id: textIn(payload, 'tool_use_id', 'generation_id'),
    session: textIn(payload, 'conversation_id', 'session_id'),
    model: textIn(payload, 'model'),
    version: textIn(payload, 'cursor_version'),
    cwd: textIn(payload, 'cwd') ?? firstRoot(payload['workspace_roots']),
    transcript: textIn(payload, 'transcript_path'),
  };
  if (event === 'beforeShellExecution') return { ...common, phase: 'before', tool: event, input: payload };
  if (event === 'afterFileEdit' || event === 'afterTabFileEdit') return { ...common, phase: 'after', tool: 'Edit', input: payload };
  const read = claudeLike(payload);
  return typeof read === 'object' ? { ...read, ...common } : read;
}

function firstRoot(roots: unknown): string | undefined {
  const root: unknown = Array.isArray(roots) ? roots[0] : undefined;
  return typeof root === 'string' ? root : undefined;
}

/** It has no stop of its own that also stops the call: halted, each call is denied. */
function deny(reason: string): Answer {
  return printed({ permission: 'deny', user_message: reason, agent_message: reason });
}
