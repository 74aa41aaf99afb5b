import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { effectsOfEnvironment } from '../environment.ts';
import { inputOf } from '../output.ts';
import { readIn, unseenIn } from '../substituted.ts';
import { UNKNOWN } from '../simple-command.ts';
import { commandLine } from '../words.ts';

/** Languages whose programs are told by an option, as a rule. */
const LANGUAGES: readonly string[] =
  'guile racket sbcl ghc runghc ocaml raku crystal erl escript octave clojure clj bb janet fennel nim'.split(' ');

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
    'luajit',
    'osascript',
    'Rscript',
    'R',
    'julia',
    'elixir',
    'groovy',
    'tclsh',
    'bun',
    'zx',
    'vite-node',
    'esno',
    'jiti',
    'kotlin',
    'scala',
    'swift',
    'jbang',
    'jshell',
    'nu',
    'xonsh',
    'pytest',
    'py.test',
    ...LANGUAGES,
    'eval',
    'source',
    '.',
  ],
  effects: (invocation) => {
    const { program, args } = invocation;
    if (program === 'eval')
      return [
        // `while read -r l; do eval "$l"; done < FILE`
        ...(args.join(' ').trim() === UNKNOWN && invocation.command.input.kind === 'file'
          ? [{ kind: 'script', program: 'sh', path: invocation.command.input.path.text, args: [] } as const]
          : []),
        shell(args.join(' ')),
        ...unseenIn(args.join(' '), invocation.command.source),
        ...readIn(invocation.command.source),
      ];
    if ((program === 'source' || program === '.') && INPUT.test(args[0] ?? ''))
      return fromInput(invocation.command, 'sh', (text) => shell(text));
    if (program === 'source' || program === '.')
      return args[0] === undefined
        ? []
        : [
            { kind: 'script', program: 'sh', path: args[0], args: args.slice(1) },
            ...unseenIn(args[0], invocation.command.source),
            ...readIn(invocation.command.source),
          ];
    if (program === 'pytest' || program === 'py.test') return plugins(args);
    if (OTHERS.has(program)) return other(invocation);
    if (program === 'go') return goes(args);
    if (program === 'java') {
      const path = args.find((arg) => arg.endsWith('.java'));
      return path === undefined ? [] : [{ kind: 'script', program, path, args: args.slice(args.indexOf(path) + 1) }];
    }
    return SHELLS.has(program) ? runShell(invocation) : runCode(invocation);
  },
};

/** Languages whose programs are named, or told by `-e`; nothing else is known of their options. */
const OTHERS = new Set([
  ...LANGUAGES,
  ...'luajit r julia elixir groovy tclsh bun zx vite-node esno jiti kotlin scala swift jbang jshell nu xonsh'.split(' '),
]);

function other({ program, args, command }: Invocation): readonly Effect[] {
  const code = args.flatMap((arg, i) => (/^(-[eEc]|--?eval|--expr|eval)$/.test(arg) ? [args[i + 1] ?? ''] : []));
  if (code.length > 0) return [{ kind: 'code', program, code: code.join('\n') }];
  const text = args.every((arg) => arg.startsWith('-')) ? inputOf(command) : undefined;
  if (text !== undefined) return [{ kind: 'code', program, code: text }];
  const path = args.find((arg) => /\.\w+$/.test(arg) && !arg.startsWith('-'));
  return path === undefined ? [] : [{ kind: 'script', program, path, args: args.slice(args.indexOf(path) + 1) }];
}

/** `pytest -p plugin`, `pytest -o cache_dir=folder` */
function plugins(args: readonly string[]): readonly Effect[] {
  return args.flatMap((arg, i): readonly Effect[] => {
    const value = args[i + 1] ?? '';
    if (arg === '-p' && !value.startsWith('no:'))
      return [{ kind: 'script', program: 'python', path: `${value.replaceAll('.', '/')}.py`, args: [] }];
    if (arg === '-c' || arg === '--config-file') return [{ kind: 'script', program: 'pytest', path: value, args: [] }];
    return [];
  });
}

