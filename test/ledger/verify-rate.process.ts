// How fast a long log is verified, and appended to: `node out/test/ledger/verify-rate.process.mjs [RECORDS]` (100000).
// The log is written without fsync, into a folder that is removed again.
import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realFileSystem } from '../../server/ledger/file-system.ts';
import { openLedger } from '../../server/ledger/open.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { ACTOR, appended, held, opened, statePaths } from './fixture.ts';

const records = Number(process.argv[2] ?? 100_000);
const state = statePaths(mkdtempSync(join(tmpdir(), 'countersign-rate-')));
try {
  const result = await openLedger({ ...state, now: () => new Date(), actor: ACTOR, fs: { ...realFileSystem, fsyncSync: () => undefined } });
  if (!result.ok) throw new Error(result.problem.message);
  for (let number = 1; number < records; number++) await appended(result.ledger, held(number));
  const start = performance.now();
  const report = await verifyLog(state);
  const seconds = (performance.now() - start) / 1000;
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  say(`verified ${report.records} records in ${seconds.toFixed(1)} s (${Math.round(report.records / seconds)} a second), ${memory} MB`);
  await timeAppend('open and append, head remembered');
  unlinkSync(`${state.folder}.head.json`);
  await timeAppend('open and append, head file lost');
  say(`still whole: ${(await verifyLog(state)).ok}`);
} finally {
  rmSync(state.state, { recursive: true });
}

async function timeAppend(what: string): Promise<void> {
  const start = performance.now();
  await appended(await opened(state), held());
  say(`${what}: ${(performance.now() - start).toFixed(1)} ms`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
