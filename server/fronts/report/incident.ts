import type { Reach } from '../../engine/types.ts';
import { digestKeyOf, plainEvent } from '../../gate/digest-key.ts';
import { readDecided } from '../../gate/decided.ts';
import { readHold } from '../../gate/holds.ts';
import type { StoredRecord } from '../../ledger/types.ts';
import { hasCommand } from '../command-words.ts';
import { findingsOf } from '../hold-words.ts';
import { type CommitAnswer, commitOf } from './incident-commit.ts';
import type { Incident } from './incident-model.ts';
import { stepsOf } from './incident-steps.ts';
import { findingsIn } from './suggestion.ts';

export type IncidentResult = { readonly ok: true; readonly incident: Incident } | { readonly ok: false; readonly problem: string };

export type IncidentOptions = {
  readonly stateFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly now: Date;
};

/** Characters of a record's id that are enough to name it. */
const SHORTEST = 6;

/**
 * The timeline of one suggestion. `wanted`: a hold ("H-…"), a record's number, or the beginning of a record's id.
 * Goes through the log once to find it, and once more for what belongs to it. Asks git for the commit where the workspace is still there.
 */
export async function incidentOf(
  wanted: string,
  records: () => AsyncIterable<StoredRecord>,
  options: IncidentOptions,
): Promise<IncidentResult> {
  const name = wanted.trim();
  const found = await find(name, records());
  if (!found.ok) return found;
  const key = digestKeyOf(options.stateFolder);
  const chain = (await chainOf(found.stored, records())).map((one) => ({
    ...one,
    record: { ...one.record, event: plainEvent(one.record.event, key) },
  }));
  const [first] = chain;
  if (first === undefined) return { ok: false, problem: unknown(name) };
  const main = chain.find(({ record }) => findingsIn(record.event).length > 0) ?? first;
  const { event } = main.record;
  const worst = findingsIn(event)[0];
  const accepted = chain.findLast(({ record }) => record.event.kind === 'acknowledged' || record.event.kind === 'broke-glass');
  const kept = keptOf(options.stateFolder, accepted?.id, event.hold);
  const path = event.files?.[0]?.path ?? '';
  const commit = committed(chain, options);
  return {
    ok: true,
    incident: {
      schema: 'countersign.incident/1',
      hold: event.hold ?? '',
      name: kept?.name ?? nameIn(worst?.consequence) ?? path,
      sentence: worst?.consequence ?? event.cause ?? '',
      severity: worst?.severity ?? 'high',
      path,
      workspace: event.workspace ?? '',
      canRollBack: rollable(chain, options.stateFolder),
      reach: kept?.reach,
      steps: stepsOf(chain, commit, options.now),
    },
  };
}

type Found = { readonly ok: true; readonly stored: StoredRecord } | { readonly ok: false; readonly problem: string };

async function find(wanted: string, records: AsyncIterable<StoredRecord>): Promise<Found> {
  const hold = /^h-[0-9a-z]{4,}$/i.test(wanted) ? wanted.toUpperCase() : undefined;
  const seq = /^#?(\d{1,15})$/.exec(wanted)?.[1];
  const prefix = /^[0-9a-f]+$/i.test(wanted) && wanted.length >= SHORTEST ? wanted.toLowerCase() : undefined;
  if (hold === undefined && seq === undefined && prefix === undefined) {
    return {
      ok: false,
      problem: `“${wanted}” names no record. Give a hold such as H-7K2M9QXA, a record's number, or the first characters of its id.`,
    };
  }
  const matches: StoredRecord[] = [];
  for await (const stored of records) {
    if (hold !== undefined ? stored.record.event.hold === hold : prefix !== undefined && stored.id.startsWith(prefix)) {
      // The last record of a hold: a suggestion that came again is told from its last time.
      if (hold !== undefined) matches[0] = stored;
      else if (matches.push(stored) > 1)
        return { ok: false, problem: `More than one record begins with ${wanted}. Give more characters of its id.` };
    }
    if (seq !== undefined && stored.record.seq === Number(seq)) return { ok: true, stored };
  }
  const [stored] = matches;
  return stored === undefined ? { ok: false, problem: unknown(wanted) } : { ok: true, stored };
}

