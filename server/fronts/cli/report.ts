import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { codeOf } from '../../ledger/file-system.ts';
import { loadPolicy } from '../../gate/policy.ts';
import { realFolder } from '../../gate/state-folder.ts';
import { collectedRecords } from '../report/collected.ts';
import { reportOf, type Window } from '../report/fold.ts';
import { incidentOf } from '../report/incident.ts';
import { incidentBody, incidentTitle } from '../report/incident-html.ts';
import { type LogRecords, logRecords } from '../report/records.ts';
import { htmlPage, reportBody, reportTitle } from '../report/report-html.ts';
import { incidentText, reportText } from '../report/report-text.ts';
import { riskRegister } from '../report/risk-register.ts';
import { parseFlags } from './arguments.ts';
import { decidesSomething } from './decides-something.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';

const HELP = `countersign report [--since 30d] [--format text|html|json|csv] [--out FILE]
countersign report incident RECORD [--format text|html|json] [--out FILE]

What was held, acknowledged, discarded and forbidden in a time, and what is in force now: by agent, rule, severity, reason, person
and repository; how long people took; what comes again and again, and who acknowledges without reading. The log is checked first.

  --since WHEN     30d, 12h, 4w, a day such as 2026-05-01, or "all" (default: 30d)
  --format FORMAT  text; html: one page that opens offline, with charts; json; csv: the risk register, a row for each finding
                   that was acknowledged, with its failure mode, impact class and rollback (default: by the name of --out, else text)
  --out FILE       write it there instead
  --collected PATH many people's logs together, as a collector has them (as in "log collect"); may be given several times
  --state DIR      the state folder, if not the usual one (or set COUNTERSIGN_STATE)

An incident is one suggestion, from the prompt to the commit, with what no record tells. RECORD is a hold (H-…), a record's number,
or the first characters of its id, as "countersign log show" prints them. Days and times are in UTC.

Examples:
  countersign report
  countersign report --since 90d --out log.html
  countersign report --since all --format csv --out risk-register.csv
  countersign report incident H-7K2M9QXA
  countersign report --collected /var/log/countersign --out team.html

Exit codes: 0 done, 1 done, but the log is not whole, 3 error.
`;

