import { readFileSync } from 'node:fs';
import { parseTree } from 'jsonc-parser';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';

/** Prints the milliseconds of the first parse, or the first assessment, of this process. Texts before and after come as JSON on stdin. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the benchmark
const [before, after] = JSON.parse(readFileSync(0, 'utf8')) as [string, string];
const start = performance.now();
if (process.argv[2] === 'parse') {
  parseTree(before);
  parseTree(after);
} else {
  assess({ path: 'infra/policy.json', before, after, provenance: { channel: 'hook', certainty: 'attested' } }, DEFAULT_SETTINGS);
}
console.log(performance.now() - start);
