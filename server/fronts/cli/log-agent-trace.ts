/** Lays records over the repositories they are about, as far as these are on this machine. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { digestKeyOf, plainEvent } from '../../gate/digest-key.ts';
import { traceRecord } from '../../ledger/agent-trace.ts';
import type { RecordedFile, StoredRecord } from '../../ledger/types.ts';
import { bytesOf } from '../git/objects.ts';
import { git, linesOf, lineOf, openRepository, type Repository } from '../git/repository.ts';

/** Commits of a file that are looked at, newest first. */
const MOST_COMMITS = 300;

/** Turns records into lines of Agent Trace; '' for what is no contribution. One for each export: it remembers what git said. */
export function agentTraceLines(env: NodeJS.ProcessEnv, stateFolder: string): (stored: StoredRecord) => string {
  const key = digestKeyOf(stateFolder);
  const repositories = new Map<string, Opened | undefined>();
  const revisions = new Map<string, readonly string[]>();
  return (sealed) => {
    const stored = { ...sealed, record: { ...sealed.record, event: plainEvent(sealed.record.event, key) } };
    const { workspace = '', files = [] } = stored.record.event;
    if (!repositories.has(workspace)) repositories.set(workspace, opened(workspace, env));
    const found = repositories.get(workspace);
    const path = (file: RecordedFile): string => pathIn(found, file.path);
    // Line numbers hold in a revision where every file of the record has the text that was recorded.
    const candidates = files.map((file) => {
      const key = JSON.stringify([workspace, file.path, file.after]);
      const known = revisions.get(key) ?? (found === undefined ? [] : revisionsOf(found.repository, path(file), file.after));
      revisions.set(key, known);
      return known;
    });
    const [first = [], ...others] = candidates;
    const revision = first.findLast((commit) => others.every((commits) => commits.includes(commit)));
    const trace = traceRecord(stored, { path, revision });
    return trace === undefined ? '' : `${JSON.stringify(trace)}\n`;
  };
}

type Opened = { readonly repository: Repository; readonly prefix: string };

function opened(workspace: string, env: NodeJS.ProcessEnv): Opened | undefined {
  if (workspace === '' || !isAbsolute(workspace) || !existsSync(workspace)) return undefined;
  const found = openRepository(workspace, env, false);
  if (!found.ok) return undefined;
  const prefix = git({ ...found.repository, folder: workspace }, ['rev-parse', '--show-prefix']);
  return { repository: found.repository, prefix: prefix.ok ? lineOf(prefix.out) : '' };
}

/** From the repository's root, as the specification asks; outside of it as it was recorded. */
function pathIn(found: Opened | undefined, path: string): string {
  if (found === undefined) return path;
  if (!isAbsolute(path)) return `${found.prefix}${path}`;
  const inside = relative(found.repository.folder, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/');
}

/** Commits in which the file came to have this text, newest first. */
function revisionsOf(repository: Repository, path: string, after: string | undefined): readonly string[] {
  if (after === undefined || isAbsolute(path)) return [];
  const log = git(repository, ['log', '--all', `--max-count=${MOST_COMMITS}`, '--format=%H', '--', `:(top,literal)${path}`]);
  if (!log.ok) return [];
  const commits = linesOf(log.out);
  const asked = git(
    repository,
    ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
    commits.map((commit) => `${commit}:${path}\n`).join(''),
  );
  if (!asked.ok) return [];
  const blobs = linesOf(asked.out).map((line) => (line.endsWith(' blob') ? (line.split(' ')[0] ?? '') : ''));
  const bytes = bytesOf(
    repository,
    blobs.filter((id) => id !== ''),
  );
  const digests = new Map([...bytes].map(([id, text]) => [id, createHash('sha256').update(text).digest('hex')]));
  return commits.filter((_, index) => digests.get(blobs[index] ?? '') === after);
}
