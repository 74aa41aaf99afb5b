import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonicalJson } from '../../server/ledger/canonical.ts';
import { decodeRecord, encodeEnvelope, encodeStatement, preAuthEncoding, RECORD_PAYLOAD_TYPE } from '../../server/ledger/envelope.ts';
import { atOnce } from '../../server/ledger/disk-calls.ts';
import { realFileSystem } from '../../server/ledger/file-system.ts';
import { readHead, writeHead } from '../../server/ledger/head.ts';
import { newPersonKey, personSigner, readProcessKey } from '../../server/ledger/keys.ts';
import type { LedgerRecord, Signer } from '../../server/ledger/types.ts';
import { type Remembered, verifyLog } from '../../server/ledger/verify.ts';
import { acknowledged, appended, enrolled, held, opened, type State, stateIn } from './fixture.ts';

/** What is done to a log of 10 records: 1 opened, 2 key-trusted, 3 … 9 held, but 6 acknowledged, 10 acknowledged. */
type Row = {
  readonly title: string;
  readonly tamper: (log: Log) => void | Promise<void>;
  readonly seq: number | undefined;
  readonly what: string;
  readonly remembered?: (log: Log) => Remembered;
};
type Log = State & {
  readonly file: (seq: number) => string;
  readonly id: (seq: number) => string;
  readonly process: Signer;
  readonly person: Signer;
};

