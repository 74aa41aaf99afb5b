import { inputOf, outputOf } from './output.ts';
import { setArguments, type State } from './shell-state.ts';
import { type SimpleCommand, UNKNOWN } from './simple-command.ts';
import { LISTS } from './substituted.ts';

/** What a command of the shell itself changes for those after it. */
export function builtIn(made: SimpleCommand, state: State): void {
  const [program, ...args] = made.words.map(({ text }) => text);
  switch (program) {
    case 'cd':
    case 'pushd':
      state.folder = joined(state.folder, args.find((arg) => arg !== '--') ?? UNKNOWN);
      return;
    case 'set':
      if (args[0] === '--') setArguments(args.slice(1), state);
      return;
    case 'alias':
      for (const arg of args) {
        const [, name, text] = /^([^=]+)=(.*)$/s.exec(arg) ?? [];
        if (name !== undefined && text !== undefined) state.aliases.set(name, text);
      }
      return;
    case 'printf': {
      const [flag, name, ...rest] = made.words;
      const text =
        args[0] === '-v'
          ? outputOf({ ...made, words: [flag, ...rest.slice(1)].flatMap((word) => (word === undefined ? [] : [word])) })
          : undefined;
      if (name?.text === '-v' && rest[0] !== undefined && text !== undefined) state.variables.set(rest[0].text, text);
      return;
    }
    case 'read': {
      const names = args.filter((arg) => /^[A-Za-z_]\w*$/.test(arg));
      const from = made.input.kind === 'pipe' ? (made.input.from?.words.map(({ text }) => text) ?? []) : [];
      // The names of files that a search finds may be any below.
      const values = inputOf(made)?.split('\n', 1)[0]?.trim().split(/\s+/) ?? (LISTS.test(from.join(' ')) ? [namesOf(from)] : undefined);
      if (values !== undefined)
        names.forEach((name, i) =>
          state.variables.set(name, (i === names.length - 1 ? values.slice(i) : values.slice(i, i + 1)).join(' ')),
        );
      return;
    }
    default:
  }
}

function joined(folder: string, next: string): string {
  if (next.startsWith('/') || next.startsWith('~')) return next;
  if (next === '-' || next.includes(UNKNOWN)) return UNKNOWN;
  return folder === '' ? next : `${folder}/${next}`;
}

/** As a pattern: what `find` is told to look for, else any name. */
export function namesOf(words: readonly string[]): string {
  const at = words[0] === 'find' ? words.findIndex((word) => /^-i?name$/.test(word)) : -1;
  return `./**/${at === -1 ? '*' : (words[at + 1] ?? '*').replace(/["']/g, '')}`;
}
