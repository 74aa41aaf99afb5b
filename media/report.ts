/** The report's page: what is pressed goes to the extension, which makes the pages. */
import type { FromReport } from './report-messages.ts';

declare function acquireVsCodeApi(): { postMessage(message: FromReport): void; setState(state: unknown): void };

const editor = acquireVsCodeApi();
editor.setState({ page: JSON.parse(document.body.dataset['page'] ?? 'null') as unknown });

document.addEventListener('click', ({ target, isTrusted }) => {
  const pressed = target instanceof Element ? target.closest<HTMLElement>('button') : null;
  // Rolling back changes files: only a person presses it.
  if (pressed === null || !isTrusted) return;
  const { incident, do: what } = pressed.dataset;
  if (incident !== undefined) editor.postMessage({ kind: 'incident', record: incident });
  else if (what === 'report' || what === 'roll-back' || what === 'save' || what === 'verify') editor.postMessage({ kind: what });
});

const days = document.querySelector<HTMLSelectElement>('#days');
days?.addEventListener('change', () => editor.postMessage({ kind: 'days', days: Number(days.value) }));

document.querySelector<HTMLElement>('h1')?.focus();
