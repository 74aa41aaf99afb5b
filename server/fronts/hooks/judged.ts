import { withinTime } from '../within-time.ts';
import { compiled, inThread, outside, RECORDING, STOP_REVIEWING, type Task } from './in-thread.ts';
import type { Early } from './review.ts';
import { sinceStart, uptime } from './since-start.ts';
import type { AgentHook, Answer } from './tool-call.ts';

/** How long a small call is judged in this thread before one of its own is started. Not counted from the start of the process. */
const AT_ONCE = 1000;

/** How long the start takes on a machine that is not busy, with room to spare. Milliseconds. */
const SOON = 500;

export type Call = Omit<Extract<Task, { kind: 'call' }>, 'kind' | 'judged' | 'use'>;

/** Judges here what is soon judged, answers what surely goes on, and holds what is to be held and no more. All else needs a thread. */
export async function judged(agent: AgentHook, call: Call, use: string): Promise<Answer> {
  atHand = call;
  const { exports, known } = compiled(use);
  // The first time a thread judges it: it keeps what is compiled by then for the next.
  const inAThread = async (early?: Early): Promise<Answer> =>
    await answerOfThread(agent, { kind: 'call', ...call, judged: early?.judged, use: early === undefined ? use : RECORDING });
  if (!known()) return await inAThread();
  // Without what reads its commands nothing can be said of the call: the thread says why.
  const grammar = await exports.grammarFor(call).then(
    (read) => ({ read }),
    () => undefined,
  );
  if (grammar === undefined) return await inAThread();
  if (uptime() > SOON) loadWhole();
  // From now on: on a busy machine the start alone may take that long, and a thread would take longer still.
  const limit = Math.min(uptime() + AT_ONCE, STOP_REVIEWING);
  const early = withinTime(() => exports.judgeEarly({ agent, ...call }, outside(limit), grammar.read), sinceStart(limit));
  const answer = early.late ? undefined : early.value;
  if (answer === undefined || !known()) return await inAThread();
  if (answer === 'pass') return agent.allow();
  return (await exports.recording().holdEarly({ agent, ...call }, outside(STOP_REVIEWING), answer)) ?? (await inAThread(answer));
}

/** The call that is being judged, if there is one: what a late denial records. */
export function callAtHand(): Call | undefined {
  return atHand;
}

let atHand: Call | undefined;

/**
 * What Node loads by need stays half loaded when it is stopped in the middle of that, and then neither a thread nor an answer can be had.
 * It takes milliseconds, which only a busy machine makes long enough to be hit.
 */
function loadWhole(): void {
  for (const name of ['node:crypto', 'node:worker_threads']) process.getBuiltinModule(name);
}

async function answerOfThread(agent: AgentHook, call: Extract<Task, { kind: 'call' }>): Promise<Answer> {
  const answer = await inThread(agent, call);
  if (typeof answer !== 'object') throw new Error('its thread gave no answer');
  return answer;
}

/** Files of one ending are read and judged by the same code. */
export function useOf(path: string | undefined): string {
  const ending = /\.([a-z]{1,10})$/.exec(path ?? '')?.[1] ?? '';
  return ENDINGS.has(ending) ? ending.replace('yml', 'yaml') : 'other';
}

const ENDINGS: ReadonlySet<string> = new Set(['json', 'yaml', 'yml', 'tf', 'toml', 'sql', 'bicep', 'env', 'conf', 'md']);
