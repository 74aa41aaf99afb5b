import { ranByFind } from './find.ts';
import { inParallel } from './repeated.ts';
import type { SimpleCommand } from './simple-command.ts';
import { commandLine } from './words.ts';
import { afterOptions } from './wrapper-options.ts';
import { withInput } from './xargs.ts';

/** Programs that run the program named in their arguments. Undefined when this is none; a list, because `find` can run several. */
export function unwrapped(program: string, args: readonly string[], command: SimpleCommand): readonly (readonly string[])[] | undefined {
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
    case 'find':
      return ranByFind(args);
    default:
      return undefined;
  }
}
