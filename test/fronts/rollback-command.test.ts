import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { rollbackCommand } from '../../server/fronts/cli/rollback.ts';
import { acknowledge } from '../../server/gate/decisions.ts';
import { review } from '../../server/gate/review.ts';
import { input } from '../gate/builders.ts';
import { BEFORE, PATH, RISKY, scene, type Scene } from '../gate/scene.ts';

async function run({ folder, state }: Scene, ...args: readonly string[]) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const env = { COUNTERSIGN_STATE: state, HOME: folder, PATH: process.env['PATH'] };
  const code = await rollbackCommand(args, { ...streams, stdin: new PassThrough(), env, cwd: folder, now: () => new Date() });
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, out: text(streams.stdout), err: text(streams.stderr) };
}

const REASON = ['--reason', 'The partner has its files'];

/** An acknowledged edit, made. */
async function made(context: TestContext) {
  const s = await scene(context);
  const file = join(s.workspace, PATH);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, RISKY);
  const { done, hold } = await s.approve();
  return { s, file, id: done.id, hold: hold.id };
}

test('an acknowledged edit is taken back by its hold or id, and recorded with the reason', async (context) => {
  for (const name of ['hold', 'id', 'prefix'] as const) {
    const { s, file, id, hold } = await made(context);
    const shown = await run(s, { hold, id, prefix: id.slice(0, 8) }[name], '--dry-run');
    assert.equal(shown.code, 0, shown.err);
    assert.match(shown.out, /- +"Principal": "\*"/);
    assert.equal(readFileSync(file, 'utf8'), RISKY, 'a dry run changes nothing');
    const done = await run(s, { hold, id, prefix: id.slice(0, 8) }[name], ...REASON);
    assert.equal(done.code, 0, done.err);
    assert.equal(readFileSync(file, 'utf8'), BEFORE);
    const last = (await s.records()).at(-1)?.record.event;
    assert.equal(last?.kind, 'rolled-back');
    assert.equal(last.reason?.text, 'The partner has its files');
    const again = await run(s, id, ...REASON);
    assert.equal(again.code, 3);
    assert.match(again.err, /rolled back already/);
  }
});

test('later edits elsewhere stay; at the same lines nothing is written, and a person decides', async (context) => {
  const { s, file, id } = await made(context);
  const later = RISKY.replace('"2012-10-17",', '"2012-10-17",\n  "Id": "exports",');
  writeFileSync(file, later.replace('"Principal": "*"', '"Principal": { "AWS": "arn:aws:iam::111122223333:role/other" }'));
  const conflict = await run(s, id, ...REASON);
  assert.equal(conflict.code, 1, conflict.err);
  assert.match(conflict.err, /same lines, so nothing was changed[\s\S]*1 place/);
  assert.match(readFileSync(file, 'utf8'), /role\/other/);
  assert.ok(!(await s.kinds()).includes('rolled-back'), 'nothing is recorded');
  const folder = join(s.folder, 'merge');
  assert.equal((await run(s, id, '--conflicts', folder)).code, 1);
  const [name = ''] = readdirSync(folder);
  const marked = readFileSync(join(folder, name), 'utf8');
  assert.match(marked, /<<<<<<< as it is now[\s\S]*role\/other[\s\S]*=======[\s\S]*app-reader[\s\S]*>>>>>>>/);
  assert.equal((await run(s, id, '--resolved', folder, ...REASON)).code, 3, 'marks are left');
  writeFileSync(join(folder, name), marked.replace(/<<<<<<<[\s\S]*?=======\n/, '').replace(/>>>>>>> .*\n/, ''));
  const done = await run(s, id, '--resolved', folder, ...REASON);
  assert.equal(done.code, 0, done.err);
  const text = readFileSync(file, 'utf8');
  assert.match(text, /"Id": "exports"/);
  assert.match(text, /app-reader/);
});

test('files of one edit are taken back together; a file that it made goes away', async (context) => {
  const s = await scene(context);
  const paths = ['iam/one-policy.json', 'iam/two-policy.json'];
  const agent = { name: 'Claude Code', session: 's-1', toolCall: 't-1', tool: 'Edit' };
  const provenance = { channel: 'hook', certainty: 'attested', agent } as const;
  const held = await review(
    { workspace: s.workspace, edits: paths.map((path, index) => ({ path, before: index === 0 ? BEFORE : '', after: RISKY, provenance })) },
    s.gate,
  );
  assert.ok(held.verdict === 'acknowledge');
  const done = await acknowledge(held.hold.id, input(), s.gate, s.signer);
  assert.ok(done.ok);
  const [one = '', two = ''] = paths.map((path) => join(s.workspace, path));
  mkdirSync(dirname(one), { recursive: true });
  writeFileSync(one, RISKY);
  writeFileSync(two, RISKY.replace('"Principal": "*"', '"Principal": "mine"'));
  const stopped = await run(s, done.id, ...REASON);
  assert.equal(stopped.code, 1);
  assert.equal(readFileSync(one, 'utf8'), RISKY, 'not one without the other');
  writeFileSync(two, RISKY);
  assert.equal((await run(s, done.id, ...REASON)).code, 0);
  assert.equal(readFileSync(one, 'utf8'), BEFORE);
  assert.ok(!existsSync(two));
});

test('what cannot be rolled back is said, with the remedy', async (context) => {
  const { s, id, file } = await made(context);
  for (const [args, code, said] of [
    [[], 3, /Say which/],
    [['nonsense!'], 3, /names no record/],
    [['H-00000000'], 3, /No acknowledgement/],
    [[id], 3, /at least 5 characters/],
    [[id, '--reason', 'x'], 3, /at least 5 characters/],
    [[id, '--wrong'], 3, /no flag --wrong/],
    [[id, '--conflicts', 'a', '--resolved', 'b'], 3, /exclude each other/],
    [[id, '--resolved', 'nowhere', ...REASON], 3, /has none of the files/],
  ] as const) {
    const ran = await run(s, ...args);
    assert.equal(ran.code, code, args.join(' '));
    assert.match(ran.err, said, args.join(' '));
  }
  assert.equal(readFileSync(file, 'utf8'), RISKY);
});
