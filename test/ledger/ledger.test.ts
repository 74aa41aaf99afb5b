import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, Verifier } from '@sigstore/verify';
import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { canonicalJson, wellFormed } from '../../server/ledger/canonical.ts';
import { decodeEnvelope, preAuthEncoding } from '../../server/ledger/envelope.ts';
import { keyIdOf, newPersonKey, personSigner, readProcessKey, trustedKeys, trustKey } from '../../server/ledger/keys.ts';
import { openLedger } from '../../server/ledger/open.ts';
import type { LedgerEvent } from '../../server/ledger/types.ts';
import { verifyEnvelope, verifyLog } from '../../server/ledger/verify.ts';
import { ACTOR, acknowledged, appended, enrolled, held, opened, parsed, stateIn } from './fixture.ts';

void test('the pre-authentication encoding is DSSE’s, as its specification shows it', () => {
  const encoded = preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
  assert.equal(encoded.toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

void test('another implementation accepts our envelopes, and refuses them with one byte changed', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state);
  const person = await enrolled(ledger, state);
  const processKey = readProcessKey(state.keysFolder);
  assert(processKey);
  const keys = new Map([...trustedKeys(state.keysFolder), [processKey.signer.keyId, processKey.publicKeyPem]]);
  const accepts = (json: { payload: string; signatures: readonly { keyid: string }[] }) => {
    const bundle = bundleFromJSON({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: json.signatures[0]?.keyid } },
      dsseEnvelope: json,
    });
    const publicKey = (hint: string) => ({ publicKey: createPublicKey(keys.get(hint) ?? ''), validFor: () => true });
    const trust = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [], publicKey };
    new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle));
  };
  for (const { bytes } of [await appended(ledger, held()), await appended(ledger, acknowledged(), person)]) {
    const json = parsed<Parameters<typeof accepts>[0]>(Buffer.from(bytes).toString());
    accepts(json);
    const payload = Buffer.from(json.payload, 'base64');
    payload[100]! ^= 1;
    assert.throws(() => accepts({ ...json, payload: payload.toString('base64') }), /signature verification failed/);
    const statement = parsed<Record<string, unknown>>(Buffer.from(json.payload, 'base64').toString());
    assert.equal(statement['_type'], 'https://in-toto.io/Statement/v1');
    assert.deepEqual(statement['subject'], [{ name: 'policies/exports-1.json', digest: { sha256: 'b'.repeat(64) } }]);
  }
});

void test('canonical JSON is what the reference implementation writes, for any JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      assert.equal(canonicalJson(JSON.parse(JSON.stringify(value))), canonicalize(JSON.parse(JSON.stringify(value))));
    }),
    { numRuns: 500 },
  );
});

void test('any text at all can be recorded: lone surrogates show as U+FFFD, and nothing throws', async (context) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0xd800, max: 0xdfff }), (text, lone) => {
      const odd = text + String.fromCharCode(lone) + text;
      assert.equal(wellFormed(odd), new TextDecoder().decode(new TextEncoder().encode(odd)));
      assert.equal(JSON.parse(canonicalJson(odd)), wellFormed(odd));
    }),
  );
  const state = stateIn(context);
  const ledger = await opened(state);
  const event: LedgerEvent = { kind: 'held', cause: 'a\uD800b \u202E "\\\u0000', files: [{ path: '\uDC00.json', findings: [] }] };
  const { record } = await appended(ledger, event);
  assert.equal(record.event.cause, 'a\uFFFDb \u202E "\\\u0000');
  const report = await verifyLog(state);
  assert.equal(report.ok, true, report.sentence);
});

void test('a record is chained to the stored bytes of the one before, and read back as it was', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state, () => new Date('2026-05-01T10:00:00Z'));
  const [second, third] = [await appended(ledger, held(1)), await appended(await opened(state), held(2))];
  assert.equal(second.record.seq, 2);
  assert.equal(second.record.time, '2026-05-01T10:00:00.000Z');
  assert.equal(third.record.prev, second.id);
  const read = [];
  for await (const stored of ledger.read()) read.push(stored);
  assert.deepEqual(
    read.map(({ record }) => record.event.kind),
    ['opened', 'held', 'held'],
  );
  assert.deepEqual(read[1]?.record, second.record);
  assert.deepEqual(
    readdirSync(state.folder),
    [1, 2, 3].map((seq) => `000000000000000${seq}.json`),
  );
  assert.equal(statSync(join(state.keysFolder, 'process.key')).mode & 0o777, 0o600);
});

