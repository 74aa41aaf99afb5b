import { blocked, printed, silence } from './answer.ts';
import { claudeLike, names, parserOf } from './dialect.ts';
import { fieldsIn } from './fields.ts';
import type { AgentHook } from './tool-call.ts';

/**
 * Gemini CLI: https://geminicli.com/docs/hooks
 * Anything beside one JSON document on stdout, and any exit code but 0 and 2, lets the tool run.
 */
export const geminiCli: AgentHook = {
  id: 'gemini-cli',
  name: 'Gemini CLI',
  projectVariable: 'GEMINI_PROJECT_DIR',
  parse: parserOf({
    envelope: (payload) => {
      const envelope = claudeLike(payload);
      const shown = fieldsIn(fieldsIn(payload, 'tool_response') ?? {}, 'returnDisplay');
      const original = shown?.['originalContent'];
      return typeof envelope === 'object' && typeof original === 'string' ? { ...envelope, original } : envelope;
    },
    looks: names(
      'read_file read_many_files list_directory glob search_file_content grep_search google_web_search web_fetch write_todos get_internal_docs activate_skill ask_user enter_plan_mode exit_plan_mode codebase_investigator',
    ),
    edits: names('replace write_file edit'),
    shells: { run_shell_command: ['command'] },
  }),
  allow: silence,
  deny: (reason) => printed({ decision: 'deny', reason }),
  halt: (reason) => printed({ decision: 'deny', reason, continue: false, stopReason: reason }),
  crash: blocked,
};
