import type { Agent } from '../../engine/types.ts';
import type { CheckedFile, CheckReport } from '../git/check-change.ts';
import { authorWords, hasAiNotes, notedAuthors, type NotedLines } from '../git/ai-notes.ts';
import { git, lineOf, type Repository } from '../git/repository.ts';

/** By path: who wrote what was found there, as notes of git-ai say. */
export type Authors = ReadonlyMap<string, readonly NotedLines[]>;

/** Looks up the lines of all findings. Empty without such notes. `head`: the commit that is checked; without it the files on disk. */
export function authorsOf(report: CheckReport, repository: Repository, head: string | undefined): Authors {
  if (!hasAiNotes(repository)) return new Map();
  const named = head === undefined ? undefined : git(repository, ['rev-parse', '--verify', '--quiet', `${head}^{commit}`]);
  const revision = named?.ok === true ? lineOf(named.out) : undefined;
  return new Map(report.files.map((file) => [file.path, notedAuthors(repository, revision, file.path, linesOf(file))]));
}

/** The report with a note for each file of which git-ai says something. */
export function withAuthors(report: CheckReport, authors: Authors): CheckReport {
  return { ...report, files: report.files.map((file) => ({ ...file, notes: [...file.notes, ...notesOf(file.path, authors)] })) };
}

/** For a hold: the one agent that wrote what was found, if it is one. Notes are no proof: whoever uses it says "inferred". */
export function agentOf(path: string, authors: Authors): Agent | undefined {
  const found = (authors.get(path) ?? []).map(({ author }) => author).filter(({ kind }) => kind === 'agent');
  const [first] = found;
  if (first === undefined || found.some(({ tool }) => tool !== first.tool)) return undefined;
  return { name: NAMES[first.tool] ?? first.tool, model: first.model, session: first.session };
}

/** git-ai's names of agents, where ours differ. */
const NAMES: Readonly<Record<string, string>> = {
  claude: 'Claude Code',
  codex: 'Codex CLI',
  cursor: 'Cursor',
  gemini: 'Gemini CLI',
  'github-copilot': 'VS Code chat',
  opencode: 'OpenCode',
  windsurf: 'Windsurf',
};

function notesOf(path: string, authors: Authors): readonly string[] {
  return (authors.get(path) ?? []).map(({ start, end, author }) => {
    const lines = start === end ? `line ${start}` : `lines ${start}–${end}`;
    return `git-ai says that ${lines} of ${path} ${start === end ? 'is' : 'are'} by ${authorWords(author)}.`;
  });
}

function linesOf({ findings }: CheckedFile): readonly { readonly start: number; readonly end: number }[] {
  return findings.flatMap(({ ranges }) =>
    ranges.filter(({ side }) => side === 'after').map(({ start, end }) => ({ start: start.line, end: Math.max(start.line, end.line) })),
  );
}
