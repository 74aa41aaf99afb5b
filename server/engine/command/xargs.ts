import { placesOf } from './find.ts';
import { lineEdited } from './line-edit.ts';
import { fileRead, perlEdit, sedEdit } from './made.ts';
import { inputOf, outputOf } from './output.ts';
import { listGiven, xargsWords } from './repeated.ts';
import { type SimpleCommand, UNKNOWN } from './simple-command.ts';
import { LISTS } from './substituted.ts';
import { afterOptions } from './wrapper-options.ts';

/** The file whose words `xargs` or `parallel` hands on. */
export function listRead(command: SimpleCommand): string | undefined {
  const [first, ...given] = command.words.map(({ text }) => text);
  const program = first?.replace(/^.*\//, '') ?? '';
  if (!/^(xargs|parallel)$/.test(program) || command.input.kind === 'text') return undefined;
  if (program === 'parallel') {
    const file = listGiven(given);
    return file === undefined ? (given.some((arg) => arg.startsWith(':::')) ? undefined : fileRead(command)) : file;
  }
  const args = xargsWords(given);
  const options = args.slice(0, args.length - afterOptions('xargs', args).length);
  const at = options.findIndex((arg) => /^(-a|--arg-file)$/.test(arg));
  const joined = options.map((arg) => /^(?:-a|--arg-file=)(.+)$/s.exec(arg)?.[1]).find((path) => path !== undefined);
  const path = joined ?? (at === -1 ? undefined : options[at + 1]);
  return path === undefined ? fileRead(command) : path.includes(UNKNOWN) ? undefined : path;
}

/** What `xargs` runs, with the words it reads where they are known. */
export function withInput(given: readonly string[], command: SimpleCommand): readonly (readonly string[])[] {
  const args = xargsWords(given);
  const words = afterOptions('xargs', args);
  const options = args.slice(0, args.length - words.length);
  const mark = options.flatMap((arg, i) =>
    arg === '-I' ? [options[i + 1] ?? '{}'] : /^-[Ii]./.test(arg) ? [arg.slice(2)] : /^(-i|--replace)$/.test(arg) ? ['{}'] : [],
  )[0];
  const from = command.input.kind === 'pipe' ? command.input.from?.words.map(({ text }) => text) : undefined;
  const isListed = options.some((arg) => /^(-a|--arg-file)/.test(arg));
  const printer = isListed ? command.words.find((word) => word.printedBy !== undefined)?.printedBy : undefined;
  const text = printer === undefined ? inputOf(command) : outputOf(printer);
  const read =
    text !== undefined
      ? text
          .split(separatorOf(options, mark))
          .filter((word) => word !== '')
          .map((word) => (isPlain(options) ? word.replace(/["'\\]/g, '') : word))
      : from?.[0] === 'find'
        ? placesOf(from.slice(1))
        : listed(from, words);
  if (mark === undefined) return [[...words, ...read]];
  const items = read.length > MOST_ROUNDS ? [...read.slice(0, MOST_ROUNDS), UNKNOWN] : read;
  return items.map((item) => words.map((word) => word.replaceAll(mark, item)));
}

const MOST_ROUNDS = 50;

/** With no word on what parts its words, `xargs` takes quotes off them as a shell does. */
function isPlain(options: readonly string[]): boolean {
  return !options.some((arg) => /^(-0|--null|-[drt0-9]*[0d]|--delimiter)/.test(arg));
}

function separatorOf(options: readonly string[], mark: string | undefined): string | RegExp {
  if (options.some((arg) => /^(-[rt]*0|--null)/.test(arg))) return '\0';
  const at = options.findIndex((arg) => /^(-[rt]*d|--delimiter)$/.test(arg));
  const given = at === -1 ? options.flatMap((arg) => /^(?:-[rt]*d|--delimiter=)(.+)$/s.exec(arg)?.[1] ?? [])[0] : options[at + 1];
  if (given !== undefined) return { '\\n': '\n', '\\t': '\t', '\\0': '\0' }[given] ?? given.charAt(0);
  return isPlain(options) && mark === undefined ? /[\s\0]+/ : '\n';
}

/**
 * Which files come out of `grep -l`, `git ls-files` and the like is not in the line: for what edits texts in place it may be any file
 * below. Of other lists the same is said where the text can be worked out, so that a harmless edit stays no question.
 */
function listed(from: readonly string[] | undefined, words: readonly string[]): readonly string[] {
  const [program = '', ...args] = words;
  const name = program.replace(/^.*\//, '');
  if (!/^(g?sed|perl)$/.test(name)) return [UNKNOWN];
  const edit = name === 'perl' ? perlEdit(args) : sedEdit(args);
  const isPlain = edit !== undefined && lineEdited('x\n', edit.edit) !== undefined;
  return isPlain || (from !== undefined && LISTS.test(from.join(' '))) ? ['./**/*'] : [UNKNOWN];
}
