/** What somebody was asked to approve and has not yet: since when, until when, and what came that does not count. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isTable } from '../engine/is-table.ts';
import type { StoredRecord } from '../ledger/types.ts';
import { readRequest, requestName } from './approval-files.ts';
import { isHoldId } from './holds.ts';
import { recordable } from './recorded.ts';
import { readWhole, removeIfThere, writeWhole } from './small-file.ts';
import { roomFolder } from './state-folder.ts';
import type { GateContext } from './types.ts';

export type AskedApproval = {
  readonly hold: string;
  readonly workspace: string;
  /** ISO 8601 */
  readonly since: string;
  /** ISO 8601; absent for broken glass, which may be looked at whenever. */
  readonly until?: string | undefined;
  /** The time to answer is over: it must be acknowledged again. */
  readonly over: boolean;
  /** A sentence: an approval is there and does not count. */
  readonly refused?: string | undefined;
};

/** Holds for which somebody was asked. */
export function askedHolds(stateFolder: string): readonly string[] {
  try {
    return readdirSync(roomFolder(stateFolder, 'requests')).flatMap((name) => {
      const hold = name.replace(/\.request\.json$/, '');
      return hold !== name && isHoldId(hold) ? [hold] : [];
    });
  } catch {
    return [];
  }
}

/** The same by the workspace that each belongs to; '' where that cannot be told. */
export function askedByWorkspace(stateFolder: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const hold of askedHolds(stateFolder)) {
    const workspace = requestFor(stateFolder, hold)?.record.event.workspace ?? '';
    found.set(workspace, [...(found.get(workspace) ?? []), hold]);
  }
  return found;
}

/** What was asked for this hold last; undefined where nobody was, or that cannot be read. */
export function askedApproval(stateFolder: string, hold: string, now: Date): AskedApproval | undefined {
  const stored = requestFor(stateFolder, hold);
  if (stored === undefined) return undefined;
  const { id, record } = stored;
  const { workspace = '', kind, retryUntil } = record.event;
  const until = kind === 'broke-glass' ? undefined : retryUntil;
  const over = until !== undefined && !(now.getTime() < Date.parse(until));
  return { hold, workspace, since: record.time, until, over, refused: refusedFor(stateFolder, hold, id)?.problem };
}

function requestFor(stateFolder: string, hold: string): StoredRecord | undefined {
  try {
    const bytes = readWhole(join(roomFolder(stateFolder, 'requests'), requestName(hold)));
    const read = bytes && readRequest(bytes);
    return read?.ok === true ? read.value.stored : undefined;
  } catch {
    return undefined;
  }
}

/** An approval that does not count is told in the log; whoever may write where they travel must not fill it. */
const MOST_TOLD = 5;

/**
 * Keeps what is wrong with the approval of this request that lies there now, or that none does, and tells the log of each thing
 * once. Keeps nobody from anything where it cannot be kept.
 */
export async function noteRefused(request: StoredRecord, problem: string | undefined, context: GateContext): Promise<void> {
  const { hold = '', workspace } = request.record.event;
  const known = refusedFor(context.stateFolder, hold, request.id);
  if (known?.problem === problem) return;
  const told = known?.told ?? [];
  const isNews = problem !== undefined && !told.includes(problem) && told.length < MOST_TOLD;
  const kept: Refused = {
    schema: 'countersign.refused-approval/1',
    request: request.id,
    ...(problem === undefined ? {} : { problem }),
    told: isNews ? [...told, problem] : told,
  };
  try {
    writeWhole(fileOf(context.stateFolder, hold), JSON.stringify(kept));
  } catch {
    // It is told again at the next look, and the log would be told each time.
    return;
  }
  if (!isNews) return;
  await context.ledger.append({
    kind: 'approval-refused',
    acknowledgement: request.id,
    hold,
    ...(workspace === undefined ? {} : { workspace }),
    policy: context.policy.digest,
    cause: recordable(problem),
  });
}

export function forgetRefused(stateFolder: string, hold: string): void {
  removeIfThere(fileOf(stateFolder, hold));
}

type Refused = {
  readonly schema: 'countersign.refused-approval/1';
  /** The id of the record that asks. */
  readonly request: string;
  /** Of the approval that lies there now. */
  readonly problem?: string;
  /** What the log was told. */
  readonly told: readonly string[];
};

function refusedFor(stateFolder: string, hold: string, request: string): Pick<Refused, 'problem' | 'told'> | undefined {
  try {
    const bytes = readWhole(fileOf(stateFolder, hold));
    const value: unknown = bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
    // What was asked again since is another request.
    if (!isTable(value) || value['request'] !== request) return undefined;
    const { problem, told } = value;
    const sentences = Array.isArray(told) ? told.filter((one) => typeof one === 'string') : [];
    return { ...(typeof problem === 'string' ? { problem } : {}), told: sentences };
  } catch {
    return undefined;
  }
}

function fileOf(stateFolder: string, hold: string): string {
  return join(roomFolder(stateFolder, 'requests'), `${hold}.refused.json`);
}
