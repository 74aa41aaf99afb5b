/**
 * `countersign hook <agent>`: what agents start before and after each of their edits. This is the cold path, paid for
 * every edit of any file: it loads nothing of the engine, which hook-review.js holds, unless a file may be governed.
 * It writes to no disk: whatever does runs in a thread, so that the timer of this one can still close the gate.
 * An agent that gets no answer in time goes on as if it were allowed.
 */
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { assertNever } from '../../engine/assert-never.ts';
import { mayBeGoverned } from '../../engine/read/governed-path.ts';
import { type Halt, readHalt } from '../../gate/halt.ts';
import { mayBePolicyText } from '../../gate/policy-text.ts';
import { organizationPolicyFile, stateFolder, userPolicyFile } from '../../gate/state-folder.ts';
import { readTrip, trippedSentence } from '../../gate/tripped.ts';
import { visibleText } from '../visible-text.ts';
import { withinTime } from '../within-time.ts';
import { afterText } from './after-text.ts';
import { AGENTS, speakerOf } from './agents.ts';
import { closed, finish } from './answer.ts';
import { loadCompiled } from './cached-module.ts';
import { isHarmlessIn } from './harmless-task.ts';
import { isWithin, locate, type Located, type Surroundings, surroundings } from './locate.ts';
import { parsedJson, type Payload, readPayload } from './payload.ts';
import type { Judged } from './review.ts';
import type { AgentHook, Answer, FileChange, ParsedCall, ToolCall } from './tool-call.ts';

/** Milliseconds after the start of the process. All inside the ten seconds that an agent may be set to wait. */
const STOP_READING = 6000;
const STOP_REVIEWING = 5500;
const ANSWER_AT_LAST = 7000;
/** How long a small call is judged in this thread before one of its own is started. Not counted from the start of the process. */
const AT_ONCE = 1000;
/** How long recording a late denial may delay it. */
const RECORDING_LATE = 1200;
/** Bytes. A text without a telling name is looked into up to this size; above it is judged. */
const LOOKED_INTO = 1024 * 1024;
/** Says to this program that it runs in a thread of its own. */
const IN_THREAD = '--in-thread';

void main();

async function main(): Promise<void> {
  // As an agent that init told of the tools starts it: through the same launcher, which knows where the program lies.
  if (process.argv[2] === 'mcp') {
    const file = join(__dirname, 'cli.js');
    require(file);
    return;
  }
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
  if (process.argv.includes(IN_THREAD)) {
    const { parentPort, workerData } = threads();
    const task: Task = workerData;
    const answer = await perform(agent, task);
    // Here and not in the thread that answers: this writes to the disk.
    compiled(task.use).keep();
    parentPort?.postMessage(answer);
    return;
  }
  const crash = (error: unknown): void =>
    finish(agent.crash(`Countersign closed the gate: its hook failed (${firstLine(error)}). Nothing was written.`));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const late = setTimeout(() => void denyLate(agent), sinceStart(ANSWER_AT_LAST));
  const answer = await answerTo(agent, await readPayload(sinceStart(STOP_READING)));
  if (isLate) return;
  clearTimeout(late);
  finish(answer);
}

/** What a thread is started for. Plain data: it is copied. `use`: see loadCompiled. */
type Task = { readonly use: string } & (
  | {
      readonly kind: 'call';
      readonly call: ToolCall;
      readonly around: Surroundings;
      readonly located: readonly Located[];
      /** What was judged here already. */
      readonly judged: Judged | undefined;
    }
  | {
      readonly kind: 'undecided';
      readonly call: ToolCall;
      readonly around: Surroundings;
      readonly located: readonly Located[];
      readonly cause: string;
    }
  | { readonly kind: 'refused'; readonly cause: string; readonly paths: readonly string[]; readonly around: Surroundings }
);

/** What is recorded without being judged needs the same code whatever the file is. */
const RECORDING = 'record';

/** For `call` the answer; for the others a sentence when the log would not take it. */
async function perform(agent: AgentHook, task: Task): Promise<Answer | string | undefined> {
  const { recordRefusal, recordUndecided, reviewCall } = compiled(task.use).exports;
  switch (task.kind) {
    case 'call':
      return await reviewCall({ ...task, agent }, outside(STOP_REVIEWING), task.judged);
    case 'undecided':
      return await recordUndecided({ ...task, agent }, task.cause, outside(STOP_REVIEWING));
    case 'refused':
      return await recordRefusal({ ...task, agent }, outside(STOP_REVIEWING));
    default:
      return assertNever(task);
  }
}

/** The call that is being judged, and its thread: what the late denial stops and records. */
let judging: { readonly call: Extract<Task, { kind: 'call' }>; readonly thread: Worker } | undefined;
let isLate = false;

