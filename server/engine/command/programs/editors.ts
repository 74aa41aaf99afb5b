import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { fileRead } from '../made.ts';
import { inputOf } from '../output.ts';

/** Editors that take their commands from the command line or the input. */
export const editors: Program = {
  names: 'ed ex vi vim nvim view nano emacs emacsclient micro joe jed mcedit kak hx helix'.split(' '),
  effects: (invocation) => (invocation.program.startsWith('emacs') ? emacs(invocation) : vim(invocation)),
};

const unknownText = (path: string): Effect => ({ kind: 'write', path, text: undefined, append: false });

const vim: Program['effects'] = ({ args, command, program }) => {
  if (args.length === 1 && /^(--version|--help|-h)$/.test(args[0] ?? '')) return [];
  // To `ed` and `ex`, `-s` says to be silent.
  const silent =
    program === 'ed' ||
    program === 'ex' ||
    args.some((arg) => /^-[eEsnN]+s$/.test(arg)) ||
    (args.includes('-s') && args.some((arg) => /^-[eE]$/.test(arg)));
  const read = argumentsOf(args, new Set(['-c', '--cmd', '-S', '-u', '-i', '-w', '-W', ...(silent ? [] : ['-s'])]));
  const lines = [...read.values('-c', '--cmd'), ...args.filter((arg) => /^\+\D/.test(arg)).map((arg) => arg.slice(1))];
  const scripted =
    lines.length > 0 ||
    read.has('-S', '-s', '-es', '--headless') ||
    args.some((arg) => arg.startsWith('+')) ||
    command.input.kind !== 'terminal';
  const scripts = read.values('-S', '-u', ...(silent ? [] : ['-s'])).filter((path) => !/^(NONE|NORC|DEFAULTS)$/.test(path));
  return [
    ...[...lines, ...(silent ? typed(command) : [])].flatMap(lineOf),
    ...[...scripts, ...(silent ? [fileRead(command)] : [])]
      .flatMap((path) => (path === undefined ? [] : [path]))
      .map((path): Effect => ({ kind: 'script', program: 'vim', path, args: [] })),
    ...(scripted || program === 'ed' || program === 'ex'
      ? read.plain.filter((path) => !path.startsWith('+')).map(unknownText)
      : [{ kind: 'open-ended', program } as const]),
  ];
};

/** The lines it is given as its input. */
function typed(command: Invocation['command']): readonly string[] {
  return inputOf(command)?.split('\n') ?? [];
}

/** `:!cmd`, `r !cmd`, `w file`, `e file`, `call system('cmd')` */
function lineOf(line: string): readonly Effect[] {
  const bare = line.replace(/^[\s:]*(?:silent!?\s+)?(?:[%$.,\d]+)?\s*/, '');
  const [, shell] = /^(?:r(?:ead)?\s*|w(?:rite)?\s+)?!\s*(.+)$/s.exec(bare) ?? [];
  if (shell !== undefined) return [{ kind: 'shell', text: shell, perhaps: true }];
  const [, path] =
    /^(?:w|wq|x|xit|write|sav|saveas|up|update|e|edit|sp|split|vs|tabe|tabedit|new)!?\s+(?:\+\S+\s+)*([^\s|]+)/.exec(bare) ?? [];
  if (path !== undefined) return [unknownText(path)];
  return /system|writefile|execute|termopen|jobstart|rename\(|delete\(|py(thon)?3?\b|lua\b/.test(bare)
    ? [{ kind: 'code', program: 'vim', code: bare }]
    : [];
}

function emacs({ args, command, program }: Invocation): readonly Effect[] {
  const read = argumentsOf(args, new Set(['-e', '--eval', '-eval', '-l', '--load', '-f', '--execute']));
  const code = [...read.values('-e', '--eval', '-eval', '--execute')];
  const scripts = [...read.values('-l', '--load'), ...(args.includes('--script') ? read.values('--script') : [])];
  if (code.length === 0 && scripts.length === 0 && !read.has('--batch', '-batch'))
    return command.input.kind === 'terminal' ? [{ kind: 'open-ended', program }] : [];
  return [
    ...code.map((text): Effect => ({ kind: 'code', program: 'emacs', code: text })),
    ...scripts.map((path): Effect => ({ kind: 'script', program: 'emacs', path, args: [] })),
    ...read.plain.map(unknownText),
  ];
}
