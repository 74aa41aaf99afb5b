import { type CliIo, ERROR, fail } from './io.ts';
import { nearest } from './nearest.ts';

/** What was chosen, and its arguments; or the exit code of a command line that was answered with help or a problem. */
type Chosen<Command> =
  | { readonly kind: 'command'; readonly command: Command; readonly rest: readonly string[] }
  | { readonly kind: 'answered'; readonly code: number };

/** The command of a family ("policy", "pack") that the first argument names. Asked for help, or for what is not there, it answers. */
export function subcommand<Command>(
  family: { readonly name: string; readonly help: string; readonly commands: Readonly<Record<string, Command>> },
  args: readonly string[],
  io: CliIo,
): Chosen<Command> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || rest.includes('--help') || rest.includes('-h')) {
    (name === undefined ? io.stderr : io.stdout).write(family.help);
    return { kind: 'answered', code: name === undefined ? ERROR : 0 };
  }
  const command = Object.hasOwn(family.commands, name) ? family.commands[name] : undefined;
  if (command !== undefined) return { kind: 'command', command, rest };
  const guess = nearest(name, Object.keys(family.commands));
  const hint =
    guess === undefined ? `countersign ${family.name} --help lists what there is.` : `Did you mean: countersign ${family.name} ${guess}`;
  return { kind: 'answered', code: fail(io, `There is no "${family.name} ${name}". ${hint}`) };
}
