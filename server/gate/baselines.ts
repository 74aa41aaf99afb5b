import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { readWhole, removeIfThere, writeWhole } from './small-file.ts';
import { ensureRoom } from './state-folder.ts';

/** More files than this of one workspace have no baseline: what is beyond is not watched on disk. */
const MOST_FILES = 20_000;
/** Bytes of one text, and of all texts of one workspace, that are kept. */
export const LARGEST_TEXT = 2 * 1024 * 1024;
const MOST_BYTES = 128 * 1024 * 1024;
/** Earlier accepted texts of one file that are remembered by digest: going back and forth between branches is no news. */
const EARLIER = 12;

/** The last text of a file that is known to be good. The text itself is kept here, or is a blob of the file's repository. */
export type Baseline = {
  /** Lower-case hex SHA-256 of the bytes; '' when the file was not there. */
  readonly digest: string;
  /** The blob's id where git has the text. */
  readonly blob?: string | undefined;
  /** Digests of texts that were good before, newest first. */
  readonly earlier: readonly string[];
  /** What the file system said of the file when it was last looked at; '' when it has to be read. */
  readonly stamp: string;
  /** What is on disk instead of it, and was dealt with already: held, or told. */
  readonly pending?: { readonly digest: string; readonly hold?: string | undefined } | undefined;
};

/**
 * The baselines of one workspace folder, by path relative to it: an index and content-addressed texts in the state folder.
 * Several windows may have the same folder open: a save lays its own changes over what is there.
 */
export class Baselines {
  readonly #folder: string;
  readonly #changed = new Map<string, Baseline>();
  #files: Map<string, Baseline>;
  #heads: Readonly<Record<string, string>>;
  #bytes: number;
  /** True when this folder was never looked at: what is there now is taken as it is. */
  readonly isNew: boolean;
  /** Milliseconds since 1970 of the last save, 0 for none. */
  readonly savedAt: number;

  /** Throws with a sentence where the state folder cannot be used. */
  constructor(stateFolder: string, workspace: string) {
    const id = createHash('sha256').update(workspace).digest('hex').slice(0, 24);
    this.#folder = join(ensureRoom(stateFolder, 'baselines'), id);
    mkdirSync(join(this.#folder, 'texts'), { recursive: true, mode: 0o700 });
    const index = this.#read();
    this.isNew = index === undefined;
    this.savedAt = index?.savedAt ?? 0;
    this.#files = new Map(Object.entries(index?.files ?? {}));
    this.#heads = index?.heads ?? {};
    this.#bytes = this.#sweep();
  }

  get paths(): Iterable<string> {
    return this.#files.keys();
  }

  /** Of each repository in the folder, by its root: the commit up to which git's own moves are known. */
  get heads(): Readonly<Record<string, string>> {
    return this.#heads;
  }

  of(path: string): Baseline | undefined {
    return this.#files.get(path);
  }

  /** The text of a baseline that is kept here. Undefined when git has it, or it was not kept. */
  text({ digest }: Baseline): Buffer | undefined {
    if (digest === '') return Buffer.alloc(0);
    try {
      const bytes = readWhole(this.#fileOf(digest));
      return bytes !== undefined && digestOfBytes(bytes) === digest ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  /** This is good from here on. `bytes`: undefined when the file is not there. False when there is no room for its text. */
  accept(path: string, bytes: Buffer | undefined, stamp: string, blob?: string): boolean {
    const known = this.#files.get(path);
    const digest = bytes === undefined ? '' : digestOfBytes(bytes);
    if (known === undefined && this.#files.size >= MOST_FILES) return false;
    const kept = bytes === undefined || blob !== undefined || this.#keep(digest, bytes);
    const before = known === undefined || known.digest === digest ? [] : [known.digest];
    const earlier = [...before, ...(known?.earlier ?? [])].filter((one) => one !== digest).slice(0, EARLIER);
    this.#set(path, { digest, earlier, stamp, ...(blob === undefined ? {} : { blob }) });
    return kept;
  }

  /** The file is not as its baseline, and that was dealt with. */
  pend(path: string, pending: Baseline['pending'], stamp: string): void {
    const known = this.#files.get(path) ?? { digest: '', earlier: [], stamp: '' };
    const { pending: _, ...rest } = known;
    this.#set(path, { ...rest, stamp, ...(pending === undefined ? {} : { pending }) });
  }

  /** This text is not good any more, though it was. */
  distrust(path: string, digest: string): void {
    const known = this.#files.get(path);
    if (known?.earlier.includes(digest) === true) this.#set(path, { ...known, earlier: known.earlier.filter((one) => one !== digest) });
  }

  setHead(repository: string, head: string): void {
    this.#heads = { ...this.#heads, [repository]: head };
  }

  /** Throws as fs does. `now`: milliseconds since 1970. */
  save(now: number): void {
    const there = this.#read();
    if (there !== undefined) {
      const merged = new Map(Object.entries(there.files));
      for (const [path, baseline] of this.#changed) merged.set(path, baseline);
      this.#files = merged;
    }
    const index: Index = {
      schema: 'countersign.baselines/1',
      savedAt: now,
      heads: { ...there?.heads, ...this.#heads },
      files: Object.fromEntries(this.#files),
    };
    writeWhole(join(this.#folder, 'index.json'), JSON.stringify(index));
    this.#changed.clear();
  }

  #set(path: string, baseline: Baseline): void {
    this.#files.set(path, baseline);
    this.#changed.set(path, baseline);
  }

  #keep(digest: string, bytes: Buffer): boolean {
    if (bytes.length > LARGEST_TEXT || this.#bytes + bytes.length > MOST_BYTES) return false;
    // Not through to the disk: what a crash tears does not have its digest, and is as if it had not been kept.
    writeFileSync(this.#fileOf(digest), bytes, { mode: 0o600 });
    this.#bytes += bytes.length;
    return true;
  }

  #fileOf(digest: string): string {
    return join(this.#folder, 'texts', digest);
  }

  #read(): Index | undefined {
    try {
      const bytes = readWhole(join(this.#folder, 'index.json'));
      const parsed = bytes === undefined ? undefined : v.safeParse(IndexShape, JSON.parse(bytes.toString('utf8')));
      return parsed?.success === true ? parsed.output : undefined;
    } catch {
      // What cannot be read is as if it had never been: what is on disk is taken as it is.
      return undefined;
    }
  }

  /** Removes texts that no file has any more; the bytes of the others. */
  #sweep(): number {
    const used = new Set([...this.#files.values()].map(({ digest }) => digest));
    let bytes = 0;
    for (const name of readdirSync(join(this.#folder, 'texts'))) {
      if (!used.has(name)) removeIfThere(join(this.#folder, 'texts', name));
      else bytes += statSync(this.#fileOf(name)).size;
    }
    return bytes;
  }
}

export function digestOfBytes(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const BaselineShape = v.object({
  digest: v.string(),
  blob: v.optional(v.string()),
  earlier: v.pipe(v.array(v.string()), v.readonly()),
  stamp: v.string(),
  pending: v.optional(v.object({ digest: v.string(), hold: v.optional(v.string()) })),
});

const IndexShape = v.object({
  schema: v.literal('countersign.baselines/1'),
  savedAt: v.number(),
  heads: v.record(v.string(), v.string()),
  files: v.record(v.string(), BaselineShape),
});

type Index = {
  readonly schema: 'countersign.baselines/1';
  readonly savedAt: number;
  readonly heads: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Baseline>>;
};
