// Ships until all is there: `node ship.mjs STATE SINK` with the sink's settings as JSON. Prints what came of it.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { ship } from '../../server/ledger/ship.ts';
import { sinkFor } from '../../server/ledger/sinks/sink-for.ts';
import type { SinkSettings } from '../../server/ledger/types.ts';
import { parsed, statePaths } from './fixture.ts';

const [state = '', settings = ''] = process.argv.slice(2);
const result = await ship({
  ...statePaths(state),
  shipFolder: join(state, 'ship'),
  sink: sinkFor(parsed<SinkSettings>(settings)),
  mode: 'once',
  patience: 60_000,
  now: () => new Date(),
  signal: new AbortController().signal,
  say: (sentence) => void writeSync(2, `${sentence}\n`),
  backoff: { first: 20, longest: 500 },
});
writeSync(1, `${JSON.stringify(result)}\n`);
