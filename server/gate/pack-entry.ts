import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { LOCK_FILE } from './pack-lock.ts';
import type { PackFolder } from './packs.ts';
import type { PolicySettings } from './policy-schema.ts';

/** One entry of a policy's `packs`, as written. */
export type PackEntry = NonNullable<PolicySettings['packs']>[number];

/**
 * Where an entry's packs lie. Paths begin at `root`: the workspace for its own policy, else the folder of the policy file.
 * `packs`: where that layer keeps its added packs.
 */
export function packFolderOf(
  entry: PackEntry,
  place: string,
  layer: { readonly root: string; readonly packs: string; readonly file: string },
): PackFolder {
  const { keys, problem } = keysOf(entry.keys ?? [], dirname(layer.file));
  return { folder: folderOf(entry, layer), keys, lock: entry.lock, name: entry.name, place, problem };
}

function folderOf(entry: PackEntry, layer: { readonly root: string; readonly packs: string }): string {
  if (entry.path !== undefined) return resolve(layer.root, entry.path.replace(/^~(?=[/\\]|$)/, homedir()));
  if (entry.npm === undefined) return layer.packs;
  const folder = join(layer.root, 'node_modules', ...entry.npm.split('/'));
  // A package may keep its packs in a folder of their own.
  return [folder, join(folder, 'packs'), join(folder, 'rules')].find((one) => existsSync(join(one, LOCK_FILE))) ?? folder;
}

/** A key is written out in PEM, or stands in a file beside the policy. */
function keysOf(keys: readonly string[], beside: string): { readonly keys: readonly string[]; readonly problem?: string } {
  const read: string[] = [];
  for (const key of keys) {
    if (key.includes('-----BEGIN')) {
      read.push(key);
      continue;
    }
    const file = isAbsolute(key) ? key : resolve(beside, key.replace(/^~(?=[/\\]|$)/, homedir()));
    try {
      read.push(readFileSync(file, 'utf8'));
    } catch {
      return { keys: [], problem: `the public key ${file} cannot be read. Put it there, or write the key itself (PEM) into the policy.` };
    }
  }
  return { keys: read };
}
