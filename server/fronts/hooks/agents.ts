import { claudeCode } from './claude-code.ts';
import { cline } from './cline.ts';
import { codexCli } from './codex-cli.ts';
import { copilotCli } from './copilot-cli.ts';
import { cursor } from './cursor.ts';
import { isFields } from './fields.ts';
import { geminiCli } from './gemini-cli.ts';
import { openCode } from './opencode.ts';
import { qwenCode } from './qwen-code.ts';
import type { AgentHook } from './tool-call.ts';
import { vscodeChat } from './vscode-chat.ts';
import { windsurf } from './windsurf.ts';

/** Every agent whose hook is spoken here. To add one, copy the file of the agent most like it. */
export const AGENTS: readonly AgentHook[] = [
  claudeCode,
  codexCli,
  geminiCli,
  vscodeChat,
  copilotCli,
  cursor,
  windsurf,
  cline,
  openCode,
  qwenCode,
];

/**
 * Who really speaks: VS Code and Copilot read each other's hook files and Claude Code's, and start the hook that stands
 * there with payloads of their own. Otherwise the agent that the hook was started for.
 */
export function speakerOf(started: AgentHook, payload: unknown): AgentHook {
  if (!isFields(payload) || !SHARED.has(started.id)) return started;
  if (payload['toolArgs'] !== undefined) return copilotCli;
  const call = payload['tool_use_id'] ?? payload['toolUseId'];
  const isVscode =
    (typeof call === 'string' && call.includes('__vscode-')) || VSCODE_TOOLS.has(String(payload['tool_name'] ?? payload['toolName']));
  if (isVscode) return vscodeChat;
  return started.id === copilotCli.id && payload['tool_name'] !== undefined ? vscodeChat : started;
}

const SHARED: ReadonlySet<string> = new Set([claudeCode.id, vscodeChat.id, copilotCli.id]);
const VSCODE_TOOLS: ReadonlySet<string> = new Set([
  'create_file',
  'replace_string_in_file',
  'multi_replace_string_in_file',
  'insert_edit_into_file',
  'run_in_terminal',
]);
