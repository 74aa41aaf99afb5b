import { visibleText } from '../visible-text.ts';
import { OUTCOMES } from './charts.ts';
import { gapWords } from './incident-html.ts';
import type { Incident } from './incident-model.ts';
import { severityWords } from './report-html.ts';
import type { Accepted, Outcomes, Report, Row } from './report-model.ts';
import {
  capital,
  categoryWords,
  dayWords,
  eventWords,
  headline,
  lengthWords,
  logSentences,
  number,
  repeatSentences,
  secondLine,
  silencedWords,
  stamp,
} from './report-words.ts';

/** Columns. */
const WIDE = 100;
const ROWS = 12;
/** Of a longer time, only days or weeks with something held are listed. */
const MOST_BUCKETS = 14;

/** The report for a terminal. Ends in a newline. */
export function reportText(report: Report): string {
  const { totals, inForce, moreInForce, byReason, byPerson, timeToAcknowledge: speed } = report;
  const again = repeatSentences(report);
  const events = eventWords(totals);
  const parts = [
    ...(report.log.ok ? [] : ['THE LOG IS NOT WHOLE: what follows is what can still be read.', '']),
    `Countersign log, ${dayWords(report.from)} to ${dayWords(report.to)} (UTC)`,
    '',
    ...wrapped(headline(totals)),
    ...(totals.held === 0 ? [] : wrapped(secondLine(totals))),
    ...(speed.median === undefined || speed.mean === undefined
      ? []
      : [`Hold to acknowledgement: median ${lengthWords(speed.median)}, mean ${lengthWords(speed.mean)}, of ${number(speed.count)}.`]),
    ...heading('In force now', inForce.slice(0, ROWS).flatMap(acceptedLines)),
    ...(moreInForce + inForce.length > ROWS ? [`  and ${number(moreInForce + inForce.length - ROWS)} more; --format csv lists all`] : []),
    ...heading(report.trend.days === 1 ? 'Held each day' : 'Held each week', [...trendLines(report), ...legend(totals)]),
    ...heading('By agent', rowLines(report.byAgent)),
    ...heading('By rule', rowLines(report.byRule)),
    ...heading('By severity', rowLines(report.bySeverity.map((row) => ({ ...row, name: severityWords(row.name) })))),
    ...heading('By repository', rowLines(report.byRepository)),
    ...heading(
      'Why it was acknowledged',
      byReason.slice(0, ROWS).map(({ category, count }) => `  ${column(categoryWords(category), 34)}${number(count).padStart(7)}`),
    ),
    ...heading(
      'By person',
      byPerson
        .slice(0, ROWS)
        .map(
          ({ name, acknowledged, discarded, medianToAcknowledge }) =>
            `  ${column(name, 34)}${number(acknowledged).padStart(7)} acknowledged${number(discarded).padStart(7)} discarded${medianToAcknowledge === undefined ? '' : `   median ${lengthWords(medianToAcknowledge)}`}`,
        ),
    ),
    ...heading(
      'Again and again',
      again.flatMap((one) => wrapped(one, '  ')),
    ),
    ...heading(
      'Silenced by ignores',
      report.silenced.slice(0, ROWS).flatMap((one) => wrapped(silencedWords(one), '  ')),
    ),
    ...heading(
      'Beside what was held',
      events.map(({ what, times }) => `  ${column(what, 50)}${number(times).padStart(7)}`),
    ),
    ...heading(
      'The log',
      logSentences(report).flatMap((one) => wrapped(one, '  ')),
    ),
  ];
  return `${parts.map((line) => fitted(line)).join('\n')}\n`;
}

/** The timeline for a terminal. Ends in a newline. */
export function incidentText({ name, sentence, severity, path, workspace, hold, steps, canRollBack }: Incident): string {
  const parts = [
    `One incident: ${name}`,
    ...wrapped(plain(sentence)),
    ...wrapped([severityWords(severity), path, workspace, hold].filter((part) => part !== '').join(', ')),
    '',
    ...steps.flatMap(({ when, title, sentence: said, certainty, record, details }) => [
      `${(when ?? '').slice(0, 19).replace('T', ' ').padEnd(20)} ${title.padEnd(13)} ${certainty === 'missing' ? '(not known)' : `(${certainty})`}${record === undefined ? '' : `  record ${record.seq}`}`,
      ...wrapped(plain(said), ' '.repeat(21)),
      ...details.flatMap(({ term, value }) => wrapped(`${term}: ${plain(value)}`, ' '.repeat(23))),
    ]),
    '',
    ...wrapped(gapWords(steps)),
    ...(canRollBack === undefined ? [] : [`Roll it back: countersign rollback ${canRollBack.slice(0, 12)} --reason "…"`]),
  ];
  return `${parts.map((line) => fitted(line)).join('\n')}\n`;
}

