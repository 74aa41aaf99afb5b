/** Keys as a policy names them. */

const PUBLIC = String.raw`(?:sk-)?(?:ssh|ecdsa)-[\w@.-]+ [A-Za-z0-9+/=]+(?: .*)?|webauthn [\w-]+ [\w-]+|-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*`;

/** What a public key looks like: a line of a .pub file, or PEM. Whether it is one is asked after that. */
export const PUBLIC_KEY = new RegExp(`^(?:${PUBLIC})$`);

/** The same, or a key's id, or its fingerprint as OpenSSH shows it. */
export const NAMED_KEY = new RegExp(`^(?:[0-9a-f]{64}|SHA256:[A-Za-z0-9+/]{43}=?|${PUBLIC})$`);

/** The id of the key that is meant; undefined where it is none. */
export function namedKeyId(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  const [, print] = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(text) ?? [];
  return print === undefined ? publicKeyIn(text)?.id : Buffer.from(print, 'base64').toString('hex');
}

/** A public key itself, as verifying-key.ts reads it. */
export function publicKeyIn(text: string): { readonly id: string; readonly text: string } | undefined {
  // Few policies name keys, and reading them loads much.
  const { readVerifyingKey }: typeof import('../ledger/verifying-key.ts') = require('../ledger/verifying-key.ts');
  return readVerifyingKey(text);
}

/** A key's id as OpenSSH shows it. */
export function fingerprintOf(keyId: string): string {
  return `SHA256:${Buffer.from(keyId, 'hex').toString('base64').replace(/=+$/, '')}`;
}
