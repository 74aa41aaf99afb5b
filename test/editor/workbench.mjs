// One editor with Countersign installed, and the hands and eyes of a person in front of it.
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from './install.mjs';
import { editorEnvironment, startServer } from './server.mjs';
import { pack } from './vsix.mjs';
import { makeWorkspace } from './workspace.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Where failures leave the page's console (which the extension host writes to as well), the server's output, and a picture. */
export const FAILURES = join(here, 'shots/failures');
export const SHOTS = join(here, 'shots');

export const THEMES = { light: 'Default Light Modern', dark: 'Default Dark Modern', hc: 'Default High Contrast' };

/**
 * Starts everything. `close` ends everything, however far it got.
 * `more`: names of folders that are open beside the first, each with the same files. `prepare` runs before the editor starts.
 * @param {{vsix: string, settings?: object, trust?: 'given' | 'asked', more?: readonly string[], prepare?: (w: {home: string, env: object, workspace: string}) => void | Promise<void>}} options
 */
export async function openWorkbench({ vsix, settings = {}, trust = 'given', more = [], prepare = () => {} }) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-editor-')));
  const closers = [() => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await Promise.resolve(closer()).catch((error) => console.error(error.message));
  };
  try {
    const [workspace, ...others] = ['exports-service', ...more].map((name) => {
      mkdirSync(join(home, name));
      return makeWorkspace(join(home, name));
    });
    const opened = join(home, 'services.code-workspace');
    writeFileSync(opened, JSON.stringify({ folders: [workspace, ...others].map((path) => ({ path })) }));
    await prepare({ home, env: editorEnvironment(home).env, workspace });
    const socket = join(home, 'probe.sock');
    const probe = pack(join(here, 'fixtures/probe'), join(home, 'probe.vsix'));
    const server = await startServer({
      home,
      vsix: [vsix, probe],
      trust,
      settings: { 'workbench.colorTheme': THEMES.dark, ...settings },
      env: { COUNTERSIGN_PROBE_SOCKET: socket },
    });
    closers.push(server.stop);
    const { browser, page, messages } = await openPage(
      `${server.url}/?${others.length === 0 ? `folder=${encodeURIComponent(workspace)}` : `workspace=${encodeURIComponent(opened)}`}`,
    );
    closers.push(() => browser.close());
    await page.waitForSelector('.monaco-workbench .statusbar', { timeout: 60_000 });
    const ask = asker(socket);
    await until('the extensions are running', () => ask('state').catch(() => undefined), 60_000);
    const extension = () => {
      const folder = readdirSync(join(home, 'extensions')).find((name) => name.startsWith('countersign.countersign-'));
      return join(home, 'extensions', folder ?? 'countersign');
    };
    return { ...hands(page, workspace, ask), extension, page, workspace, others, home, env: server.env, ask, messages, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Waits until `look` gives something truthy, and gives that; fails by name after `timeout` milliseconds. */
export async function until(what, look, timeout = 15_000) {
  const end = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      const seen = await look();
      if (seen) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end)
      throw new Error(`Waited ${timeout} ms until ${what}. Last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await wait(50);
  }
}

export async function openPage(url) {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const messages = [];
    page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => messages.push(`pageerror: ${error.message}`));
    // Leaving a page with unsaved files asks; the suite always wants to leave.
    page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
    await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 60_000 });
    return { browser, page, messages };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Questions to the probe extension (fixtures/probe). */
function asker(socket) {
  return (name, params = {}) =>
    new Promise((resolve, reject) => {
      // A connection of its own each time: one that is kept may be closed by the other side in the moment it is used again.
      const call = request({ socketPath: socket, path: `/${name}`, method: 'POST', timeout: 30_000, agent: false }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const body = JSON.parse(Buffer.concat(chunks).toString());
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`The probe could not answer ${name}: ${body.problem}`));
        });
      });
      call.on('timeout', () => call.destroy(new Error(`The probe did not answer ${name} within 30 seconds.`)));
      call.on('error', reject);
      call.end(JSON.stringify(params));
    });
}

function hands(page, workspace, ask) {
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const absolute = (path) => join(workspace, path);

  /** Runs a command by its title, as a person does from the palette. */
  const palette = async (title) => {
    const input = page.locator('.quick-input-widget input[type=text]');
    const find = async (timeout) => {
      await press('F1');
      await input.waitFor({ state: 'visible' });
      await input.fill(`>${title}`);
      await page.locator(`.quick-input-widget .monaco-list-row.focused:has-text("${title}")`).waitFor({ timeout });
    };
    await find(6000).catch(async () => {
      await press('Escape');
      await find(15_000);
    });
    await press('Enter');
    // Some commands ask on in the same place.
    await until('the command runs', async () => !(await input.isVisible()) || !(await input.inputValue()).startsWith('>'), 3000).catch(
      () => {},
    );
  };

  const openByHand = async (path, name, place) => {
    await press('Control+P');
    const input = page.locator('.quick-input-widget input[type=text]');
    await input.waitFor({ state: 'visible' });
    await input.fill(`${path}:${place.line + 1}:${place.character + 1}`);
    await page.locator(`.quick-input-widget .monaco-list-row.focused:has-text("${name}")`).waitFor({ timeout: 6000 });
    await press('Enter');
  };

  /** Opens a file by name and puts the cursor at a zero-based place. */
  const openFile = async (path, place = { line: 0, character: 0 }) => {
    const name = path.split('/').at(-1);
    // On a busy machine the list of files may stay empty; opening a file is not what is tried here.
    await openByHand(path, name, place).catch(async () => {
      await press('Escape');
      await ask('open', { path: absolute(path), ...place });
    });
    await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await until(`${path} is open`, () => ask('text', { path: absolute(path) }));
    await page
      .locator('.editor-instance .native-edit-context:focus, .editor-instance textarea.inputarea:focus')
      .first()
      .waitFor({ state: 'attached' });
    const isThere = async () =>
      (await page.locator('.statusbar').textContent()).includes(`Ln ${place.line + 1}, Col ${place.character + 1}`);
    // A file that was open before may come back to where it was left.
    await until('the cursor is there', isThere, 3000).catch(() => ask('open', { path: absolute(path), ...place }));
    await until('the cursor is there', isThere);
  };

  const text = async (path) => (await ask('text', { path: absolute(path) }))?.text;

  /** Puts text on the real clipboard and presses Ctrl+V. */
  const paste = async (what) => {
    await page.evaluate((value) => navigator.clipboard.writeText(value), what);
    await press('Control+V');
  };

  /** The page inside the review panel, once it shows a hold or what became of one. */
  const review = (timeout = 20_000) => until('the review shows', () => shownReview(page), timeout);

  /** Through the extension API: without its native watcher the server does not see changes of the settings file. */
  const setTheme = async (theme) => {
    await ask('set', { key: 'workbench.colorTheme', value: THEMES[theme] });
    const mark = { light: '.vs', dark: '.vs-dark', hc: '.hc-black' }[theme];
    await page.locator(`.monaco-workbench${mark}`).waitFor();
  };

  /** The review panel's page is in sight. */
  const reviewOpen = async () => (await shownReview(page)) !== undefined;

  return { press, absolute, palette, openFile, text, paste, review, reviewOpen, setTheme };
}

/** The review's page is two frames deep; hidden tabs keep theirs, so what counts is what can be seen. */
async function shownReview(page) {
  for (const outer of page.frames().filter((frame) => frame.parentFrame() === page.mainFrame())) {
    const seen = await outer
      .frameElement()
      .then((element) => element.isVisible())
      .catch(() => false);
    if (!seen) continue;
    for (const inner of outer.childFrames()) {
      const ready = await inner.evaluate(() => document.querySelector('main h1:not(.loading)') !== null).catch(() => false);
      if (ready) return inner;
    }
  }
  return undefined;
}