const SHELLS = new Set(['bash', 'sh', 'zsh', 'dash', 'ksh', 'ash', 'fish']);

function runShell({ program, args, command }: Invocation): readonly Effect[] {
  if (args.length === 1 && /^(--version|--help)$/.test(args[0] ?? '')) return [];
  const at = args.findIndex((arg) => /^-[a-zA-Z]*c$/.test(arg));
  if (at !== -1) {
    const text = args.findIndex((arg, i) => i > at && !arg.startsWith('-') && !arg.startsWith('+'));
    // What follows is `$0` and the arguments.
    const started = argumentsOf(args.slice(0, text), new Set(['--rcfile', '--init-file'])).values('--rcfile', '--init-file');
    return [
      shell(args[text] ?? '', args.slice(text + 2), args[text + 1]),
      ...started.map((path): Effect => ({ kind: 'script', program, path, args: [] })),
      ...unseenIn(args[text] ?? '', command.source),
      ...readIn(command.source),
    ];
  }
  const read = argumentsOf(args, new Set(['--rcfile', '--init-file', '-O', '-o']));
  const script = read.plain[0];
  if (script !== undefined && !args.includes('-s') && !INPUT.test(script))
    return [
      { kind: 'script', program, path: script, args: args.slice(args.indexOf(script) + 1) },
      ...unseenIn(script, command.source),
      ...readIn(command.source),
    ];
  return fromInput(command, program, (text) => shell(text));
}

