/** Files of settings in which commands stand that a program runs: what a line of a shell that points to one comes to. */

import { curlOptions } from '../../engine/command/programs/curl-settings.ts';
import { commandLine } from '../../engine/command/words.ts';

/** Command lines that a program of this name runs when it is given a file with this text; undefined: it is no such file. */
export function settingsCommands(program: string, text: string, args: readonly string[] = []): readonly string[] | undefined {
  switch (program) {
    case 'curl':
      return [commandLine(['curl', ...curlOptions(text), ...args])];
    case 'kubeconfig':
      return plugins(text);
    case 'ssh-config':
      return [...text.matchAll(/^\s*(?:ProxyCommand|LocalCommand|KnownHostsCommand|Match\s+exec)\s*[= ]\s*"?([^"\n]+)/gim)].map(
        ([, line = '']) => line,
      );
    case 'cargo-config':
      return [...text.matchAll(/(?:wrapper|runner|linker|rustc|rustdoc)\s*=\s*(.+)$/gm)].map(([, line = '']) =>
        line.replace(/["'[\]]/g, '').replaceAll(',', ' '),
      );
    default:
      return undefined;
  }
}

/** `command: x` with `args: [a, b]`, or the arguments on lines of their own. */
function plugins(text: string): readonly string[] {
  return [...text.matchAll(/^[\s-]*"?command"?\s*:\s*["']?([^\s"',]+)["']?,?(.*(?:\n(?!\s*-?\s*name:).*){0,12})/gm)].map(
    ([, command = '', rest = '']) => {
      const inline = /\bargs"?\s*:\s*\[([^\]]*)\]/.exec(rest)?.[1]?.split(',');
      const listed = /\bargs"?\s*:\s*\n((?:\s*-\s+.*\n?)+)/.exec(rest)?.[1]?.split('\n');
      const words = (inline ?? listed ?? []).map((word) =>
        word
          .replace(/^\s*-\s+/, '')
          .trim()
          .replace(/^["']|["']$/g, ''),
      );
      return [command, ...words.filter((word) => word !== '').map((word) => (/\s/.test(word) ? `'${word}'` : word))].join(' ');
    },
  );
}
