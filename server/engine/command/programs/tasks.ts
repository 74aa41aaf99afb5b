import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { fileRead } from '../made.ts';
import { inputOf } from '../output.ts';
import { effectsOfEnvironment } from '../environment.ts';
import { UNKNOWN } from '../simple-command.ts';
import { commandLine } from '../words.ts';

/** Programs that run command lines which stand in a file of the workspace: scripts of package.json, targets, recipes. */
export const tasks: Program = {
  names: ['npm', 'pnpm', 'yarn', 'bun', 'npx', 'bunx', 'make', 'gmake', 'bmake', 'remake', 'just', 'task', 'go-task'],
  effects: ({ program, args, command }) => {
    if (/^(g|b|re)?make$/.test(program)) return [made(args, command)];
    if (program === 'task' || program === 'go-task') {
      const read = argumentsOf(args, VALUED_OF_TASK);
      const file = read.value('-t', '--taskfile');
      const names = read.plain.filter((word) => !word.includes('='));
      const given = { kind: 'task', runner: 'task', names, folder: read.value('-d', '--dir') ?? '' } as const;
      return [file === undefined ? { ...given, file } : taken(given, file, command)];
    }
    if (program === 'just') {
      const file = argumentsOf(args, VALUED).value('-f', '--justfile');
      const given = { kind: 'task', runner: 'just', names: plainOf(args), folder: folderOf(args) } as const;
      return [file === undefined ? { ...given, file } : taken(given, file, command)];
    }
    if (program === 'npx' || program === 'bunx') return called(args);
    const [, options] = args.map((arg) => /^--node-options=(.*)$/s.exec(arg)).find((found) => found !== null) ?? [];
    return [...(options === undefined ? [] : effectsOfEnvironment({ NODE_OPTIONS: options })), ...packaged(program, args)];
  },
};

/** Scripts that a package manager runs around its own work. */
const AROUND: Readonly<Record<string, readonly string[]>> = {
  install: ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'],
  publish: ['prepublishOnly', 'prepack', 'prepare', 'postpack', 'publish', 'postpublish'],
  pack: ['prepack', 'prepare', 'postpack'],
  version: ['preversion', 'version', 'postversion'],
};

const ALSO: Readonly<Record<string, string>> = {
  i: 'install',
  ci: 'install',
  add: 'install',
  update: 'install',
  rebuild: 'install',
  t: 'test',
  tst: 'test',
};

function packaged(program: string, args: readonly string[]): readonly Effect[] {
  const code = args.findIndex((arg) => /^(-e|--eval|-p|--print)$/.test(arg));
  // A program, not a script of package.json.
  const file = args.find((arg) => !arg.startsWith('-') && arg !== 'run');
  if (program === 'bun' && file !== undefined && /\.[cm]?[jt]sx?$/.test(file)) return [];
  if (program === 'bun' && code !== -1) return [{ kind: 'code', program, code: args.slice(code + 1).join('\n') }];
  const [verb = '', ...rest] = plainOf(args);
  const own = ALSO[verb] ?? verb;
  const task = (names: readonly string[]): readonly Effect[] => [
    { kind: 'task', runner: 'package', names, folder: folderOf(args), file: undefined },
  ];
  if (/^(exec|x|dlx)$/.test(own)) return called(args.slice(args.indexOf(verb) + 1));
  if (/^(run|run-script|rum|urn)$/.test(own)) return rest[0] === undefined ? [] : task(withAround(rest[0]));
  if (own === '') return program === 'yarn' ? task(AROUND['install'] ?? []) : [];
  const around = AROUND[own];
  if (around !== undefined) return task(around);
  if (/^(test|start|stop|restart)$/.test(own)) return task(withAround(own));
  // `yarn build`, `pnpm build`, `bun build`: a script of that name, where there is one.
  return program === 'npm' ? [] : task(withAround(own));
}

function withAround(name: string): readonly string[] {
  return [`pre${name}`, name, `post${name}`];
}

