import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readRequest } from '../../server/gate/approval-files.ts';
import { pickUpApprovals } from '../../server/gate/approval-pickup.ts';
import { approve } from '../../server/gate/approvals.ts';
import { approversOf, whyNoApprover } from '../../server/gate/approvers.ts';
import { acknowledge, breakGlass } from '../../server/gate/decisions.ts';
import { checkPolicy, policyAbove } from '../../server/gate/policy-check.ts';
import { loadPolicy } from '../../server/gate/policy.ts';
import { review } from '../../server/gate/review.ts';
import type { GateContext, Policy } from '../../server/gate/types.ts';
import { realFileSystem } from '../../server/ledger/file-system.ts';
import { keyIdOf, newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import { input, temporaryFolder } from './builders.ts';
import { open, scene } from './scene.ts';

const REASON = 'Reviewed with the data team, the exports are public.';
const ME = process.getuid?.() ?? 0;

type Key = ReturnType<typeof newPersonKey>;
type Cast = { readonly ada: Key; readonly bea: Key; readonly spare: Key };

/** The policy that an organization's file of this text makes. */
function policyOf(context: TestContext, organization: string, more: { user?: string; workspace?: string } = {}): Policy {
  const folder = temporaryFolder(context);
  const files = { organization: join(folder, 'etc.yaml'), user: join(folder, 'user.yaml'), workspace: join(folder, 'work') };
  mkdirSync(join(files.workspace, '.countersign'), { recursive: true });
  writeFileSync(files.organization, organization, { mode: 0o644 });
  if (more.user !== undefined) writeFileSync(files.user, more.user);
  if (more.workspace !== undefined) writeFileSync(join(files.workspace, '.countersign/policy.yaml'), more.workspace);
  const loaded = loadPolicy(files.workspace, files.user, { organization: { file: files.organization, administrators: [ME] } });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.policy;
}

/** Ada asks, Bea approves on a machine of her own. Gives what Ada’s side makes of it. */
async function asked(context: TestContext, texts: (cast: Cast) => { organization: string; user?: string; workspace?: string }, turn: Turn) {
  const s = await scene(context);
  const shared = join(s.folder, 'shared');
  mkdirSync(shared);
  const cast: Cast = { ada: newPersonKey(), bea: newPersonKey(), spare: newPersonKey() };
  const keysFolder = join(s.state, 'keys');
  const letIn = (key: Key, name: string) =>
    trustKey(s.gate.ledger, keysFolder, key.publicKeyPem, realFileSystem, { signer: s.signer, person: name });
  assert.ok((await letIn(cast.ada, 'Ada')).ok);
  if (turn.letIn !== false) assert.ok((await letIn(cast[turn.by], turn.knownAs ?? 'Bea')).ok);
  const { organization, ...more } = texts(cast);
  const policy = policyOf(context, `verdicts: {critical: approve}\napprovals: {folder: ${shared}}\n${organization}`, more);
  const gate = withPolicy(s.gate, policy);
  const outcome = await review(s.suggestion(), gate);
  assert.ok(outcome.verdict === 'approve', outcome.verdict);
  const signer = personSigner(cast.ada.privateKeyPem);
  const done =
    turn.glass === true
      ? await breakGlass(outcome.hold.id, { phrase: 'break glass', reason: input().reason.text }, gate, signer)
      : await acknowledge(outcome.hold.id, input(), gate, signer);
  assert.ok(done.ok, JSON.stringify(done));
  const file = join(shared, `${outcome.hold.id}.request.json`);
  const read = readRequest(readFileSync(file));
  assert.ok(read.ok);
  const state = join(s.folder, 'theirs');
  const theirs = await open(s.workspace, state, s.clock);
  const key = cast[turn.by];
  assert.ok((await trustKey(theirs.ledger, join(state, 'keys'), key.publicKeyPem, realFileSystem, { person: 'Bea' })).ok);
  // Their own machine may have another policy: what counts is what Ada’s side makes of it.
  const lenient = withPolicy(theirs, { ...policy, approvers: [], trustedKeys: [] });
  const there = await approve(
    read.value,
    file,
    REASON,
    turn.strictThere === true ? withPolicy(theirs, policy) : lenient,
    personSigner(key.privateKeyPem),
  );
  if (!there.ok) return { there: there.problem, taken: 0, problems: '' };
  const picked = await pickUpApprovals(gate);
  const again = turn.glass === true ? undefined : (await review(s.suggestion(), gate)).verdict;
  return { there: '', taken: picked.taken.length, problems: picked.problems.join(' '), again };
}

type Turn = {
  readonly by: keyof Cast;
  readonly knownAs?: string;
  readonly letIn?: boolean;
  readonly glass?: boolean;
  readonly strictThere?: boolean;
};

function withPolicy(gate: GateContext, policy: Policy): GateContext {
  return Object.create(gate, { policy: { value: policy, enumerable: true } }) as GateContext;
}

const id = (key: Key) => keyIdOf(key.publicKeyPem);
const pem = (key: Key) => JSON.stringify(key.publicKeyPem);
const entry = (person: string, keys: readonly Key[], more = '') =>
  `approvers: [{person: ${person}, keys: [${keys.map((key) => `"${id(key)}"`).join(', ')}]${more}}]`;

const TURNS: readonly (readonly [
  string,
  (cast: Cast) => { organization: string; user?: string; workspace?: string },
  Turn,
  RegExp | 'taken',
])[] = [
  ['no list: anybody trusted', () => ({ organization: '' }), { by: 'bea' }, 'taken'],
  ['who is listed', ({ bea }) => ({ organization: entry('Bea', [bea]) }), { by: 'bea' }, 'taken'],
  ['listed for this severity', ({ bea }) => ({ organization: entry('Bea', [bea], ', severities: [critical]') }), { by: 'bea' }, 'taken'],
  ['listed for this path', ({ bea }) => ({ organization: entry('Bea', [bea], ', match: ["iam/**"]') }), { by: 'bea' }, 'taken'],
  [
    'listed for what is opened',
    ({ bea }) => ({ organization: entry('Bea', [bea], ', match: ["prod-customer-*"]') }),
    { by: 'bea' },
    'taken',
  ],
  [
    'listed for this environment',
    ({ bea }) => ({
      organization: `environments: {prod: {match: ["prod-*"], verdicts: {critical: approve}}}\n${entry('Bea', [bea], ', environments: [prod]')}`,
    }),
    { by: 'bea' },
    'taken',
  ],
  [
    'trusted by the organization, unknown to the log',
    ({ bea }) => ({ organization: `trustedKeys: [{person: Bea, key: ${pem(bea)}}]\n${entry('Bea', [bea])}` }),
    { by: 'bea', letIn: false },
    'taken',
  ],
  [
    'who is not listed',
    ({ spare }) => ({ organization: entry('Cara', [spare]) }),
    { by: 'bea' },
    /not among those of the approvers .*Who may: Cara/,
  ],
  [
    'who is not listed, told there',
    ({ spare }) => ({ organization: entry('Cara', [spare]) }),
    { by: 'bea', strictThere: true },
    /would not count: .*Cara/,
  ],
  [
    'the listed name under another key',
    ({ spare }) => ({ organization: entry('Bea', [spare]) }),
    { by: 'bea' },
    /not among those of the approvers/,
  ],
  [
    'listed for another severity',
    ({ bea }) => ({ organization: entry('Bea', [bea], ', severities: [high]') }),
    { by: 'bea' },
    /may not approve a finding of severity critical/,
  ],
  [
    'listed for another path',
    ({ bea }) => ({ organization: entry('Bea', [bea], ', match: ["network/**"]') }),
    { by: 'bea' },
    /may not approve/,
  ],
  [
    'listed for another environment',
    ({ bea }) => ({
      organization: `environments: {test: {match: ["test-*"], verdicts: {}}}\n${entry('Bea', [bea], ', environments: [test]')}`,
    }),
    { by: 'bea' },
    /may not approve/,
  ],
  [
    'who asked, under a second key',
    ({ ada, bea }) => ({ organization: entry('Ada', [ada, bea]) }),
    { by: 'bea' },
    /signed by the person who asked for it/,
  ],
  [
    'who asked, told there',
    ({ ada, bea }) => ({ organization: entry('Ada', [ada, bea]) }),
    { by: 'bea', strictThere: true },
    /another key of your own/,
  ],
  [
    'who asked, trusted under a second key',
    ({ ada, bea }) => ({ organization: `trustedKeys: [{person: Ada L., key: ${pem(ada)}}, {person: ada l, key: ${pem(bea)}}]` }),
    { by: 'bea', letIn: false },
    /signed by the person who asked for it/,
  ],
  [
    'the organization’s list is not widened by the user’s',
    ({ bea, spare }) => ({ organization: entry('Cara', [spare]), user: entry('Bea', [bea]) }),
    { by: 'bea' },
    /not among those of the approvers .*etc\.yaml/,
  ],
  [
    'nor by the workspace’s',
    ({ bea, spare }) => ({ organization: entry('Cara', [spare]), workspace: entry('Bea', [bea]) }),
    { by: 'bea' },
    /not among those of the approvers .*etc\.yaml/,
  ],
  [
    'the workspace narrows it',
    ({ bea, spare }) => ({ organization: entry('Bea', [bea]), workspace: entry('Cara', [spare]) }),
    { by: 'bea' },
    /not among those of the approvers .*policy\.yaml/,
  ],
  [
    'a user’s own policy trusts nobody for approvals',
    ({ bea }) => ({ organization: '', user: `trustedKeys: [{person: Bea, key: ${pem(bea)}}]` }),
    { by: 'bea', letIn: false },
    /not trusted/,
  ],
  [
    'revoked wins over trusted',
    ({ bea }) => ({ organization: `trustedKeys: [{person: Bea, key: ${pem(bea)}}]\nrevokedKeys: ["${id(bea)}"]` }),
    { by: 'bea', letIn: false },
    /was revoked/,
  ],
  ['broken glass, looked at by who is listed', ({ bea }) => ({ organization: entry('Bea', [bea]) }), { by: 'bea', glass: true }, 'taken'],
  [
    'broken glass, looked at by who is not',
    ({ spare }) => ({ organization: entry('Cara', [spare]) }),
    { by: 'bea', glass: true },
    /not among those of the approvers/,
  ],
];

for (const [name, texts, turn, expected] of TURNS) {
  void test(`approvers: ${name}`, async (context) => {
    const found = await asked(context, texts, turn);
    if (expected === 'taken') {
      assert.deepEqual({ ...found, again: 'allow' }, { there: '', taken: 1, problems: '', again: 'allow' });
      if (turn.glass !== true) assert.equal(found.again, 'allow');
    } else {
      assert.match(`${found.there}${found.problems}`, expected);
      assert.equal(found.taken, 0);
      if (found.again !== undefined) assert.equal(found.again, 'approve', 'nothing is let through');
    }
  });
}

void test('each finding needs somebody who may approve it', (context) => {
  const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
  const policy = policyOf(
    context,
    `approvers:\n  - {person: One, keys: ["${one}"], severities: [critical]}\n  - {person: Two, keys: ["${two}"], match: [a/**]}\n  - {person: One, keys: ["${one}"], match: [b/**]}\n`,
  );
  const finding = (path: string, severity: string) => ({ path, severity, opened: { name: 'x', kind: 'bucket' } });
  const table: readonly (readonly [string, readonly ReturnType<typeof finding>[], boolean])[] = [
    [one, [finding('c/x.json', 'critical')], true],
    [one, [finding('c/x.json', 'high')], false],
    [one, [finding('b/x.json', 'high'), finding('c/x.json', 'critical')], true],
    [two, [finding('a/x.json', 'critical')], true],
    [two, [finding('a/x.json', 'critical'), finding('b/x.json', 'low')], false],
  ];
  for (const [key, asks, may] of table)
    assert.equal(whyNoApprover(key, asks, '/w', policy) === undefined, may, JSON.stringify([key, asks]));
  assert.deepEqual(approversOf([finding('a/x.json', 'critical')], '/w', policy), ['One', 'Two']);
});

void test('policy check says which approvers approve nothing', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGAqdt8NRP2uXZ3B6p1GAr2pbhTBlAY5mSHEhE4mo0i4';
  const known = '3'.repeat(64);
  const remarks = (text: string) =>
    checkPolicy({ of: 'user', file: '/p.yaml', text }, policyAbove('user', []), new Date()).map(({ message }) => message);
  const table: readonly (readonly [string, RegExp | undefined])[] = [
    [`approvers: [{person: A, keys: ["${key}"]}]`, undefined],
    [`approvers: [{person: A, keys: ["${known}"]}]`, undefined],
    [`trustedKeys: [{person: B, key: "${key}"}]\napprovers: [{person: A, keys: ["${known}"]}]`, /not among “trustedKeys”/],
    [`revokedKeys: ["${known}"]\napprovers: [{person: A, keys: ["${known}"]}]`, /revoked by the policy/],
    [`approvers: [{person: A, keys: ["${key}"], environments: [prod]}]`, /no environment “prod”/],
    ['approver: []', /Did you mean “approvers”/],
    ['trusted: []', /Did you mean “trustedKeys”/],
  ];
  for (const [text, expected] of table) {
    if (expected === undefined) assert.deepEqual(remarks(text), [], text);
    else assert.match(remarks(text).join('\n'), expected, text);
  }
});
