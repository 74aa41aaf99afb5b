import type { Certainty } from '../../engine/types.ts';
import type { LedgerEvent, RecordedProvenance, StoredRecord } from '../../ledger/types.ts';
import { hasCommand } from '../command-words.ts';
import { asPossibility } from '../hold-words.ts';
import type { CommitAnswer } from './incident-commit.ts';
import type { Step } from './incident-model.ts';
import { agentName, findingsIn } from './suggestion.ts';
import { capital, categoryWords, stamp } from './report-words.ts';

const CERTAINTIES: readonly Certainty[] = ['attested', 'observed', 'inferred', 'human'];
const SHOWN = 12;

/** From the records of one suggestion, in order: what happened, step by step, and what no record tells. */
export function stepsOf(chain: readonly StoredRecord[], commit: CommitAnswer | undefined, now: Date): readonly Step[] {
  const [first] = chain;
  if (first === undefined) return [];
  const origin = chain.find(({ record }) => record.event.provenance !== undefined) ?? first;
  return [
    promptStep(origin),
    callStep(origin),
    ...chain.flatMap((stored) => recordSteps(stored, chain)),
    ...gaps(chain),
    ...(commit === undefined ? [] : [commitStep(commit)]),
    ...endSteps(chain, now),
  ].toSorted(inOrder);
}

/** By the way a suggestion goes; within one part of it by time. A rollback comes after the commit that it may undo. */
function inOrder(a: Step, b: Step): number {
  return ORDER[a.kind] - ORDER[b.kind] || (a.when ?? '').localeCompare(b.when ?? '');
}

const ORDER: Readonly<Record<Step['kind'], number>> = {
  prompt: 0,
  'tool call': 1,
  expansion: 2,
  decision: 2,
  release: 2,
  bytes: 3,
  commit: 4,
  rollback: 5,
  end: 6,
};

function promptStep(stored: StoredRecord): Step {
  const { provenance } = stored.record.event;
  const prompt = provenance?.digests?.prompt;
  if (provenance?.digests?.key !== undefined)
    return gap('prompt', 'Prompt', 'Its digest is recorded under a key of the machine that wrote the log: look at it there.');
  if (prompt === undefined) return gap('prompt', 'Prompt', 'No record says which prompt led to it.');
  return {
    kind: 'prompt',
    title: 'Prompt',
    sentence: 'The text of the prompt is not kept, only its digest: compare it with the agent’s own transcript.',
    certainty: certaintyOf(provenance),
    record: refOf(stored),
    details: [{ term: 'SHA-256 of the prompt', value: prompt }],
  };
}

function callStep(stored: StoredRecord): Step {
  const { event, time } = stored.record;
  const { provenance } = event;
  if (provenance === undefined) return gap('tool call', 'Tool call', 'No record says who suggested it.');
  const { agent, channel, digests } = provenance;
  const details = [
    { term: 'Tool', value: agent?.tool },
    { term: 'Tool call', value: agent?.toolCall },
    { term: 'Session', value: agent?.session },
    { term: 'Model', value: agent?.model },
    { term: 'Version', value: agent?.version },
    { term: 'SHA-256 of what it suggested', value: digests?.output },
  ];
  const what = hasCommand(event.files ?? []) ? 'a command' : `an edit of ${namesOf(event)}`;
  return {
    kind: 'tool call',
    when: time,
    title: 'Suggested',
    sentence:
      agent === undefined
        ? `${CHANNELS[channel] ?? 'Suggested'}: ${what}. No agent is known.`
        : `${agentName(agent.name)} suggested ${what}${channel === 'hook' ? ', as its hook says' : ''}.`,
    certainty: certaintyOf(provenance),
    record: refOf(stored),
    details: details.flatMap(({ term, value }) => (value === undefined ? [] : [{ term, value }])),
  };
}

const CHANNELS: Readonly<Record<string, string>> = {
  paste: 'Pasted into the editor',
  inline: 'An inline suggestion, accepted',
  insert: 'A block that another extension inserted',
  disk: 'A write to disk by an unknown process',
  patch: 'Reviewed from text',
  typed: 'Typed in the editor',
};

