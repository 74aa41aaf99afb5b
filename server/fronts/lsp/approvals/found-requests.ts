import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { approvalName, readApproval, readRequest, type ReadRequest, REQUESTS_FOLDER } from '../../../gate/approval-files.ts';
import { askedApproval } from '../../../gate/asked-approval.ts';
import { readHold } from '../../../gate/holds.ts';
import { rootAbove } from '../../../gate/repository-acks.ts';
import { readWhole } from '../../../gate/small-file.ts';
import { roomFolder } from '../../../gate/state-folder.ts';
import type { GateContext } from '../../../gate/types.ts';
import { areDifferentPeople } from '../../../ledger/key-ring.ts';
import { knownKeys } from '../../../ledger/keys.ts';
import { verifyEnvelope } from '../../../ledger/verify.ts';

/** Somebody's request that waits for an answer. */
export type FoundRequest = {
  /** `request:` and the id of its record. */
  readonly id: string;
  /** Absolute path of `H-….request.json`: the answer is written beside it. */
  readonly file: string;
  readonly read: ReadRequest;
  /** Made on this account, or signed by another key of the same person. */
  readonly own: boolean;
  /** Of one's own: a sentence about an approval that arrived and does not count. */
  readonly refused?: string | undefined;
};

export const REQUEST = 'request:';

/** A folder holds this many requests at most: what else lies there is not read. */
const MOST = 200;
const FILE = /^H-[0-9A-Z]{8}\.request\.json$/;

/**
 * What waits in the folders where requests of this workspace travel, and in this account's own, oldest first. Files that are no
 * requests, or were altered, are passed over: nobody can approve them. `keyId`: the person's own key, where it is known.
 */
export function requestsOf(workspace: string, gate: GateContext, keyId: string | undefined): readonly FoundRequest[] {
  const own = ownRequests(gate);
  const ring = knownKeys(roomFolder(gate.stateFolder, 'keys'));
  const mine = keyId === undefined ? undefined : ring.get(keyId);
  const travelling = placesOf(workspace, gate).flatMap((place) => requestsIn(place));
  const all = [...travelling, ...own.values()];
  // The same request may lie in several places, and its answer beside any of them.
  const answered = new Set(all.filter(({ file, read }) => isAnswered(file, read.stored.id, gate)).map(({ read }) => read.stored.id));
  const found = new Map<string, FoundRequest>();
  for (const { file, read } of all) {
    const { id, record } = read.stored;
    const asking = ring.get(read.key.id);
    const isOwn = own.has(id) || (mine !== undefined && asking !== undefined && !areDifferentPeople(mine, asking));
    // Its own file says that it is still wanted: a decided hold, or glass that was looked at, leaves the others behind.
    if (found.has(id) || answered.has(id) || isOver(read, gate) || (own.has(id) && !isOpen(read, gate))) continue;
    if (isOwn && !own.has(id) && record.event.kind !== 'broke-glass') continue;
    const refused = own.has(id) ? askedApproval(gate.stateFolder, record.event.hold ?? '', gate.now())?.refused : undefined;
    found.set(id, { id: `${REQUEST}${id}`, file, read, own: isOwn, refused });
  }
  return [...found.values()].toSorted((a, b) => a.read.stored.record.time.localeCompare(b.read.stored.record.time));
}

/** Where requests travel: the folder that the policy names, else with the repository. */
export function placesOf(workspace: string, { policy }: GateContext): readonly string[] {
  const root = rootAbove(workspace)?.root;
  return [
    ...(policy.approvals.folder === undefined ? [] : [policy.approvals.folder]),
    ...(root === undefined ? [] : [join(root, ...REQUESTS_FOLDER.split('/'))]),
  ];
}

/** The request in this file, if it is one that holds by itself. */
export function requestIn(file: string): ReadRequest | undefined {
  try {
    const read = readRequest(readFileSync(file));
    return read.ok ? read.value : undefined;
  } catch {
    return undefined;
  }
}

type OneFile = { readonly file: string; readonly read: ReadRequest };

function requestsIn(folder: string): readonly OneFile[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => FILE.test(name))
    .slice(0, MOST)
    .flatMap((name) => {
      const file = join(folder, name);
      const read = requestIn(file);
      return read === undefined ? [] : [{ file, read }];
    });
}

/** By the id of the record: those that this account made. */
function ownRequests({ stateFolder }: GateContext): ReadonlyMap<string, OneFile> {
  return new Map(requestsIn(roomFolder(stateFolder, 'requests')).map((one) => [one.read.stored.id, one]));
}

function isOpen({ stored }: ReadRequest, { stateFolder }: GateContext): boolean {
  const { event } = stored.record;
  if (event.kind !== 'broke-glass') return readHold(stateFolder, event.hold ?? '') !== undefined;
  try {
    return readWhole(join(roomFolder(stateFolder, 'glass'), `${stored.id}.json`)) !== undefined;
  } catch {
    return false;
  }
}

function isOver({ stored }: ReadRequest, { now }: GateContext): boolean {
  const { kind, retryUntil } = stored.record.event;
  return kind !== 'broke-glass' && retryUntil !== undefined && !(now().getTime() < Date.parse(retryUntil));
}

/** An approval by a key that is known here lies beside it. One of an unknown key hides nothing. */
function isAnswered(file: string, id: string, { trustedKeys }: GateContext): boolean {
  try {
    const bytes = readWhole(file.replace(/H-[0-9A-Z]{8}\.request\.json$/, (name) => approvalName(name.slice(0, 10))));
    const approval = bytes && readApproval(bytes);
    const verified = approval && verifyEnvelope(approval, trustedKeys);
    if (verified?.ok !== true) return false;
    const { kind, acknowledgement } = verified.stored.record.event;
    return kind === 'approved' && acknowledgement === id;
  } catch {
    return false;
  }
}
