import * as v from 'valibot';

/** What the report's page asks of the extension. It shows text of others, so what comes out of it is parsed before it is believed. */
const fromReport = v.variant('kind', [
  v.strictObject({ kind: v.literal('incident'), record: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) }),
  v.strictObject({ kind: v.literal('report') }),
  v.strictObject({ kind: v.literal('days'), days: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3660)) }),
  v.strictObject({ kind: v.literal('roll-back') }),
  v.strictObject({ kind: v.literal('save') }),
  v.strictObject({ kind: v.literal('verify') }),
]);

/** page → extension */
export type FromReport = v.InferOutput<typeof fromReport>;

export function readFromReport(raw: unknown): FromReport | undefined {
  const read = v.safeParse(fromReport, raw);
  return read.success ? read.output : undefined;
}

/** Which page of the report is shown. */
const page = v.variant('kind', [
  v.object({ kind: v.literal('report'), days: v.pipe(v.number(), v.minValue(1)) }),
  v.object({ kind: v.literal('incident'), record: v.string() }),
]);
export type ReportPage = v.InferOutput<typeof page>;

/** The page that an earlier window's panel showed. */
export function pageInState(state: unknown): ReportPage | undefined {
  const read = v.safeParse(v.object({ page }), state);
  return read.success ? read.output.page : undefined;
}
