/**
 * Ships the log to one sink: in order, at least once, with a cursor that moves on only when a batch is taken and is itself on
 * disk. A collector drops what it has already by `metadata.uid`. Nothing here is ever waited for by the gate.
 */
import { systemWords } from './system-words.ts';
import { type Cursor, quarantine, readCursor, readQuarantine, sinkFiles, takeLease, writeCursor } from './cursor.ts';
import { eventsOf, type Position, type ReadBatch, readBatch, recordAt, stillThere } from './ship-batch.ts';
import type { ShippedEvent, Sink } from './sinks/sink.ts';
import type { StoredRecord } from './types.ts';

export type ShipOptions = {
  /** The log's. */
  readonly folder: string;
  readonly keysFolder: string;
  /** Of the cursors. */
  readonly shipFolder: string;
  readonly sink: Sink;
  /** `once`: what is there now. `follow`: what comes, too, until the signal. */
  readonly mode: 'once' | 'follow';
  /** Ship from this record on, whatever the cursor says. */
  readonly from?: number | undefined;
  /** `once` gives up after so many milliseconds without a batch taken. */
  readonly patience: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Records that do not wait for those before them, such as a break-glass. They come in their order once more. */
  readonly first?: (() => readonly StoredRecord[]) | undefined;
  /** Told in a sentence when it falls behind, and when it has caught up again. */
  readonly say: (sentence: string) => void;
  /** Milliseconds: the first wait after a failure, and the longest. */
  readonly backoff?: { readonly first: number; readonly longest: number } | undefined;
};

export type Shipped =
  /** All that was there is shipped. `refused`: events that the sink would not take; they lie in the quarantine. */
  | { readonly kind: 'shipped'; readonly records: number; readonly refused: number; readonly seq: number }
  /** The log is not whole, or not the one that was shipped. */
  | { readonly kind: 'broken'; readonly problem: string }
  | { readonly kind: 'behind'; readonly problem: string };

const IDLE = 1000;
const LEASE_WAIT = 2000;
const BROKEN_WAIT = 60_000;
const STOPPED_WAIT = 300_000;

export async function ship(options: ShipOptions): Promise<Shipped> {
  try {
    return await leased(options);
  } catch (error) {
    // Before anything was shipped: its own files cannot be used.
    return { kind: 'behind', problem: `Shipping to ${options.sink.name} could not begin: ${systemWords(error)}` };
  }
}

async function leased(options: ShipOptions): Promise<Shipped> {
  const { shipFolder, sink, signal, mode, patience } = options;
  const files = sinkFiles(shipFolder, sink.name);
  const since = performance.now();
  let lease = takeLease(shipFolder, files.lease);
  while (lease === undefined) {
    if (signal.aborted) return { kind: 'behind', problem: `Shipping to ${sink.name} was ended.` };
    if (mode === 'once' && performance.now() - since > patience) {
      return { kind: 'behind', problem: `Another process ships to ${sink.name}. Leave it to that one, or end it first.` };
    }
    await pause(Math.min(LEASE_WAIT, Math.max(50, patience / 10)), signal);
    lease = takeLease(shipFolder, files.lease);
  }
  try {
    return await new Shipment(options).run();
  } finally {
    lease.release();
  }
}

type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'later' | 'stopped'; readonly reason: string; readonly afterMs?: number | undefined };

/** One sink's way along the log. */
class Shipment {
  readonly #options: ShipOptions;
  readonly #files: ReturnType<typeof sinkFiles>;
  readonly #refused: Set<string>;
  #cursor: Cursor;
  readonly #sentFirst = new Set<string>();
  #records = 0;
  #refusedNow = 0;
  #failures = 0;
  #progress = performance.now();

  constructor(options: ShipOptions) {
    this.#options = options;
    this.#files = sinkFiles(options.shipFolder, options.sink.name);
    this.#cursor = readCursor(this.#files.cursor) ?? this.#beginning();
    // What was refused before is tried again only where somebody asks for it.
    this.#refused = new Set(options.from === undefined ? readQuarantine(this.#files.quarantine).keys() : []);
  }

