import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import type { SinkSettings, TlsFiles } from '../ledger/types.ts';

/** What a policy may say of one place that the log is shipped to: exactly one of “otlp”, “file” and “syslog”. */
export const Sinks = v.array(
  v.pipe(
    v.strictObject(
      {
        otlp: v.optional(v.pipe(v.string('“otlp” is a URL. Put it in quotes.'), v.rawCheck(checkUrl))),
        file: v.optional(path('“file”')),
        syslog: v.optional(
          v.pipe(
            v.string('“syslog” is “host:port”. Put it in quotes.'),
            v.check((target) => parseTarget(target) !== undefined, '“syslog” is “host:port”, such as logs.example.com:6514. Mend it.'),
          ),
        ),
        headers: v.optional(
          v.record(
            v.pipe(v.string(), v.regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'That is no name of an HTTP header. Mend it.')),
            v.pipe(
              v.string('A header is a text. Put it in quotes.'),
              v.regex(/^[\t\x20-\x7e]*$/, 'A header holds plain ASCII in one line. Mend it.'),
            ),
            '“headers” is a table of “name: value” lines.',
          ),
        ),
        headersFile: v.optional(path('“headersFile”')),
        ca: v.optional(path('“ca”')),
        certificate: v.optional(path('“certificate”')),
        key: v.optional(path('“key”')),
        serverName: v.optional(v.pipe(v.string('“serverName” is a text. Put it in quotes.'), v.minLength(1, '“serverName” is empty.'))),
      },
      'A sink is a table with these keys: otlp, file, syslog, headers, headersFile, ca, certificate, key, serverName. Write “key: value” lines, one key once.',
    ),
    v.check(
      ({ otlp, file, syslog }) => [otlp, file, syslog].filter((one) => one !== undefined).length === 1,
      'A sink has exactly one of “otlp”, “file” and “syslog”. Keep one.',
    ),
    v.check(
      ({ otlp, headers, headersFile }) => otlp !== undefined || (headers ?? headersFile) === undefined,
      '“headers” and “headersFile” belong to “otlp” alone. Remove them.',
    ),
    v.check(
      ({ certificate, key }) => (certificate === undefined) === (key === undefined),
      '“certificate” and “key” belong together. Write both, or neither.',
    ),
    v.check(
      ({ file, ca, certificate, serverName }) => file === undefined || (ca ?? certificate ?? serverName) === undefined,
      'A file is not reached over TLS: “ca”, “certificate”, “key” and “serverName” do not belong here. Remove them.',
    ),
  ),
  '“sinks” is a list. Begin each entry with “- otlp: …”, “- file: …” or “- syslog: …”.',
);

/** A parsed entry as the ledger takes it. */
export function sinkOf(entry: v.InferOutput<typeof Sinks>[number]): SinkSettings {
  const tls = {
    ...(entry.ca !== undefined && { ca: entry.ca }),
    ...(entry.certificate !== undefined && { certificate: entry.certificate }),
    ...(entry.key !== undefined && { key: entry.key }),
    ...(entry.serverName !== undefined && { serverName: entry.serverName }),
  } satisfies TlsFiles;
  if (entry.file !== undefined) return { kind: 'ocsf-lines', file: entry.file };
  const target = parseTarget(entry.syslog ?? '');
  if (target !== undefined) return { kind: 'syslog', ...target, tls };
  return {
    kind: 'otlp',
    url: entry.otlp ?? '',
    headers: entry.headers ?? {},
    ...(entry.headersFile !== undefined && { headersFile: entry.headersFile }),
    tls,
  };
}

/** One sink from a command line; checked as an entry of a policy is. */
export function sinkFromFlags(entry: unknown): { ok: true; sink: SinkSettings } | { ok: false; problem: string } {
  const parsed = v.safeParse(Sinks, [entry]);
  const [first] = parsed.success ? parsed.output : [];
  if (first === undefined) return { ok: false, problem: parsed.issues?.[0].message ?? 'That is no sink.' };
  return { ok: true, sink: sinkOf(first) };
}

function path(what: string) {
  return v.pipe(
    v.string(`${what} is a path. Put it in quotes.`),
    v.check((text) => isAbsolute(text), `${what} is an absolute path. Write it from the root.`),
  );
}

/** Where the log goes nobody on the way may read or change it: plain HTTP only to this machine. */
function checkUrl({ dataset, addIssue }: v.RawCheckContext<string>): void {
  if (!dataset.typed) return;
  const url = URL.canParse(dataset.value) ? new URL(dataset.value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    addIssue({ message: '“otlp” is a URL such as https://collector.example.com/v1/logs. Mend it.' });
  } else if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) {
    addIssue({ message: '“otlp” over plain http goes to this machine alone. Write https.' });
  } else if (url.username + url.password !== '') {
    addIssue({ message: '“otlp” holds a password, which would be shown. Put it into “headersFile”.' });
  }
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

function parseTarget(text: string): { readonly host: string; readonly port: number } | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
