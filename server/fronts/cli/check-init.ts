import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { writeWhole } from '../../gate/small-file.ts';
import { stateFolder } from '../../gate/state-folder.ts';
import { KEYS_FOLDER } from '../git/base-side.ts';
import { git, lineOf, openRepository, type Repository } from '../git/repository.ts';
import { userName } from '../actor.ts';
import { CI_MARK, GITHUB, GITHUB_FILE, GITLAB, GITLAB_FILE, GITLAB_INCLUDE, GITLAB_ROOT, README, README_FILE } from './check-ci-files.ts';
import { type HookProgram, otherStartedBy, startingOther, withCheck, withoutCheck } from './check-hook-script.ts';
import { agreed, changedLines } from './confirm.ts';
import { type CliIo, fail, say } from './io.ts';
import { isExplained, recordOwnWrites } from './own-writes.ts';

export type CheckSetup = {
  readonly ci?: string | undefined;
  readonly gitHook?: boolean | undefined;
  readonly undo?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
};

/** `--ci` alone means where this repository lives, as far as that can be told. */
export function withCiNamed(args: readonly string[], cwd: string): readonly string[] {
  return args.flatMap((arg, index) => {
    const next = args[index + 1];
    if (arg !== '--ci' || (next !== undefined && !next.startsWith('-'))) return [arg];
    const opened = openRepository(cwd, process.env, false);
    const origin = opened.ok ? git(opened.repository, ['config', '--get', 'remote.origin.url']) : undefined;
    const isGitlab = existsSync(join(cwd, GITLAB_ROOT)) || (origin?.ok === true && /gitlab/i.test(lineOf(origin.out)));
    return [arg, isGitlab ? 'gitlab' : 'github'];
  });
}

/** Has git and CI ask `countersign check`, or takes that out again. `cli`: the program that a hook of this machine starts. */
export async function setUpCheck(setup: CheckSetup, cli: string, home: string, io: CliIo): Promise<number> {
  const { ci, gitHook, undo } = setup;
  if (ci !== undefined && ci !== 'github' && ci !== 'gitlab') return fail(io, `--ci is github or gitlab, not "${ci}".`);
  const opened = openRepository(io.cwd, io.env, false);
  if (!opened.ok) return fail(io, opened.problem);
  const { repository } = opened;
  const hook = gitHook ? hookPlan(repository, { node: process.execPath, cli }, undo === true) : undefined;
  if (hook !== undefined && !hook.ok) return fail(io, hook.problem);
  const plan: Plan = {
    files: [...(hook?.files ?? []), ...(ci === undefined ? [] : ciFiles(repository.folder, ci, undo === true, keysOf(io, home)))],
    moves: hook?.moves ?? [],
    notes: [...(hook?.notes ?? []), ...(ci === undefined || undo ? [] : ciNotes(repository.folder, ci, keysOf(io, home)))],
  };
  const changes = plan.files.filter(({ before, after }) => before !== after);
  if (changes.length === 0 && plan.moves.length === 0) {
    return say(io, undo ? 'Nothing of Countersign is there.\n' : `Nothing to do: it is there already.\n${lines(plan.notes)}`);
  }
  for (const { from, to } of plan.moves) io.stdout.write(`${from}\n  becomes ${to}\n`);
  for (const { file, before, after } of changes)
    io.stdout.write(`${file}${after === '' ? ' (removed)' : ''}\n${changedLines(before, after)}`);
  if (setup.dryRun) return say(io, 'Nothing was written (--dry-run).\n');
  if (!setup.yes && !(await agreed(io))) {
    io.stdout.write('Nothing was written. --yes writes it without asking.\n');
    return 1;
  }
  // What says who may acknowledge, and takes checks out, counts as a person's only where one answered.
  const explained = isExplained(undo === true || ci !== undefined, setup.yes === true, io);
  if (explained) await recordOwnWrites('countersign init', changes, io);
  // To put another hook back, ours must go first; to make room for ours, the other.
  if (!undo) for (const { from, to } of plan.moves) renameSync(from, to);
  for (const change of changes) write(change);
  if (undo) for (const { from, to } of plan.moves) renameSync(from, to);
  return say(io, `Done.\n${lines([...plan.notes, ...(explained ? [] : [UNEXPLAINED])])}`);
}

const UNEXPLAINED =
  'Nobody answered in a terminal, so this waits for a person like any other write. Without --yes, in a terminal, nobody is asked again.';

type PlannedFile = { readonly file: string; readonly before: string; readonly after: string; readonly executable?: boolean };
type Move = { readonly from: string; readonly to: string };
type Plan = { readonly files: readonly PlannedFile[]; readonly moves: readonly Move[]; readonly notes: readonly string[] };

const OTHER = 'pre-commit.before-countersign';

