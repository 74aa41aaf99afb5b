/**
 * `countersign hook <agent>`: what agents start before and after each of their edits. This is the cold path, paid for
 * every edit of any file: it loads nothing of the engine, which hook-review.js holds, unless a path may be governed.
 */
import { readFileSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { mayBeGoverned } from '../../engine/read/governed-path.ts';
import { stateFolder, userPolicyFile } from '../../gate/state-folder.ts';
import { claudeCode } from './claude-code.ts';
import { isWithin, locate, type Surroundings, surroundings } from './locate.ts';
import type { AgentHook, Answer } from './tool-call.ts';

const AGENTS: readonly AgentHook[] = [claudeCode];

/** Milliseconds after the start of the process. All inside the ten seconds that `countersign init` lets the agent wait. */
const STOP_READING = 6000;
const STOP_REVIEWING = 5500;
const ANSWER_AT_LAST = 7000;
/** After a whole document has arrived: how long a stdin that stays open may delay the answer. */
const GRACE = 200;
const LARGEST_PAYLOAD = 64 * 1024 * 1024;

void main();

async function main(): Promise<void> {
  // As `hook.js claude-code` or as `countersign hook claude-code`.
  const id = process.argv.slice(2).find((argument) => argument !== 'hook');
  const agent = AGENTS.find((candidate) => candidate.id === id);
  if (agent === undefined) {
    finish({
      stdout: '',
      stderr: `Countersign knows no agent called "${id ?? ''}". Known: ${AGENTS.map((known) => known.id).join(', ')}.\n`,
      exitCode: 2,
    });
    return;
  }
  if (!isMainThread) {
    parentPort?.postMessage(await answerTo(agent, { ok: true, text: String(workerData) }));
    return;
  }
  const crash = (error: unknown): void =>
    finish(agent.crash(`Countersign closed the gate: its hook failed (${firstLine(error)}). Nothing was written.`));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const late = setTimeout(
    () => finish(closed(agent, 'the answer took longer than 7 seconds. Try again, or make the edit in smaller steps.')),
    sinceStart(ANSWER_AT_LAST),
  );
  finish(await answerTo(agent, await readPayload()));
  clearTimeout(late);
}

type Payload = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly cause: string };

async function answerTo(agent: AgentHook, payload: Payload): Promise<Answer> {
  const nowhere = (): Surroundings => surroundings(process.env[agent.projectVariable], process.cwd(), undefined, homedir());
  if (!payload.ok) return await refuse(agent, payload.cause, [], nowhere());
  const value = parsedJson(payload.text);
  if (value === undefined) {
    return await refuse(
      agent,
      'the hook payload is not valid JSON. Update Countersign, or make this edit by hand in the editor.',
      [],
      nowhere(),
    );
  }
  const parsed = agent.parse(value.value);
  if (parsed.kind === 'nothing') return agent.allow();

  const given = parsed.kind === 'call' ? parsed.call.changes.map(({ path }) => path) : parsed.paths.filter((path) => !path.includes('\0'));
  const cwd = (parsed.kind === 'call' ? parsed.call.cwd : parsed.cwd) ?? process.cwd();
  const around = surroundings(process.env[agent.projectVariable], cwd, given[0], homedir());
  const located = given.map((path) => locate(path, around));
  const state = stateFolder(process.env, process.platform, around.home);
  const governed =
    located.some(({ path, named, file }) => mayBeGoverned(path) || mayBeGoverned(named) || isWithin(state, file)) ||
    policyNamesPaths(around);
  if (parsed.kind === 'call') {
    if (!governed) return agent.allow();
    if (isMainThread) return await answerOfThread(payload.text);
    return await engine().reviewCall(agent, parsed.call, around, located, outside());
  }
  if (given.length > 0 && !governed) return agent.allow();
  if (parsed.phase === 'after') return { ...agent.allow(), stderr: `Countersign did not record this edit. ${parsed.cause}\n` };
  const paths = located.map(({ path }) => path);
  return await refuse(agent, lowerFirst(parsed.cause), paths, around);
}

