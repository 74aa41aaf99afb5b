import { dirname, isAbsolute, join } from 'node:path';
import { digestKeyOf, plainEvent } from '../../../gate/digest-key.ts';
import { OwnWrites } from '../../../gate/own-writes.ts';
import { digestOf } from '../../../gate/recorded.ts';
import type { Ledger, LedgerEvent } from '../../../ledger/types.ts';

/** How long what was let through explains a text that is not exactly the one of the record, in milliseconds: a formatter may run after the agent. */
const SOON = 120_000;
/** How long after it was let through exactly this text may be written and be no news, in milliseconds. */
const WHILE = 3_600_000;

/** What is on disk, in question. */
export type OnDisk = {
  readonly file: string;
  readonly text: string;
  /** When the file system says that the file was last changed, in milliseconds since 1970; undefined when it does not. */
  readonly changedAt: number | undefined;
  /** It was good before, and another text has taken its place since: an old state that comes back is news. */
  readonly wasGood: boolean;
};

/**
 * What a person acknowledged and the gate let through: that it is on disk now is no news. What was taken back since counts
 * no more. An agent's own report of what it wrote does not count: it is not a decision. Reads on from where it stopped.
 */
export class LetThrough {
  /** By file and digest of the text: when it was let through last, in milliseconds since 1970. */
  readonly #texts = new Map<string, number>();
  readonly #recent: { readonly file: string; readonly fingerprints: ReadonlySet<string>; readonly at: number }[] = [];
  readonly #own = new OwnWrites();
  #next = 1;
  #reading: Promise<void> = Promise.resolve();

  refresh(ledger: Ledger): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readOn(ledger));
    return this.#reading;
  }

  /** Was exactly this text, or all that it expands, let through for this file, and written then? */
  covers({ file, text, changedAt, wasGood }: OnDisk, fingerprints: readonly string[], now: Date): boolean {
    const at = this.#texts.get(keyOf(file, digestOf(text)));
    // When it was written is what the file system says: the time of writing can be set back, that of the change cannot.
    if (at !== undefined && (changedAt ?? now.getTime()) - at < (wasGood ? SOON : WHILE)) return true;
    const recent = this.#recent.filter((one) => one.file === file && now.getTime() - one.at < SOON);
    return fingerprints.length > 0 && recent.some((one) => fingerprints.every((fingerprint) => one.fingerprints.has(fingerprint)));
  }

  /** Another text of this file is good now: what was let through before is over. */
  forget(file: string, text: string): void {
    const kept = keyOf(file, digestOf(text));
    for (const key of this.#texts.keys()) if (key.startsWith(`${file}\n`) && key !== kept) this.#texts.delete(key);
  }

  /** Did our own commands make the text of this digest of the other? '' for no file. */
  isOwn(file: string, from: string, to: string): boolean {
    return this.#own.explains(file, from, to);
  }

  async #readOn(ledger: Ledger): Promise<void> {
    try {
      // Digests of short texts are sealed under a key beside the log.
      const key = digestKeyOf(dirname(ledger.folder));
      for await (const stored of ledger.read(this.#next)) {
        this.#next = stored.record.seq + 1;
        this.#take(plainEvent(stored.record.event, key), stored.record.time);
      }
    } catch {
      // A log that cannot be read explains nothing.
    }
  }

  #take(event: LedgerEvent, time: string): void {
    const { kind, verdict, workspace = '', files = [] } = event;
    this.#own.take(event);
    for (const { path, before, after, findings } of files) {
      const file = isAbsolute(path) ? path : join(workspace, path);
      if (kind === 'released' && verdict !== 'not-applied') {
        if (after !== undefined) this.#texts.set(keyOf(file, after), Date.parse(time));
        this.#recent.push({ file, fingerprints: new Set(findings.map(({ fingerprint }) => fingerprint)), at: Date.parse(time) });
        if (this.#recent.length > 500) this.#recent.shift();
      } else if (kind === 'reverted' || (kind === 'rolled-back' && verdict !== 'not-applied')) {
        if (before !== undefined) this.#texts.delete(keyOf(file, before));
        const index = this.#recent.findLastIndex((one) => one.file === file);
        if (index !== -1) this.#recent.splice(index, 1);
      }
    }
  }
}

function keyOf(file: string, digest: string): string {
  return `${file}\n${digest}`;
}