async function denyLate(agent: AgentHook): Promise<void> {
  isLate = true;
  const cause = 'the answer took longer than 7 seconds. Try again, or make the edit in smaller steps.';
  // Whatever happens to the record, the denial goes out.
  setTimeout(() => finish(closed(agent, cause)), RECORDING_LATE);
  try {
    if (judging !== undefined) {
      void judging.thread.terminate();
      await inThread(agent, { ...judging.call, kind: 'undecided', cause, use: RECORDING }).result;
    }
  } catch {
    // It was tried.
  }
  finish(closed(agent, cause));
}

async function answerTo(started: AgentHook, payload: Payload): Promise<Answer> {
  const nowhere = (): Surroundings => surroundings(process.env[started.projectVariable], process.cwd(), undefined, homedir());
  if (!payload.ok) return await refuse(started, payload.cause, [], nowhere());
  const value = parsedJson(payload.text);
  if (value === undefined) {
    return await refuse(
      started,
      'the hook payload is not valid JSON. Update Countersign, or make this edit by hand in the editor.',
      [],
      nowhere(),
    );
  }
  const agent = speakerOf(started, value.value);
  const stopped = stoppedSentence(agent);
  const parsed = agent.parse(value.value);
  if (stopped !== undefined && !(parsed.kind !== 'nothing' && phaseOf(parsed) === 'after')) return agent.halt(stopped);
  if (parsed.kind === 'nothing') return agent.allow();

  const given = parsed.kind === 'call' ? parsed.call.changes.map(({ path }) => path) : parsed.paths.filter((path) => !path.includes('\0'));
  const cwd = (parsed.kind === 'call' ? parsed.call.cwd : parsed.cwd) ?? process.cwd();
  const folder = parsed.kind === 'call' ? parsed.call.folder : undefined;
  const from = surroundings(process.env[agent.projectVariable], cwd, given[0], homedir());
  // The workspace is the agent's, wherever its tool starts a command.
  const around = folder === undefined ? from : { ...from, cwd: resolve(cwd, folder) };
  const located = given.map((path) => locate(path, around));
  const own = [stateFolder(process.env, process.platform, around.home), __dirname];
  const governed =
    located.some(({ path, named, file }) => mayBeGoverned(path) || mayBeGoverned(named) || own.some((folder) => isWithin(folder, file))) ||
    policyNamesPaths(around);
  if (parsed.kind === 'call') {
    const { call } = parsed;
    if (call.commands.length > 0) {
      if (call.phase === 'after' || (call.changes.length === 0 && call.commands.every((line) => isHarmlessIn(line, around.cwd))))
        return agent.allow();
      return await judged(agent, { call, around, located }, 'command');
    }
    if (!governed && !call.changes.some((change, index) => maySpeakOfPolicy(change, located[index]?.file))) return agent.allow();
    return await judged(agent, { call, around, located }, call.phase === 'after' ? RECORDING : useOf(given[0]));
  }
  if (given.length > 0 && !governed) return agent.allow();
  if (parsed.phase === 'after') return { ...agent.allow(), stderr: `Countersign did not record this edit. ${parsed.cause}\n` };
  const paths = located.map(({ path }) => path);
  return await refuse(agent, lowerFirst(parsed.cause), paths, around);
}

/** Judges here what is soon judged, and answers what surely goes on. All else needs a thread. */
async function judged(
  agent: AgentHook,
  call: Omit<Extract<Task, { kind: 'call' }>, 'kind' | 'judged' | 'use'>,
  use: string,
): Promise<Answer> {
  const { exports, known } = compiled(use);
  // The first time a thread judges it: it keeps what is compiled by then for the next.
  const inAThread = async (judged?: Judged): Promise<Answer> =>
    await answerOfThread(agent, { kind: 'call', ...call, judged, use: judged === undefined ? use : RECORDING });
  if (!known()) return await inAThread();
  // Without what reads its commands nothing can be said of the call: the thread says why.
  const grammar = await exports.grammarFor(call).then(
    (read) => ({ read }),
    () => undefined,
  );
  if (grammar === undefined) return await inAThread();
  // From now on: on a busy machine the start alone may take that long, and a thread would take longer still.
  const limit = Math.min(process.uptime() * 1000 + AT_ONCE, STOP_REVIEWING);
  const early = withinTime(() => exports.judgeEarly({ agent, ...call }, outside(limit), grammar.read), sinceStart(limit));
  const answer = early.late ? undefined : early.value;
  if (answer === undefined || !known()) return await inAThread();
  return answer === 'pass' ? agent.allow() : await inAThread(answer);
}

