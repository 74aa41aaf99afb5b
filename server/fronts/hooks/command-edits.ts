/** What a shell command would do, as edits: of the files whose new text can be told, and one of its own for all the rest. */
import { basename } from 'node:path';
import { assertNever } from '../../engine/assert-never.ts';
import type { Effect } from '../../engine/command/effect.ts';
import { callsIn } from '../../engine/command/code-calls.ts';
import { withCarried } from '../../engine/command/carried.ts';
import { effectsOf } from '../../engine/command/effects.ts';
import { asked, CLIENTS } from '../../engine/command/programs/databases.ts';
import { isHarmless } from '../../engine/command/harmless.ts';
import { type SimpleCommand, UNKNOWN } from '../../engine/command/simple-command.ts';
import { commandLine } from '../../engine/command/words.ts';
import type { CommandAct, Edit, Provenance } from '../../engine/types.ts';
import { change, code, copy, filesOf, isAside, isOwn, type Plan, remove, textSoFar, unread, write } from './command-plan.ts';
import { isWithin, locate, type Surroundings } from './locate.ts';
import { textOf } from './named-files.ts';
import { applyPatch } from './patched-files.ts';
import { importsOf, watchedWordsOf, writes } from './program-text.ts';
import type { ReadCommand } from './shell-grammar.ts';
import { settingsCommands } from './settings-commands.ts';
import { languageOf, linesOfTool, takesIn, withoutTemporary } from './written-programs.ts';
import { taskLines } from './tasks.ts';
import { settingWritten, startupLines } from './written-settings.ts';

export type CommandPlan =
  | { readonly kind: 'edits'; readonly edits: readonly Edit[] }
  /** Refused outright; a sentence. */
  | { readonly kind: 'refused'; readonly cause: string };

export type CommandSetting = {
  /** `cwd` is where the command starts. */
  readonly around: Surroundings;
  readonly read: ReadCommand;
  /** Folders of Countersign itself, absolute: its program first, then its state. */
  readonly own: readonly string[];
};

/** @param line what the agent's shell tool is given */
export function commandEdits(line: string, provenance: Provenance, { around, read, own }: CommandSetting): CommandPlan {
  const plan: Reading = {
    around,
    own,
    read,
    texts: new Map(),
    unread: new Map(),
    links: new Map(),
    written: new Set(),
    changes: [],
    isSettled: true,
    documents: [],
    refused: undefined,
    watchedWords: watchedWordsOf(line),
    takesIn: false,
  };
  if (line.length > LONGEST_COMMAND) {
    return {
      kind: 'refused',
      cause: `The command has ${line.length} characters and cannot be read in time. Put it into a file, and edit that file.`,
    };
  }
  follow(line, { folder: '', depth: 0 }, plan);
  for (const { path, before, after } of Array.from(plan.texts.values())) {
    const started = startupLines(path, before, after);
    if (started !== undefined) follow(started, { folder: '', depth: 1, perhaps: true }, plan);
  }
  if (plan.takesIn) madePrograms(plan);
  if (plan.refused !== undefined) return { kind: 'refused', cause: plan.refused };
  const files = [...plan.texts.values()].flatMap(({ path, before, after, copied }): readonly Edit[] =>
    after === undefined || after === before || (copied && isAside(path, before)) ? [] : [{ path, before, after, provenance }],
  );
  const acts: readonly CommandAct[] = [
    ...plan.changes,
    ...[...plan.texts.values()].flatMap(({ path, before, after }) => settingWritten(path, before, after) ?? []),
    ...[...groupedByWhy(plan.unread)].map(([why, paths]): CommandAct => ({ kind: 'unread', paths, why })),
  ];
  const direct: readonly Edit[] =
    acts.length === 0 ? [] : [{ path: `$ ${oneLine(line)}`, before: '', after: line, provenance, command: acts }];
  return { kind: 'edits', edits: [...files, ...plan.documents.map((document) => ({ ...document, provenance })), ...direct] };
}

