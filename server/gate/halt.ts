import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWholeAside } from './aside-file.ts';
import { forgetRefusals } from './refusals.ts';
import { removeIfThere, writeWhole } from './small-file.ts';
import { systemWords } from '../ledger/system-words.ts';
import { listTrips, readTrip, tripFile } from './tripped.ts';
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
    return `Agents could not be stopped: ${systemWords(error)}`;
  }
  const appended = await context.ledger.append({ kind: 'halted', cause: reason, policy: context.policy.digest });
  return appended.ok ? undefined : `Agents are stopped, but the log could not be written. ${appended.problem.message}`;
}

/** The breaker stops every hooked agent. True when this call did: a halt that is there already stays as it is. Throws as fs does. */
export async function haltByBreaker(reason: string, { stateFolder, now }: GateContext): Promise<boolean> {
  const told: Halt = { since: now().toISOString(), by: 'The breaker', reason };
  return await createWholeAside(fileOf(stateFolder), JSON.stringify(told));
}

/**
 * Lets agents go on, those that the breaker stopped too; recorded first. `agent`: only this one, by name or id, of those that
 * the breaker stopped. A sentence when that could not be done.
 */
export async function resume(reason: string, context: GateContext, agent?: string): Promise<string | undefined> {
  const { stateFolder, ledger, policy } = context;
  const trips = agent === undefined ? listTrips(stateFolder) : [readTrip(stateFolder, agent) ?? []].flat();
  const tripped = trips.length === 0 ? '' : ` (the breaker had stopped ${trips.map((trip) => trip.agent).join(', ')})`;
  const appended = await ledger.append({ kind: 'resumed', cause: `${reason}${tripped}`, policy: policy.digest });
  if (!appended.ok) return `Agents stay stopped, because the log could not be written. ${appended.problem.message}`;
  try {
    // What was refused before must not stop them again at once.
    forgetRefusals(stateFolder, agent);
    for (const trip of trips) removeIfThere(tripFile(stateFolder, trip.agent));
    if (agent === undefined) removeIfThere(fileOf(stateFolder));
    return undefined;
  } catch (error) {
    return `Agents stay stopped: ${systemWords(error)}`;
  }
}

function fileOf(stateFolder: string): string {
  return join(stateFolder, 'halt.json');
}
