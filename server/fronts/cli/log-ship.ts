import { join, resolve } from 'node:path';
import { loadPolicy } from '../../gate/policy.ts';
import { sinkFromFlags } from '../../gate/policy-sinks.ts';
import { readCursor, readQuarantine, sinkFiles } from '../../ledger/cursor.ts';
import { type Shipped, ship } from '../../ledger/ship.ts';
import { sinkFor } from '../../ledger/sinks/sink-for.ts';
import type { SinkSettings } from '../../ledger/types.ts';
import { parseFlags } from './arguments.ts';
import { brokenGlass } from './broken-glass.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';
import { lastRecord } from './log-end.ts';
import { count } from '../report/report-words.ts';

const HELP = `countersign log ship [--once | --follow] [where]

Sends the log to what security already runs, in order and at least once: each record as OCSF 1.8 Detection Findings, with a
signed head of the log in every batch. Where it goes is said by "sinks" in your policy or your organization's:

  sinks:
    - otlp: https://collector.example.com/v1/logs      # OTLP over HTTP, JSON
      headersFile: /etc/countersign/otlp-headers       # "name: value" lines
    - syslog: logs.example.com:6514                    # RFC 5424 over TLS
      ca: /etc/countersign/ca.pem
      certificate: /etc/countersign/client.pem
      key: /etc/countersign/client.key
    - file: /var/log/countersign/events.jsonl          # OCSF, one JSON object a line

or here, for one sink instead of those:
  --otlp URL  --header "name: value" (repeatable)  --headers-file FILE
  --syslog HOST:PORT
  --file FILE
  --ca FILE  --certificate FILE  --key FILE  --server-name NAME     for TLS; the server is always verified

  --once               what is there now, then end (the usual way)
  --follow             what comes, too, until it is ended
  --while-stdin        end when standard input ends, as an editor that started it does
  --patience SECONDS   with --once: give up after so long without a batch taken (default 30)
  --from SEQ           ship from this record on again, whatever was shipped; collectors drop what they have by metadata.uid
  --status             how far each sink is, and what it refused
  --state DIR          the state folder, if not the usual one (or set COUNTERSIGN_STATE)

A broken glass goes ahead of what waits, and comes in its order once more. A collector that is away is tried again, later and later. What it refuses as malformed is set aside with its reason, and the
rest goes on. The gate never waits for any of this.

Examples:
  countersign log ship --otlp http://127.0.0.1:4318/v1/logs
  countersign log ship --follow
  countersign log ship --status

Exit codes: 0 all is shipped, 1 something was refused or the log is not whole, 3 could not do it.
`;

const FLAGS = {
  once: { type: 'boolean' },
  follow: { type: 'boolean' },
  'while-stdin': { type: 'boolean' },
  status: { type: 'boolean' },
  patience: { type: 'string' },
  from: { type: 'string' },
  otlp: { type: 'string' },
  header: { type: 'string', multiple: true },
  'headers-file': { type: 'string' },
  syslog: { type: 'string' },
  file: { type: 'string' },
  ca: { type: 'string' },
  certificate: { type: 'string' },
  key: { type: 'string' },
  'server-name': { type: 'string' },
  state: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const NO_SINK =
  'Nothing says where the log is shipped. Add "sinks" to your policy, or name one here: countersign log ship --help shows how.';

export async function shipCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('log ship', args, FLAGS);
  if (!parsed.ok) return fail(io, parsed.problem);
  const { values } = parsed;
  if (values.help) return say(io, HELP);
  if (values.once && values.follow) return fail(io, '--once and --follow exclude each other. Keep one.');
  const patience = numberIn(values.patience ?? '30', 0);
  if (patience === undefined) return fail(io, `--patience takes seconds, not "${values.patience}".`);
  const from = values.from === undefined ? undefined : numberIn(values.from, 1);
  if (values.from !== undefined && from === undefined) return fail(io, `--from takes a record number, not "${values.from}".`);
  const state = resolve(io.cwd, ownPlaces(io, values.state).state);
  const sinks = sinksOf(values, state, io);
  if (!sinks.ok) return fail(io, sinks.problem);
  if (sinks.sinks.length === 0) return fail(io, NO_SINK);
  const shipFolder = join(state, 'ship');
  const folder = join(state, 'log');
  if (values.status) return status(sinks.sinks, folder, shipFolder, io);

  const signal = endOf(values['while-stdin'] === true ? io.stdin : undefined);
  const told = (sentence: string) => void io.stderr.write(`${sentence}\n`);
  const results = await Promise.all(
    sinks.sinks.map((settings) =>
      ship({
        folder,
        keysFolder: join(state, 'keys'),
        shipFolder,
        sink: sinkFor(settings),
        mode: values.follow ? 'follow' : 'once',
        from,
        first: () => brokenGlass(state),
        patience: patience * 1000,
        now: io.now,
        signal,
        say: told,
      }),
    ),
  );
  for (const [index, result] of results.entries()) {
    const settings = sinks.sinks[index];
    if (settings !== undefined) tell(sinkFor(settings).name, result, signal.aborted && values.follow === true, io);
  }
  return signal.aborted && values.follow ? 0 : Math.max(...results.map(codeOf));
}

