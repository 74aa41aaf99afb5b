/** Signatures as `ssh-keygen -Y sign` makes them: OpenSSH's PROTOCOL.sshsig, and PROTOCOL.u2f for security keys. */
import { createHash, verify } from 'node:crypto';
import { curveSize, readEcdsa, readSshKey, type SshKey, WireReader, wireString } from './ssh-wire.ts';
import type { Presence } from './types.ts';

/** What a signature is for: one that was made for git or for a login counts for nothing here. */
export const SSH_NAMESPACE = 'countersign';

const MAGIC = Buffer.from('SSHSIG');
const ARMOUR = /^-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END SSH SIGNATURE-----\s*$/;
/** In the flags that a security key signs: somebody touched it; it knew who (PIN, finger). */
const TOUCHED = 0x01;
const VERIFIED = 0x04;

/** The bytes within the armour that ssh-keygen writes; undefined for another text. */
export function readArmour(text: string): Buffer | undefined {
  const body = ARMOUR.exec(text)?.[1];
  return body === undefined ? undefined : Buffer.from(body, 'base64');
}

/** As `ssh-keygen -Y sign` writes it. */
export function armoured(signature: Uint8Array): string {
  const lines =
    Buffer.from(signature)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

/**
 * Is this a signature of the key `blob` on `message`, and what does it prove? `none`: that whoever can use the key signed.
 * `touch`, `verified`: as the security key itself says. Undefined: it is none, also where a security key signed without being
 * touched, which `ssh-keygen -Y verify` lets pass.
 */
export function checkSshSignature(blob: Uint8Array, message: Uint8Array, signature: Uint8Array): Presence | undefined {
  const key = readSshKey(blob);
  const read = key && readSignature(signature);
  if (key === undefined || read === undefined || !read.publicKey.equals(blob) || read.namespace !== SSH_NAMESPACE) return undefined;
  const signed = Buffer.concat([
    MAGIC,
    wireString(read.namespace),
    wireString(''),
    wireString(read.hash),
    wireString(createHash(read.hash).update(message).digest()),
  ]);
  return key.application === undefined ? checkPlain(key, signed, read.inner) : checkSecurityKey(key, key.application, signed, read.inner);
}

type Read = { readonly publicKey: Buffer; readonly namespace: string; readonly hash: 'sha256' | 'sha512'; readonly inner: WireReader };

function readSignature(bytes: Uint8Array): Read | undefined {
  const reader = new WireReader(bytes);
  if (reader.take(MAGIC.length)?.equals(MAGIC) !== true || reader.number() !== 1) return undefined;
  const [publicKey, namespace, reserved, hash, inner] = [reader.string(), reader.text(), reader.string(), reader.text(), reader.string()];
  if (publicKey === undefined || namespace === undefined || inner === undefined || reserved?.length !== 0 || !reader.atEnd)
    return undefined;
  return hash === 'sha256' || hash === 'sha512' ? { publicKey, namespace, hash, inner: new WireReader(inner) } : undefined;
}

function checkPlain(key: SshKey, signed: Buffer, inner: WireReader): Presence | undefined {
  const [algorithm, signature] = [inner.text(), inner.string()];
  if (algorithm === undefined || signature === undefined || !inner.atEnd) return undefined;
  return holds(key, algorithm, signed, signature) ? 'none' : undefined;
}

function checkSecurityKey(key: SshKey, application: string, signed: Buffer, inner: WireReader): Presence | undefined {
  const [algorithm, signature, flags, counter] = [inner.text(), inner.string(), inner.take(1), inner.take(4)];
  if (algorithm === undefined || signature === undefined || flags === undefined || counter === undefined || !inner.atEnd) return undefined;
  // Made for something else than SSH, such as a website, which asks people to touch it for its own ends.
  if (!application.startsWith('ssh:')) return undefined;
  const flag = flags[0] ?? 0;
  if ((flag & TOUCHED) === 0) return undefined;
  const digest = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();
  const told = Buffer.concat([digest(application), flags, counter, digest(signed)]);
  if (!holds(key, algorithm, told, signature)) return undefined;
  return (flag & VERIFIED) === 0 ? 'touch' : 'verified';
}

function holds({ type, key }: SshKey, algorithm: string, signed: Buffer, signature: Buffer): boolean {
  try {
    if (type === 'ssh-rsa') {
      const hash = algorithm === 'rsa-sha2-512' ? 'sha512' : algorithm === 'rsa-sha2-256' ? 'sha256' : undefined;
      // The old "ssh-rsa" is SHA-1.
      return hash !== undefined && verify(hash, signed, key, signature);
    }
    if (algorithm !== type) return false;
    const size = curveSize(type);
    if (size === undefined) return verify(null, signed, key, signature);
    const pair = readEcdsa(signature, size);
    const hash = { 32: 'sha256', 48: 'sha384', 66: 'sha512' }[size];
    return pair !== undefined && hash !== undefined && verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, pair);
  } catch {
    return false;
  }
}
