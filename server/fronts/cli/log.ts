import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { eventText, ocsfEvents } from '../../ledger/ocsf.ts';
import { readRecords } from '../../ledger/open.ts';
import { EVENT_KINDS } from '../../ledger/parse-record.ts';
import type { StoredRecord } from '../../ledger/types.ts';
import { type Remembered, verifyLog } from '../../ledger/verify.ts';
import type { CliIo } from './io.ts';
import { ownPlaces } from './own-places.ts';
import { policyKeys } from './policy-keys.ts';
import { lastRecord } from './log-end.ts';
import { recordLines } from './log-lines.ts';

const HELP = `countersign log: what was held, acknowledged and released, by whom and why

  countersign log show      the last records, one line each; a reason below its record
      --last N              how many (default 20; 0 for all)
      --kind KIND           only ${EVENT_KINDS.slice(4, 8).join(', ')}, …
      --path TEXT           only records about files whose path holds TEXT
      --json                whole records, one JSON object a line
  countersign log verify    checks every record, and names the first that is not what was written
      --head SEQ:HASH       an end of the log you noted before: tells also when the tail was cut off or rewritten
      --json                the report as JSON
  countersign log head      the end of the log as SEQ:HASH, to be noted elsewhere for "verify --head"
  countersign log export    events for a collector, one JSON object a line
      --format ocsf         OCSF 1.8.0 Detection Findings (default)
      --format agent-trace  Agent Trace 0.1 records: which lines of which files an agent wrote, as far as that is recorded
      --since WHEN          from this record number, or from this time (ISO 8601) on
  countersign log ship      sends it to a collector; "log ship --help" tells how
  countersign log prune     deletes the oldest records so that the rest still verifies; "log prune --help"
  countersign log collect   checks many people's logs together, as a collector has them; "log collect --help"

  --state DIR               the state folder, if not the usual one (or set COUNTERSIGN_STATE)

Exit code: 0 well, 1 the log is not whole, 3 could not do it.
A process key proves "a process on this account"; only a person's key signs an acknowledgement.
`;

