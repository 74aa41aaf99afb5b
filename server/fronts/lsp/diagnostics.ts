import type { Ignored } from '../../gate/ignores.ts';
import { VERDICTS, type Hold, type Verdict } from '../../gate/types.ts';
import type { Assessment, Finding, Problem, Provenance } from '../../engine/types.ts';
import type { DiagnosticData } from '../../protocol.ts';
import { untilWords } from '../good-until.ts';
import { asPossibility, headlineOf, plainText, suggesterOf } from '../hold-words.ts';
import type { Acceptance } from './documents/accepted.ts';
import { firstLine, placeInText, placeOfSuggestion, spanOf } from './documents/notice-places.ts';
import type { Span } from './documents/statement.ts';

/** Something to show at a place of a document. Offsets in UTF-16 units of the text that was assessed. */
export type Notice =
  | (Base & {
      readonly kind: 'risk';
      readonly finding: Finding;
      readonly provenance: Provenance;
      readonly state: 'acknowledged' | 'unacknowledged';
      readonly hold: Hold | undefined;
    })
  | (Base & { readonly kind: 'held'; readonly finding: Finding | undefined; readonly hold: Hold })
  /** Something that an ignore lets pass, for a time. */
  | (Base & { readonly kind: 'ignored'; readonly finding: Finding; readonly ignored: Ignored })
  | (Base & { readonly kind: 'problem'; readonly problem: Problem });

type Base = Span & {
  readonly level: 'error' | 'warning' | 'information' | 'hint';
  readonly message: string;
  readonly rule: string | undefined;
  readonly data: DiagnosticData | undefined;
};

export type Seen = {
  readonly baseline: string;
  readonly text: string;
  readonly assessment: Assessment;
  /** True when these very findings are what is on disk: the text was saved. */
  readonly onDisk: boolean;
  readonly provenance: Provenance;
  /** What the gate says to a finding here: by its place, whose edit it is, and which rules are accepted. */
  readonly verdictOf: (finding: Finding) => Verdict;
  /** Is this rule of an upgrade, and only shown until a person accepts it? */
  readonly isNewer: (rule: string) => boolean;
  readonly ignored: readonly Ignored[];
  readonly acceptanceOf: (fingerprint: string) => Acceptance | undefined;
  /** Holds that would change this document, each with its edit to it. */
  readonly holds: readonly { readonly hold: Hold; readonly edit: Hold['edits'][number] }[];
  readonly now: Date;
};

/** What is to be shown of risks in the text and of suggestions held beside it. */
export function noticesOf(seen: Seen): readonly Notice[] {
  const risks = seen.assessment.findings.flatMap((finding) => riskNotice(finding, seen));
  return [...risks, ...seen.ignored.map((one) => ignoredNotice(one, seen)), ...seen.holds.flatMap((held) => heldNotices(held, seen))];
}

/** What could not be read, said at the place where reading stopped. */
export function problemNotices(assessment: Assessment, text: string): readonly Notice[] {
  return assessment.problems.map((problem) => ({
    kind: 'problem',
    level: 'warning',
    message: plainText(problem.message),
    rule: problem.kind,
    data: undefined,
    problem,
    ...(problem.place?.side === 'after' ? spanOf(problem.place, text) : firstLine(text)),
  }));
}

function riskNotice(finding: Finding, seen: Seen): readonly Notice[] {
  const verdict = seen.verdictOf(finding);
  if (verdict === 'allow') return [];
  const accepted = seen.acceptanceOf(finding.fingerprint);
  const hold = seen.holds.find((held) => isInFile(held.hold) && hasFingerprint(held.edit, finding))?.hold;
  const state = accepted === undefined ? 'unacknowledged' : 'acknowledged';
  const asked = VERDICTS.indexOf(verdict) >= VERDICTS.indexOf('acknowledge');
  const level = !asked ? 'information' : accepted === undefined && seen.onDisk ? 'error' : 'warning';
  const provenance = accepted?.provenance ?? seen.provenance;
  const sentences = [
    `${finding.consequence}${seen.isNewer(finding.rule) ? ' (new since the last upgrade)' : ''}`,
    finding.previously,
    provenanceSentence(provenance),
    accepted === undefined ? stateSentence(asked, seen.onDisk) : acceptedSentence(accepted, seen.now),
  ];
  return [
    {
      kind: 'risk',
      level,
      message: sentences
        .filter((sentence) => sentence !== '')
        .map(plainText)
        .join(' '),
      rule: finding.rule,
      data: dataOf(finding, state, hold),
      finding,
      provenance,
      state,
      hold,
      ...placeInText(finding, seen.baseline, seen.text),
    },
  ];
}

function ignoredNotice(ignored: Ignored, { baseline, text }: Seen): Notice {
  const { finding, by, reason, until } = ignored;
  return {
    kind: 'ignored',
    level: 'hint',
    message: `Ignored until ${until}: ${plainText(finding.consequence)} Reason: ${reason.trim().replace(/([^.!?])$/, '$1.')} By ${by}.`,
    rule: finding.rule,
    data: dataOf(finding, 'ignored', undefined),
    finding,
    ignored,
    ...placeInText(finding, baseline, text),
  };
}

function heldNotices({ hold, edit }: Seen['holds'][number], seen: Seen): readonly Notice[] {
  if (isInFile(hold)) return [];
  const finding = edit.assessment.findings[0];
  const sentence = finding === undefined ? headlineOf(hold) : asPossibility(finding.consequence);
  return [
    {
      kind: 'held',
      level: 'information',
      message: [
        `Held, not written: ${lowerFirst(plainText(sentence))}`,
        plainText(finding?.previously ?? ''),
        provenanceSentence(hold.provenance),
      ]
        .filter((part) => part !== '')
        .join(' '),
      rule: finding?.rule ?? 'no-go-zone',
      data: finding && dataOf(finding, 'held', hold),
      finding,
      hold,
      ...placeOfSuggestion(edit, seen.text),
    },
  ];
}

/** Holds of text that is in the file already are shown as that risk, not a second time. */
function isInFile({ provenance: { channel } }: Hold): boolean {
  return channel === 'typed' || channel === 'disk';
}

function hasFingerprint(edit: Hold['edits'][number], { fingerprint }: Finding): boolean {
  return edit.assessment.findings.some((other) => other.fingerprint === fingerprint);
}

function dataOf(finding: Finding, state: DiagnosticData['state'], hold: Hold | undefined): DiagnosticData {
  const { rule, severity, confidence, fingerprint } = finding;
  return { rule, severity, confidence, fingerprint, state, ...(hold === undefined ? {} : { hold: hold.id }) };
}

function provenanceSentence(provenance: Provenance): string {
  const { channel, certainty, agent } = provenance;
  if (certainty === 'human' || channel === 'typed') return 'Typed here.';
  if (agent !== undefined) return `From ${agent.name}${agent.session === undefined ? '' : `, session ${agent.session}`} (${certainty}).`;
  if (channel === 'disk') return 'Already in the file; who wrote it is not known.';
  return `From: ${suggesterOf(provenance).toLowerCase()} (${certainty}).`;
}

function acceptedSentence({ by, expires }: Acceptance, now: Date): string {
  return `Acknowledged by ${by}${expires === undefined ? '' : ` until ${untilWords(expires, now)}`}.`;
}

function stateSentence(asked: boolean, onDisk: boolean): string {
  if (!asked) return '';
  return onDisk ? 'In the file, and nobody has acknowledged it.' : 'Not saved yet.';
}

export function lowerFirst(text: string): string {
  // A name stays as it is written: only an ordinary capitalised word is lowered.
  return /^[A-Z][a-z]+ /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