/** Programs that the line writes, where it then starts a tool that runs what it finds. */
function madePrograms(plan: Reading): void {
  for (const { path, before, after, copied } of Array.from(plan.texts.values())) {
    if (after === undefined || after === before || copied) continue;
    const language = languageOf(path);
    if (language !== undefined)
      code(
        { program: language, text: withoutTemporary(after), why: `${basename(path)}, which is run by what the line starts, writes it` },
        '',
        plan,
      );
    for (const made of linesOfTool(path, after)) follow(made, { folder: '', depth: 1, perhaps: true }, plan);
  }
}

const LONGEST_COMMAND = 200_000;
/** Characters. A longer script is not read; a watched path that it names still counts. */
const LONGEST_SCRIPT = 200_000;
const DEEPEST = 5;

type Reading = Plan & { readonly read: ReadCommand; takesIn: boolean };

/** Where a line is run, as its own `cd` and that of the lines around it say, in how many lines it is nested, and whether it is sure to be one. */
type At = { readonly folder: string; readonly depth: number; readonly perhaps?: boolean; readonly elsewhere?: boolean };

/** `args`: what `$1` and so on stand for, `name` what `$0` does. */
function follow(
  line: string,
  { folder, depth, perhaps = false, elsewhere = false }: At,
  plan: Reading,
  args: readonly string[] = [],
  name?: string,
): void {
  const first = plan.read(unbroken(line), args, name);
  // The grammar knows `!(a|b)` and its like only in some places.
  const reading =
    first.broken && OPENED.test(line)
      ? plan.read(unbroken(line).replace(OPENED, ' >'), args, name)
      : first.broken && EXTENDED.test(line)
        ? plan.read(unbroken(line).replace(new RegExp(EXTENDED, 'g'), '*'), args, name)
        : first;
  const named = watchedWordsOf(line);
  if (reading.broken && named.length > 0 && !elsewhere) unread(named, 'the command line cannot be read as a shell reads it', plan);
  const { commands, sent } = withCarried(reading.commands, line);
  for (const effect of sent) carryOut(effect, { folder, depth, perhaps, elsewhere }, line, plan);
  for (const command of commands) {
    const at = { folder: folderOf(command.folder, folder), depth, perhaps, elsewhere };
    for (const effect of effectsOf(command)) carryOut(effect, at, line, plan);
    if (!elsewhere && !onlyLooks(command)) plan.isSettled = false;
    if (!elsewhere && command.words.some(({ text }) => takesIn(text))) plan.takesIn = true;
  }
}

/** Whatever comes after it finds the files as they were. */
function onlyLooks({ words, redirects }: SimpleCommand): boolean {
  const texts = words.map(({ text }) => text);
  if (redirects.some(({ kind, target }) => kind !== 'read' && !/^\/dev\/(null|stdout|stderr)$/.test(target.text))) return false;
  const line = texts.join(' ');
  if (texts[0] === 'git')
    return /^git (show|diff|log|status|stash (show|list)|format-patch .*--stdout|rev-parse|ls-files|grep|cat-file)\b/.test(line);
  return texts.length === 0 || isHarmless(line);
}

