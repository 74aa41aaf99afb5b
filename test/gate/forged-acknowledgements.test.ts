import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { acknowledge } from '../../server/gate/decisions.ts';
import { rollBackTexts } from '../../server/gate/rollback.ts';
import { listHolds, readHold, readHolds } from '../../server/gate/holds.ts';
import { holdIdOf } from '../../server/gate/holds.ts';
import { judge } from '../../server/gate/judge.ts';
import type { GateContext, Hold } from '../../server/gate/types.ts';
import { newPersonKey, personSigner } from '../../server/ledger/keys.ts';
import type { LedgerEvent, Signer } from '../../server/ledger/types.ts';
import { finding, input } from './builders.ts';
import { BEFORE, PATH, RISKY, type Scene, scene, WIDENED } from './scene.ts';

/** What somebody on the same account may try. After each the retry must be refused. */
const tricks: readonly (readonly [string, (s: Scene) => Promise<void>])[] = [
  ['nothing at all', async () => {}],
  [
    'an acknowledgement file of plain JSON',
    async (s) =>
      place(s, Buffer.from(JSON.stringify({ payload: Buffer.from(JSON.stringify(await eventFor(s))).toString('base64'), signatures: [] }))),
  ],
  ['an empty file', async (s) => place(s, Buffer.alloc(0))],
  ['signed by the process key, as a hook could', async (s) => sign(s, await eventFor(s), undefined)],
  ['signed by a person nobody trusts', async (s) => sign(s, await eventFor(s), personSigner(newPersonKey().privateKeyPem))],
  [
    'signed by an unknown person under the trusted key’s name',
    async (s) => sign(s, await eventFor(s), { ...personSigner(newPersonKey().privateKeyPem), keyId: s.signer.keyId }),
  ],
  ['rightly signed, for another file', async (s) => sign(s, { ...(await eventFor(s)), files: renamed(await eventFor(s)) }, s.signer)],
  ['rightly signed, for another workspace', async (s) => sign(s, { ...(await eventFor(s)), workspace: '/elsewhere' }, s.signer)],
  ['rightly signed, of no workspace', async (s) => sign(s, without(await eventFor(s), 'workspace'), s.signer)],
  ['rightly signed, for another session', async (s) => sign(s, session(await eventFor(s), 's-2'), s.signer)],
  ['rightly signed, for no session', async (s) => sign(s, session(await eventFor(s), undefined), s.signer)],
  ['rightly signed, for no agent', async (s) => sign(s, without(await eventFor(s), 'provenance'), s.signer)],
  ['rightly signed, for nothing', async (s) => sign(s, { ...(await eventFor(s)), files: [] }, s.signer)],
  ['rightly signed, but another event', async (s) => sign(s, { ...(await eventFor(s)), kind: 'written' }, s.signer)],
  ['rightly signed, expired', async (s) => sign(s, { ...(await eventFor(s)), expires: at(s, -1) }, s.signer)],
  ['rightly signed, too late for a retry', async (s) => sign(s, { ...(await eventFor(s)), retryUntil: at(s, -1) }, s.signer)],
  ['rightly signed, without an end', async (s) => sign(s, without(await eventFor(s), 'expires'), s.signer)],
  ['rightly signed, without a time for the retry', async (s) => sign(s, without(await eventFor(s), 'retryUntil'), s.signer)],
  ['rightly signed, with an end that is no time', async (s) => sign(s, { ...(await eventFor(s)), expires: 'never' }, s.signer)],
  [
    'the clock set back to before it was signed',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      s.clock.now = new Date(s.clock.now.getTime() - 60_000);
    },
  ],
  [
    'rightly signed, under another name',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      const [name] = readdirSync(join(s.state, 'acknowledgements'));
      copyFileSync(join(s.state, 'acknowledgements', name ?? ''), join(s.state, 'acknowledgements', `${'a'.repeat(64)}.json`));
      rmSync(join(s.state, 'acknowledgements', name ?? ''));
    },
  ],
  [
    'rightly signed, but not in the log',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      const records = readdirSync(s.gate.ledger.folder).sort();
      rmSync(join(s.gate.ledger.folder, records.at(-1) ?? ''));
    },
  ],
  [
    'rightly signed, one byte changed',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      const [name = ''] = readdirSync(join(s.state, 'acknowledgements'));
      const bytes = readFileSync(join(s.state, 'acknowledgements', name));
      rmSync(join(s.state, 'acknowledgements', name));
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      place(s, bytes);
    },
  ],
  [
    'a link to the record in the log',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      const [name = ''] = readdirSync(join(s.state, 'acknowledgements'));
      const file = join(s.state, 'acknowledgements', name);
      const elsewhere = join(s.folder, 'elsewhere');
      copyFileSync(file, elsewhere);
      rmSync(file);
      symlinkSync(elsewhere, file);
    },
  ],
  [
    'used, the mark of its use removed',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      assert.equal((await s.ask()).verdict, 'allow');
      rmSync(join(s.state, 'used'), { recursive: true });
    },
  ],
  [
    'used, the mark rewritten for the tool call to come',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      assert.equal((await s.ask()).verdict, 'allow');
      const [name = ''] = readdirSync(join(s.state, 'used'));
      writeFileSync(join(s.state, 'used', name), JSON.stringify({ toolCall: 'last', session: 's-1' }));
    },
  ],
  [
    'used and put back from a copy',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      const [name = ''] = readdirSync(join(s.state, 'acknowledgements'));
      const bytes = readFileSync(join(s.state, 'acknowledgements', name));
      assert.equal((await s.ask()).verdict, 'allow');
      rmSync(join(s.state, 'used'), { recursive: true });
      place(s, bytes);
    },
  ],
  [
    'the trusted key removed',
    async (s) => {
      await sign(s, await eventFor(s), s.signer);
      for (const name of readdirSync(join(s.state, 'keys')).filter((name) => name.startsWith('person-')))
        rmSync(join(s.state, 'keys', name));
    },
  ],
];

