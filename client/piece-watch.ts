import { minimalChange, type Block, type Change } from './text-change.ts';
import { KEY_NEWS_MS, TypingPace } from './typing-pace.ts';

/** Text that comes in small pieces is judged when no more comes for this long, and at the latest after the other. */
const PAUSE_MS = 500;
const LONGEST_MS = 8000;
/** A timer that comes this much too late says that the machine was busy. */
const LATE_MS = 100;

export type PieceWatchOptions = {
  /** The text of the document now. */
  readonly text: () => string;
  /** No more pieces come for now: this is what they made of the text before them. */
  readonly ended: (block: Block) => void;
};

/** Of one document: tells typing from text that comes in small pieces faster than a hand can write, and gives that as the one block it is. Holds timers until closed. */
export class PieceWatch {
  readonly #options: PieceWatchOptions;
  #pace = new TypingPace();
  #looking: NodeJS.Timeout | undefined;
  /** Text is coming in that no hand types: what was there before it, since when, and when it counts as ended. */
  #coming: { readonly before: string; readonly since: number; readonly timer: NodeJS.Timeout } | undefined;

  constructor(options: PieceWatchOptions) {
    this.#options = options;
  }

  /** A change that could be typing, and the text before it. */
  changed(changes: readonly Change[], before: string): void {
    if (this.#coming !== undefined) return this.#comes(this.#coming.before);
    this.#pace.add(performance.now(), changes, before);
    if (this.#looking === undefined && this.#pace.waiting) this.#lookForKey();
  }

  keyPressed(): void {
    const before = this.#pace.keyPressed();
    if (before !== undefined) this.#comes(before);
  }

  /** What came in pieces was taken out: its rest, if there is any, is no typing either. */
  tookOut(): void {
    this.#pace = new TypingPace({ now: performance.now() });
  }

  close(): void {
    clearTimeout(this.#looking);
    clearTimeout(this.#coming?.timer);
  }

  /** The word of a key press that is there already, only not read yet, is read before the immediate callbacks. */
  #lookForKey(): void {
    this.#looking = setTimeout(() => {
      setImmediate(() => {
        this.#looking = undefined;
        const before = this.#pace.noKeyPressed(performance.now());
        if (before !== undefined) this.#comes(before);
        if (this.#pace.waiting) this.#lookForKey();
      });
    }, KEY_NEWS_MS);
  }

  #comes(before: string): void {
    const since = this.#coming?.since ?? performance.now();
    clearTimeout(this.#coming?.timer);
    const longest = since + LONGEST_MS - performance.now();
    const pause = Math.max(0, Math.min(PAUSE_MS, longest));
    const due = performance.now() + pause;
    const end = () => {
      // A timer that comes late says nothing about the text: on a busy machine the next piece may be waiting.
      if (performance.now() > due + LATE_MS && longest > PAUSE_MS) return this.#comes(before);
      this.#coming = undefined;
      this.#pace = new TypingPace();
      const block = blockSince(before, this.#options.text());
      if (block !== undefined) this.#options.ended(block);
      // It has not come to its end yet: what follows is more of it.
      if (longest < PAUSE_MS) this.#comes(before);
    };
    this.#coming = { before, since, timer: setTimeout(end, pause) };
  }
}

/** All that is different from the text before, as one block; nothing where only white space is. */
export function blockSince(before: string, text: string): Block | undefined {
  const change = minimalChange(before, text);
  if (change.text.trim() === '') return undefined;
  const { offset, length } = change;
  return { start: offset, end: offset + change.text.length, removed: before.slice(offset, offset + length) };
}
