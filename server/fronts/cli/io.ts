/** What a command of the command line gets from outside, so that a test can run it without a process of its own. */
export type CliIo = {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute. */
  readonly cwd: string;
  readonly now: () => Date;
};

/** Exit code of everything that went wrong for another reason than a verdict. */
export const ERROR = 3;

/** Says what went wrong, and gives the exit code for it. `problem`: a sentence with its remedy. */
export function fail(io: CliIo, problem: string): number {
  io.stderr.write(`${problem}\n`);
  return ERROR;
}

/** Says what was asked for, and gives the exit code for it. */
export function say(io: CliIo, text: string): number {
  io.stdout.write(text);
  return 0;
}
