import { homedir } from 'node:os';
import { join } from 'node:path';
import { blocked, printed, silence } from './answer.ts';
import { type Envelope, names, parserOf } from './dialect.ts';
import { type Fields, inputIn, textIn } from './fields.ts';
import type { AgentHook, Answer } from './tool-call.ts';

/**
 * GitHub Copilot CLI and its coding agent: https://docs.github.com/copilot/reference/hooks-configuration
 * The arguments may be a JSON text. Any exit code but 0 denies.
 */
export const copilotCli: AgentHook = {
  id: 'copilot-cli',
  name: 'Copilot CLI',
  projectVariable: 'COPILOT_PROJECT_DIR',
  parse: parserOf({
    envelope,
    looks: names(
      'view read glob grep rg list_bash read_bash stop_bash web_fetch web_search task report_intent show_file fetch_copilot_cli_documentation update_todo ask_user skill store_memory',
    ),
    edits: names('edit create apply_patch str_replace_editor str_replace Edit Write MultiEdit'),
    shells: { bash: ['command'], powershell: ['command'], shell: ['command'] },
    typing: { write_bash: ['input'], write_powershell: ['input'] },
  }),
  allow: silence,
  deny,
  halt: deny,
  crash: blocked,
};

function envelope(payload: Fields): Envelope | string | undefined {
  const tool = textIn(payload, 'toolName', 'tool_name');
  if (tool === undefined)
    return payload['toolArgs'] === undefined && payload['toolResult'] === undefined ? undefined : 'The hook payload has no toolName';
  return {
    phase: payload['toolResult'] === undefined && payload['tool_result'] === undefined ? 'before' : 'after',
    tool,
    input: inputIn(payload, 'toolArgs', 'tool_input', 'toolInput'),
    id: textIn(payload, 'toolCallId', 'tool_use_id'),
    session: textIn(payload, 'sessionId', 'session_id'),
    model: textIn(payload, 'model'),
    version: textIn(payload, 'copilotVersion', 'version'),
    cwd: textIn(payload, 'cwd'),
    transcript: textIn(payload, 'transcriptPath', 'transcript_path') ?? sessionFile(textIn(payload, 'sessionId', 'session_id')),
  };
}

/** Where the command line keeps a session, whose id is a plain name. */
function sessionFile(session: string | undefined): string | undefined {
  if (session === undefined || !/^[\w-]{8,64}$/.test(session)) return undefined;
  return join(homedir(), '.copilot', 'session-state', session, 'events.jsonl');
}

/** It has no stop of its own that also stops the call: halted, each call is denied. */
function deny(reason: string): Answer {
  return printed({ permissionDecision: 'deny', permissionDecisionReason: reason });
}
