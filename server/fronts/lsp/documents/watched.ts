import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isWatchedByName, mayBeGoverned } from '../../../engine/read/governed-path.ts';
import type { Assessment, Problem, Provenance } from '../../../engine/types.ts';
import { gateVerdicts } from '../../../gate/finding-verdicts.ts';
import { judge } from '../../../gate/judge.ts';
import type { GateContext, Hold } from '../../../gate/types.ts';
import { isCommandPath } from '../../command-words.ts';
import { noticesOf, problemNotices, type Notice } from '../diagnostics.ts';
import { deadline, type Gates } from '../gates.ts';
import { type Found, isLarge, judgeAside } from '../large-judgement.ts';
import { LogIndex } from './accepted.ts';
import { BeforeTexts } from './before-texts.ts';
import { isUntitled, placeOf, sameFile, type DocumentPlace } from './places.ts';
import { statementsOf, type Span } from './statement.ts';

/** What is known of an open document at one version of its text. */
export type View = {
  readonly uri: string;
  readonly version: number;
  readonly text: string;
  readonly baseline: string;
  readonly notices: readonly Notice[];
  readonly statementAt: (offset: number) => Span;
};

export type WatchedOptions = {
  readonly gates: Gates;
  readonly folders: () => readonly string[];
  readonly holds: () => readonly Hold[];
  readonly now: () => Date;
  /** Called with each new view; an empty one when a document is closed or nothing in it is governed. */
  readonly publish: (view: View) => void;
};

/** After the last keystroke, in milliseconds; longer for texts whose assessment could be felt. */
const QUIET = 200;
const QUIET_LARGE = 800;
const LARGE = 500_000;
/** Half-typed text is no problem: what cannot be read is told only when it stays so, in milliseconds. */
const STAYS_UNREADABLE = 1_200;
/** How long a lens, a hover or an action waits for the newest text to be looked at, in milliseconds. */
const LONGEST_WAIT = 1_500;
/** The same for a large text, which is worked out beside the thread that answers. */
const LONGEST_ASIDE = 10_000;
/** No assessment for display takes longer than this, in milliseconds. */
const LONGEST = 1_500;

type Open = {
  text: string;
  version: number;
  changed: boolean;
  timer: NodeJS.Timeout | undefined;
  /** When the text last changed. */
  at: number;
  view: View | undefined;
  looking: Promise<void>;
  /** Those who wait for the view of the newest text. */
  waiting: (() => void)[];
};

/** The open documents, each looked at again a moment after it, its holds or its accepted text changed. Holds timers until closed. */
export class WatchedDocuments {
  readonly #options: WatchedOptions;
  readonly #open = new Map<string, Open>();
  readonly #before = new BeforeTexts();
  readonly #log = new LogIndex();

  constructor(options: WatchedOptions) {
    this.#options = options;
  }

