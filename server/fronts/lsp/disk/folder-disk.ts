import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { governedBy, mayBeGoverned } from '../../../engine/read/governed-path.ts';
import { withdrawHold } from '../../../gate/disk-holds.ts';
import type { Done } from '../../../gate/done.ts';
import { readHold } from '../../../gate/holds.ts';
import { pathMatcher, plainPath } from '../../../gate/no-go.ts';
import { judge } from '../../../gate/judge.ts';
import { recordClosed, review } from '../../../gate/review.ts';
import type { GateContext, Hold } from '../../../gate/types.ts';
import { deadline, type Gates } from '../gates.ts';
import { isLarge, judgeAside } from '../large-judgement.ts';
import { type DiskChange, editOf, JUST_NOW, type Look, type LookAgain, marksOf, provenanceOf } from './disk-change.ts';
import { changedAt, readDiskFile, stampOf } from './disk-file.ts';
import { withoutGitsOwn } from './git-config.ts';
import { sortByGit } from './git-wrote.ts';
import { KnownTexts } from './known-texts.ts';
import type { LetThrough, OnDisk } from './let-through.ts';
import { RevertCount, revertWrites } from './revert-writes.ts';
import { isPassedOver } from './watched-folders.ts';

/** So many risky files of one moment are each held alone; of more, this many together. */
const ALONE = 5;
const TOGETHER = 50;
/** Files read between two pauses of a scan. */
const CHUNK = 100;
/** Git writes files first and says why a moment later; a save is told a moment after it is on disk. In milliseconds. */
const GRACE = 350;
/** Of judging, in milliseconds. */
const LONGEST = 6_000;
/** When it is tried again to hold what could not be, in milliseconds. */
const UNWRITABLE = 3_000;
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

/** The watched files of one workspace folder as they are on disk, each against its baseline. */
export class FolderDisk {
  readonly #options: FolderDiskOptions;
  readonly #known: KnownTexts;
  readonly #seen = new Set<string>();
  readonly #early = new Set<string>();
  /** Found changed at start, and not looked at yet. */
  readonly #whileAway = new Set<string>();
  readonly #gone = new Map<string, { readonly path: string; readonly at: number }>();
  readonly #reverts = new RevertCount();
  #ready = false;

  /** Throws with a sentence where the state folder cannot be used. */
  constructor(options: FolderDiskOptions) {
    this.#options = options;
    this.#known = new KnownTexts(options.stateFolder, options.folder);
  }

