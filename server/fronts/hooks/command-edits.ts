/** What a shell command would do, as edits: of the files whose new text can be told, and one of its own for all the rest. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { assertNever } from '../../engine/assert-never.ts';
import { effectsOf } from '../../engine/command/effects.ts';
import type { Effect } from '../../engine/command/effect.ts';
import { commandLine } from '../../engine/command/words.ts';
import { UNKNOWN } from '../../engine/command/simple-command.ts';
import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';
import type { CommandAct, Edit, Provenance } from '../../engine/types.ts';
import { globMatcher } from '../../gate/glob.ts';
import { mayBePolicyText } from '../../gate/policy-text.ts';
import { isWithin, locate, type Surroundings } from './locate.ts';
import { importsOf, patternsIn, watchedIn, watchedWordsOf, writes } from './program-text.ts';
import type { ReadCommand } from './shell-grammar.ts';
import { taskLines } from './tasks.ts';

export type CommandPlan =
  | { readonly kind: 'edits'; readonly edits: readonly Edit[] }
  /** Refused outright; a sentence. */
  | { readonly kind: 'refused'; readonly cause: string };

/**
 * @param line what the agent's shell tool is given
 * @param around `cwd` is where the command starts
 * @param own folders of Countersign itself, absolute: its program first, then its state
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
  const files = [...plan.texts.values()].flatMap(({ path, before, after, copied }): readonly Edit[] =>
    after === undefined || after === before || (copied && isAside(path, before)) ? [] : [{ path, before, after, provenance }],
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
const DEEPEST = 5;
/** Entries of folders that a pattern over several of them looks through. */
const MOST_ENTRIES = 5000;

type FileState = {
  readonly path: string;
  readonly before: string;
  readonly after: string | undefined;
  /** The text is that of another file. */
  readonly copied: boolean;
};

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

