/**
 * A person's key in a file: Ed25519, PKCS #8, encrypted. The passphrase goes through scrypt first, whose salt stands in the
 * line before the PEM: what PKCS #8 does by itself is too quick to guess at.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, scryptSync, sign } from 'node:crypto';
import type { Signer } from './types.ts';
import { readVerifyingKey } from './verifying-key.ts';

/** Characters. */
export const SHORTEST_PASSPHRASE = 12;

const FIRST_LINE = /^countersign-key\/1 scrypt (\d{4,7}) ([A-Za-z0-9_-]{22})\n/;
const WORK = 2 ** 16;

export type NewKey = { readonly file: string; readonly publicKey: string; readonly keyId: string };

/** A key whose private half is useless without the passphrase. */
export function newPassphraseKey(passphrase: string): NewKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const salt = randomBytes(16);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: stretched(passphrase, salt, WORK) });
  const text = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    file: `countersign-key/1 scrypt ${WORK} ${salt.toString('base64url')}\n${pem.toString()}`,
    publicKey: text,
    keyId: readVerifyingKey(text)?.id ?? '',
  };
}

export function isPassphraseKey(file: string): boolean {
  return FIRST_LINE.test(file);
}

/** A sentence where the passphrase is not the one, or the file no such key. */
export function openPassphraseKey(file: string, passphrase: string): { readonly signer: Signer; readonly publicKey: string } | string {
  const [, work, salt] = FIRST_LINE.exec(file) ?? [];
  if (work === undefined || salt === undefined || Number(work) > 2 ** 20) return 'This file is no key that Countersign made.';
  try {
    const privateKey = createPrivateKey({
      key: file.slice(file.indexOf('\n') + 1),
      passphrase: stretched(passphrase, Buffer.from(salt, 'base64url'), Number(work)),
    });
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    const keyId = readVerifyingKey(publicKey)?.id;
    if (keyId === undefined) return 'This file holds a key of another kind than Ed25519.';
    return { publicKey, signer: { keyId, role: 'person', sign: async (bytes) => sign(null, bytes, privateKey) } };
  } catch {
    return 'That is not the passphrase of this key.';
  }
}

function stretched(passphrase: string, salt: Uint8Array, work: number): string {
  return scryptSync(passphrase.normalize('NFKC'), salt, 32, { N: work, r: 8, p: 1, maxmem: 256 * work * 8 }).toString('base64');
}
