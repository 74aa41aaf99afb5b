import { type Arguments, argumentsOf } from '../arguments.ts';
import { inPlace } from '../unknown-program.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { type Patch, patchTexts } from '../patch.ts';

/** `patch`, and what other version controls have of the kind. */
export const patches: Program = {
  names: ['patch', 'gpatch', 'git-apply', 'git-am', 'hg', 'svn'],
  effects: ({ program, args, command }) => {
    if (program === 'patch' || program === 'gpatch') return patch(args, command);
    if (program === 'git-apply') return gitApply(args, command);
    if (program === 'git-am') return gitAm(args, command);
    const [verb, ...rest] = args;
    const isPatch = program === 'hg' ? /^(import|patch)$/.test(verb ?? '') : verb === 'patch';
    if (!isPatch) return inPlace(program, args);
    if (rest.includes('--dry-run')) return [];
    const read = argumentsOf(rest, new Set(['-p', '--strip', '-m', '--message', '-u', '-d', '--prefix']));
    const files = program === 'svn' ? read.plain.slice(0, 1) : read.plain;
    if (files.length === 0) return [];
    return effectOf({ ...PLAIN, by: 'git', from: patchTexts(files, command), strip: stripOf(read) });
  },
};

const PLAIN: Patch = {
  by: 'patch',
  from: [],
  strip: undefined,
  folder: '',
  under: '',
  isReversed: false,
  isRecounted: false,
  onto: undefined,
  into: undefined,
};

/** @param args behind `git apply` */
export function gitApply(args: readonly string[], command: Invocation['command']): readonly Effect[] {
  const read = spelledOut(args, GIT_APPLY);
  // These only look, unless it is told to apply as well.
  if (
    read.has('--check', '--stat', '--numstat', '--summary') &&
    !read.has('--apply', '--no-check', '--no-stat', '--no-numstat', '--no-summary')
  )
    return [];
  return effectOf({
    ...PLAIN,
    by: 'git',
    from: patchTexts(read.plain, command),
    strip: stripOf(read),
    under: read.values('--directory').at(-1) ?? '',
    isReversed: read.has('-R', '--reverse'),
    isRecounted: read.has('--recount'),
  });
}

/** @param args behind `git am` */
export function gitAm(args: readonly string[], command: Invocation['command']): readonly Effect[] {
  const read = spelledOut(args, GIT_AM);
  if (read.has('--abort', '--quit', '--skip', '--continue', '--resolved', '--retry', '--show-current-patch', '-r')) return [];
  return effectOf({
    ...PLAIN,
    by: 'mail',
    from: patchTexts(read.plain, command),
    strip: stripOf(read),
    under: read.values('--directory').at(-1) ?? '',
  });
}

/** What git would change, as it tells it itself. @param args of the call of git that prints it */
export function fromGit(args: readonly string[]): Effect {
  return { kind: 'patch', patch: { ...PLAIN, by: 'git', from: [{ kind: 'git', args, byItself: true }] } };
}

/** `patch [options] [file [patchfile]]` */
function patch(args: readonly string[], command: Invocation['command']): readonly Effect[] {
  const read = spelledOut(args, PATCH);
  if (read.has('--dry-run')) return [];
  const [onto, second] = read.plain;
  const file = read.values('-i', '--input').at(-1) ?? second;
  return effectOf({
    ...PLAIN,
    from: patchTexts(file === undefined ? [] : [file], command),
    strip: stripOf(read),
    folder: read.values('-d', '--directory').at(-1) ?? '',
    isReversed: read.has('-R', '--reverse'),
    onto,
    into: read.values('-o', '--output').at(-1),
  });
}

function effectOf(found: Patch): readonly Effect[] {
  return found.from.length === 0 ? [] : [{ kind: 'patch', patch: found }];
}

function stripOf(read: Arguments): number | undefined {
  const given = read.values('-p', '--strip').at(-1);
  return given !== undefined && /^\d+$/.test(given) ? Number(given) : undefined;
}

/** `letters`: those with a value. `open`: those whose value, if there is one, stands in the same word. */
type Spelling = { readonly letters: string; readonly open?: string; readonly long: readonly string[]; readonly valued: readonly string[] };

/** Options as their programs take them: letters in a bunch, a value behind its letter, long names cut short. */
function spelledOut(args: readonly string[], { letters, open = '', long, valued }: Spelling): Arguments {
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  const words: string[] = [];
  for (let i = 0; i < options.length; i++) {
    const word = options[i] ?? '';
    const [, name, value] = /^(--[\w-]+)(=.*)?$/s.exec(word) ?? [];
    if (name !== undefined) {
      const full = long.includes(name) ? name : (long.find((one) => one.startsWith(name)) ?? name);
      words.push(`${full}${value ?? ''}`);
      if (value === undefined && valued.includes(full)) words.push(options[++i] ?? '');
      continue;
    }
    if (!/^-[a-zA-Z0-9]/.test(word)) {
      words.push(word);
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at] ?? '';
      words.push(`-${letter}`);
      if (open.includes(letter)) break;
      if (!letters.includes(letter)) continue;
      words.push(at + 1 < word.length ? word.slice(at + 1) : (options[++i] ?? ''));
      break;
    }
  }
  const taken = new Set([...valued, ...Array.from(letters, (letter) => `-${letter}`)]);
  return argumentsOf([...words, ...(end === -1 ? [] : args.slice(end))], taken);
}

const GIT_APPLY: Spelling = {
  letters: 'pC',
  valued: ['--directory', '--exclude', '--include', '--whitespace', '--build-fake-ancestor'],
  long: '--directory --exclude --include --whitespace --build-fake-ancestor --check --stat --numstat --summary --apply --no-check --no-stat --no-numstat --no-summary --reverse --recount'.split(
    ' ',
  ),
};

const GIT_AM: Spelling = {
  letters: 'pC',
  open: 'S',
  valued: ['--directory', '--exclude', '--include', '--whitespace', '--patch-format', '--empty', '--quoted-cr'],
  long: '--directory --exclude --include --patch-format --abort --quit --skip --continue --resolved --retry --show-current-patch'.split(
    ' ',
  ),
};

const PATCH: Spelling = {
  letters: 'BDFdgioprVYxz',
  valued:
    '--prefix --ifdef --fuzz --directory --get --input --output --strip --reject-file --version-control --basename-prefix --debug --suffix --quoting-style --read-only --reject-format'.split(
      ' ',
    ),
  long: '--prefix --ifdef --fuzz --directory --get --input --output --strip --reject-file --version-control --basename-prefix --debug --suffix --quoting-style --read-only --reject-format --dry-run --reverse'.split(
    ' ',
  ),
};
