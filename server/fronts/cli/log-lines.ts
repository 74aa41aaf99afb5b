import type { EventKind, RecordedFinding, StoredRecord } from '../../ledger/types.ts';
import { minuteOf } from '../good-until.ts';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'];
const KIND_WIDTH = 13;
const SEVERITY_WIDTH = 9;

/** One record for people: time, kind, severity, what, who; below it the reason, if one was given. Ends in a newline. */
export function recordLines({ id, record }: StoredRecord): string {
  const { event, actor } = record;
  const findings = (event.files ?? []).flatMap((file) => file.findings);
  const worst = findings.toSorted((a, b) => rank(a) - rank(b))[0];
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  const agent = event.provenance?.agent?.name;
  const where = (event.files ?? []).map(({ path }) => path).join(', ');
  const lead = `${String(record.seq).padStart(6)}  ${record.time.slice(0, 19).replace('T', ' ')}Z  `;
  const line = [
    event.kind.padEnd(KIND_WIDTH),
    (worst?.severity ?? '').padEnd(SEVERITY_WIDTH),
    `${worst?.consequence ?? event.cause ?? WORDS[event.kind]}${more}`,
  ].join('  ');
  const who = [actor.user, agent === undefined ? '' : `via ${agent}`, where === '' ? '' : `in ${where}`]
    .filter((part) => part !== '')
    .join(' ');
  const details = [
    `${who}  ${event.hold ?? ''}  ${id.slice(0, 12)}`.replace(/ {3,}/, '  '),
    ...suggestedBy(event.provenance),
    ...(event.reason === undefined ? [] : [`Reason (${event.reason.category}): ${event.reason.text}${ticket(event.reason.ticket)}`]),
    ...(event.ignored === undefined ? [] : [`Let pass by ${event.ignored.by}, until ${event.ignored.until}`]),
    ...(event.expires === undefined || event.ignored !== undefined ? [] : [`Accepted until ${minuteOf(event.expires)}`]),
    ...(event.key === undefined
      ? []
      : [`Key ${event.key.id.slice(0, 12)} (${[event.key.role, event.key.person].filter((part) => part !== undefined).join(', ')})`]),
    ...(event.revoked === undefined ? [] : [`Key ${event.revoked.id.slice(0, 12)}`]),
    ...(event.pruned === undefined ? [] : [`Up to record ${event.pruned.seq}`]),
  ];
  const indent = ' '.repeat(8);
  return [lead + plain(line), ...details.map((detail) => indent + plain(detail)), ''].join('\n');
}

/** "Claude Code 2.4.1, claude-sonnet-4-5, session 8a1f…, through hook, attested": what is known of who suggested it. */
function suggestedBy(provenance: StoredRecord['record']['event']['provenance']): readonly string[] {
  if (provenance?.agent === undefined) return [];
  const { name, version, model, session } = provenance.agent;
  const parts = [
    [name, version].filter((part) => part !== undefined).join(' '),
    ...(model === undefined ? [] : [model]),
    ...(session === undefined ? [] : [`session ${session}`]),
    `through ${provenance.channel}`,
    provenance.certainty,
    ...(provenance.digests?.prompt === undefined ? [] : [`prompt ${provenance.digests.prompt.slice(0, 12)}`]),
    ...(provenance.digests?.output === undefined ? [] : [`output ${provenance.digests.output.slice(0, 12)}`]),
  ];
  return [`Suggested by ${parts.join(', ')}`];
}

const WORDS: Readonly<Record<EventKind, string>> = {
  opened: 'The log begins.',
  'key-trusted': 'A key may sign acknowledgements from here on.',
  'key-rotated': 'A key took the place of another of the same person.',
  'key-revoked': 'A key may sign nothing from here on.',
  held: 'Held for a person.',
  forbidden: 'Refused: nobody may acknowledge it.',
  closed: 'The gate closed.',
  acknowledged: 'Acknowledged.',
  approved: 'Approved, for somebody else.',
  countersigned: 'Approved by a second person.',
  'approval-refused': 'An approval arrived that does not count.',
  'broke-glass': 'Let through alone, against the policy.',
  'glass-reviewed': 'Somebody else looked at a break-glass.',
  ignored: 'Let pass by an ignore.',
  discarded: 'Discarded.',
  released: 'Let through.',
  written: 'Written by the agent.',
  'rolled-back': 'Rolled back.',
  reverted: 'Reverted: the text of before is on disk again.',
  halted: 'Agents were stopped.',
  tripped: 'The breaker stopped an agent.',
  resumed: 'Agents may go on.',
  'rules-accepted': 'New rules were accepted.',
  pruned: 'Earlier records were deleted.',
};

function ticket(text: string | undefined): string {
  return text === undefined || text === '' ? '' : ` [${text}]`;
}

function rank({ severity }: RecordedFinding): number {
  const index = SEVERITIES.indexOf(severity);
  return index === -1 ? 0 : index;
}

/** Nothing that a record holds may move the cursor, change colours or hide text in somebody's terminal. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD').trimEnd();
}
