import { statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Baseline, Baselines, digestOfBytes } from '../../../gate/baselines.ts';
import { type DiskFile, readDiskFile } from './disk-file.ts';
import { blobId } from './git-objects.ts';
import { byRepository, Repositories } from './repositories.ts';

/** The server is started a while after the window, in milliseconds. */
const BEFORE_START = 3_000;
/** Changes of one moment are saved together, in milliseconds. */
const SAVE = 500;

/** The texts of one folder's watched files that are known to be good: its baselines, and git's blobs. Saves itself until closed. */
export class KnownTexts {
  readonly baselines: Baselines;
  readonly repositories: Repositories;
  readonly #folder: string;
  #saving: NodeJS.Timeout | undefined;

  /** Throws with a sentence where the state folder cannot be used. */
  constructor(stateFolder: string, folder: string) {
    this.#folder = folder;
    this.baselines = new Baselines(stateFolder, folder);
    this.repositories = new Repositories((root) => this.baselines.heads[root]);
  }

  pathOf(file: string): string {
    return relative(this.#folder, file).split(sep).join('/');
  }

  fileOf(path: string): string {
    return join(this.#folder, path);
  }

  async bytesOf(base: Baseline, file: string): Promise<Buffer | undefined> {
    const kept = this.baselines.text(base);
    if (kept !== undefined || base.blob === undefined) return kept;
    const bytes = await this.repositories.of(file)?.blob(base.blob);
    return bytes !== undefined && digestOfBytes(bytes) === base.digest ? bytes : undefined;
  }

  /** What is there is good from here on; what cannot be read is only remembered. */
  accept(path: string, disk: DiskFile, blob?: string): void {
    if (disk.kind === 'absent') this.baselines.accept(path, undefined, '');
    else if (disk.kind === 'text') this.baselines.accept(path, disk.bytes, disk.stamp, blob);
    else this.baselines.pend(path, { digest: disk.digest }, disk.stamp);
  }

  /**
   * At the very first look. What was written since this window was opened is compared with the commit all the same: the files to
   * look at for that reason.
   */
  async takeAsTheyAre(files: readonly string[]): Promise<readonly string[]> {
    const fresh: string[] = [];
    const read = files.map((file) => ({ file, disk: readDiskFile(file), repository: this.repositories.of(file) }));
    for (const [repository, all] of byRepository(read)) {
      const blobs = repository === undefined ? [] : await repository.blobsAtHead(all.map(({ file }) => repository.pathOf(file)));
      for (const [index, { file, disk }] of all.entries()) {
        const path = this.pathOf(file);
        const blob = blobs[index];
        if (disk.kind === 'opaque') this.baselines.pend(path, { digest: disk.digest }, disk.stamp);
        if (disk.kind !== 'text') continue;
        const isCommitted = blob === blobId(disk.bytes, blobs);
        const bytes = !isCommitted && blob !== undefined && isFresh(file) ? await repository?.blob(blob) : undefined;
        if (bytes === undefined) this.accept(path, disk, isCommitted ? blob : undefined);
        else {
          this.baselines.accept(path, bytes, '', blob);
          fresh.push(file);
        }
      }
    }
    return fresh;
  }

  saveSoon(): void {
    this.#saving ??= setTimeout(() => this.#save(), SAVE).unref();
  }

  close(): void {
    this.#save();
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    for (const { root, head } of this.repositories.all) if (head !== undefined) this.baselines.setHead(root, head);
    try {
      this.baselines.save(Date.now());
    } catch {
      // GateHealth says what is wrong with the state folder. What is not kept is found again at the next start.
    }
  }
}

/** Written since this process began, or a moment before. */
function isFresh(file: string): boolean {
  try {
    return statSync(file).mtimeMs > performance.timeOrigin - BEFORE_START;
  } catch {
    return false;
  }
}