const OPTIONS = {
  state: { type: 'string' },
  last: { type: 'string' },
  kind: { type: 'string' },
  path: { type: 'string' },
  head: { type: 'string' },
  format: { type: 'string' },
  since: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const TAKES: Readonly<Record<string, readonly (keyof typeof OPTIONS)[]>> = {
  show: ['last', 'kind', 'path', 'json'],
  verify: ['head', 'json'],
  head: [],
  export: ['format', 'since'],
};

/** `countersign log …`. Resolves to the exit code: 0 well, 1 the log is not whole, 3 could not do it. */
export async function logCommand(args: readonly string[], io: CliIo): Promise<number> {
  try {
    const [first, ...rest] = args;
    if (first === 'ship') {
      const { shipCommand }: typeof import('./log-ship.ts') = require('./log-ship.ts');
      return await shipCommand(rest, io);
    }
    if (first === 'collect') {
      const { collectCommand }: typeof import('./log-collect.ts') = require('./log-collect.ts');
      return await collectCommand(rest, io);
    }
    if (first === 'prune') {
      const { pruneCommand }: typeof import('./log-prune.ts') = require('./log-prune.ts');
      return await pruneCommand(rest, io);
    }
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [command, ...more] = positionals;
    if (values.help === true || command === 'help') return say(io, HELP, 0);
    const takes = command === undefined ? undefined : TAKES[command];
    if (takes === undefined) return fail(io, command === undefined ? 'Say what to do with the log.' : `There is no "log ${command}".`);
    if (more.length > 0) return fail(io, `"log ${command}" takes no "${more[0]}".`);
    const wrong = Object.keys(values).find((name) => name !== 'state' && !takes.some((taken) => taken === name));
    if (wrong !== undefined) return fail(io, `"log ${command}" takes no --${wrong}.`);
    const state = resolve(io.cwd, ownPlaces(io, values.state).state);
    const folders = { folder: join(state, 'log'), keysFolder: join(state, 'keys') };
    if (command === 'verify') return await verify(folders, values, io);
    if (command === 'show') return await show(folders.folder, values, io);
    if (command === 'export') return await exportLog(folders.folder, values, io);
    return await head(folders.folder, io);
  } catch (error) {
    return fail(io, error instanceof Error ? sentence(error.message) : String(error));
  }
}

type Values = { last?: string; kind?: string; path?: string; head?: string; format?: string; since?: string; json?: boolean };

async function verify(folders: { folder: string; keysFolder: string }, { head, json }: Values, io: CliIo): Promise<number> {
  const remembered = head === undefined ? undefined : parseHead(head);
  if (head !== undefined && remembered === undefined) {
    return fail(io, `--head takes SEQ:HASH as "countersign log head" prints it, not "${head}".`);
  }
  const report = await verifyLog({ ...folders, remembered, policy: policyKeys(io) });
  if (json === true) io.stdout.write(`${JSON.stringify(report)}\n`);
  else io.stdout.write([report.sentence, ...report.warnings.map((warning) => `Note: ${warning}`), ''].join('\n'));
  return report.ok ? 0 : 1;
}

async function show(folder: string, { last = '20', kind, path, json }: Values, io: CliIo): Promise<number> {
  const count = /^\d+$/.test(last) ? Number(last) : Number.NaN;
  if (Number.isNaN(count)) return fail(io, `--last takes a number, not "${last}".`);
  if (kind !== undefined && !EVENT_KINDS.some((known) => known === kind)) {
    return fail(io, `There is no kind "${kind}". Kinds: ${EVENT_KINDS.join(', ')}.`);
  }
  const end = lastRecord(folder);
  const wanted: StoredRecord[] = [];
  const filtered = kind !== undefined || path !== undefined;
  const from = filtered || count === 0 ? 1 : Math.max(1, end - count + 1);
  let seen = from - 1;
  for await (const stored of readRecords(folder, from)) {
    seen = stored.record.seq;
    if (!matches(stored, kind, path)) continue;
    if (count === 0) await write(io, shown(stored, json));
    else if (wanted.push(stored) > count) wanted.shift();
  }
  for (const stored of wanted) await write(io, shown(stored, json));
  if (end === 0) io.stderr.write(`There is no log in ${folder}: nothing was recorded yet.\n`);
  // The line shows what the log says; whether that is what was written only "verify" tells.
  if (seen < end) return fail(io, `Record ${seen + 1} of ${end} is missing or cannot be read. Run "countersign log verify".`);
  return 0;
}

async function exportLog(folder: string, { format = 'ocsf', since }: Values, io: CliIo): Promise<number> {
  if (format !== 'ocsf' && format !== 'agent-trace') return fail(io, `--format takes ocsf or agent-trace, not "${format}".`);
  const number = since !== undefined && /^\d+$/.test(since) ? Math.max(1, Number(since)) : undefined;
  const time = since === undefined || number !== undefined ? 0 : Date.parse(since);
  if (Number.isNaN(time)) return fail(io, `--since takes a record number or a time such as 2026-05-01T00:00:00Z, not "${since}".`);
  const lines = linesOf(format, io);
  const end = lastRecord(folder);
  let seen = (number ?? 1) - 1;
  for await (const stored of readRecords(folder, number ?? 1)) {
    seen = stored.record.seq;
    if (Date.parse(stored.record.time) < time) continue;
    for (const line of lines(stored)) await write(io, line);
  }
  if (end === 0) io.stderr.write(`There is no log in ${folder}: nothing was recorded yet.\n`);
  if (seen < end)
    return fail(io, `Export stopped: record ${seen + 1} of ${end} is missing or cannot be read. Run "countersign log verify".`);
  return 0;
}

/** What an export makes of one record. */
function linesOf(format: 'ocsf' | 'agent-trace', io: CliIo): (stored: StoredRecord) => readonly string[] {
  if (format === 'ocsf') return (stored) => ocsfEvents(stored).map((event) => `${eventText(event)}\n`);
  const { agentTraceLines }: typeof import('./log-agent-trace.ts') = require('./log-agent-trace.ts');
  const line = agentTraceLines(io.env);
  return (stored) => [line(stored)].filter((text) => text !== '');
}

async function head(folder: string, io: CliIo): Promise<number> {
  const end = lastRecord(folder);
  for await (const { id, record } of readRecords(folder, Math.max(1, end))) return say(io, `${record.seq}:${id}\n`, 0);
  return end === 0
    ? fail(io, `There is no log in ${folder}: nothing was recorded yet.`)
    : fail(io, `Record ${end}, the last, cannot be read. Run "countersign log verify".`);
}

function matches({ record: { event } }: StoredRecord, kind: string | undefined, path: string | undefined): boolean {
  if (kind !== undefined && event.kind !== kind) return false;
  return path === undefined || (event.files ?? []).some((file) => file.path.includes(path));
}

function shown(stored: StoredRecord, json: boolean | undefined): string {
  return json === true ? `${JSON.stringify({ id: stored.id, keyId: stored.keyId, ...stored.record })}\n` : recordLines(stored);
}

function parseHead(text: string): Remembered | undefined {
  const [, seq, head] = /^(\d{1,15}):([0-9a-fA-F]{64})$/.exec(text) ?? [];
  return seq === undefined || head === undefined || Number(seq) < 1 ? undefined : { seq: Number(seq), head: head.toLowerCase() };
}

/** Waits where the reader is slower than we are, so that a long log does not fill the memory. */
async function write(io: CliIo, text: string): Promise<void> {
  if (io.stdout.write(text)) return;
  await new Promise<void>((resolve) => io.stdout.once('drain', () => resolve()));
}

function say(io: CliIo, text: string, code: number): number {
  io.stdout.write(text);
  return code;
}

function fail(io: CliIo, message: string): number {
  io.stderr.write(`countersign: ${message}\nRun "countersign log --help" to see what it can do.\n`);
  return 3;
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
