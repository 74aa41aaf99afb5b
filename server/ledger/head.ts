/**
 * The remembered head: {log, seq, head, checked}, signed, beside the log's folder. It lets an append find the end without
 * listing the folder, and tells when the end was cut off. Written after the record: it may be older than the log, never newer.
 */
import { randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import { decodeEnvelope, encodeEnvelope, type Envelope, parseJson, preAuthEncoding, signatureHolds } from './envelope.ts';
import { type DiskCalls, unlinkQuietly, writeNewFile } from './disk-calls.ts';
import { type LedgerFileSystem, readIfThere } from './file-system.ts';
import { headFile } from './record-file.ts';
import type { RememberedHead, Signer } from './types.ts';

/** `checked`: whoever wrote it had checked that each record up to it is chained to the one before and rightly signed. */
export type CheckedHead = RememberedHead & { readonly checked: boolean };

const HEAD_PAYLOAD_TYPE = 'application/vnd.countersign.head+json';

export type HeadOnDisk =
  | { readonly kind: 'none' }
  /** Half-written (power loss) or no head at all: says nothing about the log. */
  | { readonly kind: 'unreadable' }
  /** In the right form, yet not signed by the log's key: somebody wrote it. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'head'; readonly head: CheckedHead };

/** The head beside a log’s folder. `publicKey`: the log’s own. */
export function readHead(folder: string, publicKey: KeyObject, fs: LedgerFileSystem): HeadOnDisk {
  const bytes = readIfThere(fs, headFile(folder));
  if (bytes === undefined) return { kind: 'none' };
  const decoded = decodeHead(bytes);
  if (decoded === undefined) return { kind: 'unreadable' };
  return signatureHolds(decoded.envelope, publicKey) ? { kind: 'head', head: decoded.head } : { kind: 'forged' };
}

/** A head as it is stored or shipped. Checks its form, not its signature. */
export function decodeHead(bytes: Uint8Array): { readonly head: CheckedHead; readonly envelope: Envelope } | undefined {
  const envelope = decodeEnvelope(bytes);
  if (envelope === undefined || envelope.payloadType !== HEAD_PAYLOAD_TYPE) return undefined;
  const { log, seq, head, checked } = parseJson(envelope.payload) ?? {};
  if (typeof log !== 'string' || typeof seq !== 'number' || typeof head !== 'string') return undefined;
  return { head: { log, seq, head, checked: checked === true }, envelope };
}

/** The bytes to store or ship. */
export async function signHead(head: CheckedHead, signer: Signer): Promise<Buffer> {
  const payload = Buffer.from(canonicalJson(head));
  const signature = Buffer.from(await signer.sign(preAuthEncoding(HEAD_PAYLOAD_TYPE, payload)));
  return encodeEnvelope({ payloadType: HEAD_PAYLOAD_TYPE, payload, keyId: signer.keyId, signature });
}

/** Best effort: the record itself is on disk, and a head that is too old only costs a look at the next few numbers. */
export async function writeHead(folder: string, head: CheckedHead, signer: Signer, disk: DiskCalls): Promise<void> {
  const path = headFile(folder);
  const temporary = `${path}.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    // Through to the disk: after a power loss a half-written head could not tell whether the end was cut off.
    await writeNewFile(disk, temporary, await signHead(head, signer));
    await disk.rename(temporary, path);
  } catch {
    await unlinkQuietly(disk, temporary);
  }
}
