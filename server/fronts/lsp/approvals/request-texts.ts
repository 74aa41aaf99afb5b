import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { REQUESTS_FOLDER, type ReadRequest, type RequestText } from '../../../gate/approval-files.ts';
import { openedShared } from '../../../gate/digest-key.ts';
import { digestOf } from '../../../gate/recorded.ts';
import { isCommandPath } from '../../command-words.ts';
import { digestKeyIn, textsOf } from '../../git/objects.ts';
import { git, openRepository, type Repository } from '../../git/repository.ts';

/** Versions of one file that are looked at, newest first. */
const VERSIONS = 200;
/** Milliseconds that git may take for them: the editor waits. */
const PATIENCE = 5_000;

/**
 * The texts that were signed: those in the request, else those of the repository that it lies in, known by their digests.
 * Undefined where one of them is nowhere to be found.
 */
export function textsFor({ stored, texts }: ReadRequest, requestFile: string): readonly RequestText[] | undefined {
  if (texts !== undefined) return texts;
  const { files = [], repository: identity } = stored.record.event;
  const root = repositoryOf(requestFile);
  if (root === undefined) return undefined;
  const opened = openRepository(root, process.env, false);
  if (!opened.ok) return undefined;
  // Digests of short texts are sealed: whoever has the repository that they are of opens them.
  const key = digestKeyIn(opened.repository, identity?.roots ?? []);
  const found = files.map((sealed): RequestText | undefined => {
    const { path, before, after } = openedShared(sealed, key);
    if (before === undefined || after === undefined || isCommandPath(path) || isAbsolute(path)) return undefined;
    const own = [identity?.prefix ?? '', path].filter((part) => part !== '').join('/');
    if (own.split('/').includes('..')) return undefined;
    const here = textIn(join(opened.repository.folder, own));
    const known = new Map([[digestOf(''), ''], ...(here === undefined ? [] : ([[digestOf(here), here]] as const))]);
    if (!known.has(before) || !known.has(after))
      for (const text of versionsOf(opened.repository, own)) if (!known.has(digestOf(text))) known.set(digestOf(text), text);
    const [old, fresh] = [known.get(before), known.get(after)];
    return old === undefined || fresh === undefined ? undefined : { path, before: old, after: fresh };
  });
  return found.length > 0 && found.every((text) => text !== undefined) ? found : undefined;
}

/** The root of the repository whose folder of requests this file lies in. */
function repositoryOf(requestFile: string): string | undefined {
  const folder = dirname(requestFile).replaceAll('\\', '/');
  return folder.endsWith(`/${REQUESTS_FOLDER}`) ? folder.slice(0, -REQUESTS_FOLDER.length - 1) : undefined;
}

function versionsOf(repository: Repository, path: string): readonly string[] {
  // A repository's own settings start nothing.
  const wanted = ['--all', '-n', String(VERSIONS), '--format=', '--raw', '--no-abbrev', '--no-renames', '--', path];
  const listed = git(repository, ['-c', 'core.fsmonitor=false', 'log', '--no-show-signature', ...wanted], undefined, PATIENCE);
  if (!listed.ok) return [];
  const ids = listed.out
    .toString('latin1')
    .split('\n')
    .flatMap((line) => /^:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) /.exec(line)?.slice(1, 3) ?? []);
  return [...textsOf(repository, ids).values()].flatMap((blob) => (blob.kind === 'text' ? [blob.text] : []));
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
