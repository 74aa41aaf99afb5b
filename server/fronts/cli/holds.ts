import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { listHolds } from '../../gate/holds.ts';
import { stateFolder } from '../../gate/state-folder.ts';
import { byUrgency, headlineOf, severityOf, suggesterOf } from '../hold-words.ts';
import { visibleText } from '../visible-text.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';

const HELP = `countersign holds [--format text|json] [--state FOLDER]

Lists the edits that wait for a person, worst first. They are acknowledged or discarded in the editor's review.

  --format json   one JSON array with the whole holds, texts included
  --state FOLDER  another state folder than the usual one

Example:
  countersign holds

Exit codes: 0 listed (also when there are none), 3 error.
`;

export async function holdsCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('holds', args, {
    format: { type: 'string', default: 'text' },
    state: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const { format, state, help } = parsed.values;
  if (help) return say(io, HELP);
  if (format !== 'text' && format !== 'json') return fail(io, `--format is text or json, not "${format}".`);
  const folder = state === undefined ? stateFolder(io.env, process.platform, homedir()) : resolve(io.cwd, state);
  const holds = listHolds(folder).toSorted(byUrgency);
  if (format === 'json') return say(io, `${JSON.stringify(holds, null, 2)}\n`);
  if (holds.length === 0) io.stdout.write('Nothing waits for a person.\n');
  for (const hold of holds) {
    const forbidden = hold.verdict === 'forbid' ? ' · forbidden' : '';
    const times = hold.times > 1 ? `, suggested ${hold.times} times` : '';
    io.stdout.write(
      `${hold.id}  ${severityOf(hold)}${forbidden}  ${visibleText(headlineOf(hold))}\n` +
        `    ${hold.edits.map(({ path }) => visibleText(path)).join(', ')} · ${visibleText(suggesterOf(hold.provenance))} · ${hold.created}${times}\n`,
    );
  }
  return 0;
}
