import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeIfThere, sentenceOf, writeWhole } from './small-file.ts';
import type { GateContext } from './types.ts';

/** While this file is in the state folder, every hooked agent is stopped at its next tool call. */
export type Halt = { readonly since: string; readonly by: string; readonly reason: string };

/**
 * Undefined when agents may go on. A file that cannot be understood still halts: whoever damages it gains nothing.
 * Loaded on the cold path of the hooks.
 */
export function readHalt(stateFolder: string): Halt | undefined {
  let text: string;
  try {
    text = readFileSync(fileOf(stateFolder), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : UNREADABLE;
  }
  try {
    const value: Partial<Halt> | null = JSON.parse(text);
    if (typeof value?.since === 'string' && typeof value.by === 'string' && typeof value.reason === 'string') {
      return { since: value.since, by: value.by, reason: value.reason };
    }
  } catch {
    // Said below.
  }
  return UNREADABLE;
}

const UNREADABLE: Halt = { since: '', by: 'somebody', reason: 'the file that says why cannot be read' };

/** Stops every hooked agent. A sentence when that could not be done; when only the record failed, agents are stopped all the same. */
export async function halt(by: string, reason: string, context: GateContext): Promise<string | undefined> {
  try {
    mkdirSync(context.stateFolder, { recursive: true, mode: 0o700 });
    writeWhole(fileOf(context.stateFolder), JSON.stringify({ since: context.now().toISOString(), by, reason } satisfies Halt));
  } catch (error) {
    return `Agents could not be stopped: ${sentenceOf(error)}`;
  }
  const appended = await context.ledger.append({ kind: 'halted', cause: reason, policy: context.policy.digest });
  return appended.ok ? undefined : `Agents are stopped, but the log could not be written. ${appended.problem.message}`;
}

/** Lets agents go on; recorded first. A sentence when that could not be done. */
export async function resume(reason: string, context: GateContext): Promise<string | undefined> {
  const appended = await context.ledger.append({ kind: 'resumed', cause: reason, policy: context.policy.digest });
  if (!appended.ok) return `Agents stay stopped, because the log could not be written. ${appended.problem.message}`;
  try {
    removeIfThere(fileOf(context.stateFolder));
    return undefined;
  } catch (error) {
    return `Agents stay stopped: ${sentenceOf(error)}`;
  }
}

function fileOf(stateFolder: string): string {
  return join(stateFolder, 'halt.json');
}
