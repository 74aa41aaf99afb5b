import type { Finding } from '../engine/types.ts';
import { headline } from './decide.ts';
import { compilePattern } from '../engine/rules/pattern.ts';
import { expiryFor } from './ladder.ts';
import type { AcknowledgementInput, Expiry, Hold, Missing, Policy, ReasonCategory } from './types.ts';

/** What a person chooses from where no policy says otherwise. */
export const REASON_CATEGORIES: readonly ReasonCategory[] = [
  { id: 'intended', label: 'It is meant to be this open' },
  { id: 'temporary', label: 'Temporary, I will undo it' },
  { id: 'mitigated', label: 'Something else prevents the harm' },
  { id: 'wrong', label: 'The finding is wrong' },
  { id: 'incident', label: 'Incident in progress' },
];

const LONGEST_REASON = 2000;
const LONGEST_TICKET = 200;

/** Of a finding's own sentences, shorter ones are too common to be called pasted. In letters and digits. */
const SHORTEST_SOURCE = 12;

/** What keeps the acknowledgement of this hold from being taken, in the order of the form. Empty: nothing. */
export function missingFor(hold: Hold, input: AcknowledgementInput, policy: Policy): readonly Missing[] {
  const findings = hold.edits.flatMap(({ assessment }) => assessment.findings);
  const worst = headline(hold.edits.map(({ assessment }) => assessment));
  return [
    ...missingCategory(input, policy),
    ...missingReason(input.reason.text, findings, policy.reason.minimumLength),
    ...missingTicket(input.reason.ticket ?? '', policy),
    ...missingHours(input.hours, expiryFor(policy, worst?.severity)),
    ...missingConfirmation(input, worst),
  ];
}

function missingCategory({ reason }: AcknowledgementInput, policy: Policy): readonly Missing[] {
  return (policy.reason.categories ?? REASON_CATEGORIES).some(({ id }) => id === reason.category)
    ? []
    : [{ field: 'category', what: 'the type of reason' }];
}

function missingReason(raw: string, findings: readonly Finding[], minimum: number): readonly Missing[] {
  const sources = findings.flatMap(({ consequence, previously, fix, failureMode, witness }) => [
    consequence,
    previously,
    fix,
    failureMode,
    witness?.request ?? '',
  ]);
  const what = missingText(raw, sources, minimum);
  return what === undefined ? [] : [{ field: 'reason', what }];
}

/** What this text lacks to be a reason, a noun phrase. `sources`: sentences that are not to be pasted back. */
export function missingText(raw: string, sources: readonly string[], minimum: number): string | undefined {
  const text = visible(raw);
  const length = charactersIn(text);
  if (length === 0) return `a reason of at least ${minimum} characters`;
  if (length < minimum) return `${minimum - length} more ${minimum - length === 1 ? 'character' : 'characters'} of reason`;
  if (charactersIn(raw.trim()) > LONGEST_REASON) return 'a reason of at most 2,000 characters';
  if (isRepetition(text)) return 'a reason in words, not a repetition';
  return isPastedBack(text, sources, minimum) ? 'a reason in your own words, not those of the finding' : undefined;
}

/** What the policy misses in a ticket; nothing where it is content. */
export function missingTicket(ticket: string, { reason }: Policy): readonly Missing[] {
  const shown = visible(ticket);
  if (shown === '') return reason.ticketRequired ? [{ field: 'ticket', what: 'a ticket' }] : [];
  const odd = (reason.ticketPatterns ?? []).find((pattern) => !compilePattern(`^(?:${pattern})$`)(shown));
  if (odd !== undefined) return [{ field: 'ticket', what: `a ticket that matches ${odd}` }];
  return charactersIn(ticket) > LONGEST_TICKET ? [{ field: 'ticket', what: 'a ticket of at most 200 characters' }] : [];
}

function missingHours(hours: number, { longestHours }: Expiry): readonly Missing[] {
  return Number.isFinite(hours) && hours > 0 && hours <= longestHours
    ? []
    : [{ field: 'hours', what: `an expiry within ${longestHours} hours` }];
}

function missingConfirmation({ confirmation }: AcknowledgementInput, worst: Finding | undefined): readonly Missing[] {
  if (worst?.severity !== 'critical') return [];
  return isNameOf(worst.opened, confirmation?.text ?? '') ? [] : [{ field: 'confirmation', what: `the ${worst.opened.kind} name` }];
}

/** Whether this is the name of what is opened, as a person types it. */
export function isNameOf({ name }: { readonly name: string }, typed: string): boolean {
  return typed.normalize('NFC').trim() === name.normalize('NFC').trim();
}

/** Trimmed, runs of white space as one, without characters that show nothing: padding is not text. */
function visible(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\s\u115f\u1160\u3164\uffa0\u2800]+/gu, ' ')
    .trim();
}

/** One character, one short unit, or a few words over and over. */
function isRepetition(text: string): boolean {
  const letters = lettersOf(text);
  if (new Set(letters).size < 5) return true;
  if (/^(.{1,40}?)\1{2,}.{0,39}$/su.test(letters)) return true;
  const words = wordsOf(text);
  const distinct = new Set(words).size;
  return (
    (words.length >= 2 && distinct === 1) || (words.length >= 4 && distinct <= 2) || (words.length >= 6 && distinct / words.length < 0.4)
  );
}

/** The finding's sentences again, whole, in part, slightly padded or with a word changed. */
function isPastedBack(text: string, sources: readonly string[], minimum: number): boolean {
  const own = lettersOf(text);
  let left = own;
  for (const source of sources.map(lettersOf).filter((letters) => letters.length >= SHORTEST_SOURCE)) {
    if (source.includes(own)) return true;
    left = left.replaceAll(source, '');
  }
  // What remains beside the pasted part must itself be a reason; spaces and marks are not counted here.
  if (left.length < own.length && charactersIn(left) < minimum * 0.75) return true;
  const words = [...new Set(wordsOf(text))];
  return sources.some((source) => {
    const known = new Set(wordsOf(source));
    const shared = words.filter((word) => known.has(word)).length;
    return shared >= 4 && words.length - shared < 3 && shared / words.length >= 0.7;
  });
}

/** As a person counts them, nearly: code points, not UTF-16 units. */
function charactersIn(text: string): number {
  return Array.from(text).length;
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

function wordsOf(text: string): readonly string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