type Format = 'text' | 'html' | 'json' | 'csv';
const FORMATS: readonly Format[] = ['text', 'html', 'json', 'csv'];
const ENDINGS: Readonly<Record<string, Format>> = { '.html': 'html', '.htm': 'html', '.json': 'json', '.csv': 'csv' };
const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `countersign report …`. Resolves to the exit code: 0 done, 1 the log is not whole, 3 error. */
export async function reportCommand(args: readonly string[], io: CliIo): Promise<number> {
  const [first, wanted, ...rest] = args;
  const isIncident = first === 'incident' && wanted !== '--help' && wanted !== '-h';
  const parsed = parseFlags('report', isIncident ? rest : first === 'incident' ? ['--help'] : args, {
    since: { type: 'string' },
    format: { type: 'string' },
    out: { type: 'string' },
    state: { type: 'string' },
    collected: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { since, format: given, out, state, collected, help } = parsed.values;
  if (help) return say(io, HELP);
  if (isIncident && (wanted === undefined || wanted.startsWith('-')))
    return fail(io, 'Say which: countersign report incident H-7K2M9QXA, or a record’s number or id. countersign log show lists them.');
  if (isIncident && since !== undefined) return fail(io, '--since is of the report; an incident is told whole.');
  const format = given ?? ENDINGS[extname(out ?? '').toLowerCase()] ?? 'text';
  if (!isFormat(format)) return fail(io, `--format is text, html, json or csv, not "${format}".`);
  if (isIncident && format === 'csv') return fail(io, 'An incident is told as text, html or json.');
  const now = io.now();
  const from = since === undefined ? now.getTime() - 30 * 86_400_000 : startOf(since, now);
  if (from === undefined) return fail(io, `--since takes 30d, 12h, 4w, a day such as 2026-05-01, or "all", not "${since}".`);
  if (from > now.getTime()) return fail(io, `--since ${since} lies in the future.`);
  const file = out === undefined ? undefined : resolve(io.cwd, out);
  if (file !== undefined && decidesSomething(file)) return fail(io, '--out writes over the file it names: name one that decides nothing.');

  const folder = realFolder(resolve(io.cwd, ownPlaces(io, state).state));
  const paths = collected.map((path) => resolve(io.cwd, path));
  const absent = paths.find((path) => !existsSync(path));
  if (absent !== undefined) return fail(io, `--collected: there is nothing at ${absent}. Check the name.`);
  if (paths.length > 0 && state !== undefined) return fail(io, '--collected and --state exclude each other. Give one of them.');
  const log = paths.length > 0 ? await collectedRecords(paths, io.now) : await logRecords(folder);
  if (paths.length === 0 && log.state().records === 0 && log.state().ok)
    io.stderr.write(`There is no log in ${folder}: nothing was recorded yet.\n`);
  const texts = isIncident
    ? await incidentTexts(wanted ?? '', format, log, folder, io)
    : reportTexts(format, log, await windowOf(from, now, log), folder, io);
  if ('problem' in texts) return fail(io, texts.problem);
  const problem = await deliver(texts, file, io);
  if (problem !== undefined) return fail(io, problem);
  const { ok, sentence, missing } = log.state();
  if (!ok) io.stderr.write(`The log is not whole: ${sentence} Run "countersign log ${paths.length > 0 ? 'collect' : 'verify'}".\n`);
  return ok && missing.count === 0 ? 0 : 1;
}

/** "all" begins with the first record. */
async function windowOf(from: number, now: Date, log: LogRecords): Promise<Window> {
  const to = now.getTime();
  if (from > 0) return { from, to };
  let first = Number.POSITIVE_INFINITY;
  // Of one log the first record would do; of several nobody knows which began first.
  for await (const { record } of log.records()) first = Math.min(first, Date.parse(record.time));
  return { from: Number.isFinite(first) ? Math.min(first, to) : to - 30 * 86_400_000, to };
}

async function* reportTexts(format: Format, log: LogRecords, window: Window, folder: string, io: CliIo): AsyncGenerator<string> {
  if (format === 'csv') {
    const { policy } = loadPolicy(io.cwd, ownPlaces(io).userPolicy);
    yield* riskRegister(log.records, window, { stateFolder: folder, policy });
    return;
  }
  const state = log.state();
  const folded = await reportOf(log.records(), window, state);
  // What was missing is known only now.
  const report = { ...folded, log: log.state() };
  if (format === 'html') yield htmlPage(reportTitle(report), reportBody(report, 'file'));
  else if (format === 'json') yield `${JSON.stringify(report, null, 2)}\n`;
  else yield reportText(report);
}

async function incidentTexts(
  wanted: string,
  format: Format,
  log: LogRecords,
  folder: string,
  io: CliIo,
): Promise<readonly string[] | { readonly problem: string }> {
  const found = await incidentOf(wanted, log.records, { stateFolder: folder, env: io.env, now: io.now() });
  if (!found.ok) return { problem: found.problem };
  const { incident } = found;
  if (format === 'html') return [htmlPage(incidentTitle(incident), incidentBody(incident))];
  return [format === 'json' ? `${JSON.stringify(incident, null, 2)}\n` : incidentText(incident)];
}

/** To a file as a whole or not at all; else to where the output goes, no faster than it is read. */
async function deliver(texts: Iterable<string> | AsyncIterable<string>, file: string | undefined, io: CliIo): Promise<string | undefined> {
  if (file === undefined) {
    for await (const text of texts) if (!io.stdout.write(text)) await new Promise<void>((done) => io.stdout.once('drain', () => done()));
    return undefined;
  }
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      for await (const text of texts) {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      }
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    io.stdout.write(`Written: ${file}\n`);
    return undefined;
  } catch (error) {
    rmSync(temporary, { force: true });
    return `${file} could not be written (${codeOf(error) || String(error)}). Check that ${dirname(file)} is there and may be written to.`;
  }
}

/** Milliseconds since 1970; 0 for all; undefined for what is no time. */
function startOf(since: string, now: Date): number | undefined {
  if (since === 'all') return 0;
  const [, amount, unit] = /^(\d{1,6})([hdw])$/.exec(since.trim()) ?? [];
  if (amount !== undefined && unit !== undefined) return Math.max(1, now.getTime() - Number(amount) * (UNITS[unit] ?? 0));
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/.test(since.trim())) return undefined;
  const time = Date.parse(since.trim());
  return Number.isNaN(time) ? undefined : Math.max(1, time);
}

function isFormat(format: string): format is Format {
  return FORMATS.some((known) => known === format);
}
