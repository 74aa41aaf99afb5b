import { reachOverTime, type ReachPoint } from './charts.ts';
import type { Incident, Step } from './incident-model.ts';
import { html, type Markup, sentence } from './markup.ts';
import { severityWords } from './report-html.ts';
import { stamp } from './report-words.ts';

export function incidentTitle({ name }: Incident): string {
  return `One incident: ${name}`;
}

/** The `main` of an incident's page. */
export function incidentBody(incident: Incident): Markup {
  const { severity, path, hold, steps } = incident;
  const where = [severityWords(severity), path, hold].filter((part) => part !== '').join(', ');
  return html`<main aria-labelledby="what">
<p class="mute">${incidentTitle(incident)}</p>
<h1 id="what" tabindex="-1">${sentence(incident.sentence === '' ? path : incident.sentence)}</h1>
<p class="mute">${where}</p>
${picture(incident)}
<ol class="tl">${steps.map(stepMarkup)}</ol>
<div class="seal"><p>${gapWords(steps)}</p><p class="mute">Attested: the agent’s own hook or tool call said so. Observed: seen by Countersign. Inferred: worked out, may be wrong. Times are in UTC.</p></div>
</main>`;
}

export function gapWords(steps: readonly Step[]): string {
  const missing = steps.filter(({ certainty }) => certainty === 'missing');
  if (missing.length === 0) return 'Every step is in the log or in git.';
  return `What no record tells: ${missing.map(({ title }) => title.toLowerCase()).join(', ')}.`;
}

function stepMarkup({ when, title, sentence: said, certainty, record, details }: Step): Markup {
  const time = when === undefined ? html`<time></time>` : html`<time datetime="${when}">${secondsStamp(when)}</time>`;
  const listed = [...details, ...(record === undefined ? [] : [{ term: 'Record', value: `${record.seq}, ${record.id}` }])];
  const more =
    listed.length === 0
      ? undefined
      : html`<details><summary>Details</summary><dl>${listed.map(({ term, value }) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl></details>`;
  return html`<li${certainty === 'missing' ? { markup: ' class="gap"' } : undefined}>${time}<b>${title}</b><div><span class="what">${sentence(said)}</span>${more}</div><span class="sure">${certainty === 'missing' ? 'not known' : certainty}</span></li>`;
}

function secondsStamp(iso: string): string {
  const time = new Date(iso);
  return `${stamp(iso).replace(/ \d{4} .*$/, '')} ${time.toISOString().slice(11, 19)}`;
}

/** Only where it is known how far it reached, and that changed. */
function picture({ reach, steps, name }: Incident): Markup | undefined {
  if (reach === undefined || reach.before === reach.after || reach.steps.length < 2) return undefined;
  const points = steps.flatMap(pointOf);
  if (points.length === 0) return undefined;
  const title = points.map(({ when, label }) => `${when} ${label}`).join(', ');
  return html`<p class="mute">${reach.label}. A hollow dot was suggested and did not happen then.</p><div class="wide" tabindex="0" role="group" aria-label="${`${reach.label}, over time`}">${reachOverTime(reach, points, `${name}: ${title}.`)}</div>`;
}

function pointOf({ kind, title, when }: Step): readonly ReachPoint[] {
  if (when === undefined) return [];
  const point = (label: string, level: ReachPoint['level'], happened: boolean): readonly ReachPoint[] => [
    { when: stamp(when).replace(/ \d{4}/, ''), label, level, happened },
  ];
  if (kind === 'expansion' && (title === 'Held' || title === 'Not allowed')) return point(title.toLowerCase(), 'after', false);
  if (kind === 'release' && title !== 'Not applied') return point(title.toLowerCase(), 'after', true);
  if (kind === 'rollback' && title === 'Rolled back') return point('rolled back', 'before', true);
  return [];
}
