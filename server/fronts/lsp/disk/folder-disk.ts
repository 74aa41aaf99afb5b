import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { governedBy, isWatchedByName, mayBeGoverned } from '../../../engine/read/governed-path.ts';
import type { Edit, Provenance } from '../../../engine/types.ts';
import { type Baseline, Baselines, digestOfBytes } from '../../../gate/baselines.ts';
import { revertHold, withdrawHold, type Restoring } from '../../../gate/disk-holds.ts';
import type { Done } from '../../../gate/decisions.ts';
import { readHold } from '../../../gate/holds.ts';
import { pathMatcher, plainPath } from '../../../gate/no-go.ts';
import { opaqueText } from '../../../gate/opaque-text.ts';
import { digestOf } from '../../../gate/recorded.ts';
import { judge } from '../../../gate/judge.ts';
import { recordClosed, review } from '../../../gate/review.ts';
import type { GateContext, Hold } from '../../../gate/types.ts';
import type { Gates } from '../gates.ts';
import { isLarge, judgeAside } from '../large-judgement.ts';
import { type DiskFile, readDiskFile, stampOf, textOf } from './disk-file.ts';
import type { LetThrough } from './let-through.ts';
import { withoutGitsOwn } from './git-config.ts';
import { blobId, Repositories, type Repository } from './repository.ts';
import { isPassedOver } from './watched-folders.ts';

/** So many risky files of one moment are each held alone; of more, this many together. */
const ALONE = 5;
const TOGETHER = 50;
/** Files read between two pauses of a scan. */
const CHUNK = 100;
/** Git moved files just now, in milliseconds. */
const JUST_NOW = 5_000;
/** Git writes files first and says why a moment later; a save is told a moment after it is on disk. In milliseconds. */
const GRACE = 350;
const GIT_BUSY = 100;
/** What git does takes no longer; then a file is looked at whatever git says, in milliseconds. */
const LONGEST_BUSY = 15_000;
/** A file that was reverted so often within a minute is only shown: two programs would go on for ever. */
const MOST_REVERTS = 5;
const LONGEST = 6_000;
/** When it is tried again to hold what could not be, in milliseconds. */
const UNWRITABLE = 3_000;
/** The server is started a while after the window, in milliseconds. */
const BEFORE_START = 3_000;
const HOOKS = [
  'pre-commit',
  'prepare-commit-msg',
  'commit-msg',
  'post-commit',
  'pre-push',
  'pre-rebase',
  'post-checkout',
  'post-merge',
  'post-rewrite',
];

export type FolderDiskOptions = {
  readonly folder: string;
  readonly stateFolder: string;
  readonly gates: Gates;
  readonly now: () => Date;
  readonly letThrough: LetThrough;
  /** Did the editor itself write this text to this file just now? */
  readonly isSaved: (file: string, text: string) => boolean;
  /** The text of an open document. */
  readonly openText: (file: string) => string | undefined;
  /** A hold was made, changed or withdrawn. */
  readonly held: () => void;
  readonly unreadable: (file: string, cause: string) => void;
};

/** A file to look at. `graced`: whoever may have had a reason was given the time to tell it. */
export type Look = {
  readonly file: string;
  readonly since: number;
  readonly graced: boolean;
  /** It could not be held, and that was said. */
  readonly told?: boolean;
};
export type LookAgain = { readonly look: Look; readonly inMs: number };

type Changed = {
  readonly look: Look;
  readonly path: string;
  readonly disk: DiskFile;
  readonly base: Baseline | undefined;
  readonly repository: Repository | undefined;
  /** Why its text cannot be judged, completing "it "; where that shows only on trying. */
  cause?: string;
  /** Its text was read, and could not be understood. */
  unreadable?: boolean;
};

/** The watched files of one workspace folder as they are on disk, each against its baseline. */
export class FolderDisk {
  readonly #options: FolderDiskOptions;
  readonly #baselines: Baselines;
  readonly #repositories: Repositories;
  readonly #seen = new Set<string>();
  readonly #early = new Set<string>();
  /** Found changed at start, and not looked at yet. */
  readonly #whileAway = new Set<string>();
  /** Files that went away just now, by the digest of their last good text: the same text under another name is no news. */
  readonly #gone = new Map<string, { readonly path: string; readonly at: number }>();
  readonly #reverts = new Map<string, number[]>();
  #ready = false;
  #saving: NodeJS.Timeout | undefined;

