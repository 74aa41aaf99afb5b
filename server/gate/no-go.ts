import { posix } from 'node:path';
import type { Finding } from '../engine/types.ts';
import { globMatcher } from './glob.ts';

/** The path of an edit as globs and folders are compared with it: forward slashes, no "..", composed characters. */
export type PlainPath = { readonly relative: string; readonly absolute: string };

export function plainPath(path: string, workspace: string): PlainPath {
  const root = plain(workspace);
  const absolute = posix.normalize(isAbsolute(plain(path)) ? plain(path) : `${root}/${plain(path)}`);
  const below = root === '' ? '/' : `${posix.normalize(root).replace(/\/$/, '')}/`;
  const relative = absolute.toLowerCase().startsWith(below.toLowerCase()) ? absolute.slice(below.length) : absolute;
  return { relative, absolute };
}

/** Is this path that folder, or below it? Letter case does not count: some disks ignore it. */
export function isBelow(path: PlainPath, folder: string): boolean {
  const root = posix.normalize(plain(folder)).replace(/\/$/, '').toLowerCase();
  const own = path.absolute.toLowerCase();
  return own === root || own.startsWith(`${root}/`);
}

/**
 * Matches a glob as a .gitignore would: without a slash it means a file or folder of that name anywhere,
 * and a folder means everything below it. Case does not count.
 */
export function pathMatcher(pattern: string): (path: PlainPath) => boolean {
  const glob = plain(pattern).replace(/^\.\//, '').replace(/\/$/, '');
  const globs = [glob, `${glob}/**`, glob.replace(/\/\*\*$/, ''), ...(glob.includes('/') ? [] : [`**/${glob}`, `**/${glob}/**`])];
  const matches = globMatcher(globs);
  return (path) => matches(path.relative) || matches(path.absolute);
}

/** Does a glob name something that a finding opens? Compared with the bare name and with the witness's resource. */
export function opensMatch(pattern: string, { opened, witness }: Pick<Finding, 'opened' | 'witness'>): boolean {
  // In a resource name "/" is a character like any other.
  const flat = (name: string) => name.normalize('NFKC').replaceAll('/', '\u0001');
  const matches = globMatcher([flat(pattern)]);
  return [opened.name, witness?.resource ?? ''].some((name) => name !== '' && matches(flat(name)));
}

function plain(path: string): string {
  return path.normalize('NFKC').replaceAll('\\', '/');
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[a-z]:\//i.test(path);
}
