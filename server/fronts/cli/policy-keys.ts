import { loadPolicy } from '../../gate/policy.ts';
import type { PolicyKeys } from '../../ledger/key-ring.ts';
import { ownPlaces } from './own-places.ts';
import type { CliIo } from './io.ts';

/** What the organization's and the user's policy say of keys. A policy that cannot be used says what of it can be. */
export function policyKeys(io: CliIo): PolicyKeys {
  const { state, userPolicy } = ownPlaces(io);
  // The state folder has no policy of its own: what a repository says has no part in this.
  const { policy } = loadPolicy(state, userPolicy);
  return { trusted: new Map(policy.trustedKeys.map(({ id, text }) => [id, text])), revoked: new Set(policy.revokedKeys) };
}
