import { createHash } from 'node:crypto';
import type { Provenance } from '../../../engine/types.ts';
import type { Ledger, RecordedProvenance, StoredRecord } from '../../../ledger/types.ts';

export type Acceptance = {
  /** The id of the 'acknowledged' record. */
  readonly id: string;
  readonly by: string;
  readonly expires: Date | undefined;
  readonly provenance: Provenance | undefined;
};

/**
 * What the log says of texts and risks: who accepted which, and which agent wrote what. Reads on from where it stopped.
 */
export class LogIndex {
  readonly #byFingerprint = new Map<string, Acceptance>();
  /** By the id of its rollback's acknowledgement: what a rollback took away, for when it turns out that it was not made. */
  readonly #rolledBack = new Map<string, readonly (readonly [string, Acceptance])[]>();
  readonly #written = new Map<string, Provenance>();
  #next = 1;
  #reading: Promise<void> = Promise.resolve();

  refresh(ledger: Ledger): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readOn(ledger));
    return this.#reading;
  }

  acceptanceOf(fingerprint: string, now: Date): Acceptance | undefined {
    const found = this.#byFingerprint.get(fingerprint);
    return found?.expires !== undefined && found.expires <= now ? undefined : found;
  }

  /** Who wrote exactly this text to this path, where an agent's own report says so. */
  writerOf(path: string, text: string): Provenance | undefined {
    return this.#written.size === 0 ? undefined : this.#written.get(`${path}\n${digest(text)}`);
  }

  async #readOn(ledger: Ledger): Promise<void> {
    try {
      for await (const stored of ledger.read(this.#next)) {
        this.#next = stored.record.seq + 1;
        this.#take(stored);
      }
    } catch {
      // An unreadable log accepts nothing: risks then stand as unacknowledged, which is the safe side.
    }
  }

  #take({ id, record }: StoredRecord): void {
    const { event } = record;
    const provenance = provenanceOf(event.provenance);
    if (event.kind === 'acknowledged') {
      const expires = event.expires === undefined ? undefined : new Date(event.expires);
      const acceptance = { id, by: record.actor.user, expires, provenance };
      for (const file of event.files ?? []) for (const { fingerprint } of file.findings) this.#byFingerprint.set(fingerprint, acceptance);
    }
    const failed = event.verdict === 'not-applied';
    const undone = event.kind === 'rolled-back' || (event.kind === 'released' && failed);
    if (event.kind === 'rolled-back' && failed) {
      for (const [fingerprint, acceptance] of this.#rolledBack.get(event.acknowledgement ?? '') ?? [])
        this.#byFingerprint.set(fingerprint, acceptance);
    } else if (undone) {
      const gone = [...this.#byFingerprint].filter(([, { id: accepted }]) => accepted === event.acknowledgement);
      for (const [fingerprint] of gone) this.#byFingerprint.delete(fingerprint);
      if (event.kind === 'rolled-back' && event.acknowledgement !== undefined) this.#rolledBack.set(event.acknowledgement, gone);
    }
    if (!undone && provenance !== undefined && (event.kind === 'written' || event.kind === 'released'))
      for (const { path, after } of event.files ?? []) if (after !== undefined) this.#written.set(`${path}\n${after}`, provenance);
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

const CHANNELS: readonly Provenance['channel'][] = ['hook', 'tool', 'paste', 'inline', 'insert', 'disk', 'patch', 'typed'];
const CERTAINTIES: readonly Provenance['certainty'][] = ['attested', 'observed', 'inferred', 'human'];

/** The log knows channels as plain strings: a word of a later version is no provenance that can be shown here. */
function provenanceOf(recorded: RecordedProvenance | undefined): Provenance | undefined {
  const channel = CHANNELS.find((known) => known === recorded?.channel);
  const certainty = CERTAINTIES.find((known) => known === recorded?.certainty);
  return recorded === undefined || channel === undefined || certainty === undefined ? undefined : { ...recorded, channel, certainty };
}