const rows: readonly Row[] = [
  ...[0, 40, 300, -3].map((at) => ({
    title: `one byte changed at ${at}`,
    tamper: ({ file }: Log) => edit(file(5), (bytes) => void (bytes[at < 0 ? bytes.length + at : at]! ^= 1)),
    seq: 5,
    what: /changed|bad-signature|unknown-key/.source,
  })),
  { title: 'a reason reworded', tamper: (log) => reword(log, 6), seq: 6, what: 'bad-signature' },
  { title: 'a space added at the end', tamper: ({ file }) => text(file(5), (json) => `${json}\n`), seq: 5, what: 'changed' },
  {
    title: 'a duplicate name added',
    tamper: ({ file }) => text(file(5), (json) => json.replace('{', '{"payloadType":"x",')),
    seq: 5,
    what: 'changed',
  },
  {
    title: 'a second signature added',
    tamper: ({ file }) => text(file(5), (json) => json.replace('}]', '},{}]')),
    seq: 5,
    what: 'changed',
  },
  { title: 'the file emptied', tamper: ({ file }) => writeFileSync(file(4), ''), seq: 4, what: 'changed' },
  { title: 'the file cut short', tamper: ({ file }) => text(file(4), (json) => json.slice(0, 200)), seq: 4, what: 'changed' },
  { title: 'no JSON', tamper: ({ file }) => writeFileSync(file(4), 'all is well'), seq: 4, what: 'changed' },
  {
    title: 'the key name changed',
    tamper: ({ file }) => text(file(5), (json) => json.replace(/"keyid":"../, '"keyid":"zz')),
    seq: 5,
    what: 'unknown-key',
  },
  { title: 'a record removed', tamper: ({ file }) => unlinkSync(file(5)), seq: 5, what: 'removed' },
  { title: 'the first record removed', tamper: ({ file }) => unlinkSync(file(1)), seq: 1, what: 'removed' },
  {
    title: 'a record removed and the rest moved up',
    tamper: ({ file }) => [6, 7, 8, 9, 10].forEach((seq) => renameSync(file(seq), file(seq - 1))),
    seq: 5,
    what: 'moved',
  },
  { title: 'two records swapped', tamper: (log) => swap(log, 4, 5), seq: 4, what: 'moved' },
  { title: 'a record copied over another', tamper: ({ file }) => copyFileSync(file(3), file(5)), seq: 5, what: 'moved' },
  {
    title: 'a record inserted and the rest moved down',
    tamper: ({ file }) => {
      for (const seq of [10, 9, 8, 7, 6, 5]) renameSync(file(seq), file(seq + 1));
      copyFileSync(file(4), file(5));
    },
    seq: 5,
    what: 'moved',
  },
  {
    title: 'a record forged with the process key in place of another',
    tamper: (log) => forge(log, 5, { event: held(99) }, log.process),
    seq: 5,
    what: 'replaced',
  },
  {
    title: 'a record forged with a new key',
    tamper: (log) => forge(log, 5, {}, personSigner(newPersonKey().privateKeyPem)),
    seq: 5,
    what: 'unknown-key',
  },
  { title: 'a record of another log', tamper: (log) => forge(log, 5, { log: 'another' }, log.process), seq: 5, what: 'foreign' },
  { title: 'a number changed inside', tamper: (log) => forge(log, 5, { seq: 7 }, log.process), seq: 5, what: 'moved' },
  { title: 'an acknowledgement by the process key', tamper: (log) => forge(log, 10, {}, log.process), seq: 10, what: 'wrong-key' },
  { title: 'the log begun twice', tamper: (log) => forge(log, 5, { event: { kind: 'opened' } }, log.process), seq: 5, what: 'moved' },
  {
    title: 'a person’s key announced by nobody',
    tamper: (log) => forge(log, 2, { event: { kind: 'key-trusted' } }, log.process),
    seq: 2,
    what: 'replaced',
  },
  { title: 'the last record removed', tamper: ({ file }) => unlinkSync(file(10)), seq: 10, what: 'cut' },
  { title: 'the last three removed', tamper: ({ file }) => [8, 9, 10].forEach((seq) => unlinkSync(file(seq))), seq: 8, what: 'cut' },
  {
    title: 'all records removed',
    tamper: ({ folder }) => readdirSync(folder).forEach((name) => unlinkSync(join(folder, name))),
    seq: 1,
    what: 'cut',
  },
  {
    title: 'the whole folder removed, and the head with it',
    tamper: ({ folder }) => {
      rmSync(folder, { recursive: true });
      unlinkSync(`${folder}.head.json`);
    },
    seq: 1,
    what: 'cut',
  },
  {
    title: 'the tail and the head file removed, against a noted end',
    tamper: ({ file, folder }) => [file(9), file(10), `${folder}.head.json`].forEach((path) => unlinkSync(path)),
    remembered: (log) => ({ seq: 10, head: log.id(10) }),
    seq: 9,
    what: 'cut',
  },
  {
    title: 'the last record rewritten with the process key, and the head file removed, against a noted end',
    tamper: async (log) => {
      await forge(log, 10, { event: held(99) }, log.process);
      unlinkSync(`${log.folder}.head.json`);
    },
    remembered: (log) => ({ seq: 10, head: log.id(10) }),
    seq: 10,
    what: 'replaced',
  },
  {
    title: 'everything from a record on written anew with the process key, against an end noted there',
    tamper: async (log) => {
      await forge(log, 7, { event: held(99) }, log.process);
      for (const seq of [8, 9]) await forge(log, seq, { prev: log.id(seq - 1) }, log.process);
      unlinkSync(log.file(10));
      unlinkSync(`${log.folder}.head.json`);
    },
    remembered: (log) => ({ seq: 7, head: log.id(7) }),
    seq: 7,
    what: 'replaced',
  },
  {
    title: 'a record with a signature of nobody, and an honest one appended to it',
    tamper: async (log) => {
      const nobody = personSigner(newPersonKey().privateKeyPem);
      await forge(log, 9, {}, { ...nobody, keyId: log.process.keyId });
      await forge(log, 10, { prev: log.id(9), event: held(99) }, { ...nobody, keyId: log.process.keyId });
      unlinkSync(`${log.folder}.head.json`);
      await appended(await opened(log), held(100));
    },
    seq: 9,
    what: 'bad-signature',
  },
  {
    title: 'the same behind the head of another process',
    tamper: async (log) => {
      const nobody = personSigner(newPersonKey().privateKeyPem);
      copyFileSync(log.file(9), log.file(11));
      await forge(log, 11, { seq: 11, prev: log.id(10) }, { ...nobody, keyId: log.process.keyId });
      await appended(await opened(log), held(100));
    },
    seq: 11,
    what: 'bad-signature',
  },
  {
    title: 'the last record rewritten with the process key',
    tamper: (log) => forge(log, 10, { event: held(99) }, log.process),
    seq: 10,
    what: 'replaced',
  },
  {
    title: 'the head file signed by another key',
    tamper: async ({ folder }) => {
      const signer = personSigner(newPersonKey().privateKeyPem);
      const payload = Buffer.from(canonicalJson({ log: 'x', seq: 3, head: 'y' }));
      const payloadType = 'application/vnd.countersign.head+json';
      const signature = Buffer.from(await signer.sign(preAuthEncoding(payloadType, payload)));
      writeFileSync(`${folder}.head.json`, encodeEnvelope({ payloadType, payload, keyId: signer.keyId, signature }));
    },
    seq: undefined,
    what: 'bad-signature',
  },
  { title: 'a stray file', tamper: ({ folder, file }) => copyFileSync(file(5), join(folder, '5.json')), seq: undefined, what: 'stray' },
  {
    title: 'the process key exchanged',
    tamper: ({ keysFolder }) => writeFileSync(join(keysFolder, 'process.key'), newPersonKey().privateKeyPem),
    seq: 1,
    what: 'unknown-key',
  },
];

for (const { title, tamper, seq, what, remembered } of rows) {
  void test(`tampered: ${title}`, async (context) => {
    const log = await tenRecords(stateIn(context));
    assert.equal((await verifyLog(log)).ok, true, 'the log is whole before it is tampered with');
    const noted = remembered?.(log);
    await tamper(log);
    const report = await verifyLog({ ...log, remembered: noted });
    assert.equal(report.ok, false, report.sentence);
    assert.equal(report.firstBad?.seq, seq, report.sentence);
    assert.match(report.firstBad?.what ?? '', new RegExp(`^(${what})$`), report.sentence);
    if (seq !== undefined) {
      assert.match(report.sentence, new RegExp(`[Rr]ecord ${seq}\\b`));
      assert.equal(report.records, seq - 1, 'counts the good records before it');
    }
  });
}

void test('what is not tampering is warned of, or passed over', async (context) => {
  const log = await tenRecords(stateIn(context));
  writeFileSync(join(log.folder, '.tmp-1-abc'), 'half a rec');
  writeFileSync(join(log.folder, '.DS_Store'), 'x');
  writeFileSync(join(log.keysFolder, `person-${'d'.repeat(64)}.json`), readFileSync(log.file(2)));
  writeFileSync(join(log.keysFolder, `person-${'e'.repeat(64)}.json`), newPersonKey().publicKeyPem);
  unlinkSync(`${log.folder}.head.json`);
  const report = await verifyLog(log);
  assert.equal(report.ok, true, report.sentence);
  assert.equal(report.head?.seq, 10);
  const warnings = report.warnings.join('\n');
  assert.match(warnings, /tail cannot be checked/);
  assert.match(warnings, /1 unfinished temporary/);
  assert.match(warnings, /person-eeee\S+ is not announced/);
});

void test('a head that says all was checked spares no look at what comes after it, nor at a person’s signature', async (context) => {
  const log = await tenRecords(stateIn(context));
  const root = readProcessKey(log.keysFolder);
  assert.ok(root);
  const head = readHead(log.folder, root.publicKey, realFileSystem);
  assert.ok(head.kind === 'head' && head.head.checked && head.head.seq === 10);
  // What only who holds the process key can do: a chain made anew, with a head that vouches for it.
  const nobody = personSigner(newPersonKey().privateKeyPem);
  await forge(log, 10, { event: acknowledged('Nobody said so, whatever this says.') }, { ...nobody, keyId: log.person.keyId });
  await writeHead(log.folder, { ...head.head, head: log.id(10) }, log.process, atOnce(realFileSystem));
  const report = await verifyLog(log);
  assert.deepEqual([report.firstBad?.seq, report.firstBad?.what], [10, 'bad-signature'], report.sentence);
});

void test('a second key that may sign acknowledgements is a warning', async (context) => {
  const log = await tenRecords(stateIn(context));
  assert.doesNotMatch((await verifyLog(log)).warnings.join(), /further key/);
  await enrolled(await opened(log), log);
  const report = await verifyLog(log);
  assert.equal(report.ok, true);
  assert.match(report.warnings.join(), /Record 11 lets a further key/);
});

void test('a clock set back is a warning that names the record', async (context) => {
  const state = stateIn(context);
  const times = ['2026-05-01T10:00:00Z', '2026-05-01T10:00:01Z', '2026-05-01T09:00:00Z', '2026-05-01T10:00:02Z'].map(
    (time) => new Date(time),
  );
  const ledger = await opened(state, () => times.shift() ?? new Date('2026-05-02T00:00:00Z'));
  for (let i = 0; i < 3; i++) await appended(ledger, held(i));
  const report = await verifyLog(state);
  assert.equal(report.ok, true);
  assert.match(report.warnings.join('\n'), /Record 3 has an earlier time/);
});

async function tenRecords(state: State): Promise<Log> {
  const ledger = await opened(state);
  const person = await enrolled(ledger, state);
  for (const seq of [3, 4, 5, 6, 7, 8, 9, 10])
    await (seq === 6 || seq === 10 ? appended(ledger, acknowledged(), person) : appended(ledger, held(seq)));
  const file = (seq: number) => join(state.folder, `${String(seq).padStart(16, '0')}.json`);
  const key = readProcessKey(state.keysFolder);
  assert(key);
  const id = (seq: number) => {
    const decoded = decodeRecord(readFileSync(file(seq)));
    assert(decoded.ok);
    return decoded.stored.id;
  };
  return { ...state, file, id, process: key.signer, person };
}

function edit(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

function text(path: string, change: (json: string) => string): void {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  assert.notEqual(after, before);
  writeFileSync(path, after);
}

function swap({ file }: Log, a: number, b: number): void {
  renameSync(file(a), `${file(a)}.x`);
  renameSync(file(b), file(a));
  renameSync(`${file(a)}.x`, file(b));
}

/** Changes the content in the right form, and keeps the old signature. */
function reword({ file }: Log, seq: number): void {
  const decoded = decodeRecord(readFileSync(file(seq)));
  assert(decoded.ok);
  const record = { ...decoded.stored.record, event: acknowledged('A rather different reason was given here.') };
  writeFileSync(file(seq), encodeEnvelope({ ...decoded.envelope, payload: encodeStatement(record) }));
}

/** Replaces a record by one that is rightly signed by the given key. */
async function forge({ file }: Log, seq: number, change: Partial<LedgerRecord>, signer: Signer): Promise<void> {
  const decoded = decodeRecord(readFileSync(file(seq)));
  assert(decoded.ok);
  const payload = encodeStatement({ ...decoded.stored.record, ...change });
  const signature = Buffer.from(await signer.sign(preAuthEncoding(RECORD_PAYLOAD_TYPE, payload)));
  writeFileSync(file(seq), encodeEnvelope({ payloadType: RECORD_PAYLOAD_TYPE, payload, keyId: signer.keyId, signature }));
}
