/**
 * RFC 5424 messages over TLS (RFC 5425: octet counting, the server verified, a client certificate where there is one).
 * Syslog confirms nothing by itself. So each batch has a connection of its own: a collector that has read all of it answers
 * our close with its own. One that died answers otherwise, and may have lost what it had read before: see `again`.
 */
import { connect } from 'node:tls';
import type { SinkSettings } from '../types.ts';
import type { Sent, ShippedEvent, Sink } from './sink.ts';
import { tlsOptions } from './tls-files.ts';

type Settings = Extract<SinkSettings, { kind: 'syslog' }>;

const TIMEOUT = 30_000;
/** A collector that does not want us says so within this time after the handshake, not by reading on. */
const SETTLED = 100;

export function syslogSink(settings: Settings): Sink {
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return { name: `syslog ${host}:${settings.port}`, again: 1000, send: (events, signal) => send(settings, events, signal) };
}

/** One frame: the length in octets, a space, the message. */
export function syslogFrame({ kind, time, severity, host, text }: ShippedEvent): string {
  const priority = LOG_AUDIT * 8 + (SEVERITY[severity] ?? 6);
  const message = `<${priority}>1 ${new Date(time).toISOString()} ${printable(host, 255)} countersign - ${printable(kind, 32)} - ${text}`;
  // Plain ASCII throughout, so that a character is an octet and no byte order mark is asked for.
  return `${message.length} ${message}`;
}

/** RFC 5424's facility for audit. */
const LOG_AUDIT = 13;
/** OCSF's severity_id → syslog's severity. */
const SEVERITY: Readonly<Record<number, number>> = { 1: 6, 2: 5, 3: 4, 4: 3, 5: 2 };

function printable(text: string, longest: number): string {
  return text.replace(/[^\x21-\x7e]/g, '_').slice(0, longest) || '-';
}

function send({ host, port, tls }: Settings, events: readonly ShippedEvent[], signal: AbortSignal): Promise<Sent> {
  return new Promise((resolve) => {
    let waiting: NodeJS.Timeout | undefined;
    let closing = false;
    let answered = false;
    const stop = (reason: string) => socket.destroy(new Error(reason));
    const onAbort = () => stop('shipping was ended');
    let settings: ReturnType<typeof tlsOptions>;
    try {
      settings = tlsOptions(tls, host);
    } catch (error) {
      resolve({ kind: 'stopped', reason: `A file for the connection cannot be read: ${sentence(error)}` });
      return;
    }
    const socket = connect({ host, port, ...settings });
    let failure: Error | undefined;
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setTimeout(TIMEOUT, () => stop(`nothing was heard for ${TIMEOUT / 1000} seconds`));
    socket.once('secureConnect', () => {
      socket.write(events.map(syslogFrame).join(''), () => {
        waiting = setTimeout(() => {
          closing = true;
          socket.end();
        }, SETTLED);
      });
    });
    socket.on('data', () => undefined);
    socket.once('end', () => (answered = closing));
    socket.once('error', (error) => (failure = error));
    socket.once('close', () => {
      clearTimeout(waiting);
      signal.removeEventListener('abort', onAbort);
      if (failure !== undefined) resolve(failed(failure));
      else if (answered) resolve({ kind: 'taken' });
      else resolve({ kind: 'later', reason: 'It closed the connection before all was sent. It may not accept the client certificate.' });
    });
  });
}

function failed(error: Error): Sent {
  const code = 'code' in error ? String(error.code) : '';
  const reason = `It could not be reached: ${sentence(error)}`;
  return /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_OSSL_|HOSTNAME_MISMATCH)/.test(code)
    ? { kind: 'stopped', reason }
    : { kind: 'later', reason };
}

function sentence(error: unknown): string {
  return `${(error instanceof Error ? error.message : String(error)).trim().replace(/\.$/, '')}.`;
}
