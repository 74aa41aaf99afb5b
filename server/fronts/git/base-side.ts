import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { isTable } from '../../engine/is-table.ts';
import { loadPolicy, type OrganizationPolicy, WORKSPACE_POLICY } from '../../gate/policy.ts';
import type { Policy } from '../../gate/types.ts';
import { readVerifyingKey } from '../../ledger/verifying-key.ts';
import type { EffectiveFiles } from './effective-files.ts';
import { bytesOf } from './objects.ts';
import type { Repository } from './repository.ts';

/** What decides about a change: all of it as it was before the change. */
export type BaseSide = {
  /** A copy of the base's own files, absolute: the workspace that policy and packs belong to. */
  readonly folder: string;
  readonly policy: Policy;
  /** A sentence: the base's policy cannot be used. */
  readonly closedBecause?: string | undefined;
  /** Key id → public key. */
  readonly keys: ReadonlyMap<string, string>;
  /** Key id → whose it is: the file's name without what tells the keys of one person apart. */
  readonly owners: ReadonlyMap<string, string>;
  readonly revoked: ReadonlySet<string>;
  /** Sentences about files that were meant as keys. */
  readonly notes: readonly string[];
};

export const KEYS_FOLDER = '.countersign/keys';

const KEY = /^\.countersign\/keys\/[^/]+\.pub$/;
const REVOKED = /^\.countersign\/keys\/revoked\/[^/]+\.pub$/;
/** Files below `.countersign` and in folders of packs. More are no rules. */
const MOST_FILES = 3000;

/**
 * Policy, packs and trusted keys of the base. A user's own policy has no say: the answer must be the same for everyone; the
 * organization's file counts where the machine has one. Only revoking a key counts from the change itself.
 * `root`: the repository's folder, where installed packages lie. Throws as fs does.
 */
export function baseSide(
  repository: Repository,
  base: EffectiveFiles,
  after: EffectiveFiles,
  folders: { readonly copy: string; readonly root: string; readonly organization?: OrganizationPolicy | undefined },
): BaseSide {
  mkdirSync(folders.copy, { recursive: true });
  copyOut(repository, base, folders.copy, (path) => path.startsWith('.countersign/') && !path.startsWith('.countersign/acks/'));
  copyPacks(repository, base, folders);
  const loaded = loadPolicy(folders.copy, undefined, { organization: folders.organization });
  const trusted = keysIn(repository, base, KEY);
  // The user's file is not asked, and a workspace's cannot say so: these are the organization's.
  const vouched = loaded.policy.trustedKeys;
  const revoked = [...keysIn(repository, base, REVOKED).keys.keys(), ...keysIn(repository, after, REVOKED).keys.keys()];
  return {
    folder: folders.copy,
    policy: loaded.policy,
    ...(loaded.ok ? {} : { closedBecause: `${loaded.problem} It is the policy of the base side that must be mended.` }),
    keys: new Map([...trusted.keys, ...vouched.map(({ id, text }) => [id, text] as const)]),
    owners: trusted.owners,
    revoked: new Set(revoked),
    notes: trusted.notes,
  };
}

type Keys = {
  readonly keys: ReadonlyMap<string, string>;
  readonly owners: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
};

function keysIn(repository: Repository, files: EffectiveFiles, pattern: RegExp): Keys {
  const named = [...files].flatMap(([path, content]) => (pattern.test(path) && content.kind === 'file' ? [{ path, id: content.id }] : []));
  const bytes = bytesOf(
    repository,
    named.map(({ id }) => id),
  );
  const keys = new Map<string, string>();
  const owners = new Map<string, string>();
  const notes: string[] = [];
  for (const { path, id } of named) {
    const text = bytes.get(id)?.toString('utf8') ?? '';
    const found = (text.match(KEYS_IN) ?? []).flatMap((one) => readVerifyingKey(one) ?? []);
    if (found.length === 0)
      notes.push(`${path} holds no public key that can sign (Ed25519 in PEM, SSH, WebAuthn), so it lets nobody acknowledge.`);
    for (const key of found) {
      keys.set(key.id, key.text);
      owners.set(key.id, posix.basename(path).replace(/(-[0-9a-f]{8})?\.pub$/, ''));
    }
  }
  return { keys, owners, notes };
}

const KEYS_IN =
  /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----|^(?:(?:sk-)?(?:ssh|ecdsa)-[\w@.-]+ [A-Za-z0-9+/=]+|webauthn [\w-]+ [\w-]+)/gm;

/** Packs that the base's policy names by path come from the base; installed ones from the disk, if the policy says what they must be. */
function copyPacks(repository: Repository, base: EffectiveFiles, folders: { readonly copy: string; readonly root: string }): void {
  const policy = base.get(WORKSPACE_POLICY);
  if (policy?.kind !== 'file') return;
  const text = bytesOf(repository, [policy.id]).get(policy.id)?.toString('utf8') ?? '';
  for (const entry of packEntries(text)) {
    const path = typeof entry === 'string' ? entry : entry['path'];
    if (typeof path === 'string') {
      const below = posix.normalize(path.replaceAll('\\', '/')).replace(/\/$/, '');
      if (below !== '.' && !below.startsWith('..') && !below.startsWith('/'))
        copyOut(repository, base, folders.copy, (file) => file.startsWith(`${below}/`));
    }
    const npm = typeof entry === 'string' ? undefined : entry['npm'];
    if (typeof npm !== 'string' || typeof entry === 'string' || (entry['lock'] === undefined && entry['keys'] === undefined)) continue;
    const installed = join(folders.root, 'node_modules', ...npm.split('/'));
    if (/^(@[\w.~-]+\/)?[\w~-][\w.~-]*$/.test(npm) && existsSync(installed))
      cpSync(installed, join(folders.copy, 'node_modules', ...npm.split('/')), { recursive: true, dereference: true });
  }
}

/** As far as it can be read: what is wrong with it is told when it is loaded. */
function packEntries(text: string): readonly (string | Readonly<Record<string, unknown>>)[] {
  if (!text.includes('packs')) return [];
  const { parseDocument }: typeof import('yaml') = require('yaml');
  const document: unknown = parseDocument(text).toJS({ maxAliasCount: 0 });
  const packs = isTable(document) ? document['packs'] : undefined;
  return Array.isArray(packs) ? packs.filter((entry) => typeof entry === 'string' || isTable(entry)) : [];
}

function copyOut(repository: Repository, files: EffectiveFiles, to: string, wanted: (path: string) => boolean): void {
  const chosen = [...files]
    .flatMap(([path, content]) => (content.kind === 'file' && wanted(path) && isSafe(path) ? [{ path, id: content.id }] : []))
    .slice(0, MOST_FILES);
  const bytes = bytesOf(
    repository,
    chosen.map(({ id }) => id),
  );
  for (const { path, id } of chosen) {
    const file = join(to, ...path.split('/'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes.get(id) ?? '');
  }
}

/** git refuses such names, but a tree can be made by hand. */
function isSafe(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part));
}
