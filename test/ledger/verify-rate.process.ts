// How fast a long log is verified, and appended to: `node out/test/ledger/verify-rate.process.mjs [RECORDS]` (100000).
// Beside plain SHA-256 of the same bytes, by the clock and by processor time (which other programs disturb less), and with the most
// memory it took. The log is written without waiting for the disk,
// into a folder that is removed again: a million records take about 5 GB there.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEnvelope, encodeStatement, preAuthEncoding, RECORD_PAYLOAD_TYPE, sha256 } from '../../server/ledger/envelope.ts';
import { signHead } from '../../server/ledger/head.ts';
import { readProcessKey } from '../../server/ledger/keys.ts';
import { recordFile } from '../../server/ledger/record-file.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { ACTOR, appended, held, opened, statePaths } from './fixture.ts';

const records = Number(process.argv[2] ?? 100_000);
const state = statePaths(mkdtempSync(join(tmpdir(), 'countersign-rate-')));
try {
  await write();
  const plain = timed(hashAll);
  say(`plain SHA-256 of the same ${Math.round(plain.result / 2 ** 20)} MB: ${rate(plain.seconds)}`);
  const before = memory();
  const checked = await timedLater(() => verifyLog(state));
  say(
    `verified below a checked head: ${rate(checked.seconds)}, ${(checked.seconds / plain.seconds).toFixed(1)} times that, ${(checked.processor / plain.processor).toFixed(1)} by processor time; ${most(before)}`,
  );
  if (!checked.result.ok || checked.result.records !== records) throw new Error(checked.result.sentence);
  await timeAppend('open and append, head remembered');
  unlinkSync(`${state.folder}.head.json`);
  await timeAppend('open and append, head file lost');
  unlinkSync(`${state.folder}.head.json`);
  if (records <= 200_000 || process.argv.includes('--signatures')) {
    const signatures = await timedLater(() => verifyLog(state));
    say(
      `verified with every signature: ${rate(signatures.seconds)}, ${(signatures.seconds / plain.seconds).toFixed(1)} times that; ${most(before)}`,
    );
    say(`still whole: ${signatures.result.ok}`);
  }
} finally {
  rmSync(state.state, { recursive: true });
}

/** The records that appending would write, without its care for the disk and for other processes. */
async function write(): Promise<void> {
  const first = await appended(await opened(state), held(1));
  const key = readProcessKey(state.keysFolder);
  if (key === undefined) throw new Error('no key');
  const { signer } = key;
  let prev = first.id;
  for (let seq = 3; seq <= records; seq++) {
    const { log, schema } = first.record;
    const payload = encodeStatement({ schema, log, seq, prev, time: new Date().toISOString(), actor: ACTOR, event: held(seq) });
    const signature = Buffer.from(await signer.sign(preAuthEncoding(RECORD_PAYLOAD_TYPE, payload)));
    const bytes = encodeEnvelope({ payloadType: RECORD_PAYLOAD_TYPE, payload, keyId: signer.keyId, signature });
    writeFileSync(join(state.folder, recordFile(seq)), bytes);
    prev = sha256(bytes);
  }
  writeFileSync(`${state.folder}.head.json`, await signHead({ log: first.record.log, seq: records, head: prev, checked: true }, signer));
}

/** How many bytes. */
function hashAll(): number {
  let bytes = 0;
  for (let seq = 1; seq <= records; seq++) {
    const record = readFileSync(join(state.folder, recordFile(seq)));
    createHash('sha256').update(record).digest('hex');
    bytes += record.byteLength;
  }
  return bytes;
}

async function timeAppend(what: string): Promise<void> {
  const start = performance.now();
  await appended(await opened(state), held());
  say(`${what}: ${(performance.now() - start).toFixed(1)} ms`);
}

type Timed<Result> = { readonly result: Result; readonly seconds: number; readonly processor: number };

function timed<Result>(work: () => Result): Timed<Result> {
  const spent = clock();
  const result = work();
  return { result, ...spent() };
}

async function timedLater<Result>(work: () => Promise<Result>): Promise<Timed<Result>> {
  const spent = clock();
  const result = await work();
  return { result, ...spent() };
}

/** Seconds since now: by the clock, and of processor time. */
function clock(): () => { readonly seconds: number; readonly processor: number } {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
  };
}

function rate(seconds: number): string {
  return `${records} records in ${seconds.toFixed(1)} s (${Math.round(records / seconds)} a second)`;
}

/** MB, the most so far. */
function memory(): number {
  return Math.round(process.resourceUsage().maxRSS / 2 ** 10);
}

function most(before: number): string {
  return `at most ${memory()} MB in memory (${before} MB before)`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
