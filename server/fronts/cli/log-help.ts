import { EVENT_KINDS } from '../../ledger/parse-record.ts';
import type { Subcommand } from './subcommand.ts';

export const LOG_ABOUT = `The log says what was held, acknowledged and released, by whom and why. A process key proves "a process on this account"; only a
person's key signs an acknowledgement.
`;

const STATE = `  --state DIR        the state folder, if not the usual one (or set COUNTERSIGN_STATE)`;

/** What the family and each of its commands teach. */
export const LOG_HELP = {
  show: {
    does: 'the last records, one line each; a reason below its record',
    help: `countersign log show [--last N] [--kind KIND] [--path TEXT] [--json]

The last records, one line each; a reason below its record.

  --last N           how many (default 20; 0 for all)
  --kind KIND        only ${EVENT_KINDS.slice(4, 8).join(', ')}, …
  --path TEXT        only records about files whose path holds TEXT
  --json             whole records, one JSON object a line
${STATE}

Examples:
  countersign log show
  countersign log show --kind acknowledged --last 0

Exit codes: 0 shown, 3 could not do it.
`,
  },
  verify: {
    does: 'check every record, and name the first that is not what was written',
    help: `countersign log verify [--head SEQ:HASH] [--json]

Checks every record, and names the first that is not what was written.

  --head SEQ:HASH    an end of the log you noted before: tells also when the tail was cut off or rewritten
  --json             the report as JSON
${STATE}

Examples:
  countersign log verify
  countersign log verify --head "$(cat head.txt)"     where head.txt was written by: countersign log head > head.txt

Exit codes: 0 the log is whole, 1 it is not, 3 could not do it.
`,
  },
  head: {
    does: 'the end of the log, to be noted elsewhere for "log verify --head"',
    help: `countersign log head

The end of the log as SEQ:HASH. Noted elsewhere, it shows later that the tail was cut off or rewritten: log verify --head.

${STATE}

Exit codes: 0 printed, 3 could not do it.
`,
  },
  export: {
    does: 'events for a collector, one JSON object a line',
    help: `countersign log export [--format ocsf|agent-trace] [--since WHEN]

Events for a collector, one JSON object a line.

  --format FORMAT    ocsf: OCSF 1.8.0 Detection Findings (default)
                     agent-trace: Agent Trace 0.1 records: which lines of which files an agent wrote, as far as that is recorded
  --since WHEN       from this record number, or from this time (ISO 8601) on
${STATE}

Example:
  countersign log export --since 2026-05-01 > events.jsonl

Exit codes: 0 exported, 3 could not do it.
`,
  },
  ship: { does: 'send it to a collector, and go on where it stopped' },
  collect: { does: "check many people's logs together, as a collector has them" },
  prune: { does: 'delete the oldest records so that the rest still verifies' },
} as const satisfies Record<string, Subcommand>;
