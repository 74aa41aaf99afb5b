import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemWords } from '../../ledger/system-words.ts';
import { checkChange, type CheckReport } from '../git/check-change.ts';
import { openRepository, type Repository } from '../git/repository.ts';
import { parseFlags } from './arguments.ts';
import { type Authors, authorsOf, withAuthors } from './check-authors.ts';
import { holdRefused } from './check-hold.ts';
import { checkJson, checkSarif } from './check-json.ts';
import { checkMarkdown } from './check-markdown.ts';
import { checkText } from './check-text.ts';
import { decidesSomething } from './decides-something.ts';
import { typedWrites } from './own-writes.ts';
import { type CliIo, say } from './io.ts';
import { isInitsWork } from './own-hooks.ts';
import { ownPlaces } from './own-places.ts';

const HELP = `countersign check --base REV [--head REV] [--format text|json|sarif|markdown]
countersign check --staged

Reads a change again from git's objects, and refuses it unless everything it opens that needs a person has an acknowledgement
among the files below .countersign/acks/ that the change brings. What counts is the net change from where the branch began, so
that squash, rebase, merge and amend make no difference. Policy, packs and keys are read from the base, never from the change.

  --base REV       what it is to be merged into: main, origin/main, a commit
  --head REV       what is to be merged (default: the files on disk, as a commit of all of them would be)
  --staged         what the next commit would hold; without --base, against the last commit: for the pre-commit hook
  --format FORMAT  text, json, sarif (2.1.0) or markdown (a summary for a pull request)
  --also FORMAT=FILE  write this too; may be given several times
  --hold           put what is refused up for review in the editor; an acknowledgement given there is written into the repository
  --repo DIR       the repository (default: this folder)

Keys that may acknowledge: .countersign/keys/*.pub of the base; those in .countersign/keys/revoked/ never do. An acknowledgement
binds to this repository, to one file and to what is opened in it, ends when it says, and counts for one change: once it is in the
base's history it is used. Hooks that are exactly what countersign init writes need none. A renamed file is new in its place. Links are followed; submodules and Git LFS are not, and said.

Examples:
  countersign check --base origin/main --head HEAD
  countersign check --base main --format markdown >> "$GITHUB_STEP_SUMMARY"
  countersign check --staged --hold
  countersign init --git-hook      runs it before each commit
  countersign init --ci github     runs it in each pull request

Exit codes: 0 nothing is missing, 1 refused, 2 it could not be checked (wrong usage, no repository, history cut off).
`;

const NOT_CHECKED = 2;

type Format = 'text' | 'json' | 'sarif' | 'markdown';

export async function checkCommand(args: readonly string[], io: CliIo): Promise<number> {
  const unchecked = (problem: string): number => {
    io.stderr.write(`${problem}\n`);
    return NOT_CHECKED;
  };
  const parsed = parseFlags('check', args, {
    base: { type: 'string' },
    head: { type: 'string' },
    staged: { type: 'boolean' },
    format: { type: 'string', default: 'text' },
    also: { type: 'string', multiple: true, default: [] },
    hold: { type: 'boolean' },
    repo: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return unchecked(parsed.problem);
  const { base, head, staged, format, also, hold, repo, help } = parsed.values;
  if (help) return say(io, HELP);
  if (!isFormat(format)) return unchecked(`--format is text, json, sarif or markdown, not "${format}".`);
  const files = also.map(alsoOf);
  const odd = files.find((one) => typeof one === 'string');
  if (odd !== undefined) return unchecked(odd);
  const watched = files.find((one) => typeof one !== 'string' && decidesSomething(resolve(io.cwd, one.file)));
  if (watched !== undefined) return unchecked('--also writes over the file it names: name one that decides nothing.');
  if (staged && head !== undefined) return unchecked('--staged and --head exclude each other. Give one of them.');
  if (!staged && base === undefined) return unchecked('Name what this is to be merged into: --base main. Before a commit: --staged.');

  const opened = openRepository(resolve(io.cwd, repo ?? '.'), io.env, staged === true && repo === undefined);
  if (!opened.ok) return unchecked(opened.problem);
  const { state } = ownPlaces(io);
  try {
    // What a person had written by our own commands is not asked for again before a commit; on another machine nobody knows of it.
    const typed = staged ? await typedWrites(state, opened.repository.folder) : () => false;
    const checked = checkChange(opened.repository, {
      base,
      head,
      uncommitted: staged ? 'index' : 'files',
      otherKeys: staged && base === undefined ? ownKeys(state) : undefined,
      isOwn: (change) => isInitsWork(change) || typed(change),
      now: io.now,
    });
    if (!checked.ok) return unchecked(checked.problem);
    const authors = authorsOf(checked.report, opened.repository, head);
    const report = withAuthors(checked.report, authors);
    for (const one of files) if (typeof one !== 'string') writeFileSync(resolve(io.cwd, one.file), textOf(one.format, report));
    io.stdout.write(textOf(format, report));
    if (hold) await putUp(report, authors, opened.repository, state, format, io);
    return report.ok ? 0 : 1;
  } catch (error) {
    return unchecked(`The change could not be checked: ${systemWords(error)}`);
  }
}

function textOf(format: Format, report: CheckReport): string {
  switch (format) {
    case 'text':
      return checkText(report);
    case 'json':
      return checkJson(report);
    case 'sarif':
      return checkSarif(report);
    case 'markdown':
      return checkMarkdown(report);
    default:
      return format satisfies never;
  }
}

/** Says which holds there are now. A person reads it: machines get it on the other stream. */
async function putUp(
  report: CheckReport,
  authors: Authors,
  { folder }: Repository,
  state: string,
  format: Format,
  io: CliIo,
): Promise<void> {
  const lines = await holdRefused(report, authors, { workspace: folder, stateFolder: state, env: io.env, now: io.now });
  (format === 'text' ? io.stdout : io.stderr).write(lines.map((line) => `${line}\n`).join(''));
}

/** Before a repository has keys of its own, those that this machine trusts let a first commit through. */
function ownKeys(state: string): ReadonlyMap<string, string> {
  const { trustedKeys }: typeof import('../../ledger/keys.ts') = require('../../ledger/keys.ts');
  return trustedKeys(resolve(state, 'keys'));
}

function alsoOf(given: string): { readonly format: Format; readonly file: string } | string {
  const at = given.indexOf('=');
  const [format, file] = [given.slice(0, at), given.slice(at + 1)];
  return isFormat(format) && file !== '' ? { format, file } : `--also takes FORMAT=FILE, such as sarif=countersign.sarif, not "${given}".`;
}

function isFormat(text: string): text is Format {
  return text === 'text' || text === 'json' || text === 'sarif' || text === 'markdown';
}
