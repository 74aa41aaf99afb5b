import { blocked, silence } from './answer.ts';
import { type Envelope, names, parserOf } from './dialect.ts';
import { type Fields, fieldsIn, textIn } from './fields.ts';
import type { AgentHook } from './tool-call.ts';

/** Windsurf (Cascade): https://docs.windsurf.com/windsurf/cascade/hooks — exit 2 blocks, and nothing else does. */
export const windsurf: AgentHook = {
  id: 'windsurf',
  name: 'Windsurf',
  projectVariable: 'ROOT_WORKSPACE_PATH',
  parse: parserOf({
    envelope,
    looks: names('pre_read_code post_read_code pre_user_prompt post_cascade_response post_setup_worktree'),
    edits: names('pre_write_code post_write_code'),
    shells: { pre_run_command: ['command_line', 'command'] },
  }),
  allow: silence,
  deny: blocked,
  halt: blocked,
  crash: blocked,
};

function envelope(payload: Fields): Envelope | string | undefined {
  const action = textIn(payload, 'agent_action_name');
  if (action === undefined) return 'The hook payload has no agent_action_name';
  // Its own words for "has run": nothing to stop any more.
  if (/^post_(run_command|mcp_tool_use)$/.test(action)) return undefined;
  const info = fieldsIn(payload, 'tool_info');
  return {
    phase: action.startsWith('post_') ? 'after' : 'before',
    tool: action,
    input: info,
    id: textIn(payload, 'execution_id'),
    session: textIn(payload, 'trajectory_id'),
    model: textIn(payload, 'model_name', 'model'),
    cwd: info === undefined ? undefined : textIn(info, 'cwd'),
  };
}
