import { createInterface } from 'node:readline/promises';
import { lineHunks } from '../line-diff.ts';
import type { CliIo } from './io.ts';

/** Asks before writing. No answer is no. */
export async function agreed(io: CliIo): Promise<boolean> {
  const terminal = createInterface({ input: io.stdin, output: io.stdout, terminal: false });
  try {
    const answer = await Promise.race([
      terminal.question('Write this? [y/N] '),
      new Promise<undefined>((resolve) => void terminal.once('close', () => resolve(undefined))),
    ]);
    // What is said next begins a line of its own.
    if (answer === undefined) io.stdout.write('\n');
    return answer !== undefined && /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

/** What would be written, as the lines that change. */
export function changedLines(before: string, after: string): string {
  const [old, fresh] = [before === '' ? [] : before.split('\n'), after.split('\n')];
  return lineHunks(old, fresh)
    .map(({ beforeStart, beforeEnd, afterStart, afterEnd }) =>
      [
        `  @@ line ${afterStart + 1}`,
        ...old.slice(beforeStart, beforeEnd).map((line) => `  - ${line}`),
        ...fresh.slice(afterStart, afterEnd).map((line) => `  + ${line}`),
        '',
      ].join('\n'),
    )
    .join('');
}
