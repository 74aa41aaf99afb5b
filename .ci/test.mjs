// Runs every bundled test below out/test/. Node 20 knows no globs here and Node 22 no folders, so the files are named.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const files = readdirSync('out/test', { recursive: true })
  .filter((name) => name.endsWith('.test.mjs'))
  .map((name) => join('out/test', name));
const result = spawnSync(process.execPath, ['--test', '--test-reporter=spec', '--test-concurrency=2', ...files], { stdio: 'inherit' });
process.exitCode = result.status ?? 1;
