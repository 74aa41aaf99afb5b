import { join, relative, sep } from 'node:path';
import { ageOf, commonDirOf, LOOKED_BACK, type Move, movesIn, sizeOf, textFrom } from './git-files.ts';
import { blobBytes, blobId, formsOf, objectIds, withLineFeeds } from './git-objects.ts';

/** Moves of HEAD that are remembered, and how long a move explains what it wrote on its way, in milliseconds. */
const MOST_MOVES = 64;
const ON_ITS_WAY = 15_000;
/** A lock that is older was left behind by something that was killed, in milliseconds. */
const LOCK_LIVES = 60_000;

/** What git itself does to files. A commit does not: it only says that something was written before. */
const MOVES = /^(checkout|switch|pull|merge|rebase|reset|cherry-pick|revert|clone|initial pull|bisect)\b/;

/**
 * A text somebody wants explained: its path below the repository's root, with forward slashes, and its bytes; undefined for a file
 * that is gone, whose last good bytes are `was`, where git is not known to have them.
 */
export type Asked = { readonly path: string; readonly bytes: Buffer | undefined; readonly was?: Buffer | undefined };

/** `conflict`: git wrote it, and nobody resolved it yet. `blob`: the id of exactly this text. */
export type Explained = { readonly kind: 'yes' | 'no' | 'conflict'; readonly blob?: string };

/**
 * One repository, and what its own moves explain. HEAD's reflog says what kind of move led to each commit: a file that has
 * the text of a commit that git moved to was written by git; the text of one that was merely committed was written before.
 */
export class Repository {
  readonly root: string;
  readonly #gitDir: string;
  readonly #commonDir: string;
  /** Commits that git moved to, oldest first. */
  #trusted: { readonly id: string; readonly at: number }[] = [];
  readonly #committed = new Set<string>();
  #readTo = 0;
  /** Stashes that were there at an earlier look: `stash pop` brings them back and removes them in one go. */
  readonly #stashes = new Set<string>();

  /** `known`: the commit up to which an earlier session knows its moves. */
  constructor(root: string, gitDir: string, known: string | undefined) {
    this.root = root;
    this.#gitDir = gitDir;
    this.#commonDir = commonDirOf(gitDir);
    this.#begin(known);
  }

  /** The newest commit that git moved to, to begin with next time. */
  get head(): string | undefined {
    return this.#trusted.at(-1)?.id;
  }

