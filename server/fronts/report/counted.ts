import type { Outcomes, PersonRow, Repeats, Row } from './report-model.ts';
import { agentName, rank, repositoryName, type Suggestion } from './suggestion.ts';

/** More different names than this are counted together: the report stays small however long the log is. */
const MOST_NAMES = 2_000;
const MOST_TEXTS = 20_000;
const MOST_TIMES = 1_000_000;
const OTHERS = 'All others';
const OFTEN = 3;
const QUICK_MS = 10_000;
const LISTED = 20;

type Tally = { discarded: number; acknowledged: number; forbidden: number; waiting: number; rolledBack: number };
type PersonTally = { acknowledged: number; discarded: number; rolledBack: number; quick: number; last: number; times: number[] };

/** Adds up suggestions of which is settled what became of them, with bounded memory. */
export class Counted {
  readonly #agents = new Map<string, Tally>();
  readonly #rules = new Map<string, Tally>();
  readonly #severities = new Map<string, Tally>();
  readonly #repositories = new Map<string, Tally>();
  readonly #buckets = new Map<number, Tally>();
  readonly #persons = new Map<string, PersonTally>();
  readonly #reasons = new Map<string, number>();
  readonly #agentRules = new Map<string, Tally>();
  readonly #texts = new Map<string, { readonly person: string; readonly text: string; times: number }>();
  readonly #times: number[] = [];
  readonly #bucketOf: (time: number) => number;
  readonly total: Tally = tally();
  unknownAgent = 0;

  constructor(bucketOf: (time: number) => number) {
    this.#bucketOf = bucketOf;
  }

