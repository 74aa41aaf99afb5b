import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { systemWords } from '../../ledger/system-words.ts';
import { readDecided } from '../../gate/decided.ts';
import {
  judgeRollBack,
  recordNotRolledBack,
  recordRolledBack,
  rollBackReasonProblem,
  rollBackTexts,
  type RollBackConflict,
  type RollBackText,
} from '../../gate/rollback.ts';
import { realFolder, roomFolder } from '../../gate/state-folder.ts';
import type { GateContext, Hold } from '../../gate/types.ts';
import type { PlannedFile } from '../mcp/plan.ts';
import { type Snapshot, snapshotOf } from '../mcp/snapshot.ts';
import { writeFiles } from '../mcp/write-files.ts';
import { recordsIn } from '../report/records.ts';
import { visibleText } from '../visible-text.ts';
import { changedLines } from './confirm.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, ERROR, fail, say } from './io.ts';
import { ownGate, ownPlaces } from './own-places.ts';

const HELP = `countersign rollback RECORD --reason TEXT [--dry-run]

Takes an acknowledged edit back: the text from before is put in place again, in all of its files or in none. Later edits of other
lines stay as they are. The rollback is judged like any edit: where it closes access it needs nobody, where it opens something it
is held. It is recorded before it is made.

RECORD is the acknowledgement as "countersign log show" prints it (the first characters of its id are enough), or its hold (H-…).

  --reason TEXT      why, in a few words; in the log. Asked for in a terminal
  --dry-run          show what would change, and change nothing
  --conflicts DIR    where later edits are in the way: write the files there, with each place to decide marked as git marks it
  --resolved DIR     take the files from there, once every place is decided

Examples:
  countersign rollback H-7K2M9QXA --reason "The partner has its files"
  countersign rollback 3f9a04c7 --reason "Wrong bucket" --dry-run
  countersign rollback 3f9a04c7 --conflicts /tmp/merge        then edit the files there, then
  countersign rollback 3f9a04c7 --resolved /tmp/merge --reason "Wrong bucket"

Exit codes: 0 rolled back (or shown), 1 later edits are in the way or it is held: nothing was changed, 3 error.
`;

