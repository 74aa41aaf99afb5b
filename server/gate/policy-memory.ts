import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readWhole, removeIfThere, writeWhole } from './small-file.ts';
import type { Policy } from './types.ts';

/** That an organization's policy was in force: kept in the state folder, where no agent may write. */
export type SeenOrganization = {
  readonly file: string;
  /** Lower-case hex SHA-256 of the text. */
  readonly digest: string;
  /** ISO 8601: since when it has this digest. */
  readonly since: string;
};

const NAME = 'organization-policy.json';

/** What was in force the last time; undefined where none was. A file that cannot be read says nothing. */
export function seenOrganization(stateFolder: string): SeenOrganization | undefined {
  try {
    const bytes = readWhole(join(stateFolder, NAME));
    const found: unknown = bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
    return isSeen(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** True: there is nothing that rememberOrganization would write. */
export function isRemembered({ layers }: Pick<Policy, 'layers'>, stateFolder: string): boolean {
  const layer = layers.find(({ of }) => of === 'organization');
  if (layer?.text === undefined) return true;
  const known = seenOrganization(stateFolder);
  return known?.file === layer.file && known.digest === digestOf(layer.text);
}

/** Remembers the organization's policy, so that its absence is noticed. A file that says nothing withdraws it. Never throws. */
export function rememberOrganization({ layers }: Pick<Policy, 'layers'>, stateFolder: string, now: Date): void {
  const layer = layers.find(({ of }) => of === 'organization');
  if (layer?.text === undefined) return;
  try {
    if (saysNothing(layer.text)) {
      removeIfThere(join(stateFolder, NAME));
      return;
    }
    if (isRemembered({ layers }, stateFolder)) return;
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    const seen: SeenOrganization = { file: layer.file, digest: digestOf(layer.text), since: now.toISOString() };
    writeWhole(join(stateFolder, NAME), JSON.stringify(seen));
  } catch {
    // A folder that cannot be written keeps no log either, and that closes the gate.
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function saysNothing(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(#.*)?$/.test(line));
}

function isSeen(value: unknown): value is SeenOrganization {
  return (
    typeof value === 'object' &&
    value !== null &&
    'file' in value &&
    'digest' in value &&
    'since' in value &&
    [value.file, value.digest, value.since].every((one) => typeof one === 'string')
  );
}