/** The records of the one time that it was suggested: from the hold before the wanted record to the next hold of the same edit. */
async function chainOf(wanted: StoredRecord, records: AsyncIterable<StoredRecord>): Promise<readonly StoredRecord[]> {
  const { event } = wanted.record;
  let chain: StoredRecord[] = [];
  let over = false;
  for await (const stored of records) {
    const { seq, log } = stored.record;
    if (log !== wanted.record.log) continue;
    const own = seq === wanted.record.seq;
    if (event.hold === undefined ? !own && !refers(stored, chain, wanted) : !belongs(stored, event.hold, chain)) continue;
    const again = begins(stored) && chain.some((one) => ends(one));
    if (again && chain.some((one) => one.record.seq === wanted.record.seq)) over = true;
    if (over) break;
    if (again) chain = [];
    chain.push(stored);
  }
  return chain;
}

function belongs({ record: { event } }: StoredRecord, hold: string, chain: readonly StoredRecord[]): boolean {
  if (event.hold === hold) return true;
  return event.acknowledgement !== undefined && chain.some(({ id }) => id === event.acknowledgement);
}

/** Without a hold, only what names the record itself, or the same tool call. */
function refers(stored: StoredRecord, chain: readonly StoredRecord[], wanted: StoredRecord): boolean {
  const { acknowledgement, provenance } = stored.record.event;
  if (acknowledgement !== undefined && (acknowledgement === wanted.id || chain.some(({ id }) => id === acknowledgement))) return true;
  if (stored.id === wanted.record.event.acknowledgement) return true;
  const call = wanted.record.event.provenance?.agent?.toolCall;
  return (
    call !== undefined &&
    provenance?.agent?.toolCall === call &&
    provenance.agent.session === wanted.record.event.provenance?.agent?.session
  );
}

function begins({ record: { event } }: StoredRecord): boolean {
  return (event.kind === 'held' && event.cause !== UNDONE) || event.kind === 'forbidden';
}

const UNDONE = 'The discard was undone.';

function ends({ record: { event } }: StoredRecord): boolean {
  return (
    event.kind === 'acknowledged' ||
    event.kind === 'broke-glass' ||
    event.kind === 'discarded' ||
    event.kind === 'reverted' ||
    event.kind === 'forbidden'
  );
}

function committed(chain: readonly StoredRecord[], { env }: IncidentOptions): CommitAnswer | undefined {
  const written = chain.findLast(({ record: { event } }) => event.kind === 'written');
  const accepted = chain.findLast(({ record: { event } }) => event.kind === 'acknowledged' || event.kind === 'broke-glass');
  const made = chain.some(
    ({ record: { event } }) => event.kind === 'written' || (event.kind === 'released' && event.verdict !== 'not-applied'),
  );
  const source = written ?? accepted;
  const { files = [], workspace } = source?.record.event ?? {};
  if (!made || workspace === undefined || hasCommand(files)) return undefined;
  return commitOf(workspace, files, env);
}

function rollable(chain: readonly StoredRecord[], stateFolder: string): string | undefined {
  const accepted = chain.findLast(({ record }) => record.event.kind === 'acknowledged');
  if (accepted === undefined || hasCommand(accepted.record.event.files ?? [])) return undefined;
  const made = chain.some(({ record: { event } }) => event.kind === 'released' && event.verdict !== 'not-applied');
  const decided = readDecided(stateFolder, accepted.id);
  return made && decided?.kind === 'acknowledged' && decided.rolledBack === undefined ? accepted.id : undefined;
}

function keptOf(
  stateFolder: string,
  acknowledgement: string | undefined,
  holdId: string | undefined,
): { readonly name: string; readonly reach: Reach | undefined } | undefined {
  const ids = [acknowledgement, holdId].flatMap((id) => id ?? []);
  const hold =
    ids.flatMap((id) => readDecided(stateFolder, id)?.hold ?? [])[0] ?? (holdId === undefined ? undefined : readHold(stateFolder, holdId));
  const worst = hold && findingsOf(hold)[0];
  return worst === undefined ? undefined : { name: worst.opened.name, reach: worst.reach };
}

/** The last name in a sentence is what is opened. */
function nameIn(sentence: string | undefined): string | undefined {
  return sentence
    ?.match(/`([^`]+)`/g)
    ?.at(-1)
    ?.slice(1, -1);
}

function unknown(wanted: string): string {
  return `No record of this log is ${wanted}. countersign log show lists them.`;
}
