import type { Change } from './text-change.ts';

/** A store of characters that insertions draw from and time fills up again. Who overdraws it is no hand. */
export type Limits = { readonly store: number; readonly perSecond: number };

/**
 * Insertions that a key press stands behind. The fastest hands write about 20 characters a second; the store leaves room for
 * the seconds that a slow connection or a busy editor can hold keys back before they all come at once.
 */
const BY_KEY: Limits = { store: 40, perSecond: 20 };
/** Insertions that no key press stands behind: another extension, or somebody who writes in a shared session. */
const BY_NO_KEY: Limits = { store: 12, perSecond: 4 };
/** How long the word of a key press may take after the insertion it made, in milliseconds. */
export const KEY_NEWS_MS = 250;

type Insertion = { readonly at: number; readonly characters: number; readonly before: string };
/** `before`: the text before its run; none as long as nothing was drawn. */
type Store = { readonly left: number; readonly at: number; readonly since: number; readonly before: string | undefined };

/** A run begins anew after a pause, or when it has gone on at an ordinary pace for long, in milliseconds. */
const PAUSE_MS = 250;
const LONG_MS = 5_000;

/**
 * Tells typing from text that comes in small pieces faster than a hand can write. An overdrawn store gives the text from
 * before the run that overdrew it. Times in milliseconds.
 */
export class TypingPace {
  #unclaimed: readonly Insertion[] = [];
  #byKey: Store | undefined;
  #byNoKey: Store | undefined;
  #last = '';

  /** `suspicious`: text of this kind was taken out just now, so that what no key press stands behind counts from its first character. */
  constructor(suspicious?: { readonly now: number }) {
    if (suspicious) this.#byNoKey = { left: 0, at: suspicious.now, since: suspicious.now, before: undefined };
  }

  /** A change that could be typing, and the text before it. */
  add(at: number, changes: readonly Change[], before: string): void {
    const characters = Math.max(...changes.map(({ text }) => charactersIn(text, this.#last)));
    this.#last = changes[0]?.text ?? '';
    if (characters > 0) this.#unclaimed = [...this.#unclaimed, { at, characters, before }];
  }

  /** A key moved the cursor: what came in since the last time was typed, or made to look so. */
  keyPressed(): string | undefined {
    const pressed = this.#unclaimed;
    this.#unclaimed = [];
    for (const insertion of pressed) {
      const store = drawn(this.#byKey, insertion, BY_KEY);
      this.#byKey = store;
      if (store.left < 0) return store.before;
    }
    return undefined;
  }

  /** Counts what no key press accounted for in time. */
  noKeyPressed(now: number): string | undefined {
    const late = this.#unclaimed.filter(({ at }) => now - at >= KEY_NEWS_MS);
    this.#unclaimed = this.#unclaimed.slice(late.length);
    for (const insertion of late) {
      const store = drawn(this.#byNoKey, insertion, BY_NO_KEY);
      this.#byNoKey = store;
      if (store.left < 0) return store.before;
    }
    return undefined;
  }

  get waiting(): boolean {
    return this.#unclaimed.length > 0;
  }
}

function drawn(store: Store | undefined, { at, characters, before }: Insertion, { store: full, perSecond }: Limits): Store {
  if (store?.before === undefined)
    return { left: (store === undefined ? full : refilled(store, at, full, perSecond)) - characters, at, since: at, before };
  const filled = refilled(store, at, full, perSecond);
  const anew = filled === full && (at - store.at >= PAUSE_MS || at - store.since >= LONG_MS);
  return { left: filled - characters, at, since: anew ? at : store.since, before: anew ? before : store.before };
}

function refilled(store: Store, at: number, full: number, perSecond: number): number {
  return Math.min(full, store.left + (Math.max(0, at - store.at) / 1000) * perSecond);
}

/** A key that is held down, white space, brackets that close by themselves and words of an input method count little or nothing. */
function charactersIn(text: string, last: string): number {
  if (text === last && text.length === 1) return 0;
  if (/^(?:\(\)|\[\]|\{\}|""|''|``|<>)$/.test(text)) return 1;
  return text.match(/[!-~]/g)?.length ?? 0;
}
