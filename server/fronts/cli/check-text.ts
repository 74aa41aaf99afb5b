import type { CheckedFile, CheckReport } from '../git/check-change.ts';
import type { Standing } from '../git/standing.ts';
import { plainText, SEVERITY_WORDS } from '../hold-words.ts';
import { visibleText } from '../visible-text.ts';
import { ackWords, placeIn, refusalOf, remediesOf, sumOf } from './check-words.ts';

/** For a terminal: what is refused first, then what stands, then notes, the sum and what to do. */
export function checkText(report: CheckReport): string {
  const refused = report.files.filter((file) => file.refused);
  const standing = report.files.filter((file) => !file.refused && file.standings.length > 0);
  const notes = [...report.files.flatMap((file) => file.notes), ...report.notes];
  const lines = [
    ...refused.flatMap(fileLines),
    ...standing.flatMap(fileLines),
    ...notes.map((note) => `Note: ${note}`),
    sumOf(report),
    ...remediesOf(report),
  ];
  return lines.map((line) => `${visibleText(line)}\n`).join('');
}

function fileLines(file: CheckedFile): readonly string[] {
  const refusal = refusalOf(file);
  return [
    `${file.refused ? 'Refused' : 'Acknowledged'}: ${file.path}`,
    ...(refusal === undefined ? [] : [`  ${refusal}`]),
    ...file.standings.toSorted((a, b) => Number(b.missing) - Number(a.missing)).flatMap((one) => standingLines(file.path, one)),
    ...(refusal === undefined
      ? []
      : file.findings.map((finding) => `  ${SEVERITY_WORDS[finding.severity]}: ${plainText(finding.consequence)}`)),
    '',
  ];
}

function standingLines(path: string, { finding, missing, why, by }: Standing): readonly string[] {
  const { severity, consequence, previously, witness, fix, rule } = finding;
  const head = `  ${SEVERITY_WORDS[severity]}: ${plainText(consequence)}`;
  const where = `    Where     ${placeIn(path, finding)} (${rule})`;
  if (!missing) return [head, where, ...by.map((ack) => `    Accepted  ${ackWords(ack)}`)];
  return [
    head,
    `    ${plainText(previously)}`,
    ...(witness === undefined ? [] : [`    Example   ${witness.who}: ${witness.request} (refused before, allowed after)`]),
    where,
    ...why.map((sentence) => `    Missing   ${sentence}`),
    `    Instead   ${plainText(fix)}`,
  ];
}
