// What somebody new to the command line gets wrong: each answer names the place and what to do.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { after, describe, test } from 'node:test';
import { agreed } from '../../server/fronts/cli/confirm.ts';
import { runCli } from '../../server/fronts/cli/run.ts';

const BROKEN = 'pack: x\n  rules: [\n';

void describe('first use', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-first-'));
  after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, '.countersign/packs'), { recursive: true });
  writeFileSync(join(folder, 'broken.pack.yaml'), BROKEN);
  writeFileSync(join(folder, 'no-key.pem'), 'none');

  for (const [args, code, says] of [
    [
      ['pack', 'lint', 'broken.pack.yaml'],
      1,
      /^broken\.pack\.yaml:1: Not valid YAML: Nested mappings are not allowed in compact mappings\. Mend this line\.$/m,
    ],
    [['pack', 'lock'], 0, /^Locked 0 files/],
    [['pack', 'sign', '--key', 'nowhere.pem'], 3, /^There is no file .*nowhere\.pem\. Check the name, or make a key: openssl genpkey/],
    [['pack', 'sign', '--key', 'no-key.pem'], 3, /no-key\.pem is no readable Ed25519 private key in PEM\. .*openssl genpkey/],
    [['pack', 'verify', '--key', 'nowhere.pem'], 3, /^There is no file .*nowhere\.pem\. Check the name\.$/m],
    [['pack', 'verify', '--key', 'no-key.pem'], 3, /no-key\.pem holds no Ed25519 public key in PEM\. .*openssl pkey/],
    [['backtest', 'HEAD'], 3, /^\S+ is in no git repository\. Run this in one, or name it: --repo DIR$/m],
    [['key', 'rotate'], 3, /^There is no key of yours to replace\. Make one: countersign key new/],
    [['log', 'verify'], 0, /^There is no log in \S+: nothing was recorded yet\.\n$/],
    [['log', 'collect', 'nowhere'], 3, /there is no \S+nowhere \(ENOENT\)\. Check the name/],
    [['redteam', '--cases', '.countersign'], 3, /^No case \(\*\.yaml\) is in \S*\.countersign\. Check the name\.$/m],
    [['approve', 'no-key.pem'], 3, /no-key\.pem: .*request\.json/],
    [['report', '--out', 'nowhere/a.html'], 3, /nowhere\/a\.html could not be written \(ENOENT\)\. Check that \S+nowhere is there/],
  ] as const) {
    void test(`countersign ${args.join(' ')}`, async () => {
      const ran = await run(args);
      assert.match(ran.told, says);
      assert.equal(ran.code, code, ran.told);
    });
  }

  void test('where nobody answers, what is said next begins a line of its own', async () => {
    const stdout = new PassThrough();
    const stdin = new PassThrough();
    stdin.end();
    const asked = { stdout, stderr: stdout, stdin, env: {}, cwd: folder, now: () => new Date() };
    assert.equal(await agreed(asked), false);
    assert.equal(String(stdout.read()), 'Write this? [y/N] \n');
  });

  async function run(args: readonly string[]): Promise<{ readonly code: number; readonly told: string }> {
    const told: string[] = [];
    const sink = () =>
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          told.push(chunk.toString());
          done();
        },
      });
    const stdin = new PassThrough();
    stdin.end();
    const env = { HOME: folder, PATH: process.env['PATH'], COUNTERSIGN_STATE: join(folder, 'state') };
    const code = await runCli(args, { stdout: sink(), stderr: sink(), stdin, env, cwd: folder, now: () => new Date() });
    return { code, told: told.join('') };
  }
});
