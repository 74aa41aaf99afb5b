import { type CliIo, ERROR, fail, say } from './io.ts';
import { nearest } from './nearest.ts';

/** One command of a family, as the family's help tells it. */
export type Subcommand = {
  /** A clause for the list, without a full stop. */
  readonly does: string;
  /** What its own `--help` prints; absent where it answers that itself. */
  readonly help?: string;
};

/** Commands that begin with the same word: "policy", "pack". */
export type Family<Command extends Subcommand> = {
  readonly name: string;
  /** What they are about, above their list. Ends in a newline. */
  readonly about: string;
  /** What else is good to know, below it. Ends in a newline. */
  readonly also?: string;
  readonly commands: Readonly<Record<string, Command>>;
};

/** What was chosen, and its arguments; or the exit code of a command line that was answered with help or a problem. */
type Chosen<Command> =
  | { readonly kind: 'command'; readonly name: string; readonly command: Command; readonly rest: readonly string[] }
  | { readonly kind: 'answered'; readonly code: number };

/** The command of a family that the first argument names. Asked for help, or for what is not there, it answers. */
export function subcommand<Command extends Subcommand>(family: Family<Command>, args: readonly string[], io: CliIo): Chosen<Command> {
  const [name, ...rest] = args;
  if (name === undefined) {
    io.stderr.write(helpOf(family));
    return { kind: 'answered', code: ERROR };
  }
  if (name === '--help' || name === '-h' || name === 'help') return { kind: 'answered', code: say(io, helpOf(family)) };
  const command = Object.hasOwn(family.commands, name) ? family.commands[name] : undefined;
  if (command === undefined) {
    const guess = nearest(name, Object.keys(family.commands));
    const hint =
      guess === undefined ? `countersign ${family.name} --help lists what there is.` : `Did you mean: countersign ${family.name} ${guess}`;
    return { kind: 'answered', code: fail(io, `There is no "${family.name} ${name}". ${hint}`) };
  }
  if (command.help !== undefined && (rest.includes('--help') || rest.includes('-h')))
    return { kind: 'answered', code: say(io, command.help) };
  return { kind: 'command', name, command, rest };
}

function helpOf({ name, about, also, commands }: Family<Subcommand>): string {
  const longest = Math.max(...Object.keys(commands).map((one) => one.length));
  const lines = Object.entries(commands).map(([one, { does }]) => `  countersign ${name} ${one.padEnd(longest)}   ${does}`);
  return [
    `countersign ${name} <command>\n\n${about}`,
    ...lines,
    '',
    `  countersign ${name} <command> --help    more, with examples`,
    ...(also === undefined ? [] : ['', also.trimEnd()]),
    '',
  ].join('\n');
}
