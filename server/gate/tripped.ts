import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentId } from './agent-names.ts';

/** While this file is in the state folder, the one agent is stopped at its next tool call. Written by breaker.ts. */
export type Trip = {
  /** Display name. */
  readonly agent: string;
  /** ISO 8601 */
  readonly since: string;
  /** A clause that follows "The breaker has stopped Codex CLI: ". */
  readonly cause: string;
  readonly why: 'held' | 'retry' | 'own-files' | 'unreadable';
  /** Ids of the holds it is about: when a person acknowledges one of them, a retry around it is settled. */
  readonly holds: readonly string[];
};

/**
 * Undefined when this agent may go on. A file that cannot be understood still stops it: whoever damages it gains nothing.
 * Loaded on the cold path of the hooks.
 */
export function readTrip(stateFolder: string, agent: string): Trip | undefined {
  return read(tripFile(stateFolder, agent), agent);
}

/** Every agent that the breaker has stopped. Never throws. */
export function listTrips(stateFolder: string): readonly Trip[] {
  try {
    return readdirSync(tripsFolder(stateFolder))
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .toSorted()
      .flatMap((name) => read(join(tripsFolder(stateFolder), name), name.slice(0, -'.json'.length)) ?? []);
  } catch {
    // No folder yet: nothing ever tripped.
    return [];
  }
}

/** For the agent's model, and for people. */
export function trippedSentence({ agent, cause }: Trip): string {
  return `Countersign's breaker has stopped ${agent}: ${cause}. Stop here and tell the person; only a person lets agents go on.`;
}

function tripsFolder(stateFolder: string): string {
  return join(stateFolder, 'tripped');
}

/** One small file for each agent that the breaker stopped. */
export function tripFile(stateFolder: string, agent: string): string {
  return join(tripsFolder(stateFolder), `${agentId(agent)}.json`);
}

/** `agent`: its name or id, which the file is named after; one that speaks of another agent is damaged. */
function read(file: string, agent: string): Trip | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : unreadable(agent);
  }
  try {
    const value: Partial<Trip> | null = JSON.parse(text);
    if (
      typeof value?.agent === 'string' &&
      agentId(value.agent) === agentId(agent) &&
      typeof value.since === 'string' &&
      typeof value.cause === 'string' &&
      Array.isArray(value.holds)
    ) {
      const why = WHYS.find((one) => one === value.why) ?? 'unreadable';
      return { agent: value.agent, since: value.since, cause: value.cause, why, holds: value.holds.map(String) };
    }
  } catch {
    // Said below.
  }
  return unreadable(agent);
}

const WHYS: readonly Trip['why'][] = ['held', 'retry', 'own-files'];

function unreadable(agent: string): Trip {
  return { agent, since: '', cause: 'the file that says why cannot be read', why: 'unreadable', holds: [] };
}
