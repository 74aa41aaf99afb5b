import { blocked, claudeDenial, claudeStop, silence } from './answer.ts';
import { claudeLike, names, parserOf } from './dialect.ts';
import type { AgentHook } from './tool-call.ts';

/**
 * Chat agents of VS Code: https://code.visualstudio.com/docs/copilot/customization/hooks
 * Matchers are ignored, so the hook sees every tool. Exit 2 blocks; other codes warn and go on.
 */
export const vscodeChat: AgentHook = {
  id: 'vscode-chat',
  name: 'VS Code chat',
  projectVariable: 'VSCODE_PROJECT_DIR',
  parse: parserOf({
    envelope: claudeLike,
    looks: names(
      'read_file list_dir file_search grep_search semantic_search search get_errors get_changed_files get_terminal_output terminal_last_command ' +
        'terminal_selection fetch_webpage github_repo list_code_usages manage_todo_list test_search test_failure get_search_view_results ' +
        'vscode_searchExtensions_internal get_vscode_api open_simple_browser think runSubagent ask_questions view_image get_project_setup_info ' +
        'copilot_getNotebookSummary read_notebook_cell_output await_terminal kill_terminal tool_search memory',
    ),
    edits: names('create_file replace_string_in_file multi_replace_string_in_file apply_patch edit create'),
    shells: {
      run_in_terminal: ['command'],
      bash: ['command'],
      powershell: ['command'],
      create_and_run_task: ['command'],
      execution_subagent: ['command'],
    },
    typing: { send_to_terminal: ['command', 'input', 'text'] },
  }),
  allow: silence,
  deny: claudeDenial,
  halt: claudeStop,
  crash: blocked,
};
