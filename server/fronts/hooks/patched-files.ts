/** A patch that a command applies, file by file: what it leaves is judged as any other edit. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { assertNever } from '../../engine/assert-never.ts';
import type { Patch, PatchText } from '../../engine/command/patch.ts';
import { UNKNOWN } from '../../engine/command/simple-command.ts';
import { diffApplied, type FilePatch, type PatchName, readDiff, reversed } from '../../engine/command/unified-diff.ts';
import { isWatchedByName } from '../../engine/read/governed-path.ts';
import { globMatcher } from '../../gate/glob.ts';
import { filesOf, isOwn, type Plan, stateOf, textOfMade, textSoFar, unread } from './command-plan.ts';
import { printedByGit } from './git-prints.ts';
import { holdsAccess } from './holds-access.ts';
import { locate } from './locate.ts';
import { filesBelow, MOST_FILES, type Target } from './named-files.ts';

export function applyPatch(patch: Patch, folder: string, plan: Plan): void {
  const start = joined(folder, patch.folder);
  for (const source of patch.from) {
    const text = textOf(source, patch, folder, plan);
    if (text === undefined) unreadPatch(patch, source, start, plan);
    else if (text !== '') carryOut(text, patch, start, plan);
  }
}

/** Undefined when it cannot be told; empty when there is nothing to apply. */
function textOf(source: PatchText, patch: Patch, folder: string, plan: Plan): string | undefined {
  switch (source.kind) {
    case 'text':
      return source.text;
    case 'git':
      return plan.isSettled
        ? printedByGit(source.args, absolute(source.byItself ? joined(folder, patch.folder) : folder, plan))
        : undefined;
    case 'made': {
      const files = source.made.from === 'itself' ? [] : source.made.from.flatMap((word) => sourceFiles(word, patch, folder, plan));
      if (source.made.edits.length > 0) return textOfMade(source.made, folder, plan);
      const texts = files.map(({ file }) => textSoFar(file, plan));
      // Where nothing before it can have made the file, the program will not find it either.
      const isMissing = plan.isSettled && files.length > 0 && files.every(({ file }) => !existsSync(file) && !plan.texts.has(file));
      if (isMissing && patch.onto === undefined) return '';
      return texts.length === 0 || texts.some((text) => text === undefined) ? undefined : texts.join('');
    }
    case 'unread':
      return undefined;
    default:
      return assertNever(source);
  }
}

/** `git -C` and `patch -d` go to their folder first; what the shell opens lies where it stands. Where both are there, both count. */
function sourceFiles(word: string, patch: Patch, folder: string, plan: Plan): readonly Target[] {
  const here = patchFiles(word, folder, plan);
  if (patch.folder === '') return here;
  const both = [...here, ...patchFiles(word, joined(folder, patch.folder), plan)];
  const known = new Map(both.map((target) => [target.file, target]));
  const real = [...known.values()].filter(({ file }) => plan.texts.has(file) || existsSync(file));
  return real.length > 0 ? real : both;
}

/** `**\/` stands for what `find` finds: any file of that name below. */
function patchFiles(word: string, folder: string, plan: Plan): readonly Target[] {
  const [below = '', name = ''] = word.split('**/');
  if (!word.includes('**/') || word.includes(UNKNOWN) || folder.includes(UNKNOWN)) return filesOf(word, folder, plan);
  const matches = globMatcher([name]);
  const files = filesBelow(locate(below === '' ? '.' : below, { ...plan.around, cwd: absolute(folder, plan) }).file, plan.around);
  return files.length >= MOST_FILES ? [] : files.filter(({ file }) => matches(basename(file)));
}

function carryOut(text: string, patch: Patch, start: string, plan: Plan): void {
  // A mail that is encoded would have to be unpacked as git does.
  if (patch.by !== 'patch' && /^content-transfer-encoding:\s*(base64|quoted-printable)/im.test(text)) {
    unreadPatch(patch, { kind: 'unread', source: 'a mail whose text is encoded' }, start, plan);
    return;
  }
  if (patch.by === 'patch' && OTHER_KINDS.test(text)) {
    unreadPatch(patch, { kind: 'unread', source: 'a patch of a kind that is not read' }, start, plan);
    return;
  }
  const files = readDiff(text, { indented: patch.by === 'patch', recounted: patch.isRecounted });
  if (patch.onto !== undefined && files.every(({ hunks }) => hunks === undefined)) {
    for (const target of filesOf(patch.into ?? patch.onto, start, plan))
      notWorkedOut([target], 'the patch is of a kind that is not read', plan);
    return;
  }
  for (const file of files) patchOne(patch.isReversed ? reversed(file) : file, patch, start, plan);
}

/** Steps of an ed script or a plain diff, which `patch` takes between hunks of another kind. */
const OTHER_KINDS = /^\d+(,\d+)?[acdis]\d*(,\d+)?\s*$/m;

function patchOne(file: FilePatch, patch: Patch, start: string, plan: Plan): void {
  const from = patch.onto === undefined ? targetsOf(file.from ?? file.to, file, patch, start, plan) : filesOf(patch.onto, start, plan);
  const to = patch.onto === undefined ? targetsOf(file.to ?? file.from, file, patch, start, plan) : from;
  const stays = file.how === 'changed' || patch.onto !== undefined;
  const sources = stays ? there([...to, ...from], plan) : there(from, plan);
  if ((file.from === undefined && patch.onto === undefined) || sources.length === 0) {
    for (const target of to) made(file, target, plan);
    return;
  }
  const isGone = file.to === undefined && file.from !== undefined;
  const misfits: Target[] = [];
  for (const source of sources) {
    const before = textSoFar(source.file, plan);
    const after = file.hunks === undefined || before === undefined ? undefined : isGone ? '' : diffApplied(before, file.hunks);
    const [target = source] = patch.into !== undefined ? filesOf(patch.into, start, plan) : stays ? [source] : to;
    if (after === undefined) misfits.push(target);
    else put(target, after, plan);
    if (after !== undefined && file.how === 'moved') put(source, '', plan);
  }
  notWorkedOut(misfits, 'the patch does not fit the file as it is, or is of a kind that is not read', plan);
}

