import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import { openLedger } from '../../server/ledger/open.ts';
import type { Actor, Ledger, LedgerEvent, Signer, StoredRecord } from '../../server/ledger/types.ts';

export const ACTOR: Actor = { user: 'ada', host: 'workbench', process: 'test' };

export type State = { readonly state: string; readonly folder: string; readonly keysFolder: string };

/** A state folder of its own, removed after the test. */
export function stateIn(test: TestContext, parent = tmpdir()): State {
  const state = mkdtempSync(join(parent, 'countersign-ledger-'));
  test.after(() => rmSync(state, { recursive: true, force: true }));
  return statePaths(state);
}

export function statePaths(state: string): State {
  return { state, folder: join(state, 'log'), keysFolder: join(state, 'keys') };
}

export async function opened({ folder, keysFolder }: State, now = () => new Date()): Promise<Ledger> {
  const result = await openLedger({ folder, keysFolder, now, actor: ACTOR });
  if (!result.ok) throw new Error(result.problem.message);
  return result.ledger;
}

export async function appended(ledger: Ledger, event: LedgerEvent, signer?: Signer): Promise<StoredRecord> {
  const result = await ledger.append(event, signer);
  if (!result.ok) throw new Error(result.problem.message);
  return result.stored;
}

export async function enrolled(ledger: Ledger, { keysFolder }: State): Promise<Signer> {
  const key = newPersonKey();
  const trusted = await trustKey(ledger, keysFolder, key.publicKeyPem);
  if (!trusted.ok) throw new Error(trusted.problem.message);
  return personSigner(key.privateKeyPem);
}

export function held(number = 1): LedgerEvent {
  return {
    kind: 'held',
    hold: 'H-0000TEST',
    workspace: '/home/ada/infra',
    files: [
      {
        path: `policies/exports-${number}.json`,
        before: 'a'.repeat(64),
        after: 'b'.repeat(64),
        findings: [
          {
            rule: 'aws-iam-public',
            severity: 'critical',
            confidence: 'proved',
            consequence: 'Anyone on the internet can read every object in `prod-customer-exports`.',
            fingerprint: 'c'.repeat(64),
            sensitivity: 'restricted',
            blastRadius: 'public',
          },
        ],
      },
    ],
    provenance: { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code', session: 's-1', tool: 'Edit' } },
    verdict: 'acknowledge',
  };
}

export function acknowledged(text = 'The partner needs the export until Friday.'): LedgerEvent {
  return {
    ...held(),
    kind: 'acknowledged',
    reason: { category: 'temporary', text, ticket: 'SEC-12' },
    expires: '2030-01-01T00:00:00.000Z',
    retryUntil: '2029-12-31T00:00:00.000Z',
    confirmed: 'typed',
  };
}

/** JSON that the test itself just had written: its shape is what the test is about. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the shape
export function parsed<Value>(json: string): Value {
  const value: Value = JSON.parse(json);
  return value;
}
