import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemWords } from '../../ledger/system-words.ts';
import { type CollectReport, collect } from '../../ledger/collect.ts';
import type { LogReport } from '../../ledger/collected-log.ts';
import { readPublicKey } from '../../ledger/envelope.ts';
import { visibleText } from '../visible-text.ts';
import { parseArguments } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { policyKeys } from './policy-keys.ts';
import { count } from '../report/report-words.ts';

const HELP = `countersign log collect <folder or file> ...

The collector's side: checks many people's logs together, as they arrived. Takes
  files of events, one a line: what "log ship" or "log export" wrote, what an OpenTelemetry Collector wrote into files, what
  rsyslog wrote, or what a database or a SIEM gives out again (.jsonl, .ndjson, .log, or any file that you name);
  a log's folder, a state folder, or a folder of any of these.

Names gaps, two records of one number, records that were changed, keys that nobody trusted, a clock that ran backwards, and an
end that was cut off against the signed heads that came with every batch. Events that arrived twice are counted; they do no harm.

  --keys FILE   public keys (PEM), or a folder of them (.pem, .pub): a log that begins with another key is a problem
  --json        the report as JSON

"trustedKeys" and "revokedKeys" of the organization's and of your policy count: people's keys that the one does not name are told,
and what a key of the other signed.

Examples:
  countersign log collect /var/log/countersign
  psql -AtX -c "select event from countersign_events order by id" > events.jsonl && countersign log collect events.jsonl

Exit codes: 0 every log is whole, 1 one is not, 3 could not do it.
`;

export async function collectCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseArguments('log collect', args, {
    keys: { type: 'string', multiple: true },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { values, rest } = parsed;
  if (values.help) return say(io, HELP);
  if (rest.length === 0) return fail(io, 'Name a folder or a file with what was collected. countersign log collect --help shows which.');
  try {
    const keys = values.keys?.flatMap((path) => keysIn(resolve(io.cwd, path)));
    const report = await collect({ paths: rest.map((path) => resolve(io.cwd, path)), keys, policy: policyKeys(io), now: io.now });
    io.stdout.write(values.json ? `${JSON.stringify(report)}\n` : text(report));
    if (report.logs.length === 0) return 3;
    return report.ok ? 0 : 1;
  } catch (error) {
    return fail(io, `What was collected could not be read: ${systemWords(error)}`);
  }
}

function text(report: CollectReport): string {
  const { unreadable, logs, sentence, duplicates } = report;
  const lines = logs.flatMap(linesOf);
  if (unreadable.count > 0) {
    lines.push(
      `Not read: ${unreadable.count} ${unreadable.count === 1 ? 'line or file' : 'lines or files'}, such as ${unreadable.places[0] ?? ''}`,
    );
  }
  if (duplicates > 0) lines.push(`${count(duplicates, 'event')} arrived more than once, which does no harm.`);
  return `${[...lines, sentence].map(visibleText).join('\n')}\n`;
}

function linesOf({ log, ok, records, end, writers, key, problems, notes }: LogReport): readonly string[] {
  const who = writers.length === 0 ? '' : ` of ${writers.slice(0, 3).join(', ')}${writers.length > 3 ? ', …' : ''}`;
  const upTo = end === undefined ? '' : `, up to ${end.seq}:${end.id.slice(0, 12)}…`;
  const begun = key === undefined ? '' : `, begun with key ${key.slice(0, 12)}…`;
  return [
    `Log ${log}${who}: ${ok ? 'whole' : 'NOT WHOLE'}, ${count(records, 'record')}${upTo}${begun}`,
    ...problems.map(({ sentence }) => `  ${sentence}`),
    ...notes.map((note) => `  Note: ${note}`),
  ];
}

/** Throws where a file holds no public key: a check against nothing would look like one. */
function keysIn(path: string): readonly string[] {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => /\.(pem|pub)$/.test(name))
        .map((name) => join(path, name))
    : [path];
  const found = files.flatMap((file) => {
    const keys = readFileSync(file, 'utf8').match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
    if (keys.length === 0 || keys.some((pem) => readPublicKey(pem) === undefined))
      throw new Error(`${file} holds no Ed25519 public key in PEM`);
    return keys;
  });
  if (found.length === 0) throw new Error(`${path} holds no public keys (.pem, .pub)`);
  return found;
}
