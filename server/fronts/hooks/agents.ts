import { claudeCode } from './claude-code.ts';
import { cline } from './cline.ts';
import { codexCli } from './codex-cli.ts';
import { copilotCli } from './copilot-cli.ts';
import { cursor } from './cursor.ts';
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
