/** Files outside of a repository that a command line writes, and programs that it writes for a tool which runs them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingWritten, startupLines } from '../../server/fronts/hooks/written-settings.ts';
import { withoutTemporary } from '../../server/fronts/hooks/written-programs.ts';

/** A path, what is added to it, and whether that is told. */
const SETTINGS: readonly (readonly [string, string, boolean])[] = [
  ['/etc/cron.d/x', '* * * * * root sh /tmp/x', true],
  ['/private/etc/crontab', '* * * * * root sh /tmp/x', true],
  ['deploy/etc/cron.d/backup', '0 3 * * * root backup', false],
  ['pkg/etc/systemd/system/app.service', '[Service]', false],
  ['/home/me/.config/systemd/user/x.service', '[Service]', true],
  ['.config/systemd/user/x.service', '[Service]', true],
  ['rpm/.config/autostart/x.desktop', '[Desktop Entry]', false],
  ['/home/me/Library/LaunchAgents/x.plist', '<plist/>', true],
  ['/home/me/.curlrc', '-x http://x.test', true],
  ['/home/me/.curlrc', '-sK /tmp/x', true],
  ['/home/me/.curlrc', '-L', false],
  ['/home/me/.curlrc', '--max-time 5', false],
  ['/home/me/.ssh/config', 'Include /tmp/x', true],
  ['/home/me/.ssh/config', 'Host a', false],
];

void test('settings that are told', () => {
  for (const [path, line, told] of SETTINGS)
    assert.equal(settingWritten(path, 'a\n', `a\n${line}\n`) !== undefined, told, `${path}: ${line}`);
});

void test('of a startup file only what is new runs', () => {
  const before = 'cp old policy.json\nexport A=1\n';
  assert.equal(startupLines('/home/me/.bashrc', before, before.replace('A=1', 'A=2')), 'export A=2');
  assert.equal(startupLines('/home/me/.bashrc', before, `${before}export B=1\n`), 'export B=1\n');
});

void test('a long file that is no setting is not looked into', () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`).join('\n');
  const start = process.cpuUsage();
  assert.equal(settingWritten('values.yaml', lines, `${lines}\nx`), undefined);
  assert.notEqual(settingWritten('/home/me/.curlrc', lines, `${lines}\nproxy = x.test`), undefined);
  const { user } = process.cpuUsage(start);
  assert.ok(user < 500_000, `${user} µs`);
});

/** A program, and whether the name of the file stays in it. */
const TEMPORARY: readonly (readonly [string, boolean])[] = [
  ["const dir = mkdtempSync('x'); writeFileSync(path.join(dir, 'policy.json'), '')", false],
  ["let dir = ''; dir = fs.mkdtempSync('x'); writeFileSync(join(dir, 'policy.json'), '')", true],
  ["let dir: string; dir = await fs.mkdtemp('x'); await writeFile(`${dir}/policy.json`, '')", false],
  ["with tempfile.TemporaryDirectory() as d:\n  open(d + '/policy.json', 'w')", false],
  ["const dir = process.cwd(); writeFileSync(path.join(dir, 'policy.json'), '')", true],
  ["let dir = mkdtempSync('x'); dir = '.'; writeFileSync(join(dir, 'policy.json'), '')", true],
  ["const dir = mkdtempSync('x'); writeFileSync(join(dir, '../../policy.json'), '')", true],
  ["const dir = mkdtempSync('x'); writeFileSync('policy.json', '')", true],
];

void test('what a program puts below a temporary folder of its own is no file of the repository', () => {
  for (const [text, stays] of TEMPORARY) assert.equal(withoutTemporary(text).includes('policy.json'), stays, text);
});
