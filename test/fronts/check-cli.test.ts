import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { setUpCheck, withCiNamed } from '../../server/fronts/cli/check-init.ts';
import { GITHUB, GITHUB_FILE } from '../../server/fronts/cli/check-ci-files.ts';
import { acknowledge } from '../../server/gate/decisions.ts';
import { judge } from '../../server/gate/judge.ts';
import { readHold } from '../../server/gate/holds.ts';
import { AFTER, BEFORE, bucketPolicy, CheckScene, EVERYONE, FILE, ioFor, runCheck } from './check-scene.ts';
import { DIST } from './hook-scene.ts';

const BAD: readonly { readonly args: readonly string[]; readonly says: RegExp }[] = [
  { args: [], says: /--base main\. Before a commit: --staged/ },
  { args: ['--base', 'nowhere'], says: /--base: git knows no commit "nowhere"/ },
  { args: ['--base', 'main', '--head', 'nowhere'], says: /--head: git knows no commit "nowhere"/ },
  { args: ['--base', '--output=x'], says: /--base/ },
  { args: ['--base=-x'], says: /"-x" is no revision/ },
  { args: ['--base', ''], says: /is no revision/ },
  { args: ['--base', 'main:README.md'], says: /git knows no commit/ },
  { args: ['--base', '0'.repeat(40)], says: /all zeros: there was no commit before/ },
  { args: ['--base', 'main', '--format', 'xml'], says: /--format is text, json, sarif or markdown/ },
  { args: ['--base', 'main', '--also', 'sarif'], says: /--also takes FORMAT=FILE/ },
  { args: ['--base', 'main', '--also', 'text=.claude/settings.json'], says: /--also writes over the file it names/ },
  { args: ['--staged', '--head', 'HEAD'], says: /--staged and --head exclude each other/ },
  { args: ['--bas', 'main'], says: /Did you mean --base/ },
  { args: ['main'], says: /main.* belongs to no flag/ },
];

