import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { collect } from '../../server/ledger/collect.ts';
import type { PolicyKeys } from '../../server/ledger/key-ring.ts';
import { newPersonKey, personSigner, trustKey } from '../../server/ledger/keys.ts';
import { openLedger } from '../../server/ledger/open.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { temporaryFolder } from '../gate/builders.ts';

/** A log in which the account itself let two people's keys in, and both signed. */
async function log(context: { after: (clean: () => void) => void }) {
  const state = temporaryFolder(context);
  const folders = { folder: join(state, 'log'), keysFolder: join(state, 'keys') };
  const opened = await openLedger({ ...folders, now: () => new Date(), actor: { user: 'u', host: 'h', process: 'test' } });
  assert.ok(opened.ok);
  const [first, second] = [newPersonKey(), newPersonKey()];
  for (const key of [first, second]) {
    assert.ok((await trustKey(opened.ledger, folders.keysFolder, key.publicKeyPem)).ok);
    assert.ok((await opened.ledger.append({ kind: 'acknowledged' }, personSigner(key.privateKeyPem))).ok);
  }
  return { folders, first, second };
}

type Keys = Awaited<ReturnType<typeof log>>;

const TABLE: readonly (readonly [string, (keys: Keys) => PolicyKeys | undefined, readonly RegExp[]])[] = [
  ['no policy', () => undefined, [/lets a further key/]],
  ['a policy that says nothing of keys', () => ({ trusted: new Map(), revoked: new Set() }), [/lets a further key/]],
  ['both trusted', ({ first, second }) => ({ trusted: both(first, second), revoked: new Set() }), []],
  ['one trusted', ({ second }) => ({ trusted: both(second), revoked: new Set() }), [/signed for a person here \(3\), and is not among/]],
  [
    'one revoked',
    ({ first, second }) => ({ trusted: both(first, second), revoked: new Set([second.keyId]) }),
    [/is revoked by the policy, and signed records here \(5\)/],
  ],
];

function both(...keys: readonly { keyId: string; publicKeyPem: string }[]): ReadonlyMap<string, string> {
  return new Map(keys.map(({ keyId, publicKeyPem }) => [keyId, publicKeyPem]));
}

for (const [name, policyOf, expected] of TABLE) {
  void test(`keys of a policy, where logs are checked: ${name}`, async (context) => {
    const made = await log(context);
    const policy = policyOf(made);
    const report = await verifyLog({ ...made.folders, policy });
    assert.ok(report.ok, report.sentence);
    assert.equal(report.warnings.length, expected.length, report.warnings.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(report.warnings[index] ?? '', pattern);
    const collected = await collect({ paths: [made.folders.folder], policy, now: () => new Date() });
    assert.ok(collected.ok, JSON.stringify(collected));
    const notes = (collected.logs[0]?.notes ?? []).filter((note) => /policy/.test(note));
    assert.equal(notes.length, expected.filter((pattern) => !/further/.test(String(pattern))).length, notes.join('\n'));
  });
}
