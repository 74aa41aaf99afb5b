/**
 * OTLP over HTTP, in JSON (opentelemetry.io/docs/specs/otlp): one log record for each event, its body the event's JSON.
 * What may be repeated, and that a partial success may not, is as that specification says.
 */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { SinkSettings } from '../types.ts';
import type { Sent, ShippedEvent, Sink } from './sink.ts';
import { tlsOptions } from './tls-files.ts';

const TIMEOUT = 30_000;
const LONGEST_ANSWER = 65_536;

export function otlpSink(settings: Extract<SinkSettings, { kind: 'otlp' }>): Sink {
  return {
    name: `otlp ${settings.url}`,
    again: 0,
    send: async (events, signal) => {
      try {
        return sentOf(await post(settings, JSON.stringify(exportRequest(events)), signal));
      } catch (error) {
        return failed(error);
      }
    },
  };
}

/** An ExportLogsServiceRequest in proto3's JSON: 64-bit numbers are texts. */
export function exportRequest(events: readonly ShippedEvent[]): Readonly<Record<string, unknown>> {
  return {
    resourceLogs: [
      {
        resource: { attributes: [text('service.name', 'countersign')] },
        scopeLogs: [{ scope: { name: 'countersign' }, logRecords: events.map(logRecord) }],
      },
    ],
  };
}

function logRecord({ uid, seq, log, kind, time, severity, host, text: body }: ShippedEvent): Readonly<Record<string, unknown>> {
  const nanoseconds = `${time}000000`;
  const [severityNumber, severityText] = SEVERITY[severity] ?? [9, 'INFO'];
  return {
    timeUnixNano: nanoseconds,
    observedTimeUnixNano: nanoseconds,
    severityNumber,
    severityText,
    body: { stringValue: body },
    attributes: [
      // OpenTelemetry's name for what makes two log records the same one.
      text('log.record.uid', uid),
      text('event.name', `countersign.${kind}`),
      text('host.name', host),
      text('countersign.log', log),
      { key: 'countersign.seq', value: { intValue: String(seq) } },
    ],
  };
}

const SEVERITY: Readonly<Record<number, readonly [number, string]>> = {
  1: [9, 'INFO'],
  2: [10, 'INFO2'],
  3: [13, 'WARN'],
  4: [17, 'ERROR'],
  5: [21, 'FATAL'],
};

function text(key: string, value: string): Readonly<Record<string, unknown>> {
  return { key, value: { stringValue: value } };
}

type Answer = { readonly status: number; readonly retryAfter: string | undefined; readonly body: string };

async function post(settings: Extract<SinkSettings, { kind: 'otlp' }>, body: string, signal: AbortSignal): Promise<Answer> {
  const url = new URL(settings.url);
  const secure = url.protocol === 'https:';
  const options = {
    method: 'POST',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    // A connection of its own for each batch: one that a dead collector left open would swallow the next.
    agent: false as const,
    headers: {
      ...settings.headers,
      ...(settings.headersFile !== undefined && headersIn(readFileSync(settings.headersFile, 'utf8'))),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
    ...(secure && tlsOptions(settings.tls, url.hostname)),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = (secure ? tlsRequest : plainRequest)(url, options, resolve);
    asked.on('error', reject);
    asked.end(body);
  });
  return { status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'], body: await read(answer) };
}

async function read(answer: IncomingMessage): Promise<string> {
  let body = '';
  answer.setEncoding('utf8');
  for await (const part of answer as AsyncIterable<string>) if (body.length < LONGEST_ANSWER) body += part;
  return body;
}

function sentOf({ status, retryAfter, body }: Answer): Sent {
  if (status >= 200 && status < 300) return partly(body) ?? { kind: 'taken' };
  const reason = `It answered ${status}${said(body)}.`;
  if (status === 429 || status === 502 || status === 503 || status === 504) return { kind: 'later', reason, afterMs: waitOf(retryAfter) };
  // Too large is for a batch what malformed is for an event: in smaller parts it may do.
  return status === 400 || status === 413 || status === 422 ? { kind: 'refused', reason } : { kind: 'stopped', reason };
}

/** The specification: such a request must not be repeated. */
function partly(body: string): Sent | undefined {
  const partial = member(parsed(body), 'partialSuccess');
  const rejected = Number(member(partial, 'rejectedLogRecords') ?? 0);
  if (!(rejected > 0)) return undefined;
  const message = member(partial, 'errorMessage');
  return { kind: 'partly', rejected, reason: typeof message === 'string' && message !== '' ? message : 'It gave no reason.' };
}

function said(body: string): string {
  const message = member(parsed(body), 'message');
  const words = (typeof message === 'string' ? message : body).replace(/\s+/g, ' ').trim().slice(0, 300);
  return words === '' ? '' : `: ${words.replace(/\.$/, '')}`;
}

/** Seconds, or a date (RFC 9110). */
function waitOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const wait = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(wait) && wait > 0 ? wait : undefined;
}

function failed(error: unknown): Sent {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = `It could not be reached: ${error instanceof Error ? error.message || code : String(error)}.`;
  return MENDABLE.test(code) ? { kind: 'stopped', reason } : { kind: 'later', reason };
}

/** Of a certificate or a file: waiting does not mend it. */
const MENDABLE =
  /^(ENOENT|EACCES|EISDIR|ERR_TLS_|ERR_INVALID|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_SSL_|ERR_OSSL_|HOSTNAME_MISMATCH)/;

function headersIn(file: string): Readonly<Record<string, string>> {
  const lines = file.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^\s*([^:\s#][^:\s]*)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(lines);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}