void describe('countersign check: how it is asked', () => {
  void test('what is asked wrongly is answered with 2 and a sentence', async (context) => {
    const { scene } = await CheckScene.begin(context);
    for (const { args, says } of BAD) {
      const { code, out, err } = await runCheck(args, scene.folder, scene.home);
      assert.equal(code, 2, `${args.join(' ')}: ${out}${err}`);
      assert.match(err, says, args.join(' '));
      assert.equal(out, '');
    }
    const help = await scene.check('--help');
    assert.equal(help.code, 0);
    assert.match(help.out, /--base REV[\s\S]*Examples:[\s\S]*Exit codes: 0 nothing is missing, 1 refused, 2/);
  });

  void test('no repository, unrelated histories, a shallow clone: 2, and the remedy', async (context) => {
    const { scene } = await CheckScene.begin(context);
    const none = await runCheck(['--base', 'main'], scene.home, scene.home);
    assert.equal(none.code, 2);
    assert.match(none.err, /is in no git repository\. Run this in one, or name it: --repo DIR/);
    assert.equal((await runCheck(['--base', 'main', '--repo', scene.folder], scene.home, scene.home)).code, 0);
    scene.git('checkout', '--quiet', '--orphan', 'apart');
    scene.commit('Apart');
    const apart = await scene.check();
    assert.equal(apart.code, 2);
    assert.match(apart.err, /have no commit in common/);
    scene.git('checkout', '--quiet', 'main');
    scene.write({ 'README.md': 'Two\n' });
    scene.commit('Two');
    const clone = join(scene.home, 'clone');
    scene.git('clone', '--quiet', '--depth=1', `file://${scene.folder}`, clone);
    const shallow = await runCheck(['--base', 'HEAD', '--head', 'HEAD'], clone, scene.home);
    assert.equal(shallow.code, 2);
    assert.match(shallow.err, /shallow clone[\s\S]*git fetch --unshallow, or "fetch-depth: 0"/);
  });

  void test('an empty range passes; no history at all is answered', async (context) => {
    const { scene } = await CheckScene.begin(context);
    const { code, out } = await scene.check('--base', 'main', '--head', 'main');
    assert.equal(code, 0);
    assert.equal(out, 'Passed: Nothing needs a person. 0 changed files looked at.\n');
    const fresh = mkdtempSync(join(tmpdir(), 'countersign-fresh-'));
    context.after(() => rmSync(fresh, { recursive: true, force: true }));
    spawnSync('git', ['init', '--quiet', fresh]);
    writeFileSync(join(fresh, 'README.md'), 'x\n');
    assert.equal((await runCheck(['--staged'], fresh, scene.home)).code, 0);
    assert.equal((await runCheck(['--base', 'main'], fresh, scene.home)).code, 2);
  });

  void test('JSON, SARIF and Markdown name file, line, consequence and what is missing', async (context) => {
    const { scene, ada } = await CheckScene.begin(context);
    await scene.acknowledged(ada, 'infra/logs.json', '', bucketPolicy(EVERYONE, ['s3:GetObject'], 'prod-logs'));
    scene.write({ [FILE]: AFTER });
    scene.commit('One of two');
    const [markdown, sarif] = [join(scene.home, 'summary.md'), join(scene.home, 'out.sarif')];
    const { code, out } = await scene.check(
      '--base',
      'main',
      '--head',
      'HEAD',
      '--format',
      'json',
      '--also',
      `markdown=${markdown}`,
      '--also',
      `sarif=${sarif}`,
    );
    assert.equal(code, 1);
    const answer = JSON.parse(out);
    assert.equal(answer.ok, false);
    const file = answer.files.find(({ path }: { path: string }) => path === FILE);
    assert.equal(file.refused, true);
    assert.deepEqual(file.expansions[0].by, []);
    assert.match(file.expansions[0].consequence, /Anyone on the internet/);
    const accepted = answer.files.find(({ path }: { path: string }) => path === 'infra/logs.json').expansions[0];
    assert.equal(accepted.acknowledged, true);
    assert.match(accepted.by[0].log.head, /^[0-9a-f]{64}$/);
    assert.equal(accepted.by[0].user, 'ada');
    const text = readFileSync(markdown, 'utf8');
    assert.match(text, /^## Countersign: refused/);
    assert.match(
      text,
      /\| Critical \| Anyone on the internet can read every object in <code>prod-customer-exports<\/code>\. \| <code>infra\/exports-policy\.json:7<\/code> \| \*\*missing\*\*: Nobody acknowledged it\. \|/,
    );
    assert.match(text, /acknowledged: ada, intended, until/);
    const { runs } = JSON.parse(readFileSync(sarif, 'utf8'));
    const results: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[]; suppressions?: object[] }[] =
      runs[0].results;
    const at = (path: string) => results.filter(({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri === path);
    assert.ok(at(FILE).length > 0 && at(FILE).every(({ suppressions }) => suppressions === undefined));
    assert.ok(at('infra/logs.json').some(({ suppressions }) => suppressions?.length === 1));
  });

  void test('a name in a file cannot write into the summary or move a cursor', async (context) => {
    const { scene } = await CheckScene.begin(context);
    const path = 'infra/a|b<img src=x>\u001B[2J-policy.json';
    scene.write({ [path]: AFTER });
    scene.commit('A name');
    const { out } = await scene.check('--base', 'main', '--head', 'HEAD', '--format', 'markdown');
    assert.ok(!out.includes('<img') && !out.includes('\u001B'), out);
    assert.ok(!(await scene.check()).out.includes('\u001B'));
  });

  void test('without a head, the files on disk count, new ones too; nothing is written into the repository', async (context) => {
    const { scene, ada } = await CheckScene.begin(context);
    scene.write({ 'infra/new-policy.json': AFTER, '.gitignore': 'ignored/\n', 'ignored/policy.json': AFTER });
    scene.commit('Ignores');
    scene.git('rm', '--quiet', '--cached', 'infra/new-policy.json');
    scene.git('commit', '--quiet', '--amend', '-m', 'Ignores');
    const before = scene.git('status', '--porcelain') + scene.git('count-objects');
    const refused = await scene.check('--base', 'main');
    assert.equal(refused.code, 1, refused.out);
    assert.match(refused.out, /Refused: infra\/new-policy\.json/);
    assert.doesNotMatch(refused.out, /ignored/);
    assert.equal(scene.git('status', '--porcelain') + scene.git('count-objects'), before);
    await scene.acknowledged(ada, 'infra/new-policy.json', '', AFTER);
    const passed = await scene.check('--base', 'main');
    assert.equal(passed.code, 0, passed.out);
  });

  void test('what is held by the check can be acknowledged, and then passes', async (context) => {
    const { scene, ada } = await CheckScene.begin(context);
    scene.write({ [FILE]: AFTER });
    scene.commit('Two edits of two people, come together');
    const held = await scene.check('--base', 'main', '--head', 'HEAD', '--hold');
    assert.equal(held.code, 1);
    const id = /Held as (H-[0-9A-Z]{8}): infra\/exports-policy\.json\. Acknowledge it in the editor\./.exec(held.out)?.[1] ?? '';
    const hold = readHold(ada.state, id);
    assert.ok(hold !== undefined, held.out);
    const input = {
      reason: { category: 'intended', text: 'The exports are public data since March' },
      hours: 24,
      rollBackLater: false,
    } as const;
    const done = await acknowledge(id, { ...input, confirmation: { text: 'prod-customer-exports', how: 'typed' } }, ada.gate, ada.signer);
    assert.ok(done.ok, JSON.stringify(done));
    assert.match(done.note ?? '', /^Commit \.countersign\/acks\/[0-9a-f]{8}….json together with the change\.$/);
    scene.commit('Acknowledged');
    const passed = await scene.check();
    assert.equal(passed.code, 0, passed.out);
  });

  void test('no keys on the base side: says how trust begins', async (context) => {
    const { scene, ada } = await CheckScene.begin(context);
    scene.git('checkout', '--quiet', 'main');
    scene.remove('.countersign/keys');
    scene.commit('No keys');
    scene.git('checkout', '--quiet', '-B', 'work');
    mkdirSync(join(scene.folder, '.countersign'), { recursive: true });
    await scene.acknowledged(ada, FILE, BEFORE, AFTER);
    scene.git('add', '--all');
    const staged = await scene.check('--staged');
    assert.equal(staged.code, 0, `the machine's own keys let the first commit through: ${staged.out}`);
    scene.commit('Open');
    const refused = await scene.check();
    assert.equal(refused.code, 1);
    assert.match(refused.out, /No key is trusted on the base side[\s\S]*countersign init --ci writes yours/);
  });

  void test('a new acknowledgement governs nothing by itself; anything else of that name does', async (context) => {
    const { scene, ada } = await CheckScene.begin(context);
    const file = (await scene.acknowledged(ada, FILE, BEFORE, AFTER)) ?? '';
    const text = scene.read(file);
    const verdict = (path: string, before: string, after: string) =>
      judge(
        { workspace: scene.folder, edits: [{ path, before, after, provenance: { channel: 'disk', certainty: 'inferred' } }] },
        { policy: ada.gate.policy, outOfTime: () => false, now: () => new Date() },
      ).verdict;
    assert.equal(verdict(file, '', text), 'allow');
    assert.equal(verdict(join(scene.folder, file), '', text), 'allow');
    assert.equal(verdict(file, '', `${text} `), 'acknowledge');
    assert.equal(verdict(file, text, ''), 'acknowledge');
    assert.equal(verdict('.countersign/acks/mine.json', '', text), 'acknowledge');
  });

  void test('a repository without a folder of ours gets no files', async (context) => {
    const { scene, ada } = await CheckScene.begin(context);
    scene.remove('.countersign');
    assert.equal(await scene.acknowledged(ada, FILE, BEFORE, AFTER), undefined);
    assert.equal(existsSync(join(scene.folder, '.countersign')), false);
  });
});

type Setting = { readonly scene: CheckScene; readonly setUp: (...flags: readonly string[]) => Promise<string> };

async function settingOf(context: TestContext): Promise<Setting> {
  const { scene } = await CheckScene.begin(context);
  const setUp = async (...flags: readonly string[]) => {
    const { io, out } = ioFor(scene.folder, scene.home);
    const named = withCiNamed(flags, scene.folder);
    const ci = named.includes('--ci') ? named[named.indexOf('--ci') + 1] : undefined;
    const has = (name: string) => flags.includes(name);
    const code = await setUpCheck({ ci, gitHook: has('--git-hook'), undo: has('--undo'), yes: true }, join(DIST, 'cli.js'), scene.home, io);
    assert.equal(code, 0, out());
    return out();
  };
  return { scene, setUp };
}

/** Commits with hooks, as a person does. Gives what git said when it refused. */
function commitWithHooks({ folder, home }: CheckScene, ...more: readonly string[]): string | undefined {
  const env = { PATH: process.env['PATH'], HOME: home, COUNTERSIGN_STATE: join(home, 'state-ada'), GIT_CONFIG_NOSYSTEM: '1' };
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  const ran = spawnSync('git', [...who, 'commit', '-m', 'By hand', ...more], { cwd: folder, env, encoding: 'utf8' });
  return ran.status === 0 ? undefined : ran.stdout + ran.stderr;
}

const HOOKS: Readonly<
  Record<
    string,
    { readonly before?: string; readonly at?: string; readonly prepare?: (scene: CheckScene) => void; readonly marker?: boolean }
  >
> = {
  'none yet': {},
  'a shell hook of one’s own, that ends itself': { before: '#!/bin/sh\ntouch ran\nexit 0\n', marker: true },
  'bash, found by env': { before: '#!/usr/bin/env bash\nset -euo pipefail\ntouch ran\n', marker: true },
  'a hook in another language': { before: `#!${process.execPath}\nrequire('node:fs').writeFileSync('ran', '');\n`, marker: true },
  'core.hooksPath in the repository': { at: 'tools/hooks', prepare: (scene) => scene.git('config', 'core.hooksPath', 'tools/hooks') },
  husky: {
    at: '.husky',
    before: 'touch ran\n',
    prepare: (scene) => {
      scene.git('config', 'core.hooksPath', '.husky/_');
      scene.write({ '.husky/_/pre-commit': '#!/bin/sh\nexec sh "$(dirname "$0")/../pre-commit"\n' });
      chmodSync(join(scene.folder, '.husky/_/pre-commit'), 0o755);
    },
    marker: true,
  },
};

void describe('countersign init --git-hook', () => {
  for (const [name, { before, at = '.git/hooks', prepare, marker }] of Object.entries(HOOKS)) {
    void test(`${name}: refuses, lets pass, and is taken out again`, async (context) => {
      const { scene, setUp } = await settingOf(context);
      prepare?.(scene);
      const file = join(scene.folder, at, 'pre-commit');
      if (before !== undefined) {
        scene.write({ [`${at}/pre-commit`]: before });
        chmodSync(file, 0o755);
      }
      await setUp('--git-hook');
      assert.match(await setUp('--git-hook'), /Nothing to do/);
      assert.ok((statSync(file).mode & 0o111) !== 0);
      // A hook that is committed starts what is installed.
      if (at !== '.git/hooks') {
        const bin = join(scene.home, 'bin');
        mkdirSync(bin);
        writeFileSync(join(bin, 'countersign'), `#!/bin/sh\nexec '${process.execPath}' '${join(DIST, 'cli.js')}' "$@"\n`);
        chmodSync(join(bin, 'countersign'), 0o755);
        const path = process.env['PATH'];
        process.env['PATH'] = `${bin}:${path}`;
        context.after(() => (process.env['PATH'] = path));
      }
      scene.write({ 'src/main.ts': 'export const one = 1;\n' });
      assert.equal(commitWithHooks(scene, '--all'), undefined);
      if (marker) assert.ok(existsSync(join(scene.folder, 'ran')), 'the other hook ran');
      scene.write({ [FILE]: AFTER });
      assert.match(commitWithHooks(scene, '--all') ?? '', /Critical: Anyone on the internet can read[\s\S]*Nobody acknowledged it/);
      assert.match(commitWithHooks(scene, FILE) ?? '', /Nobody acknowledged it/);
      await setUp('--git-hook', '--undo');
      assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : undefined, before);
    });
  }
});

void describe('countersign init --ci', () => {
  for (const place of ['github', 'gitlab']) {
    void test(`${place}: written, kept when changed, taken out again`, async (context) => {
      const { scene, setUp } = await settingOf(context);
      const files = place === 'github' ? [GITHUB_FILE] : ['.gitlab/countersign.yml', '.gitlab-ci.yml'];
      const said = await setUp('--ci', place);
      assert.match(said, /Commit this and merge it first/);
      for (const file of files) assert.ok(parse(scene.read(file)), file);
      assert.match(scene.git('status', '--porcelain', '--untracked-files=all'), /\.countersign\/keys\/[\w-]+-[0-9a-f]{8}\.pub/);
      assert.match(await setUp('--ci', place), /Nothing to do/);
      await setUp('--ci', place, '--undo');
      assert.equal(scene.git('status', '--porcelain'), '');
    });
  }

  void test('where an existing pipeline is, it is left as it is, and said', async (context) => {
    const { scene, setUp } = await settingOf(context);
    scene.write({ '.gitlab-ci.yml': 'test:\n  script: [npm test]\n' });
    assert.match(await setUp('--ci'), /Add this to \.gitlab-ci\.yml:\ninclude:\n {2}- local: \.gitlab\/countersign\.yml/);
    assert.equal(scene.read('.gitlab-ci.yml'), 'test:\n  script: [npm test]\n');
  });

  void test('the workflow pins its actions, has no more rights than it needs, and our own rules find only that', () => {
    const workflow = parse(GITHUB);
    assert.deepEqual(workflow.permissions, {});
    for (const { uses } of workflow.jobs.countersign.steps) if (uses !== undefined) assert.match(uses, /@[0-9a-f]{40}$/);
    const provenance = { channel: 'patch', certainty: 'inferred' } as const;
    const { findings, problems } = assess({ path: GITHUB_FILE, before: '', after: GITHUB, provenance }, DEFAULT_SETTINGS);
    assert.deepEqual(problems, []);
    // The one right beside reading: SARIF cannot be uploaded without it.
    const told = findings.filter(({ severity }) => severity !== 'low' && severity !== 'info').map(({ consequence }) => consequence);
    assert.deepEqual(told, ['Job `countersign` can change `security-events` of the repository.']);
  });

  void test('a key written by init lets its owner acknowledge', async (context) => {
    const { scene, setUp } = await settingOf(context);
    scene.git('checkout', '--quiet', 'main');
    scene.remove('.countersign/keys/ada.pub');
    await setUp('--ci', 'github');
    scene.commit('Set up');
    scene.git('checkout', '--quiet', '-B', 'work');
    const eve = await scene.person('eve');
    await scene.acknowledged(eve, FILE, BEFORE, AFTER);
    scene.commit('By a stranger');
    assert.equal((await scene.check()).code, 1);
  });
});
