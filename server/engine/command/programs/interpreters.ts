import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { inputOf } from '../output.ts';
import { readIn } from '../substituted.ts';
import { UNKNOWN } from '../simple-command.ts';

/** Programs that run a program: shells and the interpreters of other languages. */
export const interpreters: Program = {
  names: [
    'bash',
    'sh',
    'zsh',
    'dash',
    'ksh',
    'ash',
    'fish',
    'go',
    'java',
    'python',
    'python2',
    'python3',
    'ipython',
    'node',
    'nodejs',
    'deno',
    'tsx',
    'ts-node',
    'ruby',
    'irb',
    'php',
    'lua',
    'osascript',
    'Rscript',
    'eval',
    'source',
    '.',
  ],
  effects: (invocation) => {
    const { program, args } = invocation;
    if (program === 'eval') return [shell(args.join(' ')), ...readIn(invocation.command.source)];
    if (program === 'source' || program === '.')
      return args[0] === undefined ? [] : [{ kind: 'script', program: 'sh', path: args[0], args: args.slice(1) }];
    if (program === 'go') return goes(args);
    if (program === 'java') {
      const path = args.find((arg) => arg.endsWith('.java'));
      return path === undefined ? [] : [{ kind: 'script', program, path, args: args.slice(args.indexOf(path) + 1) }];
    }
    return SHELLS.has(program) ? runShell(invocation) : runCode(invocation);
  },
};

const SHELLS = new Set(['bash', 'sh', 'zsh', 'dash', 'ksh', 'ash', 'fish']);

function runShell({ program, args, command }: Invocation): readonly Effect[] {
  const at = args.findIndex((arg) => /^-[a-zA-Z]*c$/.test(arg));
  if (at !== -1) {
    const text = args.findIndex((arg, i) => i > at && !arg.startsWith('-') && !arg.startsWith('+'));
    // What follows is `$0` and the arguments.
    return [shell(args[text] ?? '', args.slice(text + 2)), ...readIn(command.source)];
  }
  const script = argumentsOf(args, new Set(['--rcfile', '--init-file', '-O', '-o'])).plain[0];
  if (script !== undefined && !args.includes('-s'))
    return [{ kind: 'script', program, path: script, args: args.slice(args.indexOf(script) + 1) }];
  return fromInput(command, program, (text) => shell(text));
}

function runCode({ program, args, command }: Invocation): readonly Effect[] {
  // `node --test` runs the tests of the folder.
  if (args.some((arg) => /^(--version|-V|-v|--help|-h|--test|--check)$/.test(arg))) return [];
  // `python -m zipfile -e archive folder`
  if (args[args.indexOf('-m') + 1]?.match(/^(zipfile|tarfile)$/) && args.some((arg) => /^(-e|--extract)$/.test(arg))) {
    return [{ kind: 'write', path: `${args.at(-1) ?? '.'}/`, text: undefined, append: false }];
  }
  const code = args.flatMap((arg, i) => (CODE_OPTION.test(arg) ? [args[i + 1] ?? ''] : []));
  if (program === 'ruby' && args.some((arg) => /^-[a-z]*i/.test(arg))) {
    return argumentsOf(args, new Set(['-e', '-pe', '-pie', '-ne'])).plain.map((path) => ({
      kind: 'write',
      path,
      text: undefined,
      append: false,
    }));
  }
  const apple =
    program === 'osascript'
      ? code.flatMap((text) => [...text.matchAll(/do shell script\s+"((?:[^"\\]|\\.)*)"/g)].map(([, line = '']) => shell(line)))
      : [];
  if (apple.length > 0) return apple;
  if (code.length > 0) return [{ kind: 'code', program, code: [...code, ...args].join('\n') }];
  const scripts = (path: string): Effect => ({ kind: 'script', program, path, args: args.slice(args.indexOf(path) + 1) });
  const loaded = args.flatMap((arg, i) => (/^(-r|--require|--import)$/.test(arg) ? [scripts(args[i + 1] ?? '')] : []));
  // A module of this folder; one that is installed is not there and says nothing.
  const module = args[args.indexOf('-m') + 1];
  if (args.includes('-m') && module !== undefined) {
    const path = module.replaceAll('.', '/');
    return [`${path}.py`, `${path}/__main__.py`].map((file) => ({
      kind: 'script',
      program,
      path: file,
      args: args.slice(args.indexOf('-m') + 2),
    }));
  }
  const task =
    args.find((arg) => arg.startsWith('--run='))?.slice('--run='.length) ??
    (args.includes('--run') ? args[args.indexOf('--run') + 1] : undefined);
  if (task !== undefined) return [{ kind: 'task', runner: 'package', names: [task], folder: '', file: undefined }];
  const rest = program === 'deno' && args[0] === 'run' ? args.slice(1) : args;
  // `deno test`: a program of its own, seen when it writes.
  if (/^(test|run|install|add|x|fmt|lint|check|build)$/.test(rest[0] ?? '')) return [];
  const script = argumentsOf(rest, new Set(['-r', '--require', '--import', '-W', '-X'])).plain[0];
  if (script !== undefined && script !== '-') return [...loaded, scripts(script)];
  return fromInput(command, program, (text) => ({ kind: 'code', program, code: text }));
}

