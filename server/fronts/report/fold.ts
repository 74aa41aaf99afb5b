import { canaryRecords } from '../../gate/canary.ts';
import type { StoredRecord } from '../../ledger/types.ts';
import { Counted } from './counted.ts';
import type { Accepted, LogState, Report, Silenced } from './report-model.ts';
import { type Acknowledgement, acknowledgementOf, agentName, keyOf, type Suggestion, suggestionOf } from './suggestion.ts';

const DAY = 86_400_000;
/** From this many days on, a bar stands for a week. */
const MOST_BARS = 62;
/** So many suggestions are kept open for what may still become of them; older ones are counted as they stand. */
const MOST_OPEN = 50_000;
const LISTED = 200;
const MOST_IGNORES = 2_000;

export type Window = {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
};

/** Folds the log, in one pass and with bounded memory. `log`: what checking it said. `now` is the end of the window. */
export async function reportOf(records: AsyncIterable<StoredRecord>, { from, to }: Window, log: LogState): Promise<Report> {
  const fold = new Fold({ from, to });
  const isCanary = canaryRecords();
  for await (const stored of records) if (!isCanary(stored.record.event)) fold.take(stored);
  return fold.end(log);
}

class Fold {
  readonly #window: Window;
  readonly #bucketDays: number;
  readonly #first: number;
  readonly #counted: Counted;
  /** By hold, oldest first. */
  readonly #open = new Map<string, Suggestion>();
  /** By the id of the acknowledgement: what may still be rolled back or run out. */
  readonly #accepted = new Map<string, Suggestion>();
  /** What the log said of keys: whose they are. */
  readonly #persons = new Map<string, string>();
  readonly #events = { closed: 0, reverted: 0, halted: 0, tripped: 0, resumed: 0, brokeGlass: 0, approved: 0, rolledBack: 0, ignored: 0 };
  readonly #states = { inForce: 0, ranOut: 0, unused: 0 };
  readonly #silenced = new Map<string, Silenced>();
  readonly #inForce: Accepted[] = [];
  readonly #latest: Accepted[] = [];
  #acknowledged = 0;

  constructor(window: Window) {
    this.#window = window;
    const days = Math.max(1, Math.ceil((window.to - startOfDay(window.from)) / DAY));
    this.#bucketDays = days <= MOST_BARS ? 1 : 7;
    this.#first = startOfDay(window.from);
    this.#counted = new Counted((time) => Math.floor((time - this.#first) / (this.#bucketDays * DAY)));
  }

