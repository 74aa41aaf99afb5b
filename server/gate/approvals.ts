import { basename, dirname, join, resolve } from 'node:path';
import { areDifferentPeople } from '../ledger/key-ring.ts';
import { knownKeys } from '../ledger/keys.ts';
import type { Signer, StoredRecord } from '../ledger/types.ts';
import { type ApprovalFile, approvalName, type ReadRequest, REQUESTS_FOLDER } from './approval-files.ts';
import { fingerprintOf } from './named-keys.ts';
import { maybeSamePerson, type Signatory, whyNoApprover } from './approvers.ts';
import { missingText } from './reasons.ts';
import { signingFor } from './ladder.ts';
import { keepInRepository } from './repository-acks.ts';
import { writeWhole } from './small-file.ts';
import { systemWords } from '../ledger/system-words.ts';
import { roomFolder } from './state-folder.ts';
import type { GateContext, Presence } from './types.ts';
import { SEVERITIES } from '../engine/types.ts';

export type Approved =
  /** `file`: what travels back. `note`: what became of it in the repository. */
  | { readonly ok: true; readonly id: string; readonly file: string; readonly note?: string | undefined }
  | { readonly ok: false; readonly problem: string };

/**
 * Approves what somebody else acknowledged: recorded in the approver's own log, signed with the approver's key, and written
 * beside the request. `context`: the approver's.
 */
export async function approve(
  request: ReadRequest,
  requestFile: string,
  reason: string,
  context: GateContext,
  signer: Signer,
): Promise<Approved> {
  const refused = whyNoApproval(request, signer.keyId, context) ?? missingReasonOf(request, reason, context);
  if (refused !== undefined) return { ok: false, problem: refused };
  const { stored } = request;
  const { event } = stored.record;
  const appended = await context.ledger.append(
    {
      kind: 'approved',
      acknowledgement: stored.id,
      policy: context.policy.digest,
      verdict: 'approve',
      reason: { category: 'approval', text: reason.trim() },
      ...(event.hold === undefined ? {} : { hold: event.hold }),
      ...(event.workspace === undefined ? {} : { workspace: event.workspace }),
      ...(event.files === undefined ? {} : { files: event.files }),
      ...(event.repository === undefined ? {} : { repository: event.repository }),
      ...(event.provenance === undefined ? {} : { provenance: event.provenance }),
      ...(event.expires === undefined ? {} : { expires: event.expires }),
    },
    { ...signer, presence: presenceFor(request, context) },
  );
  if (!appended.ok) return { ok: false, problem: appended.problem.message };
  const approval: ApprovalFile = {
    schema: 'countersign.approval/1',
    record: Buffer.from(appended.stored.bytes).toString('base64'),
  };
  const file = join(dirname(resolve(requestFile)), approvalName(event.hold ?? ''));
  try {
    writeWhole(file, `${JSON.stringify(approval, null, 2)}\n`);
  } catch (error) {
    return { ok: false, problem: `It is approved and in your log, but ${file} could not be written: ${systemWords(error)}` };
  }
  const root = rootOf(file);
  const note = root === undefined || event.repository === undefined ? undefined : keepInRepository(root, appended.stored);
  return { ok: true, id: appended.stored.id, file, note };
}

