import { parentPort, Worker, workerData } from 'node:worker_threads';
import { judge, type Judgement } from '../../gate/judge.ts';
import type { Policy, Suggestion } from '../../gate/types.ts';
import { deadline } from './gates.ts';

/** From this many characters, before and after together, a suggestion is worked out beside the thread that answers the editor. */
const LARGE = 100_000;

/** What was found, and what an ignore lets pass. */
export type Found = Pick<Judgement, 'assessments' | 'ignored'>;

type Task = { readonly suggestion: Suggestion; readonly policy: Policy; readonly limit: number };

export function isLarge({ edits }: Suggestion): boolean {
  return edits.reduce((sum, { before, after }) => sum + before.length + after.length, 0) > LARGE;
}

/**
 * What the gate would say of a large suggestion, worked out in a thread of its own that is ended after `limit` milliseconds,
 * so that no text can keep the editor waiting. Undefined when it took longer or failed.
 */
export function judgeAside(suggestion: Suggestion, policy: Policy, limit: number): Promise<Found | undefined> {
  return new Promise((resolve) => {
    const task: Task = { suggestion, policy, limit };
    const worker = new Worker(__filename, { workerData: task, argv: [] });
    const timer = setTimeout(() => end(undefined), limit + 500);
    const end = (found: Found | undefined): void => {
      clearTimeout(timer);
      resolve(found);
      void worker.terminate();
    };
    worker.once('message', end);
    worker.once('error', () => end(undefined));
    worker.once('exit', () => end(undefined));
  });
}

/** The other end of `judgeAside`, run by the thread. */
export function judgeInThread(): void {
  // Only `judgeAside` starts threads of this program.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what comes in is what `judgeAside` put there
  const { suggestion, policy, limit } = workerData as Task;
  const { assessments, ignored } = judge(suggestion, { policy, outOfTime: deadline(limit), now: () => new Date() });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no other origin
  parentPort?.postMessage({ assessments, ignored } satisfies Found);
}
