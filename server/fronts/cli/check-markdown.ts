import type { CheckedFile, CheckReport } from '../git/check-change.ts';
import { SEVERITY_WORDS } from '../hold-words.ts';
import { visibleText } from '../visible-text.ts';
import { ackWords, placeIn, refusalOf, remediesOf, sumOf } from './check-words.ts';

/** Rows of a table after which only the count is told: a summary of a pull request may hold one megabyte. */
const MOST_ROWS = 200;

/** For a pull request's summary: the consequences in a table, worst news first. */
export function checkMarkdown(report: CheckReport): string {
  const files = report.files.toSorted((a, b) => Number(b.refused) - Number(a.refused));
  const rows = files.flatMap(rowsOf);
  const notes = [...files.flatMap((file) => file.notes), ...report.notes];
  return [
    `## Countersign: ${report.ok ? 'passed' : 'refused'}`,
    '',
    cell(sumOf(report)),
    '',
    ...(rows.length === 0 ? [] : ['| | What it opens | Where | State |', '| --- | --- | --- | --- |', ...rows.slice(0, MOST_ROWS)]),
    ...(rows.length > MOST_ROWS ? ['', `${rows.length - MOST_ROWS} more rows are not shown.`] : []),
    ...(rows.length === 0 ? [] : ['']),
    ...remediesOf(report).flatMap((sentence) => [cell(sentence), '']),
    ...notes.slice(0, MOST_ROWS).map((note) => `- ${cell(note)}`),
    '',
  ].join('\n');
}

function rowsOf(file: CheckedFile): readonly string[] {
  const refusal = refusalOf(file);
  const hard = refusal === undefined ? [] : [row('Refused', refusal, file.path, 'cannot be acknowledged')];
  const asked = file.standings
    .toSorted((a, b) => Number(b.missing) - Number(a.missing))
    .map(({ finding, missing, why, by }) =>
      row(
        SEVERITY_WORDS[finding.severity],
        finding.consequence,
        placeIn(file.path, finding),
        missing ? `**missing**: ${cell(why.join(' '))}` : `acknowledged: ${cell(by.map(ackWords).join('; '))}`,
      ),
    );
  return [...hard, ...asked];
}

function row(severity: string, what: string, where: string, state: string): string {
  return `| ${severity} | ${sentence(what)} | ${code(where)} | ${state} |`;
}

/** Names in backticks stay code; everything else is text, whatever a file's author wrote into a name. */
function sentence(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? cell(part) : code(part)))
    .join('');
}

function code(text: string): string {
  return `<code>${cell(text)}</code>`;
}

function cell(text: string): string {
  return visibleText(text)
    .replace(/[&<>]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[letter] ?? letter)
    .replace(/[\\`*_~|[\]!@#]/g, (letter) => `&#${letter.charCodeAt(0)};`)
    .replace(/\s+/g, ' ');
}
