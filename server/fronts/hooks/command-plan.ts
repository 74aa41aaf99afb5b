/** What the parts of a command line do to files, step by step: each sees the texts that those before it left. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Effect } from '../../engine/command/effect.ts';
import { type Redirect, UNKNOWN } from '../../engine/command/simple-command.ts';
import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';
import { lineEdited } from '../../engine/command/line-edit.ts';
import type { Made } from '../../engine/command/made.ts';
import type { CommandAct, Edit } from '../../engine/types.ts';
import { mayBePolicyText } from '../../gate/policy-text.ts';
import { holdsAccess } from './holds-access.ts';
import { isWithin, judgedPath, locate, type Surroundings } from './locate.ts';
import { entriesBelow, filesBelow, isFolder, matchesOf, MOST_FILES, type Target, textOf } from './named-files.ts';
import { configsIn, patternsIn, watchedIn, writes, writesFiles } from './program-text.ts';

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
  /** By real path: the file that a link made by the line leads to. */
  readonly links: Map<string, Target>;
  /** Redirections through which something was written already. */
  readonly written: Set<Redirect>;
  readonly changes: CommandAct[];
  /** Nothing so far can have made or changed a file, but what stands in `texts`. */
  isSettled: boolean;
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
    // `$PWD/deploy.yaml` is the file of that name here, as far as anybody can tell.
    const [, here] = new RegExp(`^(?:/proc/)?${UNKNOWN}(?:/cwd)?/([^${UNKNOWN}*?[]+)$`).exec(word) ?? [];
    if (here === undefined || tailWatched || folder.includes(UNKNOWN)) return [];
    const target = targetOf(here, folder === '' ? plan.around.cwd : locate(folder, plan.around).file, plan);
    return holdsAccess(target.path, textSoFar(target.file, plan) ?? '') ? [target] : [];
  }
  const start = folder === '' ? plan.around.cwd : locate(folder, plan.around).file;
  return matchesOf(throughProcess(word), start).map((match) => targetOf(match, start, plan));
}

function targetOf(word: string, start: string, plan: Plan): Target {
  const located = locate(word, { ...plan.around, cwd: start });
  return plan.links.get(located.file) ?? { file: located.file, path: judgedPath(located) };
}

