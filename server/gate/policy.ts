import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Policy } from './types.ts';

/** Below the workspace; may only tighten. */
export const WORKSPACE_POLICY = '.countersign/policy.yaml';

const DEFAULTS: Omit<Policy, 'digest'> = {
  verdicts: { critical: 'acknowledge', high: 'acknowledge', medium: 'acknowledge', low: 'note', info: 'allow' },
  noGo: [],
  watch: [],
  reason: { minimumLength: 20, ticketRequired: false },
  expiry: { defaultHours: 24, longestHours: 720 },
  retryMinutes: 15,
  engine: { sensitivity: [], accounts: [] },
};

/** What holds without any policy file. */
export const DEFAULT_POLICY: Policy = { digest: sha256(JSON.stringify(DEFAULTS)), ...DEFAULTS };

/**
 * The effective policy: the default, then the user's file, which may set anything, then the workspace's, which may only tighten.
 * `problem` is one or more sentences with file, line, column and remedy; the gate then closes on watched paths.
 */
export function loadPolicy(
  workspace: string,
  userPolicyFile: string | undefined,
): { ok: true; policy: Policy } | { ok: false; problem: string } {
  const user = userPolicyFile === undefined ? undefined : readText(userPolicyFile);
  const own = readText(join(workspace, WORKSPACE_POLICY));
  if (user === undefined && own === undefined) return { ok: true, policy: DEFAULT_POLICY };
  if (user?.ok === false) return user;
  if (own?.ok === false) return own;
  // Most workspaces have no policy file: the YAML reader and the schema are then never run.
  const { applyPolicyFile }: typeof import('./policy-file.ts') = require('./policy-file.ts');
  let policy = DEFAULT_POLICY;
  for (const [file, mayLoosen] of [
    [user, true],
    [own, false],
  ] as const) {
    if (file === undefined) continue;
    const applied = applyPolicyFile(policy, file, mayLoosen ? 'any' : 'tighten');
    if (!applied.ok) return applied;
    policy = { ...applied.policy, digest: sha256(`${policy.digest}\n${file.text}`) };
  }
  return { ok: true, policy };
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
