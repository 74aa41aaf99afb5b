import { type Dirent, type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';

/** More folders than this are left to the editor's own events: each costs a watch of the system's. */
const MOST = 4_000;
/** Of a folder that appears, entries that are looked into. */
const MOST_NEW = 5_000;

/** What is made by machines in thousands, and decides nothing in this workspace. */
const PASSED_OVER = new Set([
  'node_modules',
  'bower_components',
  '.venv',
  'venv',
  '__pycache__',
  '.terraform',
  '.terragrunt-cache',
  '.gradle',
  '.next',
  '.nuxt',
  '.cache',
  '.pnpm-store',
  '.tox',
]);
/** Of git's own folder, only what it or a shell runs; the samples that come with a repository are run by nobody. */
const OF_GIT = /\/\.git\/(?!config$|hooks\/|info\/)|\/\.git\/hooks\/[^/]*\.sample$/;

/** Is this a file nobody has to look at, whatever it is called? `path`: with forward slashes. */
export function isPassedOver(path: string): boolean {
  return path.split('/').some((part) => PASSED_OVER.has(part)) || OF_GIT.test(`/${path}`);
}

/**
 * Watches the folders that hold watched files, one by one and not what lies below them: an event comes within milliseconds,
 * and nothing is paid for the rest of the workspace. Holds watches until closed.
 */
export class WatchedFolders {
  readonly #root: string;
  readonly #changed: (file: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(root: string, changed: (file: string) => void) {
    this.#root = root;
    this.#changed = changed;
  }

  /** The folder of a watched file, and all on the way to it. */
  addFor(file: string): void {
    for (let folder = dirname(file); folder.length >= this.#root.length; folder = dirname(folder)) {
      if (this.#watchers.has(folder) || !this.#add(folder)) return;
      if (folder === this.#root) return;
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #add(folder: string): boolean {
    if (this.#watchers.size >= MOST || isPassedOver(`${folder.slice(this.#root.length + 1)}/config`)) return false;
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null) return;
        const file = join(folder, name);
        this.#changed(file);
        if (!this.#watchers.has(file)) this.#appeared(file);
      });
      // The folder is gone, or the system has no watch left: the editor's own events remain.
      watcher.on('error', () => this.#drop(folder));
      this.#watchers.set(folder, watcher);
      return true;
    } catch {
      return false;
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  /** A folder that came with files in it: they were there before it was watched. */
  #appeared(folder: string): void {
    const waiting = [folder];
    let left = MOST_NEW;
    for (let next = waiting.pop(); next !== undefined && left > 0; next = waiting.pop()) {
      if (!isFolder(next)) continue;
      // Watched first, and read then: what comes in between is seen either way.
      if (!this.#watchers.has(next) && !this.#add(next)) continue;
      const entries = entriesOf(next);
      left -= entries.length;
      for (const entry of entries) {
        const path = join(next, entry.name);
        if (entry.isDirectory()) waiting.push(path);
        else this.#changed(path);
      }
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** None where it is gone again, or may not be read. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
