import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Hold } from '../../../gate/types.ts';
import { readHold } from '../../../gate/holds.ts';
import { digestOf } from '../../../gate/recorded.ts';
import type { RevertResult } from '../../../protocol.ts';
import { fileOf, placeOf } from '../documents/places.ts';
import type { Gates } from '../gates.ts';
import type { Look } from './disk-change.ts';
import { FolderDisk } from './folder-disk.ts';
import { LetThrough } from './let-through.ts';
import { WatchedFolders } from './watched-folders.ts';

/** After the last event of a burst, and at the latest after the first, in milliseconds. */
const SETTLE = 120;
const LATEST = 450;
/** How long a save of the editor explains a text, in milliseconds. */
const SAVED = 60_000;
/** When what failed is tried again, in milliseconds. */
const AGAIN = 2_000;
/** Messages of one moment are one. */
const GATHER = 500;

export type DiskWritesOptions = {
  readonly stateFolder: string;
  readonly gates: Gates;
  readonly folders: () => readonly string[];
  readonly now: () => Date;
  readonly openText: (file: string) => string | undefined;
  readonly held: () => void;
  readonly unreadable: (files: readonly { readonly file: string; readonly cause: string }[]) => void;
};

/** Writes to disk by others than the editor. Holds watches and timers until closed. */
export class DiskWrites {
  readonly #options: DiskWritesOptions;
  readonly #folders = new Map<string, { readonly disk: FolderDisk; readonly watch: WatchedFolders }>();
  readonly #letThrough = new LetThrough();
  readonly #waiting = new Map<string, Look>();
  readonly #saved = new Map<string, { readonly digest: string; readonly at: number }>();
  readonly #unreadable = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #telling: NodeJS.Timeout | undefined;
  #firstEvent = 0;
  #closed = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: DiskWritesOptions) {
    this.#options = options;
  }

  /** A part of the watched files of a folder. */
  files(folderUri: string, uris: readonly string[], last: boolean): void {
    const folder = fileOf(folderUri);
    if (folder === undefined || !this.#options.folders().includes(folder)) return;
    const files = uris.flatMap((uri) => fileOf(uri) ?? []);
    const takeIn = async (): Promise<void> => {
      const known = this.#folder(folder);
      if (known === undefined) return;
      const all = last ? [...files, ...known.disk.ownGitFiles()] : files;
      for (const file of all) known.watch.addFor(file);
      // Also where nothing is in them yet.
      if (last) for (const name of ['x', '.git/config', '.git/hooks/x']) known.watch.addFor(join(folder, name));
      for (const file of await known.disk.scan(all, last)) this.#changed(file);
    };
    // A state folder that cannot be written now may be later: nobody tells of these files again.
    this.#next(takeIn, () => setTimeout(() => this.#closed || this.files(folderUri, uris, last), AGAIN).unref());
  }

  changed(uris: readonly string[]): void {
    for (const uri of uris) {
      const file = fileOf(uri);
      if (file !== undefined) this.#changed(file);
    }
  }

  /** The editor wrote this text. */
  saved(uri: string, text: string): void {
    const file = fileOf(uri);
    if (file === undefined) return;
    this.#saved.set(file, { digest: digestOf(text), at: Date.now() });
    this.#changed(file);
  }

  /** Which holds there are now: what was decided is looked at again. */
  holdsChanged(holds: readonly Hold[]): void {
    const ids = new Set(holds.map(({ id }) => id));
    for (const { disk } of this.#folders.values()) for (const file of disk.decided(ids)) this.#changed(file);
  }

  foldersChanged(): void {
    for (const [folder, { disk, watch }] of this.#folders) {
      if (this.#options.folders().includes(folder)) continue;
      watch.close();
      disk.close();
      this.#folders.delete(folder);
    }
  }

  revert(id: string): Promise<RevertResult> {
    return new Promise((resolve) => {
      this.#next(
        async () => {
          const hold = readHold(this.#options.stateFolder, id);
          const known = hold === undefined ? undefined : this.#folders.get(hold.workspace);
          if (hold?.disk !== 'written') return resolve({ ok: false, problem: 'This is not on disk any more.' });
          if (known === undefined) return resolve({ ok: false, problem: 'Open the folder of this file to revert it.' });
          const opened = await this.#options.gates.of(hold.workspace);
          resolve(opened.ok ? await known.disk.revert(hold, opened.gate) : opened);
        },
        (problem) => resolve({ ok: false, problem }),
      );
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#telling);
    for (const { disk, watch } of this.#folders.values()) {
      watch.close();
      disk.close();
    }
    this.#folders.clear();
  }

  #folder(folder: string): { readonly disk: FolderDisk; readonly watch: WatchedFolders } | undefined {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const { stateFolder, gates, now, openText, held } = this.#options;
    const disk = new FolderDisk({
      folder,
      stateFolder,
      gates,
      now,
      letThrough: this.#letThrough,
      isSaved: (file, text) => this.#isSaved(file, text),
      openText,
      held,
      unreadable: (file, cause) => this.#tellUnreadable(file, cause),
    });
    const made = { disk, watch: new WatchedFolders(folder, (file) => this.#changed(file)) };
    this.#folders.set(folder, made);
    return made;
  }

  #changed(file: string): void {
    const now = Date.now();
    if (this.#waiting.size === 0) this.#firstEvent = now;
    if (!this.#waiting.has(file)) this.#waiting.set(file, { file, since: now, graced: false });
    this.#lookIn(Math.max(0, Math.min(SETTLE, this.#firstEvent + LATEST - now)));
  }

  #lookIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(() => this.#look()), milliseconds);
  }

  async #look(): Promise<void> {
    const looks = [...this.#waiting.values()];
    this.#waiting.clear();
    const byFolder = new Map<FolderDisk, Look[]>();
    for (const look of looks) {
      const workspace = placeOf(pathToFileURL(look.file).href, this.#options.folders())?.workspace ?? '';
      const known = this.#folders.get(workspace);
      if (known === undefined) continue;
      known.watch.addFor(look.file);
      const group = byFolder.get(known.disk);
      if (group === undefined) byFolder.set(known.disk, [look]);
      else group.push(look);
    }
    for (const [disk, all] of byFolder) {
      for (const { look, inMs } of await disk.look(all)) {
        setTimeout(() => {
          if (!this.#waiting.has(look.file)) this.#waiting.set(look.file, look);
          this.#lookIn(0);
        }, inMs).unref();
      }
    }
  }

  /** One thing after the other: two looks at one file at once would hold it twice. */
  #next(work: () => Promise<void>, failed: (problem: string) => void = () => undefined): void {
    this.#work = this.#work.then(work).catch((error: unknown) => failed(error instanceof Error ? error.message : String(error)));
  }

  #isSaved(file: string, text: string): boolean {
    const saved = this.#saved.get(file);
    return saved !== undefined && Date.now() - saved.at < SAVED && saved.digest === digestOf(text.replace(/^\uFEFF/, ''));
  }

  #tellUnreadable(file: string, cause: string): void {
    this.#unreadable.set(file, cause);
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => {
      const files = [...this.#unreadable].map(([each, why]) => ({ file: each, cause: why }));
      this.#unreadable.clear();
      this.#options.unreadable(files);
    }, GATHER);
  }
}
