/** A risky edit of a file that is thrown away, handed to the hook as the agent would hand it over. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertNever } from '../../engine/assert-never.ts';
import { CANARY_FILE, CANARY_FOLDER, CANARY_SESSION } from '../../gate/canary.ts';
import type { AgentHook, Answer } from '../hooks/tool-call.ts';
import { readAnswer } from './redteam-answer.ts';
import { OPENED, POLICY } from './redteam-scene.ts';
import { payloadOf } from './redteam-words.ts';
import type { Start } from './doctor-wired.ts';

/** What the agent would make of the answer. `folder`: of the canary, gone by now; by it the canary's hold is known. */
export type Fired =
  /** Denied, in the agent's own format. `hold`: as the reason names it. */
  | {
      readonly kind: 'denied';
      readonly reason: string;
      readonly hold: string | undefined;
      readonly milliseconds: number;
      readonly folder: string;
    }
  /** The agent goes on: a clause that follows "its answer ". */
  | { readonly kind: 'open'; readonly why: string; readonly milliseconds: number; readonly folder: string };

export type Around = {
  /** Absolute: where the agent would work. */
  readonly project: string;
  readonly env: NodeJS.ProcessEnv;
};

/** Milliseconds. The hook answers within nine seconds; a machine may be busy. */
const LONGEST = 30_000;

/** Never throws. Leaves a hold and a record behind, which the caller takes back. */
export async function fireCanary(start: Start, agent: AgentHook, around: Around): Promise<Fired> {
  let folder: string | undefined;
  try {
    folder = realpathSync.native(mkdtempSync(join(tmpdir(), CANARY_FOLDER)));
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, CANARY_FILE), POLICY);
    const [from = '', to = ''] = changedLine();
    // A patch names its file relative to the folder; other tools are given the whole path.
    const path = agent.id === 'codex' ? CANARY_FILE : join(folder, CANARY_FILE);
    const payload = payloadOf(
      agent.id,
      { kind: 'edit', path, from, to, text: POLICY },
      { cwd: folder, session: CANARY_SESSION, toolCall: agent.id === 'vscode-chat' ? 'call_canary__vscode-1' : 'canary-1' },
    );
    const began = performance.now();
    const ran = await run(start, JSON.stringify(payload), envOf(start, agent, around, folder), around.project, folder);
    const milliseconds = Math.round(performance.now() - began);
    return { ...judged(ran, agent), milliseconds, folder };
  } catch (error) {
    const why = `could not be had (${error instanceof Error ? error.message : String(error)})`;
    return { kind: 'open', why, milliseconds: 0, folder: folder ?? '' };
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function changedLine(): readonly string[] {
  const after = OPENED.split('\n');
  const at = POLICY.split('\n').findIndex((line, index) => line !== after[index]);
  return [POLICY.split('\n')[at] ?? '', after[at] ?? ''];
}

type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string; readonly problem?: string | undefined };
type Judged =
  | { readonly kind: 'denied'; readonly reason: string; readonly hold: string | undefined }
  | { readonly kind: 'open'; readonly why: string };

function judged(ran: Ran, agent: AgentHook): Judged {
  if (ran.problem !== undefined) return { kind: 'open', why: ran.problem };
  const { code, stdout, stderr } = ran;
  const answer = readAnswer({ code, stdout, stderr });
  if (answer.kind === 'passes') return { kind: 'open', why: 'lets the edit pass' };
  if (answer.kind === 'nothing') return { kind: 'open', why: unread(ran) };
  const reason = answer.reason.trim();
  // Exit code 2 with a reason is every agent's last resort.
  // Halted, it is denied in the agent's stop format.
  if (code !== 2 && ![agent.deny(reason), agent.halt(reason)].some((expected) => isSame(ran, expected)))
    return { kind: 'open', why: `is not exactly a denial as ${agent.name} reads it: ${short(stdout)}` };
  if (code === 2 && stdout.trim() !== '') return { kind: 'open', why: `has more on stdout than it may: ${short(stdout)}` };
  return { kind: 'denied', reason, hold: /\bH-[0-9A-HJKMNP-TV-Z]{8}\b/.exec(reason)?.[0] };
}

