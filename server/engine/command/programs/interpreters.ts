import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { inputOf } from '../output.ts';
import { UNKNOWN } from '../shell.ts';

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
    'pwsh',
    'powershell',
    'python',
    'python2',
    'python3',
    'ipython',
    'node',
    'nodejs',
    'bun',
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
    if (program === 'eval') return [shell(args.join(' '))];
    if (program === 'source' || program === '.') return args[0] === undefined ? [] : [{ kind: 'script', program: 'sh', path: args[0] }];
    return SHELLS.has(program) ? runShell(invocation) : runCode(invocation);
  },
};

const SHELLS = new Set(['bash', 'sh', 'zsh', 'dash', 'ksh', 'ash', 'fish']);

function runShell({ program, args, command }: Invocation): readonly Effect[] {
  const at = args.findIndex((arg) => /^-[a-zA-Z]*c$/.test(arg));
  if (at !== -1) return [shell(args.slice(at + 1).find((arg) => !arg.startsWith('-') && !arg.startsWith('+')) ?? '')];
  const script = argumentsOf(args, new Set(['--rcfile', '--init-file', '-O', '-o'])).plain[0];
  if (script !== undefined && !args.includes('-s')) return [{ kind: 'script', program, path: script }];
  return fromInput(command, program, (text) => shell(text));
}

function runCode({ program, args, command }: Invocation): readonly Effect[] {
  if (args.some((arg) => /^(--version|-V|-v|--help|-h)$/.test(arg))) return [];
  const code = args.flatMap((arg, i) => (CODE_OPTION.test(arg) ? [args[i + 1] ?? ''] : []));
  if (code.length > 0) return [{ kind: 'code', program, code: [...code, ...args].join('\n') }];
  // `python -m pytest`, `deno test`: programs of their own, seen when they write.
  if (args.includes('-m') || /^(test|run|install|add|x|fmt|lint|check|build)$/.test(args[0] ?? '')) return [];
  const script = argumentsOf(args, new Set(['-r', '--require', '--import', '-W', '-X'])).plain[0];
  if (script !== undefined && script !== '-') return [{ kind: 'script', program, path: script }];
  return fromInput(command, program, (text) => ({ kind: 'code', program, code: text }));
}

const CODE_OPTION = /^(-[a-zA-Z]*[cer]|-Command|--eval|--print|-p|-pe|-E|eval)$/;

/** A program that reads its program from its input: here, from a pipe that is not known, or from whoever types. */
function fromInput(command: Invocation['command'], program: string, known: (text: string) => Effect): readonly Effect[] {
  const text = inputOf(command);
  if (text !== undefined) return [known(text)];
  if (command.input.kind === 'file') return [{ kind: 'script', program, path: command.input.path.text }];
  if (command.input.kind === 'terminal') return [{ kind: 'open-ended', program }];
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

function shell(text: string): Effect {
  return text.includes(UNKNOWN) && text.replaceAll(UNKNOWN, '').trim() === ''
    ? { kind: 'unclear', why: 'the command that runs is put together elsewhere' }
    : { kind: 'shell', text };
}