/**
 * Judges in a thread of its own, so that the timer of this one can still close the gate when an edit takes too long to judge:
 * an agent that gets no answer in time goes on as if it were allowed.
 */
function answerOfThread(text: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(__filename, { argv: process.argv.slice(2), workerData: text });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`its thread ended with ${code}`)));
  });
}

/** Loaded only when something may be governed. A path in a variable keeps the bundler from taking the engine into this file. */
function engine(): typeof import('./review.ts') {
  const file = join(__dirname, 'hook-review.js');
  const loaded: typeof import('./review.ts') = require(file);
  return loaded;
}

function outside(): { readonly env: NodeJS.ProcessEnv; readonly outOfTime: () => boolean } {
  const limit = Date.now() + sinceStart(STOP_REVIEWING);
  return { env: process.env, outOfTime: () => Date.now() > limit };
}

async function refuse(agent: AgentHook, cause: string, paths: readonly string[], around: Surroundings): Promise<Answer> {
  const unrecorded = await engine().recordRefusal(agent, cause, paths, around, outside());
  return closed(agent, unrecorded === undefined ? cause : `${cause} ${unrecorded}`);
}

/** A policy may watch or forbid paths that no built-in rule knows. A look at its text is enough to know whether it might. */
function policyNamesPaths({ workspace, home }: Surroundings): boolean {
  return [join(workspace, '.countersign', 'policy.yaml'), userPolicyFile(process.env, process.platform, home)].some((file) => {
    try {
      return /watch|no-?_?go/i.test(readFileSync(file, 'utf8'));
    } catch {
      return false;
    }
  });
}

function readPayload(): Promise<Payload> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let grace: NodeJS.Timeout | undefined;
    const done = (payload: Payload): void => {
      clearTimeout(limit);
      clearTimeout(grace);
      process.stdin.removeAllListeners().pause();
      resolve(payload);
    };
    const text = (): string => Buffer.concat(chunks).toString('utf8');
    const limit = setTimeout(() => {
      done({ ok: false, cause: 'the hook payload did not arrive in time. Try again, or make this edit by hand in the editor.' });
    }, sinceStart(STOP_READING));
    process.stdin.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      clearTimeout(grace);
      if (size > LARGEST_PAYLOAD) {
        done({ ok: false, cause: 'the hook payload is larger than 64 MB. Make the edit in smaller steps.' });
        return;
      }
      // An agent may keep its end of the pipe open: a whole document is enough.
      if (/\}\s*$/.test(chunk.toString('latin1', Math.max(0, chunk.length - 16)))) {
        grace = setTimeout(() => {
          const whole = text();
          if (parsedJson(whole) !== undefined) done({ ok: true, text: whole });
        }, GRACE);
      }
    });
    process.stdin.on('end', () => done({ ok: true, text: text() }));
    process.stdin.on('error', (error) =>
      done({ ok: false, cause: `the hook payload could not be read (${firstLine(error)}). Try again.` }),
    );
  });
}

function parsedJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) as unknown };
  } catch {
    return undefined;
  }
}

function closed(agent: AgentHook, cause: string): Answer {
  return agent.deny(`Countersign closed the gate: ${cause} Nothing was written. Do not work around it.`);
}

/** Writes the one answer and ends the process: an open stdin must not keep it alive. */
function finish({ stdout, stderr, exitCode }: Answer): void {
  let code = exitCode;
  try {
    if (stderr !== '') writeAll(2, stderr);
    if (stdout !== '') writeAll(1, stdout);
  } catch {
    // The denial may not have arrived: only the exit code is left to close with.
    code = 2;
  }
  process.exit(code);
}

function writeAll(handle: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  const limit = Date.now() + 1000;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(handle, bytes, at);
    } catch (error) {
      // A full pipe that does not block: its reader needs a moment.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN') || Date.now() > limit) throw error;
    }
  }
}

function sinceStart(milliseconds: number): number {
  return Math.max(0, milliseconds - process.uptime() * 1000);
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