/** A shell of its own would see itself there: its folder is this one. `~+` is too. */
function throughProcess(word: string): string {
  return word.replace(/^\/proc\/(?:self|thread-self|\d+)\/(?:cwd|root(?=\/))\/?|^~\+\//, (found) => (found.includes('root') ? '/' : './'));
}

/** A copy that is put aside: it is judged when it comes back under a name that counts. */
export function isAside(path: string, before: string): boolean {
  return before === '' && (!mayBeGoverned(path) || ASIDE.test(path));
}

const ASIDE = /(\.(bak|orig|old|backup|save|copy|tmp)|~)$|^\/tmp\//i;

/** What a file holds once the steps before this one are done. Undefined when that cannot be told. */
export function textSoFar(file: string, plan: Plan): string | undefined {
  const known = plan.texts.get(file);
  return known === undefined ? textOf(file) : known.after;
}

export function stateOf(target: Target, plan: Plan): FileState {
  const known = plan.texts.get(target.file);
  if (known !== undefined) return known;
  const text = textOf(target.file) ?? '';
  return { path: target.path, before: text, after: text, copied: false };
}

/** Countersign's own files are changed by nobody but itself, whatever they hold. */
export function isOwn({ file }: Target, plan: Plan, goes = false): boolean {
  // A folder that goes takes all in it along.
  const touched = plan.own.some((folder) => isWithin(folder, file) || (goes && isWithin(file, folder)));
  if (touched) plan.refused ??= 'This command changes files of Countersign itself, which only an update or a person may do.';
  return touched;
}

export function write(target: Target, effect: Extract<Effect, { kind: 'write' }>, folder: string, plan: Plan): void {
  if (isOwn(target, plan)) return;
  if (effect.path.endsWith('/')) return unpacked(target, plan);
  const state = stateOf(target, plan);
  const text = effect.text ?? (effect.made === undefined ? undefined : madeText(effect.made, target, folder, plan));
  // What stands in a group, a loop or a function goes into the file one after the other.
  const append = effect.append || (effect.group !== undefined && plan.written.has(effect.group));
  if (effect.group !== undefined) plan.written.add(effect.group);
  const after = text === undefined || (append && state.after === undefined) ? undefined : append ? `${state.after ?? ''}${text}` : text;
  plan.texts.set(target.file, { ...state, after, copied: false });
  if (after !== undefined || !isGoverned(target, state) || (state.before === '' && ASIDE.test(target.path))) return;
  if (effect.ordinary === true && !isWatchedByName(target.path)) return;
  plan.unread.set(target.path, 'the text that is written is not in the command');
}

/** A text that is made of files. Undefined when one of them cannot be read, or is the one that is emptied for it. */
function madeText({ from, edits }: Made, target: Target, folder: string, plan: Plan): string | undefined {
  const sources = from === 'itself' ? [target] : from.flatMap((word) => filesOf(word, folder, plan));
  if (sources.length === 0 || (from !== 'itself' && sources.some(({ file }) => file === target.file))) return undefined;
  const texts = sources.map(({ file }) => textSoFar(file, plan));
  // sed ends the last line of each file.
  if (texts.length > 1 && edits.length > 0 && texts.some((text) => text?.endsWith('\n') === false)) return undefined;
  const joined = texts.reduce<string | undefined>((all, text) => (all === undefined || text === undefined ? undefined : all + text), '');
  return edits.reduce<string | undefined>((text, edit) => (text === undefined ? undefined : lineEdited(text, edit)), joined);
}

/** The same, for what is written elsewhere. */
export function textOfMade(made: Made, folder: string, plan: Plan): string | undefined {
  return madeText(made, { file: '', path: '' }, folder, plan);
}

/** An archive into a folder: what is watched there may be overwritten. */
function unpacked(target: Target, plan: Plan): void {
  const watched = filesBelow(target.file, plan.around).filter(
    // Elsewhere lie other people's files: what holds access there is told by its name alone.
    ({ path, file }) => isWatchedByName(path) || (!path.startsWith('/') && isGoverned({ path, file }, stateOf({ path, file }, plan))),
  );
  unread(
    watched.slice(0, 3).map(({ path }) => path),
    'what the archive holds is not in the command',
    plan,
  );
}

export function copy({ from, path, linked, contents }: Extract<Effect, { kind: 'copy' }>, folder: string, plan: Plan): void {
  const sources = sourcesOf(from, folder, plan);
  const [first] = sources;
  // To a place that is put together elsewhere: the text alone says what it would open there.
  if (path.includes(UNKNOWN) && !ASIDE.test(path)) {
    for (const { target } of sources) {
      const text = textSoFar(target.file, plan);
      if (text !== undefined && mayBePolicyText(text))
        plan.documents.push({ path: `$ ${basename(target.file)}/policy.json`, before: '', after: text });
    }
  }
  // `cp a/* b/`: what matches keeps its name.
  const tail = from.replace(/\/+$/, '').split('/').at(-1) ?? '';
  const isListed = sources.length > 0 && /[*?[{(]/.test(tail) && path.endsWith(`/${tail}`);
  const taken = new Map<string, string | undefined>();
  // `cp policy.json "$OLDPWD"`: a file of that name where the line began.
  if (new RegExp(`${UNKNOWN}/?$`).test(path))
    for (const source of sources) for (const target of filesOf(`${UNKNOWN}/${source.name}`, '', plan)) put(source, target);
  if (isListed) for (const source of sources) copyTo(source, `${path.slice(0, -tail.length)}${source.name}`);
  else if (sources.length < 2) copyTo(first, path);
  else for (const source of sources) copyTo(source, path);

  function copyTo(source: Source | undefined, to: string): void {
    for (const target of filesOf(to, folder, plan)) {
      if (isOwn(target, plan)) return;
      const isInside = contents !== true && isFolder(target.file) && source !== undefined && !to.endsWith('/');
      // A folder that the line makes first, or that lies elsewhere.
      const isNew = source !== undefined && isFolder(target.file) && isYetToCome(source, plan);
      if (isNew && (contents === true || /[*/]$/.test(from))) unpacked(target, plan);
      else put(source, isInside ? targetOf(join(target.file, source.name), plan.around.cwd, plan) : target);
    }
  }

  function put(source: Source | undefined, into: Target): void {
    if (isOwn(into, plan)) return;
    const text = source === undefined ? undefined : textSoFar(source.target.file, plan);
    const state = stateOf(into, plan);
    if (linked === true && source !== undefined) plan.links.set(into.file, source.target);
    if (source !== undefined && isFolder(source.target.file)) copyFolder(source.target, into, linked === true, plan);
    else {
      const isOther = taken.has(into.file) && taken.get(into.file) !== text;
      taken.set(into.file, text);
      plan.texts.set(into.file, { ...state, after: text, copied: true });
      if ((text === undefined || isOther) && isGoverned(into, state))
        plan.unread.set(into.path, `the text of ${from.replaceAll(UNKNOWN, '…')} cannot be ${isOther ? 'told from others' : 'read'}`);
    }
  }
}

function isYetToCome({ target }: Source, plan: Plan): boolean {
  return (!plan.isSettled || /(^|\/)[\w.@-]{2,}:/.test(target.path)) && !plan.texts.has(target.file) && !existsSync(target.file);
}

/** A file that is copied, and what it is called where it lies: a link hands on its own name. */
type Source = { readonly target: Target; readonly name: string };

function sourcesOf(from: string, folder: string, plan: Plan): readonly Source[] {
  const named = (word: string): readonly Source[] =>
    filesOf(word, folder, plan).map((target) => ({ target, name: basename(word.replace(/\/+$/, '')) }));
  // `src/$f`: any file there.
  const [, among] = new RegExp(`^([^${UNKNOWN}]+/)[^/]*${UNKNOWN}[^/]*$`).exec(from) ?? [];
  if (among !== undefined && !folder.includes(UNKNOWN)) return sourcesOf(`${among}*`, folder, plan);
  if (from === '' || from.includes(UNKNOWN) || folder.includes(UNKNOWN) || !/[*?[{(]/.test(from)) {
    const [only] = named(from);
    return only === undefined ? [] : [/[/~.]$/.test(from) ? { ...only, name: basename(only.target.file) } : only];
  }
  const start = folder === '' ? plan.around.cwd : locate(folder, plan.around).file;
  return matchesOf(throughProcess(from), start).map((word) => ({ target: targetOf(word, start, plan), name: basename(word) }));
}

/** What lies in a folder takes the place of what is there. What is only new is judged where its name says that it decides something. */
function copyFolder(source: Target, into: Target, isLink: boolean, plan: Plan): void {
  const files = entriesBelow(source.file);
  // What the line made or unpacked there before is not on disk yet.
  if (isLink || !plan.isSettled || files.length === 0 || files.length >= MOST_FILES) return unpacked(into, plan);
  for (const name of files) {
    const file = join(source.file, name);
    const target = targetOf(join(into.file, name), plan.around.cwd, plan);
    if (isOwn(target, plan)) return;
    const state = stateOf(target, plan);
    if (state.before === '' && !isWatchedByName(target.path)) continue;
    const text = textSoFar(file, plan);
    plan.texts.set(target.file, { ...state, after: text, copied: true });
    if (text === undefined && isGoverned(target, state)) plan.unread.set(target.path, `the text of ${basename(file)} cannot be read`);
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
  if (text !== undefined && found.documentName !== undefined) {
    plan.documents.push({ path: `$ ${found.object}/${found.documentName}`, before: '', after: text });
    return;
  }
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
  const plain = /^(powershell|pwsh|cmd)$/.test(program) ? withoutTricks(text) : text;
  if (namesOwn(text, plan))
    plan.refused ??= 'This program names files or commands of Countersign itself, which only an update or a person may change.';
  const found = patternsIn(text)
    .flatMap((pattern) => filesOf(pattern, folder, plan))
    .map(({ path }) => path)
    .filter(isWatchedByName);
  const named =
    writesFiles(text) || plain !== text || /^(powershell|pwsh|cmd)$/.test(program)
      ? configsIn(plain).flatMap((word) => filesOf(word, folder, plan))
      : [];
  const governed = named.filter((target) => isGoverned(target, stateOf(target, plan))).map(({ path }) => path);
  unread([...watchedIn(text), ...watchedIn(plain), ...found.slice(0, 5), ...governed, ...ledTo(text, folder, plan)], why, plan);
}

/** The watched files behind links that it names. */
function ledTo(text: string, folder: string, plan: Plan): readonly string[] {
  const words = [...text.matchAll(/["'`]([\w./~-]{1,200})["'`]/g)].map(([, word = '']) => word).slice(0, 50);
  return words
    .flatMap((word) =>
      filesOf(word, folder, plan).filter((target) => isGoverned(target, stateOf(target, plan)) && leads(word, folder, plan)),
    )
    .map(({ path }) => path);
}

function leads(word: string, folder: string, plan: Plan): boolean {
  const { file } = locate(word, { ...plan.around, cwd: folder === '' ? plan.around.cwd : locate(folder, plan.around).file });
  return plan.links.has(file) || basename(file) !== basename(word);
}

/** What Windows' shells take out of a word, and the words that are put together by the line itself. */
function withoutTricks(text: string): string {
  const bare = text.replace(/[`^](?=[\w.])/g, '');
  const variables = [...bare.matchAll(/(?:\bset\s+"?(\w+)=([^&"\n]*)|\$(\w+)\s*=\s*["']([^"']*)["'])/gi)].map(
    ([, one, two = '', three, four = '']) => [one ?? three ?? '', one === undefined ? four : two.trim()] as const,
  );
  const filled = variables.reduce(
    (line, [name, value]) => line.replaceAll(new RegExp(`%${name}%|\\$\\{?${name}\\b\\}?(?!\\s*=)`, 'gi'), () => value),
    bare,
  );
  return filled.replace(/["']([^"']*\{0\}[^"']*)["']\s*-f\s*((?:["'][^"']*["']\s*,?\s*)+)/gi, (_, format: string, values: string) => {
    const given = [...values.matchAll(/["']([^"']*)["']/g)].map(([, value = '']) => value);
    return `"${format.replace(/\{(\d)\}/g, (_found, index: string) => given[Number(index)] ?? '')}"`;
  });
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

function isGoverned({ path }: Target, { before }: FileState): boolean {
  return holdsAccess(path, before);
}
