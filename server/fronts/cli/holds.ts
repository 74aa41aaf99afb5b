import { listHolds } from '../../gate/holds.ts';
import { byUrgency, headlineOf, severityOf, suggesterOf } from '../hold-words.ts';
import { visibleText } from '../visible-text.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';

const HELP = `countersign holds [--format text|json] [--state DIR]

Lists the edits that wait for a person, worst first. They are acknowledged or discarded in the editor's review;
without an editor, acknowledged with countersign acknowledge HOLD.

  --format json   one JSON array with the whole holds, texts included
  --state DIR     the state folder, if not the usual one (or set COUNTERSIGN_STATE)

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
  const holds = listHolds(ownPlaces(io, state).state).toSorted(byUrgency);
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
