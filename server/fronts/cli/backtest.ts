import { forgetEdit } from '../../engine/edit-memory.ts';
import { resolve } from 'node:path';
import { assess } from '../../engine/assess.ts';
import { assessConfig } from '../../engine/assess-config.ts';
import { mayBeGoverned } from '../../engine/read/governed-path.ts';
import { indexPacks } from '../../engine/rules/index-packs.ts';
import type { Edit, EngineSettings, Finding, Problem } from '../../engine/types.ts';
import { loadPolicy } from '../../gate/policy.ts';
import type { Policy } from '../../gate/types.ts';
import { parseArguments } from './arguments.ts';
import { type Backtest, backtestJson, backtestTable, type Replayed } from './backtest-table.ts';
import type { Repository } from '../git/repository.ts';
import { changesOf, commitsOf, type FileChange, textsOf } from './history.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';
import { packFiles, problemLines, sorted } from './pack-files.ts';
import { progressBar } from './progress.ts';

const HELP = `countersign backtest RANGE [--pack PATH]…

Replays a repository's history through the rules, and says by rule and severity what would have been held. Nothing is
written. Every commit counts as an edit of an agent; merges are left out.

  RANGE           as git reads it: HEAD~200..HEAD, v1.0..main, main
  --repo DIR      the repository (default: this folder)
  --pack PATH     only the rules of this pack, or of the packs in this folder: to judge one before adopting it
  --examples N    commits and files to name for each rule (default: 3)
  --json          answer in JSON

Examples:
  countersign backtest HEAD~200..HEAD
  countersign backtest main --pack shop-rules.pack.yaml --examples 10

Exit codes: 0 done, 3 error.
`;

/** Milliseconds for one edit; what takes longer is counted as undecided. */
const LONGEST_EDIT = 2000;
/** Files read from git at once. */
const CHUNK = 200;

export async function backtestCommand(args: readonly string[], io: CliIo): Promise<number> {
  const flags = flagsOf(args);
  if (typeof flags === 'string') return fail(io, flags);
  if (flags.help) return say(io, HELP);
  const [range, ...more] = flags.positionals;
  if (range === undefined || more.length > 0)
    return fail(io, 'Name one range of commits, such as HEAD~200..HEAD. countersign backtest --help shows more.');
  const folder = resolve(io.cwd, flags.repo ?? '.');
  const policy = loadPolicy(folder, ownPlaces(io).userPolicy);
  if (!policy.ok) return fail(io, policy.problem);
  const packs = packsOf(flags.packs, io.cwd);
  if (!packs.ok) return fail(io, packs.problem);
  const repository = { folder, env: io.env };
  const history = commitsOf(range, repository);
  if (!history.ok) return fail(io, history.problem);

  const started = performance.now();
  const bar = progressBar(io.stderr, 'commits', history.commits.length);
  const replayed: Replayed[] = [];
  let files = 0;
  for (const changes of chunks(history.commits, repository, (done) => bar.show(done))) {
    const texts = textsOf(
      changes.flatMap(({ before, after }) => [before, after].filter((name) => name !== undefined)),
      repository,
    );
    for (const change of changes) {
      const edit = editOf(change, texts);
      if (edit === undefined) continue;
      files += 1;
      replayed.push({ change, ...replay(edit, policy.policy, packs.index) });
    }
  }
  bar.end();
  const result: Backtest = {
    range,
    commits: history.commits.length,
    files,
    seconds: (performance.now() - started) / 1000,
    replayed,
    verdicts: policy.policy.verdicts,
  };
  return say(io, flags.json ? backtestJson(result, flags.examples) : backtestTable(result, flags.examples));
}

function replay(
  edit: Edit,
  policy: Policy,
  index: ReturnType<typeof indexPacks> | undefined,
): { readonly findings: readonly Finding[]; readonly problems: readonly Problem[] } {
  const limit = performance.now() + LONGEST_EDIT;
  const settings: EngineSettings = { ...policy.engine, outOfTime: () => performance.now() > limit };
  if (index === undefined) return assess(edit, settings);
  const own = new Set(index.rules.map(({ id }) => id));
  forgetEdit();
  const { findings, problems } = assessConfig(edit, settings, index);
  return { findings: findings.filter(({ rule }) => own.has(rule)), problems };
}

/** Undefined for a file that cannot matter, or whose texts are not there. */
function editOf({ path, before, after }: FileChange, texts: ReadonlyMap<string, string>): Edit | undefined {
  const old = before === undefined ? '' : texts.get(before);
  const now = after === undefined ? '' : texts.get(after);
  if (old === undefined || now === undefined || old === now) return undefined;
  return { path, before: old, after: now, provenance: { channel: 'patch', certainty: 'inferred' } };
}

function* chunks(commits: readonly string[], repository: Repository, done: (commits: number) => void): Generator<readonly FileChange[]> {
  let waiting: FileChange[] = [];
  for (const [index, commit] of commits.entries()) {
    waiting.push(...changesOf(commit, repository).filter(({ path }) => mayBeGoverned(path)));
    if (waiting.length >= CHUNK) {
      yield waiting;
      waiting = [];
    }
    done(index + 1);
  }
  if (waiting.length > 0) yield waiting;
}

function packsOf(
  paths: readonly string[],
  cwd: string,
): { readonly ok: true; readonly index: ReturnType<typeof indexPacks> | undefined } | { readonly ok: false; readonly problem: string } {
  if (paths.length === 0) return { ok: true, index: undefined };
  const found = packFiles(paths, cwd);
  if (!found.ok) return found;
  const { good, problems } = sorted(found.files);
  return problems.length > 0
    ? { ok: false, problem: problemLines(problems).trimEnd() }
    : { ok: true, index: indexPacks(good.map(({ pack }) => pack)) };
}

type Flags = {
  readonly positionals: readonly string[];
  readonly help: boolean;
  readonly json: boolean;
  readonly repo: string | undefined;
  readonly packs: readonly string[];
  readonly examples: number;
};

function flagsOf(args: readonly string[]): Flags | string {
  const parsed = parseArguments('backtest', args, {
    help: { type: 'boolean', short: 'h', default: false },
    json: { type: 'boolean', default: false },
    repo: { type: 'string' },
    pack: { type: 'string', multiple: true, default: [] },
    examples: { type: 'string', default: '3' },
  });
  if (!parsed.ok) return parsed.problem;
  const { values, rest } = parsed;
  const examples = Number(values.examples);
  if (!Number.isInteger(examples) || examples < 0)
    return `--examples is a whole number, not "${values.examples}". countersign backtest --help shows what it takes.`;
  return { positionals: rest, help: values.help, json: values.json, repo: values.repo, packs: values.pack, examples };
}
