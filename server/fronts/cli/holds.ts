import { type AskedApproval, askedApproval, askedByWorkspace } from '../../gate/asked-approval.ts';
import { listHolds } from '../../gate/holds.ts';
import { clock, minuteOf, untilWords } from '../good-until.ts';
import { byUrgency, headlineOf, severityOf, suggesterOf } from '../hold-words.ts';
import { visibleText } from '../visible-text.ts';
import { parseFlags } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownGate, ownPlaces } from './own-places.ts';

const HELP = `countersign holds [--format text|json] [--state DIR]

Lists the edits that wait for a person, worst first. They are acknowledged or discarded in the editor's review;
without an editor, acknowledged with countersign acknowledge HOLD. Of one that waits for a second person it says since when, until
when, and whether an approval came that does not count, and why.

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
  const folder = ownPlaces(io, state).state;
  const looked = await lookedForApprovals(folder, { ...io, env: { ...io.env, COUNTERSIGN_STATE: folder } });
  const holds = listHolds(folder).toSorted(byUrgency);
  const asked = new Map(
    holds.flatMap(({ id }) => {
      const found = askedApproval(folder, id, io.now());
      return found === undefined ? [] : [[id, found] as const];
    }),
  );
  if (format === 'json') {
    const told = holds.map((hold) => ({ ...hold, ...(asked.has(hold.id) ? { approval: asked.get(hold.id) } : {}) }));
    return say(io, `${JSON.stringify(told, null, 2)}\n`);
  }
  io.stdout.write(looked);
  if (holds.length === 0) io.stdout.write('Nothing waits for a person.\n');
  for (const hold of holds) {
    const forbidden = hold.verdict === 'forbid' ? ' · forbidden' : '';
    const times = hold.times > 1 ? `, suggested ${hold.times} times` : '';
    io.stdout.write(
      `${hold.id}  ${severityOf(hold)}${forbidden}  ${visibleText(headlineOf(hold))}\n` +
        `    ${hold.edits.map(({ path }) => visibleText(path)).join(', ')} · ${visibleText(suggesterOf(hold.provenance))} · ${minuteOf(hold.created)}${times}\n`,
    );
    const waits = asked.get(hold.id);
    if (waits !== undefined) io.stdout.write(`    ${visibleText(waitsWords(waits, io.now()))}\n`);
  }
  return 0;
}

/** Why it still waits for the second person who was asked. */
function waitsWords({ since, until, over, refused }: AskedApproval, now: Date): string {
  if (over) return `Nobody approved it before ${until ?? ''}. Acknowledge it again to ask anew.`;
  const asked = `Waits for a second person, asked at ${clock(new Date(since))}`;
  const answer = until === undefined ? '' : `, until ${untilWords(new Date(until), now)}`;
  return `${asked}${answer}.${refused === undefined ? '' : ` An approval came and does not count: ${refused}`}`;
}

/** No editor need be open to see that an approval has arrived. Gives what it took, in sentences. */
async function lookedForApprovals(state: string, io: CliIo): Promise<string> {
  const lines: string[] = [];
  for (const [workspace, holds] of askedByWorkspace(state)) {
    const opened = await ownGate(io, workspace === '' ? io.cwd : workspace, 'countersign holds');
    if (!opened.ok) continue;
    const { pickUpApprovals }: typeof import('../../gate/approval-pickup.ts') = require('../../gate/approval-pickup.ts');
    const { taken } = await pickUpApprovals(opened.gate, holds);
    for (const { record } of taken) lines.push(`${record.event.hold ?? ''}  Somebody else approved it.\n`);
  }
  return lines.join('');
}
