/** What a shell command would do, as edits: of the files whose new text can be told, and one of its own for all the rest. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { assertNever } from '../../engine/assert-never.ts';
import { effectsOf } from '../../engine/command/effects.ts';
import type { Effect } from '../../engine/command/effect.ts';
import { UNKNOWN } from '../../engine/command/shell.ts';
import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';
import type { CommandAct, Edit, Provenance } from '../../engine/types.ts';
import { globMatcher } from '../../gate/glob.ts';
import { isWithin, locate, type Surroundings } from './locate.ts';
import type { ReadCommand } from './shell-grammar.ts';

export type CommandPlan =
  | { readonly kind: 'edits'; readonly edits: readonly Edit[] }
  /** Refused outright; a sentence. */
  | { readonly kind: 'refused'; readonly cause: string };

/**
 * @param line what the agent's shell tool is given
 * @param around `cwd` is where the command starts
 * @param own folders of Countersign itself, absolute: its program and its state
 */
export function commandEdits(
  line: string,
  around: Surroundings,
  provenance: Provenance,
  read: ReadCommand,
  own: readonly string[],
): CommandPlan {
  const plan: Plan = {
    around,
    own,
    read,
    texts: new Map(),
    unread: new Map(),
    changes: [],
    documents: [],
    refused: undefined,
    watchedWords: watchedWordsOf(line),
  };
  if (line.length > LONGEST_COMMAND) {
    return {
      kind: 'refused',
      cause: `The command has ${line.length} characters and cannot be read in time. Put it into a file, and edit that file.`,
    };
  }
  follow(line, '', plan, 0);
  if (plan.refused !== undefined) return { kind: 'refused', cause: plan.refused };
  const files = [...plan.texts.values()].flatMap(({ path, before, after }): readonly Edit[] =>
    after === undefined || after === before ? [] : [{ path, before, after, provenance }],
  );
  const acts: readonly CommandAct[] = [
    ...plan.changes,
    ...[...groupedByWhy(plan.unread)].map(([why, paths]): CommandAct => ({ kind: 'unread', paths, why })),
  ];
  const direct: readonly Edit[] =
    acts.length === 0 ? [] : [{ path: `$ ${oneLine(line)}`, before: '', after: line, provenance, command: acts }];
  return { kind: 'edits', edits: [...files, ...plan.documents.map((document) => ({ ...document, provenance })), ...direct] };
}

const LONGEST_COMMAND = 200_000;
/** Characters. A longer script is not read; a watched path that it names still counts. */
const LONGEST_SCRIPT = 200_000;
const MOST_FILES = 200;
const DEEPEST = 4;

type FileState = { readonly path: string; readonly before: string; readonly after: string | undefined };

type Plan = {
  readonly around: Surroundings;
  readonly read: ReadCommand;
  readonly own: readonly string[];
  /** By real path: what a governed file holds so far. */
  readonly texts: Map<string, FileState>;
  /** Watched path → why its new text cannot be told. */
  readonly unread: Map<string, string>;
  readonly changes: CommandAct[];
  readonly documents: Omit<Edit, 'provenance'>[];
  refused: string | undefined;
  readonly watchedWords: readonly string[];
};

function follow(line: string, folder: string, plan: Plan, depth: number): void {
  const reading = plan.read(line);
  const named = watchedWordsOf(line);
  if (reading.broken && named.length > 0) unread(named, 'the command line cannot be read as a shell reads it', plan);
  for (const command of reading.commands) {
    const at =
      folder === ''
        ? command.folder
        : command.folder === ''
          ? folder
          : /^[/~]/.test(command.folder)
            ? command.folder
            : `${folder}/${command.folder}`;
    for (const effect of effectsOf(command)) carryOut(effect, at, line, plan, depth);
  }
}

function carryOut(effect: Effect, folder: string, line: string, plan: Plan, depth: number): void {
  switch (effect.kind) {
    case 'write':
      for (const file of filesOf(effect.path, folder, plan)) write(file, effect, plan);
      return;
    case 'copy':
      copy(effect, folder, plan);
      return;
    case 'delete':
      for (const file of filesOf(effect.path, folder, plan)) remove(file, plan);
      return;
    case 'change':
      change(effect.change, folder, plan);
      return;
    case 'open-ended':
      plan.refused ??= `This opens ${effect.program} without a script: what is typed into it later is seen by nobody. Run a command or a script instead.`;
      return;
    case 'shell':
      if (depth < DEEPEST) follow(effect.text, folder, plan, depth + 1);
      else plan.refused ??= `Shells are nested more than ${DEEPEST} deep here. Run the inner command directly.`;
      return;
    case 'code':
      code(effect.code, `${effect.program} code that writes it is not worked out`, plan);
      return;
    case 'script':
      script(effect.program, effect.path, folder, plan, depth);
      return;
    case 'unclear':
      unread(watchedWordsOf(line), effect.why, plan);
      return;
    default:
      assertNever(effect);
  }
}