/** Where git looks for hooks, as `core.hooksPath` says; husky keeps its own folder there and starts the file beside it. */
function hookPlan(
  repository: Repository,
  program: HookProgram,
  undo: boolean,
): ({ readonly ok: true } & Plan) | { readonly ok: false; readonly problem: string } {
  const asked = git(repository, ['rev-parse', '--git-path', 'hooks']);
  const common = git(repository, ['rev-parse', '--git-common-dir']);
  if (!asked.ok) return asked;
  if (!common.ok) return common;
  const named = resolve(repository.folder, lineOf(asked.out));
  const folder = basename(named) === '_' && basename(dirname(named)) === '.husky' ? dirname(named) : named;
  const file = join(folder, 'pre-commit');
  if (existsSync(file) && !lstatSync(file).isFile()) {
    return {
      ok: false,
      problem: `${file} is no plain file, so it is left as it is. Add this line to what it leads to: countersign check --staged`,
    };
  }
  const before = textOf(file);
  const other = join(folder, OTHER);
  const done = (files: readonly PlannedFile[], moves: readonly Move[] = [], notes: readonly string[] = []) =>
    ({ ok: true, files, moves, notes }) as const;
  if (undo) {
    if (otherStartedBy(before) === OTHER && existsSync(other)) return done([{ file, before, after: '' }], [{ from: other, to: file }]);
    return done([{ file, before, after: withoutCheck(before) }]);
  }
  // A hook that is committed runs on other machines too.
  const shared = isBelow(folder, repository.folder) && !isBelow(folder, resolve(repository.folder, lineOf(common.out)));
  const starts = shared ? undefined : program;
  const notes = isElsewhere(folder, repository.folder, resolve(repository.folder, lineOf(common.out)))
    ? [`Note: ${folder} is where core.hooksPath leads. Every repository that uses it is checked from now on.`]
    : [];
  if (otherStartedBy(before) === OTHER) return done([{ file, before, after: startingOther(OTHER, starts), executable: true }], [], notes);
  const after = withCheck(before, starts);
  if (after !== undefined) return done([{ file, before, after, executable: true }], [], notes);
  if (existsSync(other)) return { ok: false, problem: `${other} is there already. Move it away, then run this again.` };
  return done([{ file, before: '', after: startingOther(OTHER, starts), executable: true }], [{ from: file, to: other }], notes);
}

function isBelow(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  return inside !== '' && !inside.startsWith(`..${sep}`) && inside !== '..' && !isAbsolute(inside);
}

function isElsewhere(path: string, root: string, common: string): boolean {
  return !isBelow(path, root) && !isBelow(path, common);
}

type Key = { readonly id: string; readonly pem: string; readonly name: string };

/** The keys of people that this machine's log trusts. */
function keysOf(io: CliIo, home: string): readonly Key[] {
  const { trustedKeys }: typeof import('../../ledger/keys.ts') = require('../../ledger/keys.ts');
  const name = userName().replace(/[^\w-]/g, '-');
  return [...trustedKeys(join(stateFolder(io.env, process.platform, home), 'keys'))].map(([id, pem]) => ({ id, pem, name }));
}

const KEY_MARK = '# Written by "countersign init --ci".';

function ciFiles(root: string, ci: 'github' | 'gitlab', undo: boolean, keys: readonly Key[]): readonly PlannedFile[] {
  const wanted: readonly (readonly [string, string])[] = [
    ...(ci === 'github' ? [[GITHUB_FILE, GITHUB] as const] : [[GITLAB_FILE, GITLAB] as const, [GITLAB_ROOT, GITLAB_INCLUDE] as const]),
    [README_FILE, README],
    ...keys.map(({ id, pem, name }) => [`${KEYS_FOLDER}/${name}-${id.slice(0, 8)}.pub`, `${KEY_MARK} Key ${id}\n${pem}`] as const),
  ];
  return wanted.map(([path, text]) => {
    const file = join(root, ...path.split('/'));
    const before = textOf(file);
    // Another's file of that name stays, and so does one of ours that somebody changed.
    const ours = before === '' || before === text || (path === GITHUB_FILE || path === GITLAB_FILE ? before.startsWith(CI_MARK) : false);
    return { file, before, after: ours ? (undo ? '' : text) : before };
  });
}

function ciNotes(root: string, ci: 'github' | 'gitlab', keys: readonly Key[]): readonly string[] {
  const rooted = textOf(join(root, GITLAB_ROOT));
  return [
    ...(ci === 'gitlab' && rooted !== '' && !rooted.includes(GITLAB_FILE)
      ? [`Add this to ${GITLAB_ROOT}:\ninclude:\n  - local: ${GITLAB_FILE}`]
      : []),
    ...(keys.length === 0
      ? [
          `No person's key is known on this machine. A key comes with the first acknowledgement in the editor, or with countersign key new. Then run this again: it goes into ${KEYS_FOLDER}/.`,
        ]
      : []),
    `Commit this and merge it first: workflow, policy and keys count from the base branch on.`,
    `The file names the version of Countersign it starts (COUNTERSIGN). See that your registry has it, or name a package of your own.`,
  ];
}

function write({ file, after, executable }: PlannedFile): void {
  if (after === '') {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeWhole(file, after);
  chmodSync(file, executable === true ? 0o755 : 0o644);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function lines(sentences: readonly string[]): string {
  return sentences.map((sentence) => `${sentence}\n`).join('');
}