const CODE_OPTION = /^(-[a-zA-Z]*[cer]|-Command|--eval|--print|-p|-pe|-E|eval)$/;

/** A program that reads its program from its input: here, from a pipe that is not known, or from whoever types. */
function fromInput(command: Invocation['command'], program: string, known: (text: string) => Effect): readonly Effect[] {
  const text = inputOf(command);
  if (text !== undefined) return [known(text)];
  if (command.input.kind === 'file') return [{ kind: 'script', program, path: command.input.path.text, args: [] }];
  if (command.input.kind === 'terminal') return [{ kind: 'open-ended', program }];
  const from = command.input.kind === 'pipe' ? command.input.from : undefined;
  const [reader, ...read] = from?.words.map((word) => word.text) ?? [];
  // `cat script | sh`: the files can be read.
  if (reader === 'cat' && read.length > 0 && read.every((path) => !path.startsWith('-'))) {
    return read.map((path) => ({ kind: 'script', program, path, args: [] }));
  }
  const source = command.input.kind === 'pipe' ? command.input.from?.words.map((word) => word.text).join(' ') : undefined;
  const remote = source !== undefined && /^(\S*\/)?(curl|wget|http|fetch)\b/.test(source);
  if (!remote) {
    const does = `runs what \`${source === undefined ? 'another command' : source.replaceAll(UNKNOWN, '…').slice(0, 60)}\` prints, unseen`;
    return [unread(does, program, 'program', 'medium')];
  }
  const url = /https?:\/\/[^\s"'|]+/.exec(source)?.[0] ?? 'an address';
  return [unread(`runs whatever \`${url}\` answers, with all your rights`, url, 'address', 'high')];
}

function unread(does: string, object: string, kind: string, severity: 'high' | 'medium'): Effect {
  return { kind: 'change', change: { rule: 'command-runs-unread-code', system: 'this machine', does, object, kind, severity } };
}

function shell(text: string, args: readonly string[] = []): Effect {
  return text.includes(UNKNOWN) && text.replaceAll(UNKNOWN, '').trim() === ''
    ? { kind: 'unclear', why: 'the command that runs is put together elsewhere' }
    : { kind: 'shell', text, args };
}

/** `go run file.go`, `go run ./cmd/x`, `go generate` */
function goes(args: readonly string[]): readonly Effect[] {
  if (args[0] !== 'run') return [];
  const path = argumentsOf(args.slice(1), new Set(['-C', '-exec', '-tags', '-ldflags', '-mod'])).plain[0];
  if (path === undefined) return [];
  const rest = args.slice(args.indexOf(path) + 1);
  return [{ kind: 'script', program: 'go', path: path.endsWith('.go') ? path : `${path.replace(/\/$/, '')}/*.go`, args: rest }];
}
