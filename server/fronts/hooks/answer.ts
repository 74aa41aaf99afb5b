import { writeSync } from 'node:fs';
import type { AgentHook, Answer } from './tool-call.ts';

export function closed(agent: AgentHook, cause: string): Answer {
  return agent.deny(`Countersign closed the gate: ${cause} Nothing was written. Do not work around it.`);
}

/** Nothing on stdout, and 0: where that means going on. */
export function silence(): Answer {
  return { stdout: '', stderr: '', exitCode: 0 };
}

/** Exit code 2 with its reason on stderr: where that blocks, and the last resort everywhere. */
export function blocked(reason: string): Answer {
  return { stdout: '', stderr: `${reason}\n`, exitCode: 2 };
}

/** One JSON document, alone on its line. */
export function printed(document: object): Answer {
  return { stdout: `${JSON.stringify(document)}\n`, stderr: '', exitCode: 0 };
}

/** Claude Code's denial, which several agents took over: exactly these keys. */
export function claudeDenial(reason: string): Answer {
  return printed(denial(reason));
}

/** Its stop: the call is denied as well, for agents that know only that. */
export function claudeStop(reason: string): Answer {
  return printed({ continue: false, stopReason: reason, ...denial(reason) });
}

function denial(reason: string): object {
  return { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: reason } };
}

/** Writes the one answer and ends the process: an open stdin must not keep it alive. */
export function finish({ stdout, stderr, exitCode }: Answer): void {
  let code = exitCode;
  try {
    if (stderr !== '') writeAll(2, stderr);
    if (stdout !== '') writeAll(1, stdout);
  } catch {
    // The denial may not have arrived: only the exit code is left to close with.
    code = 2;
  }
  process.exit(code);
}

function writeAll(handle: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  const limit = Date.now() + 1000;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(handle, bytes, at);
    } catch (error) {
      // A full pipe that does not block: its reader needs a moment.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN') || Date.now() > limit) throw error;
    }
  }
}
