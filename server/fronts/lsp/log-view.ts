import { SEVERITIES, type Severity } from '../../engine/types.ts';
import { readDecided } from '../../gate/decided.ts';
import { readHold } from '../../gate/holds.ts';
import type { Hold } from '../../gate/types.ts';
import type { Ledger, LedgerEvent, RecordedFinding, StoredRecord } from '../../ledger/types.ts';
import { verifyLog } from '../../ledger/verify.ts';
import type { Decision, VerifyLogResult } from '../../protocol.ts';
import { hasCommand } from '../command-words.ts';
import { plainText, severityOf as severityOfHold, severityRank } from '../hold-words.ts';
import { concerns, uriOfPath } from './documents/places.ts';
import { titleOf } from './held.ts';

const SHOWN = 50;
const DECIDED: readonly Decision['kind'][] = [
  'acknowledged',
  'approved',
  'broke-glass',
  'discarded',
  'rolled-back',
  'reverted',
  'forbidden',
];

const ROLLED_BACK: ReadonlySet<Decision['kind']> = new Set(['acknowledged', 'asked', 'broke-glass']);

type Found = { readonly kind: Decision['kind']; readonly stored: StoredRecord };

/** Recent decisions for the folders of a window, newest first. */
export async function decisionsOf(ledger: Ledger, folders: readonly string[], stateFolder: string): Promise<readonly Decision[]> {
  const decided: Found[] = [];
  const applied = new Set<string>();
  const rolledBack = new Set<string>();
  const countersigned = new Set<string>();
  /** By hold: what the log first said of it. */
  const worstOf = new Map<string, RecordedFinding>();
  for await (const stored of ledger.read()) {
    const { event } = stored.record;
    const { acknowledgement } = event;
    const worst = worstIn(event);
    if (event.hold !== undefined && worst !== undefined) worstOf.set(event.hold, worst);
    if (event.kind === 'released' && acknowledgement !== undefined && event.verdict !== 'not-applied') applied.add(acknowledgement);
    if (event.kind === 'countersigned' && acknowledgement !== undefined) countersigned.add(acknowledgement);
    if (event.kind === 'rolled-back' && acknowledgement !== undefined) {
      if (event.verdict !== 'not-applied') rolledBack.add(acknowledgement);
      else if (rolledBack.delete(acknowledgement)) takeBack(decided, acknowledgement);
    }
    const kind = DECIDED.find((one) => one === event.kind && event.verdict !== 'not-applied');
    // An approval is one's own decision, about a folder on somebody else's computer.
    if (kind !== undefined && (kind === 'approved' || belongs(stored, folders)))
      decided.push({ kind: kind === 'acknowledged' && event.verdict === 'approve' ? 'asked' : kind, stored });
  }
  return decided
    .toReversed()
    .slice(0, SHOWN)
    .map(({ kind, stored }) => ({
      ...told(stored, stateFolder, worstOf.get(stored.record.event.hold ?? '')),
      id: stored.id,
      kind: kind === 'asked' && countersigned.has(stored.id) ? 'acknowledged' : kind,
      when: stored.record.time,
      expires: stored.record.event.expires,
      canRollBack: ROLLED_BACK.has(kind) && applied.has(stored.id) && !rolledBack.has(stored.id) && !ranCommand(stored),
    }));
}

/** What was run cannot be taken back by putting a text in place. */
function ranCommand({ record: { event } }: StoredRecord): boolean {
  return hasCommand(event.files ?? []);
}

/** A rollback that the editor could not make is none: the acknowledged text is still there. */
function takeBack(decided: Found[], acknowledgement: string): void {
  const index = decided.findLastIndex(
    ({ kind, stored }) => kind === 'rolled-back' && stored.record.event.acknowledgement === acknowledgement,
  );
  if (index !== -1) decided.splice(index, 1);
}

function belongs({ record: { event } }: StoredRecord, folders: readonly string[]): boolean {
  if (event.workspace === undefined) return true;
  return concerns(
    folders,
    event.workspace,
    (event.files ?? []).map(({ path }) => path),
  );
}

type Told = Pick<Decision, 'name' | 'sentence' | 'severity' | 'path' | 'uri'>;

/** In the words the hold had in the list. Older decisions than those kept are told from the log alone. */
function told({ id, record: { event } }: StoredRecord, stateFolder: string, said: RecordedFinding | undefined): Told {
  const hold = holdOf(id, event, stateFolder);
  if (hold !== undefined) return { ...titleOf(hold), severity: severityOfHold(hold) };
  const worst = worstIn(event) ?? said;
  const path = event.files?.[0]?.path ?? '';
  return {
    name: nameIn(worst?.consequence) ?? path,
    sentence: plainText(worst?.consequence ?? event.cause ?? ''),
    severity: worst === undefined ? 'high' : severityOf(worst),
    path,
    uri: uriOfPath(event.workspace ?? '/', path),
  };
}

function holdOf(id: string, { acknowledgement, hold }: LedgerEvent, stateFolder: string): Hold | undefined {
  const decided = [acknowledgement, id, hold].flatMap((each) => (each === undefined ? [] : (readDecided(stateFolder, each) ?? [])));
  return decided[0]?.hold ?? (hold === undefined ? undefined : readHold(stateFolder, hold));
}

function worstIn({ files }: LedgerEvent): RecordedFinding | undefined {
  return (files ?? []).flatMap(({ findings }) => findings).toSorted((a, b) => severityRank(severityOf(a)) - severityRank(severityOf(b)))[0];
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
