import { assertNever } from '../../engine/assert-never.ts';
import type { Finding, Problem } from '../../engine/types.ts';
import type { Ignored } from '../../gate/ignores.ts';
import { CONFIDENCE_WORDS, SEVERITY_WORDS } from '../hold-words.ts';
import { visibleText } from '../visible-text.ts';
import type { JudgedEdit } from './judged.ts';

/** The short text form of `review`: consequence first, then what was, the witness, the rating and the place. */
export function judgedText(path: string, judged: JudgedEdit): string {
  const parts = [
    ...judged.findings.map((finding) => findingText(path, finding, judged.newer)),
    ...judged.ignored.map(ignoredText),
    ...judged.problems.map((problem) => problemText(path, problem)),
  ];
  return visibleLines([...parts, verdictText(path, judged)].join('\n'));
}

function findingText(path: string, finding: Finding, newer: readonly string[]): string {
  const { severity, rating, witness, confidence } = finding;
  return [
    `${SEVERITY_WORDS[severity]}: ${finding.consequence}`,
    `  ${finding.previously}`,
    ...(witness === undefined ? [] : [`  Example   ${witness.who}: ${witness.request} (refused before, allowed after)`]),
    `  Rating    ${rating.gain}; blast radius ${rating.blastRadius.level} (${rating.blastRadius.what}); ${rating.sensitivity.level} (${rating.sensitivity.why})`,
    `  Sure      ${CONFIDENCE_WORDS[confidence]}${finding.unchecked.length === 0 ? '' : `; not checked: ${finding.unchecked.join(', ')}`}`,
    ...finding.ranges.map(({ side, start }) => `  ${side === 'after' ? 'Where    ' : 'Was at   '} ${path}:${start.line}:${start.column}`),
    `  Instead   ${finding.fix}`,
    `  Rule      ${finding.rule}${newer.includes(finding.rule) ? ' (new or stricter since the last upgrade; only shown until a person runs countersign pack accept)' : ''}`,
    '',
  ].join('\n');
}

function ignoredText({ finding, by, reason, until }: Ignored): string {
  return [
    `Ignored until ${until}: ${finding.consequence}`,
    `  By        ${by}`,
    `  Because   ${reason}`,
    `  Rule      ${finding.rule}`,
    '',
  ].join('\n');
}

function problemText(path: string, { message, place }: Problem): string {
  return `Note: ${message}${place === undefined ? '' : `\n  Where     ${path}:${place.start.line}:${place.start.column}`}\n`;
}

function verdictText(path: string, { verdict, cause, forbiddenBy }: JudgedEdit): string {
  switch (verdict) {
    case 'allow':
      return `Allowed: ${path}. Nothing here needs a person.\n`;
    case 'note':
      return `Allowed: ${path}. Worth a look, not held.\n`;
    case 'acknowledge':
      return `Held: ${path}. A person must acknowledge this before it is applied.\n`;
    case 'approve':
      return `Held: ${path}. Someone else than who asks for it must approve this before it is applied.\n`;
    case 'forbid':
      return `Forbidden: ${path}${forbiddenBy === undefined ? '' : `, by the rule ${forbiddenBy.pattern} (${forbiddenBy.source})`}. Nobody can acknowledge this.\n`;
    case 'closed':
      return `Closed: ${cause ?? `${path} could not be judged.`}\nAn agent's edit would be refused.\n`;
    default:
      return assertNever(verdict);
  }
}

/** Names in a file must not move the cursor or hide text in a terminal. */
function visibleLines(text: string): string {
  return text.split('\n').map(visibleText).join('\n');
}
