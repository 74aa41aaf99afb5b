/**
 * `countersign hook <agent>`: what agents start before and after each of their edits. This is the cold path, paid for
 * every edit of any file: it loads nothing of the engine, which hook-review.js holds, unless a file may be governed.
 * Whatever writes to a disk runs in a thread, or waits for the disk aside, so that the timer of this one can still close the gate.
 * An agent that gets no answer in time goes on as if it were allowed.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { mayBeGoverned } from '../../engine/read/governed-path.ts';
import { stateFolder } from '../../gate/state-folder.ts';
import { AGENTS, speakerOf } from './agents.ts';
import { closed, finish } from './answer.ts';
import { endThreads, answerAsThread, inThread, IN_THREAD, RECORDING } from './in-thread.ts';
import { isHarmlessIn } from './harmless-task.ts';
import { callAtHand, judged, useOf } from './judged.ts';
import { endSurely } from './end-surely.ts';
import { isWithin, locate, type Surroundings, surroundings } from './locate.ts';
import { parsedJson, type Payload, readPayload } from './payload.ts';
import { maySpeakOfPolicy, policyNamesPaths } from './policy-glance.ts';
import { sinceStart } from './since-start.ts';
import { stoppedSentence } from './stopped.ts';
import type { AgentHook, Answer, ParsedCall } from './tool-call.ts';

/** Milliseconds after the start of the process. All inside the ten seconds that an agent may be set to wait. */
const STOP_READING = 6000;
const ANSWER_AT_LAST = 7000;
/** How long recording a late denial may delay it. */
const RECORDING_LATE = 1200;
let isLate = false;

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
    await answerAsThread(agent);
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

async function denyLate(agent: AgentHook): Promise<void> {
  isLate = true;
  const cause = 'the answer took longer than 7 seconds. Try again, or make the edit in smaller steps.';
  const deny = (): void => {
    endSurely();
    finish(closed(agent, cause));
  };
  // Whatever happens to the record, the denial goes out.
  setTimeout(deny, RECORDING_LATE);
  try {
    const call = callAtHand();
    if (call !== undefined) {
      endThreads();
      await inThread(agent, { ...call, kind: 'undecided', cause, use: RECORDING });
    }
  } catch {
    // It was tried.
  }
  deny();
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

function phaseOf(parsed: Exclude<ParsedCall, { kind: 'nothing' }>): 'before' | 'after' {
  return parsed.kind === 'call' ? parsed.call.phase : parsed.phase;
}

async function refuse(agent: AgentHook, cause: string, paths: readonly string[], around: Surroundings): Promise<Answer> {
  const unrecorded = await inThread(agent, { kind: 'refused', cause, paths, around, use: RECORDING });
  return closed(agent, typeof unrecorded === 'string' ? `${cause} ${unrecorded}` : cause);
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
