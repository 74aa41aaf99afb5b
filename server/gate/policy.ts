import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackFolder } from './packs.ts';
import type { PolicySettings } from './policy-schema.ts';
import { organizationPolicyFile } from './state-folder.ts';
import type { Policy } from './types.ts';

/** Below the workspace; may only tighten. */
export const WORKSPACE_POLICY = '.countersign/policy.yaml';

/** Where a workspace keeps the packs it added. */
export const PACKS_FOLDER = '.countersign/packs';

const DEFAULTS: Omit<Policy, 'digest'> = {
  verdicts: { critical: 'acknowledge', high: 'acknowledge', medium: 'acknowledge', low: 'note', info: 'allow' },
  environments: [],
  noGo: [],
  watch: [],
  reason: { minimumLength: 20, ticketRequired: false },
  expiry: { defaultHours: 24, longestHours: 720 },
  presence: { critical: 'none', high: 'none', medium: 'none', low: 'none', info: 'none' },
  retryMinutes: 15,
  engine: { sensitivity: [], accounts: [] },
  packs: { origins: [], folders: [], problems: [] },
  ignore: [],
  ignores: { longestDays: 90, upTo: 'high', workspaceUpTo: 'medium' },
  newRules: 'note',
  layers: [],
  refused: [],
  sinks: [],
  agents: [],
  breaker: { held: 8, minutes: 10, retries: 1, stops: 'agent' },
};

/** What holds without any policy file. */
export const DEFAULT_POLICY: Policy = { digest: sha256(JSON.stringify(DEFAULTS)), ...DEFAULTS };

/**
 * The effective policy: the default, then the organization's file, then the user's, which may set anything the organization has
 * not, then the workspace's, which may only tighten; and the packs that they name or that lie beside them.
 * `problem` is one or more sentences with file, line, column and remedy; the gate then closes on watched paths. A pack that
 * cannot be loaded is no such problem: see `policy.packs.problems`.
 */
export function loadPolicy(
  workspace: string,
  userPolicyFile: string | undefined,
  organizationFile: string = organizationPolicyFile(process.platform),
): { ok: true; policy: Policy } | { ok: false; problem: string } {
  const layers: readonly Layer[] = [
    { file: organizationFile, root: dirname(organizationFile), packs: join(dirname(organizationFile), 'packs'), of: 'organization' },
    ...(userPolicyFile === undefined
      ? []
      : [{ file: userPolicyFile, root: dirname(userPolicyFile), packs: join(dirname(userPolicyFile), 'packs'), of: 'user' } as const]),
    { file: join(workspace, WORKSPACE_POLICY), root: workspace, packs: join(workspace, PACKS_FOLDER), of: 'workspace' },
  ];
  const written = layers.map((layer) => ({ layer, text: readText(layer.file) }));
  if (written.every(({ text, layer }) => text === undefined && !existsSync(layer.packs))) return { ok: true, policy: DEFAULT_POLICY };
  let policy = DEFAULT_POLICY;
  let organization: PolicySettings | undefined;
  const wanted: PackFolder[] = [];
  for (const { layer, text } of written) {
    wanted.push({ folder: layer.packs, keys: [] });
    if (text === undefined) continue;
    if (!text.ok) return text;
    // Most workspaces have no policy file: the YAML reader and the schema are then never run.
    const { applyPolicyFile }: typeof import('./policy-file.ts') = require('./policy-file.ts');
    const may = layer.of === 'workspace' ? 'tighten' : layer.of === 'user' ? (organization ?? 'any') : 'any';
    const applied = applyPolicyFile(policy, text, may);
    if (!applied.ok) return applied;
    policy = { ...applied.policy, digest: sha256(`${policy.digest}\n${text.text}`) };
    if (layer.of === 'organization') organization = applied.settings;
    if (applied.settings.packs !== undefined) {
      const { packFolderOf }: typeof import('./pack-entry.ts') = require('./pack-entry.ts');
      wanted.push(...applied.settings.packs.map((entry, index) => packFolderOf(entry, applied.placeOf(['packs', index]), layer)));
    }
  }
  return { ok: true, policy: withPacks(policy, wanted) };
}

type Layer = {
  readonly file: string;
  /** Where its relative paths begin. */
  readonly root: string;
  /** Where its added packs lie: used when there are any, named or not. */
  readonly packs: string;
  readonly of: 'organization' | 'user' | 'workspace';
};

function withPacks(policy: Policy, wanted: readonly PackFolder[]): Policy {
  if (wanted.every(({ place, folder }) => place === undefined && !existsSync(folder))) return policy;
  const { loadPacks }: typeof import('./packs.ts') = require('./packs.ts');
  const { packs, origins, folders, problems, digest } = loadPacks(wanted);
  if (folders.length === 0) return policy;
  return {
    ...policy,
    digest: sha256([policy.digest, digest, ...problems].join('\n')),
    engine: { ...policy.engine, ...(packs.length === 0 ? {} : { packs }) },
    packs: { origins, folders, problems },
  };
}

type PolicyText = { readonly ok: true; readonly file: string; readonly text: string };

function readText(file: string): PolicyText | { ok: false; problem: string } | undefined {
  try {
    return { ok: true, file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    return {
      ok: false,
      problem: `The policy ${file} is there but cannot be read (${String(code ?? error)}). Make it a readable file, or remove it.`,
    };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
