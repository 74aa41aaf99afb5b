import { isWatchedByName } from '../read/governed-path.ts';
import type { Effect, Invocation, Program } from './effect.ts';
import { effectsOfEnvironment } from './environment.ts';
import { isLooking } from './harmless.ts';
import { inputOf, outputOf } from './output.ts';
import { lineEdited } from './line-edit.ts';
import { fileRead, madeBy, perlEdit, sedEdit } from './made.ts';
import { writtenByOption } from './output-options.ts';
import { ranByOption } from './run-options.ts';
import { aws } from './programs/aws.ts';
import { clouds } from './programs/clouds.ts';
import { databases } from './programs/databases.ts';
import { editors } from './programs/editors.ts';
import { files } from './programs/files.ts';
import { frameworks } from './programs/frameworks.ts';
import { git } from './programs/git.ts';
import { infrastructure } from './programs/infrastructure.ts';
import { interpreters } from './programs/interpreters.ts';
import { kubernetes } from './programs/kubernetes.ts';
import { launchers } from './programs/launchers.ts';
import { own } from './programs/own.ts';
import { patches } from './programs/patches.ts';
import { sending } from './programs/sending.ts';
import { tasks } from './programs/tasks.ts';
import { transfers } from './programs/transfers.ts';
import { webApis } from './programs/web-apis.ts';
import { windows } from './programs/windows.ts';
import { type SimpleCommand, UNKNOWN } from './simple-command.ts';
import { LISTS, readIn } from './substituted.ts';
import { inParallel, listGiven, xargsWords } from './repeated.ts';
import { commandLine } from './words.ts';

/** Some names are in several families: `docker run` starts a program, `docker volume rm` destroys data. */
const PROGRAMS: ReadonlyMap<string, readonly Program[]> = grouped([
  files,
  editors,
  transfers,
  webApis,
  interpreters,
  windows,
  git,
  patches,
  sending,
  aws,
  clouds,
  kubernetes,
  infrastructure,
  databases,
  frameworks,
  launchers,
  tasks,
  own,
]);

function grouped(programs: readonly Program[]): ReadonlyMap<string, readonly Program[]> {
  const found = new Map<string, Program[]>();
  for (const program of programs)
    for (const name of program.names) found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), program]);
  return found;
}

/** What one simple command does: its redirections, and what its program does with its arguments. */
export function effectsOf(command: SimpleCommand): readonly Effect[] {
  const list = listRead(command);
  if (list !== undefined) return [{ kind: 'reading', path: list, command }];
  return [
    ...redirected(command),
    ...effectsOfEnvironment(
      command.assignments,
      command.words.map(({ text }) => text),
    ),
    ...writtenByOption(command.words.map(({ text }) => text)),
    ...ranByOption(command.words.map(({ text }) => text)),
    ...ran(
      command.words.map(({ text }) => text),
      command,
      0,
    ),
  ];
}

function redirected(command: SimpleCommand): readonly Effect[] {
  return command.redirects.flatMap((redirect): readonly Effect[] => {
    const { kind, target } = redirect;
    if (kind === 'read' || /^\/dev\/(null|stdout|stderr|tty|fd\/\d+)$/.test(target.text)) return [];
    return [
      { kind: 'write', path: target.text, text: outputOf(command), append: kind === 'append', made: madeBy(command), group: redirect },
    ];
  });
}

