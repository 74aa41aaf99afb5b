/** What the parts of a command line do to files, step by step: each sees the texts that those before it left. */
import { basename } from 'node:path';
import type { Effect } from '../../engine/command/effect.ts';
import { UNKNOWN } from '../../engine/command/simple-command.ts';
import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';
import type { CommandAct, Edit } from '../../engine/types.ts';
import { mayBePolicyText } from '../../gate/policy-text.ts';
import { isWithin, judgedPath, locate, type Surroundings } from './locate.ts';
import { filesBelow, inside, isFolder, matchesOf, type Target, textOf } from './named-files.ts';
import { patternsIn, watchedIn, writes } from './program-text.ts';

/** A file that a command may change: its text, and what it would be. */
export type FileState = {
  readonly path: string;
  readonly before: string;
  readonly after: string | undefined;
  /** The text is that of another file. */
  readonly copied: boolean;
};

/** What a command line comes to, while it is read. */
export type Plan = {
  readonly around: Surroundings;
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

/** The files a word of the command means: one, or those a glob matches. Unknown parts leave nothing but what the rest of the line names. */
export function filesOf(word: string, folder: string, plan: Plan): readonly Target[] {
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
  return matchesOf(word, start).map((match) => {
    const located = locate(match, within);
    return { file: located.file, path: judgedPath(located) };
  });
}

/** A copy that is put aside: it is judged when it comes back under a name that counts. */
export function isAside(path: string, before: string): boolean {
  return before === '' && (!mayBeGoverned(path) || ASIDE.test(path));
}

const ASIDE = /(\.(bak|orig|old|backup|save|copy|tmp)|~)$|^\/tmp\//i;

/** What a file holds once the steps before this one are done. Undefined when that cannot be told. */
export function textSoFar(file: string, plan: Plan): string | undefined {
  return plan.texts.get(file)?.after ?? textOf(file);
}

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

export function write(target: Target, effect: Extract<Effect, { kind: 'write' }>, plan: Plan): void {
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
  const watched = filesBelow(target.file, plan.around).filter(({ path }) => isWatchedByName(path));
  unread(
    watched.slice(0, 3).map(({ path }) => path),
    'what the archive holds is not in the command',
    plan,
  );
}

export function copy({ from, path }: Extract<Effect, { kind: 'copy' }>, folder: string, plan: Plan): void {
  const [source] = filesOf(from, folder, plan);
  // To a place that is put together elsewhere: the text alone says what it would open there.
  if (path.includes(UNKNOWN) && source !== undefined && !ASIDE.test(path)) {
    const text = textSoFar(source.file, plan);
    if (text !== undefined && mayBePolicyText(text))
      plan.documents.push({ path: `$ ${basename(source.file)}/policy.json`, before: '', after: text });
  }
  for (const target of filesOf(path, folder, plan)) {
    if (isOwn(target, plan)) return;
    const into = isFolder(target.file) && source !== undefined && !path.endsWith('/') ? inside(target, basename(source.file)) : target;
    const text = source === undefined ? undefined : textSoFar(source.file, plan);
    const state = stateOf(into, plan);
    if (source !== undefined && isFolder(source.file)) unpacked(into, plan);
    else {
      plan.texts.set(into.file, { ...state, after: text, copied: true });
      if (text === undefined && isGoverned(into, state))
        plan.unread.set(into.path, `the text of ${from.replaceAll(UNKNOWN, '…')} cannot be read`);
    }
  }
}

export function remove(target: Target, plan: Plan): void {
  if (isOwn(target, plan, true)) return;
  const files = isFolder(target.file) ? filesBelow(target.file, plan.around) : [target];
  for (const file of files) {
    const state = stateOf(file, plan);
    if (mayBeGoverned(file.path) && state.before !== '') plan.texts.set(file.file, { ...state, after: '' });
  }
}

export function change(found: Extract<CommandAct, { kind: 'change' }>['change'], folder: string, plan: Plan): void {
  const given = found.document;
  const text =
    given === undefined || given.includes(UNKNOWN)
      ? undefined
      : /^fileb?:\/\//.test(given)
        ? filesOf(given.replace(/^fileb?:\/\//, ''), folder, plan).map(({ file }) => textSoFar(file, plan))[0]
        : given;
  // A document that can be read says exactly what it opens; the command itself then has nothing to add.
  if (text !== undefined && /^\s*[{[]/.test(text)) {
    plan.documents.push({ path: `$ ${found.object}/policy.json`, before: '', after: text });
    return;
  }
  plan.changes.push({ kind: 'change', change: found });
}

/** `why`: what is said of the files it may write. */
export type ProgramText = { readonly program: string; readonly text: string; readonly why: string };

/** Code of another language: held only when it names a watched file, or a pattern that finds one, and something in it writes. */
export function code({ program, text, why }: ProgramText, folder: string, plan: Plan): void {
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

export function unread(paths: readonly string[], why: string, plan: Plan): void {
  for (const path of paths) plan.unread.set(path, why);
}

function isGoverned(target: Target, { before }: FileState): boolean {
  // Any JSON may hold a policy; only one that does, or says so by its name, is worth a question.
  return (
    isWatchedByName(target.path) ||
    (mayBeGoverned(target.path) && /"?Effect"?\s*:|AssumeRole|^kind:\s*\w*(Role|Binding)|^resource\s+"/m.test(before))
  );
}
