/** How long a process may take to end by itself, in milliseconds. */
const ENDING = 500;

/**
 * Has this process ended soon, whatever its threads wait for: one that waits for a disk cannot be stopped, and Node ends only after
 * it. A hook that was killed has denied: the command in the agent's settings says so for it.
 */
export function endSurely(): void {
  const { spawn }: typeof import('node:child_process') = require('node:child_process');
  const end = `setTimeout(() => process.ppid === ${process.pid} && process.kill(${process.pid}, 'SIGKILL'), ${ENDING})`;
  spawn(process.execPath, ['-e', end], { stdio: 'ignore', detached: true, windowsHide: true })
    .on('error', () => {})
    .unref();
}
