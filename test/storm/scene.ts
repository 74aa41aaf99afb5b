import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { REPOSITORY } from '../support/repository.ts';

/** Where a storm goes on: a workspace in git, a state folder that is a small disk of its own where that may be made. */
export type StormScene = {
  readonly folder: string;
  readonly workspace: string;
  readonly state: string;
  /** The state folder is a disk of its own, which can be filled and made read-only. */
  readonly ownDisk: boolean;
  /** Milliseconds by which the clock of every process is off stand in this file. */
  readonly clock: string;
  readonly env: NodeJS.ProcessEnv;
  readonly write: (path: string, text: string) => void;
  readonly git: (...args: readonly string[]) => void;
  /** One of the bundles that ship, as a process of its own. */
  readonly start: (bundle: string, args: readonly string[]) => ChildProcess;
};

export function stormScene(context: TestContext): StormScene {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-storm-')));
  const workspace = join(folder, 'workspace');
  const state = join(folder, 'state');
  for (const each of [workspace, state, join(folder, '.config', 'countersign')]) mkdirSync(each, { recursive: true });
  const ownDisk = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', state]).status === 0;
  context.after(() => {
    // STORM_KEEP=1 leaves all of it to be looked at.
    if (process.env['STORM_KEEP'] !== undefined) return context.diagnostic(folder);
    if (ownDisk) spawnSync('umount', ['-l', state]);
    rmSync(folder, { recursive: true, force: true });
  });
  // So many holds would stop the agents, as they should.
  writeFileSync(join(folder, '.config', 'countersign', 'policy.yaml'), 'breaker: { held: 1000, retries: 1000 }\n');
  const clock = join(folder, 'clock');
  writeFileSync(clock, '0');
  writeFileSync(join(folder, 'clock.cjs'), CLOCK);
  const { CLAUDE_PROJECT_DIR: _, XDG_CONFIG_HOME: __, NODE_TEST_CONTEXT: ___, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOME: folder,
    COUNTERSIGN_STATE: state,
    STORM_CLOCK: clock,
    NODE_OPTIONS: `--require ${join(folder, 'clock.cjs')}`,
  };
  return {
    folder,
    workspace,
    state,
    ownDisk,
    clock,
    env,
    write: (path, text) => {
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      writeFileSync(join(workspace, path), text);
    },
    git: (...args) =>
      void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false', ...args], {
        cwd: workspace,
        stdio: 'ignore',
        env: { ...inherited, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
      }),
    start: (bundle, args) => spawn(process.execPath, [join(REPOSITORY, 'dist', bundle), ...args], { cwd: workspace, env, stdio: 'pipe' }),
  };
}

/** Taken in by every process before anything else: its clock is what the file says, from one moment to the next. */
const CLOCK = `'use strict';
const { readFileSync } = require('node:fs');
const Real = Date;
let offset = 0;
let looked = -Infinity;
function now() {
  if (performance.now() - looked > 20) {
    looked = performance.now();
    try { offset = Number(readFileSync(process.env.STORM_CLOCK, 'utf8')) || 0; } catch {}
  }
  return Real.now() + offset;
}
globalThis.Date = new Proxy(Real, {
  construct: (target, given, self) => Reflect.construct(target, given.length === 0 ? [now()] : given, self === globalThis.Date ? target : self),
  apply: () => new Real(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
`;

export type Random = () => number;

/** A small seeded generator (mulberry32), so that a failing storm's choices can be asked for again. */
export function generator(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a process says until it ends; kept apart so that who kills it need not listen. */
export function listened(child: ChildProcess): { readonly out: () => string; readonly err: () => string; readonly ended: Promise<Ended> } {
  const said = { out: '', err: '' };
  assert(child.stdout !== null && child.stderr !== null);
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (said.err += text));
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, ...said })));
  return { out: () => said.out, err: () => said.err, ended };
}

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly out: string; readonly err: string };
