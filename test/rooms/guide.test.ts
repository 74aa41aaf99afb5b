import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { runCli } from '../../server/fronts/cli/run.ts';
import { parsePolicy } from '../../server/gate/policy-file.ts';
import { REPOSITORY } from '../support/repository.ts';

const GUIDE = readdirSync(join(REPOSITORY, 'media/guide')).map((name) => `media/guide/${name}`);
const PAGES = ['README.md', 'ARCHITECTURE.md', ...GUIDE];

/** A newcomer reads it whole. */
const LONGEST_README = 130;

test('the README is short, and leads to every page of the guide', () => {
  const readme = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
  assert.ok(readme.split('\n').length <= LONGEST_README, `the README has more than ${LONGEST_README} lines: move reference to media/guide`);
  for (const page of GUIDE) assert.ok(readme.includes(`](${page})`), `the README does not lead to ${page}`);
});

for (const page of PAGES) {
  test(`every link of ${page} leads somewhere`, () => {
    const text = readFileSync(join(REPOSITORY, page), 'utf8');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '').filter((link) => !/^https?:/.test(link));
    for (const link of links) {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? join(REPOSITORY, page) : join(REPOSITORY, dirname(page), path);
      assert.ok(existsSync(file), `${link} leads nowhere`);
      if (anchor !== undefined) assert.ok(anchorsOf(readFileSync(file, 'utf8')).includes(anchor), `${link}: no heading of that name`);
    }
  });
}

test('every command that README and guide name is there', async () => {
  const named = new Set<string>();
  for (const page of PAGES) {
    const text = readFileSync(join(REPOSITORY, page), 'utf8');
    for (const [, rest = ''] of text.matchAll(/(?:^|`|\| )countersign ((?:[a-z-]+ ?){1,2})/gm)) named.add(rest.trim());
  }
  assert.ok(named.size > 20, `only ${named.size} commands were seen`);
  for (const words of named) {
    const [name = '', second = ''] = words.split(' ');
    const args = FAMILIES.includes(name) && second !== '' ? [name, second, '--help'] : [name, '--help'];
    const [code, said] = await run(args);
    assert.equal(code, 0, `countersign ${args.join(' ')}: ${said}`);
  }
});

/** Of these the second word is a command, too. */
const FAMILIES = ['log', 'key', 'pack', 'policy'];

async function run(args: readonly string[]): Promise<readonly [number, string, string]> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCli(args, { stdout, stderr, stdin: Readable.from([]), env: {}, cwd: REPOSITORY, now: () => new Date() });
  return [code, String(stderr.read() ?? ''), String(stdout.read() ?? '')];
}

test('every policy in the guide is one', () => {
  const policies = GUIDE.flatMap((page) =>
    [...readFileSync(join(REPOSITORY, page), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => ({ page, text })),
  );
  assert.ok(policies.length > 4, `only ${policies.length} were seen`);
  for (const { page, text } of policies) {
    const parsed = parsePolicy(text);
    assert.ok(parsed.ok, `${page}: ${parsed.ok ? '' : parsed.problems.map(({ line, message }) => `line ${line}: ${message}`).join(' ')}`);
  }
});

/** A terminal shows so many lines at once. */
const LONGEST_FAMILY = 26;

for (const family of FAMILIES) {
  test(`countersign ${family} --help is short, and each of its commands teaches`, async () => {
    const [code, , help] = await run([family, '--help']);
    assert.equal(code, 0);
    assert.ok(help.split('\n').length <= LONGEST_FAMILY, help);
    const names = [...help.matchAll(new RegExp(`^  countersign ${family} ([a-z]+) `, 'gm'))].map(([, name = '']) => name);
    assert.ok(names.length > 2, help);
    for (const name of names) {
      const [ended, problem, taught] = await run([family, name, '--help']);
      assert.equal(ended, 0, problem);
      assert.match(taught, new RegExp(`^countersign ${family} ${name}\\b`));
    }
  });
}

/** As GitHub makes them from headings. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