function recordSteps(stored: StoredRecord, chain: readonly StoredRecord[]): readonly Step[] {
  const { event, time, actor } = stored.record;
  const base = { when: time, certainty: 'observed' as const, record: refOf(stored) };
  const step = (kind: Step['kind'], title: string, sentence: string, details: Step['details'] = []): readonly Step[] => [
    { ...base, kind, title, sentence, details },
  ];
  switch (event.kind) {
    case 'held':
      return event.cause !== undefined
        ? step('decision', 'Held again', event.cause)
        : step(
            'expansion',
            'Held',
            consequences(event, (one) => one),
            findingDetails(event),
          );
    case 'forbidden':
      return step('expansion', 'Not allowed', `${consequences(event, asPossibility)} Nobody may acknowledge it.`, findingDetails(event));
    case 'closed':
      return step('expansion', 'Gate closed', event.cause ?? 'Why is not recorded.', findingDetails(event));
    case 'acknowledged':
      return step('decision', 'Acknowledged', decisionSentence(event, actor.user), decisionDetails(stored));
    case 'broke-glass':
      return step(
        'decision',
        'Broke glass',
        `Let through alone, against the policy. ${decisionSentence(event, actor.user)}`,
        decisionDetails(stored),
      );
    case 'countersigned':
    case 'approved':
      return step(
        'decision',
        'Approved',
        `A second person approved it${event.kind === 'approved' ? `: \`${actor.user}\`` : ''}.`,
        decisionDetails(stored),
      );
    case 'approval-refused':
      return step('decision', 'Approval refused', `An approval arrived that does not count: ${event.cause ?? 'why is not recorded'}`);
    case 'glass-reviewed':
      return step('decision', 'Looked at', `\`${actor.user}\` looked at the break-glass afterwards.`);
    case 'discarded':
      return step('decision', 'Discarded', event.cause ?? `\`${actor.user}\` discarded it. Nothing was written.`);
    case 'reverted':
      return step('rollback', 'Reverted', event.cause ?? 'The text of before was put back on disk.');
    case 'released':
      return event.verdict === 'not-applied'
        ? step('release', 'Not applied', `It could not be put in place: ${event.cause ?? 'why is not recorded'}. It was held again.`)
        : step(
            'release',
            event.verdict === 'applied' ? 'Applied' : 'Let through',
            releasedSentence(event),
            event.verdict === 'applied' ? digestDetails(event) : [],
          );
    case 'written':
      return step('bytes', 'Written', writtenSentence(event, chain), digestDetails(event));
    case 'rolled-back':
      return event.verdict === 'not-applied'
        ? step('rollback', 'Not rolled back', event.cause ?? 'The rollback could not be made.')
        : step('rollback', 'Rolled back', rolledBackSentence(event, actor.user), digestDetails(event));
    case 'ignored':
      return step('decision', 'Let pass', `${event.ignored?.by ?? 'An ignore'} let it pass: ${event.reason?.text ?? ''}`);
    case 'opened':
    case 'key-trusted':
    case 'key-rotated':
    case 'key-revoked':
    case 'halted':
    case 'tripped':
    case 'resumed':
    case 'rules-accepted':
    case 'pruned':
      return step('decision', capital(event.kind.replaceAll('-', ' ')), event.cause ?? '');
    default:
      // Kinds of later versions are told by their name.
      return step('decision', capital(String(event.kind).replaceAll('-', ' ')), event.cause ?? '');
  }
}

function releasedSentence(event: LedgerEvent): string {
  return event.verdict === 'applied'
    ? 'The editor put the acknowledged text in place, as acknowledged.'
    : `The same edit came again and was let through, once${event.provenance?.agent === undefined ? '' : `, to ${agentName(event.provenance.agent.name)}`}.`;
}

function writtenSentence(event: LedgerEvent, chain: readonly StoredRecord[]): string {
  const accepted = chain.findLast(({ record }) => record.event.kind === 'acknowledged' || record.event.kind === 'broke-glass');
  const same = (event.files ?? []).every(({ path, after }) =>
    accepted?.record.event.files?.some((file) => file.path === path && file.after === after),
  );
  const said = `The agent’s own event says what was written to ${namesOf(event)}.`;
  if (event.cause !== undefined) return `${said} ${event.cause}`;
  if (accepted === undefined) return said;
  return same
    ? `${said} Byte for byte what was acknowledged.`
    : `${said} The bytes are not those that were acknowledged, and open no more.`;
}

function rolledBackSentence(event: LedgerEvent, user: string): string {
  const why = event.reason?.text ?? '';
  return `\`${user}\` put the text of before back${why === '' ? '' : `: “${why}”`}.`;
}

function decisionSentence(event: LedgerEvent, user: string): string {
  const { reason, expires } = event;
  const until = expires === undefined ? '' : ` Good until ${stamp(expires)}.`;
  const ticket = reason?.ticket === undefined ? '' : ` Ticket ${reason.ticket}.`;
  return `\`${user}\`: ${categoryWords(reason?.category ?? '').toLowerCase()}. “${reason?.text ?? ''}”${ticket}${until}`;
}

function decisionDetails({ keyId, record: { event } }: StoredRecord): Step['details'] {
  const confirmed = event.confirmed === undefined ? [] : [{ term: 'Name of what is opened', value: event.confirmed }];
  return [{ term: 'Signed with key', value: keyId }, ...confirmed];
}

