import { randomBytes } from 'node:crypto';
import type { Presence } from '../../../gate/types.ts';
import { challengeFor, encodeAssertion, WEBAUTHN_HOST } from '../../../ledger/webauthn-assertion.ts';
import { readVerifyingKey, type VerifyingKey } from '../../../ledger/verifying-key.ts';
import type { Signer } from '../../../ledger/types.ts';
import { ceremony } from './ceremony.ts';
import type { PageContent } from './page.ts';

type Library = typeof import('@simplewebauthn/server');

export type Opener = (url: string) => Promise<boolean>;

/** Registers a security key on a page; its public half, as verifying-key.ts reads it. A sentence where that did not come to be. */
export async function registerSecurityKey(
  user: string,
  known: readonly VerifyingKey[],
  open: Opener,
): Promise<{ readonly ok: true; readonly key: VerifyingKey } | { readonly ok: false; readonly problem: string }> {
  const challenge = randomBytes(32).toString('base64url');
  let key: VerifyingKey | undefined;
  const result = await ceremony({
    open,
    content: {
      title: 'Register a security key',
      consequences: ['This key will prove that you were there when you accept what a held edit opens.'],
      rows: [['For', user]],
      button: 'Register this key',
      wanted: {
        kind: 'register',
        challenge,
        user,
        userId: randomBytes(16).toString('base64url'),
        known: known.flatMap(({ credential }) => credential ?? []),
      },
    },
    check: async (answer, origin) => {
      const { verifyRegistrationResponse } = library();
      // The library checks each of its fields.
      const response: Parameters<Library['verifyRegistrationResponse']>[0]['response'] = JSON.parse(answer);
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: WEBAUTHN_HOST,
        requireUserVerification: false,
      });
      if (!verified || registrationInfo === undefined) return 'The security key’s answer does not hold. Nothing was registered.';
      const { id, publicKey } = registrationInfo.credential;
      key = readVerifyingKey(`webauthn ${id} ${Buffer.from(publicKey).toString('base64url')}`);
      return key === undefined ? 'This security key signs in a way that is not known here (ES256, EdDSA and RS256 are).' : undefined;
    },
  });
  if (!result.ok) return result;
  return key === undefined ? { ok: false, problem: 'Nothing was registered.' } : { ok: true, key };
}

/** Signs on a page that shows `about`. `presence`: what the policy asks to be proved; the person is verified where it asks for that. */
export function securityKeySigner(
  key: VerifyingKey,
  presence: Presence,
  about: Pick<PageContent, 'title' | 'consequences' | 'rows'>,
  open: Opener,
): Signer {
  const verified = presence === 'verified';
  return {
    keyId: key.id,
    role: 'person',
    presence,
    sign: async (message) => {
      const challenge = challengeFor(message);
      let signature: Buffer | undefined;
      const credential = key.credential ?? '';
      const result = await ceremony({
        open,
        content: {
          ...about,
          button: 'Sign with your security key',
          wanted: { kind: 'sign', challenge, credentials: [credential], userVerification: verified ? 'required' : 'discouraged' },
        },
        check: async (answer, origin) => {
          const { verifyAuthenticationResponse } = library();
          // The library checks each of its fields.
          const response: Parameters<Library['verifyAuthenticationResponse']>[0]['response'] = JSON.parse(answer);
          const checked = await verifyAuthenticationResponse({
            response,
            expectedChallenge: challenge,
            expectedOrigin: origin,
            expectedRPID: WEBAUTHN_HOST,
            // Counters only go up within one device; the record names what was signed.
            credential: { id: credential, publicKey: new Uint8Array(Buffer.from(key.text.split(' ')[2] ?? '', 'base64url')), counter: 0 },
            requireUserVerification: verified,
          });
          if (!checked.verified) return 'The security key’s answer does not hold. Nothing was signed.';
          signature = encodeAssertion(response.response);
          // What everybody checks later.
          const proven = key.check(message, signature);
          return proven === undefined || (verified && proven !== 'verified')
            ? 'The security key did not say who touched it. Nothing was signed.'
            : undefined;
        },
      });
      if (!result.ok) throw new Error(result.problem.replace(/\.$/, ''));
      if (signature === undefined) throw new Error('the security key gave no signature');
      return signature;
    },
  };
}

/** Those of the keys that are registered security keys, the newest last. */
export function securityKeys(trusted: ReadonlyMap<string, string>): readonly VerifyingKey[] {
  return [...trusted.values()].flatMap((text) => {
    const key = readVerifyingKey(text);
    return key?.kind === 'webauthn' ? [key] : [];
  });
}

/** Large, and needed by few: loaded when somebody uses a security key. */
function library(): Library {
  const loaded: Library = require('@simplewebauthn/server');
  return loaded;
}
