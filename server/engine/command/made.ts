import { argumentsOf } from './arguments.ts';
import type { LineEdit } from './line-edit.ts';
import type { SimpleCommand } from './simple-command.ts';
import { UNKNOWN } from './simple-command.ts';

/** A text that comes about from files: theirs, one after the other, and what is done to it. */
export type Made = {
  /** `itself`: the file that is written. */
  readonly from: readonly string[] | 'itself';
  readonly edits: readonly LineEdit[];
};

/** What a command prints, as made of files: `cat a b`, `sed 's/a/b/' f`, and these behind a pipe or `<`. */
export function madeBy(command: SimpleCommand | undefined): Made | undefined {
  const [program, ...args] = command?.words.map(({ text }) => text) ?? [];
  if (command === undefined || program === undefined || args.some((arg) => arg.includes(UNKNOWN))) return undefined;
  switch (program.replace(/^.*\//, '')) {
    case 'cat':
    case 'tee':
    case 'sponge': {
      const isCat = program.endsWith('cat');
      if (!isCat || args.length === 0) return isCat || args.every((arg) => !arg.startsWith('-')) ? readBy(command) : undefined;
      return args.every((arg) => !arg.startsWith('-')) ? { from: args, edits: [] } : undefined;
    }
    case 'sed':
    case 'gsed':
    case 'perl': {
      const edit = program.endsWith('perl') ? perlEdit(args) : sedEdit(args);
      if (edit === undefined || edit.inPlace || (program.endsWith('perl') && !edit.prints)) return undefined;
      const input: Made | undefined = edit.files.length > 0 ? { from: edit.files, edits: [] } : readBy(command);
      // sed takes several files for one text; so does a pattern of a glob.
      return input === undefined ? undefined : { ...input, edits: [...input.edits, edit.edit] };
    }
    default:
      return undefined;
  }
}

/** What a command reads, as made of files. */
export function readBy({ input }: SimpleCommand): Made | undefined {
  if (input.kind === 'file') return { from: [input.path.text], edits: [] };
  return input.kind === 'pipe' ? madeBy(input.from) : undefined;
}

/** The one file that a command reads as it is, where it does. */
export function fileRead(command: SimpleCommand): string | undefined {
  const made = readBy(command);
  return made !== undefined &&
    made.from !== 'itself' &&
    made.from.length === 1 &&
    made.edits.length === 0 &&
    !made.from[0]?.includes(UNKNOWN)
    ? made.from[0]
    : undefined;
}

export type Editing = {
  readonly edit: LineEdit;
  readonly files: readonly string[];
  readonly inPlace: boolean;
  readonly prints: boolean;
};

/** Undefined where its options are not all known. */
export function sedEdit(args: readonly string[]): Editing | undefined {
  // BSD's `-i ''`; GNU's `-i` has no value of its own.
  const given = args.filter((arg, i) => arg !== '' || args[i - 1] !== '-i');
  const known = /^(-[nEris]+(\.[\w.]*)?|-e|-i[\w.~-]*|--in-place(=.*)?|--quiet|--silent|--regexp-extended|--expression(=.*)?|--posix)$/;
  if (given.some((arg) => arg.startsWith('-') && arg !== '-' && !known.test(arg))) return undefined;
  const read = argumentsOf(given, new Set(['-e', '--expression']));
  const scripts = read.values('-e', '--expression');
  const script = scripts.length > 0 ? scripts.join('\n') : read.plain[0];
  if (script === undefined) return undefined;
  return {
    edit: {
      script,
      // What follows `i` is the ending of the file that is kept.
      dialect: given.some((arg) => /^-[ns]*[Er]|^--regexp-extended$/.test(arg)) ? 'extended' : 'basic',
      quiet: given.some((arg) => /^-[Ers]*n|^--(quiet|silent)$/.test(arg)),
    },
    files: scripts.length > 0 ? read.plain : read.plain.slice(1),
    inPlace: given.some((arg) => /^-[nErs]*i|^--in-place/.test(arg)),
    prints: true,
  };
}

/** `perl -pi -e 's/a/b/g' file` */
export function perlEdit(args: readonly string[]): Editing | undefined {
  const at = args.findIndex((arg) => /^-[pi]*e$/.test(arg));
  const options = args.slice(0, Math.max(at, 0) + 1).join(' ');
  if (at === -1 || !/^(-[pie]+(\.\w+)?( |$))+$/.test(`${options} `)) return undefined;
  const files = args.slice(at + 2);
  if (files.some((file) => file.startsWith('-'))) return undefined;
  return {
    edit: { script: args[at + 1] ?? '', dialect: 'perl', quiet: false },
    files,
    inPlace: /-[pe]*i/.test(options),
    prints: options.includes('p'),
  };
}
