import type { Effect, Program } from '../effect.ts';
import type { SimpleCommand } from '../simple-command.ts';
import { hostOf, isThisMachine } from './hosts.ts';
import { SECRET_FILE } from './web-apis.ts';

/** Secrets that leave this machine: what is read and what is sent stand in one line. What curl and wget send by option is told in web-apis.ts. */
export const sending: Program = {
  names: ['nc', 'ncat', 'netcat', 'socat', 'telnet', 'curl', 'wget', 'http', 'https', 'xh', 'xhs', 'scp', 'rsync', 'sftp'],
  effects: ({ program, args, command }) => {
    const plain = args.filter((arg) => !arg.startsWith('-'));
    if (staysHere(args)) return [];
    if (/^(scp|rsync|sftp)$/.test(program)) {
      const away = /^[\w.@-]{2,}:|^rsync:\/\//.test(plain.at(-1) ?? '');
      return away
        ? plain
            .slice(0, -1)
            .filter((file) => SECRET_FILE.test(file))
            .flatMap((file) => sends(file, 'medium'))
        : [];
    }
    const takesInput = !/^(curl|wget)$/.test(program) || args.some((arg) => /^@?-$|=@?-$|@-$|\/dev\/stdin/.test(arg));
    return [...(takesInput ? inputsOf(command, 0) : []), ...printedIn(command.source)].slice(0, 1).flatMap((file) => sends(file, 'high'));
  },
};

/** Is this machine the only one that is named? What stands behind an option is no host, unless it is written as one. */
function staysHere(args: readonly string[]): boolean {
  const hosts = args.filter(
    (arg, i) => !/^(-|\d+$)/.test(arg) && (isThisMachine(hostOf(arg)) || HOST.test(arg) || args[i - 1]?.startsWith('-') !== true),
  );
  return hosts.length > 0 && hosts.every((arg) => isThisMachine(hostOf(arg)));
}

const HOST = /^[a-z][a-z+.-]*:\/\/|^(?:[\w.-]+@)?[\w-]+(?:\.[\w-]+)+(?:[:/?#]|$)/i;

function sends(file: string, severity: 'high' | 'medium'): readonly Effect[] {
  const does = `sends \`${file}\` away`;
  return [{ kind: 'change', change: { rule: 'command-reads-secret', system: 'the network', does, object: file, kind: 'file', severity } }];
}

/** Files of secrets that come to it through its input, or through the programs before it. */
function inputsOf({ input }: SimpleCommand, depth: number): readonly string[] {
  if (input.kind === 'file') return SECRET_FILE.test(input.path.text) ? [input.path.text] : [];
  if (input.kind !== 'pipe' || input.from === undefined || depth > 8) return [];
  const [, ...read] = input.from.words.map(({ text }) => text);
  return [...read.filter((word) => SECRET_FILE.test(word)), ...inputsOf(input.from, depth + 1)];
}

/** `$(cat .env)`, `$(base64 -w0 .env)`, `$(<.env)`, also in backticks. */
function printedIn(source: string): readonly string[] {
  const printed = [...source.matchAll(/\$\(([^()]*)\)|`([^`]*)`/g)].map(([, one, other]) => one ?? other ?? '');
  return printed.flatMap((line) => line.split(/[\s<>|;&"']+/)).filter((word) => SECRET_FILE.test(word));
}
