import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Actor, Appended, Ledger, StoredRecord } from '../ledger/types.ts';
import { lostLog } from './lost-log.ts';
import { loadPolicy } from './policy.ts';
import { systemWords } from '../ledger/system-words.ts';
import { ensureRoom, realFolder, roomFolder, userPolicyFile } from './state-folder.ts';
import type { GateContext, Policy } from './types.ts';

/**
 * Puts a gate together. Touches nothing but the policy files, and what it remembers of the organization's: log and keys are opened when first needed, so that a hook
 * with nothing to record pays for neither. A policy that cannot be used does not fail here: see `closedBecause`.
 * `userPolicy`: the user's policy file, where it is not the platform's usual one.
 */
export async function openGate(options: {
  readonly workspace: string;
  readonly stateFolder: string;
  readonly now: () => Date;
  readonly actor: Actor;
  readonly outOfTime: () => boolean;
  readonly userPolicy?: string | undefined;
  /** What was read of the policy a moment ago. */
  readonly policy?: Policy | undefined;
  /** The log waits for the disk aside, so that timers run meanwhile. */
  readonly aside?: boolean | undefined;
}): Promise<{ ok: true; gate: GateContext } | { ok: false; problem: string }> {
  const { workspace, now, actor, outOfTime } = options;
  if (!isAbsolute(options.stateFolder)) {
    return {
      ok: false,
      problem: `The state folder “${options.stateFolder}” is not an absolute path. Set COUNTERSIGN_STATE to one, or unset it.`,
    };
  }
  const stateFolder = realFolder(options.stateFolder);
  const loaded =
    options.policy === undefined
      ? loadPolicy(workspace, options.userPolicy ?? userPolicyFile(process.env, process.platform, homedir()), { stateFolder })
      : { ok: true as const, policy: options.policy };
  if (loaded.ok) remember(loaded.policy, stateFolder, now());
  const keysFolder = roomFolder(stateFolder, 'keys');
  // Needed only where acknowledgements are looked at.
  const keys = () => {
    const { trustedKeys }: typeof import('../ledger/keys.ts') = require('../ledger/keys.ts');
    const { revokedKeys } = loaded.policy;
    return new Map([...trustedKeys(keysFolder)].filter(([id]) => !revokedKeys.includes(id)));
  };
  return {
    ok: true,
    gate: {
      stateFolder,
      policy: loaded.policy,
      ...(loaded.ok ? {} : { closedBecause: `${loaded.problem} Until then, agents' edits of watched files are refused.` }),
      ledger: lazyLedger({ stateFolder, keysFolder, now, actor, aside: options.aside }),
      now,
      outOfTime,
      // Read anew each time: a key may be enrolled while this gate is open.
      get trustedKeys() {
        return keys();
      },
    },
  };
}

/** That there is an organization's policy: the next time, its absence is noticed. */
function remember(policy: Policy, stateFolder: string, now: Date): void {
  if (!policy.layers.some(({ of, text }) => of === 'organization' && text !== undefined)) return;
  const { rememberOrganization }: typeof import('./policy-memory.ts') = require('./policy-memory.ts');
  rememberOrganization(policy, stateFolder, now);
}

function lazyLedger(options: {
  stateFolder: string;
  keysFolder: string;
  now: () => Date;
  actor: Actor;
  aside: boolean | undefined;
}): Ledger {
  const { stateFolder, keysFolder, now, actor, aside } = options;
  const folder = roomFolder(stateFolder, 'log');
  let opened: Promise<Ledger> | undefined;
  const open = async (): Promise<Ledger> => {
    const { openLedger } = await import('../ledger/open.ts');
    const { ASIDE } = await import('../ledger/disk-calls.ts');
    const lost = lostLog(stateFolder, now());
    if (lost !== undefined) throw new LedgerClosed('broken', lost);
    ensureRoom(stateFolder, 'log');
    ensureRoom(stateFolder, 'keys');
    const result = await openLedger({ folder, keysFolder, now, actor, ...(aside === true ? { disk: ASIDE } : {}) });
    if (!result.ok) throw new LedgerClosed(result.problem.kind, result.problem.message);
    return result.ledger;
  };
  const ledger = () => {
    opened ??= open();
    // A disk that was full may have room the next time.
    opened.catch(() => (opened = undefined));
    return opened;
  };
  return {
    folder,
    append: async (event, signer): Promise<Appended> => {
      try {
        return await (await ledger()).append(event, signer);
      } catch (error) {
        const kind = error instanceof LedgerClosed ? error.kind : 'io';
        return { ok: false, problem: { kind, message: systemWords(error) } };
      }
    },
    read: async function* (fromSeq): AsyncIterable<StoredRecord> {
      yield* (await ledger()).read(fromSeq);
    },
  };
}

class LedgerClosed extends Error {
  readonly kind: Extract<Appended, { ok: false }>['problem']['kind'];
  constructor(kind: LedgerClosed['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
