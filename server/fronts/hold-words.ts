import type { Channel, Confidence, Finding, Provenance, Severity } from '../engine/types.ts';
import { SEVERITIES } from '../engine/types.ts';
import type { Hold } from '../gate/types.ts';
import type { Phrase, Review } from '../protocol.ts';

/** Words for a hold that more than one front shows. */

/** All findings of all edits of a hold, worst first. */
export function findingsOf(hold: Pick<Hold, 'edits'>): readonly Finding[] {
  return hold.edits
    .flatMap(({ assessment }) => assessment.findings)
    .toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity));
}

/** 0 is worst. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** A hold without findings is one that a no-go zone forbids whatever it does. */
export function severityOf(hold: Pick<Hold, 'edits'>): Severity {
  return findingsOf(hold)[0]?.severity ?? 'high';
}

/** What the hold's tree label and confirmation name. */
export function openedBy(hold: Pick<Hold, 'edits'>): { readonly name: string; readonly kind: string } {
  return findingsOf(hold)[0]?.opened ?? { name: hold.edits[0]?.path ?? '', kind: 'file' };
}

/** The headline, names in backticks. Forbidden edits say "could". */
export function headlineOf(hold: Pick<Hold, 'edits' | 'verdict' | 'provenance'>): string {
  const worst = findingsOf(hold)[0];
  if (worst === undefined) return `${suggesterOf(hold.provenance)} may not change \`${hold.edits[0]?.path ?? 'this file'}\`.`;
  return hold.verdict === 'forbid' ? asPossibility(worst.consequence) : worst.consequence;
}

/** "Anyone can read …" → "Anyone could read …"; what stands in backticks is left as it is. */
export function asPossibility(sentence: string): string {
  return sentence
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replace(/\bcan\b/g, 'could') : part))
    .join('`');
}

/** Names in backticks become names. */
export function phraseOf(sentence: string): Phrase {
  return sentence
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part : { name: part }))
    .filter((part) => part !== '');
}

export function plainText(sentence: string): string {
  return sentence.replaceAll('`', '');
}

/** Who is waited for, told to whoever made a held edit: a sentence. */
export function waitsForWords(verdict: string): string {
  return verdict === 'approve'
    ? 'A person must acknowledge it, and a second person must approve it.'
    : 'A person must acknowledge it in the editor (or terminal).';
}

/** What the policy asks beside a person's signature: sentences. */
export function signingWords({ people, presence }: Review['sign']): readonly string[] {
  return [
    ...(people === 2 ? ['Somebody else must then approve it before anything is let through.'] : []),
    ...(presence === 'touch' ? ['It is signed with the touch of a security key.'] : []),
    ...(presence === 'verified' ? ['It is signed with a security key that knows who touches it (PIN or finger).'] : []),
  ];
}

/** Worst first, then oldest. */
export function byUrgency(a: Hold, b: Hold): number {
  return severityRank(severityOf(a)) - severityRank(severityOf(b)) || a.created.localeCompare(b.created) || a.id.localeCompare(b.id);
}

/** Who or what brought it, as the subject of a sentence. */
export function suggesterOf({ agent, channel }: Provenance): string {
  return agent?.name ?? SUGGESTERS[channel];
}

const SUGGESTERS: Readonly<Record<Channel, string>> = {
  hook: 'An agent',
  tool: 'An agent',
  paste: 'Pasted text',
  inline: 'An inline suggestion',
  insert: 'Inserted text',
  disk: 'A write to disk',
  patch: 'A pasted patch',
  typed: 'You',
};

export const CHANNEL_WORDS: Readonly<Record<Channel, string>> = {
  hook: 'Agent hook, before the write',
  tool: 'Agent tool call, before the write',
  paste: 'Paste into the editor',
  inline: 'Inline suggestion, accepted',
  insert: 'Block inserted into the editor',
  disk: 'File on disk, after the write',
  patch: 'Suggestion reviewed from text',
  typed: 'Typed in the editor',
};

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  info: 'Info',
};

export const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  proved: 'Proved from the file',
  likely: 'Likely, matches a known pattern',
  unknown: 'Cannot tell, uses values not in this folder',
};

export function uncheckedWords(unchecked: readonly string[]): string {
  return unchecked.length === 0 ? 'nothing left unchecked' : `not checked: ${unchecked.join(', ')}`;
}
