// How fast a long log is reported, and with how much memory: `node out/test/fronts/report-rate.process.mjs [RECORDS] [FOLDER]`
// (100000). With a folder, the report is left there as text and HTML.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { reportCommand } from '../../server/fronts/cli/report.ts';
import { statePaths } from '../ledger/fixture.ts';
import { month, writeLog } from './report-log.ts';

const records = Number(process.argv[2] ?? 100_000);
const kept = process.argv[3];
const state = statePaths(mkdtempSync(join(tmpdir(), 'countersign-report-')));
try {
  const now = new Date('2026-11-21T09:44:00Z');
  await writeLog(state, new Date(now.getTime() - 60 * 86_400_000), (person) => month(Math.ceil(records / 2.75), 28, now, person));
  for (const [format, since] of [
    ['text', '30d'],
    ['html', '14d'],
    ['csv', 'all'],
  ] as const) {
    if (kept !== undefined) mkdirSync(kept, { recursive: true });
    const out = join(kept ?? state.state, `report.${format === 'text' ? 'txt' : format}`);
    const start = performance.now();
    const io = {
      stdout: new PassThrough().resume(),
      stderr: process.stderr,
      stdin: process.stdin,
      env: { COUNTERSIGN_STATE: state.state },
      cwd: '/',
      now: () => now,
    };
    const code = await reportCommand(['--since', since, '--format', format, '--out', out], io);
    const seconds = (performance.now() - start) / 1000;
    console.log(`${format}: ${code}, ${seconds.toFixed(1)} s, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`);
  }
} finally {
  rmSync(state.state, { recursive: true });
}
