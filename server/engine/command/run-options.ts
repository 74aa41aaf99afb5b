import type { Effect } from './effect.ts';
import { commandLine } from './words.ts';

/** Options by which programs that do something else are made to run a command: `tar --to-command=…`, `man -P …`, `go test -exec …`. */
export function ranByOption(words: readonly string[]): readonly Effect[] {
  const [first = '', ...args] = words;
  const program = first.replace(/^.*[/\\]/, '').replace(/(?<=^(?:gcc|clang|cc))-?\d+$/, '');
  const own = OPTIONS[program];
  const found = args.flatMap((arg, i): readonly string[] => {
    const [, name = '', joined] = /^(--?[\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name !== '' && (ANYWHERE.test(name) || own?.test(name) === true)) return [joined ?? args[i + 1] ?? ''];
    // `-P'less -R'`: the value of a short option may touch it.
    const [, short = '', value = ''] = /^(-[A-Za-z])(.+)$/s.exec(arg) ?? [];
    return short !== '' && !arg.startsWith('--') && TOUCHING[program]?.includes(short) === true ? [value] : [];
  });
  return [...found, ...(BY_PROGRAM[program]?.(args) ?? [])]
    .filter((text) => text.trim() !== '' && !/^(cat|less|more|ssh|gzip|true|false|never|always|auto)$/.test(text))
    .map((text) => ({ kind: 'shell', text, perhaps: true }));
}

/** Whatever the program: nothing else is called so. */
const ANYWHERE =
  /^--?(?:[\w-]+-)?(?:pager|rsh|rsync-path|to-command|compress-program|unzip-command|toolexec|vettool|hostname-bin|script-shell|rsh-command|info-script|sh-exec|on-download-\w+|on-change|use-askpass)$/;

const OPTIONS: Readonly<Record<string, RegExp>> = {
  tar: /^-[IF]$/,
  zip: /^-TT$/,
  rg: /^--pre$/,
  man: /^-[PH]$/,
  rsync: /^-e$/,
  scp: /^-[SD]$/,
  sftp: /^-[SD]$/,
  split: /^--filter$/,
  go: /^--?exec$/,
  nodemon: /^(-x|--exec)$/,
  watchexec: /^--(exec|shell-command)$/,
  chokidar: /^(-c|--command)$/,
  'cargo-watch': /^-[sx]$/,
  'nix-shell': /^--(run|command)$/,
  nix: /^(-c|--command)$/,
  doppler: /^--command$/,
  vagrant: /^(-c|--command)$/,
  nu: /^(-c|--commands)$/,
  xonsh: /^-c$/,
  elvish: /^-c$/,
  csh: /^-c$/,
  tcsh: /^-c$/,
  mksh: /^-c$/,
  osh: /^-c$/,
  rc: /^-c$/,
  yash: /^-c$/,
  rake: /^-e$/,
  rbash: /^-c$/,
  nc: /^(-[ec]|--exec)$/,
  ncat: /^(-[ec]|--exec)$/,
  ssh: /^-$/,
};

const TOUCHING: Readonly<Record<string, string>> = { man: '-P-H', rsync: '-e', scp: '-S', tar: '-I' };

type Commands = (args: readonly string[]) => readonly string[];

const after =
  (pattern: RegExp, take: RegExp): Commands =>
  (args) =>
    args.flatMap((arg, i) => (pattern.test(arg) ? (take.exec(args[i + 1] ?? '')?.slice(1, 2) ?? []) : []));

/** `-o ProxyCommand=…`, `-o 'LocalCommand …'`, `-oProxyCommand=…` */
const secureShell: Commands = (args) =>
  args.flatMap((arg) => /^(?:-o)?\s*(?:proxycommand|localcommand|knownhostscommand)\s*[= ]\s*(.+)$/is.exec(arg)?.slice(1, 2) ?? []);

/** Each word with a space in it is a command line. */
const lines: Commands = (args) => args.filter((arg) => /\s/.test(arg));

const debugger_: Commands = after(/^(-i?ex|--eval-command|-o|--one-line)$/, /^\s*(?:(?:platform )?shell|!)\s*(.+)$/s);

/** `CC='sh x.sh'`, `--eval='$(shell …)'` */
const make: Commands = (args) => [
  ...args.flatMap((arg) => /^[A-Za-z_]\w*[:?+]?=(.*(?:\s|\/).*)$/s.exec(arg)?.slice(1, 2) ?? []).map((text) => shellsIn(text)),
  ...args.flatMap((arg, i) =>
    arg.startsWith('--eval=') ? [shellsIn(arg.slice('--eval='.length))] : /^(-E|--eval)$/.test(arg) ? [shellsIn(args[i + 1] ?? '')] : [],
  ),
];

/** What make runs while it reads: `$(shell …)`. */
function shellsIn(text: string): string {
  const found = [...text.matchAll(/\$\((?:shell)\s+((?:[^()]|\([^()]*\))*)\)/g)].map(([, line = '']) => line);
  return found.length > 0 ? found.join('\n') : text.replace(/^.*?:\s*;/s, '');
}

/** `--config 'build.rustc-wrapper="./x"'`, `--config=target.….runner=["sh","x"]` */
const cargo: Commands = (args) => [
  ...args.flatMap((arg, i) => {
    const value = arg.startsWith('--config=') ? arg.slice('--config='.length) : arg === '--config' ? (args[i + 1] ?? '') : '';
    const [, command] = /(?:wrapper|runner|linker|rustc|rustdoc|credential-\w+)\s*=\s*(.+)$/s.exec(value) ?? [];
    return command === undefined ? [] : [command.replace(/["'[\]]/g, '').replaceAll(',', ' ')];
  }),
  ...(args[0] === 'watch' ? args.flatMap((arg, i) => (arg === '-s' ? [args[i + 1] ?? ''] : [])) : []),
];

const BY_PROGRAM: Readonly<Record<string, Commands>> = {
  ssh: secureShell,
  scp: secureShell,
  sftp: secureShell,
  tar: (args) => args.flatMap((arg) => /^--checkpoint-action=exec=(.*)$/s.exec(arg)?.slice(1, 2) ?? []),
  gcc: (args) => after(/^-wrapper$/, /^(.*)$/s)(args).map((text) => text.replaceAll(',', ' ')),
  clang: (args) => after(/^-wrapper$/, /^(.*)$/s)(args).map((text) => text.replaceAll(',', ' ')),
  gdb: debugger_,
  lldb: debugger_,
  make,
  gmake: make,
  cargo,
  rustc: (args) => args.flatMap((arg) => /^(?:-C)?linker=(.+)$/.exec(arg)?.slice(1, 2) ?? []),
  hyperfine: lines,
  concurrently: lines,
  watch: (args) => [args.slice(args.findIndex((arg, i) => !arg.startsWith('-') && !/^-n$/.test(args[i - 1] ?? ''))).join(' ')],
  socat: (args) => args.flatMap((arg) => /^(?:exec|system|shell):(.+?)(?:,[\w=,-]*)?$/is.exec(arg)?.slice(1, 2) ?? []),
  ansible: (args) => (args.some((arg) => /^(shell|command|raw)$/.test(arg)) ? after(/^(-a|--args)$/, /^(.*)$/s)(args) : []),
  'salt-call': (args) => (args.includes('cmd.run') ? [args.at(-1) ?? ''] : []),
  salt: (args) => (args.includes('cmd.run') ? [args.at(-1) ?? ''] : []),
  npm: (args) => (args[0] === 'explore' && args.includes('--') ? [commandLine(args.slice(args.indexOf('--') + 1))] : packageSettings(args)),
  pnpm: (args) => packageSettings(args),
  yarn: (args) => packageSettings(args),
  gh: (args) =>
    args[0] === 'alias' && args[1] === 'set'
      ? [(args.at(-1) ?? '').replace(/^!/, '')]
      : args[0] === 'config' && args[1] === 'set'
        ? [args[3] ?? '']
        : [],
  aws: (args) => (args[0] === 'configure' && args[1] === 'set' && args[2] === 'credential_process' ? [args[3] ?? ''] : []),
};

/** `npm config set script-shell ./x`, `npm pkg set scripts.test='…'`: what runs at the next `npm test`. */
function packageSettings(args: readonly string[]): readonly string[] {
  const [verb = '', set = '', key = '', value = ''] = args.filter((arg) => !/^--?(g|global|location\S*|L)$/.test(arg));
  if (verb === 'set-script') return [key];
  if (verb === 'pkg' && set === 'set') return args.slice(2).flatMap((arg) => /^scripts(?:\.|\[)[^=]+=(.*)$/s.exec(arg)?.slice(1, 2) ?? []);
  const settings = verb === 'config' && set === 'set' ? [key, value] : verb === 'set' ? [set, key] : [];
  const [name = '', ...rest] = (settings[0] ?? '').includes('=') ? (settings[0] ?? '').split('=') : settings;
  return /^(script-shell|shell|git|editor|viewer|yarnPath)$/.test(name) ? [rest.join('=')] : [];
}
