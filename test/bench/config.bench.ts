/**
 * Assessing an edit against reading both its texts with the product's own readers, by format. Processor time, interleaved, lower
 * quartile; the target is twice the reading. `--only=Terraform` takes the shapes whose name begins so, `--lines=1000` one size.
 * JSON has a second row: the strict reader, which most texts are read with, is several times as fast as the parser that any text may
 * need (jsonc-parser), and the target was set with that one.
 */
import { parseTree } from 'jsonc-parser';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { formatOf, readText } from '../../server/engine/read/format.ts';
import { changed, SHAPES, textOf } from './config-shapes.ts';
import { quantile } from './timing.ts';

const ONLY = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length) ?? '';
const LINES = Number(process.argv.find((word) => word.startsWith('--lines='))?.slice('--lines='.length) ?? 0);
const SIZES = LINES > 0 ? [LINES] : [1_000, 10_000];

/** Warm, as the editor's server is: what the first call of a process costs is the hook's bench. `times`: how often each runs in a round. */
type Rounds = { readonly warming: number; readonly rounds: number; readonly times: number };
const SMALL: Rounds = { warming: 50, rounds: 100, times: 4 };
const LARGE: Rounds = { warming: 3, rounds: 9, times: 1 };

console.log('format'.padEnd(26), 'lines'.padStart(7), 'reading, ms'.padStart(12), 'assess, ms'.padStart(11), 'ratio'.padStart(7));
for (const shape of SHAPES.filter(({ name }) => name.startsWith(ONLY))) {
  for (const lines of SIZES) {
    const before = textOf(shape, lines);
    const after = changed(shape, before);
    const format = formatOf(shape.path, before);
    if (format === undefined) throw new Error(`${shape.path} has no format`);
    const edit = { path: shape.path, before, after, provenance: { channel: 'hook', certainty: 'attested' } } as const;
    if (assess(edit, DEFAULT_SETTINGS).findings.length === 0) throw new Error(`nothing is found in ${shape.name}`);
    // Another text each time: readers remember the last one they read.
    let fresh = 0;
    const padded = (): readonly [string, string] => {
      const more = ' '.repeat(++fresh % 200);
      return [`${before}${more}\n`, `${after}${more}\n`];
    };
    const reading = (): void => {
      const [old, now] = padded();
      readText(format, old, 'before');
      readText(format, now, 'after');
    };
    const assessing = (): void => {
      const [old, now] = padded();
      assess({ ...edit, before: old, after: now }, DEFAULT_SETTINGS);
    };
    const parsing = (): void => {
      for (const text of padded()) parseTree(text);
    };
    const [read = NaN, assessed = NaN, parsed = NaN] = lowerQuartiles(lines > 5_000 ? LARGE : SMALL, [
      reading,
      assessing,
      ...(format === 'json' ? [parsing] : []),
    ]);
    row(shape.name, lines, read, assessed);
    if (format === 'json') row('  by jsonc-parser', lines, parsed, assessed);
  }
}

function row(name: string, lines: number, read: number, assessed: number): void {
  console.log(
    name.padEnd(26),
    String(lines).padStart(7),
    read.toFixed(2).padStart(12),
    assessed.toFixed(2).padStart(11),
    (assessed / read).toFixed(2).padStart(7),
  );
}

/** Milliseconds of processor time, all threads: what is left to collect of one is seldom charged to the other, for each runs in a row. */
function lowerQuartiles({ warming, rounds, times }: Rounds, runs: readonly (() => void)[]): readonly number[] {
  const samples: number[][] = runs.map(() => []);
  for (let round = -warming; round < rounds; round++) {
    for (const [at, run] of runs.entries()) {
      const start = process.cpuUsage();
      for (let i = 0; i < times; i++) run();
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) samples[at]?.push((user + system) / 1000 / times);
    }
  }
  return samples.map((sample) =>
    quantile(
      sample.sort((x, y) => x - y),
      0.25,
    ),
  );
}
