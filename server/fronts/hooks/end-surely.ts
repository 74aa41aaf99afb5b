import { uptime } from './since-start.ts';

/** When this process has ended at last, in milliseconds after its start: agents may be set to wait for ten seconds. */
const ENDED_AT_LAST = 9300;

/**
 * Has this process ended before its agent gives it up, whatever its threads wait for: one that waits for a disk cannot be stopped,
 * and Node ends only after it. A hook that was killed has denied: the command in the agent's settings says so for it.
 */
export function endSurely(): void {
  const { spawn }: typeof import('node:child_process') = require('node:child_process');
  const { pid } = process;
  const left = Math.max(0, Math.round(ENDED_AT_LAST - uptime()));
  const end = `setTimeout(() => process.ppid === ${pid} && process.kill(${pid}, 'SIGKILL'), ${left})`;
  spawn(process.execPath, ['-e', end], { stdio: 'ignore', detached: true, windowsHide: true })
    .on('error', () => {})
    .unref();
}