for (const [name, trick] of tricks) {
  void test(`not let through: ${name}`, async (t) => {
    const s = await scene(t);
    await trick(s);
    const outcome = await s.ask({ toolCall: 'last' });
    assert.ok(outcome.verdict === 'acknowledge' || outcome.verdict === 'closed', JSON.stringify(outcome));
  });
}

void test('the same way, rightly done, lets it through', async (t) => {
  const s = await scene(t);
  await sign(s, await eventFor(s), s.signer);
  assert.equal((await s.ask({ toolCall: 'last' })).verdict, 'allow');
});

/** Files of holds that somebody else wrote. None may be acknowledged, and none may break anything. */
const tampered: readonly (readonly [string, (hold: Hold) => unknown, RegExp])[] = [
  ['texts widened', (hold) => ({ ...hold, edits: hold.edits.map((edit) => ({ ...edit, after: WIDENED })) }), /does not say what was held/],
  [
    'texts made harmless',
    (hold) => ({ ...hold, edits: hold.edits.map((edit) => ({ ...edit, after: BEFORE })) }),
    /does not say what was held/,
  ],
  [
    'another file',
    (hold) => ({ ...hold, edits: hold.edits.map((edit) => ({ ...edit, path: 'iam/other-policy.json' })) }),
    /does not say what was held/,
  ],
  [
    'another session',
    (hold) => ({ ...hold, provenance: { ...hold.provenance, agent: { name: 'Claude Code', session: 's-2' } } }),
    /does not say what was held/,
  ],
  ['another workspace', (hold) => ({ ...hold, workspace: '/elsewhere' }), /does not say what was held/],
  [
    'findings played down',
    (hold) => ({
      ...hold,
      edits: hold.edits.map((edit) => ({
        ...edit,
        assessment: { ...edit.assessment, findings: [{ ...finding('low'), fingerprint: '0' }] },
      })),
    }),
    /checked again/,
  ],
  [
    'findings removed',
    (hold) => ({ ...hold, edits: hold.edits.map((edit) => ({ ...edit, assessment: { ...edit.assessment, findings: [] } })) }),
    /checked again/,
  ],
  ['another id', (hold) => ({ ...hold, id: 'H-ZZZZZZZZ' }), /no longer held/],
  ['another schema', (hold) => ({ ...hold, schema: 'countersign.hold/2' }), /no longer held/],
  ['no edits', (hold) => ({ ...hold, edits: [] }), /no longer held/],
  ['no object', () => 7, /no longer held/],
];

for (const [name, tamper, expected] of tampered) {
  void test(`a hold with ${name} cannot be acknowledged`, async (t) => {
    const s = await scene(t);
    const held = await s.ask();
    assert.ok(held.verdict === 'acknowledge');
    writeFileSync(join(s.state, 'holds', `${held.hold.id}.json`), JSON.stringify(tamper(held.hold)));
    const done = await acknowledge(held.hold.id, input(), s.gate, s.signer);
    assert.match(!done.ok && 'problem' in done ? done.problem : JSON.stringify(done), expected);
    assert.equal((await s.kinds()).includes('acknowledged'), false);
  });
}

void test('foreign files beside the holds are passed over and named', async (t) => {
  const s = await scene(t);
  const held = await s.ask();
  assert.ok(held.verdict === 'acknowledge');
  const folder = join(s.state, 'holds');
  const real = join(folder, `${held.hold.id}.json`);
  copyFileSync(real, join(s.folder, 'copy.json'));
  symlinkSync(join(s.folder, 'copy.json'), join(folder, 'H-00000001.json'));
  symlinkSync('/dev/zero', join(folder, 'H-00000002.json'));
  mkdirSync(join(folder, 'H-00000003.json'));
  writeFileSync(join(folder, 'H-00000004.json'), '{"schema":"countersign.hold/1"');
  writeFileSync(join(folder, 'H-00000005.json'), Buffer.from([0xff, 0xfe, 0x00]));
  writeFileSync(join(folder, 'H-00000006.json'), '');
  truncateSync(join(folder, 'H-00000006.json'), 65 * 1024 * 1024);
  copyFileSync(real, join(folder, 'H-00000007.json'));
  writeFileSync(join(folder, 'README.json'), '{}');
  writeFileSync(join(folder, '.H-00000008.json.1.ab'), '{}');
  const { holds, problems } = readHolds(s.state);
  assert.deepEqual(
    holds.map(({ id }) => id),
    [held.hold.id],
  );
  assert.equal(problems.length, 7);
  for (const id of ['../holds/H-00000001', 'H-../../x', '', 'H-0000000I', `${held.hold.id}.json`])
    assert.equal(readHold(s.state, id), undefined, id);
});

