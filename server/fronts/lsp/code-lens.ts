import type { Provenance } from '../../engine/types.ts';
import { asPossibility, headlineOf, plainText, SEVERITY_WORDS, severityRank, suggesterOf } from '../hold-words.ts';
import { lowerFirst, type Notice } from './diagnostics.ts';
import type { Span } from './documents/statement.ts';

/** The editor's own command: takes the id of a hold, or `buffer:` and a URI for what is in a document already. */
export const REVIEW_COMMAND = 'countersign.review.next';
export const DISCARD_COMMAND = 'countersign.review.discard';
/** The server's own command: takes a URI and a stretch of offsets. */
export const REVERT_COMMAND = 'countersign.revert';
export const BUFFER = 'buffer:';

export type Lens = {
  readonly at: number;
  readonly title: string;
  readonly command: string;
  readonly arguments: readonly unknown[];
};

/** One line above each statement that something is to be said of. Never one that applies or acknowledges. */
export function lensesOf(notices: readonly Notice[], uri: string, statementAt: (offset: number) => Span): readonly Lens[] {
  const risks = new Map<number, { readonly span: Span; readonly notices: (Notice & { kind: 'risk' })[] }>();
  const lenses: Lens[] = [];
  for (const notice of notices) {
    if (notice.kind === 'problem' || notice.kind === 'ignored' || (notice.level === 'information' && notice.kind === 'risk')) continue;
    const span = statementAt(notice.start);
    if (notice.kind === 'held') lenses.push(...heldLenses(notice, span));
    else {
      const group = risks.get(span.start) ?? { span, notices: [] };
      group.notices.push(notice);
      risks.set(span.start, group);
    }
  }
  return [...lenses, ...[...risks.values()].flatMap(({ span, notices: found }) => riskLenses(found, span, uri))];
}

function heldLenses({ hold, finding }: Notice & { kind: 'held' }, { start: at }: Span): readonly Lens[] {
  const sentence = plainText(finding === undefined ? headlineOf(hold) : asPossibility(finding.consequence));
  return [
    { at, title: `Held: ${lowerFirst(sentence).replace(/\.$/, '')}`, command: REVIEW_COMMAND, arguments: [hold.id] },
    { at, title: 'Review', command: REVIEW_COMMAND, arguments: [hold.id] },
    { at, title: 'Discard', command: DISCARD_COMMAND, arguments: [hold.id] },
  ];
}

function riskLenses(found: readonly (Notice & { kind: 'risk' })[], span: Span, uri: string): readonly Lens[] {
  const worst = found.toSorted((a, b) => severityRank(a.finding.severity) - severityRank(b.finding.severity))[0];
  if (worst === undefined) return [];
  const { finding, hold, provenance, state } = worst;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  const facts = [`${SEVERITY_WORDS[finding.severity]}${more}`, plainText(finding.rating.blastRadius.what), provenanceWords(provenance)];
  const accepted = state === 'acknowledged' ? ', acknowledged' : '';
  const review = hold?.id ?? `${BUFFER}${uri}`;
  return [
    { at: span.start, title: `${facts.join(' · ')}${accepted} — Review`, command: REVIEW_COMMAND, arguments: [review] },
    { at: span.start, title: 'Revert', command: REVERT_COMMAND, arguments: [uri, span] },
  ];
}

/** "Claude Code, attested", "typed", "paste, observed" */
export function provenanceWords(provenance: Provenance): string {
  if (provenance.certainty === 'human' || provenance.channel === 'typed') return 'typed';
  const who =
    provenance.agent?.name ?? (provenance.channel === 'disk' ? 'unknown writer' : lowerFirst(`${suggesterOf(provenance)} `).trim());
  return `${who}, ${provenance.certainty}`;
}
