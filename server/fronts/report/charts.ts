import type { Reach } from '../../engine/types.ts';
import { html, type Markup } from './markup.ts';
import type { Outcomes } from './report-model.ts';
import { number } from './report-words.ts';

/** Pictures of numbers, as SVG without script. Each says in its title what it shows; a table stands beside it. */

export const OUTCOMES: readonly { readonly of: keyof Outcomes; readonly name: string; readonly look: string }[] = [
  { of: 'discarded', name: 'discarded', look: 'c1' },
  { of: 'acknowledged', name: 'acknowledged', look: 'c2' },
  { of: 'forbidden', name: 'not allowed', look: 'c4' },
  { of: 'waiting', name: 'still held', look: 'c3' },
];

export type Bar = Outcomes & { readonly label: string; readonly short: string };

const WIDTH = 880;
const HEIGHT = 150;
const LONGEST = 272;

/** Bars over time. */
export function columns(bars: readonly Bar[], title: string): Markup {
  const most = Math.max(1, ...bars.map(total));
  const step = WIDTH / bars.length;
  const wide = Math.min(40, step * 0.7);
  const each = Math.max(1, Math.ceil(bars.length / 14));
  const drawn = bars.map((bar, index) => {
    const middle = step * (index + 0.5);
    let top = HEIGHT;
    const rects = OUTCOMES.filter(({ of }) => bar[of] > 0).map(({ of, look }) => {
      const tall = Math.max(3, (bar[of] / most) * (HEIGHT - 24));
      top -= tall;
      return html`<rect x="${fixed(middle - wide / 2)}" y="${fixed(top)}" width="${fixed(wide)}" height="${fixed(tall - 1.5)}" class="${look}"/>`;
    });
    const sum = total(bar);
    const value =
      sum === 0 || wide < 9 ? undefined : html`<text x="${fixed(middle)}" y="${fixed(top - 5)}" class="mid">${number(sum)}</text>`;
    const label = index % each === 0 ? html`<text x="${fixed(middle)}" y="${HEIGHT + 20}" class="m mid">${bar.short}</text>` : undefined;
    return [...rects, value, label];
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT + 28}" role="img" aria-label="${title}"><title>${title}</title>${drawn}<line x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}" class="ax"/></svg>`;
}

/** Bars for names, longest first. */
export function lines(bars: readonly Bar[], title: string): Markup {
  const most = Math.max(1, ...bars.map(total));
  const drawn = bars.map((bar, index) => {
    const y = index * 34;
    let x = 0;
    const rects = OUTCOMES.filter(({ of }) => bar[of] > 0).map(({ of, look }) => {
      const wide = Math.max(4, (bar[of] / most) * (LONGEST - 8));
      const at = x;
      x += wide;
      return html`<rect x="${fixed(at)}" y="${y + 18}" width="${fixed(wide - 1.5)}" height="7" class="${look}"/>`;
    });
    return html`<text x="0" y="${y + 12}">${clipped(bar.label)}</text><text x="${LONGEST}" y="${y + 12}" class="end">${number(total(bar))}</text>${rects}`;
  });
  return html`<svg viewBox="0 0 ${LONGEST} ${Math.max(1, bars.length) * 34}" role="img" aria-label="${title}"><title>${title}</title>${drawn}</svg>`;
}

export type ReachPoint = { readonly when: string; readonly label: string; readonly level: 'before' | 'after'; readonly happened: boolean };

/** Who could do it, over time, as steps. A hollow dot was suggested and did not happen. Times are not to scale. */
export function reachOverTime({ label, steps, before, after }: Reach, points: readonly ReachPoint[], title: string): Markup {
  const left = 150;
  const low = 12 + (steps.length - 1) * 27;
  const y = (step: number) => low - step * 27;
  const x = (index: number) => left + 42 + index * ((WIDTH - left - 84) / Math.max(1, points.length - 1 || 1));
  const scale = steps.map(
    (step, index) =>
      html`<text x="0" y="${y(index) + 4}" class="m">${clipped(step)}</text><line x1="${left}" x2="${WIDTH}" y1="${y(index)}" y2="${y(index)}" class="gr"/>`,
  );
  let path = `M${left} ${y(before)}`;
  const areas: Markup[] = [];
  let opened: number | undefined;
  for (const [index, point] of points.entries()) {
    if (!point.happened) continue;
    path += `H${fixed(x(index))}V${y(point.level === 'after' ? after : before)}`;
    if (point.level === 'after') opened = x(index);
    else if (opened !== undefined) {
      areas.push(area(opened, x(index), y(after), y(before)));
      opened = undefined;
    }
  }
  if (opened !== undefined) areas.push(area(opened, WIDTH, y(after), y(before)));
  const dots = points.map(({ label: said, level, happened }, index) => {
    const at = y(level === 'after' ? after : before);
    const end = index > 0 && index === points.length - 1;
    return html`${happened ? undefined : html`<path d="M${fixed(x(index))} ${y(before)}V${at}" class="gh"/>`}<circle cx="${fixed(x(index))}" cy="${at}" r="5" class="${happened ? 'c2' : 'hol'}"/><text x="${fixed(x(index) + (end ? 10 : 0))}" y="${at - 11}" class="${end ? 'end' : 'mid'}">${said}</text>`;
  });
  const times = points.map(({ when }, index) => html`<text x="${fixed(x(index))}" y="${low + 34}" class="m mid">${when}</text>`);
  return html`<svg viewBox="0 -14 ${WIDTH} ${low + 58}" role="img" aria-label="${title}"><title>${label}. ${title}</title>${scale}${areas}<path d="${path}H${WIDTH}" class="st"/>${dots}${times}</svg>`;
}

function area(from: number, to: number, top: number, bottom: number): Markup {
  return html`<rect x="${fixed(from)}" y="${Math.min(top, bottom)}" width="${fixed(Math.max(0, to - from))}" height="${Math.abs(bottom - top)}" class="fill"/>`;
}

export function total({ discarded, acknowledged, forbidden, waiting }: Outcomes): number {
  return discarded + acknowledged + forbidden + waiting;
}

function clipped(text: string): string {
  const characters = Array.from(text);
  return characters.length <= 34 ? text : `${characters.slice(0, 33).join('')}…`;
}

function fixed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}