function follow(line: string, folder: string, plan: Plan, depth: number, args: readonly string[] = []): void {
  const reading = plan.read(unbroken(line), args);
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
      if (depth < DEEPEST) follow(effect.text, folder, plan, depth + 1, effect.args);
      else plan.refused ??= `Shells are nested more than ${DEEPEST} deep here. Run the inner command directly.`;
      return;
    case 'code':
      code(effect.program, effect.code, `${effect.program} code that writes it is not worked out`, folder, plan);
      return;
    case 'script':
      script(effect, folder, plan, depth);
      return;
    case 'patch':
      patch(effect.path, folder, plan);
      return;
    case 'task':
      task(effect, folder, plan, depth);
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
  const matches = word.includes('**/') ? walked(word, start) : /[*?[{]/.test(word) ? globbed(word, start) : [word];
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

/** Files below a folder whose names match: `iam/**\/*.json`, as `find` names them. */
function walked(word: string, start: string): readonly string[] {
  const [folder = '.', name = '*'] = word.split(/\/?\*\*\//);
  const matches = globMatcher([name]);
  const found: string[] = [];
  let left = MOST_ENTRIES;
  const look = (path: string): void => {
    let entries;
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      if (left-- <= 0 || found.length >= MOST_FILES) return;
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && entry.name !== '.git') look(join(path, entry.name));
      } else if (matches(entry.name) && isWatchedByName(join(path, entry.name).slice(start.length))) found.push(join(path, entry.name));
    }
  };
  look(resolve(start, folder === '' ? '/' : folder));
  return found;
}

/** A backslash at the end of a line joins what it cuts in two. In a heredoc it may be text. */
function unbroken(line: string): string {
  return line.includes('<<') ? line : line.replace(/'[^']*'|([^\s\\])\\\r?\n(?=\S)/g, (whole, letter?: string) => letter ?? whole);
}

/** A copy that is put aside: it is judged when it comes back under a name that counts. */
function isAside(path: string, before: string): boolean {
  return before === '' && (!mayBeGoverned(path) || ASIDE.test(path));
}

const ASIDE = /(\.(bak|orig|old|backup|save|copy|tmp)|~)$|^\/tmp\//i;

function stateOf(target: Target, plan: Plan): FileState {
  const known = plan.texts.get(target.file);
  if (known !== undefined) return known;
  const text = textOf(target.file) ?? '';
  return { path: target.path, before: text, after: text, copied: false };
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
  plan.texts.set(target.file, { ...state, after, copied: false });
  if (after !== undefined || !isGoverned(target, state) || (state.before === '' && ASIDE.test(target.path))) return;
  plan.unread.set(target.path, 'the text that is written is not in the command');
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
  // To a place that is put together elsewhere: the text alone says what it would open there.
  if (path.includes(UNKNOWN) && source !== undefined && !ASIDE.test(path)) {
    const text = plan.texts.get(source.file)?.after ?? textOf(source.file);
    if (text !== undefined && mayBePolicyText(text))
      plan.documents.push({ path: `$ ${basename(source.file)}/policy.json`, before: '', after: text });
  }
  for (const target of filesOf(path, folder, plan)) {
    if (isOwn(target, plan)) return;
    const into = isFolder(target.file) && source !== undefined && !path.endsWith('/') ? inside(target, basename(source.file)) : target;
    const text = source === undefined ? undefined : (plan.texts.get(source.file)?.after ?? textOf(source.file));
    const state = stateOf(into, plan);
    if (source !== undefined && isFolder(source.file)) unpacked(into, plan);
    else {
      plan.texts.set(into.file, { ...state, after: text, copied: true });
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

/** Code of another language: held only when it names a watched file, or a pattern that finds one, and something in it writes. */
function code(program: string, text: string, why: string, folder: string, plan: Plan): void {
  if (!writes(program, text)) return;
  if (namesOwn(text, plan))
    plan.refused ??= 'This program names files or commands of Countersign itself, which only an update or a person may change.';
  const found = patternsIn(text)
    .flatMap((pattern) => filesOf(pattern, folder, plan))
    .map(({ path }) => path)
    .filter(isWatchedByName);
  unread([...watchedIn(text), ...found.slice(0, 5)], why, plan);
}

/** A program that writes, and names our folders or starts what lets an agent go on. Names below the workspace are its own. */
function namesOwn(text: string, plan: Plan): boolean {
  if (/\bcountersign(\.cmd|\.js)?["',\s[\]()]+(resume|ack\w*|init|key|pack|policy)\b/.test(text)) return true;
  const words = text.split(/["'`\s()=,;]+/).filter((word) => /^([~/]|\.\.\/)./.test(word) && word.length < 500 && !word.includes(UNKNOWN));
  return words.slice(0, 200).some((word) => plan.own.some((folder) => isWithin(folder, locate(word, plan.around).file)));
}

function script({ program, path, args }: Extract<Effect, { kind: 'script' }>, folder: string, plan: Plan, depth: number): void {
  for (const { file } of filesOf(path, folder, plan)) {
    if (plan.own[0] !== undefined && isWithin(plan.own[0], file)) {
      ours(basename(file), args, folder, plan, depth);
      continue;
    }
    const text = plan.texts.get(file)?.after ?? textOf(file);
    if (text === undefined || text.length > LONGEST_SCRIPT || text.includes('\0')) continue;
    const shebang = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S*\/)?(\w+)/.exec(text)?.[2];
    const language = shebang ?? /\.(py|js|mjs|cjs|ts|rb|pl|php|sql|ps1|cmd|bat)$/.exec(file)?.[1] ?? program;
    if (/^(ba|z|da|k|a)?sh$/.test(language)) {
      if (depth < DEEPEST) follow(text, folder, plan, depth + 1, args);
      else unread(plan.watchedWords, 'scripts are nested too deep', plan);
      continue;
    }
    if (/\/node_modules\//.test(file)) continue;
    const kind = /^(ps1|cmd|bat)$/.test(language) ? 'powershell' : language;
    // What it is given by name, it may write.
    if (writes(kind, text)) unread(watchedWordsOf(args.join(' ')), `${basename(file)} writes, and is not worked out`, plan);
    for (const [part, inner] of [[file, text] as const, ...importsOf(file, text)]) {
      code(kind, withoutBuilt(inner), `${basename(part)} writes it, and is not worked out`, folder, plan);
    }
  }
}

/** What a program of the repository makes in folders for what is built is no config that anybody reads from there. */
function withoutBuilt(text: string): string {
  return text.replace(/\b(dist|out|build|target|coverage|\.next|node_modules)\/[\w./-]*|[\w./-]*\.schema\.json\b/g, '');
}

/** Our own program, started by its file. */
function ours(name: string, args: readonly string[], folder: string, plan: Plan, depth: number): void {
  if (name === 'cli.js') carryOut({ kind: 'shell', text: commandLine(['countersign', ...args]) }, folder, '', plan, depth);
}

function patch(path: string, folder: string, plan: Plan): void {
  for (const { file } of filesOf(path, folder, plan)) {
    const text = plan.texts.get(file)?.after ?? textOf(file);
    if (text === undefined) continue;
    const named = [...text.matchAll(/^(?:\+\+\+|---) (?:[ab]\/)?(\S+)|^rename to (\S+)/gm)].map((found) => found[1] ?? found[2] ?? '');
    unread(named.filter(isWatchedByName), 'the patch is not worked out', plan);
  }
}

function task(effect: Extract<Effect, { kind: 'task' }>, folder: string, plan: Plan, depth: number): void {
  if (folder.includes(UNKNOWN) || effect.folder.includes(UNKNOWN) || depth >= DEEPEST) return;
  const start = locate(effect.folder === '' ? '.' : effect.folder, {
    ...plan.around,
    cwd: locate(folder === '' ? '.' : folder, plan.around).file,
  }).file;
  const found = taskLines(effect, start);
  for (const line of found.lines) follow(line, found.folder, plan, depth + 1);
}

function unread(paths: readonly string[], why: string, plan: Plan): void {
  for (const path of paths) plan.unread.set(path, why);
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