function isSame(ran: Ran, expected: Answer): boolean {
  return ran.code === expected.exitCode && ran.stdout === expected.stdout;
}

function unread({ code, stdout, stderr }: Ran): string {
  if (code === 2) return 'is exit code 2 without a reason on stderr, which some agents take for an allowance';
  if (code === 126 || code === 127) return `is that it cannot be started (exit code ${code}): ${short(stderr)}`;
  if (code !== 0) return `is exit code ${code ?? 'of a killed process'}: ${short(stderr === '' ? stdout : stderr)}`;
  return `is not exactly one JSON document: ${short(stdout)}`;
}

function envOf(start: Start, agent: AgentHook, { project, env }: Around, folder: string): NodeJS.ProcessEnv {
  // A line that finds the hook by the project's folder must get the real one.
  const named = start.kind === 'line' && start.line.includes(agent.projectVariable);
  return { ...env, [agent.projectVariable]: named ? project : folder };
}

function run(start: Start, input: string, env: NodeJS.ProcessEnv, cwd: string, folder: string): Promise<Ran> {
  const [program, args, more] = programOf(start, input, folder);
  return new Promise((resolve) => {
    // In a group of its own, so that what it starts ends with it.
    const child = spawn(program, args, {
      cwd,
      env: { ...env, ...more },
      detached: process.platform !== 'win32',
      windowsVerbatimArguments: start.kind === 'line',
      windowsHide: true,
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8');
    const limit = setTimeout(() => {
      end(child.pid);
      resolve({ code: null, stdout: text(out), stderr: text(err), problem: `did not come within ${LONGEST / 1000} seconds` });
    }, LONGEST);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(limit);
      const why = error.code === 'EACCES' ? `${program} may not be executed` : error.message;
      resolve({ code: null, stdout: '', stderr: '', problem: `is that it cannot be started: ${why}` });
    });
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ code, stdout: text(out), stderr: text(err) });
    });
    // It may end before it has read everything.
    child.stdin.on('error', () => {});
    child.stdin.end(start.kind === 'plugin' ? '' : input);
    if (start.kind === 'plugin') child.stdin.destroy();
  });
}

/** The program, its arguments, and what it needs in its environment. */
function programOf(start: Start, input: string, folder: string): readonly [string, readonly string[], NodeJS.ProcessEnv] {
  switch (start.kind) {
    case 'line':
      return process.platform === 'win32' ? ['cmd', ['/d', '/c', start.line], {}] : ['/bin/sh', ['-c', start.line], {}];
    case 'program':
      return [start.program, start.args, {}];
    case 'plugin': {
      // The ending says that it is a module, whatever package.json stands above it.
      const copy = join(folder, 'plugin.mjs');
      copyFileSync(start.file, copy);
      const more = { ELECTRON_RUN_AS_NODE: '1', PLUGIN: pathToFileURL(copy).href, PAYLOAD: input };
      return [process.execPath, ['--input-type=module', '-e', LOADER], more];
    }
    default:
      return assertNever(start);
  }
}

/** Loads the plugin as OpenCode does, and asks it before a tool: what it throws is a denial. A plugin that does not load denies nothing. */
const LOADER = `
const said = JSON.parse(process.env.PAYLOAD);
const loaded = await import(process.env.PLUGIN);
for (const make of Object.values(loaded)) {
  if (typeof make !== 'function') continue;
  const hooks = await make({ directory: said.directory, worktree: said.directory, project: {}, client: {}, $: undefined });
  try {
    await hooks['tool.execute.before']?.({ tool: said.tool, sessionID: said.sessionID, callID: said.callID }, { args: said.args });
  } catch (error) {
    process.stderr.write(error.message + '\\n');
    process.exit(2);
  }
}
`;

function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function short(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  if (flat === '') return 'nothing was printed';
  return flat.length > 160 ? `${flat.slice(0, 159)}…` : flat;
}
