// `npm run editor`: opens a sample workspace in an editor with Countersign installed, to try it by hand. The desktop VS Code
// if `code` is on PATH, else its browser build. Everything is in one throw-away folder, deleted at the end.
//   --browser   the browser build even if `code` is there
//   --check     opens it, makes sure that the extension is installed and runs, and ends
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findOnPath, install } from './install.mjs';
import { QUIET_SETTINGS, editorEnvironment, startServer } from './server.mjs';
import { buildCountersign } from './vsix.mjs';
import { EXPORTS_POLICY, makeWorkspace, riskyStatement } from './workspace.mjs';

const check = process.argv.includes('--check');
const home = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-try-')));
const closers = [() => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })];

let closing;
function close() {
  closing ??= (async () => {
    for (const closer of closers.toReversed()) await Promise.resolve(closer()).catch((error) => console.error(error.message));
  })();
  return closing;
}
const interrupted = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
});

try {
  const vsix = buildCountersign();
  mkdirSync(join(home, 'exports-service'));
  const workspace = makeWorkspace(join(home, 'exports-service'));
  const code = process.argv.includes('--browser') ? undefined : findOnPath('code');
  const opened = (code !== undefined && (await openDesktop(code, vsix, workspace))) || (await openBrowserBuild(vsix, workspace));
  if (!check) {
    console.log(guide(opened.where));
    await Promise.race([interrupted, opened.ended]);
    console.log('\nClosing, and deleting the sample.');
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await close();
  process.exit();
}

/** Gives undefined where `code` is no desktop editor (the one of a remote terminal, for example). */
async function openDesktop(code, vsix, workspace) {
  const { env: all, userData, extensions } = editorEnvironment(home);
  // The desktop needs its person's own HOME to show a window; state of Countersign still goes to the throw-away folder.
  const env = { ...process.env, XDG_STATE_HOME: all.XDG_STATE_HOME, COUNTERSIGN_STATE: join(all.XDG_STATE_HOME, 'countersign') };
  mkdirSync(join(userData, 'User'), { recursive: true });
  writeFileSync(join(userData, 'User/settings.json'), JSON.stringify({ ...QUIET_SETTINGS, 'security.workspace.trust.enabled': false }));
  const folders = ['--user-data-dir', userData, '--extensions-dir', extensions];
  try {
    await promisify(execFile)(code, [...folders, '--install-extension', vsix], { env, timeout: 120_000 });
    const { stdout } = await promisify(execFile)(code, [...folders, '--list-extensions'], { env, timeout: 60_000 });
    if (!stdout.includes('countersign.countersign')) throw new Error('the extension is not in its list');
  } catch (error) {
    console.log(`${code} did not install the extension (${error.message.split('\n')[0]}); using the browser build.`);
    return undefined;
  }
  if (check) {
    console.log(`Checked: ${code} has the extension installed.`);
    return { where: '', ended: Promise.resolve() };
  }
  const child = spawn(code, [...folders, '--new-window', '--wait', workspace, join(workspace, EXPORTS_POLICY)], { env, stdio: 'ignore' });
  closers.push(() => void child.kill());
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return { where: 'In the window of VS Code that opens now.', ended };
}

async function openBrowserBuild(vsix, workspace) {
  await install();
  const server = await startServer({ home, vsix: [vsix] });
  closers.push(server.stop);
  const { host } = new URL(server.url);
  const payload = JSON.stringify([['openFile', `vscode-remote://${host}${join(workspace, EXPORTS_POLICY)}`]]);
  const url = `${server.url}/?folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(payload)}`;
  if (check) await checkInBrowser(url);
  return { where: `Open this in Chromium, Chrome or Edge (it answers on this machine only):\n  ${url}`, ended: new Promise(() => {}) };
}

async function checkInBrowser(url) {
  const { openPage } = await import('./workbench.mjs');
  const { browser, page } = await openPage(url);
  closers.push(() => browser.close());
  await page
    .locator('.statusbar [id="countersign.countersign.countersign.status"], .statusbar-item:has-text("Countersign")')
    .first()
    .waitFor({ timeout: 60_000 });
  await page.locator('.tab.active[data-resource-name="exports-policy.json"]').waitFor({ timeout: 30_000 });
  console.log('Checked: the editor opens the sample, and the extension is active in it.');
}

function guide(where) {
  const agent = fileURLToPath(new URL('sample-agent.mjs', import.meta.url));
  const statement = riskyStatement('prod-customer-exports').trimEnd();
  return `
${where}

Where to look: ${EXPORTS_POLICY}, the check mark in the bar on the left (what is held), the status bar at the bottom.

What to try:
  1. Paste this statement before the { in line 4 of ${EXPORTS_POLICY}. It does not go in; the review opens.

    ${statement}

  2. Let an agent suggest an edit through its hook, in another terminal. It is denied, and shows in the list.

    node ${agent} ${home}

  3. Review it from the list. Discard it; or choose "I need this change…", give a reason, acknowledge,
     and run the command again: it passes once. "Countersign: Verify Log" in the palette checks the record.

Everything is below ${home} and is deleted at the end. Ctrl+C ends it.`;
}
