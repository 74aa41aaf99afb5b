import { createHash } from 'node:crypto';
import { type Bar, columns, lines, OUTCOMES, total } from './charts.ts';
import { html, type Markup, sentence } from './markup.ts';
import type { Accepted, PersonRow, Report, Row, Silenced } from './report-model.ts';
import {
  capital,
  categoryWords,
  count,
  dayWords,
  eventWords,
  headline,
  lengthWords,
  logSentences,
  number,
  repeatSentences,
  secondLine,
  stamp,
} from './report-words.ts';
import { STYLE } from './style.ts';

/** `file`: stands for itself. `editor`: names lead to their incident, by buttons that the editor answers. */
export type Shown = 'file' | 'editor';

/** Rows of a chart; the rest are in its table. */
const DRAWN = 8;
const TABLED = 50;

/** A page that opens anywhere and fetches nothing: no script, one style of ours. */
export function htmlPage(title: string, body: Markup): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
${body}
</body>
</html>
`.markup;
}

export function reportTitle({ from, to }: Report): string {
  return `Countersign log, ${dayWords(from)} to ${dayWords(to)}`;
}

/** The `main` of a report's page. */
export function reportBody(report: Report, shown: Shown): Markup {
  const { totals, log, inForce, moreInForce, latest, moreAcknowledged } = report;
  const repeats = repeatSentences(report);
  const events = eventWords(totals);
  return html`<main aria-labelledby="what">
${log.ok ? undefined : html`<p class="problem" role="alert"><b>The log is not whole.</b> ${log.sentence} What follows is what can still be read.</p>`}
<p class="mute">${reportTitle(report)}</p>
<h1 id="what" tabindex="-1">${headline(totals)}</h1>
<p>${totals.held === 0 ? undefined : secondLine(totals)}</p>
<p>${speed(report)}</p>
${section('In force now', inForce.length === 0 ? html`<p class="mute">Nothing acknowledged is in force.</p>` : acceptedTable('In force now', inForce, moreInForce, shown))}
${totals.held === 0 ? undefined : charts(report)}
${repeats.length === 0 ? undefined : section('Again and again', html`<ul class="list">${repeats.map((one) => html`<li>${one}</li>`)}</ul>`)}
${
  events.length === 0
    ? undefined
    : section(
        'Beside what was held',
        table(
          ['What happened', 'Times'],
          events.map(({ what, times }) => [what, number(times)]),
        ),
      )
}
${report.silenced.length === 0 ? undefined : section('Silenced by ignores', silencedTable(report.silenced))}
${latest.length === 0 ? undefined : section('Acknowledged', acceptedTable('Acknowledged', latest, moreAcknowledged, shown))}
<div class="seal">${logSentences(report).map((one) => html`<p>${one}</p>`)}<p class="mute">Days and times are in UTC.</p></div>
</main>`;
}

function charts(report: Report): Markup {
  const { trend, byAgent, byRule, byReason, byRepository, bySeverity, byPerson, totals } = report;
  const bars = trend.buckets.map((bucket) => ({
    ...bucket,
    label: dayWords(bucket.from),
    short: dayWords(bucket.from).replace(/ \d{4}$/, ''),
  }));
  const title = trend.days === 1 ? 'Held each day' : 'Held each week';
  const key = OUTCOMES.filter(({ of }) => totals[of] > 0).map(
    ({ of, name, look }) =>
      html`<span><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" class="${look}"/></svg>${name}, ${number(totals[of])}</span>`,
  );
  const reasons = byReason.map(({ category, count: acknowledged }) => ({
    ...NONE,
    acknowledged,
    label: categoryWords(category),
    short: '',
  }));
  return html`${section(
    title,
    html`<p class="key">${key}</p><div class="wide" tabindex="0" role="group" aria-label="${title}">${columns(bars, `${title}, ${dayWords(report.from)} to ${dayWords(report.to)}. The numbers are in the table below.`)}</div>${numbers(
      trend.days === 1 ? 'Day' : 'Week from',
      bars.filter((bar) => total(bar) > 0),
    )}`,
  )}
<div class="three">
${chart('By agent', 'Agent', named(byAgent))}
${chart('By rule', 'Rule', named(byRule))}
${chart(totals.acknowledged === 0 ? 'Why it was acknowledged' : `Why the ${number(totals.acknowledged)} ${totals.acknowledged === 1 ? 'was' : 'were'} acknowledged`, 'Reason', reasons)}
${chart('By severity', 'Severity', named(bySeverity.map((row) => ({ ...row, name: severityWords(row.name) }))))}
${chart('By repository', 'Repository', named(byRepository))}
${personChart(byPerson)}
</div>`;
}

const NONE = { discarded: 0, acknowledged: 0, forbidden: 0, waiting: 0 } as const;
const CLASSES: Readonly<Record<string, string>> = { critical: 'Sev-1', high: 'Sev-2', medium: 'Sev-3', low: 'Sev-4' };

export function severityWords(severity: string): string {
  const incident = CLASSES[severity];
  return `${capital(severity)}${incident === undefined ? '' : ` (${incident})`}`;
}

