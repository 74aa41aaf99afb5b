/** The files of the disk that a word of a command names: itself, what it matches, what lies below it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';
import { globMatcher } from '../../gate/glob.ts';
import { locate, type Surroundings } from './locate.ts';

/** One file: absolute with links followed, and as an edit names it. */
export type Target = { readonly file: string; readonly path: string };

/** No more are looked at for one word. */
export const MOST_FILES = 200;
/** Entries of folders that a pattern over several of them looks through. */
const MOST_ENTRIES = 5000;

/** The paths that a word with patterns matches, from the folder `start`; the word itself when there are none. At most 200. */
export function matchesOf(given: string, start: string): readonly string[] {
  // `!(a)` and its like match what a star does, or less.
  const word = given.replace(/[@!+*?]\([^()]*\)/g, '*');
  const matches = word.includes('**/') ? walked(word, start) : /[*?[{]/.test(word) ? globbed(word, start) : [word];
  return matches.slice(0, MOST_FILES);
}

/** The plain files in a folder and below it. At most 200. */
export function filesBelow(folder: string, around: Surroundings): readonly Target[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .slice(0, MOST_FILES)
      .map((entry) => {
        const { file, path } = locate(join(entry.parentPath, entry.name), around);
        return { file, path };
      });
  } catch {
    return [];
  }
}

/** The same by their names there, and also what is a link to a file. */
export function entriesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() || (entry.isSymbolicLink() && textOf(join(entry.parentPath, entry.name)) !== undefined))
      .slice(0, MOST_FILES)
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  } catch {
    return [];
  }
}

export function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/** Undefined for what is no plain file, or larger than 8 MB. */
export function textOf(file: string): string | undefined {
  try {
    const found = statSync(file);
    return found.isFile() && found.size < 8 * 1024 * 1024 ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** Files that a glob in the last part of a path matches, and the word itself when there are none. */
function globbed(word: string, start: string): readonly string[] {
  const folder = dirname(word);
  try {
    const matches = globMatcher([basename(word)]);
    const names = readdirSync(resolve(start, folder)).filter((name) => matches(name));
    return names.length === 0 ? [word] : names.map((name) => join(folder, name));
  } catch {
    return [word];
  }
}

/** Files below a folder whose names match: `iam/**\/*.json`, as `find` names them. */
function walked(word: string, start: string): readonly string[] {
  const [folder = '.', name = '*'] = word.startsWith('**/') ? ['.', word.split('**/').at(-1)] : word.split(/\/?\*\*\//);
  const matches = globMatcher([name]);
  // Those that are watched by name come first: no number of others hides one.
  const [found, others]: [string[], string[]] = [[], []];
  let left = MOST_ENTRIES;
  const look = (path: string): void => {
    let entries;
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      if (left-- <= 0 || found.length >= MOST_FILES) return;
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && entry.name !== '.git') look(join(path, entry.name));
      } else if (matches(entry.name)) {
        const below = join(path, entry.name).slice(start.length);
        if (isWatchedByName(below)) found.push(join(path, entry.name));
        else if (others.length < MOST_FILES && mayBeGoverned(below)) others.push(join(path, entry.name));
      }
    }
  };
  look(resolve(start, folder === '' ? '/' : folder));
  return [...found, ...others];
}