/** A name tells nothing of a file that is renamed afterwards, or has several names: then its text does. */
function maySpeakOfPolicy(change: FileChange, file: string | undefined): boolean {
  if (file === undefined || change.kind === 'unknown' || change.kind === 'notebook' || change.kind === 'delete') return false;
  // A moved file is under another name afterwards.
  if (change.kind === 'patch' && change.from !== change.path) return true;
  if (change.kind === 'write') return mayBePolicyText(change.content);
  try {
    const { size } = statSync(file);
    if (size > LOOKED_INTO) return true;
    const after = afterText(readFileSync(file, 'utf8'), change);
    return after.kind !== 'text' || mayBePolicyText(after.text);
  } catch {
    // Not there: what would be created is all in the replacements.
    return change.kind === 'replace' && change.replacements.some(({ to }) => mayBePolicyText(to));
  }
}

function phaseOf(parsed: Exclude<ParsedCall, { kind: 'nothing' }>): 'before' | 'after' {
  return parsed.kind === 'call' ? parsed.call.phase : parsed.phase;
}

/** Why this agent may not go on: a person stopped all of them, or the breaker this one. */
function stoppedSentence({ name }: AgentHook): string | undefined {
  const state = stateFolder(process.env, process.platform, homedir());
  const halted = readHalt(state);
  if (halted !== undefined) return haltedSentence(halted);
  const trip = readTrip(state, name);
  return trip === undefined ? undefined : visibleText(trippedSentence(trip));
}

function haltedSentence({ by, reason }: Halt): string {
  return visibleText(
    `Countersign has stopped all agents. ${by} did so: ${reason}. Stop here and tell the person; only a person lets agents go on.`,
  );
}

async function answerOfThread(agent: AgentHook, call: Extract<Task, { kind: 'call' }>): Promise<Answer> {
  const { thread, result } = inThread(agent, call);
  judging = { call, thread };
  const answer = await result;
  if (typeof answer !== 'object') throw new Error('its thread gave no answer');
  return answer;
}

function inThread(agent: AgentHook, task: Task): { readonly thread: Worker; readonly result: Promise<Answer | string | undefined> } {
  const { Worker } = threads();
  const thread = new Worker(__filename, {
    argv: [agent.id, IN_THREAD],
    workerData: task,
    // Judging makes much that is soon forgotten: with more room it is collected less often.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  const result = new Promise<Answer | string | undefined>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => {
      if (!isLate) reject(new Error(`its thread ended with ${code}`));
    });
  });
  return { thread, result };
}

/** Loaded by need: most calls are answered without a thread. */
function threads(): typeof import('node:worker_threads') {
  const loaded: typeof import('node:worker_threads') = require('node:worker_threads');
  return loaded;
}

/** Loaded only when something may be governed: a file of its own, which the bundler does not take into this one. */
function compiled(use: string): ReturnType<typeof loadCompiled<typeof import('./review.ts')>> {
  return (loaded ??= loadCompiled(
    join(__dirname, 'hook-review.js'),
    join(stateFolder(process.env, process.platform, homedir()), 'compiled'),
    use,
  ));
}

/** Files of one ending are read and judged by the same code. */
function useOf(path: string | undefined): string {
  const ending = /\.([a-z]{1,10})$/.exec(path ?? '')?.[1] ?? '';
  return ENDINGS.has(ending) ? ending.replace('yml', 'yaml') : 'other';
}

const ENDINGS: ReadonlySet<string> = new Set(['json', 'yaml', 'yml', 'tf', 'toml', 'sql', 'bicep', 'env', 'conf', 'md']);

let loaded: ReturnType<typeof compiled> | undefined;

/** `limit`: milliseconds after the start of the process. */
function outside(limit: number): { readonly env: NodeJS.ProcessEnv; readonly outOfTime: () => boolean } {
  // Not the clock, which may be set while this runs; nor `performance`, which takes a millisecond to load.
  return { env: process.env, outOfTime: () => process.uptime() * 1000 > limit };
}

async function refuse(agent: AgentHook, cause: string, paths: readonly string[], around: Surroundings): Promise<Answer> {
  const unrecorded = await inThread(agent, { kind: 'refused', cause, paths, around, use: RECORDING }).result;
  return closed(agent, typeof unrecorded === 'string' ? `${cause} ${unrecorded}` : cause);
}

/** A policy may watch, forbid or declare paths that no built-in rule knows. A look at its text is enough to know whether it might. */
function policyNamesPaths({ workspace, home }: Surroundings): boolean {
  return [
    join(workspace, '.countersign', 'policy.yaml'),
    userPolicyFile(process.env, process.platform, home),
    organizationPolicyFile(process.platform),
  ].some((file) => {
    try {
      // What a link leads to lies where no name says that it is a policy.
      return /watch|no-?_?go|agents/i.test(readFileSync(file, 'utf8')) || isLink(file) || isLink(dirname(file));
    } catch {
      return false;
    }
  });
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
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
