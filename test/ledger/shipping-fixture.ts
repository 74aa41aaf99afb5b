import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { realFileSystem } from '../../server/ledger/file-system.ts';
import { openLedger } from '../../server/ledger/open.ts';
import { type ShipOptions, type Shipped, ship } from '../../server/ledger/ship.ts';
import type { Sink } from '../../server/ledger/sinks/sink.ts';
import type { StoredRecord } from '../../server/ledger/types.ts';
import { ACTOR, acknowledged, appended, enrolled, held, type State } from './fixture.ts';

/** A log of so many records, some of them acknowledgements, written without waiting for the disk. */
export async function longLog(state: State, records: number): Promise<readonly StoredRecord[]> {
  const opened = await openLedger({ ...state, now: () => new Date(), actor: ACTOR, fs: { ...realFileSystem, fsyncSync: () => undefined } });
  assert(opened.ok);
  const person = await enrolled(opened.ledger, state);
  for (let number = 3; number <= records; number++) {
    if (number % 10 === 0) await appended(opened.ledger, acknowledged(), person);
    else await appended(opened.ledger, held(number));
  }
  const all: StoredRecord[] = [];
  for await (const stored of opened.ledger.read()) all.push(stored);
  assert.equal(all.length, records);
  return all;
}

export function shipped(state: State, sink: Sink, more: Partial<ShipOptions> = {}): Promise<Shipped> {
  return ship({
    ...state,
    shipFolder: join(state.state, 'ship'),
    sink,
    mode: 'once',
    patience: 10_000,
    now: () => new Date(),
    signal: new AbortController().signal,
    say: () => undefined,
    backoff: { first: 5, longest: 50 },
    ...more,
  });
}

export type Certificates = {
  readonly ca: string;
  readonly server: string;
  readonly serverKey: string;
  readonly client: string;
  readonly clientKey: string;
  /** Another authority's. */
  readonly otherCa: string;
  readonly otherClient: string;
  readonly otherClientKey: string;
};

/** Why tests with certificates of their own are skipped; false where they run. */
export const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed';

/** Two authorities, a server for localhost and 127.0.0.1, and a client of each, by OpenSSL. */
export function certificates(folder: string): Certificates {
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => {
    const ran = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    assert.equal(ran.status, 0, `openssl ${args.join(' ')}: ${ran.error?.message ?? ran.stderr}`);
  };
  writeFileSync(at('san.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const newKey = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  for (const ca of ['ca', 'other-ca']) {
    openssl(...newKey, '-x509', '-days', '30', '-subj', `/CN=Test ${ca}`, '-keyout', at(`${ca}.key`), '-out', at(`${ca}.pem`));
  }
  for (const [name, subject, ca] of [
    ['server', 'localhost', 'ca'],
    ['client', 'countersign.example', 'ca'],
    ['other-client', 'countersign.example', 'other-ca'],
  ] as const) {
    openssl(...newKey, '-subj', `/CN=${subject}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`));
    const signed = [
      'x509',
      '-req',
      '-in',
      at(`${name}.csr`),
      '-CA',
      at(`${ca}.pem`),
      '-CAkey',
      at(`${ca}.key`),
      '-CAcreateserial',
      '-days',
      '30',
    ];
    openssl(...signed, ...(name === 'server' ? ['-extfile', at('san.cnf')] : []), '-out', at(`${name}.pem`));
  }
  return {
    ca: at('ca.pem'),
    server: at('server.pem'),
    serverKey: at('server.key'),
    client: at('client.pem'),
    clientKey: at('client.key'),
    otherCa: at('other-ca.pem'),
    otherClient: at('other-client.pem'),
    otherClientKey: at('other-client.key'),
  };
}
