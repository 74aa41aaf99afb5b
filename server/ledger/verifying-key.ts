/**
 * The public half of any key that may sign records, as one line or PEM of text:
 * an Ed25519 key (PEM, SPKI), an SSH key ("ssh-ed25519 AAAA…", as in a .pub file), or a WebAuthn credential
 * ("webauthn CREDENTIAL COSE-KEY", both in base64url).
 */
import { createHash, type KeyObject, verify } from 'node:crypto';
import { type Envelope, preAuthEncoding, readPublicKey, signatureHolds, signatureHoldsLater } from './envelope.ts';
import type { Presence } from './types.ts';

export type VerifyingKey = {
  /** Lower-case hex SHA-256: of the SPKI DER, of the SSH key's binary form (OpenSSH shows the same in base64), or of the COSE key. */
  readonly id: string;
  readonly kind: 'ed25519' | 'ssh' | 'webauthn';
  /** In the one form that is kept: without a comment. */
  readonly text: string;
  /** Of an Ed25519 key. */
  readonly publicKey?: KeyObject | undefined;
  /** For WebAuthn: which credential to ask for, in base64url. */
  readonly credential?: string | undefined;
  /** The most that a signature of this key can prove. */
  readonly proves: Presence;
  /** What this signature proves; undefined where it is none of this key on `message`. */
  readonly check: (message: Uint8Array, signature: Uint8Array) => Presence | undefined;
};

/** Undefined for anything that is not such a key. */
export function readVerifyingKey(text: string): VerifyingKey | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('-----BEGIN PUBLIC KEY-----')) return ed25519(trimmed);
  if (trimmed.includes('\n')) return undefined;
  return trimmed.startsWith('webauthn ') ? webauthn(trimmed) : ssh(trimmed);
}

/** What an envelope's signature proves; undefined where it is none of this key. */
export function provenBy(envelope: Envelope, key: VerifyingKey): Presence | undefined {
  if (key.publicKey !== undefined) return signatureHolds(envelope, key.publicKey) ? 'none' : undefined;
  return key.check(preAuthEncoding(envelope.payloadType, envelope.payload), envelope.signature);
}

/** Whether it is one at all; on the thread pool where that is worth it. */
export async function provenByLater(envelope: Envelope, key: VerifyingKey): Promise<boolean> {
  return key.publicKey === undefined ? provenBy(envelope, key) !== undefined : await signatureHoldsLater(envelope, key.publicKey);
}

function ed25519(pem: string): VerifyingKey | undefined {
  const publicKey = readPublicKey(pem);
  if (publicKey === undefined) return undefined;
  return {
    id: digestOf(publicKey.export({ type: 'spki', format: 'der' })),
    kind: 'ed25519',
    text: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    publicKey,
    proves: 'none',
    check: (message, signature) => (signature.byteLength === 64 && verify(null, message, publicKey, signature) ? 'none' : undefined),
  };
}

function ssh(line: string): VerifyingKey | undefined {
  const [type, body] = line.split(/\s+/, 2);
  if (type === undefined || body === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return undefined;
  const blob = Buffer.from(body, 'base64');
  // What most keys never need is loaded when one does.
  const { readSshKey }: typeof import('./ssh-wire.ts') = require('./ssh-wire.ts');
  const { checkSshSignature }: typeof import('./ssh-signature.ts') = require('./ssh-signature.ts');
  const key = readSshKey(blob);
  if (key === undefined || key.type !== type) return undefined;
  if (key.application !== undefined && !key.application.startsWith('ssh:')) return undefined;
  return {
    id: digestOf(blob),
    kind: 'ssh',
    text: `${type} ${blob.toString('base64')}`,
    proves: key.application === undefined ? 'none' : 'verified',
    check: (message, signature) => checkSshSignature(blob, message, signature),
  };
}

function webauthn(line: string): VerifyingKey | undefined {
  const [, credential, body] = /^webauthn ([\w-]{1,2000}) ([\w-]{20,2000})$/.exec(line) ?? [];
  if (credential === undefined || body === undefined) return undefined;
  const cose = Buffer.from(body, 'base64url');
  const { checkAssertion, readCoseKey }: typeof import('./webauthn-assertion.ts') = require('./webauthn-assertion.ts');
  if (readCoseKey(cose) === undefined) return undefined;
  return {
    id: digestOf(cose),
    kind: 'webauthn',
    text: `webauthn ${credential} ${cose.toString('base64url')}`,
    credential,
    proves: 'verified',
    check: (message, signature) => checkAssertion(cose, message, signature),
  };
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