  add(suggestion: Suggestion): void {
    const outcome = outcomeOf(suggestion);
    const rolledBack = suggestion.acknowledged?.rolledBack === true;
    const agent = agentName(suggestion.agent);
    if (suggestion.agent === undefined) this.unknownAgent++;
    const tallies = [
      this.total,
      named(this.#agents, agent),
      named(this.#severities, suggestion.severity),
      named(this.#repositories, repositoryName(suggestion.workspace)),
      numbered(this.#buckets, this.#bucketOf(suggestion.heldAt)),
      ...suggestion.rules.flatMap((rule) => [named(this.#rules, rule), named(this.#agentRules, `${agent}\n${rule}`)]),
    ];
    for (const each of tallies) {
      each[outcome]++;
      if (rolledBack) each.rolledBack++;
    }
    if (suggestion.discarded !== undefined) this.#person(suggestion.discarded.person).discarded++;
    if (outcome === 'acknowledged') this.#acknowledged(suggestion);
  }

  #acknowledged({ heldAt, acknowledged }: Suggestion): void {
    if (acknowledged === undefined) return;
    const { person, at, category, reason } = acknowledged;
    const waited = Math.max(0, at - heldAt);
    if (this.#times.length < MOST_TIMES) this.#times.push(waited);
    this.#reasons.set(category, (this.#reasons.get(category) ?? 0) + 1);
    const own = this.#person(person);
    own.acknowledged++;
    if (acknowledged.rolledBack) own.rolledBack++;
    if (own.times.length < MOST_TIMES) own.times.push(waited);
    // Nobody reads two reviews at once: reading begins when it is held, or with the decision before.
    if (waited < QUICK_MS || Math.abs(at - own.last) < QUICK_MS) own.quick++;
    own.last = at;
    const words = reason
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    const key = `${person}\n${words}`;
    const text = this.#texts.get(key);
    if (text !== undefined) text.times++;
    else if (words !== '' && this.#texts.size < MOST_TEXTS) this.#texts.set(key, { person, text: reason, times: 1 });
  }

  #person(name: string): PersonTally {
    const known = this.#persons.get(name) ?? (this.#persons.size < MOST_NAMES ? undefined : this.#persons.get(OTHERS));
    if (known !== undefined) return known;
    const made = { acknowledged: 0, discarded: 0, rolledBack: 0, quick: 0, last: Number.NEGATIVE_INFINITY, times: [] };
    this.#persons.set(this.#persons.size < MOST_NAMES ? name : OTHERS, made);
    return made;
  }

  get byAgent(): readonly Row[] {
    return rows(this.#agents);
  }

  get byRule(): readonly Row[] {
    return rows(this.#rules);
  }

  get byRepository(): readonly Row[] {
    return rows(this.#repositories);
  }

  get bySeverity(): readonly Row[] {
    return rows(this.#severities).toSorted((a, b) => rank(a.name) - rank(b.name));
  }

  get byPerson(): readonly PersonRow[] {
    return [...this.#persons]
      .map(([name, { acknowledged, discarded, rolledBack, times }]) => ({
        name,
        acknowledged,
        discarded,
        rolledBack,
        ...(times.length === 0 ? {} : { medianToAcknowledge: seconds(median(times)) }),
      }))
      .toSorted((a, b) => b.acknowledged - a.acknowledged || b.discarded - a.discarded || a.name.localeCompare(b.name));
  }

  get byReason(): readonly { readonly category: string; readonly count: number }[] {
    return [...this.#reasons]
      .map(([category, count]) => ({ category, count }))
      .toSorted((a, b) => b.count - a.count || a.category.localeCompare(b.category));
  }

  get timeToAcknowledge(): { readonly count: number; readonly mean?: number; readonly median?: number } {
    const count = this.#times.length;
    if (count === 0) return { count };
    const sum = this.#times.reduce((all, one) => all + one, 0);
    return { count, mean: seconds(sum / count), median: seconds(median(this.#times)) };
  }

  get repeats(): Repeats {
    return {
      agents: [...this.#agentRules]
        .map(([key, each]) => {
          const [agent = '', rule = ''] = key.split('\n');
          return { agent, rule, times: heldOf(each), acknowledged: each.acknowledged };
        })
        .filter(({ times }) => times >= OFTEN)
        .toSorted((a, b) => b.times - a.times || a.agent.localeCompare(b.agent) || a.rule.localeCompare(b.rule))
        .slice(0, LISTED),
      pasted: [...this.#texts.values()]
        .filter(({ times }) => times >= OFTEN)
        .toSorted((a, b) => b.times - a.times || a.person.localeCompare(b.person))
        .slice(0, LISTED),
      quick: [...this.#persons]
        .map(([person, { quick, acknowledged }]) => ({ person, times: quick, of: acknowledged }))
        .filter(({ times }) => times > 0)
        .toSorted((a, b) => b.times - a.times || a.person.localeCompare(b.person))
        .slice(0, LISTED),
    };
  }

  bucket(index: number): Outcomes {
    const { discarded, acknowledged, forbidden, waiting } = this.#buckets.get(index) ?? tally();
    return { discarded, acknowledged, forbidden, waiting };
  }
}

function outcomeOf({ forbidden, discarded, acknowledged }: Suggestion): keyof Outcomes {
  if (forbidden) return 'forbidden';
  if (acknowledged !== undefined) return 'acknowledged';
  return discarded === undefined ? 'waiting' : 'discarded';
}

function tally(): Tally {
  return { discarded: 0, acknowledged: 0, forbidden: 0, waiting: 0, rolledBack: 0 };
}

function named(tallies: Map<string, Tally>, name: string): Tally {
  const known = tallies.get(name);
  if (known !== undefined) return known;
  const key = tallies.size < MOST_NAMES ? name : OTHERS;
  const made = tallies.get(key) ?? tally();
  tallies.set(key, made);
  return made;
}

function numbered(tallies: Map<number, Tally>, index: number): Tally {
  const made = tallies.get(index) ?? tally();
  tallies.set(index, made);
  return made;
}

function rows(tallies: ReadonlyMap<string, Tally>): readonly Row[] {
  return [...tallies]
    .map(([name, each]) => ({ name, held: heldOf(each), ...each }))
    .toSorted((a, b) => b.held - a.held || a.name.localeCompare(b.name));
}

function heldOf({ discarded, acknowledged, forbidden, waiting }: Outcomes): number {
  return discarded + acknowledged + forbidden + waiting;
}

function median(times: readonly number[]): number {
  const sorted = Float64Array.from(times).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
