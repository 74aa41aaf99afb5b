/** Programs that run a command once for each word they are given: how `xargs` and `parallel` read their own words. */
import { inputOf } from './output.ts';
import { type SimpleCommand, UNKNOWN } from './simple-command.ts';
import { commandLine } from './words.ts';

/** The words behind `xargs`, with letters in a bunch and long names written as one option and its value each. */
export function xargsWords(args: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!arg.startsWith('-') || arg === '-' || arg === '--') return [...words, ...args.slice(i)];
    const [, name = '', joined] = /^--([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name !== '') {
      const letter = LONG.find(([long]) => long.startsWith(name))?.[1];
      if (letter === undefined) words.push(arg);
      else if (letter === 'i') words.push('-I', joined ?? '{}');
      else words.push(`-${letter}`, ...('dnPLsa'.includes(letter) ? [joined ?? args[++i] ?? ''] : []));
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] ?? '';
      const rest = arg.slice(at + 1);
      if (letter === 'i') words.push('-I', rest === '' ? '{}' : rest);
      else if (/[ILnPEdas]/.test(letter)) words.push(`-${letter}`, rest === '' ? (args[++i] ?? '') : rest);
      else if (!/[el]/.test(letter)) words.push(`-${letter}`);
      // `-e` and `-l` take what touches them.
      if (/[iILnPEdasel]/.test(letter)) break;
    }
  }
  return words;
}

const LONG: readonly (readonly [string, string])[] = [
  ['null', '0'],
  ['arg-file', 'a'],
  ['delimiter', 'd'],
  ['replace', 'i'],
  ['max-lines', 'L'],
  ['max-args', 'n'],
  ['max-procs', 'P'],
  ['max-chars', 's'],
  ['no-run-if-empty', 'r'],
  ['verbose', 't'],
  ['interactive', 'p'],
  ['exit', 'x'],
  ['open-tty', 'o'],
];

/** The file that `parallel` takes its words from: `-a FILE`, `:::: FILE`. */
export function listGiven(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => /^(-a|--arg-file|::::\+?)$/.test(arg));
  const file = at === -1 ? args.flatMap((arg) => /^--arg-file=(.+)$/s.exec(arg)?.[1] ?? [])[0] : args[at + 1];
  return file === undefined || file === '-' || file.includes(UNKNOWN) ? undefined : file;
}

const MOST_ROUNDS = 50;

/** What `parallel` runs, each as a line of a shell. Without a command the words are lines themselves. */
export function inParallel(program: string, args: readonly string[], command: SimpleCommand): readonly (readonly string[])[] {
  let start = 0;
  while (args[start]?.startsWith('-') === true && args[start] !== '--') start += VALUED.test(args[start] ?? '') ? 2 : 1;
  if (args[start] === '--') start++;
  const rest = args.slice(start);
  const end = rest.findIndex((arg) => /^::::?\+?$/.test(arg));
  const words = end === -1 ? rest : rest.slice(0, end);
  const line = words.length === 1 ? (words[0] ?? '') : commandLine(words).replace(/'(\{[^'\s]*\})'/g, '$1');
  if (program === 'sem') return line === '' ? [] : [['sh', '-c', line]];
  const sources = end === -1 || listGiven(args) !== undefined ? [read(command)] : literals(rest.slice(end));
  const rounds = sources.reduce<readonly (readonly string[])[]>(
    (all, values) => all.flatMap((round) => values.map((value) => [...round, value])).slice(0, MOST_ROUNDS),
    [[]],
  );
  return rounds.map((values) => ['sh', '-c', filled(line, values)]);
}

const VALUED =
  /^(-[jPNnLsIiCdSaU]|--(jobs|max-procs|max-args|max-lines|delay|timeout|retries|colsep|joblog|results|tmpdir|sshlogin|wd|workdir|halt|delimiter|arg-sep|tagstring|load|memfree|arg-file|env|nice))$/;

function read(command: SimpleCommand): readonly string[] {
  const lines = inputOf(command)
    ?.split('\n')
    .filter((text) => text !== '');
  return lines === undefined ? [UNKNOWN] : lines;
}

/** `::: a b ::: c`; of the words of files nothing is known here. */
function literals(words: readonly string[]): readonly (readonly string[])[] {
  const lists: string[][] = [];
  let isFile = false;
  for (const word of words) {
    if (/^::::?\+?$/.test(word)) {
      lists.push([]);
      isFile = word.startsWith('::::');
    } else lists.at(-1)?.push(isFile ? UNKNOWN : word);
  }
  return lists;
}

/** `{}`, `{1}`, and their forms without folder or ending. */
function filled(line: string, values: readonly string[]): string {
  if (line === '') return values.join(' ');
  const all = commandLine(values);
  const template = /\{[\d/.]*\}/.test(line) ? line : `${line} {}`;
  return template.replace(/\{(\d*)(\/\/|\/\.|\/|\.)?\}/g, (_, index: string, form?: string) => {
    const value = index === '' ? undefined : values[Number(index) - 1];
    const words = index === '' && form === undefined ? all : commandLine([value ?? values[0] ?? '']);
    if (form === undefined) return words;
    const bare = form === '//' ? words.replace(/\/[^/]*$/, '') : form.startsWith('/') ? words.replace(/^.*\//, '') : words;
    return form.endsWith('.') ? bare.replace(/\.[^./]*$/, '') : bare;
  });
}
