// Appends until it is killed: `node append.mjs STATE COUNT`. Prints the id of each record once it was answered.
import { writeSync } from 'node:fs';
import { appended, held, opened, statePaths } from './fixture.ts';

const [state = '', count = '0'] = process.argv.slice(2);
const ledger = await opened(statePaths(state));
for (let number = 0; number < Number(count); number++) {
  const { id } = await appended(ledger, held(number));
  writeSync(1, `${id}\n`);
}