function named(rows: readonly Row[]): readonly Bar[] {
  return rows.map((row) => ({ ...row, label: row.name, short: '' }));
}

function chart(title: string, what: string, bars: readonly Bar[]): Markup {
  if (bars.length === 0) return section(title, html`<p class="mute">None.</p>`);
  return section(
    title,
    html`${lines(bars.slice(0, DRAWN), `${title}. The numbers are in the table below.`)}${numbers(what, bars.slice(0, TABLED))}`,
  );
}

/** What the chart above it shows, for whoever reads rather than looks. */
function numbers(what: string, bars: readonly Bar[]): Markup {
  const used = OUTCOMES.filter(({ of }) => bars.some((bar) => bar[of] > 0));
  const rows = bars.map((bar) => [bar.label, ...used.map(({ of }) => number(bar[of]))]);
  return html`<details><summary>${`Numbers by ${what.toLowerCase()}`}</summary><div class="wide" tabindex="0" role="group" aria-label="${`Numbers by ${what.toLowerCase()}`}">${table([what, ...used.map(({ name }) => capital(name))], rows)}</div></details>`;
}

function personChart(rows: readonly PersonRow[]): Markup {
  if (rows.length === 0) return section('By person', html`<p class="mute">Nobody has decided anything.</p>`);
  const bars = rows
    .slice(0, DRAWN)
    .map(({ name, acknowledged, discarded }) => ({ ...NONE, acknowledged, discarded, label: name, short: '' }));
  return section(
    'Who decided',
    html`${lines(bars, 'Who decided. The numbers are in the table below.')}<details><summary>Numbers by person</summary><div class="wide" tabindex="0" role="group" aria-label="Numbers by person">${personTable(rows)}</div></details>`,
  );
}

function personTable(rows: readonly PersonRow[]): Markup {
  return table(
    ['Person', 'Acknowledged', 'Discarded', 'Median time'],
    rows
      .slice(0, TABLED)
      .map(({ name, acknowledged, discarded, medianToAcknowledge }) => [
        name,
        number(acknowledged),
        number(discarded),
        medianToAcknowledge === undefined ? '' : lengthWords(medianToAcknowledge),
      ]),
  );
}

/** The first column names, the others count. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): Markup {
  return html`<table><thead><tr>${head.map((one, index) => html`<th scope="col"${index === 0 ? undefined : { markup: ' class="n"' }}>${one}</th>`)}</tr></thead><tbody>${rows.map(([first = '', ...rest]) => html`<tr><th scope="row" class="long">${first}</th>${rest.map((one) => html`<td class="n">${one}</td>`)}</tr>`)}</tbody></table>`;
}

function acceptedTable(title: string, rows: readonly Accepted[], more: number, shown: Shown): Markup {
  const head = ['What is open', 'Suggested by', 'Acknowledged by, and why', 'Ticket', 'Until'];
  const body = rows.slice(0, TABLED).map((row) => {
    const what = row.sentence === '' ? html`${row.path}` : sentence(row.sentence);
    const name = shown === 'editor' ? html`<button type="button" class="link" data-incident="${row.id}">${what}</button>` : what;
    return html`<tr><td class="long">${name}<span class="m">${severityWords(row.severity)}, ${row.path}${row.hold === '' ? '' : `, ${row.hold}`}</span></td><td>${row.agent}</td><td class="long"><b>${row.person}</b>${categoryWords(row.category)}. ${row.reason}</td><td class="long">${row.ticket}</td><td class="nb">${stamp(row.expires)}${row.state === 'in force' ? undefined : html`<span class="m">${row.state}</span>`}</td></tr>`;
  });
  const rest = more + Math.max(0, rows.length - TABLED);
  return html`<div class="wide" tabindex="0" role="group" aria-label="${title}"><table class="accepted"><thead><tr>${head.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead><tbody>${body}</tbody></table></div>${rest === 0 ? undefined : html`<p class="mute">${`And ${number(rest)} more: countersign report --format csv lists all.`}</p>`}`;
}

function silencedTable(rows: readonly Silenced[]): Markup {
  const head = ['Rule', 'Let pass by, and why', 'Until', 'Times'];
  const body = rows
    .slice(0, TABLED)
    .map(
      ({ rule, by, until, reason, times }) =>
        html`<tr><td class="long">${rule}</td><td class="long"><b>${by}</b>${reason}</td><td class="nb">${until}</td><td class="n">${number(times)}</td></tr>`,
    );
  return html`<div class="wide" tabindex="0" role="group" aria-label="Silenced by ignores"><table class="accepted"><thead><tr>${head.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function speed({ timeToAcknowledge: { count: times, mean, median } }: Report): string {
  if (mean === undefined || median === undefined) return '';
  return times === 1
    ? `It was acknowledged after ${lengthWords(median)}.`
    : `From hold to acknowledgement: median ${lengthWords(median)}, mean ${lengthWords(mean)}, of ${count(times, 'acknowledgement')}.`;
}

function section(title: string, body: Markup): Markup {
  return html`<section><h2>${title}</h2>${body}</section>`;
}
