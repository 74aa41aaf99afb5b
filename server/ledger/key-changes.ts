/** The rest of a key's life: another takes its place, or it counts no more. What it signed before stays valid. */
import { keepKeyRecord, knownKeys } from './keys.ts';
import type { Ledger, LedgerProblem, Signer } from './types.ts';
import { readVerifyingKey } from './verifying-key.ts';

type Changed = { readonly ok: true; readonly keyId: string } | { readonly ok: false; readonly problem: LedgerProblem };

/** The new key takes the place of the one that signs this, as a key of the same person. */
export async function rotateKey(ledger: Ledger, keysFolder: string, newKey: string, old: Signer): Promise<Changed> {
  const key = readVerifyingKey(newKey);
  if (key === undefined) return refused('The new key is not an Ed25519, SSH or WebAuthn public key of a kind that is known.');
  const ring = knownKeys(keysFolder, ledger.folder);
  if (ring.has(key.id)) return refused(`The key ${key.id.slice(0, 12)}… is in the log already. Rotate to a new one.`);
  const person = ring.get(old.keyId)?.person ?? '';
  const appended = await ledger.append(
    { kind: 'key-rotated', key: { id: key.id, role: 'person', publicKey: key.text, ...(person === '' ? {} : { person }) } },
    old,
  );
  if (!appended.ok) return appended;
  const ended = keepKeyRecord(keysFolder, `ended-${old.keyId}`, appended.stored, old.keyId);
  return ended.ok ? keepKeyRecord(keysFolder, `person-${key.id}`, appended.stored, key.id) : ended;
}

/**
 * The key may sign nothing from here on. `since`, ISO 8601: from when on it is said to be in other hands; what it signed
 * after that is named by every check of the log.
 */
export async function revokeKey(
  ledger: Ledger,
  keysFolder: string,
  keyId: string,
  by: { readonly signer: Signer; readonly since?: string | undefined; readonly cause?: string | undefined },
): Promise<Changed> {
  const ring = knownKeys(keysFolder, ledger.folder);
  if (ring.get(by.signer.keyId)?.weak === true) return refused(WEAK);
  const known = ring.get(keyId);
  if (known === undefined || known.role !== 'person') return refused(`There is no person’s key ${keyId.slice(0, 12)}… in this log.`);
  if (known.until !== undefined) return refused(`The key ${keyId.slice(0, 12)}… counts no more since record ${known.until}.`);
  const appended = await ledger.append(
    {
      kind: 'key-revoked',
      revoked: { id: keyId, ...(by.since === undefined ? {} : { compromised: by.since }) },
      ...(by.cause === undefined ? {} : { cause: by.cause }),
    },
    by.signer,
  );
  return appended.ok ? keepKeyRecord(keysFolder, `ended-${keyId}`, appended.stored, keyId) : appended;
}

/** For a key that the account let in by itself after another. */
export const WEAK =
  'This key was let in by the account itself, when another was here already: any program could have done that. Let a key that was here before let it in, with countersign key trust or in the editor.';

function refused(message: string): Changed {
  return { ok: false, problem: { kind: 'signing', message } };
}
