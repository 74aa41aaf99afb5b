import { existsSync, lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { mayBeGoverned } from '../../engine/read/governed-path.ts';

/** Where an agent works. All absolute. */
export type Surroundings = { readonly workspace: string; readonly cwd: string; readonly home: string };

export type Located = {
  /** Absolute, with every symbolic link followed: the file that would be written. */
  readonly file: string;
  /** `file` as an edit names it: relative to the workspace with forward slashes, absolute outside of it. */
  readonly path: string;
  /** The same for the path as given, before links are followed: a link named policy.json is watched wherever it leads. */
  readonly named: string;
};

/** The workspace: the project folder that the agent names, else the nearest folder above that is a repository or has a policy. */
export function surroundings(project: string | undefined, cwd: string, firstPath: string | undefined, home: string): Surroundings {
  if (project !== undefined && isAbsolute(project) && existsSync(project)) return { workspace: resolve(project), cwd, home };
  const workspace =
    rootAbove(cwd) ??
    (firstPath === undefined || firstPath.includes('\0') ? undefined : rootAbove(dirname(resolve(cwd, firstPath)))) ??
    cwd;
  return { workspace, cwd, home };
}

export function locate(path: string, around: Surroundings): Located {
  const { workspace, cwd, home } = around;
  const expanded = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  const absolute = resolve(cwd, expanded);
  const end = followed(absolute, 0);
  const file = governingTwin(end, around) ?? end;
  const root = followed(workspace, 0);
  const inside = within(root, file) ?? within(workspace, file);
  return { file, path: inside ?? slashes(file), named: within(workspace, absolute) ?? within(root, absolute) ?? slashes(absolute) };
}

/** The path to judge by: that of the real file, unless only the name it was reached by is one to watch. */
export function judgedPath({ path, named }: Located): string {
  return mayBeGoverned(path) || !mayBeGoverned(named) ? path : named;
}

/** Files that decide what an agent may do: writing one of them through another of its names is writing it. */
const GOVERNING = [
  '.claude/settings.json',
  '.claude/settings.local.json',
  '.claude.json',
  '.mcp.json',
  '.countersign/policy.yaml',
  '.config/countersign/policy.yaml',
  '.git/config',
  '.vscode/settings.json',
];

/** A hard link has no end to follow: the governing file it is the same as, if it is one. */
function governingTwin(file: string, { workspace, home }: Surroundings): string | undefined {
  const own = statOf(file);
  if (own === undefined || own.nlink < 2 || !own.isFile()) return undefined;
  return [workspace, home]
    .flatMap((folder) => GOVERNING.map((name) => join(folder, name)))
    .find((candidate) => {
      const other = statOf(candidate);
      return other?.ino === own.ino && other.dev === own.dev;
    });
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

/** Is the file (links followed) that folder or below it? */
export function isWithin(folder: string, file: string): boolean {
  const root = followed(resolve(folder), 0);
  return file === root || within(root, file) !== undefined;
}

function rootAbove(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git')) || existsSync(join(at, '.countersign'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Follows links of the file, or of the nearest parent that exists; a link that leads nowhere names what would be created. */
function followed(absolute: string, depth: number): string {
  try {
    return realpathSync.native(absolute);
  } catch {
    // Not there, or not to be followed: look at the parts.
  }
  const parent = dirname(absolute);
  if (parent === absolute || depth > 100) return absolute;
  try {
    if (lstatSync(absolute).isSymbolicLink()) return followed(resolve(parent, readlinkSync(absolute)), depth + 1);
  } catch {
    // Nothing of that name.
  }
  return join(followed(parent, depth + 1), basename(absolute));
}

function within(root: string, file: string): string | undefined {
  const path = relative(root, file);
  return path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? undefined : slashes(path);
}

function slashes(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/') : path;
}
