import type { Effect, Invocation, Program } from './effect.ts';
import { outputOf } from './output.ts';
import { aws } from './programs/aws.ts';
import { clouds } from './programs/clouds.ts';
import { databases } from './programs/databases.ts';
import { files } from './programs/files.ts';
import { git } from './programs/git.ts';
import { infrastructure } from './programs/infrastructure.ts';
import { interpreters } from './programs/interpreters.ts';
import { kubernetes } from './programs/kubernetes.ts';
import { own } from './programs/own.ts';
import { type SimpleCommand, UNKNOWN } from './shell.ts';

const PROGRAMS: ReadonlyMap<string, Program> = new Map(
  [files, interpreters, git, aws, clouds, kubernetes, infrastructure, databases, own].flatMap((program) =>
    program.names.map((name) => [name, program]),
  ),
);

/** What one simple command does: its redirections, and what its program does with its arguments. */
export function effectsOf(command: SimpleCommand): readonly Effect[] {
  return [
    ...redirected(command),
    ...ran(
      command.words.map(({ text }) => text),
      command,
      0,
    ),
  ];
}

function redirected(command: SimpleCommand): readonly Effect[] {
  return command.redirects.flatMap(({ kind, target }): readonly Effect[] =>
    kind === 'read' || /^\/dev\/(null|stdout|stderr|tty|fd\/\d+)$/.test(target.text)
      ? []
      : [{ kind: 'write', path: target.text, text: outputOf(command), append: kind === 'append' }],
  );
}

function ran(words: readonly string[], command: SimpleCommand, depth: number): readonly Effect[] {
  const [first, ...args] = words;
  if (first === undefined || depth > 8) return [];
  if (first === UNKNOWN || first.includes(UNKNOWN)) return [{ kind: 'unclear', why: 'the name of the program is put together elsewhere' }];
  const program = first
    .replace(/^.*[/\\]/, '')
    .replace(/\.exe$/i, '')
    .replace(/^(python|node|ruby|php|perl)\d[\d.]*$/, '$1');
  const wrapped = unwrapped(program, args);
  if (wrapped !== undefined) return wrapped.flatMap((inner) => ran(inner, command, depth + 1));
  const known = PROGRAMS.get(program);
  if (known !== undefined) return known.effects({ program, args, command } satisfies Invocation);
  // A program of the workspace: its text can be read.
  return /^[./~].*\//.test(first) ? [{ kind: 'script', program: 'sh', path: first }] : [];
}

/** Programs that run the program named in their arguments. Undefined when this is none; a list, because `find` can run several. */
function unwrapped(program: string, args: readonly string[]): readonly (readonly string[])[] | undefined {
  switch (program) {
    case 'env':
    case 'sudo':
    case 'doas':
    case 'nice':
    case 'ionice':
    case 'stdbuf':
    case 'timeout':
    case 'gtimeout':
    case 'nohup':
    case 'time':
    case 'command':
    case 'builtin':
    case 'exec':
    case 'setsid':
    case 'chroot':
    case 'unshare':
    case 'caffeinate':
    case 'watch':
    case 'xargs':
    case 'parallel':
    case 'busybox':
    case 'npx':
    case 'bunx':
    case 'uvx':
    case 'pipx':
    case 'poetry':
    case 'uv':
    case 'script':
    case 'strace':
      return [afterOptions(program, args)];
    case 'find': {
      const removes: readonly (readonly string[])[] = args.includes('-delete')
        ? [
            [
              'rm',
              ...args.slice(
                0,
                args.findIndex((arg) => arg.startsWith('-')),
              ),
              ...globsOf(args),
            ],
          ]
        : [];
      const runs = args.flatMap((arg, i) =>
        /^-(exec|execdir|ok|okdir)$/.test(arg)
          ? [args.slice(i + 1, endOf(args, i + 1)).map((word) => (word === '{}' ? (globsOf(args)[0] ?? UNKNOWN) : word))]
          : [],
      );
      return [...removes, ...runs];
    }
    default:
      return undefined;
  }
}

function endOf(args: readonly string[], from: number): number {
  const end = args.findIndex((arg, i) => i >= from && (arg === ';' || arg === '+'));
  return end === -1 ? args.length : end;
}

function globsOf(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, i) => (/^-(name|iname|path|wholename)$/.test(arg) ? [args[i + 1] ?? ''] : []));
}

const WITH_VALUE: Readonly<Record<string, RegExp>> = {
  sudo: /^-[ugpCDhRrtTU]$/,
  doas: /^-[uC]$/,
  nice: /^-n$/,
  ionice: /^-[cnp]$/,
  stdbuf: /^-[ioe]$/,
  timeout: /^-[ks]$/,
  env: /^-[uCS]$/,
  xargs: /^-[ILnPEda]$/,
  watch: /^-n$/,
  npx: /^-p$/,
  exec: /^-a$/,
  strace: /^-[eop]$/,
};

function afterOptions(program: string, args: readonly string[]): readonly string[] {
  let i = 0;
  while (i < args.length) {
    const arg = args[i] ?? '';
    if (arg === '--') return args.slice(i + 1);
    if (program === 'env' && arg === '-S') return (args[i + 1] ?? '').split(' ');
    if (arg.startsWith('-')) i += WITH_VALUE[program]?.test(arg) === true ? 2 : 1;
    else if ((program === 'env' || program === 'sudo') && /^\w+=/.test(arg)) i++;
    else break;
  }
  // `timeout 10 cmd`, `chroot DIR cmd`, `uv run cmd`
  if (program === 'timeout' || program === 'gtimeout' || program === 'chroot') i++;
  if (/^(uv|poetry|pipx)$/.test(program) && args[i] === 'run') i++;
  return args.slice(i);
}
