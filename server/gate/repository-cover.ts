import { decodeRecord, sha256 } from '../ledger/envelope.ts';
import type { LedgerRecord, RecordedFile } from '../ledger/types.ts';
import { verifyEnvelope } from '../ledger/verify.ts';
import { ackIdOf } from './ack-file.ts';
import { type DigestKey, openedShared } from './digest-key.ts';
import { expiryFor, worstSeverity } from './ladder.ts';
import { missingTicket } from './reasons.ts';
import { pathInRepository } from './repository-acks.ts';
import type { Policy, Presence } from './types.ts';

/** Which repository a change belongs to. */
export type RepositoryIdentity = {
  /** Every commit without a parent that either side goes back to. */
  readonly roots: readonly string[];
  /** The one that the base goes back to by first parents; '' before the first commit. */
  readonly primary: string;
};

/** What an acknowledgement is checked against: all of it from the base side. */
export type AckSetting = {
  /** Key id → public key, as verifying-key.ts reads it. */
  readonly keys: ReadonlyMap<string, string>;
  /** Key id → whose it is; a key that is not in here is its own owner. */
  readonly owners?: ReadonlyMap<string, string> | undefined;
  readonly revoked: ReadonlySet<string>;
  readonly identity: RepositoryIdentity;
  readonly policy: Policy;
  readonly now: Date;
  /** What opens the digests that were sealed for whoever has these first commits. */
  readonly digestKey?: ((roots: readonly string[]) => DigestKey | undefined) | undefined;
};

/** What one acknowledgement accepts in one file. */
export type Accepted = {
  /** As the record names the file: below its workspace. */
  readonly path: string;
  readonly fingerprints: ReadonlySet<string>;
  /** The edits themselves: SHA-256 of the texts before and after, and what was found in each. */
  readonly steps: readonly RecordedFile[];
};

export type RepositoryAck = {
  /** ".countersign/acks/….json" */
  readonly file: string;
  /** By path below the repository's root. */
  readonly files: ReadonlyMap<string, Accepted>;
  readonly record: LedgerRecord;
  readonly keyId: string;
  /** Whose key signed it. */
  readonly owner: string;
  /** What the signature proves. */
  readonly presence: Presence;
  /** Why it does not count, the end of a sentence that begins with its name. Absent: it counts. */
  readonly refused?: string | undefined;
};

/** Milliseconds by which two clocks may differ. */
const CLOCKS = 300_000;

/** Reads one acknowledgement of a repository and checks it, all but whether it was used. Never throws. */
export function readRepositoryAck(
  file: string,
  bytes: Uint8Array,
  setting: AckSetting,
): RepositoryAck | { readonly file: string; readonly refused: string } {
  if (sha256(bytes) !== ackIdOf(file)) return { file, refused: 'was altered: its name is not the SHA-256 of what is in it.' };
  const decoded = decodeRecord(bytes);
  if (!decoded.ok) return { file, refused: `is no acknowledgement: ${decoded.problem}.` };
  const { record, keyId } = decoded.stored;
  const prefix = record.event.repository?.prefix ?? '';
  const files = new Map<string, Accepted>();
  for (const sealed of record.event.files ?? []) {
    const step = sealed.keyed === undefined ? sealed : openedShared(sealed, setting.digestKey?.(record.event.repository?.roots ?? []));
    const { path, findings } = step;
    const whole = pathInRepository(prefix, path);
    if (whole === undefined) continue;
    const known = files.get(whole);
    const fingerprints = new Set([...(known?.fingerprints ?? []), ...findings.map(({ fingerprint }) => fingerprint)]);
    files.set(whole, { path, fingerprints, steps: [...(known?.steps ?? []), step] });
  }
  const verified = verifyEnvelope(bytes, setting.keys);
  return {
    file,
    files,
    record,
    keyId,
    owner: setting.owners?.get(keyId) ?? keyId,
    presence: verified.ok ? verified.presence : 'none',
    refused: whyNot(verified.ok, record, keyId, setting),
  };
}

/** What a person signed about somebody's edit: an acknowledgement, or an approval of one. */
const SIGNED_KINDS: ReadonlySet<string> = new Set(['acknowledged', 'approved']);

function whyNot(holds: boolean, { event, time }: LedgerRecord, keyId: string, setting: AckSetting): string | undefined {
  const { keys, revoked, policy, now } = setting;
  if (!SIGNED_KINDS.has(event.kind)) return `is a record of another kind (${event.kind}), not an acknowledgement.`;
  if (revoked.has(keyId) || policy.revokedKeys.includes(keyId)) return `is signed by a key that was revoked (${keyId.slice(0, 12)}…).`;
  if (!holds) {
    return keys.has(keyId)
      ? `was altered: its signature is not one of key ${keyId.slice(0, 12)}….`
      : `is signed by a key that is not trusted on the base side (${keyId.slice(0, 12)}…).`;
  }
  const foreign = foreignTo(event.repository?.roots, setting.identity);
  if (foreign !== undefined) return foreign;
  const [given, ends] = [Date.parse(time), Date.parse(event.expires ?? '')];
  if (!(ends > now.getTime())) return `expired on ${(event.expires ?? 'no day').slice(0, 10)}.`;
  if (given > now.getTime() + CLOCKS) return `was given in the future (${time}): a clock is wrong.`;
  const worst = worstSeverity((event.files ?? []).flatMap(({ findings }) => findings.map(({ severity }) => severity)));
  const { longestHours } = expiryFor(policy, worst);
  // The clock was read twice when it was signed.
  if ((ends - given) / 3_600_000 > longestHours + 0.01) return `is for longer than the policy allows (${longestHours} hours).`;
  const { minimumLength } = policy.reason;
  if (Array.from(event.reason?.text ?? '').length < minimumLength)
    return `has a reason shorter than the policy asks for (${minimumLength} characters).`;
  // Who approves has no ticket to give: the acknowledgement has it.
  if (event.kind === 'approved') return undefined;
  const ticket = missingTicket(event.reason?.ticket ?? '', policy)[0];
  return ticket === undefined ? undefined : `lacks what the policy asks for: ${ticket.what}.`;
}

function foreignTo(roots: readonly string[] | undefined, { roots: own, primary }: RepositoryIdentity): string | undefined {
  if (roots === undefined) return 'does not say which repository it is about. Acknowledge the change again.';
  if (primary === '') return roots.length === 0 ? undefined : 'was given in another repository.';
  return roots.includes(primary) && roots.every((root) => own.includes(root)) ? undefined : 'was given in another repository.';
}
