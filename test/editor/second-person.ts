// Somebody else, with a log and keys of their own: what the suite needs to ask them, and to be asked by them. Bundled when it runs.
//   second-person key STATE                 makes a key, trusts it there, and prints its public half
//   second-person ask STATE WORKSPACE DIR   holds an edit, acknowledges it, and asks for an approval in DIR; prints the hold's id
//   second-person glass STATE WORKSPACE DIR the same, and breaks glass instead
//   second-person approve STATE FILE        approves the request in FILE
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRequest } from '../../server/gate/approval-files.ts';
import { approve } from '../../server/gate/approvals.ts';
import { acknowledge, breakGlass } from '../../server/gate/decisions.ts';
import { openGate } from '../../server/gate/open.ts';
import { review } from '../../server/gate/review.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';

const REASON = 'Partners fetch these exports without AWS accounts; agreed with the data team.';
const statement = (principal: string): string =>
  JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Read',
          Effect: 'Allow',
          Principal: principal === '*' ? '*' : { AWS: principal },
          Action: 's3:GetObject',
          Resource: 'arn:aws:s3:::prod-customer-exports/*',
        },
      ],
    },
    null,
    2,
  );

async function gateOf(state: string, workspace: string, folder?: string): Promise<GateContext> {
  mkdirSync(workspace, { recursive: true });
  const opened = await openGate({
    workspace,
    stateFolder: state,
    now: () => new Date(),
    actor: { user: 'dana', host: 'dana-laptop', process: 'countersign' },
    outOfTime: () => false,
    userPolicy: join(state, 'no-policy.yaml'),
  });
  if (!opened.ok) throw new Error(opened.problem);
  if (folder === undefined) return opened.gate;
  const { gate } = opened;
  const policy = { ...gate.policy, verdicts: { ...gate.policy.verdicts, critical: 'approve' as const }, approvals: { folder, hours: 24 } };
  // Its keys are read anew each time: the getter must stay one.
  return Object.create(gate, { policy: { value: policy, enumerable: true } }) as GateContext;
}

async function keyOf(state: string, gate: GateContext): Promise<{ readonly privateKeyPem: string; readonly publicKeyPem: string }> {
  const file = join(state, 'person.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    const key = newPersonKey();
    const trusted = await trustKey(gate.ledger, join(state, 'keys'), key.publicKeyPem);
    if (!trusted.ok) throw new Error(trusted.problem.message);
    writeFileSync(file, JSON.stringify(key));
    return key;
  }
}

async function run(verb: string, state: string, place: string, folder: string): Promise<string> {
  const workspace = verb === 'ask' || verb === 'glass' ? place : join(state, 'workspace');
  const gate = await gateOf(state, workspace, folder === '' ? undefined : folder);
  const key = await keyOf(state, gate);
  const signer = personSigner(key.privateKeyPem);
  if (verb === 'key') return key.publicKeyPem;
  if (verb === 'approve') {
    const read = readRequest(readFileSync(place));
    if (!read.ok) throw new Error(read.problem);
    const done = await approve(read.value, place, 'Compared with the plan of the data team; they may read it.', gate, signer);
    if (!done.ok) throw new Error(done.problem);
    return done.file;
  }
  const agent = { name: 'Claude Code', session: 's-1', toolCall: `toolu_${Date.now()}`, tool: 'Edit' };
  const edit = {
    path: 'infra/storage/exports-policy.json',
    before: statement('arn:aws:iam::447109320118:role/app-reader'),
    after: statement('*'),
    provenance: { channel: 'hook', certainty: 'attested', agent } as const,
  };
  const outcome = await review({ workspace, edits: [edit] }, gate);
  if (!('hold' in outcome)) throw new Error(`not held: ${JSON.stringify(outcome).slice(0, 500)}`);
  const { id } = outcome.hold;
  const done =
    verb === 'glass'
      ? await breakGlass(id, { phrase: 'break glass', reason: REASON }, gate, signer)
      : await acknowledge(
          id,
          {
            reason: { category: 'intended', text: REASON, ticket: 'OPS-4211' },
            hours: 24,
            confirmation: { text: 'prod-customer-exports', how: 'typed' },
            rollBackLater: false,
          },
          gate,
          signer,
        );
  if (!done.ok) throw new Error(JSON.stringify(done));
  return id;
}

const [verb = '', state = '', place = '', folder = ''] = process.argv.slice(2);
run(verb, state, place, folder).then(
  (said) => process.stdout.write(said),
  (error: unknown) => {
    process.stderr.write(String(error));
    process.exitCode = 1;
  },
);