/** `1<> file`, which the grammar does not know, writes as `>` does. */
const OPENED = /(?<=\s)[1-9]?<>(?=\s*[\w./~"'$])/g;

const EXTENDED = /[@!+*?]\([^()$`]*\)/;

function folderOf(own: string, outer: string): string {
  if (outer === '' || /^[/~]/.test(own)) return own;
  return own === '' ? outer : `${outer}/${own}`;
}

function carryOut(effect: Effect, at: At, line: string, plan: Reading): void {
  const { folder, depth } = at;
  if (at.elsewhere === true && !reachesOut(effect)) return;
  switch (effect.kind) {
    case 'write':
      for (const file of filesOf(effect.path, folder, plan)) write(file, effect, folder, plan);
      return;
    case 'copy':
      copy(effect, folder, plan);
      return;
    case 'mode':
      for (const file of filesOf(effect.path, folder, plan)) isOwn(file, plan);
      return;
    case 'delete':
      // `find FOLDER -delete`: all that is in it.
      if (/\*\*\//.test(effect.path)) for (const file of filesOf(effect.path.split('**/')[0] ?? '', folder, plan)) isOwn(file, plan);
      for (const file of filesOf(effect.path, folder, plan)) remove(file, plan);
      return;
    case 'change':
      change(effect.change, folder, plan);
      return;
    case 'open-ended':
      if (at.perhaps !== true)
        plan.refused ??= `This opens ${effect.program} without a script: what is typed into it later is seen by nobody. Run a command or a script instead.`;
      return;
    case 'shell':
      if (depth < DEEPEST)
        follow(
          effect.text,
          {
            folder,
            depth: depth + 1,
            perhaps: effect.perhaps === true || at.perhaps === true,
            elsewhere: effect.elsewhere === true || at.elsewhere === true,
          },
          plan,
          effect.args,
          effect.name,
        );
      else if (at.perhaps !== true && at.elsewhere !== true)
        plan.refused ??= `Shells are nested more than ${DEEPEST} deep here. Run the inner command directly.`;
      return;
    case 'code':
      code({ program: effect.program, text: effect.code, why: `${effect.program} code that writes it is not worked out` }, folder, plan);
      for (const call of callsIn(effect.code)) carryOut(call, at, line, plan);
      for (const path of readBy(effect.code)) script({ kind: 'script', program: effect.program, path, args: [] }, at, plan);
      return;
    case 'script':
      script(effect, at, plan);
      return;
    case 'patch':
      applyPatch(effect.patch, folder, plan);
      return;
    case 'reading':
      reading(effect, at, line, plan);
      return;
    case 'task':
      task(effect, at, line, plan);
      return;
    case 'unclear':
      unread(watchedWordsOf(line), effect.why, plan);
      return;
    default:
      assertNever(effect);
  }
}

/** What a command in a container changes outside of it. */
function reachesOut(effect: Effect): boolean {
  if (effect.kind === 'change') return !/^this (machine|repository)$/.test(effect.change.system);
  // Statements of a file that it is given as its input.
  return effect.kind === 'shell' || (effect.kind === 'script' && /^(psql|mysql|mariadb|mongosh|sqlcmd)$/.test(effect.program));
}

/** Other programs that a code takes in: `exec(open('x.py').read())`, and what Node requires. */
function readBy(text: string): readonly string[] {
  const found = text.matchAll(
    /(?:open|run_path|require|import|load|source|include|do|readFileSync)\s*(?:\(\s*)?["']((?:\.{0,2}\/)?[\w./-]+\.(?:py|[cm]?[jt]s|rb|pl|php|lua|sh))["']/g,
  );
  return [...new Set([...found].map(([, path = '']) => path))].slice(0, 5);
}

/** A backslash at the end of a line joins what it cuts in two. In a heredoc it may be text. */
function unbroken(line: string): string {
  return line.includes('<<') ? line : line.replace(/'[^']*'|([^\s\\])\\\r?\n(?=\S)/g, (whole, letter?: string) => letter ?? whole);
}

function script({ program, path, args }: Extract<Effect, { kind: 'script' }>, at: At, plan: Reading): void {
  const { folder, depth } = at;
  for (const { file } of filesOf(path, folder, plan)) {
    if (plan.own[0] !== undefined && isWithin(plan.own[0], file)) {
      ours(basename(file), args, at, plan);
      continue;
    }
    const text = textSoFar(file, plan) ?? textOf(file);
    if (text === undefined && plan.texts.has(file)) unreadScript(program, file, plan);
    if (text === undefined || text.length > LONGEST_SCRIPT || text.includes('\0')) continue;
    if (CLIENTS.has(program)) {
      if (depth < DEEPEST) for (const effect of asked(text, program)) carryOut(effect, { ...at, depth: depth + 1 }, '', plan);
      continue;
    }
    const lines = settingsCommands(program, text, args);
    if (lines !== undefined) {
      if (depth < DEEPEST) for (const line of lines) follow(line, { folder, depth: depth + 1, perhaps: true }, plan);
      continue;
    }
    const shebang = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S*\/)?(\w+)/.exec(text)?.[2];
    const language = shebang ?? /\.(py|js|mjs|cjs|ts|rb|pl|php|sql|ps1|cmd|bat)$/.exec(file)?.[1] ?? program;
    if (/^(ba|z|da|k|a)?sh$/.test(language)) {
      if (depth < DEEPEST) follow(text, { folder, depth: depth + 1 }, plan, args);
      else unread(plan.watchedWords, 'scripts are nested too deep', plan);
      continue;
    }
    if (/\/node_modules\//.test(file)) continue;
    const kind = /^(ps1|cmd|bat)$/.test(language) ? 'powershell' : language;
    // What it is given by name, it may write.
    if (/^(python|code|[cm]?[jt]s|node|ruby|rb|py)$/.test(kind)) for (const call of callsIn(text)) carryOut(call, at, '', plan);
    if (writes(kind, text)) unread(watchedWordsOf(args.join(' ')), `${basename(file)} writes, and is not worked out`, plan);
    for (const [part, inner] of [[file, text] as const, ...importsOf(file, text)]) {
      code({ program: kind, text: withoutBuilt(inner), why: `${basename(part)} writes it, and is not worked out` }, folder, plan);
    }
  }
}

/** A program that is made by the line itself, of what nobody knows. */
function unreadScript(program: string, file: string, plan: Reading): void {
  const object = basename(file);
  const does = `runs \`${object}\`, which it makes first of what cannot be read`;
  plan.changes.push({
    kind: 'change',
    change: {
      rule: 'command-runs-unread-code',
      system: 'this machine',
      does,
      object,
      kind: program === 'sh' ? 'script' : 'program',
      severity: 'medium',
    },
  });
}

/** What a program of the repository makes in folders for what is built is no config that anybody reads from there. */
function withoutBuilt(text: string): string {
  return text.replace(/\b(dist|out|build|target|coverage|\.next|node_modules)\/[\w./-]*|[\w./-]*\.schema\.json\b/g, '');
}

/** Our own program, started by its file. */
function ours(name: string, args: readonly string[], at: At, plan: Reading): void {
  if (name === 'cli.js') carryOut({ kind: 'shell', text: commandLine(['countersign', ...args]) }, at, '', plan);
}

function reading({ path, command }: Extract<Effect, { kind: 'reading' }>, at: At, line: string, plan: Reading): void {
  const files = filesOf(path, at.folder, plan);
  const texts = files.length === 0 ? [undefined] : files.map(({ file }) => textSoFar(file, plan));
  for (const text of texts) {
    const known = text === undefined || text.length > LONGEST_SCRIPT ? UNKNOWN : text;
    for (const effect of effectsOf({ ...command, input: { kind: 'text', text: known } })) carryOut(effect, at, line, plan);
  }
}

function task(effect: Extract<Effect, { kind: 'task' }>, { folder, depth }: At, line: string, plan: Reading): void {
  if (folder.includes(UNKNOWN) || effect.folder.includes(UNKNOWN) || depth >= DEEPEST) return;
  const start = locate(effect.folder === '' ? '.' : effect.folder, {
    ...plan.around,
    cwd: locate(folder === '' ? '.' : folder, plan.around).file,
  }).file;
  const found = taskLines(effect, start, (file) => textSoFar(locate(file, plan.around).file, plan) ?? textOf(file));
  for (const inner of found.lines) follow(inner, { folder: found.folder, depth: depth + 1 }, plan);
  // Scripts that the line itself puts there, by a way that is not worked out.
  const made = [...plan.texts].find(([file, { after }]) => after === undefined && basename(file) === 'package.json');
  if (effect.runner === 'package' && made !== undefined && /\bscripts\b/.test(line)) unreadScript('npm', made[0], plan);
}

function groupedByWhy(found: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [path, why] of found) groups.set(why, [...(groups.get(why) ?? []), path]);
  return groups;
}

function oneLine(line: string): string {
  const flat = line.replace(/\s+/g, ' ').trim();
  return flat.length > 80 ? `${flat.slice(0, 79)}…` : flat;
}
