import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** A repository on disk, and the environment that git is asked in. */
export type Repository = { readonly folder: string; readonly env: NodeJS.ProcessEnv };

export type Ran = { readonly ok: true; readonly out: Buffer } | { readonly ok: false; readonly problem: string };

/** Bytes that git may answer at once. */
const MOST = 1024 * 1024 * 1024;

/** What a hook of git finds set. Kept where the index of that very commit is meant, else another repository could be asked. */
const OF_A_HOOK = ['GIT_DIR', 'GIT_INDEX_FILE', 'GIT_WORK_TREE', 'GIT_PREFIX', 'GIT_COMMON_DIR', 'GIT_NAMESPACE'];

/**
 * The repository around a folder. `hooked`: take the index that git gave to the hook we run in.
 * Replaced commits, grafts, attributes and text conversions of the machine have no say: only objects are read.
 */
export function openRepository(
  folder: string,
  env: NodeJS.ProcessEnv,
  hooked: boolean,
): { readonly ok: true; readonly repository: Repository } | { readonly ok: false; readonly problem: string } {
  const kept = Object.entries(env).filter(([name]) => hooked || !OF_A_HOOK.includes(name));
  const own: NodeJS.ProcessEnv = {
    ...Object.fromEntries(kept),
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
  const top = git({ folder, env: own }, ['rev-parse', '--show-toplevel']);
  if (top.ok) return { ok: true, repository: { folder: resolve(folder, lineOf(top.out)), env: own } };
  const bare = git({ folder, env: own }, ['rev-parse', '--is-bare-repository']);
  if (bare.ok && lineOf(bare.out) === 'true') return { ok: true, repository: { folder, env: own } };
  const why = /not a git repository/i.test(top.problem)
    ? `${folder} is in no git repository. Run this in one, or name it: --repo DIR`
    : `git cannot read the repository in ${folder}: ${top.problem}`;
  return { ok: false, problem: why };
}

/** Runs git to its end, or until `timeout` milliseconds are over. The problem is git's own first line. */
export function git({ folder, env }: Repository, args: readonly string[], input?: string, timeout?: number): Ran {
  const ran = spawnSync('git', [...args], { cwd: folder, env, maxBuffer: MOST, timeout, ...(input === undefined ? {} : { input }) });
  if (ran.error !== undefined) {
    const missing = 'code' in ran.error && ran.error.code === 'ENOENT';
    return { ok: false, problem: missing ? 'git is not installed, or the folder is not there.' : ran.error.message };
  }
  if (ran.status === 0) return { ok: true, out: ran.stdout };
  const said = ran.stderr.toString('utf8').split('\n').find(Boolean) ?? 'it failed and did not say why';
  return { ok: false, problem: `${said.replace(/^(fatal|error): /, '').replace(/\.?$/, '')}.` };
}

/** The first line of what git said. */
export function lineOf(out: Buffer): string {
  return out.toString('utf8').split('\n', 1)[0] ?? '';
}

export function linesOf(out: Buffer): readonly string[] {
  return out.toString('utf8').split('\n').filter(Boolean);
}
