import { OUTSIDE_DECLARATION } from '../../gate/agent-limits.ts';
import { agentId } from '../../gate/agent-names.ts';
import { canaryRecords } from '../../gate/canary.ts';
import type { LedgerRecord, StoredRecord } from '../../ledger/types.ts';

/** What the log says of one agent, in one window of time. Suggestions count once, however often they were tried. */
export type AgentRecord = {
  readonly id: string;
  readonly name: string;
  /** ISO 8601, of the first and last record. */
  readonly first: string;
  readonly last: string;
  readonly sessions: number;
  readonly held: number;
  readonly forbidden: number;
  readonly closed: number;
  readonly acknowledged: number;
  readonly discarded: number;
  readonly rolledBack: number;
  readonly written: number;
  readonly tripped: number;
  readonly outside: number;
  /** Acknowledged of held, 0 to 1; undefined where nothing was held. */
  readonly acknowledgementRate?: number | undefined;
  /** What it tried to change that was held, forbidden or refused, most often first: paths, and "$ aws" for commands. */
  readonly tried: readonly { readonly what: string; readonly times: number }[];
};

type Tally = {
  name: string;
  first: string;
  last: string;
  readonly sessions: Set<string>;
  readonly held: Set<string>;
  readonly forbidden: Set<string>;
  readonly acknowledged: Set<string>;
  readonly discarded: Set<string>;
  readonly rolledBack: Set<string>;
  readonly outside: Set<string>;
  closed: number;
  written: number;
  tripped: number;
  readonly tried: Map<string, number>;
};

/** More different paths than this are not told apart: the record stays small however long the log is. */
const MOST_PATHS = 2000;

/** Folds the log, in one pass. `since`: milliseconds since 1970. */
export async function agentRecords(records: AsyncIterable<StoredRecord>, since: number): Promise<readonly AgentRecord[]> {
  const tallies = new Map<string, Tally>();
  const isCanary = canaryRecords();
  for await (const { record } of records) {
    const name = record.event.provenance?.agent?.name;
    // Asked of each: a canary's hold may stand before the time that is looked at.
    if (isCanary(record.event) || name === undefined || Date.parse(record.time) < since) continue;
    const id = agentId(name);
    const tally = tallies.get(id) ?? newTally(name, record.time);
    tallies.set(id, tally);
    count(tally, record);
  }
  return [...tallies]
    .map(([id, tally]) => summed(id, tally))
    .toSorted((a, b) => b.held + b.forbidden - a.held - a.forbidden || a.id.localeCompare(b.id));
}

function newTally(name: string, time: string): Tally {
  return {
    name,
    first: time,
    last: time,
    sessions: new Set(),
    held: new Set(),
    forbidden: new Set(),
    acknowledged: new Set(),
    discarded: new Set(),
    rolledBack: new Set(),
    outside: new Set(),
    closed: 0,
    written: 0,
    tripped: 0,
    tried: new Map(),
  };
}

function count(tally: Tally, { event, time, seq }: LedgerRecord): void {
  const hold = event.hold ?? `#${seq}`;
  tally.last = time;
  const session = event.provenance?.agent?.session;
  if (session !== undefined) tally.sessions.add(session);
  if (event.files?.some(({ findings }) => findings.some(({ rule }) => rule === OUTSIDE_DECLARATION)) === true) tally.outside.add(hold);
  switch (event.kind) {
    case 'held':
      // Undoing a discard holds it again.
      tally.held.add(hold);
      tally.discarded.delete(hold);
      break;
    case 'forbidden':
      tally.forbidden.add(hold);
      break;
    case 'closed':
      tally.closed++;
      break;
    case 'acknowledged':
      tally.acknowledged.add(hold);
      break;
    case 'discarded':
      tally.discarded.add(hold);
      break;
    case 'rolled-back':
      if (event.verdict === 'not-applied') tally.rolledBack.delete(event.acknowledgement ?? hold);
      else tally.rolledBack.add(event.acknowledgement ?? hold);
      break;
    case 'written':
      tally.written++;
      break;
    case 'tripped':
      tally.tripped++;
      break;
    default:
      break;
  }
  if (event.kind !== 'held' && event.kind !== 'forbidden' && event.kind !== 'closed') return;
  for (const { path } of event.files ?? []) {
    const what = path.startsWith('$ ') ? path.split(/\s+/).slice(0, 2).join(' ') : path;
    if (tally.tried.has(what) || tally.tried.size < MOST_PATHS) tally.tried.set(what, (tally.tried.get(what) ?? 0) + 1);
  }
}

function summed(id: string, tally: Tally): AgentRecord {
  const { held, forbidden, acknowledged, discarded, rolledBack, outside, sessions, tried, ...rest } = tally;
  const accepted = [...acknowledged].filter((hold) => held.has(hold)).length;
  return {
    id,
    ...rest,
    sessions: sessions.size,
    held: held.size,
    forbidden: forbidden.size,
    acknowledged: acknowledged.size,
    discarded: discarded.size,
    rolledBack: rolledBack.size,
    outside: outside.size,
    ...(held.size === 0 ? {} : { acknowledgementRate: accepted / held.size }),
    tried: [...tried].map(([what, times]) => ({ what, times })).toSorted((a, b) => b.times - a.times || a.what.localeCompare(b.what)),
  };
}
