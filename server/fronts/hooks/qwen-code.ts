import { blocked, claudeDenial, claudeStop, silence } from './answer.ts';
import { claudeLike, names, parserOf } from './dialect.ts';
import type { AgentHook } from './tool-call.ts';

/** Qwen Code: Gemini CLI's tools, Claude Code's hook payloads and answers. */
export const qwenCode: AgentHook = {
  id: 'qwen-code',
  name: 'Qwen Code',
  projectVariable: 'QWEN_PROJECT_DIR',
  parse: parserOf({
    envelope: claudeLike,
    looks: names(
      'read_file read_many_files list_directory glob grep_search search_file_content web_fetch web_search todo_write save_memory task skill exit_plan_mode ask_user_question lsp',
    ),
    edits: names('edit replace write_file'),
    shells: { run_shell_command: ['command'] },
  }),
  allow: silence,
  deny: claudeDenial,
  halt: claudeStop,
  crash: blocked,
};
