import { REASON_CATEGORIES } from '../../gate/reasons.ts';
import type { Report, Silenced, Totals } from './report-model.ts';
import { NOT_KNOWN } from './suggestion.ts';

/** Words that more than one form of the report uses. Times are in UTC, and said to be. */

/** "It is meant to be this open". A category of a policy's own list is told by its id. */
export function categoryWords(category: string): string {
  if (category === '') return 'No type of reason';
  return REASON_CATEGORIES.find(({ id }) => id === category)?.label ?? capital(category.replaceAll('-', ' '));
}

export function headline({ held, inForce, waiting }: Totals): string {
  if (held === 0 && inForce === 0) return 'No suggestion has been held yet.';
  const [are, wait] = [inForce === 1 ? 'is' : 'are', waiting === 1 ? 'waits' : 'wait'];
  const what = `${count(held, 'risky suggestion')} ${held === 1 ? 'was' : 'were'} held.`;
  const rest =
    inForce === 0
      ? 'No acknowledged change is in force now'
      : `${number(inForce)} acknowledged ${inForce === 1 ? 'change' : 'changes'} ${are} in force now`;
  return `${what} ${rest}${waiting === 0 ? '.' : `, and ${number(waiting)} ${wait} for a decision.`}`;
}

export function secondLine({ discarded, acknowledged, forbidden, ranOut, unused, rolledBack }: Totals): string {
  if (discarded + acknowledged + forbidden + rolledBack + ranOut + unused === 0) return 'Nothing was discarded or acknowledged yet.';
  const parts = [
    `${number(discarded)} ${discarded === 1 ? 'was' : 'were'} discarded`,
    `${number(acknowledged)} acknowledged`,
    ...(forbidden === 0 ? [] : [`${number(forbidden)} could not be applied by anybody`]),
  ];
  const [last, ...before] = parts.toReversed();
  const became = [
    ...(rolledBack === 0 ? [] : [`${number(rolledBack)} ${rolledBack === 1 ? 'change was' : 'changes were'} rolled back`]),
    ...(ranOut === 0 ? [] : [`${number(ranOut)} ran out and ${ranOut === 1 ? 'was' : 'were'} not rolled back`]),
    ...(unused === 0 ? [] : [`${number(unused)} ${unused === 1 ? 'was' : 'were'} never made`]),
  ];
  const sentence = `${before.toReversed().join(', ')} and ${last}.`;
  return became.length === 0 ? sentence : `${sentence} ${capital(became.join(', '))}.`;
}

/** What is no suggestion: each with its number, those that happened. */
export function eventWords({
  closed,
  reverted,
  halted,
  tripped,
  resumed,
  brokeGlass,
  approved,
  ignored,
}: Totals): readonly { readonly what: string; readonly times: number }[] {
  return [
    { what: 'The gate closed because something failed', times: closed },
    { what: 'Agents were stopped by a person', times: halted },
    { what: 'The breaker stopped an agent', times: tripped },
    { what: 'Agents were let go on', times: resumed },
    { what: 'A write to disk was put back', times: reverted },
    { what: 'A second person approved', times: approved },
    { what: 'Somebody broke glass', times: brokeGlass },
    { what: 'An ignore let pass what would have been held', times: ignored },
  ].filter(({ times }) => times > 0);
}

export function repeatSentences({ repeats: { agents, pasted, quick } }: Report): readonly string[] {
  return [
    ...agents.map(
      ({ agent, rule, times, acknowledged }) =>
        `${agent === NOT_KNOWN ? 'What came from no known agent' : agent} was held ${number(times)} times for ${rule}; ${number(acknowledged)} acknowledged.`,
    ),
    ...pasted.map(({ person, text, times }) => `${person} gave the same reason ${number(times)} times: “${shortened(text)}”`),
    ...quick.map(
      ({ person, times, of }) =>
        `${person} acknowledged ${number(times)} of ${number(of)} within 10 seconds of the hold or of the decision before.`,
    ),
  ];
}

/** "aws-public-bucket, 3 times, until 2027-01-31, by policy.yaml, line 3, column 5: why" */
export function silencedWords({ rule, by, until, reason, times }: Silenced): string {
  return `${rule}, ${count(times, 'time')}, until ${until}, by ${by}: ${reason}`;
}

/** The state of the log itself, in sentences. */
export function logSentences({ log, totals: { unknownAgent, held } }: Report): readonly string[] {
  const { count: gone, first } = log.missing;
  return [
    log.sentence,
    ...(gone === 0
      ? []
      : [
          `${count(gone, 'record')} could not be read (${first.join(', ')}${gone > first.length ? ', …' : ''}), so this report is not whole.`,
        ]),
    ...(unknownAgent === 0 ? [] : [`For ${number(unknownAgent)} of the ${number(held)} the agent is not known.`]),
    ...log.warnings,
  ];
}

/** "under 1 second", "42 seconds", "3 minutes", "5.2 hours", "2.1 days" */
export function lengthWords(seconds: number): string {
  if (seconds < 1) return 'under 1 second';
  if (seconds < 90) return count(Math.round(seconds), 'second');
  if (seconds < 90 * 60) return count(Math.round(seconds / 60), 'minute');
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1).replace(/\.0$/, '')} hours`;
  return `${(seconds / 86_400).toFixed(1).replace(/\.0$/, '')} days`;
}

/** "18 Nov 14:02" in UTC; with the year where it is not this one. */
export function stamp(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return 'not known';
  return `${dayWords(iso)} ${iso.length > 10 ? time.toISOString().slice(11, 16) : ''}`.trimEnd();
}

/** "8 Nov 2026" */
export function dayWords(iso: string): string {
  const time = new Date(iso);
  return `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()] ?? ''} ${time.getUTCFullYear()}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function capital(text: string): string {
  return text.replace(/^\p{L}/u, (letter) => letter.toUpperCase());
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 120 ? line : `${line.slice(0, 117)}…`;
}
