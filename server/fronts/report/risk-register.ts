import { ACCESS_RULES } from '../../engine/access/registry.ts';
import { COMMAND_RULES } from '../../engine/packs/command-rules.ts';
import { RULES } from '../../engine/rules/registry.ts';
import { readDecided } from '../../gate/decided.ts';
import { packsOf } from '../../gate/rule-of.ts';
import type { Policy } from '../../gate/types.ts';
import type { RecordedFinding, StoredRecord } from '../../ledger/types.ts';
import { isCommandPath } from '../command-words.ts';
import type { Window } from './fold.ts';
import { categoryWords } from './report-words.ts';

const COLUMNS = [
  'acknowledged',
  'person',
  'repository',
  'path',
  'rule',
  'severity',
  'impact_class',
  'confidence',
  'consequence',
  'failure_mode',
  'sensitivity',
  'blast_radius',
  'agent',
  'reason_type',
  'reason',
  'ticket',
  'good_until',
  'state',
  'rollback',
  'hold',
  'record',
  'fingerprint',
] as const;

const CLASSES: Readonly<Record<string, string>> = { critical: 'Sev-1', high: 'Sev-2', medium: 'Sev-3', low: 'Sev-4', info: '' };

/** Characters of an id that tell acknowledgements apart here: whole ones of a long log would fill the memory. */
const SHORT = 16;

/**
 * The risk register as CSV (RFC 4180, UTF-8), a line at a time: one row for each finding that somebody acknowledged in the window.
 * Goes through the log twice: what became of an acknowledgement stands behind it.
 */
export async function* riskRegister(
  records: () => AsyncIterable<StoredRecord>,
  window: Window,
  { stateFolder, policy }: { readonly stateFolder: string; readonly policy: Policy },
): AsyncGenerator<string> {
  const fate = await fateOf(records());
  const rules = [
    ...RULES.values(),
    ...ACCESS_RULES.values(),
    ...Object.values(COMMAND_RULES),
    ...packsOf(policy).flatMap(({ pack }) => pack.rules),
  ];
  const failureModes = new Map(rules.map(({ id, failureMode }) => [id, failureMode]));
  yield line(COLUMNS);
  for await (const stored of records()) {
    const { event, time, actor } = stored.record;
    const at = Date.parse(time);
    if ((event.kind !== 'acknowledged' && event.kind !== 'broke-glass') || at < window.from || at > window.to) continue;
    const state = stateOf(stored, fate, window.to);
    const kept = state === 'rolled back' ? undefined : readDecided(stateFolder, stored.id);
    const keptFindings = kept?.hold.edits.flatMap(({ assessment }) => assessment.findings) ?? [];
    const modeOf = ({ fingerprint, rule }: RecordedFinding): string =>
      keptFindings.find((finding) => finding.fingerprint === fingerprint)?.failureMode ||
      failureModes.get(rule) ||
      'Not known: the rule is in no pack here.';
    for (const { path, findings } of event.files ?? []) {
      for (const finding of findings) {
        yield line([
          time,
          actor.user,
          event.workspace ?? '',
          path,
          finding.rule,
          finding.severity,
          CLASSES[finding.severity] ?? '',
          finding.confidence,
          finding.consequence.replaceAll('`', ''),
          modeOf(finding).replaceAll('`', ''),
          finding.sensitivity,
          finding.blastRadius,
          event.provenance?.agent?.name ?? '',
          categoryWords(event.reason?.category ?? ''),
          event.reason?.text ?? '',
          event.reason?.ticket ?? '',
          event.expires ?? '',
          state,
          rollbackWords(stored.id, path, state, kept !== undefined),
          event.hold ?? '',
          stored.id,
          finding.fingerprint,
        ]);
      }
    }
  }
}

type Fate = { readonly made: ReadonlySet<string>; readonly rolledBack: ReadonlySet<string> };

async function fateOf(records: AsyncIterable<StoredRecord>): Promise<Fate> {
  const made = new Set<string>();
  const rolledBack = new Set<string>();
  for await (const {
    record: { event },
  } of records) {
    const id = event.acknowledgement?.slice(0, SHORT);
    if (id === undefined) continue;
    const into = event.kind === 'rolled-back' ? rolledBack : event.kind === 'released' || event.kind === 'written' ? made : undefined;
    if (event.verdict === 'not-applied') into?.delete(id);
    else into?.add(id);
  }
  return { made, rolledBack };
}

function stateOf({ id, record: { event } }: StoredRecord, { made, rolledBack }: Fate, now: number): string {
  const short = id.slice(0, SHORT);
  if (rolledBack.has(short)) return 'rolled back';
  if (!made.has(short)) return 'not used';
  return Date.parse(event.expires ?? '') <= now ? 'ran out' : 'in force';
}

function rollbackWords(id: string, path: string, state: string, kept: boolean): string {
  if (state === 'rolled back') return 'Done.';
  if (state === 'not used') return 'Nothing to roll back.';
  if (isCommandPath(path)) return 'Undo what the command did where it did it.';
  return kept ? `countersign rollback ${id.slice(0, 12)}` : 'Restore the file from version control.';
}

function line(fields: readonly string[]): string {
  return `${fields.map(field).join(',')}\r\n`;
}

/** A spreadsheet would run what begins like a formula: such a text gets an apostrophe before it. */
function field(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a tab or line end before a formula is taken off by spreadsheets
  const safe = /^[\s\u0000]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""').replaceAll('\u0000', '')}"`;
}