  /** Takes in a part of the watched files; the looks that are needed because something changed while nobody looked. */
  async scan(files: readonly string[], last: boolean): Promise<readonly string[]> {
    const changed: string[] = [];
    for (let from = 0; from < files.length; from += CHUNK) {
      const part = files.slice(from, from + CHUNK).filter((file) => !isPassedOver(this.#known.pathOf(file)));
      for (const file of part) this.#seen.add(this.#known.pathOf(file));
      if (this.#known.baselines.isNew) changed.push(...(await this.#known.takeAsTheyAre(part)));
      else changed.push(...part.filter((file) => this.#known.baselines.of(this.#known.pathOf(file))?.stamp !== stampOf(file)));
      // Lets what the editor asks go first.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#known.saveSoon();
    if (!last) return changed;
    const gone = [...this.#known.baselines.paths].filter((path) => !this.#seen.has(path) && this.#known.baselines.of(path)?.digest !== '');
    this.#seen.clear();
    this.#ready = true;
    const early = [...this.#early];
    this.#early.clear();
    const found = [...changed, ...gone.map((path) => this.#known.fileOf(path)).filter((file) => !existsSync(file))];
    for (const file of found) this.#whileAway.add(this.#known.pathOf(file));
    return [...found, ...early];
  }

  /** What git or a shell runs: no editor lists these. */
  ownGitFiles(): readonly string[] {
    return ['.git/config', '.git/info/attributes', ...HOOKS.map((name) => `.git/hooks/${name}`)]
      .map((path) => this.#known.fileOf(path))
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
    this.#known.repositories.lookAnew();
    const changed: DiskChange[] = [];
    for (const look of looks) {
      const path = this.#known.pathOf(look.file);
      if (path === '' || path.startsWith('../') || isAbsolute(path) || isPassedOver(path) || !this.#isWatched(path, gate)) continue;
      const disk = readDiskFile(look.file);
      const one = { look, path, disk, base: this.#known.baselines.of(path), repository: this.#known.repositories.of(look.file) };
      if (disk.kind === 'absent' && one.base !== undefined && one.base.digest !== '')
        this.#gone.set(one.base.digest, { path, at: Date.now() });
      if (!(await this.#isSettled(one, gate))) changed.push(one);
    }
    const again: LookAgain[] = [];
    const unexplained = await this.#withoutGits(changed, again);
    const risky: DiskChange[] = [];
    for (const one of unexplained) if (await this.#isRisky(one, gate, again)) risky.push(one);
    const sure = risky.filter((one) => {
      if (one.look.graced || !this.#mayBeExplainedSoon(one)) return true;
      again.push({ look: { ...one.look, graced: true }, inMs: GRACE });
      return false;
    });
    if (sure.length <= ALONE) for (const one of sure) await this.#hold([one], gate, again);
    else for (let from = 0; from < sure.length; from += TOGETHER) await this.#hold(sure.slice(from, from + TOGETHER), gate, again);
    this.#known.saveSoon();
    return again;
  }

  /** Files whose hold was decided, here or elsewhere. */
  decided(held: ReadonlySet<string>): readonly string[] {
    return [...this.#known.baselines.paths].flatMap((path) => {
      const hold = this.#known.baselines.of(path)?.pending?.hold;
      return hold === undefined || held.has(hold) ? [] : [this.#known.fileOf(path)];
    });
  }

  /** Puts the texts of before back, at a person's wish. */
  async revert(hold: Hold, gate: GateContext): Promise<Done> {
    const done = await this.#putBack(hold, gate, { stays: false, cause: 'A person reverted what was written to disk.' });
    this.#known.saveSoon();
    return done;
  }

  close(): void {
    this.#known.close();
  }

  /** What nobody has to ask about: it is as it was, was dealt with already, or the editor wrote it. */
  async #isSettled({ look, path, disk, base }: DiskChange, gate: GateContext): Promise<boolean> {
    const { digest, stamp } = marksOf(disk);
    if (digest === (base?.digest ?? '')) {
      if (base?.pending?.hold !== undefined) await this.#withdraw(base.pending.hold, 'The file is as it was before.', gate);
      if (base !== undefined && (base.pending !== undefined || base.stamp !== stamp)) this.#known.baselines.pend(path, undefined, stamp);
      return true;
    }
    const pending = base?.pending;
    const isHeld = pending?.hold !== undefined && readHold(gate.stateFolder, pending.hold) !== undefined;
    const text = disk.kind === 'text' ? disk.text : '';
    if (pending?.digest === digest) {
      if (!isHeld && disk.kind !== 'opaque' && this.#options.letThrough.covers(onDisk(look.file, text, digest, base), [], gate.now()))
        this.#known.accept(path, disk);
      else this.#known.baselines.pend(path, pending, stamp);
      return true;
    }
    // What a person saves over a text that is held may still have what is held in it.
    if (!isHeld && disk.kind === 'text' && this.#options.isSaved(look.file, disk.text)) {
      this.#known.accept(path, disk);
      return true;
    }
    return false;
  }

  /** Without what git itself wrote. Where it is at work, it is waited for. */
  async #withoutGits(changed: readonly DiskChange[], again: LookAgain[]): Promise<readonly DiskChange[]> {
    const sorted = await sortByGit(changed, {
      since: this.#known.baselines.savedAt,
      whileAway: this.#whileAway,
      keptText: (base) => this.#known.baselines.text(base),
    });
    const waiting = new Set(sorted.again.map(({ look }) => look));
    for (const { path, look } of changed) if (!waiting.has(look)) this.#whileAway.delete(path);
    again.push(...sorted.again);
    for (const { one, blob } of sorted.accepted) await this.#acceptChange(one, blob);
    for (const { path, disk } of sorted.conflicts) {
      const { digest, stamp } = marksOf(disk);
      this.#known.baselines.pend(path, { digest }, stamp);
    }
    return sorted.left;
  }

  async #isRisky(one: DiskChange, gate: GateContext, again: LookAgain[]): Promise<boolean> {
    const { path, disk, look } = one;
    const edit = await editOf(one, this.#known, this.#gone);
    if (path.endsWith('.git/config') && withoutGitsOwn(edit.before) === withoutGitsOwn(edit.after)) {
      await this.#acceptChange(one);
      return false;
    }
    if (this.#options.letThrough.isOwn(look.file, one.base?.digest ?? '', marksOf(disk).digest)) {
      await this.#acceptChange(one);
      return false;
    }
    const suggestion = { workspace: this.#options.folder, edits: [edit] };
    if (isLarge(suggestion) && (await judgeAside(suggestion, gate.policy, LONGEST)) === undefined) {
      one.cause = 'is too large to be worked out in time';
      return true;
    }
    const judgement = judge(suggestion, inOwnTime(gate));
    switch (judgement.verdict) {
      case 'allow':
      case 'note':
        await this.#acceptChange(one);
        return false;
      case 'closed':
        await this.#cannotJudge(one, judgement.cause ?? 'cannot be worked out', gate, again);
        return false;
      default: {
        const needed = judgement.needed.map(({ fingerprint }) => fingerprint);
        one.unreadable = judgement.assessments.some(({ findings }) => findings.some(({ rule }) => rule === 'unreadable-on-disk'));
        if (!this.#options.letThrough.covers(onDisk(look.file, edit.after, marksOf(disk).digest, one.base), needed, gate.now()))
          return true;
        await this.#acceptChange(one);
        return false;
      }
    }
  }

  #mayBeExplainedSoon({ look, disk, repository, unreadable }: DiskChange): boolean {
    // Whoever writes in parts has not come to the end yet.
    if (unreadable === true) return true;
    if (repository !== undefined && repository.quietFor < JUST_NOW) return true;
    return disk.kind === 'text' && this.#options.openText(look.file) === disk.text.replace(/^\uFEFF/, '');
  }

  async #hold(all: readonly DiskChange[], gate: GateContext, again: LookAgain[]): Promise<void> {
    const edits = await Promise.all(all.map((one) => editOf(one, this.#known, this.#gone)));
    const outcome = await review({ workspace: this.#options.folder, edits, disk: 'written' }, inOwnTime(gate));
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
      const { digest, stamp } = marksOf(disk);
      this.#known.baselines.pend(path, { digest, hold: hold.id }, stamp);
    }
    this.#options.held();
    // A policy that put itself back could never be changed by anybody.
    const isOwn = all.some(({ path }) => governedBy(path)?.of === 'countersign');
    if (gate.policy.diskWrites !== 'revert' || isOwn || all.some(({ path }) => this.#reverts.isTooOften(path))) return;
    const done = await this.#putBack(hold, gate, { stays: true, cause: 'The policy reverts risky writes to disk.' });
    const [first] = all;
    if (!done.ok && first !== undefined) this.#options.unreadable(first.look.file, done.problem);
  }

  async #putBack(hold: Hold, gate: GateContext, how: { readonly stays: boolean; readonly cause: string }): Promise<Done> {
    const done = await revertWrites(hold, this.#known, gate, how);
    if (done.ok) this.#options.held();
    return done;
  }

  /** Says so once for each text: what was good stays the baseline. */
  async #cannotJudge({ path, disk, look }: DiskChange, cause: string, gate: GateContext, again: LookAgain[]): Promise<void> {
    if (look.told !== true) this.#options.unreadable(look.file, cause);
    const closed = { workspace: this.#options.folder, paths: [path], provenance: provenanceOf(''), cause };
    if ((await recordClosed(closed, gate)) !== undefined) {
      // What no record speaks of is not dealt with.
      again.push({ look: { ...look, told: true }, inMs: UNWRITABLE });
      return;
    }
    const { digest, stamp } = marksOf(disk);
    this.#known.baselines.pend(path, { digest }, stamp);
  }

  async #withdraw(id: string, cause: string, gate: GateContext): Promise<void> {
    const hold = readHold(gate.stateFolder, id);
    await withdrawHold(id, cause, gate);
    // The other files of the same hold are looked at anew.
    for (const { path } of hold?.edits ?? []) {
      const base = this.#known.baselines.of(path);
      if (base?.pending?.hold === id) this.#known.baselines.pend(path, undefined, '');
    }
    this.#options.held();
  }

  async #acceptChange({ path, disk, base }: DiskChange, blob?: string): Promise<void> {
    const former = base?.pending?.hold;
    this.#known.accept(path, disk, blob);
    if (disk.kind === 'text') this.#options.letThrough.forget(this.#known.fileOf(path), disk.text);
    if (former === undefined) return;
    const opened = await this.#options.gates.of(this.#options.folder);
    if (opened.ok) await this.#withdraw(former, 'What was held is not in the file any more.', opened.gate);
  }

  #isWatched(path: string, { policy }: GateContext): boolean {
    return (
      mayBeGoverned(path) ||
      (policy.watch.length > 0 && policy.watch.some((glob) => pathMatcher(glob)(plainPath(path, this.#options.folder))))
    );
  }
}

/** Of many files of one moment, the last is not left with what time the others did not take. */
function inOwnTime(gate: GateContext): GateContext {
  return { ...gate, outOfTime: deadline(LONGEST) };
}

function onDisk(file: string, text: string, digest: string, base: DiskChange['base']): OnDisk {
  return { file, text, changedAt: changedAt(file), wasGood: base?.earlier.includes(digest) === true };
}
