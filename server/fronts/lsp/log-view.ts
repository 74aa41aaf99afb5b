import { SEVERITIES, type Severity } from '../../engine/types.ts';
import type { Ledger, RecordedFinding, StoredRecord } from '../../ledger/types.ts';
import { verifyLog } from '../../ledger/verify.ts';
import type { Decision, VerifyLogResult } from '../../protocol.ts';
import { plainText, severityRank } from '../hold-words.ts';
import { concerns, uriOfPath } from './documents/places.ts';

const SHOWN = 50;
const DECIDED: readonly Decision['kind'][] = ['acknowledged', 'discarded', 'rolled-back', 'forbidden'];

/** Recent decisions for the folders of a window, newest first. */
export async function decisionsOf(ledger: Ledger, folders: readonly string[]): Promise<readonly Decision[]> {
  const decided: { readonly kind: Decision['kind']; readonly stored: StoredRecord }[] = [];
  const applied = new Set<string>();
  const rolledBack = new Set<string>();
  for await (const stored of ledger.read()) {
    const { event } = stored.record;
    if (event.kind === 'released' && event.acknowledgement !== undefined && event.verdict !== 'not-applied')
      applied.add(event.acknowledgement);
    if (event.kind === 'rolled-back' && event.acknowledgement !== undefined) rolledBack.add(event.acknowledgement);
    const kind = DECIDED.find((one) => one === event.kind);
    if (kind !== undefined && belongs(stored, folders)) decided.push({ kind, stored });
  }
  return decided
    .toReversed()
    .slice(0, SHOWN)
    .map(({ kind, stored }) => decisionOf(kind, stored, applied.has(stored.id) && !rolledBack.has(stored.id)));
}

function belongs({ record: { event } }: StoredRecord, folders: readonly string[]): boolean {
  if (event.workspace === undefined) return true;
  return concerns(
    folders,
    event.workspace,
    (event.files ?? []).map(({ path }) => path),
  );
}

function decisionOf(kind: Decision['kind'], { id, record }: StoredRecord, canRollBack: boolean): Decision {
  const { event, time } = record;
  const worst = (event.files ?? [])
    .flatMap(({ findings }) => findings)
    .toSorted((a, b) => severityRank(severityOf(a)) - severityRank(severityOf(b)))[0];
  const path = event.files?.[0]?.path ?? '';
  return {
    id,
    kind,
    name: nameIn(worst?.consequence) ?? path,
    sentence: plainText(worst?.consequence ?? event.cause ?? ''),
    severity: worst === undefined ? 'high' : severityOf(worst),
    when: time,
    expires: event.expires,
    path,
    uri: uriOfPath(event.workspace ?? '/', path),
    canRollBack: kind === 'acknowledged' && canRollBack,
  };
}

/** A severity that a later version wrote and this one does not know counts as the worst. */
function severityOf({ severity }: RecordedFinding): Severity {
  return SEVERITIES.find((known) => known === severity) ?? 'critical';
}

/** The last name in a sentence is what is opened: "`deploy-bot` can do anything in `identity-prod`." */
function nameIn(sentence: string | undefined): string | undefined {
  return sentence
    ?.match(/`([^`]+)`/g)
    ?.at(-1)
    ?.slice(1, -1);
}

/** Checks the whole log and says it in one sentence, with what is wrong one line each. */
export async function verifiedLog(folder: string, keysFolder: string): Promise<VerifyLogResult> {
  const report = await verifyLog({ folder, keysFolder });
  return { ok: report.ok, summary: report.sentence, details: report.warnings };
}