  opened(uri: string, version: number, text: string): void {
    const place = placeOf(uri, this.#options.folders());
    // Nothing is read, asked of git or kept for a document that can hold nothing governed.
    if (place === undefined || !mayBeGoverned(place.path)) return;
    this.#before.opened(uri, text);
    this.#open.set(uri, {
      text,
      version,
      changed: false,
      timer: undefined,
      at: 0,
      view: undefined,
      looking: Promise.resolve(),
      waiting: [],
    });
    this.#lookSoon(uri, 0);
  }

  changed(uri: string, version: number, text: string): void {
    const open = this.#open.get(uri);
    if (open === undefined) return;
    open.version = version;
    open.text = text;
    open.changed = true;
    open.at = performance.now();
    this.#lookSoon(uri, text.length > LARGE ? QUIET_LARGE : QUIET);
  }

  saved(uri: string): void {
    this.#before.forget(uri);
    this.#lookSoon(uri, 0);
  }

  closed(uri: string): void {
    const open = this.#open.get(uri);
    if (open === undefined) return;
    clearTimeout(open.timer);
    for (const tell of open.waiting) tell();
    this.#open.delete(uri);
    this.#before.closed(uri);
    this.#options.publish({
      uri,
      version: open.version,
      text: '',
      baseline: '',
      notices: [],
      statementAt: (at) => ({ start: at, end: at }),
    });
  }

  /** Holds, log or policy changed. */
  lookAgain(): void {
    for (const uri of this.#open.keys()) this.#lookSoon(uri, 0);
  }

  /**
   * The view of the newest text. Where the newest text has not been looked at yet, waits for that a moment; undefined when it
   * takes longer, since offsets of an older text point at the wrong place.
   */
  async view(uri: string): Promise<View | undefined> {
    const open = this.#open.get(uri);
    if (open === undefined) return undefined;
    if (open.view?.version !== open.version) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LONGEST_WAIT);
        open.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return open.view?.version === open.version ? open.view : undefined;
  }

  /** What the editor shows now and what was accepted, for a review of what is in the document already. */
  async texts(uri: string): Promise<{ readonly baseline: string; readonly text: string; readonly provenance: Provenance } | undefined> {
    const open = this.#open.get(uri);
    const place = placeOf(uri, this.#options.folders());
    if (open === undefined || place === undefined) return undefined;
    const baseline = await this.#before.of(uri, place.file);
    return { baseline, text: open.text, provenance: this.#provenanceOf(open, place) };
  }

  close(): void {
    for (const { timer, waiting } of this.#open.values()) {
      clearTimeout(timer);
      for (const tell of waiting) tell();
    }
    this.#open.clear();
  }

  #lookSoon(uri: string, wait: number): void {
    const open = this.#open.get(uri);
    if (open === undefined) return;
    clearTimeout(open.timer);
    open.timer = setTimeout(() => {
      open.looking = open.looking.then(() => this.#look(uri, open)).catch(() => undefined);
    }, wait);
  }

  async #look(uri: string, open: Open): Promise<void> {
    const { gates, folders, holds, now, publish } = this.#options;
    const { version, text } = open;
    const outdated = (): boolean => this.#open.get(uri) !== open || open.version !== version;
    const place = placeOf(uri, folders());
    if (place === undefined) return;
    const [baseline, opened, disk] = await Promise.all([this.#before.of(uri, place.file), gates.of(place.workspace), diskText(place.file)]);
    if (!opened.ok || outdated()) return;
    await this.#log.refresh(opened.gate.ledger);
    // Lets what came in meanwhile, such as the next keystroke, go first.
    await new Promise((resolve) => setImmediate(resolve));
    if (outdated()) return;

    const { gate } = opened;
    const provenance = this.#provenanceOf(open, place);
    const { assessment, ignored } = await foundIn(place, baseline, text, provenance, gate);
    if (outdated()) return;
    const unreadable = this.#unreadable(uri, open, place, assessment);
    const notices = noticesOf({
      baseline,
      text,
      assessment,
      onDisk: disk === text,
      provenance,
      ...gateVerdicts({ path: place.path, before: baseline, after: text, provenance }, assessment, place.workspace, gate),
      ignored,
      acceptanceOf: (fingerprint) => this.#log.acceptanceOf(fingerprint, now()),
      holds: holds().flatMap((hold) => hold.edits.filter((edit) => isOf(hold.workspace, edit.path, place)).map((edit) => ({ hold, edit }))),
      now: now(),
    });
    open.view = {
      uri,
      version,
      text,
      baseline,
      notices: [...notices, ...(unreadable ? problemNotices(assessment, text) : [])],
      statementAt: lazily(text),
    };
    publish(open.view);
    for (const tell of open.waiting.splice(0)) tell();
  }

  #unreadable(uri: string, open: Open, place: DocumentPlace, { kind, problems }: Assessment): boolean {
    if (problems.length === 0 || (kind === 'none' && problems[0] !== TOO_LARGE && !isWatchedByName(place.path))) return false;
    const quietFor = open.at === 0 ? STAYS_UNREADABLE : performance.now() - open.at;
    if (quietFor >= STAYS_UNREADABLE) return true;
    this.#lookSoon(uri, STAYS_UNREADABLE - quietFor + 10);
    return false;
  }

  #provenanceOf(open: Open, place: DocumentPlace): Provenance {
    const written = this.#log.writerOf(place.path, open.text);
    if (written !== undefined) return written;
    return open.changed ? { channel: 'typed', certainty: 'human' } : { channel: 'disk', certainty: 'inferred' };
  }
}

async function foundIn(
  place: DocumentPlace,
  before: string,
  after: string,
  provenance: Provenance,
  { policy, now }: GateContext,
): Promise<{ readonly assessment: Assessment; readonly ignored: Found['ignored'] }> {
  const { path, workspace } = place;
  const suggestion = { workspace, edits: [{ path, before, after, provenance }] };
  const found = isLarge(suggestion)
    ? await judgeAside(suggestion, policy, LONGEST_ASIDE)
    : judge(suggestion, { policy, outOfTime: deadline(LONGEST), now });
  return {
    assessment: found?.assessments[0] ?? { path, kind: 'none', findings: [], problems: [TOO_LARGE] },
    ignored: found?.ignored ?? [],
  };
}

const TOO_LARGE: Problem = {
  kind: 'undecided',
  message: 'This file is too large to be checked while it is open. An agent’s edits of it are refused; split it to have them checked.',
  blinds: true,
};

function isOf(workspace: string, path: string, place: DocumentPlace): boolean {
  if (path === place.path && workspace === place.workspace) return true;
  const { file } = place;
  return (
    file !== undefined && !isUntitled(path) && !isCommandPath(path) && sameFile(path.startsWith('/') ? path : join(workspace, path), file)
  );
}

async function diskText(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch {
    return undefined;
  }
}

/** The tree is built when the first lens or action asks for it. */
function lazily(text: string): (offset: number) => Span {
  let found: ((offset: number) => Span) | undefined;
  return (offset) => (found ??= statementsOf(text))(offset);
}