  async run(): Promise<Shipped> {
    const { mode, signal } = this.#options;
    const start = this.#start();
    if (start !== undefined) return start;
    for (;;) {
      if (signal.aborted) return this.#behind('was ended');
      await this.#ahead();
      const step = await this.#step();
      switch (step.kind) {
        case 'done':
          this.#failures = 0;
          this.#progress = performance.now();
          continue;
        case 'nothing':
          if (mode === 'once') return { kind: 'shipped', records: this.#records, refused: this.#refusedNow, seq: this.#cursor.seq };
          await pause(IDLE, signal);
          continue;
        case 'broken':
          this.#fellBehind(step.problem);
          if (mode === 'once') return step;
          await pause(BROKEN_WAIT, signal);
          continue;
        case 'stopped':
          this.#fellBehind(step.reason);
          if (mode === 'once') return this.#behind(step.reason);
          await pause(STOPPED_WAIT, signal);
          continue;
        case 'later':
          if (signal.aborted) return this.#behind('was ended');
          this.#rewind();
          this.#fellBehind(step.reason);
          if (mode === 'once' && this.#wait(step.afterMs) > this.#left()) return this.#behind(step.reason);
          await pause(this.#wait(step.afterMs), signal);
          this.#failures += 1;
          continue;
        default:
          return step satisfies never;
      }
    }
  }

  /** Whatever becomes of it: it is shipped in its order, too. */
  async #ahead(): Promise<void> {
    const { first, sink, signal } = this.#options;
    try {
      for (const stored of first?.() ?? []) {
        if (stored.record.seq <= this.#cursor.furthest || this.#sentFirst.has(stored.id)) continue;
        const sent = await sink.send(eventsOf(stored), signal);
        if (sent.kind !== 'later' && sent.kind !== 'stopped') this.#sentFirst.add(stored.id);
      }
    } catch {
      // What lies in its order is sent either way.
    }
  }

  async #step(): Promise<Outcome | Exclude<ReadBatch, { kind: 'batch' }>> {
    try {
      const batch = await readBatch(this.#options, this.#cursor);
      return batch.kind === 'batch' ? await this.#deliver(batch) : batch;
    } catch (error) {
      // A full disk, a folder that cannot be written: what was taken is sent again, once there is room.
      return { kind: 'later', reason: `A file of its own could not be read or written: ${systemWords(error)}` };
    }
  }

  /** Where the last one stopped, unless the log is no longer the one that was shipped. */
  #start(): Shipped | undefined {
    const { folder, from, say } = this.#options;
    if (from !== undefined) {
      const before = from > 1 ? recordAt(folder, from - 1) : undefined;
      if (from > 1 && before === undefined) return { kind: 'broken', problem: `There is no record ${from - 1} to ship on from.` };
      this.#cursor = { ...this.#cursor, log: before?.record.log ?? '', seq: from - 1, id: before?.id ?? '' };
      return undefined;
    }
    const { seq, log } = this.#cursor;
    if (seq === 0) return undefined;
    const first = recordAt(folder, 1);
    if (first !== undefined && first.record.log !== log) {
      say(`The log was begun anew: it is shipped from its first record on, as log ${first.record.log}.`);
      this.#cursor = this.#beginning();
      return undefined;
    }
    const there = stillThere(folder, this.#cursor);
    if (there === 'same') return undefined;
    const problem = `Record ${seq}, which was shipped, ${there === 'gone' ? 'is gone' : 'is another now'}: the log was cut off or rewritten since. Run "countersign log verify", and restore the log from a copy.`;
    this.#fellBehind(problem);
    return { kind: 'broken', problem };
  }

  async #deliver(batch: Extract<ReadBatch, { kind: 'batch' }>): Promise<Outcome> {
    const outcome = await this.#send(batch.events.filter(({ uid }) => !this.#refused.has(uid)));
    if (outcome.kind !== 'done') return outcome;
    if (this.#cursor.problem !== undefined) this.#options.say(`Shipping to ${this.#options.sink.name} goes on.`);
    this.#records += batch.records;
    this.#save({ log: batch.log, ...batch.end });
    return outcome;
  }

  /** All or nothing is known of a batch that was refused: in halves, down to the event that is at fault. */
  async #send(events: readonly ShippedEvent[]): Promise<Outcome> {
    if (events.length === 0) return { kind: 'done' };
    const sent = await this.#options.sink.send(events, this.#options.signal);
    switch (sent.kind) {
      case 'taken':
        return { kind: 'done' };
      case 'later':
      case 'stopped':
        return sent;
      case 'partly':
        this.#setAside(events, `${sent.rejected} of these ${events.length} events were not taken: ${sent.reason}`, sent.rejected);
        return { kind: 'done' };
      case 'refused': {
        if (events.length === 1) {
          this.#setAside(events, sent.reason, 1);
          return { kind: 'done' };
        }
        const middle = Math.ceil(events.length / 2);
        const first = await this.#send(events.slice(0, middle));
        return first.kind === 'done' ? await this.#send(events.slice(middle)) : first;
      }
      default:
        return sent satisfies never;
    }
  }

  #setAside(events: readonly ShippedEvent[], reason: string, count: number): void {
    const { shipFolder, sink, now, say } = this.#options;
    quarantine(shipFolder, this.#files.quarantine, events, reason, now());
    for (const { uid } of events) this.#refused.add(uid);
    this.#refusedNow += count;
    const [first] = events;
    say(
      `${sink.name} did not take ${count === 1 ? 'an event' : `${count} events`} from record ${first?.seq} on: ${reason} They lie in ${this.#files.quarantine}.`,
    );
  }

  /** Asked twice without a batch taken in between, it goes back no further. */
  #rewind(): void {
    const { sink, folder } = this.#options;
    const seq = Math.max(0, this.#cursor.furthest - sink.again);
    if (sink.again === 0 || seq >= this.#cursor.seq) return;
    try {
      const record = recordAt(folder, seq);
      if (seq === 0 || record !== undefined) this.#save({ log: this.#cursor.log, seq, id: record?.id ?? '' });
    } catch {
      // Asked again at the next failure.
    }
  }

  #save(position: Position & { readonly log: string }): void {
    const { shipFolder, now } = this.#options;
    const { problem: _, ...cursor } = this.#cursor;
    const moved = { ...cursor, ...position, furthest: Math.max(position.seq, cursor.furthest), updated: now().toISOString() };
    // On disk first: what is not noted down there is sent again.
    writeCursor(shipFolder, this.#files.cursor, moved);
    this.#cursor = moved;
  }

  #fellBehind(reason: string): void {
    const { shipFolder, sink, now, say } = this.#options;
    if (this.#cursor.problem?.reason === reason) return;
    if (this.#cursor.problem === undefined) say(`${sink.name} is behind at record ${this.#cursor.seq}. ${reason}`);
    this.#cursor = { ...this.#cursor, problem: { since: this.#cursor.problem?.since ?? now().toISOString(), reason } };
    try {
      writeCursor(shipFolder, this.#files.cursor, this.#cursor);
    } catch {
      // That alone is told elsewhere.
    }
  }

  /** Twice as long after each failure, with chance in it so that many shippers do not come back at once; never before it was asked to. */
  #wait(afterMs = 0): number {
    const { first, longest } = this.#options.backoff ?? { first: 500, longest: 60_000 };
    const step = Math.min(longest, first * 2 ** Math.min(this.#failures, 20));
    return Math.max(step * (0.5 + Math.random() / 2), afterMs + Math.random() * first);
  }

  #left(): number {
    return this.#options.patience - (performance.now() - this.#progress);
  }

  #behind(reason: string): Shipped {
    return { kind: 'behind', problem: `Shipping to ${this.#options.sink.name} stopped after record ${this.#cursor.seq}: ${reason}` };
  }

  #beginning(): Cursor {
    const { sink, now } = this.#options;
    return { schema: 'countersign.cursor/1', sink: sink.name, log: '', seq: 0, id: '', furthest: 0, updated: now().toISOString() };
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}