function runCode({ program, args, command }: Invocation): readonly Effect[] {
  if (program === 'deno' && args[0] === 'task') return denoTask(args.slice(1));
  // `node --test` runs the tests of the folder.
  if (args.some((arg) => /^(--version|-V|-v|--help|-h|--test|--check)$/.test(arg))) return [];
  // `python -m zipfile -e archive folder`
  if (args[args.indexOf('-m') + 1]?.match(/^(zipfile|tarfile)$/) && args.some((arg) => /^(-e|--extract)$/.test(arg))) {
    return [{ kind: 'write', path: `${args.at(-1) ?? '.'}/`, text: undefined, append: false }];
  }
  const code = args.flatMap((arg, i) => (isCode(program, arg) ? [args[i + 1] ?? ''] : []));
  if (program === 'ruby' && args.some((arg) => /^-[acFlnpsw0]*i/.test(arg))) {
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
  const scripts = (path: string): Effect => ({ kind: 'script', program, path, args: args.slice(args.indexOf(path) + 1) });
  const loaded = args.flatMap((arg, i) => {
    const [, joined] = /^--(?:require|import|loader|experimental-loader)=(.+)$/.exec(arg) ?? [];
    return joined !== undefined
      ? [scripts(joined)]
      : /^(-r|--require|--import|--loader|--experimental-loader)$/.test(arg)
        ? [scripts(args[i + 1] ?? '')]
        : [];
  });
  if (code.length > 0) {
    const taken = readIn(command.source).map((effect) => (effect.kind === 'script' ? { ...effect, program } : effect));
    return [
      ...loaded,
      ...taken,
      ...unseenIn(code[0] ?? '', command.source),
      { kind: 'code', program, code: [...code, ...args, ...given(command)].join('\n') },
    ];
  }
  // `python -m json.tool FROM TO`
  if (/^json(\.tool)?$/.test(args[args.indexOf('-m') + 1] ?? '') && args.includes('-m'))
    return argumentsOf(args.slice(args.indexOf('-m') + 2), new Set(['--indent']))
      .plain.slice(1, 2)
      .map((path) => ({ kind: 'write', path, text: undefined, append: false }));
  // `python -m awscli`
  if (args[args.indexOf('-m') + 1] === 'awscli')
    return [{ kind: 'shell', text: commandLine(['aws', ...args.slice(args.indexOf('-m') + 2)]) }];
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
  // `deno x npm:shx cp a b`
  const [, called] = /^(?:npm|jsr):(.+)$/.exec(rest.find((arg) => !arg.startsWith('-') && arg !== 'x') ?? '') ?? [];
  if (program === 'deno' && called !== undefined)
    return [
      {
        kind: 'shell',
        text: commandLine(['npx', called, ...rest.slice(rest.findIndex((arg) => arg.endsWith(called)) + 1)]),
        perhaps: true,
      },
    ];
  // `deno test`: a program of its own, seen when it writes.
  if (/^(test|run|install|add|x|fmt|lint|check|build)$/.test(rest[0] ?? '')) return [];
  const script = argumentsOf(rest, new Set(['-r', '--require', '--import', '-W', '-X'])).plain[0];
  if (script !== undefined && /^https?:\/\//.test(script))
    return [unread(`runs whatever \`${script}\` answers, with all your rights`, script, 'address', 'high')];
  if (script !== undefined && !INPUT.test(script)) return [...loaded, ...unseenIn(script, command.source), scripts(script)];
  return fromInput(command, program, (text) => ({ kind: 'code', program, code: [text, ...args, ...given(command)].join('\n') }));
}

/** `deno task NAME`, `deno task --eval LINE` */
function denoTask(args: readonly string[]): readonly Effect[] {
  const { plain } = argumentsOf(args, new Set(['-c', '--config', '--cwd', '-f', '--filter']));
  if (args.includes('--eval')) return [shell(plain.join(' '))];
  const names = plain.slice(0, 1);
  return names.length === 0
    ? []
    : [undefined, 'deno.json', 'deno.jsonc'].map((file): Effect => ({ kind: 'task', runner: 'package', names, folder: '', file }));
}

/** What a program may take for the name of a file, beside its arguments: variables, and what it reads. */
function given(command: Invocation['command']): readonly string[] {
  const read = command.input.kind === 'pipe' ? inputOf(command) : undefined;
  return [...Object.values(command.assignments), ...(read === undefined ? [] : [read])];
}

const CODE_OPTION = /^(-[a-zA-Z]*[ce]|-Command|--eval|--print|-p|-pe|-E|eval)$/;

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

function shell(text: string, args: readonly string[] = [], name?: string): Effect {
  return text.includes(UNKNOWN) && text.replaceAll(UNKNOWN, '').trim() === ''
    ? { kind: 'unclear', why: 'the command that runs is put together elsewhere' }
    : { kind: 'shell', text, args, name };
}

/** Other names of what a program reads. */
const INPUT = /^(-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;

/** `php -r`; to others it loads a module. */
function isCode(program: string, arg: string): boolean {
  return CODE_OPTION.test(arg) || (program === 'php' && arg === '-r');
}

/** `go run file.go`, `go run ./cmd/x`, `go generate` */
function goes(args: readonly string[]): readonly Effect[] {
  if (args[0] === 'env' && args.includes('-w'))
    return args.flatMap((arg) =>
      /^(GONOSUMDB|GONOSUMCHECK|GOINSECURE)=\*|^GOSUMDB=off|^GOPROXY=http:/.test(arg)
        ? [unread(`makes go take packages that nobody checks (\`${arg}\`)`, arg, 'setting', 'medium')]
        : arg.startsWith('GOFLAGS=')
          ? effectsOfEnvironment({ GOFLAGS: arg.slice('GOFLAGS='.length) })
          : [],
    );
  if (args[0] !== 'run') return [];
  const path = argumentsOf(args.slice(1), new Set(['-C', '-exec', '-tags', '-ldflags', '-mod'])).plain[0];
  if (path === undefined) return [];
  const rest = args.slice(args.indexOf(path) + 1);
  return [{ kind: 'script', program: 'go', path: path.endsWith('.go') ? path : `${path.replace(/\/$/, '')}/*.go`, args: rest }];
}