function consequences(event: LedgerEvent, said: (sentence: string) => string): string {
  const findings = findingsIn(event);
  if (findings.length === 0) return event.cause ?? 'No finding is recorded.';
  const more = findings.length > 1 ? ` And ${findings.length - 1} more ${findings.length === 2 ? 'finding' : 'findings'}.` : '';
  return `${said(findings[0]?.consequence ?? '')}${more}`;
}

function findingDetails(event: LedgerEvent): Step['details'] {
  const findings = findingsIn(event);
  const told = findings.slice(0, SHOWN).map(({ rule, severity, confidence, consequence, sensitivity, blastRadius }, index) => ({
    term: `${capital(severity)}, ${confidence}`,
    value: `${index === 0 ? '' : `${consequence} `}${rule}; reaches ${blastRadius}; ${sensitivity}.`,
  }));
  return [...told, ...(findings.length > SHOWN ? [{ term: 'More', value: `${findings.length - SHOWN} further findings` }] : [])];
}

function digestDetails({ files = [] }: LedgerEvent): Step['details'] {
  return files.slice(0, SHOWN).flatMap(({ path, after }) => (after === undefined ? [] : [{ term: path, value: `SHA-256 ${after}` }]));
}

/** What should be in the log by now and is not. */
function gaps(chain: readonly StoredRecord[]): readonly Step[] {
  const has = (kind: LedgerEvent['kind']) => chain.some(({ record: { event } }) => event.kind === kind && event.verdict !== 'not-applied');
  const decided = has('acknowledged') || has('broke-glass');
  if (!has('held') && !has('forbidden') && decided)
    return [gap('expansion', 'Held', 'No record says when it was held: that part of the log is not here.')];
  if (!decided) return [];
  if (!has('released') && !has('written'))
    return [gap('release', 'Let through', 'It was acknowledged and, as far as the log says, never made.')];
  if (has('written')) return [];
  const applied = chain.some(({ record: { event } }) => event.kind === 'released' && event.verdict === 'applied');
  const command = chain.some(({ record: { event } }) => hasCommand(event.files ?? []));
  if (applied || command) return applied ? [] : [gap('bytes', 'Ran', 'No record says what the command did.')];
  return [gap('bytes', 'Written', 'No record says what was written. The agent sent no event after its tool call.')];
}

function commitStep(commit: CommitAnswer): Step {
  if (commit.kind === 'none') return gap('commit', 'Commit', commit.why);
  return {
    kind: 'commit',
    when: commit.when,
    title: 'Committed',
    sentence: `\`${commit.author}\` committed these bytes of \`${commit.path}\`: ${commit.subject}`,
    certainty: 'observed',
    details: [{ term: 'Commit', value: commit.id }],
  };
}

function endSteps(chain: readonly StoredRecord[], now: Date): readonly Step[] {
  const last = (...kinds: readonly LedgerEvent['kind'][]) => chain.findLast(({ record: { event } }) => kinds.includes(event.kind));
  const accepted = last('acknowledged', 'broke-glass');
  const rolledBack = last('rolled-back');
  const end = (title: string, sentence: string, when?: string): readonly Step[] => [
    { kind: 'end', title, sentence, certainty: 'observed', details: [], ...(when === undefined ? {} : { when }) },
  ];
  if (accepted === undefined)
    return last('discarded', 'forbidden', 'reverted', 'closed') === undefined ? end('Waiting', 'Nobody has decided it yet.') : [];
  if (rolledBack !== undefined && rolledBack.record.event.verdict !== 'not-applied') return [];
  const { expires } = accepted.record.event;
  const made = chain.some(
    ({ record: { event } }) => event.kind === 'written' || (event.kind === 'released' && event.verdict !== 'not-applied'),
  );
  if (expires === undefined || !made) return [];
  return Date.parse(expires) <= now.getTime()
    ? end('Ran out', 'Its time is over, and no record says that it was rolled back.', expires)
    : end('In force', `Accepted until ${stamp(expires)}.`);
}

function gap(kind: Step['kind'], title: string, sentence: string): Step {
  return { kind, title, sentence, certainty: 'missing', details: [] };
}

function refOf({ id, record: { seq } }: StoredRecord): Step['record'] {
  return { seq, id };
}

function certaintyOf(provenance: RecordedProvenance | undefined): Certainty {
  return CERTAINTIES.find((known) => known === provenance?.certainty) ?? 'inferred';
}

function namesOf({ files = [] }: LedgerEvent): string {
  const [first, ...rest] = files;
  if (first === undefined) return 'a file that is not recorded';
  return `\`${first.path}\`${rest.length === 0 ? '' : ` and ${rest.length} more`}`;
}