/** `npx -c 'line'`, `npm exec -- words` */
function called(args: readonly string[]): readonly Effect[] {
  const at = args.findIndex((arg) => /^(-c|--call|--shell-mode)$/.test(arg));
  const joined = args.find((arg) => arg.startsWith('--call='));
  const text = at === -1 ? joined?.slice('--call='.length) : args[at + 1];
  if (text !== undefined) return [{ kind: 'shell', text }];
  const [program = '', ...words] = args.includes('--') ? args.slice(args.indexOf('--') + 1) : withoutOptions(args);
  const known = KNOWN_AS[program.replace(/(?<=.)@[^@/]*$/, '')] ?? program.replace(/^(aws-cdk|cdktf-cli)@.*$/, '$1');
  return program === '' ? [] : [{ kind: 'shell', text: commandLine([known, ...words]) }];
}

/** Packages that do what a program of the shell does. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  cpy: 'cp',
  'cpy-cli': 'cp',
  cpx: 'cp',
  cpx2: 'cp',
  ncp: 'cp',
  copyfiles: 'cp',
  rimraf: 'rm',
  del: 'rm',
  'del-cli': 'rm',
  mv: 'mv',
  'rename-cli': 'mv',
  'aws-cdk': 'cdk',
  'cdktf-cli': 'cdktf',
};

function withoutOptions(args: readonly string[]): readonly string[] {
  let i = 0;
  while (args[i]?.startsWith('-')) i += /^(-p|--package)$/.test(args[i] ?? '') ? 2 : 1;
  return args.slice(i);
}

/** The file that says what there is to do, also where that is the input. */
function taken(task: Omit<Extract<Effect, { kind: 'task' }>, 'file' | 'text'>, file: string, command: Invocation['command']): Effect {
  if (!/^(-|\/dev\/(stdin|fd\/0)|\/proc\/self\/fd\/0)$/.test(file) && !file.includes(UNKNOWN)) return { ...task, file };
  const text = file.includes(UNKNOWN) ? undefined : inputOf(command);
  if (text !== undefined) return { ...task, file: undefined, text };
  const read = file.includes(UNKNOWN) ? undefined : fileRead(command);
  if (read !== undefined) return { ...task, file: read };
  const does = `runs what stands in a ${{ make: 'Makefile', just: 'justfile', task: 'Taskfile', package: 'package.json' }[task.runner]} that cannot be read`;
  return {
    kind: 'change',
    change: { rule: 'command-runs-unread-code', system: 'this machine', does, object: task.runner, kind: 'program', severity: 'medium' },
  };
}

function made(args: readonly string[], command: Invocation['command']): Effect {
  const read = argumentsOf(args, VALUED);
  const names = read.plain.filter((word) => !word.includes('=') && word !== '-');
  // `-sf FILE` too: letters come in a bunch.
  const bunched = args.findIndex((arg) => /^-[a-eg-zA-Z]+f$/.test(arg));
  const file =
    read.value('-f', '--file', '--makefile') ??
    (bunched === -1 ? args.flatMap((arg) => /^-[a-eg-zA-Z]*f(.+)$/s.exec(arg)?.[1] ?? [])[0] : args[bunched + 1]);
  const task = { kind: 'task', runner: 'make', names, folder: read.value('-C', '--directory') ?? '' } as const;
  return file === undefined ? { ...task, file } : taken(task, file, command);
}

const VALUED_OF_TASK = new Set(['-t', '--taskfile', '-d', '--dir', '-C', '--concurrency', '-o', '--output', '-I', '--interval']);

const VALUED = new Set([
  '-C',
  '--directory',
  '-f',
  '--file',
  '--makefile',
  '--justfile',
  '-j',
  '--prefix',
  '--dir',
  '--cwd',
  '-w',
  '--workspace',
  '--filter',
  '-d',
  '--working-directory',
]);

function plainOf(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return argumentsOf(end === -1 ? args : args.slice(0, end), VALUED).plain;
}

function folderOf(args: readonly string[]): string {
  return argumentsOf(args, VALUED).value('--prefix', '-C', '--dir', '--cwd', '-w', '--workspace', '-d', '--working-directory') ?? '';
}
