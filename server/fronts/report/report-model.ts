/** What the log says of a stretch of time, as plain data: what every form of the report shows, and its JSON. */
export type Report = {
  readonly schema: 'countersign.report/1';
  /** ISO 8601. A suggestion belongs to the report when it was held from then on; what is in force now is told whenever it was held. */
  readonly from: string;
  readonly to: string;
  readonly log: LogState;
  readonly totals: Totals;
  /** Seconds between a hold and its acknowledgement. */
  readonly timeToAcknowledge: { readonly count: number; readonly mean?: number | undefined; readonly median?: number | undefined };
  /** `days` each bucket covers: 1, or 7 for long reports. Days begin at midnight, UTC. */
  readonly trend: { readonly days: number; readonly buckets: readonly (Outcomes & { readonly from: string })[] };
  readonly byAgent: readonly Row[];
  readonly byRule: readonly Row[];
  readonly bySeverity: readonly Row[];
  /** By the account that asked. */
  readonly byPerson: readonly PersonRow[];
  readonly byRepository: readonly Row[];
  readonly byReason: readonly { readonly category: string; readonly count: number }[];
  readonly inForce: readonly Accepted[];
  /** How many more are in force than `inForce` lists. */
  readonly moreInForce: number;
  /** Acknowledgements of the report's time, newest first. */
  readonly latest: readonly Accepted[];
  readonly moreAcknowledged: number;
  readonly repeats: Repeats;
  /** What ignores let pass that would have been held, most often first. */
  readonly silenced: readonly Silenced[];
};

export type LogState = {
  readonly ok: boolean;
  readonly sentence: string;
  readonly warnings: readonly string[];
  readonly records: number;
  readonly head?: { readonly seq: number; readonly head: string } | undefined;
  /** Numbers of records that are not there or cannot be read, the first few. */
  readonly missing: { readonly count: number; readonly first: readonly number[] };
};

/** What became of suggestions that were held. Each is one of the four. */
export type Outcomes = { readonly discarded: number; readonly acknowledged: number; readonly forbidden: number; readonly waiting: number };

export type Row = Outcomes & { readonly name: string; readonly held: number; readonly rolledBack: number };

export type PersonRow = {
  readonly name: string;
  readonly acknowledged: number;
  readonly discarded: number;
  readonly rolledBack: number;
  /** Seconds. */
  readonly medianToAcknowledge?: number | undefined;
};

export type Totals = Outcomes & {
  readonly held: number;
  readonly inForce: number;
  readonly rolledBack: number;
  /** Acknowledged, applied, and over since. */
  readonly ranOut: number;
  /** Acknowledged and never made. */
  readonly unused: number;
  /** Of those held, suggestions of which no agent is known. */
  readonly unknownAgent: number;
  /** Each an event in the report's time. */
  readonly closed: number;
  readonly reverted: number;
  readonly halted: number;
  readonly tripped: number;
  readonly resumed: number;
  readonly brokeGlass: number;
  readonly approved: number;
  /** Suggestions of which an ignore let something pass. */
  readonly ignored: number;
};

export type Silenced = {
  readonly rule: string;
  readonly by: string;
  readonly until: string;
  readonly reason: string;
  readonly times: number;
};

/** One acknowledged suggestion. Texts are as recorded: whoever shows them spells hidden characters out. */
export type Accepted = {
  /** The id of the record. */
  readonly id: string;
  readonly hold: string;
  readonly when: string;
  readonly severity: string;
  /** The worst finding's consequence, names in backticks. */
  readonly sentence: string;
  readonly rules: readonly string[];
  readonly path: string;
  readonly workspace: string;
  readonly agent: string;
  readonly person: string;
  readonly category: string;
  readonly reason: string;
  readonly ticket: string;
  readonly expires: string;
  readonly state: 'in force' | 'ran out' | 'rolled back' | 'not used';
};

export type Repeats = {
  /** The same agent with the same rule, three times or more. */
  readonly agents: readonly { readonly agent: string; readonly rule: string; readonly times: number; readonly acknowledged: number }[];
  /** The same words for different suggestions. */
  readonly pasted: readonly { readonly person: string; readonly text: string; readonly times: number }[];
  /** Acknowledged within ten seconds of the hold, or of their decision before. */
  readonly quick: readonly { readonly person: string; readonly times: number; readonly of: number }[];
};
