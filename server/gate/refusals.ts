/**
 * What agents were refused lately: one small file each, made exclusively, so that several processes add up without a lock and
 * the same suggestion again is the same file.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { agentId } from './agent-names.ts';
import { createWholeAside, writeWholeAside } from './aside-file.ts';
import { readWhole, removeIfThere } from './small-file.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import type { GateContext } from './types.ts';

/** One refusal, as kept in the folder `refusals`. */
export type Refusal = {
  /** Milliseconds since 1970. */
  readonly when: number;
  readonly agent: string;
  readonly session: string;
  readonly hold: string;
  readonly means: 'file' | 'command' | 'tool';
  readonly paths: readonly string[];
  /** What would be opened, whatever the path. */
  readonly meanings: readonly string[];
  /** SHA-256 of the texts. */
  readonly texts: readonly string[];
};

/** Writes this refusal, removes those that are too old, and gives all others. */
export async function keepRefusal(refusal: Refusal, { stateFolder, policy }: GateContext): Promise<readonly Refusal[]> {
  const folder = ensureRoom(stateFolder, 'refusals');
  const file = `${agentId(refusal.agent)}.${refusal.hold}.${refusal.means}.json`;
  const oldest = refusal.when - policy.breaker.minutes * 60_000;
  const text = JSON.stringify(refusal);
  const isNew = await createWholeAside(join(folder, file), text);
  if (!isNew && (parsed(join(folder, file))?.when ?? 0) < oldest) await writeWholeAside(join(folder, file), text);
  return namesIn(folder)
    .filter((name) => name !== file)
    .flatMap((name) => {
      const other = parsed(join(folder, name));
      if (other !== undefined && other.when >= oldest) return [other];
      removeIfThere(join(folder, name));
      return [];
    });
}

/** Forgets what was refused, so that the next refusal does not trip at once. `agent`: undefined for all. Throws as fs does. */
export function forgetRefusals(stateFolder: string, agent: string | undefined): void {
  const folder = roomFolder(stateFolder, 'refusals');
  for (const name of namesIn(folder)) {
    if (agent === undefined || name.startsWith(`${agentId(agent)}.`)) removeIfThere(join(folder, name));
  }
}

/** Forgets one hold. Throws as fs does. */
export function forgetRefusalsOf(stateFolder: string, hold: string): void {
  const folder = roomFolder(stateFolder, 'refusals');
  for (const name of namesIn(folder)) if (name.includes(`.${hold}.`)) removeIfThere(join(folder, name));
}

function parsed(file: string): Refusal | undefined {
  try {
    const bytes = readWhole(file);
    const value: unknown = bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
    return isRefusal(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const isText = (one: unknown) => typeof one === 'string';
  return (
    typeof fields.get('when') === 'number' &&
    ['agent', 'session', 'hold', 'means'].every((name) => isText(fields.get(name))) &&
    ['paths', 'meanings', 'texts'].every((name) => {
      const list = fields.get(name);
      return Array.isArray(list) && list.every(isText);
    })
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  } catch {
    // No folder yet: nothing was ever refused.
    return [];
  }
}
