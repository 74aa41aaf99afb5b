import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type LedgerFileSystem, realFileSystem } from '../../server/ledger/file-system.ts';
import { openLedger } from '../../server/ledger/open.ts';
import type { Appended } from '../../server/ledger/types.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { ACTOR, appended, held, opened, stateIn, statePaths } from './fixture.ts';

void test('a full disk refuses with a sentence, the log stays whole, and appending goes on when there is space', async (context) => {
  const disk = smallDisk(context);
  if (disk === undefined) return context.skip('NOT TESTED: mounting a small tmpfs is not permitted here');
  const state = statePaths(join(disk, 'state'));
  const ledger = await opened(state);
  await appended(ledger, held());
  const filler = join(disk, 'filler');
  fill(filler);
  let refused: Appended | undefined;
  const answered = new Set<string>();
  for (let number = 0; number < 200 && refused === undefined; number++) {
    const result = await ledger.append(held(number));
    if (result.ok) answered.add(result.stored.id);
    else refused = result;
  }
  assert(refused?.ok === false);
  assert.equal(refused.problem.kind, 'full');
  assert.match(refused.problem.message, new RegExp(`${state.folder} cannot be written: the disk is full .*Free some space`));
  assert.deepEqual(
    readdirSync(state.folder).filter((name) => name.startsWith('.tmp')),
    [],
    'no half record is left',
  );
  const whole = await verifyLog(state);
  assert.equal(whole.ok, true, whole.sentence);
  assert.equal(whole.records, 2 + answered.size);
  unlinkSync(filler);
  await appended(ledger, held());
  await appended(await opened(state), held());
  assert.equal((await verifyLog(state)).records, whole.records + 2);

  // And a log that cannot even begin.
  fill(filler);
  const none = { folder: join(state.state, 'new', 'log'), keysFolder: join(state.state, 'new', 'keys') };
  const result = await openLedger({ ...none, now: () => new Date(), actor: ACTOR });
  assert(!result.ok && result.problem.kind === 'full', 'a log cannot begin on a full disk');
});

void test('a read-only disk refuses with a sentence, and the log can still be read and verified', async (context) => {
  const disk = smallDisk(context);
  if (disk === undefined) return context.skip('NOT TESTED: mounting a small tmpfs is not permitted here');
  const state = statePaths(join(disk, 'state'));
  const ledger = await opened(state);
  await appended(ledger, held());
  assert.equal(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0);
  const results = [await ledger.append(held()), await (await opened(state)).append(held())];
  spawnSync('mount', ['-o', 'remount,rw', disk]);
  for (const result of results) {
    assert(!result.ok && result.problem.kind === 'read-only');
    assert.match(result.problem.message, /read-only for this account \(EROFS\)\. Make it writable/);
  }
  assert.equal((await verifyLog(state)).records, 2);
});

void test('what is no file in the place of a record keeps nobody waiting', async (context) => {
  const state = stateIn(context);
  await appended(await opened(state), held());
  const first = join(state.folder, '0000000000000001.json');
  unlinkSync(first);
  const makesPipes = 'mkfifo';
  if (spawnSync(makesPipes, [first]).status !== 0) return context.skip('NOT TESTED: no pipe with a name can be made here');
  const result = await openLedger({ ...state, now: () => new Date(), actor: ACTOR });
  assert(!result.ok);
  assert.match(result.problem.message, /first record .* cannot be read as one/);
});

void test('a folder without the right to write refuses', async (context) => {
  if (process.getuid?.() === 0) return context.skip('root may write everywhere; the read-only disk covers it');
  const state = stateIn(context);
  const ledger = await opened(state);
  chmodSync(state.folder, 0o500);
  const result = await ledger.append(held());
  chmodSync(state.folder, 0o700);
  assert(!result.ok && result.problem.kind === 'read-only');
});

const faults: readonly { title: string; fs: Partial<LedgerFileSystem>; kind: string; says: RegExp }[] = [
  {
    title: 'a file system without hard links',
    fs: { linkSync: () => raise('EPERM') },
    kind: 'no-link',
    says: /no hard links \(EPERM\).*COUNTERSIGN_STATE/,
  },
  { title: 'a network share without hard links', fs: { linkSync: () => raise('ENOTSUP') }, kind: 'no-link', says: /no hard links/ },
  { title: 'a file that cannot be synced', fs: { fsyncSync: () => raise('EIO') }, kind: 'io', says: /EIO/ },
  { title: 'a disk that fills while syncing', fs: { fsyncSync: () => raise('ENOSPC') }, kind: 'full', says: /disk is full/ },
  { title: 'a write that takes nothing', fs: { writeSync: () => 0 }, kind: 'full', says: /disk is full/ },
  { title: 'a quota', fs: { writeSync: () => raise('EDQUOT') }, kind: 'full', says: /disk is full \(EDQUOT\)/ },
];

for (const { title, fs, kind, says } of faults) {
  void test(`refused: ${title}`, async (context) => {
    const state = stateIn(context);
    await appended(await opened(state), held());
    const result = await openLedger({ ...state, now: () => new Date(), actor: ACTOR, fs: { ...realFileSystem, ...fs } });
    assert(result.ok, 'an existing log opens');
    const refused = await result.ledger.append(held());
    assert(!refused.ok);
    assert.equal(refused.problem.kind, kind);
    assert.match(refused.problem.message, says);
    assert.match(refused.problem.message, new RegExp(state.folder));
    const report = await verifyLog(state);
    assert.equal(report.ok, true, report.sentence);
    assert.equal(report.records, 2);
  });
}

void test('a write that takes only some of the bytes is continued', async (context) => {
  const state = stateIn(context);
  const writeSync: LedgerFileSystem['writeSync'] = (descriptor, bytes, offset, length) =>
    realFileSystem.writeSync(descriptor, bytes, offset, Math.min(length, 100));
  const result = await openLedger({ ...state, now: () => new Date(), actor: ACTOR, fs: { ...realFileSystem, writeSync } });
  assert(result.ok);
  await appended(result.ledger, held());
  assert.equal((await verifyLog(state)).records, 2);
});

function smallDisk(context: TestContext): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'countersign-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status === 0;
  context.after(() => {
    if (mounted) spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  return mounted ? disk : undefined;
}

function fill(path: string): void {
  for (let size = 64 * 1024, content = ''; size >= 1024; ) {
    try {
      writeFileSync(path, (content += 'x'.repeat(size)));
    } catch {
      content = content.slice(size);
      size /= 2;
    }
  }
}

function raise(code: string): never {
  throw Object.assign(new Error(`${code}: as the test wants`), { code });
}