  take(stored: StoredRecord): void {
    const { record, keyId } = stored;
    const { event } = record;
    const at = Date.parse(record.time);
    // What is written after the report was asked for is of the next one.
    if (at > this.#window.to) return;
    const inside = at >= this.#window.from;
    switch (event.kind) {
      case 'key-trusted':
      case 'key-rotated':
        if (event.key?.person !== undefined) this.#persons.set(event.key.id, event.key.person);
        return;
      case 'held':
      case 'forbidden':
        return this.#held(stored);
      case 'discarded':
      case 'reverted': {
        const open = this.#open.get(keyOf(record));
        if (open !== undefined) open.discarded = { person: this.#personOf(keyId, record.actor.user) };
        if (event.kind === 'reverted' && inside) this.#events.reverted++;
        return;
      }
      case 'acknowledged':
      case 'broke-glass':
        if (event.kind === 'broke-glass' && inside) this.#events.brokeGlass++;
        return this.#acknowledgedBy(stored);
      case 'released':
      case 'written':
        return this.#made(event.acknowledgement, event.kind === 'released' && event.verdict === 'not-applied');
      case 'ignored':
        if (inside) this.#ignored(event);
        return;
      case 'rolled-back': {
        const undone = event.verdict === 'not-applied';
        if (inside) this.#events.rolledBack += undone ? -1 : 1;
        const acknowledged = this.#accepted.get(event.acknowledgement ?? '')?.acknowledged;
        if (acknowledged !== undefined) acknowledged.rolledBack = !undone;
        return;
      }
      default:
        if (inside) this.#count(event.kind);
    }
  }

  end(log: LogState): Report {
    for (const suggestion of this.#open.values()) this.#settle(suggestion);
    const { from, to } = this.#window;
    const counted = this.#counted;
    const { discarded, acknowledged, forbidden, waiting } = counted.total;
    const buckets = Math.max(1, Math.ceil((to + 1 - this.#first) / (this.#bucketDays * DAY)));
    const { rolledBack, ...events } = this.#events;
    return {
      schema: 'countersign.report/1',
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      log,
      totals: {
        held: discarded + acknowledged + forbidden + waiting,
        discarded,
        acknowledged,
        forbidden,
        waiting,
        ...this.#states,
        rolledBack: Math.max(0, rolledBack),
        unknownAgent: counted.unknownAgent,
        ...events,
      },
      timeToAcknowledge: counted.timeToAcknowledge,
      trend: {
        days: this.#bucketDays,
        buckets: Array.from({ length: buckets }, (_, index) => ({
          from: new Date(this.#first + index * this.#bucketDays * DAY).toISOString().slice(0, 10),
          ...counted.bucket(index),
        })),
      },
      byAgent: counted.byAgent,
      byRule: counted.byRule,
      bySeverity: counted.bySeverity,
      byPerson: counted.byPerson,
      byRepository: counted.byRepository,
      byReason: counted.byReason,
      inForce: newestFirst(this.#inForce).slice(0, LISTED),
      moreInForce: Math.max(0, this.#states.inForce - LISTED),
      latest: newestFirst(this.#latest).slice(0, LISTED),
      moreAcknowledged: Math.max(0, this.#acknowledged - LISTED),
      repeats: counted.repeats,
      silenced: [...this.#silenced.values()].toSorted((a, b) => b.times - a.times).slice(0, LISTED),
    };
  }

  #held(stored: StoredRecord): void {
    const open = this.#open.get(keyOf(stored.record));
    // The discard was undone, or one process held it a moment after the other: the same suggestion.
    if (open !== undefined && open.acknowledged === undefined && !open.forbidden) {
      open.discarded = undefined;
      return;
    }
    if (open !== undefined) this.#close(open);
    const suggestion = suggestionOf(stored);
    this.#open.set(suggestion.key, suggestion);
    if (this.#open.size > MOST_OPEN) this.#closeOldest();
  }

  #acknowledgedBy(stored: StoredRecord): void {
    const { actor } = stored.record;
    const known = this.#open.get(keyOf(stored.record));
    // An acknowledgement whose hold is in no record here, such as one of a pruned part.
    const suggestion = known ?? suggestionOf(stored);
    if (known === undefined) this.#open.set(suggestion.key, suggestion);
    suggestion.acknowledged = acknowledgementOf(stored, this.#personOf(stored.keyId, actor.user));
    this.#accepted.set(stored.id, suggestion);
  }

  #ignored({ files = [], ignored, reason }: StoredRecord['record']['event']): void {
    this.#events.ignored++;
    const { by = '', until = '' } = ignored ?? {};
    for (const rule of new Set(files.flatMap(({ findings }) => findings.map((finding) => finding.rule)))) {
      const key = JSON.stringify([rule, by, until]);
      const known = this.#silenced.get(key);
      if (known === undefined && this.#silenced.size >= MOST_IGNORES) continue;
      this.#silenced.set(key, { rule, by, until, reason: reason?.text ?? '', times: (known?.times ?? 0) + 1 });
    }
  }

  #made(acknowledgement: string | undefined, undone: boolean): void {
    const suggestion = this.#accepted.get(acknowledgement ?? '');
    if (suggestion?.acknowledged === undefined) return;
    if (!undone) suggestion.acknowledged.applied = true;
    else {
      // It could not be put in place, and is held again.
      this.#accepted.delete(suggestion.acknowledged.id);
      suggestion.acknowledged = undefined;
    }
  }

  #count(kind: StoredRecord['record']['event']['kind']): void {
    if (kind === 'closed' || kind === 'halted' || kind === 'tripped' || kind === 'resumed') this.#events[kind]++;
    else if (kind === 'approved' || kind === 'countersigned') this.#events.approved++;
  }

  #closeOldest(): void {
    const [oldest] = this.#open.values();
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(suggestion: Suggestion): void {
    this.#open.delete(suggestion.key);
    this.#settle(suggestion);
    if (suggestion.acknowledged !== undefined) this.#accepted.delete(suggestion.acknowledged.id);
  }

  #settle(suggestion: Suggestion): void {
    const { acknowledged } = suggestion;
    const inside = suggestion.heldAt >= this.#window.from;
    if (inside) this.#counted.add(suggestion);
    if (acknowledged === undefined) return;
    const state = stateOf(acknowledged, this.#window.to);
    if (state === 'in force') {
      this.#states.inForce++;
      keepNewest(this.#inForce, acceptedOf(suggestion, acknowledged, state));
    }
    if (!inside) return;
    this.#acknowledged++;
    if (state === 'ran out') this.#states.ranOut++;
    if (state === 'not used') this.#states.unused++;
    keepNewest(this.#latest, acceptedOf(suggestion, acknowledged, state));
  }

  #personOf(keyId: string, user: string): string {
    return this.#persons.get(keyId) ?? user;
  }
}

function stateOf({ applied, rolledBack, expires }: Acknowledgement, now: number): Accepted['state'] {
  if (rolledBack) return 'rolled back';
  if (!applied) return 'not used';
  return Date.parse(expires) <= now ? 'ran out' : 'in force';
}

function acceptedOf(suggestion: Suggestion, acknowledged: Acknowledgement, state: Accepted['state']): Accepted {
  const { id, at, person, category, reason, ticket, expires, sentence, path } = acknowledged;
  const { hold, severity, rules, workspace, agent } = suggestion;
  const when = new Date(at).toISOString();
  return {
    id,
    hold,
    when,
    severity,
    sentence,
    rules,
    path,
    workspace,
    agent: agentName(agent),
    person,
    category,
    reason,
    ticket,
    expires,
    state,
  };
}

/** Twice as many as are listed are kept, then the older half goes: memory does not grow with the log. */
function keepNewest(list: Accepted[], one: Accepted): void {
  list.push(one);
  if (list.length >= LISTED * 2) list.splice(0, list.length, ...newestFirst(list).slice(0, LISTED));
}

function newestFirst(list: readonly Accepted[]): readonly Accepted[] {
  return list.toSorted((a, b) => b.when.localeCompare(a.when));
}

function startOfDay(time: number): number {
  return Math.floor(time / DAY) * DAY;
}