function tell(name: string, result: Shipped, ended: boolean, io: CliIo): void {
  if (result.kind === 'shipped') {
    const refused =
      result.refused === 0 ? '' : ` ${count(result.refused, 'event')} ${result.refused === 1 ? 'was' : 'were'} refused; --status says why.`;
    io.stdout.write(`${name}: ${count(result.records, 'record')} shipped, up to record ${result.seq}.${refused}\n`);
  } else if (!ended) io.stderr.write(`${result.problem}\n`);
}

function codeOf(result: Shipped): number {
  if (result.kind === 'behind') return 3;
  return result.kind === 'broken' || result.refused > 0 ? 1 : 0;
}

function status(sinks: readonly SinkSettings[], folder: string, shipFolder: string, io: CliIo): number {
  const end = lastRecord(folder);
  for (const { name } of sinks.map(sinkFor)) {
    const files = sinkFiles(shipFolder, name);
    const cursor = readCursor(files.cursor);
    const refused = readQuarantine(files.quarantine);
    io.stdout.write(
      cursor === undefined
        ? `${name}: nothing shipped yet, ${count(end, 'record')} ${end === 1 ? 'waits' : 'wait'}.\n`
        : `${name}: shipped up to record ${cursor.seq} of ${end}, ${cursor.updated}.\n`,
    );
    if (cursor?.problem !== undefined) io.stdout.write(`  Behind since ${cursor.problem.since}: ${cursor.problem.reason}\n`);
    if (refused.size > 0)
      io.stdout.write(
        `  ${count(refused.size, 'event')} ${refused.size === 1 ? 'was refused; it lies' : 'were refused; they lie'} in ${files.quarantine}\n`,
      );
    for (const [uid, reason] of [...refused].slice(0, 5)) io.stdout.write(`    ${uid.slice(0, 12)}…: ${reason}\n`);
  }
  return 0;
}

type Values = Extract<ReturnType<typeof parseFlags<typeof FLAGS>>, { ok: true }>['values'];

function sinksOf(
  values: Values,
  state: string,
  io: CliIo,
): { readonly ok: true; readonly sinks: readonly SinkSettings[] } | { readonly ok: false; readonly problem: string } {
  const file = (path: string | undefined) => (path === undefined ? undefined : resolve(io.cwd, path));
  const { otlp, syslog, header } = values;
  const named = { otlp, syslog, file: file(values.file) };
  const rest = {
    headersFile: file(values['headers-file']),
    ca: file(values.ca),
    certificate: file(values.certificate),
    key: file(values.key),
    serverName: values['server-name'],
  };
  if (Object.values(named).some((one) => one !== undefined)) {
    const headers = header?.map((line) => /^([^:]*):\s*(.*)$/.exec(line));
    if (headers?.includes(null)) return { ok: false, problem: '--header takes "name: value".' };
    const table = headers && { headers: Object.fromEntries(headers.flatMap((found) => (found ? [[found[1], found[2]]] : []))) };
    const set = Object.entries({ ...named, ...rest, ...table }).filter(([, value]) => value !== undefined);
    const made = sinkFromFlags(Object.fromEntries(set));
    return made.ok ? { ok: true, sinks: [made.sink] } : made;
  }
  if (header !== undefined || Object.values(rest).some((one) => one !== undefined)) {
    return { ok: false, problem: 'Those flags belong to a sink: add --otlp, --syslog or --file.' };
  }
  // The state folder has no policy of its own: what a repository says has no part in this.
  const loaded = loadPolicy(state, ownPlaces(io).userPolicy);
  return loaded.ok ? { ok: true, sinks: loaded.policy.sinks } : loaded;
}

/** Ctrl-C, a request to end, or the end of whoever started this. */
function endOf(stdin: NodeJS.ReadableStream | undefined): AbortSignal {
  const end = new AbortController();
  const abort = () => end.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  stdin?.once('end', abort).once('close', abort).resume();
  return end.signal;
}

function numberIn(text: string, least: number): number | undefined {
  const number = /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  return number === undefined || number < least ? undefined : number;
}