void test('a link in the place of a hold is replaced, not followed', async (t) => {
  const s = await scene(t);
  const { assessments } = judge(s.suggestion(), { policy: s.gate.policy, outOfTime: () => false, now: () => new Date() });
  const id = holdIdOf(s.suggestion(), assessments);
  const target = join(s.folder, 'target');
  writeFileSync(target, 'untouched');
  mkdirSync(join(s.state, 'holds'), { mode: 0o700 });
  symlinkSync(target, join(s.state, 'holds', `${id}.json`));
  const outcome = await s.ask();
  assert.equal(outcome.verdict, 'acknowledge');
  assert.equal(readFileSync(target, 'utf8'), 'untouched');
  assert.equal(listHolds(s.state)[0]?.id, id);
});

void test('a key that nobody trusts, or a hook’s, cannot acknowledge', async (t) => {
  const s = await scene(t);
  const held = await s.ask();
  assert.ok(held.verdict === 'acknowledge');
  for (const signer of [personSigner(newPersonKey().privateKeyPem), { ...s.signer, role: 'process' as const }]) {
    const done = await acknowledge(held.hold.id, input(), s.gate, signer);
    assert.match(!done.ok && 'problem' in done ? done.problem : '', /not trusted/);
  }
});

void test('kept texts that are not those of the signed record are not used to roll back', async (t) => {
  const s = await scene(t);
  const { done } = await s.approve();
  const file = join(s.state, 'decided', `${done.id}.json`);
  const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
  for (const [from, to] of [
    [BEFORE, WIDENED],
    [RISKY, WIDENED],
    [PATH, 'iam/other-policy.json'],
  ] as const) {
    writeFileSync(file, JSON.stringify(kept).replaceAll(JSON.stringify(from), JSON.stringify(to)));
    const back = rollBackTexts(
      done.id,
      new Map([
        [PATH, RISKY],
        ['iam/other-policy.json', RISKY],
      ]),
      s.gate,
    );
    assert.match(back.ok ? '' : back.problem, /not those that were acknowledged/);
  }
});

/** The event of an honest acknowledgement of the next retry. */
async function eventFor(s: Scene): Promise<LedgerEvent> {
  const { edits } = s.suggestion({ toolCall: 'held' });
  const { assessments } = judge(s.suggestion(), { policy: s.gate.policy, outOfTime: () => false, now: () => new Date() });
  const [assessment] = assessments;
  assert.ok(assessment !== undefined && assessment.findings.length > 0);
  return {
    kind: 'acknowledged',
    workspace: s.workspace,
    files: [
      {
        path: PATH,
        findings: assessment.findings.map(({ rule, severity, confidence, consequence, fingerprint, rating }) => ({
          rule,
          severity,
          confidence,
          consequence,
          fingerprint,
          sensitivity: rating.sensitivity.level,
          blastRadius: rating.blastRadius.level,
        })),
      },
    ],
    provenance: { channel: 'hook', certainty: 'attested', agent: { ...edits[0]?.provenance.agent, name: 'Claude Code' } },
    expires: at(s, 60),
    retryUntil: at(s, 10),
    reason: { category: 'intended', text: 'The exports are public data since March' },
  };
}

/** Appends the event to the log under this key, as far as the log lets it, and puts a copy where acknowledgements are looked up. */
async function sign(s: Scene, event: LedgerEvent, signer: Signer | undefined): Promise<void> {
  const appended = await s.gate.ledger.append(event, signer);
  if (appended.ok) place(s, appended.stored.bytes);
}

function place(s: Pick<Scene, 'state'> & { gate: GateContext }, bytes: Uint8Array): void {
  mkdirSync(join(s.state, 'acknowledgements'), { recursive: true });
  writeFileSync(join(s.state, 'acknowledgements', `${createHash('sha256').update(bytes).digest('hex')}.json`), bytes);
}

function at(s: Scene, minutes: number): string {
  return new Date(s.clock.now.getTime() + minutes * 60_000).toISOString();
}

function renamed(event: LedgerEvent): NonNullable<LedgerEvent['files']> {
  return (event.files ?? []).map((file) => ({ ...file, path: 'iam/other-policy.json' }));
}

function session(event: LedgerEvent, session: string | undefined): LedgerEvent {
  return { ...event, provenance: { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code', session } } };
}

function without(event: LedgerEvent, key: keyof LedgerEvent): LedgerEvent {
  const { [key]: _, ...rest } = event;
  return { kind: event.kind, ...rest };
}
