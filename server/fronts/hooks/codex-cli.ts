import { blocked, claudeDenial, silence } from './answer.ts';
import { claudeLike, names, parserOf } from './dialect.ts';
import type { AgentHook } from './tool-call.ts';

/**
 * Codex CLI: https://developers.openai.com/codex/hooks
 * A bare allow, an empty reason, an unknown key or exit 2 without stderr marks the hook as failed, and the tool runs:
 * to allow, nothing is printed at all. It has no stop of its own; whoever halts it denies every call.
 */
export const codexCli: AgentHook = {
  id: 'codex',
  name: 'Codex CLI',
  projectVariable: 'CODEX_PROJECT_DIR',
  parse: parserOf({
    envelope: claudeLike,
    looks: names('update_plan view_image read_file list_dir grep_files web_search list_mcp_resources read_mcp_resource'),
    edits: names('apply_patch'),
    shells: {
      Bash: ['command', 'cmd'],
      shell: ['command'],
      local_shell: ['command'],
      shell_command: ['command'],
      exec_command: ['cmd', 'command'],
      container_exec: ['cmd'],
    },
    typing: { write_stdin: ['chars'] },
  }),
  allow: silence,
  deny: claudeDenial,
  halt: claudeDenial,
  crash: blocked,
};
