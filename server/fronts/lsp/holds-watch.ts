import { existsSync, readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/** The net under the file system's own events, in milliseconds: some file systems have none, and the folder may not be there yet. */
const POLL = 700;
/** Several events of one write are one change. */
const SETTLE = 40;

/** Calls `changed` soon after any process adds, changes or removes a hold. Holds a watcher and a timer until closed. */
export class HoldsWatch {
  readonly #folder: string;
  readonly #changed: () => void;
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #seen: string;

  constructor(stateFolder: string, changed: () => void) {
    this.#folder = join(stateFolder, 'holds');
    this.#changed = changed;
    this.#seen = this.#signature();
    this.#timer = setInterval(() => this.#look(), POLL);
    this.#timer.unref();
    this.#watch();
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#settling);
    this.#watcher?.close();
  }

  #watch(): void {
    if (this.#watcher !== undefined || !existsSync(this.#folder)) return;
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, () => {
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => this.#look(), SETTLE);
      });
      // The folder was removed, or the system has no watch left: the timer goes on looking.
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      this.#watcher = undefined;
    }
  }

  #look(): void {
    this.#watch();
    const signature = this.#signature();
    if (signature === this.#seen) return;
    this.#seen = signature;
    this.#changed();
  }

  #signature(): string {
    try {
      return readdirSync(this.#folder)
        .toSorted()
        .map((name) => `${name} ${stampOf(join(this.#folder, name))}`)
        .join('\n');
    } catch {
      return '';
    }
  }
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return 'gone';
  }
}
