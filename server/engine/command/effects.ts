import type { Effect, Invocation, Program } from './effect.ts';
import { effectsOfEnvironment } from './environment.ts';
import { isLooking } from './harmless.ts';
import { madeBy } from './made.ts';
import { writtenByOption } from './output-options.ts';
import { outputOf } from './output.ts';
import { aws } from './programs/aws.ts';
import { clouds } from './programs/clouds.ts';
import { compose } from './programs/compose.ts';
import { databases } from './programs/databases.ts';
import { editors } from './programs/editors.ts';
import { files } from './programs/files.ts';
import { frameworks } from './programs/frameworks.ts';
import { git } from './programs/git.ts';
import { infrastructure } from './programs/infrastructure.ts';
import { interpreters } from './programs/interpreters.ts';
import { kubernetes } from './programs/kubernetes.ts';
import { launchers } from './programs/launchers.ts';
import { machine } from './programs/machine.ts';
import { own } from './programs/own.ts';
import { patches } from './programs/patches.ts';
import { sending } from './programs/sending.ts';
import { tasks } from './programs/tasks.ts';
import { transfers } from './programs/transfers.ts';
import { webApis } from './programs/web-apis.ts';
import { windows } from './programs/windows.ts';
import { ranByOption } from './run-options.ts';
import { type SimpleCommand, UNKNOWN } from './simple-command.ts';
import { secretIn } from './secret-files.ts';
import { readIn } from './substituted.ts';
import { codeIn, inPlace, STARTED, wrappedIn } from './unknown-program.ts';
import { given } from './wrapper-options.ts';
import { unwrapped } from './wrappers.ts';
import { listRead } from './xargs.ts';

/** What one simple command does: its redirections, and what its program does with its arguments. */
export function effectsOf(command: SimpleCommand): readonly Effect[] {
  const list = listRead(command);
  if (list !== undefined) return [{ kind: 'reading', path: list, command: behind(list, command) }];
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

/** What a file of secrets holds is one still when it stands in the words of a command. */
function behind(path: string, command: SimpleCommand): SimpleCommand {
  const { carried } = command;
  const input = carried === undefined ? undefined : secretIn(path, command);
  return carried === undefined || input === undefined ? command : { ...command, carried: { ...carried, input } };
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
      ...linesRead(command),
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
  if (isLooking(program)) return own;
  const inner = wrappedIn(args);
  const started = inner === undefined ? [] : ran(inner.words, command, depth + 1).filter(({ kind }) => inner.counts.test(kind));
  return [...own, ...started, ...inPlace(program, args), ...codeIn(program, args)];
}

/** `while read -r l; do $l; done < FILE` */
function linesRead({ input }: SimpleCommand): readonly Effect[] {
  return input.kind === 'file' ? [{ kind: 'script', program: 'sh', path: input.path.text, args: [] }] : [];
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
  compose,
  tasks,
  machine,
  own,
]);

function grouped(programs: readonly Program[]): ReadonlyMap<string, readonly Program[]> {
  const found = new Map<string, Program[]>();
  for (const program of programs)
    for (const name of program.names) found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), program]);
  return found;
}