void test('only a trusted person’s key signs an acknowledgement', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state);
  const stranger = newPersonKey();
  const refusedEvents = [await ledger.append(acknowledged()), await ledger.append(acknowledged(), personSigner(stranger.privateKeyPem))];
  for (const refused of refusedEvents) assert(!refused.ok && refused.problem.kind === 'signing');

  // A file that is merely put there gains nothing.
  const file = join(state.keysFolder, `person-${stranger.keyId}.json`);
  writeFileSync(file, stranger.publicKeyPem);
  assert.equal(trustedKeys(state.keysFolder).size, 0);
  // Nor does a rightly signed announcement from another log.
  const other = stateIn(context);
  await trustKey(await opened(other), other.keysFolder, stranger.publicKeyPem);
  writeFileSync(file, readFileSync(join(other.keysFolder, `person-${stranger.keyId}.json`)));
  assert.equal(trustedKeys(state.keysFolder).size, 0);

  const trusted = await trustKey(ledger, state.keysFolder, stranger.publicKeyPem);
  assert.deepEqual(trusted, { ok: true, keyId: keyIdOf(stranger.publicKeyPem) });
  assert.deepEqual(await trustKey(ledger, state.keysFolder, stranger.publicKeyPem), trusted);
  assert.deepEqual([...trustedKeys(state.keysFolder).keys()], [stranger.keyId]);
  const { bytes, record } = await appended(ledger, acknowledged(), personSigner(stranger.privateKeyPem));
  assert.equal(record.seq, 3, 'trusting is recorded once');

  const checked = verifyEnvelope(bytes, trustedKeys(state.keysFolder));
  assert(checked.ok && checked.stored.record.event.reason?.category === 'temporary');
  assert.equal(verifyEnvelope(bytes, new Map()).ok, false);
  const changed = Buffer.from(bytes);
  changed[200]! ^= 1;
  assert.equal(verifyEnvelope(changed, trustedKeys(state.keysFolder)).ok, false);
  const liar = { ...personSigner(newPersonKey().privateKeyPem), keyId: stranger.keyId };
  const lied = await ledger.append(acknowledged(), liar);
  assert(!lied.ok && lied.problem.kind === 'signing', 'a signature that is not the key’s is not kept');
  const absent = await ledger.append(acknowledged(), { ...liar, sign: () => Promise.reject(new Error('the window closed')) });
  assert(!absent.ok && /the window closed/.test(absent.problem.message));
  assert.equal((await verifyLog(state)).records, 3);
  const noKey = await trustKey(ledger, state.keysFolder, stranger.privateKeyPem);
  assert(!noKey.ok && noKey.problem.kind === 'signing', 'a private key is not taken for a public one');
});

const refusals: readonly { title: string; spoil: (state: { folder: string; keysFolder: string }) => void; kind: string; says: RegExp }[] = [
  {
    title: 'the head changed',
    spoil: ({ folder }) => writeFileSync(join(folder, '0000000000000003.json'), '{}'),
    kind: 'broken',
    says: /Record 3 .* is not the one/,
  },
  {
    title: 'the tail cut',
    spoil: ({ folder }) => unlinkSync(join(folder, '0000000000000003.json')),
    kind: 'broken',
    says: /Record 3 .* is missing/,
  },
  {
    title: 'the first record gone',
    spoil: ({ folder }) => unlinkSync(join(folder, '0000000000000001.json')),
    kind: 'broken',
    says: /lost its first record/,
  },
  {
    title: 'the whole log gone',
    spoil: ({ folder }) => rmSync(folder, { recursive: true }),
    kind: 'broken',
    says: /lost its first record.*move the folder/,
  },
  {
    title: 'the first record unreadable',
    spoil: ({ folder }) => writeFileSync(join(folder, '0000000000000001.json'), 'x'),
    kind: 'broken',
    says: /first record .* cannot be read/,
  },
  {
    title: 'the key gone',
    spoil: ({ keysFolder }) => unlinkSync(join(keysFolder, 'process.key')),
    kind: 'signing',
    says: /process\.key is missing or is not the one/,
  },
  {
    title: 'the key unreadable',
    spoil: ({ keysFolder }) => writeFileSync(join(keysFolder, 'process.key'), 'x'),
    kind: 'signing',
    says: /process\.key/,
  },
];

for (const { title, spoil, kind, says } of refusals) {
  void test(`nothing is added to a log with ${title}`, async (context) => {
    const state = stateIn(context);
    const ledger = await opened(state);
    await appended(ledger, held(2));
    await appended(ledger, held(3));
    spoil(state);
    const result = await openLedger({ ...state, now: () => new Date(), actor: ACTOR });
    const refused = result.ok ? await result.ledger.append(held(4)) : result;
    assert(!refused.ok);
    assert.equal(refused.problem.kind, kind);
    assert.match(refused.problem.message, says);
  });
}

void test('a folder that is a file is refused with a sentence', async (context) => {
  const state = stateIn(context);
  mkdirSync(state.keysFolder);
  writeFileSync(state.folder, '');
  const result = await openLedger({ ...state, now: () => new Date(), actor: ACTOR });
  assert(!result.ok && result.problem.message.includes(state.folder));
});

void test('what appending costs (printed, not judged)', async (context) => {
  const state = stateIn(context);
  const ledger = await opened(state);
  const warm: number[] = [];
  const cold: number[] = [];
  for (let number = 0; number < 60; number++) {
    warm.push(await timed(() => appended(ledger, held(number))));
    cold.push(await timed(async () => appended(await opened(state), held(number))));
  }
  context.diagnostic(`append ${quantiles(warm)}; open and append ${quantiles(cold)}`);
  const [first] = readdirSync(state.folder);
  assert(first !== undefined && decodeEnvelope(readFileSync(join(state.folder, first))));
});

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function quantiles(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}