function heading(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function trendLines({ trend, totals }: Report): readonly string[] {
  if (totals.held === 0) return [];
  const most = Math.max(1, ...trend.buckets.map(heldOf));
  const shown = trend.buckets.length > MOST_BUCKETS ? trend.buckets.filter((bucket) => heldOf(bucket) > 0) : trend.buckets;
  return shown.map((bucket) => `  ${bucket.from}${number(heldOf(bucket)).padStart(7)}  ${bar(bucket, most, Math.min(74, most * 3))}`);
}

function rowLines(rows: readonly Row[]): readonly string[] {
  const most = Math.max(1, ...rows.map(({ held }) => held));
  const more = rows.length > ROWS ? [`  and ${number(rows.length - ROWS)} more`] : [];
  return [
    ...rows
      .slice(0, ROWS)
      .map((row) => `  ${column(row.name, 28)}${number(row.held).padStart(7)}  ${bar(row, most, 16).padEnd(16)}  ${outcomes(row)}`),
    ...more,
  ];
}

const LOOKS: Readonly<Record<keyof Outcomes, string>> = { discarded: '.', acknowledged: '#', forbidden: 'x', waiting: '?' };

function bar(row: Outcomes, most: number, wide: number): string {
  return OUTCOMES.map(({ of }) => LOOKS[of].repeat(row[of] === 0 ? 0 : Math.max(1, Math.round((row[of] / most) * wide)))).join('');
}

/** What the marks of the bars stand for. */
function legend(totals: Outcomes): readonly string[] {
  const used = OUTCOMES.filter(({ of }) => totals[of] > 0).map(({ of, name }) => `${LOOKS[of]} ${name} ${number(totals[of])}`);
  return used.length === 0 ? [] : [`  ${used.join('   ')}`];
}

function outcomes(row: Outcomes): string {
  return OUTCOMES.filter(({ of }) => row[of] > 0)
    .map(({ of }) => `${LOOKS[of]} ${number(row[of])}`)
    .join('  ');
}

function acceptedLines({ sentence, path, agent, person, category, reason, ticket, expires, hold, severity }: Accepted): readonly string[] {
  const why = `${person}: ${categoryWords(category).toLowerCase()}. ${reason}${ticket === '' ? '' : ` [${ticket}]`}`;
  return [
    ...wrapped(`${capital(severity)}: ${plain(sentence)}`, '  '),
    ...wrapped(`${path}, by ${agent}, until ${stamp(expires)}${hold === '' ? '' : `, ${hold}`}`, '    '),
    ...wrapped(why, '    '),
  ];
}

function heldOf({ discarded, acknowledged, forbidden, waiting }: Outcomes): number {
  return discarded + acknowledged + forbidden + waiting;
}

function plain(text: string): string {
  return text.replaceAll('`', '');
}

/** In a column of this width; longer names lose their end. */
function column(text: string, wide: number): string {
  const characters = Array.from(visibleText(text));
  return (characters.length < wide ? characters.join('') : `${characters.slice(0, wide - 2).join('')}…`).padEnd(wide);
}

function wrapped(text: string, indent = ''): readonly string[] {
  const room = WIDE - indent.length;
  const made: string[] = [];
  let line = '';
  for (const word of visibleText(text)
    .split(' ')
    .flatMap((one) => cut(one, room))) {
    if (line !== '' && line.length + 1 + word.length > room) {
      made.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...made, indent + line];
}

function cut(word: string, room: number): readonly string[] {
  return word.length <= room ? [word] : (word.match(new RegExp(`.{1,${room}}`, 'gsu')) ?? [word]);
}

/** No line is wider than the terminal it was made for. */
function fitted(line: string): string {
  const characters = Array.from(line.trimEnd());
  return characters.length <= WIDE ? characters.join('') : `${characters.slice(0, WIDE - 1).join('')}…`;
}
