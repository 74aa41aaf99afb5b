import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Certainty, Finding, Provenance, Witness } from '../engine/types.ts';
import { expiryFor } from '../gate/ladder.ts';
import { REASON_CATEGORIES } from '../gate/reasons.ts';
import type { Expiry, Hold, Policy } from '../gate/types.ts';
import type { Review, ReviewWitness } from '../protocol.ts';
import { durationWords, untilWords } from './good-until.ts';
import {
  asPossibility,
  byUrgency,
  CHANNEL_WORDS,
  CONFIDENCE_WORDS,
  findingsOf,
  headlineOf,
  openedBy,
  phraseOf,
  severityOf,
  SEVERITY_WORDS,
  severityRank,
  suggesterOf,
  uncheckedWords,
  plainText,
} from './hold-words.ts';
import { commandLines, isCommandPath } from './command-words.ts';
import { reviewDiff } from './review-diff.ts';

/**
 * Everything a person needs to see of one hold to decide it, as plain data. `others` are the holds that wait beside it.
 * Characters that hide or reorder text are still in here: whoever shows it spells them out.
 */
export function reviewModel(hold: Hold, others: readonly Hold[], policy: Policy, nonce: string, now: Date): Review {
  const findings = findingsOf(hold);
  const worst = findings[0];
  return {
    hold: hold.id,
    nonce,
    severity: severityOf(hold),
    forbidden: forbiddenOf(hold),
    position: positionOf(hold, others),
    since: hold.created,
    times: hold.times,
    sentence: phraseOf(headlineOf(hold)),
    previously: phraseOf(worst?.previously ?? ''),
    opened: openedBy(hold),
    reach: worst?.reach,
    witness: witnessOf(worst?.witness),
    facts: worst === undefined ? [] : factsOf(worst),
    others: findings.slice(1).map((finding) => ({
      severity: finding.severity,
      sentence: phraseOf(hold.verdict === 'forbid' ? asPossibility(finding.consequence) : finding.consequence),
      witness: witnessOf(finding.witness),
      previously: phraseOf(finding.previously),
    })),
    problems: hold.edits.flatMap(({ assessment }) => assessment.problems.map(({ message }) => message)),
    files: hold.edits.map((edit) => ({
      path: edit.path,
      uri: uriOf(hold.workspace, edit.path),
      ...(isCommandPath(edit.path) ? commandLines(edit) : reviewDiff(edit)),
    })),
    provenance: provenanceRows(hold.provenance),
    agent: suggesterOf(hold.provenance),
    effect: effectOf(hold),
    revertible: hold.disk === 'written',
    sign: hold.sign ?? { people: hold.verdict === 'approve' ? 2 : 1, presence: 'none' },
    form: {
      categories: policy.reason.categories ?? REASON_CATEGORIES,
      minimumReason: policy.reason.minimumLength,
      ticket: policy.reason.ticketRequired ? 'required' : 'optional',
      hours: hourChoices(expiryFor(policy, worst?.severity), now),
      confirm: worst?.severity === 'critical' ? worst.opened : undefined,
    },
  };
}

/** What an acknowledgement does: `keep` where the text is in the file already. */
export function effectOf({ provenance: { channel }, disk }: Pick<Hold, 'provenance' | 'disk'>): Review['effect'] {
  if (disk === 'reverted') return 'apply';
  if (channel === 'hook' || channel === 'tool') return 'let-retry';
  return channel === 'typed' || channel === 'disk' ? 'keep' : 'apply';
}

/** The file URI of a hold's path. A command line is no file: nothing opens its URI. */
export function uriOf(workspace: string, path: string): string {
  if (isCommandPath(path)) return `countersign-command:${encodeURIComponent(path.slice(2))}`;
  return pathToFileURL(isAbsolute(path) ? path : join(workspace, path)).href;
}

function forbiddenOf(hold: Hold): Review['forbidden'] {
  if (hold.verdict !== 'forbid') return undefined;
  const by = hold.forbiddenBy;
  return {
    rule: by === undefined ? 'Your policy forbids this' : forbiddingRule(by.pattern, severityOf(hold)),
    where: by?.source ?? 'the policy',
    owner: by?.owner ?? 'the owner of the policy',
  };
}

/** The pattern is a glob of a no-go zone, or the line of the policy that gives a severity its verdict. */
function forbiddingRule(pattern: string, severity: Review['severity']): string {
  return pattern.startsWith('verdicts.')
    ? `Agents may not make edits of severity ${severity}`
    : `Agents may not change anything that matches ${pattern}`;
}

