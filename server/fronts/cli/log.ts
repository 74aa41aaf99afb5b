import { dirname, join, resolve } from 'node:path';
import { eventText, ocsfEvents } from '../../ledger/ocsf.ts';
import { readRecords } from '../../ledger/open.ts';
import { EVENT_KINDS } from '../../ledger/parse-record.ts';
import type { StoredRecord } from '../../ledger/types.ts';
import { type Remembered, verifyLog } from '../../ledger/verify.ts';
import { parseArguments } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';
import { policyKeys } from './policy-keys.ts';
import { lastRecord } from './log-end.ts';
import { LOG_ABOUT, LOG_HELP } from './log-help.ts';
import { recordLines } from './log-lines.ts';
import { type Family, type Subcommand, subcommand } from './subcommand.ts';

const OPTIONS = {
  state: { type: 'string' },
  last: { type: 'string' },
  kind: { type: 'string' },
  path: { type: 'string' },
  head: { type: 'string' },
  format: { type: 'string' },
  since: { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Log = { readonly folder: string; readonly keysFolder: string };
type LogCommand = Subcommand &
  (
    | {
        readonly kind: 'reads';
        readonly takes: readonly (keyof typeof OPTIONS)[];
        readonly run: (log: Log, values: Values, io: CliIo) => Promise<number>;
      }
    /** It has flags of its own, and is loaded when it is called. */
    | { readonly kind: 'apart'; readonly run: (args: readonly string[], io: CliIo) => Promise<number> }
  );

const FAMILY: Family<LogCommand> = {
  name: 'log',
  about: LOG_ABOUT,
  commands: {
    show: { ...LOG_HELP.show, kind: 'reads', takes: ['last', 'kind', 'path', 'json', 'state'], run: show },
    verify: { ...LOG_HELP.verify, kind: 'reads', takes: ['head', 'json', 'state'], run: verify },
    head: { ...LOG_HELP.head, kind: 'reads', takes: ['state'], run: head },
    export: { ...LOG_HELP.export, kind: 'reads', takes: ['format', 'since', 'state'], run: exportLog },
    ship: {
      ...LOG_HELP.ship,
      kind: 'apart',
      run: (args, io) => {
        const { shipCommand }: typeof import('./log-ship.ts') = require('./log-ship.ts');
        return shipCommand(args, io);
      },
    },
    collect: {
      ...LOG_HELP.collect,
      kind: 'apart',
      run: (args, io) => {
        const { collectCommand }: typeof import('./log-collect.ts') = require('./log-collect.ts');
        return collectCommand(args, io);
      },
    },
    prune: {
      ...LOG_HELP.prune,
      kind: 'apart',
      run: (args, io) => {
        const { pruneCommand }: typeof import('./log-prune.ts') = require('./log-prune.ts');
        return pruneCommand(args, io);
      },
    },
  },
};

/** `countersign log …`. Resolves to the exit code: 0 well, 1 the log is not whole, 3 could not do it. */
export async function logCommand(args: readonly string[], io: CliIo): Promise<number> {
  const chosen = subcommand(FAMILY, args, io);
  if (chosen.kind === 'answered') return chosen.code;
  const { name, command } = chosen;
  try {
    if (command.kind === 'apart') return await command.run(chosen.rest, io);
    const parsed = parseArguments(`log ${name}`, chosen.rest, OPTIONS, command.takes);
    if (!parsed.ok) return fail(io, parsed.problem);
    const [odd] = parsed.rest;
    if (odd !== undefined) return fail(io, `"log ${name}" takes no "${odd}". countersign log ${name} --help shows what it takes.`);
    const state = resolve(io.cwd, ownPlaces(io, parsed.values.state).state);
    return await command.run({ folder: join(state, 'log'), keysFolder: join(state, 'keys') }, parsed.values, io);
  } catch (error) {
    return fail(io, error instanceof Error ? sentence(error.message) : String(error));
  }
}

type Values = { last?: string; kind?: string; path?: string; head?: string; format?: string; since?: string; json?: boolean };

async function verify(log: Log, { head, json }: Values, io: CliIo): Promise<number> {
  const remembered = head === undefined ? undefined : parseHead(head);
  if (head !== undefined && remembered === undefined) {
    return fail(io, `--head takes SEQ:HASH as "countersign log head" prints it, not "${head}".`);
  }
  const report = await verifyLog({ ...log, remembered, policy: policyKeys(io) });
  if (json === true) io.stdout.write(`${JSON.stringify(report)}\n`);
  else io.stdout.write([report.sentence, ...report.warnings.map((warning) => `Note: ${warning}`), ''].join('\n'));
  return report.ok ? 0 : 1;
}

async function show({ folder }: Log, { last = '20', kind, path, json }: Values, io: CliIo): Promise<number> {
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

async function exportLog({ folder }: Log, { format = 'ocsf', since }: Values, io: CliIo): Promise<number> {
  if (format !== 'ocsf' && format !== 'agent-trace') return fail(io, `--format takes ocsf or agent-trace, not "${format}".`);
  const number = since !== undefined && /^\d+$/.test(since) ? Math.max(1, Number(since)) : undefined;
  const time = since === undefined || number !== undefined ? 0 : Date.parse(since);
  if (Number.isNaN(time)) return fail(io, `--since takes a record number or a time such as 2026-05-01T00:00:00Z, not "${since}".`);
  const lines = linesOf(format, io, dirname(folder));
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
function linesOf(format: 'ocsf' | 'agent-trace', io: CliIo, state: string): (stored: StoredRecord) => readonly string[] {
  if (format === 'ocsf') return (stored) => ocsfEvents(stored).map((event) => `${eventText(event)}\n`);
  const { agentTraceLines }: typeof import('./log-agent-trace.ts') = require('./log-agent-trace.ts');
  const line = agentTraceLines(io.env, state);
  return (stored) => [line(stored)].filter((text) => text !== '');
}

async function head({ folder }: Log, _: Values, io: CliIo): Promise<number> {
  const end = lastRecord(folder);
  for await (const { id, record } of readRecords(folder, Math.max(1, end))) return say(io, `${record.seq}:${id}\n`);
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

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
