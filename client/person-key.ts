import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { SecretStorage } from 'vscode';
import type { EnrolParams, EnrolResult, KeyResult, SignParams, SignResult } from '../server/protocol.ts';

const SECRET = 'countersign.personKey';

/**
 * The person's key. Its private half lives in the editor's secret storage and leaves this file only as signatures, and a
 * signature is given only while a decision from the panel, with the one-time number of the opened review, is under way.
 */
export class PersonKey {
  readonly #secrets: SecretStorage;
  readonly #expected = new Set<string>();
  #keyId: string | undefined;

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  /** Tells the server the public half; makes the pair on first use. Idempotent. */
  async enrol(send: (params: EnrolParams) => Promise<EnrolResult>): Promise<EnrolResult> {
    const publicKey = createPublicKey(await this.#privateKey())
      .export({ type: 'spki', format: 'pem' })
      .toString();
    const result = await send({ publicKey });
    if (result.ok) this.#keyId = result.keyId;
    return result;
  }

  /** As `enrol`, where there is a key; reading alone makes none. */
  async enrolIfThere(send: (params: EnrolParams) => Promise<EnrolResult>): Promise<void> {
    const stored = await this.#secrets.get(SECRET);
    if (stored !== undefined && isEd25519(stored)) await this.enrol(send);
  }

  /**
   * Puts a new pair in the place of the one there is. `take` hears the public half first, and says whether it counts; else the
   * old one stays.
   */
  async renew(take: (publicKey: string) => Promise<KeyResult>): Promise<KeyResult> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const result = await take(publicKey.export({ type: 'spki', format: 'pem' }).toString());
    if (!result.ok) return result;
    await this.#secrets.store(SECRET, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    this.#keyId = result.keyId;
    return result;
  }

  /** Signs at most once for `nonce`, and only until `decide` has its answer. */
  async during<T>(nonce: string, decide: () => Promise<T>): Promise<T> {
    this.#expected.add(nonce);
    try {
      return await decide();
    } finally {
      this.#expected.delete(nonce);
    }
  }

  /** The answer to SIGN. */
  async answer({ nonce, bytes }: SignParams): Promise<SignResult> {
    if (!this.#expected.delete(nonce)) throw new Error('No decision with this number is under way in the review, so nothing was signed.');
    const privateKey = await this.#privateKey();
    const signature = sign(null, Buffer.from(bytes, 'base64'), privateKey).toString('base64');
    return { keyId: this.#keyId ?? fingerprint(privateKey), signature };
  }

  async #privateKey(): Promise<string> {
    const stored = await this.#secrets.get(SECRET);
    if (stored !== undefined && isEd25519(stored)) return stored;
    const { privateKey } = generateKeyPairSync('ed25519');
    await this.#secrets.store(SECRET, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    // Another window may have stored its own in the same moment: what is stored is the key.
    const now = await this.#secrets.get(SECRET);
    if (now === undefined) throw new Error('The editor keeps no secrets here, so there is no key to sign with');
    return now;
  }
}

function isEd25519(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}

/** SHA-256 of the public key's DER, lower-case hex. */
function fingerprint(privateKey: string): string {
  return createHash('sha256')
    .update(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