function made(file: FilePatch, target: Target, plan: Plan): void {
  if (file.to === undefined) return;
  const text = file.hunks === undefined ? undefined : diffApplied('', file.hunks);
  if (text === undefined || (file.how !== 'changed' && file.from !== undefined))
    return notWorkedOut([target], 'the patch is of a kind that is not read', plan);
  if (file.isLink) {
    const [end] = filesOf(join(dirname(target.file), text.trim()), '', plan);
    if (end !== undefined) plan.links.set(target.file, end);
    const led = end === undefined ? undefined : textSoFar(end.file, plan);
    if (led === undefined) notWorkedOut([target], 'it becomes a link', plan);
    else put(target, led, plan);
    return;
  }
  put(target, text, plan);
}

function put(target: Target, text: string, plan: Plan): void {
  if (!isOwn(target, plan)) plan.texts.set(target.file, { ...stateOf(target, plan), after: text, copied: false });
}

function notWorkedOut(targets: readonly Target[], why: string, plan: Plan): void {
  for (const target of targets) {
    const state = stateOf(target, plan);
    if (!isOwn(target, plan) && holdsAccess(target.path, state.before)) unread([target.path], why, plan);
  }
}

function there(targets: readonly Target[], plan: Plan): readonly Target[] {
  const seen = new Map(targets.map((target) => [target.file, target]));
  return [...seen.values()].filter(({ file }) => plan.texts.get(file)?.after !== '' && (plan.texts.has(file) || existsSync(file)));
}

/** The files a name may mean, the likeliest first: programs differ in what they take off the front of it, and where they begin. */
function targetsOf(name: PatchName | undefined, file: FilePatch, patch: Patch, start: string, plan: Plan): readonly Target[] {
  if (name === undefined) return [];
  const names = [...new Set(namesOf(name, patch))].filter((one) => one !== '').map((one) => joined(patch.under, one));
  return basesOf(file, patch, start, plan).flatMap((base) => names.flatMap((one) => filesOf(literal(one), base, plan)));
}

function namesOf({ text, bare }: PatchName, { by, strip }: Patch): readonly string[] {
  if (by === 'patch')
    return strip === undefined ? [text, stripped(text, 1), text.split('/').at(-1) ?? ''] : [stripped(text, bare ? strip - 1 : strip)];
  const own = stripped(text, bare ? Math.max((strip ?? 1) - 1, 0) : (strip ?? 1));
  // Of a plain diff git finds out what to take off.
  return strip === undefined ? [own, text] : [own];
}

function stripped(name: string, count: number): string {
  let rest = name;
  for (let i = 0; i < count; i++) {
    const at = rest.search(/\//);
    if (at === -1) return '';
    rest = rest.slice(at).replace(/^\/+/, '');
  }
  return rest;
}

/** A name in a patch is no pattern. */
function literal(name: string): string {
  return name.replace(/[*?{]/g, '?');
}

function basesOf({ isGit }: FilePatch, { by }: Patch, start: string, plan: Plan): readonly string[] {
  if (by === 'patch' || start.includes(UNKNOWN)) return [start];
  const root = repositoryAbove(absolute(start, plan));
  if (root === undefined) return [start];
  return by === 'mail' ? [root] : isGit ? [...new Set([root, absolute(start, plan)])] : [...new Set([absolute(start, plan), root])];
}

function repositoryAbove(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function absolute(folder: string, plan: Plan): string {
  return folder === '' ? plan.around.cwd : locate(folder, plan.around).file;
}

function joined(folder: string, path: string): string {
  return folder === '' || /^[/~]/.test(path) ? path : path === '' ? folder : `${folder.replace(/\/+$/, '')}/${path}`;
}

/** Whatever is watched where it is applied, the patch may change. */
function unreadPatch(patch: Patch, source: PatchText, start: string, plan: Plan): void {
  const isKnown = !start.includes(UNKNOWN) && !patch.under.includes(UNKNOWN);
  const here = isKnown ? absolute(start, plan) : plan.around.workspace;
  const base = patch.by === 'patch' ? here : (repositoryAbove(here) ?? here);
  const named = patch.into ?? patch.onto;
  const reached =
    named === undefined || named.includes(UNKNOWN)
      ? filesOf('./**/*', joined(base, isKnown ? patch.under : ''), plan)
      : filesOf(named, start, plan);
  const byName = reached.filter(({ path }) => isWatchedByName(path));
  const watched = byName.length > 0 ? byName : reached.filter(({ file, path }) => holdsAccess(path, textSoFar(file, plan) ?? ''));
  if (watched.some((target) => isOwn(target, plan)) || watched.length === 0) return;
  plan.changes.push({
    kind: 'unread',
    paths: watched.slice(0, 3).map(({ path }) => path),
    why: `its text comes from ${sourceWords(source)}`,
    from: 'patch',
  });
}

function sourceWords(source: PatchText): string {
  switch (source.kind) {
    case 'text':
      return 'the command';
    case 'unread':
      return source.source.replaceAll(UNKNOWN, '…');
    case 'git':
      return `\`git ${source.args.join(' ').slice(0, 60)}\``;
    case 'made':
      return source.made.from === 'itself'
        ? 'a file'
        : `\`${source.made.from.join(' ').slice(0, 60)}\`, which this command makes or changes first`;
    default:
      return assertNever(source);
  }
}
