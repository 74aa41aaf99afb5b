import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pack } from '../engine/rules/pack.ts';
import { lockDifferences, readLock, signatureProblem } from './pack-lock.ts';

/** The packs beside the built-in ones, and what kept others from being loaded. */
export type LoadedPacks = {
  readonly packs: readonly Pack[];
  /** Sentences with file, line and remedy. While there is one, some rules are not asked: the gate closes on watched paths. */
  readonly problems: readonly string[];
};

/** A folder of packs with its lock. `keys`: public keys (PEM), one of which must have signed the lock; none: it need not be signed. */
export type PackFolder = { readonly folder: string; readonly keys: readonly string[] };

const NONE: LoadedPacks = { packs: [], problems: [] };

/**
 * Loads packs from these folders (organization, user, workspace): only what is locked and, where keys are given, signed.
 * A pack that cannot be read is a problem and takes no other down. A rule's id that was there before counts no second time,
 * so that no later folder replaces a rule of an earlier one.
 */
export function loadPacks(folders: readonly PackFolder[]): LoadedPacks {
  const there = folders.filter(({ folder }) => existsSync(folder));
  if (there.length === 0) return NONE;
  const loaded = there.map(loadFolder);
  return { packs: loaded.flatMap(({ packs }) => packs), problems: loaded.flatMap(({ problems }) => problems) };
}

function loadFolder({ folder, keys }: PackFolder): LoadedPacks {
  const read = readLock(folder);
  if (!read.ok) return { packs: [], problems: [`The packs in ${folder} are not loaded: ${read.problem}`] };
  const signature = keys.length === 0 ? undefined : signatureProblem(folder, read.text, keys);
  const wrong = [...(signature === undefined ? [] : [signature]), ...lockDifferences(read.lock, folder)];
  if (wrong.length > 0) {
    return {
      packs: [],
      problems: [`The packs in ${folder} are not loaded: ${wrong.slice(0, 3).join(' ')} Look at the change, then: countersign pack lock`],
    };
  }
  // Loaded by need: most workspaces have no packs of their own, and reading YAML costs time.
  const { parsePack }: typeof import('../engine/rules/parse-pack.ts') = require('../engine/rules/parse-pack.ts');
  const packs: Pack[] = [];
  const problems: string[] = [];
  for (const name of Object.keys(read.lock.files).filter((file) => /\.(ya?ml|json)$/.test(file))) {
    const file = join(folder, name);
    const parsed = parsePack(file, readFileSync(file, 'utf8'));
    if (parsed.ok) packs.push(parsed.pack);
    else
      problems.push(
        ...parsed.problems.slice(0, 3).map(({ line, message }) => `${file}, line ${line}: ${message} Its rules are not asked until then.`),
      );
  }
  return { packs, problems };
}
