/** WebAuthn assertions (W3C Web Authentication Level 3, section 7.2), as a record keeps them: so that anybody can check them later. */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import { isObject } from './parse-record.ts';
import type { Presence } from './types.ts';

/** The page is served under this name alone: browsers refuse WebAuthn on 127.0.0.1. */
export const WEBAUTHN_HOST = 'localhost';

const ORIGIN = /^http:\/\/localhost:\d{1,5}$/;
const TOUCHED = 0x01;
const VERIFIED = 0x04;

/** Of an authenticator's answer what is needed to check it, each in base64url. */
export type Assertion = { readonly authenticatorData: string; readonly clientDataJSON: string; readonly signature: string };

/** What is asked of the authenticator to sign: the SHA-256 of what a record's signature is about, in base64url. */
export function challengeFor(message: Uint8Array): string {
  return createHash('sha256').update(message).digest('base64url');
}

/** The assertion as a record's signature. */
export function encodeAssertion({ authenticatorData, clientDataJSON, signature }: Assertion): Buffer {
  return Buffer.from(canonicalJson({ authenticatorData, clientDataJSON, signature }));
}

/** Is this an assertion of the key `cose` on `message`, and what does it prove? Undefined: it is none. */
export function checkAssertion(cose: Uint8Array, message: Uint8Array, signature: Uint8Array): Presence | undefined {
  const read = readCoseKey(cose);
  const assertion = readAssertion(signature);
  if (read === undefined || assertion === undefined) return undefined;
  const { authenticator, client } = assertion;
  const said: unknown = parsed(client);
  if (!isObject(said) || said['type'] !== 'webauthn.get' || said['challenge'] !== challengeFor(message)) return undefined;
  if (typeof said['origin'] !== 'string' || !ORIGIN.test(said['origin']) || said['crossOrigin'] === true) return undefined;
  const site = createHash('sha256').update(WEBAUTHN_HOST).digest();
  if (authenticator.length < 37 || !authenticator.subarray(0, 32).equals(site)) return undefined;
  const flags = authenticator[32] ?? 0;
  if ((flags & TOUCHED) === 0) return undefined;
  const told = Buffer.concat([authenticator, createHash('sha256').update(client).digest()]);
  try {
    if (!verify(read.hash, told, read.key, assertion.signature)) return undefined;
  } catch {
    return undefined;
  }
  return (flags & VERIFIED) === 0 ? 'touch' : 'verified';
}

/** A public key in COSE (RFC 9053): ES256, EdDSA or RS256. Undefined for anything else. */
export function readCoseKey(cose: Uint8Array): { readonly key: KeyObject; readonly hash: string | null } | undefined {
  const map = integerMap(Buffer.from(cose));
  const jwk = map && jwkOf(map);
  if (jwk === undefined) return undefined;
  try {
    return { key: createPublicKey({ key: jwk, format: 'jwk' }), hash: jwk.kty === 'OKP' ? null : 'sha256' };
  } catch {
    return undefined;
  }
}

function jwkOf(map: ReadonlyMap<number, number | Buffer>): JsonWebKey | undefined {
  const bytes = (label: number): string | undefined => {
    const value = map.get(label);
    return typeof value === 'object' ? value.toString('base64url') : undefined;
  };
  const [one, two] = [bytes(-2), bytes(-3)];
  switch (`${String(map.get(1))} ${String(map.get(3))}`) {
    case '2 -7':
      return map.get(-1) === 1 && one !== undefined && two !== undefined ? { kty: 'EC', crv: 'P-256', x: one, y: two } : undefined;
    case '1 -8':
      return map.get(-1) === 6 && one !== undefined ? { kty: 'OKP', crv: 'Ed25519', x: one } : undefined;
    case '3 -257': {
      const n = bytes(-1);
      return n !== undefined && one !== undefined ? { kty: 'RSA', n, e: one } : undefined;
    }
    default:
      return undefined;
  }
}

/** CBOR (RFC 8949) as far as such keys need it: one map of integers to integers or byte strings, and nothing after it. */
function integerMap(bytes: Buffer): ReadonlyMap<number, number | Buffer> | undefined {
  let at = 0;
  const head = (): { major: number; value: number } | undefined => {
    const first = bytes[at++];
    if (first === undefined) return undefined;
    const [major, low] = [first >> 5, first & 31];
    if (low < 24) return { major, value: low };
    const size = { 24: 1, 25: 2 }[low];
    if (size === undefined || at + size > bytes.length) return undefined;
    at += size;
    return { major, value: bytes.readUIntBE(at - size, size) };
  };
  const item = (): number | Buffer | undefined => {
    const read = head();
    if (read?.major === 0) return read.value;
    if (read?.major === 1) return -1 - read.value;
    if (read?.major !== 2 || at + read.value > bytes.length) return undefined;
    at += read.value;
    return bytes.subarray(at - read.value, at);
  };
  const outer = head();
  if (outer?.major !== 5) return undefined;
  const map = new Map<number, number | Buffer>();
  for (let index = 0; index < outer.value; index++) {
    const [label, value] = [item(), item()];
    if (typeof label !== 'number' || value === undefined || map.has(label)) return undefined;
    map.set(label, value);
  }
  return at === bytes.length ? map : undefined;
}

function readAssertion(
  bytes: Uint8Array,
): { readonly authenticator: Buffer; readonly client: Buffer; readonly signature: Buffer } | undefined {
  const value = parsed(Buffer.from(bytes));
  if (!isObject(value)) return undefined;
  const { authenticatorData, clientDataJSON, signature } = value;
  if (typeof authenticatorData !== 'string' || typeof clientDataJSON !== 'string' || typeof signature !== 'string') return undefined;
  // In the one form that is written here: a signature has no room for anything else.
  if (!encodeAssertion({ authenticatorData, clientDataJSON, signature }).equals(bytes)) return undefined;
  const [authenticator, client] = [Buffer.from(authenticatorData, 'base64url'), Buffer.from(clientDataJSON, 'base64url')];
  return { authenticator, client, signature: Buffer.from(signature, 'base64url') };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
