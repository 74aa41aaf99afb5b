import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { runCli } from '../../server/fronts/cli/run.ts';
import { loadPacks } from '../../server/gate/packs.ts';

void describe('countersign pack', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-pack-test-'));
    assert.equal((await cli(['pack', 'new', 'team-rules'])).code, 0);
    mkdirSync(join(folder, 'source'));
    writeFileSync(join(folder, 'source', 'team.yaml'), text('team-rules.pack.yaml'));
    mkdirSync(join(folder, 'bad'));
    writeFileSync(join(folder, 'bad', 'a.yaml'), text('team-rules.pack.yaml').replace('lines: [7]', 'lines: [3]'));
    writeFileSync(
      join(folder, 'bad', 'b.yaml'),
      text('team-rules.pack.yaml').replace('severity: medium', 'severity: huge').replace('team-rules', 'other'),
    );
    writeFileSync(join(folder, 'bad', 'no-pack.yaml'), 'a: 1\n');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  void test('a new pack passes its own tests and has nothing to be told', async () => {
    assert.match((await cli(['pack', 'test', 'team-rules.pack.yaml'])).out, /^1 pack, 1 rule: 2 cases passed, 0 failed\.\n$/);
    assert.match((await cli(['pack', 'lint', 'team-rules.pack.yaml'])).out, /nothing to say/);
  });

  void test('never overwrites', async () => {
    const { code, err } = await cli(['pack', 'new', 'team-rules']);
    assert.equal(code, 3);
    assert.match(err, /is there already/);
  });

  void test('a case that fails and a pack that cannot be read are told with file and line, and the others are tested', async () => {
    const { code, out } = await cli(['pack', 'test', 'bad']);
    assert.equal(code, 1);
    assert.match(out, /^bad\/a\.yaml:\d+: team-rules-image-not-pinned, .*Expected medium at line 3, but there was medium at line 7/m);
    assert.match(out, /^bad\/b\.yaml:7: "huge" is not known here/m);
    assert.match(out, /1 case passed, 2 failed/);
  });

  void test('a rule without tests fails', async () => {
    const untested = text('team-rules.pack.yaml').replace(/ {4}tests:[^]*/, '');
    writeFileSync(join(folder, 'untested.pack.yaml'), untested);
    const { code, out } = await cli(['pack', 'test', 'untested.pack.yaml']);
    assert.equal(code, 1);
    assert.match(out, /has no test that must alarm and no neutral test/);
    rmSync(join(folder, 'untested.pack.yaml'));
  });

  void test('writes a page for each rule', async () => {
    assert.equal((await cli(['pack', 'docs', 'source', '--out', 'docs'])).code, 0);
    assert.deepEqual(readdirSync(join(folder, 'docs')), ['README.md', 'team-rules-image-not-pinned.md']);
    assert.match(text('docs/team-rules-image-not-pinned.md'), /^# team-rules-image-not-pinned[^]*What to do instead[^]*Example[^]*CWE-829/);
  });

  void test('adds from a folder and from git at a commit, locks, signs and verifies; one changed byte is told', async () => {
    const keys = generateKeyPairSync('ed25519');
    const other = generateKeyPairSync('ed25519');
    writeFileSync(join(folder, 'key.pem'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(folder, 'key.pub.pem'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(join(folder, 'other.pub.pem'), other.publicKey.export({ type: 'spki', format: 'pem' }));

    assert.match((await cli(['pack', 'add', './source'])).out, /^Added team-rules 0\.1\.0 \(1 rule\) from \.\/source/);
    assert.match((await cli(['pack', 'verify'])).out, /What was locked is there: 1 file\. Signature: none/);
    assert.equal((await cli(['pack', 'verify', '--key', 'key.pub.pem'])).code, 1, 'not signed');
    assert.equal((await cli(['pack', 'sign', '--key', 'key.pem'])).code, 0);
    assert.match((await cli(['pack', 'verify', '--key', 'key.pub.pem'])).out, /Signature: checked/);
    assert.match((await cli(['pack', 'verify', '--key', 'other.pub.pem'])).out, /not made with this key/);

    const packs = join(folder, '.countersign', 'packs');
    const key = text('key.pub.pem');
    const load = (keys: readonly string[] = []): readonly [number, string] => {
      const { packs: loaded, problems } = loadPacks([
        { folder: packs, keys },
        { folder: join(folder, 'nowhere'), keys: [] },
      ]);
      return [loaded.length, problems.join('\n')];
    };
    assert.deepEqual(load([key]), [1, '']);
    assert.match(load([text('other.pub.pem')]).join(' '), /^0 The packs in .* are not loaded: .*not made with this key/);

    const file = join(packs, 'team-rules', 'team.yaml');
    const kept = readFileSync(file);
    appendFileSync(file, '\n');
    const changed = await cli(['pack', 'verify', '--key', 'key.pub.pem']);
    assert.equal(changed.code, 1);
    assert.match(changed.out, /team-rules\/team\.yaml is not what was locked/);
    assert.match(load().join(' '), /^0 The packs in .* is not what was locked/);
    assert.match((await cli(['pack', 'sign', '--key', 'key.pem'])).err, /not what was locked/);
    assert.match((await cli(['pack', 'add', './source'])).err, /not what was locked/);
    writeFileSync(file, kept);
    writeFileSync(join(folder, '.countersign', 'packs', 'extra.yaml'), 'a: 1\n');
    assert.match((await cli(['pack', 'verify'])).out, /extra\.yaml is not in the lock/);
    rmSync(join(folder, '.countersign', 'packs', 'extra.yaml'));

    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
        cwd: join(folder, 'source'),
        encoding: 'utf8',
      });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', 'rules');
    const commit = git('rev-parse', 'HEAD').trim();
    const url = `file://${join(folder, 'source')}`;
    assert.match(
      (await cli(['pack', 'add', `${url}#${commit}`])).out,
      new RegExp(`from ${url.replaceAll('.', '\\.')}#${commit}, and locked`),
    );
    assert.match((await cli(['pack', 'add', `${url}#main`])).err, /no whole commit id/);
    assert.match((await cli(['pack', 'verify', '--key', 'key.pub.pem'])).out, /signs another lock/);
  });

  void test('a pack whose tests fail is not added', async () => {
    mkdirSync(join(folder, 'failing'));
    writeFileSync(join(folder, 'failing', 'a.yaml'), text('bad/a.yaml'));
    const { code, err } = await cli(['pack', 'add', './failing']);
    assert.equal(code, 3);
    assert.match(err, /is not added, for its tests fail/);
  });

  void test('replays a history, by rule and severity', async () => {
    const repo = join(folder, 'history');
    mkdirSync(repo);
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: repo, encoding: 'utf8' });
    git('init', '--quiet');
    for (const [name, body] of [
      ['pod.yaml', pod('')],
      ['pod.yaml', pod(', securityContext: { privileged: true }')],
      ['main.ts', 'export {};'],
      ['pod.yaml', pod('')],
    ] as const) {
      writeFileSync(join(repo, name), body);
      git('add', '.');
      git('commit', '--quiet', '-m', 'a change');
    }
    const { code, out } = await cli(['backtest', 'HEAD', '--repo', 'history', '--json']);
    assert.equal(code, 0);
    const result = JSON.parse(out) as {
      commits: number;
      files: number;
      held: { files: number };
      rules: { rule: string; counts: { high: number } }[];
    };
    assert.deepEqual([result.commits, result.files, result.held.files], [4, 3, 1]);
    assert.equal(result.rules.find(({ rule }) => rule === 'k8s-privileged-container')?.counts.high, 1);
    assert.match((await cli(['backtest', 'HEAD', '--repo', 'history'])).out, /k8s-privileged-container[^]*4 commits, 3 files judged/);
    const alone = await cli(['backtest', 'HEAD', '--repo', 'history', '--pack', 'team-rules.pack.yaml']);
    assert.match(alone.out, /No rule had anything to say/);
    assert.match((await cli(['backtest', 'nothing..here', '--repo', 'history'])).err, /git does not know the range/);
    assert.match((await cli(['backtest', '--', '--output=x', '--repo', 'history'])).err, /Name one range|is no range/);
  });

  void test('a pack that is added is asked at once; what an upgrade brings is shown until somebody accepts it', async () => {
    const home = join(folder, 'upgraded');
    mkdirSync(join(home, 'source'), { recursive: true });
    const put = (body: string): void => writeFileSync(join(home, 'source', 'team.yaml'), body);
    const run = (args: readonly string[]) => cli(args, home);
    const first = text('team-rules.pack.yaml');
    const [head = '', rule = ''] = first.split(/^rules:\n/m);
    put(first);
    assert.equal((await run(['pack', 'add', './source'])).code, 0);
    assert.match((await run(['pack', 'accept', '--list'])).out, /No rule is new or stricter/);

    const second = rule
      .replace('id: team-rules-image-not-pinned', 'id: team-rules-second')
      .replace('of `{name}` can', 'of `{name}` really can');
    put(`${head.replace('version: 0.1.0', 'version: 0.2.0')}rules:\n${rule}${second}`);
    const added = await run(['pack', 'add', './source']);
    assert.match(
      added.out,
      /Added team-rules 0\.2\.0 \(2 rules\).*\n1 rule is new or stricter, and only shown until a person accepts: countersign pack accept/,
    );

    writeFileSync(join(home, 'before.yaml'), pod('').replace('image: a', 'image: "a@sha256:0f"'));
    writeFileSync(join(home, 'after.yaml'), pod('').replace('image: a', 'image: "a:1"'));
    const reviewed = async () => {
      const { out } = await run([
        'review',
        '--before',
        'before.yaml',
        '--after',
        'after.yaml',
        '--path',
        'k8s/web.yaml',
        '--format',
        'json',
      ]);
      return JSON.parse(out) as { verdict: string; findings: { rule: string }[] };
    };
    const both = ['team-rules-image-not-pinned', 'team-rules-second'];
    const rulesOf = async () => (await reviewed()).findings.map((one) => one.rule).filter((id) => id.startsWith('team-rules'));
    assert.deepEqual(await rulesOf(), both);

    assert.match(
      (await run(['pack', 'accept', '--list'])).out,
      /Only shown until[^]*team-rules-second {2}new, medium {2}\(team-rules 0\.2\.0\)/,
    );
    assert.match((await run(['pack', 'accept'])).out, /Accepted[^]*team-rules-second/);
    assert.match(
      (await run(['log', 'show', '--kind', 'rules-accepted'])).out,
      /1 rule was accepted: team-rules-second \(team-rules 0\.2\.0, new, medium\)/,
    );
    assert.match((await run(['pack', 'accept'])).out, /No rule is new or stricter/);
    assert.equal((await reviewed()).verdict, 'acknowledge');

    appendFileSync(join(home, '.countersign', 'packs', 'team-rules', 'team.yaml'), '\n');
    assert.equal((await reviewed()).verdict, 'closed');
    assert.match((await run(['pack', 'accept'])).err, /Nothing was accepted\. The packs in .* is not what was locked/);
    assert.match((await run(['pack', 'accept', 'team-rules'])).err, /takes no name/);
  });

  for (const [args, says] of [
    [['pack'], /pack new +write a pack/],
    [['pack', 'tset'], /Did you mean: countersign pack test/],
    [['pack', 'test', 'nowhere'], /cannot be read \(ENOENT\)/],
    [['pack', 'test', '--what'], /--what/],
    [['pack', 'add', '!!'], /no folder, no git url/],
    [['pack', 'sign'], /Name the private key/],
  ] as const) {
    void test(`countersign ${args.join(' ')} says what to do`, async () => {
      const { code, err } = await cli(args);
      assert.equal(code, 3);
      assert.match(err, says);
    });
  }

  function text(name: string): string {
    return readFileSync(join(folder, name), 'utf8');
  }

  async function cli(
    args: readonly string[],
    cwd = folder,
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const env = { ...process.env, COUNTERSIGN_STATE: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
    const code = await runCli(args, { stdout, stderr, stdin: Readable.from([]), env, cwd, now: () => new Date() });
    return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
  }
});

function pod(more: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: a${more} }] }\n`;
}
