/** What is done in a thread of its own: what may take long, or writes to the disk at once, so that the timer of the other can still close the gate. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { assertNever } from '../../engine/assert-never.ts';
import { stateFolder } from '../../gate/state-folder.ts';
import { loadCompiled } from './cached-module.ts';
import type { Located, Surroundings } from './locate.ts';
import type { Judged } from './review.ts';
import { uptime } from './since-start.ts';
import type { AgentHook, Answer, ToolCall } from './tool-call.ts';

/** Milliseconds after the start of the process. */
export const STOP_REVIEWING = 5500;
/** Says to this program that it runs in a thread of its own. */
export const IN_THREAD = '--in-thread';

/** What a thread is started for. Plain data: it is copied. `use`: see loadCompiled. */
export type Task = { readonly use: string } & (
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
export const RECORDING = 'record';

/** The other side: does what the thread was started for, and says so. */
export async function answerAsThread(agent: AgentHook): Promise<void> {
  const { parentPort, workerData } = threads();
  const task: Task = workerData;
  const answer = await perform(agent, task);
  // Here and not in the thread that answers: this writes to the disk.
  compiled(task.use).keep();
  parentPort?.postMessage(answer);
}

/** For `call` the answer; for the others a sentence when the log would not take it. */
export function inThread(agent: AgentHook, task: Task): Promise<Answer | string | undefined> {
  const { Worker } = threads();
  const thread = new Worker(__filename, {
    argv: [agent.id, IN_THREAD],
    workerData: task,
    // Judging makes much that is soon forgotten: with more room it is collected less often.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  running.add(thread);
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => {
      // One that was ended is waited for by nobody.
      if (running.delete(thread)) reject(new Error(`its thread ended with ${code}`));
    });
  });
}

/** Ends what runs in threads: it has become too late for its answer. */
export function endThreads(): void {
  for (const thread of running) {
    running.delete(thread);
    void thread.terminate();
  }
}

const running = new Set<Worker>();

/** Loaded only when something may be governed: a file of its own, which the bundler does not take into this one. `use`: see loadCompiled. */
export function compiled(use: string): ReturnType<typeof loadCompiled<typeof import('./review.ts')>> {
  return (loaded ??= loadCompiled(
    join(__dirname, 'hook-review.js'),
    join(stateFolder(process.env, process.platform, homedir()), 'compiled'),
    use,
  ));
}

let loaded: ReturnType<typeof compiled> | undefined;

/** `limit`: milliseconds after the start of the process. */
export function outside(limit: number): { readonly env: NodeJS.ProcessEnv; readonly outOfTime: () => boolean } {
  return { env: process.env, outOfTime: () => uptime() > limit };
}

async function perform(agent: AgentHook, task: Task): Promise<Answer | string | undefined> {
  const { recordRefusal, recordUndecided, reviewCall } = compiled(task.use).exports.recording();
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

/** Loaded by need: most calls are answered without a thread. */
function threads(): typeof import('node:worker_threads') {
  const loaded: typeof import('node:worker_threads') = require('node:worker_threads');
  return loaded;
}