function positionOf(hold: Hold, others: readonly Hold[]): Review['position'] {
  const all = [hold, ...others.filter(({ id }) => id !== hold.id)].toSorted(byUrgency);
  const index = all.indexOf(hold);
  return { index: index + 1, of: all.length, previous: all[index - 1]?.id, next: all[index + 1]?.id };
}

function witnessOf(witness: Witness | undefined): ReviewWitness | undefined {
  if (witness === undefined) return undefined;
  const person = plainText(witness.who);
  const who = /\basks? (for|to)$/.test(person) ? person : `${person} asks for`;
  return { who, request: witness.request, before: 'refused', after: 'allowed' };
}

function factsOf({ severity, confidence, rating, unchecked }: Finding): Review['facts'] {
  return [
    { term: 'Severity', value: SEVERITY_WORDS[severity], why: severityWhy(severity, rating) },
    { term: 'Blast radius', value: rating.blastRadius.what, why: BLAST_WORDS[rating.blastRadius.level] },
    { term: 'Sensitivity', value: SENSITIVITY_WORDS[rating.sensitivity.level], why: rating.sensitivity.why },
    { term: 'Confidence', value: CONFIDENCE_WORDS[confidence], why: uncheckedWords(unchecked) },
  ];
}

const BLAST_WORDS: Readonly<Record<Finding['rating']['blastRadius']['level'], string>> = {
  resource: 'only what is named',
  service: 'a whole kind of thing',
  account: 'a whole account',
  organization: 'your whole organisation',
  public: 'open to the public',
};

const SENSITIVITY_WORDS: Readonly<Record<Finding['rating']['sensitivity']['level'], string>> = {
  public: 'Public',
  internal: 'Internal',
  confidential: 'Confidential',
  restricted: 'Restricted',
};

/** "Strangers can read data. Misused, that is a Sev-1 incident." */
function severityWhy(severity: Finding['severity'], { gain }: Finding['rating']): string {
  const rank = severityRank(severity);
  const clause = `${gain.charAt(0).toUpperCase()}${gain.slice(1)}.`;
  return rank < 4 ? `${clause} Misused, that is a Sev-${rank + 1} incident.` : clause;
}

function provenanceRows(provenance: Provenance): Review['provenance'] {
  const { agent, certainty, channel } = provenance;
  if (certainty === 'human') return [{ term: 'Channel', value: CHANNEL_WORDS[channel], certainty }];
  const row = (term: string, value: string | undefined, missing: string): Review['provenance'][number] => ({
    term,
    value: value ?? missing,
    certainty: value === undefined ? 'inferred' : certainty,
  });
  const channelRow = { term: 'Channel', value: CHANNEL_WORDS[channel], certainty: channelCertainty(provenance) };
  if (agent === undefined) return [row('Agent', undefined, 'not known'), channelRow];
  const toolCall = [agent.tool, agent.toolCall].filter((part) => part !== undefined).join(', ');
  return [
    row('Agent', [agent.name, agent.version].filter((part) => part !== undefined).join(' '), 'not reported'),
    row('Model', agent.model, 'not reported'),
    row('Session', agent.session, 'not reported'),
    row('Tool call', toolCall === '' ? undefined : toolCall, 'not reported'),
    channelRow,
    ...digestRows(provenance),
  ];
}

/** The texts themselves are kept nowhere: by these, somebody who has them can tell that they are the same. */
function digestRows({ digests, certainty }: Provenance): Review['provenance'] {
  const known = [
    ['prompt', digests?.prompt],
    ['text', digests?.output],
  ].flatMap(([what, digest]) => (digest === undefined ? [] : [`${what} ${digest.slice(0, 12)}`]));
  return known.length === 0 ? [] : [{ term: 'Digests', value: known.join(', '), certainty }];
}

/** What came through our own hook or was seen in the editor is never only inferred, whatever is known of who stands behind it. */
function channelCertainty({ channel, certainty }: Provenance): Certainty {
  return certainty === 'inferred' && (channel === 'paste' || channel === 'inline' || channel === 'patch') ? 'observed' : certainty;
}

const OFFERED_HOURS = [4, 24, 24 * 7, 24 * 30];

function hourChoices({ defaultHours, longestHours }: Expiry, now: Date): Review['form']['hours'] {
  const preset = Math.min(defaultHours, longestHours);
  const offered = [...OFFERED_HOURS.filter((hours) => hours < longestHours), preset, longestHours];
  return [...new Set(offered)]
    .toSorted((a, b) => a - b)
    .map((hours) => {
      const until = untilWords(new Date(now.getTime() + hours * 3_600_000), now);
      const limit = hours === longestHours ? ' (policy limit)' : '';
      return { hours, label: `${durationWords(hours)}, until ${until}${limit}`, preset: hours === preset };
    });
}
