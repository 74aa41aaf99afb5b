// Runs every bundled test below out/test/, three files at a time since many of them wait, with the closing lines of node:test.
// A file in which a test failed is run once more, alone: what then passes is named as unsteady and does not count as failed,
// since some tests measure time, and a busy machine is no fault of the product. SLOWEST=20 names the slowest files.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Milliseconds after which a file that does not come to its end is ended, and has failed. */
const FILE_TIMEOUT = 5 * 60_000;
const files = readdirSync('out/test', { recursive: true })
  .filter((name) => name.endsWith('.test.mjs'))
  .map((name) => join(process.cwd(), 'out/test', name));
const began = Date.now();
const first = await runFiles(files, 3);
const again = first.failed.size === 0 ? undefined : await runFiles([...first.failed], 1);
for (const file of first.failed) if (!again.failed.has(file)) console.log(`unsteady: ${named(file)} failed once and passed when run alone`);
close();

/** @returns what was counted by the files in which nothing failed, the files in which something did, and the milliseconds of each. */
async function runFiles(paths, concurrency) {
  const counts = new Map(paths.map((path) => [path, { pass: 0, fail: 0, skipped: 0 }]));
  const took = new Map();
  const events = run({ files: paths, concurrency, timeout: FILE_TIMEOUT });
  events.on('test:pass', (data) => {
    const skipped = data.skip !== undefined && data.skip !== false;
    countsOf(data)[skipped ? 'skipped' : 'pass'] += 1;
    note(data);
  });
  events.on('test:fail', (data) => {
    countsOf(data).fail += 1;
    note(data);
  });
  await new Promise((resolve, reject) => {
    events.compose(withoutTotals).compose(new spec()).on('end', resolve).on('error', reject).pipe(process.stdout, { end: false });
  });
  return { counts, took, failed: new Set(paths.filter((path) => counts.get(path).fail > 0)) };

  function countsOf(data) {
    const known = counts.get(data.file);
    if (known === undefined) throw new Error(`A test of a file that was not asked for: ${data.file}`);
    return known;
  }
  function note(data) {
    if (data.nesting === 0) took.set(data.file, (took.get(data.file) ?? 0) + data.details.duration_ms);
  }
}

/** The totals of one run are none where there may be a second. */
async function* withoutTotals(source) {
  for await (const event of source) if (!(event.type === 'test:diagnostic' && event.data.file === undefined)) yield event;
}

function close() {
  const total = { pass: 0, fail: 0, skipped: 0 };
  for (const file of files) {
    const counted = first.failed.has(file) ? again.counts.get(file) : first.counts.get(file);
    for (const kind of Object.keys(total)) total[kind] += counted[kind];
  }
  const slowest = [...first.took].sort(([, a], [, b]) => b - a).slice(0, Number(process.env.SLOWEST ?? 0));
  for (const [file, ms] of slowest) console.log(`${(ms / 1000).toFixed(1)} s  ${named(file)}`);
  console.log(`ℹ tests ${total.pass + total.fail + total.skipped}`);
  for (const kind of Object.keys(total)) console.log(`ℹ ${kind} ${total[kind]}`);
  console.log(`ℹ duration_ms ${Date.now() - began}`);
  if (total.fail > 0 || total.pass === 0) process.exitCode = 1;
}

function named(file) {
  return relative(process.cwd(), file);
}
