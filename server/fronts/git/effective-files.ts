import { posix } from 'node:path';
import { bytesOf, type Entry, type Files, filesOf } from './objects.ts';
import type { Repository } from './repository.ts';

/** What a program that opens this path reads. */
export type Content =
  | { readonly kind: 'file'; readonly id: string; readonly through?: string | undefined }
  /** A link to a folder of the repository, or one that leads out of it or nowhere. */
  | { readonly kind: 'link'; readonly to: string; readonly leads: 'folder' | 'out' }
  /** Another repository's commit. */
  | { readonly kind: 'submodule'; readonly commit: string };

export type EffectiveFiles = ReadonlyMap<string, Content>;

/** Steps after which a chain of links counts as leading nowhere. */
const MOST_STEPS = 40;

/**
 * Every path of a tree with what is really read there: links are followed, so that neither a link put in a file's place nor a
 * change of the file that an old link leads to goes unread. Undefined where the tree cannot be read.
 */
export function effectiveFiles(repository: Repository, tree: string): EffectiveFiles | undefined {
  const files = filesOf(repository, tree);
  if (files === undefined) return undefined;
  const all = new Map<string, Content>();
  const links: [string, Entry][] = [];
  for (const [path, entry] of files) {
    if (entry.mode === LINK) links.push([path, entry]);
    else if (entry.mode === SUBMODULE) all.set(path, { kind: 'submodule', commit: entry.id });
    else all.set(path, { kind: 'file', id: entry.id });
  }
  if (links.length === 0) return all;
  const targets = bytesOf(
    repository,
    links.map(([, { id }]) => id),
  );
  const textOf = new Map(links.map(([path, { id }]) => [path, targets.get(id)?.toString('utf8') ?? '']));
  const folders = foldersOf(files);
  for (const [path] of links) {
    const to = textOf.get(path) ?? '';
    const end = follow(path, textOf);
    const entry = end === undefined ? undefined : files.get(end);
    if (end !== undefined && entry !== undefined && entry.mode !== SUBMODULE) {
      all.set(path, { kind: 'file', id: entry.id, through: end });
    } else if (end !== undefined && folders.has(end)) {
      all.set(path, { kind: 'link', to, leads: 'folder' });
      for (const [inside, { mode, id }] of files) {
        if (mode.startsWith(REGULAR) && (end === '.' || inside.startsWith(`${end}/`))) {
          all.set(end === '.' ? `${path}/${inside}` : path + inside.slice(end.length), { kind: 'file', id, through: inside });
        }
      }
    } else {
      all.set(path, { kind: 'link', to, leads: 'out' });
    }
  }
  return all;
}

export function sameContent(one: Content | undefined, other: Content | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.kind === 'file') return other.kind === 'file' && one.id === other.id;
  if (one.kind === 'submodule') return other.kind === 'submodule' && one.commit === other.commit;
  return other.kind === 'link' && one.to === other.to && one.leads === other.leads;
}

const LINK = '120000';
const SUBMODULE = '160000';
const REGULAR = '100';

/** Where a link ends, folders on the way that are links themselves included. Undefined outside of the repository. */
function follow(path: string, links: ReadonlyMap<string, string>): string | undefined {
  let at = path;
  for (let step = 0; step < MOST_STEPS; step++) {
    const link = firstLink(at, links);
    if (link === undefined) return at;
    const target = links.get(link) ?? '';
    if (target === '' || target.startsWith('/')) return undefined;
    at = posix.normalize(posix.join(posix.dirname(link), target, at.slice(link.length))).replace(/(.)\/$/, '$1');
    if (at === '..' || at.startsWith('../')) return undefined;
  }
  return undefined;
}

function firstLink(path: string, links: ReadonlyMap<string, string>): string | undefined {
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
    if (links.has(path.slice(0, end))) return path.slice(0, end);
  }
  return links.has(path) ? path : undefined;
}

function foldersOf(files: Files): ReadonlySet<string> {
  const folders = new Set(['.']);
  for (const path of files.keys()) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) folders.add(path.slice(0, end));
  }
  return folders;
}
