import { commandLine } from './words.ts';

/** What a program that runs another is told to run: its words behind its own options. */
export function afterOptions(program: string, args: readonly string[]): readonly string[] {
  let i = 0;
  while (i < args.length) {
    const arg = args[i] ?? '';
    if (arg === '--') return args.slice(i + 1);
    if (program === 'env' && /^(-[a-zA-Z]*S|--split-string)/.test(arg)) {
      const joined = arg.replace(/^(-[a-zA-Z]*S|--split-string=?)/, '');
      const text = (joined === '' ? (args[i + 1] ?? '') : joined).trim();
      const rest = args.slice(i + (joined === '' ? 2 : 1));
      return /["'\\]/.test(text) ? ['sh', '-c', `${text} ${commandLine(rest)}`] : [...text.split(/\s+/), ...rest];
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

/** The variables that it sets for what it runs: `env A=b program`. */
export function given(program: string, args: readonly string[]): Readonly<Record<string, string>> {
  if (program !== 'env' && program !== 'sudo') return {};
  return Object.fromEntries(
    args.flatMap((arg) => (/^[\w%()]+=/.test(arg) ? [[arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]] : [])),
  );
}