function ran(words: readonly string[], command: SimpleCommand, depth: number): readonly Effect[] {
  const [first, ...args] = words;
  if (first === undefined || depth > 8) return [];
  if (first === UNKNOWN || first.includes(UNKNOWN)) {
    // `$(git --exec-path)/git-apply`: where it lies is not known, but what it is called.
    const [, called] = new RegExp(`/([^/${UNKNOWN}]+)$`).exec(first) ?? [];
    return [
      { kind: 'unclear', why: 'the name of the program is put together elsewhere' },
      ...readIn(command.source),
      ...(called !== undefined && PROGRAMS.has(called.toLowerCase()) ? ran([called, ...args], command, depth + 1) : []),
    ];
  }
  const program = first
    .replace(/^.*[/\\]/, '')
    .replace(/\.exe$/i, '')
    .replace(/^(python|node|ruby|php|perl)\d[\d.]*$/, '$1')
    .replace(/^pypy\d*$/, 'python');
  // `/bin/c[p]`: the shell looks for a program of such a name.
  if (command.words[0]?.glob === true && first === command.words[0].text && /[*?[]/.test(program))
    return matched(program, args, command, depth);
  const wrapped = unwrapped(program, args, command);
  if (
    /^(sudo|doas)$/.test(program) &&
    args.some((arg) => /^-[a-zA-Z]*[is]$|^--(login|shell)$/.test(arg)) &&
    (wrapped?.[0] ?? []).length === 0
  )
    return command.input.kind === 'terminal' ? [{ kind: 'open-ended', program }] : [];
  if (wrapped !== undefined) {
    return [
      ...effectsOfEnvironment(given(program, args), wrapped[0] ?? []),
      ...wrapped.flatMap((inner) => [...writtenByOption(inner), ...ranByOption(inner), ...ran(inner, command, depth + 1)]),
    ];
  }
  const known = PROGRAMS.get(program.toLowerCase());
  if (known !== undefined) {
    const invocation: Invocation = { program: program.toLowerCase(), args, command };
    return known.flatMap((each) => each.effects(invocation));
  }
  // A program of the workspace: its text can be read.
  const own: readonly Effect[] = /^[./~].*\//.test(first) ? [{ kind: 'script', program: 'sh', path: first, args }] : [];
  return [...own, ...(isLooking(program) ? [] : [...wrappedIn(args, command, depth), ...inPlace(program, args)])];
}

function matched(pattern: string, args: readonly string[], command: SimpleCommand, depth: number): readonly Effect[] {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^');
  const isClosed = (source.match(/\[/g) ?? []).length === (source.match(/\]/g) ?? []).length;
  const names =
    isClosed && pattern.length < 50 ? [...PROGRAMS.keys(), ...STARTED].filter((name) => new RegExp(`^(?:${source})$`).test(name)) : [];
  return [
    { kind: 'unclear', why: 'the name of the program is put together elsewhere' },
    ...[...new Set(names)].slice(0, 8).flatMap((name) => ran([name, ...args], command, depth + 1)),
  ];
}

/** A program that is not known may run another that is: `taskset 1 cp a b`. What it would write counts; anything else may be chance. */
function wrappedIn(args: readonly string[], command: SimpleCommand, depth: number): readonly Effect[] {
  const at = args.findIndex((arg) => STARTED.has(arg.replace(/^.*\//, '')));
  const reaching = args.findIndex(
    (arg, i) => REACHING.has(arg.replace(/^.*\//, '')) && (i === 0 || args.slice(0, i).some((word) => STARTS.test(word))),
  );
  if (reaching !== -1 && (at === -1 || reaching < at)) {
    return ran(args.slice(reaching), command, depth + 1).filter(({ kind }) => /^(change|shell|code|script)$/.test(kind));
  }
  if (at === -1) return [];
  const end = args.indexOf(':::');
  const inner = end === -1 ? args.slice(at) : [...args.slice(at, end), ...args.slice(end + 1)];
  return ran(inner, command, depth + 1).filter(({ kind }) => /^(write|copy|delete|shell|code|script|patch)$/.test(kind));
}

const STARTED = new Set(
  'cp mv rm ln dd tee install rsync sed perl awk sh bash zsh dash python python3 node ruby php patch truncate xargs find env tar unzip sponge'.split(
    ' ',
  ),
);

/** Programs that change what is not here. */
const REACHING = new Set(
  'rails rake alembic prisma aws-cdk cdk flyway aws gcloud gsutil bq az kubectl oc helm helmfile terraform tofu terragrunt pulumi cdk sam sst serverless psql mysql mariadb mongosh redis-cli gh glab vault docker ansible'.split(
    ' ',
  ),
);

/** `aws-vault exec prod -- aws …`, `op run -- …`, `nix develop -c …` */
const STARTS = /^(--|exec|run|x|with|-c|--command|env|shell)$/;

/** Options by which programs that are not known write the files they are given. */
function inPlace(program: string, args: readonly string[]): readonly Effect[] {
  const writes =
    IN_PLACE.has(program) ||
    args.some((arg) => /^(-i|-I|-w|-o|--in-?place|--write|--fix|--out(put)?([-_]?file)?|--save|--set|--overwrite)(=|$)/.test(arg));
  return writes
    ? args
        .map((arg) => arg.replace(/^--?[\w-]+=/, ''))
        .filter((arg) => !arg.startsWith('-') && isWatchedByName(arg))
        .map((path) => ({ kind: 'write', path, text: undefined, append: false }))
    : [];
}

const IN_PLACE = new Set(['sd', 'dos2unix', 'unix2dos', 'crudini', 'dasel', 'ruplacer', 'json', 'rpl', 'sqlite3', 'iconv', 'm4']);

/** Programs that run the program named in their arguments. Undefined when this is none; a list, because `find` can run several. */
function unwrapped(program: string, args: readonly string[], command: SimpleCommand): readonly (readonly string[])[] | undefined {
  switch (program) {
    case 'env': {
      // What it runs starts in another folder.
      const at = args.findIndex((arg) => /^(-C|--chdir)$/.test(arg));
      const folder = at === -1 ? args.find((arg) => arg.startsWith('--chdir='))?.slice('--chdir='.length) : args[at + 1];
      const inner = afterOptions(program, args);
      return [folder === undefined ? inner : ['sh', '-c', `cd ${commandLine([folder])} && ${commandLine(inner)}`]];
    }
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
    case 'coproc':
    case 'busybox':
    case 'uvx':
    case 'pipx':
    case 'poetry':
    case 'uv':
    case 'strace':
      return [afterOptions(program, args)];
    case 'xargs':
      return withInput(args, command);
    case 'parallel':
    case 'sem':
      return inParallel(program, args, command);
    case 'find': {
      const removes: readonly (readonly string[])[] = args.includes('-delete') ? [['rm', ...placesOf(args)]] : [];
      const runs = args.flatMap((arg, i) =>
        /^-(exec|execdir|ok|okdir)$/.test(arg)
          ? [
              args
                .slice(i + 1, endOf(args, i + 1))
                .map((word) => (word.includes('{}') ? word.replaceAll('{}', placesOf(args)[0] ?? UNKNOWN) : word)),
            ]
          : [],
      );
      // `-fprint file`, `-fprintf file format`, `-fls file`
      const prints = args.flatMap((arg, i) => (/^-f(print0?|printf|ls)$/.test(arg) ? [['tee', args[i + 1] ?? '']] : []));
      return [...removes, ...runs, ...prints];
    }
    default:
      return undefined;
  }
}

function endOf(args: readonly string[], from: number): number {
  const end = args.findIndex((arg, i) => i >= from && (arg === ';' || arg === '+'));
  return end === -1 ? args.length : end;
}

/** The files that `find` finds, as globs: below its folders, by the names it is told. */
function placesOf(args: readonly string[]): readonly string[] {
  const options = args.findIndex((arg) => arg.startsWith('-') || arg === '(' || arg === '!');
  const folders = options === -1 ? args : args.slice(0, options);
  const names = args.flatMap((arg, i) =>
    /^-(name|iname|path|wholename|ipath)$/.test(arg) && args[i - 1] !== '-not' && args[i - 1] !== '!'
      ? [args[i + 1]?.split('/').at(-1) ?? '']
      : [],
  );
  const found = names.length === 0 ? ['*'] : names;
  return (folders.length === 0 ? ['.'] : folders).flatMap((folder) => found.map((name) => `${folder.replace(/\/$/, '')}/**/${name}`));
}

/** The file whose words `xargs` or `parallel` hands on. */
function listRead(command: SimpleCommand): string | undefined {
  const [first, ...given] = command.words.map(({ text }) => text);
  const program = first?.replace(/^.*\//, '') ?? '';
  if (!/^(xargs|parallel)$/.test(program) || command.input.kind === 'text') return undefined;
  if (program === 'parallel') {
    const file = listGiven(given);
    return file === undefined ? (given.some((arg) => arg.startsWith(':::')) ? undefined : fileRead(command)) : file;
  }
  const args = xargsWords(given);
  const options = args.slice(0, args.length - afterOptions('xargs', args).length);
  const at = options.findIndex((arg) => /^(-a|--arg-file)$/.test(arg));
  const joined = options.map((arg) => /^(?:-a|--arg-file=)(.+)$/s.exec(arg)?.[1]).find((path) => path !== undefined);
  const path = joined ?? (at === -1 ? undefined : options[at + 1]);
  return path === undefined ? fileRead(command) : path.includes(UNKNOWN) ? undefined : path;
}

/** What `xargs` runs, with the words it reads where they are known. */
function withInput(given: readonly string[], command: SimpleCommand): readonly (readonly string[])[] {
  const args = xargsWords(given);
  const words = afterOptions('xargs', args);
  const options = args.slice(0, args.length - words.length);
  const mark = options.flatMap((arg, i) =>
    arg === '-I' ? [options[i + 1] ?? '{}'] : /^-[Ii]./.test(arg) ? [arg.slice(2)] : /^(-i|--replace)$/.test(arg) ? ['{}'] : [],
  )[0];
  const from = command.input.kind === 'pipe' ? command.input.from?.words.map(({ text }) => text) : undefined;
  const isListed = options.some((arg) => /^(-a|--arg-file)/.test(arg));
  const printer = isListed ? command.words.find((word) => word.printedBy !== undefined)?.printedBy : undefined;
  const text = printer === undefined ? inputOf(command) : outputOf(printer);
  const read =
    text !== undefined
      ? text
          .split(separatorOf(options, mark))
          .filter((word) => word !== '')
          .map((word) => (isPlain(options) ? word.replace(/["'\\]/g, '') : word))
      : from?.[0] === 'find'
        ? placesOf(from.slice(1))
        : listed(from, words);
  if (mark === undefined) return [[...words, ...read]];
  const items = read.length > MOST_ROUNDS ? [...read.slice(0, MOST_ROUNDS), UNKNOWN] : read;
  return items.map((item) => words.map((word) => word.replaceAll(mark, item)));
}

const MOST_ROUNDS = 50;

/** With no word on what parts its words, `xargs` takes quotes off them as a shell does. */
function isPlain(options: readonly string[]): boolean {
  return !options.some((arg) => /^(-0|--null|-[drt0-9]*[0d]|--delimiter)/.test(arg));
}

function separatorOf(options: readonly string[], mark: string | undefined): string | RegExp {
  if (options.some((arg) => /^(-[rt]*0|--null)/.test(arg))) return '\0';
  const at = options.findIndex((arg) => /^(-[rt]*d|--delimiter)$/.test(arg));
  const given = at === -1 ? options.flatMap((arg) => /^(?:-[rt]*d|--delimiter=)(.+)$/s.exec(arg)?.[1] ?? [])[0] : options[at + 1];
  if (given !== undefined) return { '\\n': '\n', '\\t': '\t', '\\0': '\0' }[given] ?? given.charAt(0);
  return isPlain(options) && mark === undefined ? /[\s\0]+/ : '\n';
}

/**
 * Which files come out of `grep -l`, `git ls-files` and the like is not in the line: for what edits texts in place it may be any file
 * below. Of other lists the same is said where the text can be worked out, so that a harmless edit stays no question.
 */
function listed(from: readonly string[] | undefined, words: readonly string[]): readonly string[] {
  const [program = '', ...args] = words;
  const name = program.replace(/^.*\//, '');
  if (!/^(g?sed|perl)$/.test(name)) return [UNKNOWN];
  const edit = name === 'perl' ? perlEdit(args) : sedEdit(args);
  const isPlain = edit !== undefined && lineEdited('x\n', edit.edit) !== undefined;
  return isPlain || (from !== undefined && LISTS.test(from.join(' '))) ? ['./**/*'] : [UNKNOWN];
}

/** `env A=b program` */
function given(program: string, args: readonly string[]): Readonly<Record<string, string>> {
  if (program !== 'env' && program !== 'sudo') return {};
  return Object.fromEntries(
    args.flatMap((arg) => (/^[\w%()]+=/.test(arg) ? [[arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]] : [])),
  );
}

const WITH_VALUE: Readonly<Record<string, RegExp>> = {
  sudo: /^-[ugpCDhRrtTU]$/,
  doas: /^-[uC]$/,
  nice: /^-n$/,
  ionice: /^-[cnp]$/,
  stdbuf: /^-[ioe]$/,
  timeout: /^-[ks]$/,
  env: /^(-[uCS]|--chdir|--unset)$/,
  xargs: /^-[ILnPEdas]$/,
  watch: /^-n$/,
  exec: /^-a$/,
  strace: /^-[eop]$/,
};

function afterOptions(program: string, args: readonly string[]): readonly string[] {
  let i = 0;
  while (i < args.length) {
    const arg = args[i] ?? '';
    if (arg === '--') return args.slice(i + 1);
    if (program === 'env' && /^(-[a-zA-Z]*S|--split-string)/.test(arg)) {
      const joined = arg.replace(/^(-[a-zA-Z]*S|--split-string=?)/, '');
      return [...(joined === '' ? (args[i + 1] ?? '') : joined).trim().split(/\s+/), ...args.slice(i + (joined === '' ? 2 : 1))];
    }
    if (arg.startsWith('-')) i += WITH_VALUE[program]?.test(arg) === true ? 2 : 1;
    else if ((program === 'env' || program === 'sudo') && /^[\w%()]+=/.test(arg)) i++;
    else break;
  }
  // `timeout 10 cmd`, `chroot DIR cmd`, `uv run cmd`
  if (program === 'timeout' || program === 'gtimeout' || program === 'chroot') i++;
  if (/^(uv|poetry|pipx)$/.test(program) && args[i] === 'run') i++;
  return args.slice(i);
}
