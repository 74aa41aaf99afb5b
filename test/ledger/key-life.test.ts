import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { areDifferentPeople } from '../../server/ledger/key-ring.ts';
import { revokeKey, rotateKey } from '../../server/ledger/key-changes.ts';
import { knownKeys, newPersonKey, personSigner, trustedKeys, trustKey } from '../../server/ledger/keys.ts';
import { newPassphraseKey, openPassphraseKey } from '../../server/ledger/passphrase-key.ts';
import { realFileSystem } from '../../server/ledger/file-system.ts';
import type { Signer } from '../../server/ledger/types.ts';
import { verifyEnvelope, verifyLog } from '../../server/ledger/verify.ts';
import { readVerifyingKey } from '../../server/ledger/verifying-key.ts';
import { challengeFor, encodeAssertion } from '../../server/ledger/webauthn-assertion.ts';
import { acknowledged, appended, enrolled, held, opened, stateIn } from './fixture.ts';

void test('a key that another person lets in, its rotation and its revocation, as the log tells it', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state);
  const ada = await enrolled(ledger, state);
  const [bea, fresh, eve] = [newPersonKey(), newPersonKey(), newPersonKey()];
  const letIn = await trustKey(ledger, state.keysFolder, bea.publicKeyPem, realFileSystem, { signer: ada, person: 'Bea' });
  assert.ok(letIn.ok);
  const before = await appended(ledger, acknowledged(), personSigner(bea.privateKeyPem));

  const ring = knownKeys(state.keysFolder);
  const [own, other] = [ring.get(ada.keyId), ring.get(bea.keyId)];
  assert.ok(own && other);
  assert.deepEqual([own.own, other.own, other.person], [true, false, 'Bea']);
  assert.equal(areDifferentPeople(own, other), true);

  // The new key takes the place of the old one, as Bea’s.
  assert.ok((await rotateKey(ledger, state.keysFolder, fresh.publicKeyPem, personSigner(bea.privateKeyPem))).ok);
  assert.deepEqual([...trustedKeys(state.keysFolder).keys()].sort(), [ada.keyId, fresh.keyId].sort());
  assert.equal(knownKeys(state.keysFolder).get(fresh.keyId)?.person, 'Bea');
  for (const old of [
    await ledger.append(acknowledged(), personSigner(bea.privateKeyPem)),
    await trustKey(ledger, state.keysFolder, bea.publicKeyPem),
  ]) {
    assert.ok(!old.ok && old.problem.kind === 'signing');
  }
  assert.ok(
    !(await rotateKey(ledger, state.keysFolder, eve.publicKeyPem, personSigner(bea.privateKeyPem))).ok,
    'an ended key lets nobody in',
  );

  // Lost, and found out later.
  const signer = personSigner(fresh.privateKeyPem);
  await appended(ledger, acknowledged(), signer);
  const since = new Date(Date.now() - 60_000).toISOString();
  assert.ok((await revokeKey(ledger, state.keysFolder, fresh.keyId, { signer: ada, since, cause: 'The laptop was stolen.' })).ok);
  assert.deepEqual([...trustedKeys(state.keysFolder).keys()], [ada.keyId]);
  assert.ok(!(await ledger.append(acknowledged(), signer)).ok);
  assert.ok(!verifyEnvelope(before.bytes, trustedKeys(state.keysFolder)).ok, 'nothing more is let through by it');
  const report = await verifyLog(state);
  assert.ok(report.ok, report.sentence);
  assert.match(report.warnings.join('\n'), /said to be lost since .* and signed afterwards: record 6/);
  await appended(ledger, held());
});

void test('a key that the log does not let in signs nothing, whoever says so', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state);
  const ada = await enrolled(ledger, state);
  const [bea, eve] = [newPersonKey(), newPersonKey()];
  const stranger = personSigner(eve.privateKeyPem);
  assert.ok(!(await trustKey(ledger, state.keysFolder, bea.publicKeyPem, realFileSystem, { signer: stranger, person: 'Bea' })).ok);
  assert.ok(!(await rotateKey(ledger, state.keysFolder, bea.publicKeyPem, stranger)).ok);
  assert.ok(!(await revokeKey(ledger, state.keysFolder, ada.keyId, { signer: stranger })).ok);
  assert.ok(!(await ledger.append({ kind: 'broke-glass' })).ok, 'nor does the process key break glass');
  assert.ok(!(await ledger.append({ kind: 'approved' })).ok);

  // Two keys that the account let in by itself are one person, whatever they are called.
  assert.ok((await trustKey(ledger, state.keysFolder, bea.publicKeyPem, realFileSystem, { person: 'Bea' })).ok);
  const ring = knownKeys(state.keysFolder);
  const [one, other] = [ring.get(ada.keyId), ring.get(bea.keyId)];
  assert.ok(one && other);
  assert.equal(areDifferentPeople(one, other), false);

  // What a program of the account let in lets nobody in, and ends nobody's key.
  assert.deepEqual([one.weak, other.weak], [false, true]);
  const program = personSigner(bea.privateKeyPem);
  const credential = authenticator();
  assert.ok((await trustKey(ledger, state.keysFolder, credential.text, realFileSystem, { signer: program, person: 'Cleo' })).ok);
  assert.equal(knownKeys(state.keysFolder).get(credential.keyId)?.weak, true);
  assert.ok(!(await revokeKey(ledger, state.keysFolder, ada.keyId, { signer: program })).ok);
  await ledger.append({ kind: 'key-revoked', revoked: { id: ada.keyId } }, program);
  await ledger.append({ kind: 'key-revoked', revoked: { id: ada.keyId } });
  assert.ok(trustedKeys(state.keysFolder).has(ada.keyId));
  await appended(ledger, acknowledged(), ada);
  assert.ok((await verifyLog(state)).ok);
  // Until somebody lets it in who may.
  assert.ok((await trustKey(ledger, state.keysFolder, bea.publicKeyPem, realFileSystem, { signer: ada, person: 'Bea' })).ok);
  const now = knownKeys(state.keysFolder);
  assert.deepEqual([now.get(bea.keyId)?.weak, now.get(bea.keyId)?.person], [false, 'Bea']);
});

