import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { acknowledge } from '../../server/gate/decisions.ts';
import { openGate } from '../../server/gate/open.ts';
import { review } from '../../server/gate/review.ts';
import type { Acknowledged, GateContext, Hold, Outcome, Suggestion } from '../../server/gate/types.ts';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import type { LedgerEvent, Signer, StoredRecord } from '../../server/ledger/types.ts';
import { input, temporaryFolder } from './builders.ts';

export const PATH = 'iam/exports-bucket-policy.json';

export const BEFORE = policyText('arn:aws:iam::111122223333:role/app-reader', 's3:GetObject');
/** Opens a bucket to the world: critical. */
export const RISKY = policyText('*', 's3:GetObject');
/** The same access, written otherwise. */
export const REFORMATTED = JSON.stringify(JSON.parse(RISKY));
/** More access than RISKY. */
export const WIDENED = policyText('*', 's3:*');

export type Asked = {
  readonly after?: string;
  readonly before?: string;
  readonly path?: string;
  readonly session?: string;
  readonly toolCall?: string;
  readonly workspace?: string;
};

export type Scene = {
  readonly folder: string;
  readonly state: string;
  readonly workspace: string;
  readonly gate: GateContext;
  readonly signer: Signer;
  readonly clock: { now: Date };
  readonly suggestion: (asked?: Asked) => Suggestion;
  readonly ask: (asked?: Asked) => Promise<Outcome>;
  /** Asks, expects to be held, and acknowledges. */
  readonly approve: (asked?: Asked) => Promise<{ hold: Hold; done: Extract<Acknowledged, { ok: true }> }>;
  readonly records: () => Promise<readonly StoredRecord[]>;
  readonly kinds: () => Promise<readonly LedgerEvent['kind'][]>;
};

/** A workspace, a state folder with a log, and an enrolled person: everything real, nothing of the user's own. */
export async function scene(test: { after: (clean: () => void) => void }): Promise<Scene> {
  const folder = temporaryFolder(test);
  const workspace = join(folder, 'workspace');
  const state = join(folder, 'state');
  mkdirSync(workspace);
  const clock = { now: new Date() };
  const gate = await open(workspace, state, clock);
  const person = newPersonKey();
  const trusted = await trustKey(gate.ledger, join(state, 'keys'), person.publicKeyPem);
  assert.ok(trusted.ok, JSON.stringify(trusted));

  let calls = 0;
  const suggestion = (asked: Asked = {}): Suggestion => {
    const { after = RISKY, before = BEFORE, path = PATH, session = 's-1', toolCall = `toolu_${++calls}` } = asked;
    const agent = { name: 'Claude Code', session, toolCall, tool: 'Edit' };
    return {
      workspace: asked.workspace ?? workspace,
      edits: [{ path, before, after, provenance: { channel: 'hook', certainty: 'attested', agent } }],
    };
  };
  const ask = (asked?: Asked) => review(suggestion(asked), gate);
  const records = async () => {
    const all: StoredRecord[] = [];
    for await (const record of gate.ledger.read()) all.push(record);
    return all;
  };
  const signer = personSigner(person.privateKeyPem);
  return {
    folder,
    state,
    workspace,
    gate,
    signer,
    clock,
    suggestion,
    ask,
    approve: async (asked) => {
      const held = await ask(asked);
      assert.equal(held.verdict, 'acknowledge', JSON.stringify(held));
      assert.ok(held.verdict === 'acknowledge');
      const done = await acknowledge(held.hold.id, input(), gate, signer);
      assert.ok(done.ok, JSON.stringify(done));
      return { hold: held.hold, done };
    },
    records,
    kinds: async () => (await records()).map(({ record }) => record.event.kind),
  };
}

/** Another process's gate on the same state. */
export async function open(workspace: string, state: string, clock: { now: Date } = { now: new Date() }): Promise<GateContext> {
  const opened = await openGate({
    workspace,
    stateFolder: state,
    now: () => clock.now,
    actor: { user: 'u', host: 'h', process: 'test' },
    outOfTime: () => false,
    userPolicy: join(state, 'no-user-policy.yaml'),
  });
  assert.ok(opened.ok);
  return opened.gate;
}

function policyText(principal: string, action: string): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: principal === '*' ? '*' : { AWS: principal },
          Action: action,
          Resource: 'arn:aws:s3:::prod-customer-exports/*',
        },
      ],
    },
    null,
    2,
  );
}
