import { readFileSync } from 'node:fs';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { readText } from '../../server/engine/read/format.ts';

/** Prints the milliseconds of the first parse, or the first assessment, of this process. Texts before and after come as JSON on stdin. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the benchmark
const [before, after] = JSON.parse(readFileSync(0, 'utf8')) as [string, string];
const start = performance.now();
if (process.argv[2] === 'parse') {
  readText('json', before, 'before');
  readText('json', after, 'after');
} else {
  assess({ path: 'infra/policy.json', before, after, provenance: { channel: 'hook', certainty: 'attested' } }, DEFAULT_SETTINGS);
}
console.log(performance.now() - start);