void test('the record of a revocation is in the log, whatever becomes of the files beside the keys', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state);
  const ada = await enrolled(ledger, state);
  const bea = newPersonKey();
  assert.ok((await trustKey(ledger, state.keysFolder, bea.publicKeyPem, realFileSystem, { signer: ada, person: 'Bea' })).ok);
  assert.ok((await revokeKey(ledger, state.keysFolder, bea.keyId, { signer: ada })).ok);
  for (const name of readdirSync(state.keysFolder).filter((file) => file.startsWith('ended-'))) rmSync(join(state.keysFolder, name));
  await ledger.append(acknowledged(), personSigner(bea.privateKeyPem));
  const report = await verifyLog(state);
  assert.equal(report.ok, false);
  assert.match(report.sentence, /which record 4 had ended/);
});

void test('a key in a file opens with its passphrase and no other', () => {
  const made = newPassphraseKey('correct horse battery');
  const right = openPassphraseKey(made.file, 'correct horse battery');
  assert.ok(typeof right === 'object' && right.signer.keyId === made.keyId && right.publicKey === made.publicKey);
  assert.equal(openPassphraseKey(made.file, 'correct horse batterz'), 'That is not the passphrase of this key.');
  assert.equal(
    openPassphraseKey(made.file.replace('scrypt', 'plain'), 'correct horse battery'),
    'This file is no key that Countersign made.',
  );
  assert.doesNotMatch(made.file, /BEGIN PRIVATE KEY/);
});

void test('a WebAuthn credential signs a record; presence is what the authenticator says', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state);
  const ada = await enrolled(ledger, state);
  const credential = authenticator();
  assert.ok((await trustKey(ledger, state.keysFolder, credential.text, realFileSystem, { signer: ada })).ok);
  const with_ = (change: Change, presence?: 'touch' | 'verified'): Signer => ({
    keyId: credential.keyId,
    role: 'person',
    presence,
    sign: async (bytes) => credential.assert(bytes, change),
  });
  const { bytes } = await appended(ledger, acknowledged(), with_({ flags: 0x05 }, 'verified'));
  const checked = verifyEnvelope(bytes, trustedKeys(state.keysFolder));
  assert.ok(checked.ok && checked.presence === 'verified');

  const table: readonly (readonly [string, Change, ('touch' | 'verified')?])[] = [
    ['the person was not verified where that is asked for', { flags: 0x01 }, 'verified'],
    ['nobody was there', { flags: 0x00 }],
    ['verified without being there', { flags: 0x04 }],
    ['another site', { site: 'example.com' }],
    ['another page', { origin: 'https://localhost.example.com' }],
    ['a page by number', { origin: 'http://127.0.0.1:4000' }],
    ['inside another page', { crossOrigin: true }],
    ['a registration', { type: 'webauthn.create' }],
    ['another challenge', { challenge: challengeFor(Buffer.from('something else')) }],
  ];
  for (const [title, change, presence] of table) {
    const refused = await ledger.append(acknowledged(), with_({ flags: 0x05, ...change }, presence));
    assert.ok(!refused.ok && refused.problem.kind === 'signing', title);
  }
  await appended(ledger, acknowledged(), with_({ flags: 0x01 }, 'touch'));
  const report = await verifyLog(state);
  assert.ok(report.ok && report.records === 5, report.sentence);
});

type Change = {
  readonly flags?: number;
  readonly site?: string;
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly type?: string;
  readonly challenge?: string;
};

/** A WebAuthn authenticator in a few lines, with a key of ES256. */
function authenticator() {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
  const bytes = (value: string) => Buffer.concat([Buffer.from([0x58, 32]), Buffer.from(value, 'base64url')]);
  const cose = Buffer.concat([Buffer.from([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21]), bytes(x), Buffer.from([0x22]), bytes(y)]);
  const text = `webauthn ${Buffer.from('credential-1').toString('base64url')} ${cose.toString('base64url')}`;
  const key = readVerifyingKey(text);
  assert.ok(key && key.kind === 'webauthn');
  const assertion = (message: Uint8Array, change: Change): Buffer => {
    const { flags = 0x05, site = 'localhost', origin = 'http://localhost:40123', type = 'webauthn.get', crossOrigin = false } = change;
    const client = Buffer.from(JSON.stringify({ type, challenge: change.challenge ?? challengeFor(message), origin, crossOrigin }));
    const sha256 = (value: Uint8Array | string) => createHash('sha256').update(value).digest();
    const data = Buffer.concat([sha256(site), Buffer.from([flags, 0, 0, 0, 1])]);
    const signature = sign('sha256', Buffer.concat([data, sha256(client)]), pair.privateKey);
    return encodeAssertion({
      authenticatorData: data.toString('base64url'),
      clientDataJSON: client.toString('base64url'),
      signature: signature.toString('base64url'),
    });
  };
  return { text, keyId: key.id, assert: assertion };
}
