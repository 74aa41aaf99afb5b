import { blocked, printed } from './answer.ts';
import { type Envelope, names, parserOf } from './dialect.ts';
import { type Fields, fieldsIn, isFields, textIn } from './fields.ts';
import type { AgentHook, Answer } from './tool-call.ts';

/** Cline: https://docs.cline.bot/features/hooks — one script for each event, answering `cancel`. */
export const cline: AgentHook = {
  id: 'cline',
  name: 'Cline',
  projectVariable: 'CLINE_PROJECT_DIR',
  parse: parserOf({
    envelope,
    looks: names(
      'read_file list_files search_files list_code_definition_names browser_action ask_followup_question attempt_completion plan_mode_respond web_fetch web_search load_mcp_documentation access_mcp_resource new_task condense focus_chain use_skill',
    ),
    edits: names('write_to_file replace_in_file apply_patch new_rule editor'),
    shells: { execute_command: ['command'] },
  }),
  allow: () => printed({ cancel: false }),
  deny,
  halt: deny,
  crash: blocked,
};

function envelope(payload: Fields): Envelope | string | undefined {
  const phase = payload['postToolUse'] === undefined ? 'before' : 'after';
  const use = fieldsIn(payload, 'preToolUse', 'postToolUse');
  if (use === undefined)
    return textIn(payload, 'hookName')?.includes('ToolUse') === true ? 'The hook payload has no preToolUse' : undefined;
  const tool = textIn(use, 'toolName', 'tool');
  if (tool === undefined) return 'The hook payload has no toolName';
  const roots: unknown = payload['workspaceRoots'];
  const root: unknown = Array.isArray(roots) ? roots[0] : undefined;
  const input = fieldsIn(use, 'parameters');
  return {
    phase,
    tool,
    input: input === undefined ? undefined : unpacked(input),
    session: textIn(payload, 'taskId'),
    version: textIn(payload, 'clineVersion'),
    model: isFields(payload['model']) ? textIn(payload['model'], 'slug', 'id') : textIn(payload, 'model'),
    cwd: typeof root === 'string' ? root : isFields(root) ? textIn(root, 'path') : undefined,
  };
}

/** `replace_in_file` writes its steps as one text of SEARCH and REPLACE blocks. */
function unpacked(input: Fields): Fields {
  const diff = textIn(input, 'diff');
  if (diff === undefined || !/^-{3,} SEARCH|^<{3,} SEARCH/m.test(diff)) return input;
  const blocks = [...diff.matchAll(/^[-<]{3,} SEARCH>?\n([^]*?)^={3,}\n([^]*?)^[+>]{3,} REPLACE>?$/gm)];
  return { path: input['path'], edits: blocks.map(([, from = '', to = '']) => ({ old_string: from, new_string: to })) };
}

/** It has no stop of its own that also stops the call: halted, each call is denied. */
function deny(reason: string): Answer {
  return printed({ cancel: true, errorMessage: reason });
}