/** `countersign rollback …`. Resolves to the exit code: 0 done, 1 nothing was changed and a person must decide, 3 error. */
export async function rollbackCommand(args: readonly string[], io: CliIo): Promise<number> {
  const [first, ...rest] = args;
  const named = first !== undefined && !first.startsWith('-');
  const parsed = parseFlags('rollback', named ? rest : args, {
    reason: { type: 'string' },
    'dry-run': { type: 'boolean' },
    conflicts: { type: 'string' },
    resolved: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { reason: given, 'dry-run': dry, conflicts, resolved, help } = parsed.values;
  if (help) return say(io, HELP);
  if (!named) return fail(io, 'Say which: countersign rollback RECORD. countersign log show --kind acknowledged lists them.');
  if (conflicts !== undefined && resolved !== undefined)
    return fail(io, '--conflicts and --resolved exclude each other. Give one of them.');

  const { state } = ownPlaces(io);
  const id = await acknowledgementOf(first, state);
  if (!id.ok) return fail(io, id.problem);
  const hold = readDecided(state, id.id)?.hold;
  if (hold === undefined)
    return fail(
      io,
      'The texts of this change are no longer kept, so it cannot be rolled back from here. Restore the files from version control.',
    );
  const opened = await ownGate(io, hold.workspace, 'countersign rollback');
  if (!opened.ok) return fail(io, opened.problem);
  const { gate } = opened;

  const files = filesOf(hold);
  if (!files.ok) return fail(io, files.problem);
  const merged = resolved === undefined ? undefined : resolvedTexts(resolve(io.cwd, resolved), hold);
  if (merged?.ok === false) return fail(io, merged.problem);
  const found = rollBackTexts(id.id, new Map(files.found.map(({ path, text }) => [path, text])), gate, merged?.texts);
  if (!found.ok) {
    if (found.conflicts === undefined) return fail(io, found.problem);
    return inTheWay(first, found.conflicts, hold, conflicts === undefined ? undefined : resolve(io.cwd, conflicts), io);
  }
  const changes = found.texts
    .map(({ path, before, after }) => `${visibleText(path)}\n${visibleLines(changedLines(before, after))}`)
    .join('');
  if (dry) return say(io, `${changes}Nothing was changed: this only shows it.\n`);

  const reason = given ?? (await askReason(io));
  const lacking = rollBackReasonProblem(reason);
  if (lacking !== undefined) return fail(io, `${lacking} Give it with --reason "…".`);
  const judged = await judgeRollBack(id.id, found.texts, gate);
  if (!judged.ok) {
    io.stderr.write(`${visibleText(judged.problem)}\n`);
    return judged.hold === undefined ? ERROR : 1;
  }
  return await make(id.id, found.texts, files.found, reason, gate, `${changes}Rolled back, and recorded.\n`, io);
}

/** Recorded first, then made; corrected in the log where it could not be made. */
async function make(
  id: string,
  texts: readonly RollBackText[],
  found: readonly FoundFile[],
  reason: string,
  gate: GateContext,
  done: string,
  io: CliIo,
): Promise<number> {
  const recorded = await recordRolledBack(id, gate, { texts, reason });
  if (!recorded.ok) return fail(io, recorded.problem);
  const planned = texts.flatMap((text): readonly PlannedFile[] => {
    const file = found.find(({ path }) => path === text.path);
    if (file === undefined) return [];
    const mark = file.marked ? '\uFEFF' : '';
    // A file that did not exist before the edit has the text ''; it goes again, unless somebody keeps an empty one there.
    const after = text.after === '' && text.before !== '' && file.isNew ? undefined : mark + text.after;
    return [{ path: text.path, file: file.file, before: text.before, after, found: file.snapshot }];
  });
  const problem = writeFiles(planned);
  if (problem === undefined) return say(io, done);
  const corrected = await recordNotRolledBack(id, problem, gate);
  return fail(io, corrected.ok ? problem : `${problem} ${corrected.problem}`);
}

type FoundFile = {
  readonly path: string;
  readonly file: string;
  readonly text: string;
  readonly snapshot: Snapshot;
  /** Its bytes begin with a byte order mark, which is in no text. */
  readonly marked: boolean;
  /** The acknowledged edit made it. */
  readonly isNew: boolean;
};

function filesOf({
  edits,
  workspace,
}: Hold): { readonly ok: true; readonly found: readonly FoundFile[] } | { readonly ok: false; readonly problem: string } {
  const found: FoundFile[] = [];
  for (const { path, before } of edits) {
    if (path.startsWith('(untitled)/')) return { ok: false, problem: `${path} was never a file. Roll it back in the editor.` };
    // Links on the way are followed before, not while it is written.
    const file = realFolder(isAbsolute(path) ? path : join(workspace, path));
    const snapshot = snapshotOf(file);
    if (!snapshot.ok) return { ok: false, problem: `${path} ${snapshot.problem}` };
    const text = snapshot.snapshot.kind === 'file' ? snapshot.snapshot.text : '';
    found.push({
      path,
      file,
      text: text.replace(/^\uFEFF/, ''),
      snapshot: snapshot.snapshot,
      marked: text.startsWith('\uFEFF'),
      isNew: before === '',
    });
  }
  return { ok: true, found };
}

/** Nothing is lost and nothing is guessed: the files stay, and what must be decided is written where the person says. */
function inTheWay(wanted: string, conflicts: readonly RollBackConflict[], hold: Hold, folder: string | undefined, io: CliIo): number {
  const places = conflicts
    .map(({ path, places: count }) => `  ${visibleText(path)}: ${count} ${count === 1 ? 'place' : 'places'}\n`)
    .join('');
  io.stderr.write(`Later edits are at the same lines, so nothing was changed:\n${places}`);
  if (folder === undefined) {
    io.stderr.write(`Write them out to decide each place: countersign rollback ${visibleText(wanted)} --conflicts DIR\n`);
    return 1;
  }
  try {
    if (existsSync(folder) && readdirSync(folder).length > 0) return fail(io, `${folder} is not empty. Name a new folder.`);
    mkdirSync(folder, { recursive: true });
    for (const { path, merged } of conflicts) writeFileSync(join(folder, fileNameOf(path, hold)), merged);
  } catch (error) {
    return fail(io, `${folder} could not be written: ${systemWords(error)}`);
  }
  io.stderr.write(
    `They are in ${folder}. Decide each place there, then: countersign rollback ${visibleText(wanted)} --resolved ${folder} --reason "…"\n`,
  );
  return 1;
}

function resolvedTexts(
  folder: string,
  hold: Hold,
): { readonly ok: true; readonly texts: ReadonlyMap<string, string> } | { readonly ok: false; readonly problem: string } {
  const texts = new Map<string, string>();
  for (const { path } of hold.edits) {
    try {
      texts.set(path, readFileSync(join(folder, fileNameOf(path, hold)), 'utf8'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
      return { ok: false, problem: `${folder} cannot be read: ${systemWords(error)}` };
    }
  }
  return texts.size === 0
    ? { ok: false, problem: `${folder} has none of the files. Name the folder that --conflicts wrote.` }
    : { ok: true, texts };
}

/** "2-exports-policy.json": files of one name lie side by side. */
function fileNameOf(path: string, { edits }: Hold): string {
  return `${edits.findIndex((edit) => edit.path === path) + 1}-${path.split('/').at(-1) ?? 'file'}`;
}

type Named = { readonly ok: true; readonly id: string } | { readonly ok: false; readonly problem: string };

/** The acknowledgement that a hold or the beginning of an id names; of a hold, the last one. */
async function acknowledgementOf(wanted: string, state: string): Promise<Named> {
  const hold = /^h-[0-9a-z]{8}$/i.test(wanted) ? wanted.toUpperCase() : undefined;
  const prefix = /^[0-9a-f]{6,64}$/i.test(wanted) ? wanted.toLowerCase() : undefined;
  if (hold === undefined && prefix === undefined)
    return {
      ok: false,
      problem: `"${visibleText(wanted)}" names no record. Give a hold such as H-7K2M9QXA, or at least 6 characters of a record's id.`,
    };
  if (prefix?.length === 64) return { ok: true, id: prefix };
  let found: string | undefined;
  for await (const { id, record } of recordsIn(roomFolder(state, 'log'))) {
    if (record.event.kind !== 'acknowledged') continue;
    if (prefix !== undefined && found !== undefined && id.startsWith(prefix))
      return { ok: false, problem: `More than one acknowledgement begins with ${wanted}. Give more characters of its id.` };
    if (hold === undefined ? prefix !== undefined && id.startsWith(prefix) : record.event.hold === hold) found = id;
  }
  return found === undefined
    ? { ok: false, problem: `No acknowledgement in the log is ${wanted}. countersign log show --kind acknowledged lists them.` }
    : { ok: true, id: found };
}

async function askReason(io: CliIo): Promise<string> {
  if (!('isTTY' in io.stdin) || io.stdin.isTTY !== true) return '';
  const terminal = createInterface({ input: io.stdin, output: io.stdout });
  try {
    return await terminal.question('Why is it rolled back? (recorded) ');
  } finally {
    terminal.close();
  }
}

function visibleLines(text: string): string {
  return text
    .split('\n')
    .map((line) => visibleText(line))
    .join('\n');
}
