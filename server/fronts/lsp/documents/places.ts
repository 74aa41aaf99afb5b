import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mayBeGoverned } from '../../../engine/read/governed-path.ts';
import { isCommandPath } from '../../command-words.ts';
import { uriOf } from '../../review-model.ts';

/** Where a document is: its workspace, its path as the engine names it, and its file where it has one. */
export type DocumentPlace = {
  readonly workspace: string;
  /** Relative to the workspace with forward slashes, absolute outside of it, or "(untitled)/…". */
  readonly path: string;
  readonly file: string | undefined;
};

/** `folders`: absolute paths of the workspace folders that are open. Undefined for documents that can never become files. */
export function placeOf(uri: string, folders: readonly string[]): DocumentPlace | undefined {
  const fallback = folders[0];
  // Text without a file yet is taken for what it may become: what its name says, else JSON.
  if (uri.startsWith('untitled:')) return { workspace: fallback ?? process.cwd(), path: untitledPath(uri), file: undefined };
  const file = fileOf(uri);
  if (file === undefined) return undefined;
  const workspace = folders.filter((folder) => isWithin(file, folder)).toSorted((a, b) => b.length - a.length)[0];
  if (workspace === undefined) return { workspace: fallback ?? dirname(file), path: forward(file), file };
  return { workspace, path: forward(relative(workspace, file)), file };
}

export function fileOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/** The URI of a path that `placeOf` gave, or that a hook wrote into a hold. */
export function uriOfPath(workspace: string, path: string): string {
  if (!isUntitled(path)) return uriOf(workspace, path);
  return `untitled:${path.slice(UNTITLED.length).replace(/^(Untitled-\d+)\.json$/, '$1')}`;
}

/** The same file, however its path is written. */
export function sameFile(a: string, b: string): boolean {
  return a === b || realPath(a) === realPath(b);
}

/** Does a hold of this workspace belong in a window that has these folders open? */
export function concerns(folders: readonly string[], workspace: string, paths: readonly string[]): boolean {
  if (folders.length === 0) return true;
  const files = paths.filter((path) => !isCommandPath(path)).map((path) => (isAbsolute(path) ? path : join(workspace, path)));
  const places = [workspace, ...files].map(realPath);
  return folders.map(realPath).some((folder) => places.some((place) => isWithin(place, folder)) || isWithin(folder, realPath(workspace)));
}

function untitledPath(uri: string): string {
  const name = decodeURIComponent(uri.slice('untitled:'.length));
  return `${UNTITLED}${mayBeGoverned(name) ? name : `${name}.json`}`;
}

export function isUntitled(path: string): boolean {
  return path.startsWith(UNTITLED);
}

/** No folder of a workspace is called this. */
const UNTITLED = '(untitled)/';

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), path.slice(parent.length));
  }
}

function forward(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/') : path;
}
