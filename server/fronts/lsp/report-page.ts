import type { InferOutput } from 'valibot';
import type { ReportResult } from '../../protocol.ts';
import type { Report } from './requests.ts';

/** The report or one incident, as a page. The code for it is loaded when it is first asked for. */
export async function reportPage(
  params: InferOutput<typeof Report>,
  { stateFolder, now }: { readonly stateFolder: string; readonly now: () => Date },
): Promise<ReportResult> {
  const { logRecords } = await import('../report/records.ts');
  const { htmlPage, reportBody, reportTitle } = await import('../report/report-html.ts');
  const { STYLE } = await import('../report/style.ts');
  const log = await logRecords(stateFolder);
  if (params.kind === 'incident') {
    const { incidentOf } = await import('../report/incident.ts');
    const { incidentBody, incidentTitle } = await import('../report/incident-html.ts');
    const found = await incidentOf(params.record, log.records, { stateFolder, env: process.env, now: now() });
    if (!found.ok) return found;
    const { incident } = found;
    const [title, body] = [incidentTitle(incident), incidentBody(incident)];
    return { ok: true, title, main: body.markup, style: STYLE, file: htmlPage(title, body), canRollBack: incident.canRollBack };
  }
  const { reportOf } = await import('../report/fold.ts');
  const to = now().getTime();
  const folded = await reportOf(log.records(), { from: to - params.days * 86_400_000, to }, log.state());
  const report = { ...folded, log: log.state() };
  const title = reportTitle(report);
  return { ok: true, title, main: reportBody(report, 'editor').markup, style: STYLE, file: htmlPage(title, reportBody(report, 'file')) };
}
