import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackFolder } from './packs.ts';
import { missingProblem, ownerProblem } from './policy-owner.ts';
import type { AppliedLayer } from './policy-layer.ts';
import { placeWords } from './policy-place.ts';
import { organizationPolicyFile } from './state-folder.ts';
import type { Policy, PolicyLayer } from './types.ts';

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
  diskWrites: 'show',
  newRules: 'note',
  layers: [],
  refused: [],
  sinks: [],
  agents: [],
  breaker: { held: 8, minutes: 10, retries: 1, stops: 'agent' },
  approvals: { hours: 24 },
  revokedKeys: [],
  trustedKeys: [],
  approvers: [],
};

/** What holds without any policy file. */
export const DEFAULT_POLICY: Policy = {
  // Worked out when it is asked for: a hook that records nothing needs no digest.
  get digest() {
    return sha256(JSON.stringify(DEFAULTS));
  },
  ...DEFAULTS,
};

/** Whose policy counts first, and who may write it. For tests: what runs takes ORGANIZATION. */
export type OrganizationPolicy = {
  readonly file: string;
  /** User ids that may own the file and the folders it lies in. */
  readonly administrators: readonly number[];
};

const ORGANIZATION: OrganizationPolicy = { file: organizationPolicyFile(process.platform), administrators: [0] };

export type LoadOptions = {
  /** Where it is remembered that an organization's policy was in force: without it, a missing one is no problem. */
  readonly stateFolder?: string | undefined;
  readonly organization?: OrganizationPolicy | undefined;
};

/** `policy` of a failure: what the files say that can be used. It may be milder than what was meant. */
export type Loaded =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problem: string; readonly policy: Policy };

/**
 * The effective policy: the default, then the organization's file, then the user's, which may set anything the organization has
 * not, then the workspace's, which may only tighten; and the packs that they name or that lie beside them.
 * `problem` is one or more sentences with file, line, column and remedy; the gate then closes on watched paths. A pack that
 * cannot be loaded is no such problem: see `policy.packs.problems`. Nor is a setting that may not loosen: see `policy.refused`.
 */
export function loadPolicy(workspace: string, userPolicyFile: string | undefined, options: LoadOptions = {}): Loaded {
  const { policy, problems } = readPolicy(workspace, userPolicyFile, options);
  return problems.length === 0 ? { ok: true, policy } : { ok: false, policy, problem: problems.map(problemWords).join(' ') };
}

/** What is wrong with the file of a layer as a whole (no place), or at a place in it. */
export type LayerProblem = { readonly file: string; readonly message: string; readonly line?: number; readonly column?: number };

export type ReadPolicy = {
  readonly policy: Policy;
  readonly problems: readonly LayerProblem[];
  /** The layers that are there and can be used, strongest first. */
  readonly applied: readonly (Layer & { readonly result: Extract<AppliedLayer, { ok: true }> })[];
};

/** As loadPolicy, with what each layer says: for showing. */
export function readPolicy(workspace: string, userPolicyFile: string | undefined, options: LoadOptions = {}): ReadPolicy {
  const organization = options.organization ?? ORGANIZATION;
  const layers = layersOf(workspace, userPolicyFile, organization.file);
  const written = layers.map((layer) => ({ layer, text: readText(layer.file) }));
  const missing = written[0]?.text === undefined ? missingProblem(organization.file, options.stateFolder) : undefined;
  if (missing === undefined && written.every(({ text, layer }) => text === undefined && !existsSync(layer.packs))) {
    return { policy: DEFAULT_POLICY, problems: [], applied: [] };
  }
  let policy = { ...DEFAULT_POLICY, layers: layers.map(({ of, file }): PolicyLayer => ({ of, file })) };
  const problems: LayerProblem[] = missing === undefined ? [] : [missing];
  const applied: ReadPolicy['applied'][number][] = [];
  const wanted: PackFolder[] = [];
  for (const { layer, text } of written) {
    wanted.push({ folder: layer.packs, keys: [] });
    if (text === undefined) continue;
    const unsafe = layer.of === 'organization' ? ownersProblem(layer, organization.administrators) : undefined;
    if (!text.ok || unsafe !== undefined) {
      problems.push({ file: layer.file, message: text.ok ? (unsafe ?? '') : text.problem });
      continue;
    }
    // Most workspaces have no policy file: the YAML reader and the schema are then never run.
    const { applyPolicy, mayOf }: typeof import('./policy-layer.ts') = require('./policy-layer.ts');
    const above = applied.find(({ of }) => of === 'organization')?.result.settings;
    const result = applyPolicy(policy, { ...layer, text: text.text }, mayOf(layer.of, above));
    if (!result.ok) {
      problems.push(...result.problems.slice(0, 5).map((problem) => ({ file: layer.file, ...problem })));
      // What cannot be used still tells one policy from another.
      policy = { ...policy, digest: sha256(`${policy.digest}\n!${text.text}`) };
      continue;
    }
    applied.push({ ...layer, result });
    const real = realFile(layer.file);
    policy = {
      ...result.policy,
      digest: sha256(`${policy.digest}\n${text.text}`),
      layers: policy.layers.map((one) =>
        one.file === layer.file ? { ...one, text: text.text, ...(real === layer.file ? {} : { real }) } : one,
      ),
    };
    if (result.settings.packs !== undefined) {
      const { packFolderOf }: typeof import('./pack-entry.ts') = require('./pack-entry.ts');
      const place = (index: number) => placeWords(layer.file, result.placeOf(['packs', index]));
      wanted.push(...result.settings.packs.map((entry, index) => packFolderOf(entry, place(index), layer)));
    }
  }
  return { policy: withPacks(policy, wanted), problems, applied };
}

/** "file, line 3, column 5: what is wrong. The remedy." */
export function problemWords({ file, message, line, column }: LayerProblem): string {
  return line === undefined || column === undefined ? message : `${placeWords(file, { line, column })}: ${message}`;
}

export type Layer = {
  readonly file: string;
  /** Where its relative paths begin. */
  readonly root: string;
  /** Where its added packs lie: used when there are any, named or not. */
  readonly packs: string;
  readonly of: PolicyLayer['of'];
};

/** Strongest first. */
function layersOf(workspace: string, userPolicyFile: string | undefined, organizationFile: string): readonly Layer[] {
  const beside = (file: string, of: Layer['of']): Layer => ({ file, root: dirname(file), packs: join(dirname(file), 'packs'), of });
  return [
    beside(organizationFile, 'organization'),
    ...(userPolicyFile === undefined ? [] : [beside(userPolicyFile, 'user')]),
    { file: join(workspace, WORKSPACE_POLICY), root: workspace, packs: join(workspace, PACKS_FOLDER), of: 'workspace' },
  ];
}

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

/** The packs beside it are the organization's, too: what lies there is asked before any other pack. */
function ownersProblem({ file, packs }: Layer, administrators: readonly number[]): string | undefined {
  return ownerProblem(file, administrators) ?? (existsSync(packs) ? ownerProblem(packs, administrators) : undefined);
}

function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
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
