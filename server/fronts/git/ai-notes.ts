/**
 * What git-ai says of who wrote which lines: authorship logs (version 3) that lie as notes under refs/notes/ai. Anybody who can
 * push notes can write them, so they tell where to look and decide nothing.
 */
import { isFields, textIn } from '../hooks/fields.ts';
import { git, lineOf, type Repository } from './repository.ts';

const NOTES = 'refs/notes/ai';
/** Characters; a longer note is not read. */
const LONGEST = 4_000_000;

/** Who wrote a line, as the note has it. `tool`: git-ai's own name of the agent: "claude", "cursor". */
export type NotedAuthor = {
  readonly kind: 'agent' | 'human';
  readonly tool: string;
  readonly model?: string | undefined;
  readonly session?: string | undefined;
};

type Attested = { readonly start: number; readonly end: number; readonly author: NotedAuthor };

/** By path, from the repository's root. */
export type AuthorshipLog = ReadonlyMap<string, readonly Attested[]>;

/** Lines of the text as it is now, from 1, both ends included. */
export type NotedLines = { readonly start: number; readonly end: number; readonly author: NotedAuthor };

/** True when the repository has such notes at all. */
export function hasAiNotes(repository: Repository): boolean {
  return git(repository, ['rev-parse', '--verify', '--quiet', NOTES]).ok;
}

/**
 * Who wrote these lines of a file, as far as notes say. `revision`: the commit whose text is meant; without it the file on disk.
 * Lines are followed back to the commit that they came with. Never throws; what cannot be read is not known.
 */
export function notedAuthors(
  repository: Repository,
  revision: string | undefined,
  path: string,
  lines: readonly { readonly start: number; readonly end: number }[],
): readonly NotedLines[] {
  if (lines.length === 0) return [];
  const ranges = lines.flatMap(({ start, end }) => ['-L', `${start},${end}`]);
  const blamed = git(repository, ['blame', '--porcelain', ...ranges, ...(revision === undefined ? [] : [revision]), '--', path]);
  if (!blamed.ok) return [];
  const logs = new Map<string, AuthorshipLog>();
  const found: NotedLines[] = [];
  for (const { commit, from, line, name } of blamedLines(blamed.out.toString('utf8'), path)) {
    const log = logs.get(commit) ?? noteOf(repository, commit);
    logs.set(commit, log);
    const author = (log.get(name) ?? []).find(({ start, end }) => start <= from && from <= end)?.author;
    if (author !== undefined) found.push({ start: line, end: line, author });
  }
  return merged(found);
}

/** "claude (claude-sonnet-4-5)" */
export function authorWords({ kind, tool, model }: NotedAuthor): string {
  return kind === 'human' || model === undefined ? tool : `${tool} (${model})`;
}

function noteOf(repository: Repository, commit: string): AuthorshipLog {
  if (/^0+$/.test(commit)) return new Map();
  const listed = git(repository, ['notes', `--ref=${NOTES}`, 'list', commit]);
  const blob = listed.ok ? lineOf(listed.out) : '';
  if (!/^[0-9a-f]{40,64}$/.test(blob)) return new Map();
  const read = git(repository, ['cat-file', 'blob', blob]);
  return read.ok ? parseAuthorshipLog(read.out.toString('utf8')) : new Map();
}

/** Attestations, a line "---", then JSON. Tolerant: lines and entries that are not understood are passed over. Never throws. */
export function parseAuthorshipLog(text: string): AuthorshipLog {
  const files = new Map<string, Attested[]>();
  const cut = /^---\r?$/m.exec(text);
  if (cut === null || text.length > LONGEST) return files;
  const authors = authorsIn(text.slice(cut.index + cut[0].length));
  let path: string | undefined;
  for (const line of text.slice(0, cut.index).split(/\r?\n/)) {
    const entry = /^\s+(\S+)\s+(.*)$/.exec(line);
    if (entry === null) {
      if (line.trim() !== '') path = unquoted(line.trim());
      continue;
    }
    const [, key = '', places = ''] = entry;
    // "s_…::t_…": a session, and the tool call in it.
    const author = authors(key.split('::')[0] ?? key);
    if (path === undefined || author === undefined) continue;
    const known = files.get(path) ?? [];
    files.set(path, known);
    for (const place of places.split(',')) {
      const [, start, end] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(place) ?? [];
      if (start !== undefined) known.push({ start: Number(start), end: Number(end ?? start), author });
    }
  }
  return files;
}

function authorsIn(text: string): (key: string) => NotedAuthor | undefined {
  const value = parsed(text);
  return (key) => {
    const human = entryOf(value, 'humans', key);
    if (human !== undefined || key.startsWith('h_')) return { kind: 'human', tool: textIn(human ?? {}, 'author', 'name') ?? 'a person' };
    const entry = entryOf(value, 'sessions', key) ?? entryOf(value, 'prompts', key);
    const agent = entry?.['agent_id'];
    if (!isFields(agent)) return undefined;
    return { kind: 'agent', tool: textIn(agent, 'tool') ?? 'an agent', model: textIn(agent, 'model'), session: textIn(agent, 'id') };
  };
}

function entryOf(value: unknown, list: string, key: string): Readonly<Record<string, unknown>> | undefined {
  const entries = isFields(value) ? value[list] : undefined;
  const entry = isFields(entries) && Object.hasOwn(entries, key) ? entries[key] : undefined;
  return isFields(entry) ? entry : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Paths with spaces stand in quotation marks. */
function unquoted(path: string): string {
  if (!path.startsWith('"')) return path;
  const value = parsed(path);
  return typeof value === 'string' ? value : path.replace(/^"|"$/g, '');
}

type Blamed = { readonly commit: string; readonly from: number; readonly line: number; readonly name: string };

function blamedLines(text: string, path: string): readonly Blamed[] {
  const names = new Map<string, string>();
  const found: Blamed[] = [];
  let at: { commit: string; from: number; line: number } | undefined;
  for (const line of text.split('\n')) {
    const [, commit, from, to] = /^([0-9a-f]{40,64}) (\d+) (\d+)/.exec(line) ?? [];
    if (commit !== undefined) at = { commit, from: Number(from), line: Number(to) };
    else if (line.startsWith('filename ') && at !== undefined) names.set(at.commit, unquoted(line.slice('filename '.length)));
    else if (line.startsWith('\t') && at !== undefined) found.push({ ...at, name: names.get(at.commit) ?? path });
  }
  return found;
}

function merged(found: readonly NotedLines[]): readonly NotedLines[] {
  const out: NotedLines[] = [];
  for (const one of found) {
    const last = out.at(-1);
    if (last !== undefined && last.end + 1 === one.start && authorWords(last.author) === authorWords(one.author))
      out[out.length - 1] = { ...last, end: one.end };
    else out.push(one);
  }
  return out;
}