/** What keeps this key from approving this request; a sentence. Also told before anybody types a reason. */
export function whyNoApproval({ stored, key }: ReadRequest, approver: string, context: GateContext): string | undefined {
  const { event } = stored.record;
  const ring = knownKeys(roomFolder(context.stateFolder, 'keys'));
  const [own, asking] = [ring.get(approver), ring.get(key.id)];
  if (key.id === approver) return 'You signed this request yourself. Somebody else must approve it.';
  if (own === undefined || !context.trustedKeys.has(approver)) {
    return 'Your key is not trusted by your own log, or was revoked. Enrol it first: countersign key new, or countersign key trust.';
  }
  if (asking !== undefined && !areDifferentPeople(own, asking)) {
    return 'This request is signed by another key of your own. Somebody else must approve it.';
  }
  if (asking?.until !== undefined || context.policy.revokedKeys.includes(key.id)) {
    return `This request is signed by a key that was revoked (${key.id.slice(0, 12)}…).`;
  }
  const until = event.kind === 'broke-glass' ? undefined : event.retryUntil;
  if (until !== undefined && !(context.now().getTime() < Date.parse(until))) {
    return `This request expired at ${until}. Let it be asked for again.`;
  }
  if (event.expires === undefined || Date.parse(stored.record.time) > context.now().getTime() + CLOCKS) {
    return `This request was signed in the future (${stored.record.time}): a clock is wrong.`;
  }
  return notAnApprover(stored, { keyId: approver, people: [own.person] }, { keyId: key.id, people: [asking?.person] }, context);
}

/**
 * Where who asked would not take this key, as their request says: a sentence with the remedy. It keeps nobody from approving: what
 * is signed counts as soon as they let the key in.
 */
export function notTakenThere({ stored, takes }: ReadRequest, approver: string): string | undefined {
  const { actor } = stored.record;
  if (takes === undefined || takes.includes(approver)) return undefined;
  const asks = `${actor.user} on ${actor.host}`;
  return `Your approval would not count yet: ${asks} does not take your key (${fingerprintOf(approver)}). Give them your public key, to let it in there: countersign key trust FILE --person "Your Name". Where their policy lists approvers, it must name you, too. What you sign before the request expires counts from then on.`;
}

/** As far as it can be told here: where names of what is opened decide, the requester's side does. */
function notAnApprover({ record }: StoredRecord, own: Signatory, asking: Signatory, { policy }: GateContext): string | undefined {
  const { event } = record;
  if (maybeSamePerson(own, asking, policy)) return 'This request is signed by another key of your own. Somebody else must approve it.';
  const asked = (event.files ?? []).flatMap(({ path, findings }) => findings.map(({ severity }) => ({ path, severity })));
  // What asks for nobody needs no approver for it.
  const severe = asked.filter(({ severity }) => SEVERITIES.some((one) => one === severity && policy.verdicts[one] === 'approve'));
  const refused = whyNoApprover(own.keyId, severe, event.workspace ?? '', policy);
  return refused === undefined ? undefined : `Your approval would not count: it ${refused}`;
}

/** Milliseconds by which two clocks may differ. */
const CLOCKS = 300_000;

/** What the approver's own policy asks of a signature at these severities. */
export function presenceFor({ stored }: ReadRequest, { policy }: GateContext): Presence {
  const severities = (stored.record.event.files ?? []).flatMap(({ findings }) => findings.map(({ severity }) => severity));
  const known = SEVERITIES.filter((severity) => severities.includes(severity));
  return signingFor(
    known.map((severity) => ({ severity, verdict: 'approve' as const })),
    policy,
  ).presence;
}

function missingReasonOf({ stored }: ReadRequest, reason: string, { policy }: GateContext): string | undefined {
  const { files, reason: theirs } = stored.record.event;
  const sources = [...(files ?? []).flatMap(({ findings }) => findings.map(({ consequence }) => consequence)), theirs?.text ?? ''];
  const missing = missingText(reason, sources, policy.reason.minimumLength);
  return missing === undefined ? undefined : `Still needed: ${missing}.`;
}

/** The repository that the file travels with, by where it lies. */
function rootOf(
  file: string,
): { readonly root: string; readonly identity: { readonly roots: readonly string[]; readonly prefix: string } } | undefined {
  const folder = dirname(file);
  const root = dirname(dirname(folder));
  const lies = basename(folder) === basename(REQUESTS_FOLDER) && basename(dirname(folder)) === dirname(REQUESTS_FOLDER);
  return lies ? { root, identity: { roots: [], prefix: '' } } : undefined;
}
