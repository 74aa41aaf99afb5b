/**
 * DSSE envelopes (github.com/secure-systems-lab/dsse) around in-toto statements: what one record file holds.
 * Every byte of a file counts: an envelope is accepted only in the one form that `encodeEnvelope` would write.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import { isObject, parseRecord } from './parse-record.ts';
import type { LedgerRecord, StoredRecord } from './types.ts';

export const RECORD_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const PREDICATE_TYPE = 'urn:countersign:record:1';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

export type Envelope = {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly keyId: string;
  readonly signature: Buffer;
};

/** The pre-authentication encoding: the bytes that are signed. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `), payload]);
}

/** DSSE, as canonical JSON: the same envelope has the same bytes. */
export function encodeEnvelope({ payloadType, payload, keyId, signature }: Envelope): Buffer {
  const signatures = [{ keyid: keyId, sig: signature.toString('base64') }];
  return Buffer.from(canonicalJson({ payload: payload.toString('base64'), payloadType, signatures }));
}

/** Undefined for anything but the exact bytes that `encodeEnvelope` writes. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  const envelope = envelopeIn(bytes);
  return envelope !== undefined && encodeEnvelope(envelope).equals(bytes) ? envelope : undefined;
}

function envelopeIn(bytes: Uint8Array): Envelope | undefined {
  const raw = parseJson(bytes);
  if (raw === undefined) return undefined;
  const { payload, payloadType, signatures } = raw;
  const [first] = Array.isArray(signatures) ? (signatures as readonly unknown[]) : [];
  if (typeof payload !== 'string' || typeof payloadType !== 'string' || !isObject(first)) return undefined;
  const { keyid, sig } = first;
  if (typeof keyid !== 'string' || typeof sig !== 'string') return undefined;
  return { payloadType, payload: Buffer.from(payload, 'base64'), keyId: keyid, signature: Buffer.from(sig, 'base64') };
}

/** The in-toto statement about a record: its subjects are the files, or the record before it where it is about none. */
export function encodeStatement(record: LedgerRecord): Buffer {
  const files = (record.event.files ?? []).flatMap(({ path, before, after }) => {
    const digest = after ?? before;
    return digest === undefined ? [] : [{ name: path, digest: { sha256: digest } }];
  });
  const subject = files.length > 0 ? files : [{ name: `record ${record.seq - 1}`, digest: { sha256: record.prev } }];
  return Buffer.from(canonicalJson({ _type: STATEMENT_TYPE, subject, predicateType: PREDICATE_TYPE, predicate: record }));
}

export type Decoded =
  | { readonly ok: true; readonly stored: StoredRecord; readonly envelope: Envelope }
  | { readonly ok: false; readonly problem: string };

/** Reads one record file. Checks its form, not its signature. */
export function decodeRecord(bytes: Uint8Array): Decoded {
  const envelope = decodeEnvelope(bytes);
  if (envelope === undefined) return { ok: false, problem: 'it is not a signed envelope in the form that is written here' };
  if (envelope.payloadType !== RECORD_PAYLOAD_TYPE) return { ok: false, problem: 'it does not hold a record' };
  const record = parseRecord(parseJson(envelope.payload)?.['predicate']);
  if (record === undefined) return { ok: false, problem: 'it does not hold a record of this version' };
  // Also refuses duplicate names, other subjects and anything beside the record: there is one way to write each.
  if (!encodeStatement(record).equals(envelope.payload)) return { ok: false, problem: 'its statement is not in canonical form' };
  return { ok: true, stored: { id: sha256(bytes), record, keyId: envelope.keyId, bytes }, envelope };
}

/** As `decodeRecord`, for bytes whose form was checked before, as a hash tells that chains them to something signed. */
export function decodeVouched(bytes: Uint8Array): Decoded {
  const envelope = envelopeIn(bytes);
  const record = envelope && parseRecord(parseJson(envelope.payload)?.['predicate']);
  if (envelope === undefined || record === undefined) return { ok: false, problem: 'it does not hold a record of this version' };
  return { ok: true, stored: { id: sha256(bytes), record, keyId: envelope.keyId, bytes }, envelope };
}

export function signatureHolds(envelope: Envelope, publicKey: KeyObject): boolean {
  try {
    return verify(null, preAuthEncoding(envelope.payloadType, envelope.payload), publicKey, envelope.signature);
  } catch {
    return false;
  }
}

/** As `signatureHolds`, on the thread pool: for many at once. */
export function signatureHoldsLater(envelope: Envelope, publicKey: KeyObject): Promise<boolean> {
  return new Promise((resolve) => {
    verify(null, preAuthEncoding(envelope.payloadType, envelope.payload), publicKey, envelope.signature, (error, holds) => {
      resolve(error === null && holds);
    });
  });
}

/** Undefined unless the text is an Ed25519 public key in PEM (SPKI). */
export function readPublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    // createPublicKey also takes a private key; such a text must never pass for a public one.
    return key.asymmetricKeyType === 'ed25519' && pem.includes('BEGIN PUBLIC KEY') ? key : undefined;
  } catch {
    return undefined;
  }
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Undefined for what is no JSON object. */
export function parseJson(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