  /** Throws with a sentence where the state folder cannot be used. */
  constructor(options: FolderDiskOptions) {
    this.#options = options;
    this.#baselines = new Baselines(options.stateFolder, options.folder);
    this.#repositories = new Repositories((root) => this.#baselines.heads[root]);
  }

  /** Takes in a part of the watched files; the looks that are needed because something changed while nobody looked. */
  async scan(files: readonly string[], last: boolean): Promise<readonly string[]> {
    const changed: string[] = [];
    for (let from = 0; from < files.length; from += CHUNK) {
      const part = files.slice(from, from + CHUNK).filter((file) => !isPassedOver(this.#pathOf(file)));
      for (const file of part) this.#seen.add(this.#pathOf(file));
      if (this.#baselines.isNew) changed.push(...(await this.#takeAsTheyAre(part)));
      else changed.push(...part.filter((file) => this.#baselines.of(this.#pathOf(file))?.stamp !== stampOf(file)));
      // Lets what the editor asks go first.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#saveSoon();
    if (!last) return changed;
    const gone = [...this.#baselines.paths].filter((path) => !this.#seen.has(path) && this.#baselines.of(path)?.digest !== '');
    this.#seen.clear();
    this.#ready = true;
    const early = [...this.#early];
    this.#early.clear();
    const found = [...changed, ...gone.map((path) => this.#fileOf(path)).filter((file) => !existsSync(file))];
    for (const file of found) this.#whileAway.add(this.#pathOf(file));
    return [...found, ...early];
  }

  /** What git or a shell runs: no editor lists these. */
  ownGitFiles(): readonly string[] {
    return ['.git/config', '.git/info/attributes', ...HOOKS.map((name) => `.git/hooks/${name}`)]
      .map((path) => this.#fileOf(path))
      .filter((file) => existsSync(file));
  }

  /** Looks at files of this folder; those to look at again are given back. */
  async look(looks: readonly Look[]): Promise<readonly LookAgain[]> {
    if (!this.#ready) {
      for (const { file } of looks) this.#early.add(file);
      return [];
    }
    const opened = await this.#options.gates.of(this.#options.folder);
    // GateHealth says what is wrong; until it is mended nothing can be judged, and nothing is forgotten.
    if (!opened.ok || opened.gate.closedBecause !== undefined) return looks.map((look) => ({ look, inMs: 2_000 }));
    const { gate } = opened;
    await this.#options.letThrough.refresh(gate.ledger);
    this.#repositories.lookAnew();
    const changed: Changed[] = [];
    for (const look of looks) {
      const path = this.#pathOf(look.file);
      if (path === '' || path.startsWith('../') || isAbsolute(path) || isPassedOver(path) || !this.#isWatched(path, gate)) continue;
      const disk = readDiskFile(look.file);
      const one = { look, path, disk, base: this.#baselines.of(path), repository: this.#repositories.of(look.file) };
      if (disk.kind === 'absent' && one.base !== undefined && one.base.digest !== '')
        this.#gone.set(one.base.digest, { path, at: Date.now() });
      if (!(await this.#isSettled(one, gate))) changed.push(one);
    }
    const again: LookAgain[] = [];
    const unexplained = await this.#withoutGit(changed, again);
    const risky: Changed[] = [];
    for (const one of unexplained) if (await this.#isRisky(one, gate)) risky.push(one);
    const sure = risky.filter((one) => {
      if (one.look.graced || !this.#mayBeExplainedSoon(one)) return true;
      again.push({ look: { ...one.look, graced: true }, inMs: GRACE });
      return false;
    });
    if (sure.length <= ALONE) for (const one of sure) await this.#hold([one], gate, again);
    else for (let from = 0; from < sure.length; from += TOGETHER) await this.#hold(sure.slice(from, from + TOGETHER), gate, again);
    this.#saveSoon();
    return again;
  }

  /** Files whose hold was decided, here or elsewhere. */
  decided(held: ReadonlySet<string>): readonly string[] {
    return [...this.#baselines.paths].flatMap((path) => {
      const hold = this.#baselines.of(path)?.pending?.hold;
      return hold === undefined || held.has(hold) ? [] : [this.#fileOf(path)];
    });
  }

  /** Puts the texts of before back, at a person's wish. */
  async revert(hold: Hold, gate: GateContext): Promise<Done> {
    const done = await this.#revert(hold, gate, { stays: false, cause: 'A person reverted what was written to disk.' });
    this.#saveSoon();
    return done;
  }

  close(): void {
    clearTimeout(this.#saving);
    this.#save();
  }

  /** What nobody has to ask about: it is as it was, was dealt with already, or the editor wrote it. */
  async #isSettled({ look, path, disk, base }: Changed, gate: GateContext): Promise<boolean> {
    const digest = disk.kind === 'absent' ? '' : disk.digest;
    const stamp = disk.kind === 'absent' ? '' : disk.stamp;
    if (digest === (base?.digest ?? '')) {
      if (base?.pending?.hold !== undefined) await this.#withdraw(base.pending.hold, 'The file is as it was before.', gate);
      if (base !== undefined && (base.pending !== undefined || base.stamp !== stamp)) this.#baselines.pend(path, undefined, stamp);
      return true;
    }
    const pending = base?.pending;
    const isHeld = pending?.hold !== undefined && readHold(gate.stateFolder, pending.hold) !== undefined;
    const text = disk.kind === 'text' ? disk.text : '';
    if (pending?.digest === digest) {
      if (!isHeld && disk.kind !== 'opaque' && this.#options.letThrough.covers(look.file, text, [], gate.now())) this.#accept(path, disk);
      else this.#baselines.pend(path, pending, stamp);
      return true;
    }
    // What a person saves over a text that is held may still have what is held in it.
    if (!isHeld && disk.kind === 'text' && this.#options.isSaved(look.file, disk.text)) {
      this.#accept(path, disk);
      return true;
    }
    return false;
  }

  /** Without what git itself wrote. Where it is at work, it is waited for. */
  async #withoutGit(changed: readonly Changed[], again: LookAgain[]): Promise<readonly Changed[]> {
    const left: Changed[] = [];
    for (const [repository, found] of grouped(changed)) {
      if (repository === undefined) {
        left.push(...found);
        continue;
      }
      const patient = repository.isBusy ? found.filter(({ look }) => Date.now() - look.since < LONGEST_BUSY) : [];
      again.push(...patient.map(({ look }) => ({ look, inMs: GIT_BUSY })));
      const all = found.filter((one) => !patient.includes(one));
      const readable = all.filter(({ disk }) => disk.kind !== 'opaque');
      left.push(...all.filter(({ disk }) => disk.kind === 'opaque'));
      const explained = await repository.explains(
        readable.map(({ look, disk }) => ({ path: repository.pathOf(look.file), bytes: disk.kind === 'text' ? disk.bytes : undefined })),
      );
      const movedNow = repository.quietFor < JUST_NOW;
      const movedAway = Date.now() - repository.quietFor > this.#baselines.savedAt;
      for (const [index, one] of readable.entries()) {
        const by = explained[index] ?? { kind: 'no' };
        const digest = one.disk.kind === 'text' ? one.disk.digest : '';
        const moved = movedNow || (movedAway && this.#whileAway.delete(one.path));
        if (by.kind === 'yes' || (moved && one.base?.earlier.includes(digest) === true)) await this.#acceptChange(one, by.blob);
        else if (by.kind === 'conflict') this.#baselines.pend(one.path, { digest }, one.disk.kind === 'text' ? one.disk.stamp : '');
        else left.push(one);
      }
    }
    return left;
  }

  async #isRisky(one: Changed, gate: GateContext): Promise<boolean> {
    const { path, disk, look } = one;
    const edit = await this.#editOf(one);
    if (path.endsWith('.git/config') && withoutGitsOwn(edit.before) === withoutGitsOwn(edit.after)) {
      await this.#acceptChange(one);
      return false;
    }
    const digest = disk.kind === 'absent' ? '' : disk.digest;
    if (this.#options.letThrough.isOwn(look.file, one.base?.digest ?? '', digest)) {
      await this.#acceptChange(one);
      return false;
    }
    const suggestion = { workspace: this.#options.folder, edits: [edit] };
    if (isLarge(suggestion) && (await judgeAside(suggestion, gate.policy, LONGEST)) === undefined) {
      one.cause = 'is too large to be worked out in time';
      return true;
    }
    const judgement = judge(suggestion, gate);
    switch (judgement.verdict) {
      case 'allow':
      case 'note':
        await this.#acceptChange(one);
        return false;
      case 'closed':
        await this.#cannotJudge(one, judgement.cause ?? 'cannot be worked out', gate);
        return false;
      default: {
        const needed = judgement.needed.map(({ fingerprint }) => fingerprint);
        one.unreadable = judgement.assessments.some(({ findings }) => findings.some(({ rule }) => rule === 'unreadable-on-disk'));
        if (!this.#options.letThrough.covers(look.file, edit.after, needed, gate.now())) return true;
        await this.#acceptChange(one);
        return false;
      }
    }
  }

  #mayBeExplainedSoon({ look, disk, repository, unreadable }: Changed): boolean {
    // Whoever writes in parts has not come to the end yet.
    if (unreadable === true) return true;
    if (repository !== undefined && repository.quietFor < JUST_NOW) return true;
    return disk.kind === 'text' && this.#options.openText(look.file) === disk.text.replace(/^\uFEFF/, '');
  }

  async #hold(all: readonly Changed[], gate: GateContext, again: LookAgain[]): Promise<void> {
    const edits = await Promise.all(all.map((one) => this.#editOf(one)));
    const outcome = await review({ workspace: this.#options.folder, edits, disk: 'written' }, gate);
    if (outcome.verdict === 'closed') {
      // Neither log nor hold could be written: nothing was dealt with, and it is tried until it can be.
      for (const { look } of all) {
        if (look.told !== true) this.#options.unreadable(look.file, outcome.cause);
        again.push({ look: { ...look, graced: true, told: true }, inMs: UNWRITABLE });
      }
      return;
    }
    if (!('hold' in outcome)) {
      for (const one of all) await this.#acceptChange(one);
      return;
    }
    const { hold } = outcome;
    for (const { path, disk, base } of all) {
      const former = base?.pending?.hold;
      if (former !== undefined && former !== hold.id) await this.#withdraw(former, 'The file was changed again.', gate);
      const [digest, stamp] = disk.kind === 'absent' ? ['', ''] : [disk.digest, disk.stamp];
      this.#baselines.pend(path, { digest, hold: hold.id }, stamp);
    }
    this.#options.held();
    // A policy that put itself back could never be changed by anybody.
    const isOwn = all.some(({ path }) => governedBy(path)?.of === 'countersign');
    if (gate.policy.diskWrites !== 'revert' || isOwn || all.some(({ path }) => this.#revertsTooOften(path))) return;
    const done = await this.#revert(hold, gate, { stays: true, cause: 'The policy reverts risky writes to disk.' });
    const [first] = all;
    if (!done.ok && first !== undefined) this.#options.unreadable(first.look.file, done.problem);
  }

  async #revert(hold: Hold, gate: GateContext, how: { readonly stays: boolean; readonly cause: string }): Promise<Done> {
    const restoring: Restoring[] = [];
    for (const { path, before } of hold.edits) {
      const base = this.#baselines.of(path);
      if (base?.pending === undefined) return { ok: false, problem: `${path} is not as it was when this was held. Look at it again.` };
      if (!/^(?:[0-9a-f]{64})?$/.test(base.pending.digest))
        return { ok: false, problem: `${path} cannot be read here, so it is left alone. Look at it, and put it back by hand.` };
      const kept = await this.#bytesOf(base, this.#fileOf(path));
      const bytes = base.digest === '' ? undefined : kept !== undefined && textOf(kept) === before ? kept : Buffer.from(before);
      restoring.push({ file: this.#fileOf(path), now: base.pending.digest, before: bytes });
    }
    const done = await revertHold(hold, restoring, gate, how);
    if (done.ok) {
      for (const { path, after } of hold.edits) {
        this.#baselines.pend(path, undefined, stampOf(this.#fileOf(path)));
        this.#baselines.distrust(path, digestOf(after));
      }
      this.#options.held();
    }
    return done;
  }

  #revertsTooOften(path: string): boolean {
    const now = Date.now();
    const recent = [...(this.#reverts.get(path) ?? []).filter((at) => now - at < 60_000), now];
    this.#reverts.set(path, recent);
    return recent.length > MOST_REVERTS;
  }

  /** Says so once for each text: what was good stays the baseline. */
  async #cannotJudge({ path, disk, look }: Changed, cause: string, gate: GateContext): Promise<void> {
    const [digest, stamp] = disk.kind === 'absent' ? ['', ''] : [disk.digest, disk.stamp];
    this.#baselines.pend(path, { digest }, stamp);
    this.#options.unreadable(look.file, cause);
    await recordClosed({ workspace: this.#options.folder, paths: [path], provenance: provenanceOf(''), cause }, gate);
  }

  async #withdraw(id: string, cause: string, gate: GateContext): Promise<void> {
    const hold = readHold(gate.stateFolder, id);
    await withdrawHold(id, cause, gate);
    // The other files of the same hold are looked at anew.
    for (const { path } of hold?.edits ?? []) {
      const base = this.#baselines.of(path);
      if (base?.pending?.hold === id) this.#baselines.pend(path, undefined, '');
    }
    this.#options.held();
  }

  async #acceptChange({ path, disk, base }: Changed, blob?: string): Promise<void> {
    const former = base?.pending?.hold;
    this.#accept(path, disk, blob);
    if (former === undefined) return;
    const opened = await this.#options.gates.of(this.#options.folder);
    if (opened.ok) await this.#withdraw(former, 'What was held is not in the file any more.', opened.gate);
  }

  #accept(path: string, disk: DiskFile, blob?: string): void {
    if (disk.kind === 'absent') this.#baselines.accept(path, undefined, '');
    else if (disk.kind === 'text') this.#baselines.accept(path, disk.bytes, disk.stamp, blob);
    else this.#baselines.pend(path, { digest: disk.digest }, disk.stamp);
  }

  /** At the very first look. What was written since this window was opened is compared with the commit all the same. */
  async #takeAsTheyAre(files: readonly string[]): Promise<readonly string[]> {
    const fresh: string[] = [];
    const read = files.map((file) => ({ file, disk: readDiskFile(file), repository: this.#repositories.of(file) }));
    for (const [repository, all] of grouped(read)) {
      const blobs = repository === undefined ? [] : await repository.blobsAtHead(all.map(({ file }) => repository.pathOf(file)));
      for (const [index, { file, disk }] of all.entries()) {
        const path = this.#pathOf(file);
        const blob = blobs[index];
        if (disk.kind === 'opaque') this.#baselines.pend(path, { digest: disk.digest }, disk.stamp);
        if (disk.kind !== 'text') continue;
        const isCommitted = blob === blobId(disk.bytes, blobs);
        const bytes = !isCommitted && blob !== undefined && isFresh(file) ? await repository?.blob(blob) : undefined;
        if (bytes === undefined) this.#accept(path, disk, isCommitted ? blob : undefined);
        else {
          this.#baselines.accept(path, bytes, '', blob);
          fresh.push(file);
        }
      }
    }
    return fresh;
  }

  async #editOf({ path, disk, base, look, cause }: Changed): Promise<Edit> {
    const bytes = base === undefined ? undefined : await this.#bytesOf(base, look.file);
    const opaque = disk.kind === 'opaque' ? disk.cause : cause;
    const after = opaque !== undefined ? opaqueText(opaque) : disk.kind === 'text' ? disk.text : '';
    const before = this.#isMoved(path, disk, base) ? after : bytes === undefined ? '' : textOf(bytes);
    return { path, before, after, provenance: provenanceOf(after) };
  }

  /** A name may be what gives a text its power: then moving it there is news. */
  #isMoved(path: string, disk: DiskFile, base: Baseline | undefined): boolean {
    if (disk.kind !== 'text' || (base !== undefined && base.digest !== '')) return false;
    const from = this.#gone.get(disk.digest);
    if (from === undefined || Date.now() - from.at > JUST_NOW || governedBy(path) !== undefined) return false;
    return isWatchedByName(path) === isWatchedByName(from.path);
  }

  async #bytesOf(base: Baseline, file: string): Promise<Buffer | undefined> {
    const kept = this.#baselines.text(base);
    if (kept !== undefined || base.blob === undefined) return kept;
    const bytes = await this.#repositories.of(file)?.blob(base.blob);
    return bytes !== undefined && digestOfBytes(bytes) === base.digest ? bytes : undefined;
  }

  #isWatched(path: string, { policy }: GateContext): boolean {
    return (
      mayBeGoverned(path) ||
      (policy.watch.length > 0 && policy.watch.some((glob) => pathMatcher(glob)(plainPath(path, this.#options.folder))))
    );
  }

  #pathOf(file: string): string {
    return relative(this.#options.folder, file).split(sep).join('/');
  }

  #fileOf(path: string): string {
    return join(this.#options.folder, path);
  }

  #saveSoon(): void {
    this.#saving ??= setTimeout(() => this.#save(), 500).unref();
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    for (const { root, head } of this.#repositories.all) if (head !== undefined) this.#baselines.setHead(root, head);
    try {
      this.#baselines.save(Date.now());
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

function provenanceOf(after: string): Provenance {
  return { channel: 'disk', certainty: 'inferred', digests: { output: digestOf(after) } };
}

function grouped<T extends { readonly repository: Repository | undefined }>(all: readonly T[]): Map<Repository | undefined, T[]> {
  const groups = new Map<Repository | undefined, T[]>();
  for (const one of all) {
    const group = groups.get(one.repository);
    if (group === undefined) groups.set(one.repository, [one]);
    else group.push(one);
  }
  return groups;
}