type Target = { readonly file: string; readonly path: string };

/** The files a word of the command means: one, or those a glob matches. Unknown parts leave nothing but what the rest of the line names. */
function filesOf(word: string, folder: string, plan: Plan): readonly Target[] {
  if (word === '' || word === '-') return [];
  if (word.includes(UNKNOWN) || folder.includes(UNKNOWN)) {
    const tail = word.split(UNKNOWN).at(-1) ?? '';
    const tailWatched = !word.endsWith(UNKNOWN) && isWatchedByName(tail.replace(/^\/+/, ''));
    if (tailWatched) plan.unread.set(tail.replace(/^\/+/, ''), 'part of its path is put together elsewhere');
    else if (word.endsWith(UNKNOWN)) unread(plan.watchedWords, 'the file that is written is put together elsewhere', plan);
    return [];
  }
  const start = folder === '' ? plan.around.cwd : locate(folder, plan.around).file;
  const within = { ...plan.around, cwd: start };
  const matches = /[*?[{]/.test(word) ? globbed(word, start) : [word];
  return matches.slice(0, MOST_FILES).map((match) => {
    const located = locate(match, within);
    return { file: located.file, path: mayBeGoverned(located.path) || !mayBeGoverned(located.named) ? located.path : located.named };
  });
}

/** Files that a glob in the last part of a path matches, and the word itself when there are none. */
function globbed(word: string, start: string): readonly string[] {
  const folder = dirname(word);
  try {
    const matches = globMatcher([basename(word)]);
    const names = readdirSync(resolve(start, folder)).filter((name) => matches(name));
    return names.length === 0 ? [word] : names.map((name) => join(folder, name));
  } catch {
    return [word];
  }
}

function stateOf(target: Target, plan: Plan): FileState {
  const known = plan.texts.get(target.file);
  if (known !== undefined) return known;
  return { path: target.path, before: textOf(target.file) ?? '', after: textOf(target.file) ?? '' };
}

/** Countersign's own files are changed by nobody but itself, whatever they hold. */
function isOwn({ file }: Target, plan: Plan, goes = false): boolean {
  // A folder that goes takes all in it along.
  const touched = plan.own.some((folder) => isWithin(folder, file) || (goes && isWithin(file, folder)));
  if (touched) plan.refused ??= 'This command changes files of Countersign itself, which only an update or a person may do.';
  return touched;
}

function write(target: Target, effect: Extract<Effect, { kind: 'write' }>, plan: Plan): void {
  if (isOwn(target, plan)) return;
  if (effect.path.endsWith('/')) return unpacked(target, plan);
  const state = stateOf(target, plan);
  const after =
    effect.text === undefined || state.after === undefined ? undefined : effect.append ? state.after + effect.text : effect.text;
  plan.texts.set(target.file, { ...state, after });
  if (after === undefined && isGoverned(target, state)) plan.unread.set(target.path, 'the text that is written is not in the command');
}

/** An archive into a folder: what is watched there may be overwritten. */
function unpacked(target: Target, plan: Plan): void {
  const watched = filesBelow(target.file, plan).filter(({ path }) => isWatchedByName(path));
  unread(
    watched.slice(0, 3).map(({ path }) => path),
    'what the archive holds is not in the command',
    plan,
  );
}

function copy({ from, path }: Extract<Effect, { kind: 'copy' }>, folder: string, plan: Plan): void {
  const [source] = filesOf(from, folder, plan);
  for (const target of filesOf(path, folder, plan)) {
    if (isOwn(target, plan)) return;
    const into = isFolder(target.file) && source !== undefined && !path.endsWith('/') ? inside(target, basename(source.file)) : target;
    const text = source === undefined ? undefined : (plan.texts.get(source.file)?.after ?? textOf(source.file));
    const state = stateOf(into, plan);
    if (source !== undefined && isFolder(source.file)) unpacked(into, plan);
    else {
      plan.texts.set(into.file, { ...state, after: text });
      if (text === undefined && isGoverned(into, state))
        plan.unread.set(into.path, `the text of ${from.replaceAll(UNKNOWN, '…')} cannot be read`);
    }
  }
}

function remove(target: Target, plan: Plan): void {
  if (isOwn(target, plan, true)) return;
  const files = isFolder(target.file) ? filesBelow(target.file, plan) : [target];
  for (const file of files) {
    const state = stateOf(file, plan);
    if (mayBeGoverned(file.path) && state.before !== '') plan.texts.set(file.file, { ...state, after: '' });
  }
}

function change(found: Extract<CommandAct, { kind: 'change' }>['change'], folder: string, plan: Plan): void {
  const given = found.document;
  const text =
    given === undefined || given.includes(UNKNOWN)
      ? undefined
      : /^fileb?:\/\//.test(given)
        ? filesOf(given.replace(/^fileb?:\/\//, ''), folder, plan).map(({ file }) => plan.texts.get(file)?.after ?? textOf(file))[0]
        : given;
  // A document that can be read says exactly what it opens; the command itself then has nothing to add.
  if (text !== undefined && /^\s*[{[]/.test(text)) {
    plan.documents.push({ path: `$ ${found.object}/policy.json`, before: '', after: text });
    return;
  }
  plan.changes.push({ kind: 'change', change: found });
}

/** Code of another language: held only when it names a watched file and something in it writes. */
function code(text: string, why: string, plan: Plan): void {
  if (WRITES.test(text)) unread(watchedWordsOf(text), why, plan);
}

const WRITES =
  /open\s*\([^)]*,\s*(mode\s*=\s*)?['"][^'"]*[wax+]|write|unlink|remove|rename|rmtree|shutil|truncate|dump\s*\(|replace\s*\(|copyfile|symlink|system|subprocess|popen|exec|spawn|child_process|Deno\.|Bun\.|fs\b|File\.|IO\.|>>?\s*["']|\$\(|`/i;

function script(program: string, path: string, folder: string, plan: Plan, depth: number): void {
  for (const { file } of filesOf(path, folder, plan)) {
    const text = plan.texts.get(file)?.after ?? textOf(file);
    if (text === undefined || text.length > LONGEST_SCRIPT || text.includes('\0')) continue;
    if (program === 'git apply') {
      const named = [...text.matchAll(/^(?:\+\+\+|---) (?:[ab]\/)?(\S+)/gm)].map((found) => found[1] ?? '').filter(isWatchedByName);
      unread(named, 'the patch is not worked out', plan);
      continue;
    }
    const shebang = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S*\/)?(\w+)/.exec(text)?.[2];
    const language = shebang ?? /\.(py|js|mjs|cjs|ts|rb|pl|php|sql)$/.exec(file)?.[1] ?? program;
    if (/^(ba|z|da|k|a)?sh$/.test(language)) {
      if (depth < DEEPEST) follow(text, folder, plan, depth + 1);
    } else if (!/\/node_modules\//.test(file)) code(text, `${basename(file)} writes it, and is not worked out`, plan);
  }
}

function unread(paths: readonly string[], why: string, plan: Plan): void {
  for (const path of paths) plan.unread.set(path, why);
}

/** Words of a text that name a watched file, wherever they stand. */
function watchedWordsOf(text: string): readonly string[] {
  const words = text.split(/[^\p{L}\p{N}_./~@+-]+/u).filter((word) => word.length > 2 && word.length < 500 && /[./]/.test(word));
  return [...new Set(words)].filter((word) => isWatchedByName(word)).slice(0, 20);
}

function isGoverned(target: Target, { before }: FileState): boolean {
  // Any JSON may hold a policy; only one that does, or says so by its name, is worth a question.
  return (
    isWatchedByName(target.path) ||
    (mayBeGoverned(target.path) && /"?Effect"?\s*:|AssumeRole|^kind:\s*\w*(Role|Binding)|^resource\s+"/m.test(before))
  );
}

function groupedByWhy(found: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [path, why] of found) groups.set(why, [...(groups.get(why) ?? []), path]);
  return groups;
}

function filesBelow(folder: string, { around }: Plan): readonly Target[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .slice(0, MOST_FILES)
      .map((entry) => {
        const { file, path } = locate(join(entry.parentPath, entry.name), around);
        return { file, path };
      });
  } catch {
    return [];
  }
}

function inside(target: Target, name: string): Target {
  return { file: join(target.file, name), path: `${target.path.replace(/\/$/, '')}/${name}` };
}

function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}

function textOf(file: string): string | undefined {
  try {
    const found = statSync(file);
    return found.isFile() && found.size < 8 * 1024 * 1024 ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

function oneLine(line: string): string {
  const flat = line.replace(/\s+/g, ' ').trim();
  return flat.length > 80 ? `${flat.slice(0, 79)}…` : flat;
}