  /** Git is at work right now. */
  get isBusy(): boolean {
    return ['index.lock', 'HEAD.lock'].some((name) => ageOf(join(this.#gitDir, name)) < LOCK_LIVES);
  }

  /** Milliseconds since git last touched its index, HEAD or its stashes. */
  get quietFor(): number {
    const places = [join(this.#gitDir, 'index'), join(this.#gitDir, 'HEAD'), join(this.#gitDir, 'logs/HEAD'), this.#stashLog];
    return Math.min(...places.map(ageOf));
  }

  /** Which of these texts git put there, in their order. */
  async explains(asked: readonly Asked[]): Promise<readonly Explained[]> {
    this.#readOn();
    const now = Date.now();
    const commits = this.#trusted
      .filter(({ at }, index) => index === this.#trusted.length - 1 || now - at < ON_ITS_WAY)
      .map(({ id }) => id);
    const running = this.#running();
    const blobs = [...commits, ...running.commits, ...this.#stashes];
    const stages = running.active ? [':0', ':1', ':2', ':3'] : [];
    const revisions = [...new Set(blobs), ...stages];
    const usable = asked.map(({ path }) => !/[\n\r]/.test(path));
    const questions = asked.flatMap(({ path }, index) =>
      usable[index] === true ? revisions.map((revision) => `${revision}:${path}`) : [],
    );
    const current = commits.at(-1);
    const known = new Set(
      await objectIds(
        this.root,
        asked.flatMap(({ was }) => (was === undefined ? [] : formsOf(was, [current]))),
      ),
    );
    const answers = await objectIds(this.root, questions);
    this.#rememberStashes();
    let at = 0;
    return asked.map(({ bytes, was }, index) => {
      if (usable[index] !== true) return { kind: 'no' };
      const found = answers.slice(at, at + revisions.length);
      at += revisions.length;
      // Only the commit that is checked out says that a file is to be gone; and git takes away only what it has.
      if (bytes === undefined) {
        const isTracked = was === undefined || formsOf(was, [current]).some((id) => known.has(id));
        return { kind: isTracked && current !== undefined && found[revisions.indexOf(current)] === 'missing' ? 'yes' : 'no' };
      }
      const exact = blobId(bytes, found);
      if (found.includes(exact)) return { kind: 'yes', blob: exact };
      if (found.includes(blobId(withLineFeeds(bytes), found))) return { kind: 'yes' };
      const unmerged = running.active && found.slice(-2).some((id) => id !== 'missing');
      return { kind: unmerged && hasConflict(bytes.toString('utf8')) ? 'conflict' : 'no' };
    });
  }

  /** Ids of the blobs that these paths have in the newest commit git moved to; undefined where there is none. */
  async blobsAtHead(paths: readonly string[]): Promise<readonly (string | undefined)[]> {
    const { head } = this;
    if (head === undefined) return paths.map(() => undefined);
    const answers = await objectIds(
      this.root,
      paths.map((path) => `${head}:${path.replaceAll(/[\n\r]/g, '?')}`),
    );
    return paths.map((_, index) => (answers[index] === 'missing' ? undefined : answers[index]));
  }

  /** The bytes of a blob, as they are: no filter and no text conversion is run. */
  blob(id: string): Promise<Buffer | undefined> {
    return blobBytes(this.root, id);
  }

  /** A file of it as git names it: below its root, with forward slashes. */
  pathOf(file: string): string {
    return relative(this.root, file).split(sep).join('/');
  }

  get #stashLog(): string {
    return join(this.#commonDir, 'logs/refs/stash');
  }

  #begin(known: string | undefined): void {
    const lines = this.#lines();
    const at = known === undefined ? -1 : lines.findLastIndex(({ from, to }) => from === known || to === known);
    this.#trusted = [];
    this.#committed.clear();
    const [first, rest] = at === -1 || known === undefined ? [lines.at(-1)?.to, []] : [known, lines.slice(at)];
    if (first !== undefined) this.#trusted.push({ id: first, at: 0 });
    for (const line of rest) if (line.to !== known) this.#take(line);
    this.#rememberStashes();
  }

  #readOn(): void {
    const size = sizeOf(join(this.#gitDir, 'logs/HEAD'));
    if (size === this.#readTo) return;
    const known = this.head;
    if (size < this.#readTo || known === undefined) return this.#begin(known);
    for (const line of this.#lines(this.#readTo)) this.#take(line);
  }

  #take({ to, message }: Move): void {
    if (!MOVES.test(message)) this.#committed.add(to);
    else if (!this.#committed.has(to))
      this.#trusted = [...this.#trusted.filter(({ id }) => id !== to), { id: to, at: Date.now() }].slice(-MOST_MOVES);
  }

  /** The reflog of HEAD from a byte on. */
  #lines(from?: number): readonly Move[] {
    const { moves, size } = movesIn(join(this.#gitDir, 'logs/HEAD'), from);
    this.#readTo = size;
    return moves;
  }

  /** A merge or the like that is not finished: its commits, and its stages in the index. */
  #running(): { readonly active: boolean; readonly commits: readonly string[] } {
    const names = [
      'MERGE_HEAD',
      'CHERRY_PICK_HEAD',
      'REVERT_HEAD',
      'rebase-merge/stopped-sha',
      'rebase-merge/onto',
      'rebase-apply/original-commit',
    ];
    const commits = names.flatMap((name) => textFrom(join(this.#gitDir, name), 0, 4096).match(/^[0-9a-f]{40,64}$/gm) ?? []);
    return { active: commits.length > 0, commits };
  }

  #rememberStashes(): void {
    const file = this.#stashLog;
    for (const [, , to] of textFrom(file, 0, LOOKED_BACK).matchAll(/^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) /gm)) {
      if (to === undefined || this.#stashes.has(to)) continue;
      this.#stashes.add(to);
      const [oldest] = this.#stashes;
      if (this.#stashes.size > 20 && oldest !== undefined) this.#stashes.delete(oldest);
    }
  }
}

function hasConflict(text: string): boolean {
  return /^<{7} /m.test(text) && /^>{7} /m.test(text);
}
