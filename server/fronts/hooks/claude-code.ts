import { blocked, claudeDenial, claudeStop, silence } from './answer.ts';
import { claudeLike, names, parserOf } from './dialect.ts';
import { type Fields, isFields } from './fields.ts';
import type { AgentHook, ParsedCall } from './tool-call.ts';

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
  allow: silence,
  deny: claudeDenial,
  halt: claudeStop,
  crash: blocked,
};

function parse(payload: unknown): ParsedCall {
  // `Config` sets what Claude Code itself may do; given no value it only reads.
  if (isFields(payload) && payload['tool_name'] === 'Config' && isFields(payload['tool_input'])) {
    const { value } = payload['tool_input'];
    if (value === undefined) return { kind: 'nothing' };
    const asked = read({ ...payload, tool_input: { path: '~/.claude/settings.json' } });
    return asked;
  }
  return read(payload);
}

const read = parserOf({
  envelope: (payload) => {
    const envelope = claudeLike(payload);
    const response = payload['tool_response'];
    return typeof envelope === 'object' && isFields(response) ? { ...envelope, original: originalIn(response) } : envelope;
  },
  looks: names(
    'Read Glob Grep LS NotebookRead WebFetch WebSearch Task Agent TodoWrite TaskCreate TaskGet TaskList TaskUpdate TaskOutput TaskStop ' +
      'BashOutput KillShell KillBash Skill SlashCommand ExitPlanMode EnterPlanMode AskUserQuestion ToolSearch LSP ' +
      'ListMcpResourcesTool ReadMcpResourceTool SendMessage CronCreate CronDelete CronList EnterWorktree ExitWorktree StructuredOutput',
  ),
  edits: names('Edit MultiEdit Write NotebookEdit'),
  shells: { Bash: ['command'], PowerShell: ['command'], Monitor: ['command'] },
});

/** A file that was created has no original; an old text may be empty too. */
function originalIn(response: Fields): string | undefined {
  const original = response['originalFile'];
  if (typeof original === 'string') return original;
  return original === null || response['type'] === 'create' ? '' : undefined;
}
