import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { CliIo } from './io.ts';

/** Questions to a person in a terminal. Ends with `close`: what is started afterwards may ask by itself. */
export type Dialogue = {
  readonly tell: (text: string) => void;
  /** Undefined when the person ends the input. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** As `ask`; what is typed is not shown. */
  readonly askHidden: (question: string) => Promise<string | undefined>;
  readonly close: () => void;
};

/** Undefined where nobody can be asked: an agent's shell, a pipe. */
export function dialogueWith(io: CliIo): Dialogue | undefined {
  if (!('isTTY' in io.stdin) || io.stdin.isTTY !== true) return undefined;
  let hidden = false;
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!hidden) io.stdout.write(chunk);
      done();
    },
  });
  const terminal: Interface = createInterface({ input: io.stdin, output, terminal: true, historySize: 0 });
  // Lines that came before they were asked for, and questions that wait for one.
  const lines: string[] = [];
  const waiting: ((line: string | undefined) => void)[] = [];
  let ended = false;
  terminal.on('line', (line) => {
    const first = waiting.shift();
    if (first === undefined) lines.push(line);
    else first(line);
  });
  terminal.on('close', () => {
    ended = true;
    for (const one of waiting.splice(0)) one(undefined);
  });
  terminal.on('SIGINT', () => terminal.close());
  const next = () =>
    new Promise<string | undefined>((resolve) => {
      const line = lines.shift();
      if (line !== undefined || ended) resolve(line);
      else waiting.push(resolve);
    });
  return {
    tell: (text) => void io.stdout.write(text),
    ask: (question) => {
      io.stdout.write(question);
      return next();
    },
    askHidden: async (question) => {
      io.stdout.write(question);
      hidden = true;
      try {
        return await next();
      } finally {
        hidden = false;
        io.stdout.write('\n');
      }
    },
    close: () => terminal.close(),
  };
}

/** For who is told that somebody must be there. */
export const NO_TERMINAL = 'This needs a person at a terminal: nothing is signed for a program. Run it there.';
