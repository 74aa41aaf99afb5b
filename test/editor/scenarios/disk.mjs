import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { EXPORTS_POLICY, policyPath, policyText } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk, recordsOf } from '../records.mjs';
import { until } from '../workbench.mjs';
import { serverOf } from './gate.mjs';
import { heldRow, heldRows } from './hook.mjs';

const opened = (text) => text.replace(/"Principal": \{.*\}/, '"Principal": "*"');
const git = (w, ...args) =>
  execFileSync('git', ['-c', 'user.name=Sam', '-c', 'user.email=sam@example.com', '-c', 'commit.gpgsign=false', ...args], {
    cwd: w.workspace,
    env: { ...w.env, GIT_EDITOR: 'true' },
    stdio: 'ignore',
  });
const read = (w, path) => readFileSync(w.absolute(path), 'utf8');
const toast = (w, text) => w.page.locator(`.notification-toast:has-text("${text}")`).first();
const status = (w, text) => w.page.locator(`.statusbar-item:has-text("${text}")`).first();

/** As an agent's shell does. */
export const sed = (w, path) =>
  execFileSync('sed', ['-i', 's#"Principal": {.*}#"Principal": "*"#', isAbsolute(path) ? path : w.absolute(path)]);

/** The files are known once they are in the index of baselines; writes before that are found then. */
export async function ready(w) {
  await until('Countersign is active', async () => (await w.ask('state')).active, 30_000);
  const folder = join(w.env.XDG_STATE_HOME, 'countersign/baselines');
  await until(
    'the files are known',
    () =>
      readdirSync(folder).length > w.others.length &&
      readdirSync(folder).every((name) => readFileSync(join(folder, name, 'index.json'), 'utf8').includes(EXPORTS_POLICY)),
    30_000,
  );
}

/** Opens the review of the one hold there is. */
async function reviewed(w, bucket) {
  await w.palette('Countersign: Show Held Suggestions');
  await heldRow(w, bucket).click();
  const page = await w.review();
  await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
  return page;
}

async function nothingHeld(w, while_, within = 1800) {
  await w.page.waitForTimeout(within);
  assert.deepEqual(
    holdsOnDisk(w).map(({ edits }) => edits.map(({ path }) => path)),
    [],
    while_,
  );
}

/** Writes to disk by others than the editor. */
export const disk = [
  [
    'sed -i by another process is told and in the list within two seconds, with diff and provenance; Revert puts the file back',
    async (w) => {
      const bucket = 'prod-customer-files';
      await ready(w);
      await w.palette('Countersign: Show Held Suggestions');
      sed(w, policyPath(bucket));
      const written = Date.now();
      await heldRow(w, bucket).waitFor({ timeout: 10_000 });
      const took = Date.now() - written;
      console.log(`from the write to the row in the tree: ${took} ms`);
      assert.ok(took < 2000, `the row took ${took} ms`);
      await toast(w, 'was changed on disk by an unknown process').waitFor();
      await w.page.screenshot({ path: w.shot('disk-told-dark') });
      const page = await reviewed(w, bucket);
      const text = await page.locator('main').textContent();
      assert.match(text, /The text is in the file already/);
      assert.match(text, /File on disk, after the write/);
      assert.match(text, /Inferred/);
      assert.ok((await page.locator('.diff .added').count()) > 0, 'the diff shows what was written');
      await page.getByRole('button', { name: 'Revert', exact: true }).click();
      await review.decided(page, /^Reverted/);
      assert.equal(read(w, policyPath(bucket)), policyText(bucket));
      assert.equal(
        (await recordsOf(w, 'reverted', bucket)).length > 0 || (await recordsOf(w, 'reverted', policyPath(bucket))).length > 0,
        true,
      );
      await nothingHeld(w);
    },
  ],
  [
    'acknowledged, the text stays and is the baseline from then on',
    async (w) => {
      const bucket = 'prod-customer-orders';
      const path = policyPath(bucket);
      await ready(w);
      spawn(process.execPath, [
        '-e',
        'require("fs").writeFileSync(process.argv[1], process.argv[2])',
        w.absolute(path),
        opened(policyText(bucket)),
      ]);
      await until('it is held', () => holdsOnDisk(w).length === 1);
      const page = await reviewed(w, bucket);
      await review.acknowledge(page, { bucket });
      assert.equal(read(w, path), opened(policyText(bucket)));
      await until('nothing is held', () => holdsOnDisk(w).length === 0);
      writeFileSync(w.absolute(path), `${opened(policyText(bucket))}\n`);
      await nothingHeld(w);
      git(w, 'checkout', '--', '.');
      await nothingHeld(w);
    },
  ],
  [
    'what git does raises nothing: checkout of another branch, stash and pop, merge, rebase, pull',
    async (w) => {
      const bucket = 'prod-customer-claims';
      const path = policyPath(bucket);
      await ready(w);
      const clone = `${w.workspace}-clone`;
      execFileSync('git', ['clone', '-q', w.workspace, clone]);
      writeFileSync(`${clone}/${path}`, opened(policyText(bucket)));
      execFileSync('git', ['-c', 'user.name=S', '-c', 'user.email=s@example.com', 'commit', '-qam', 'open it'], { cwd: clone });
      git(w, 'fetch', '-q', clone, 'main:theirs');
      for (const step of [
        ['checkout', '-q', 'theirs'],
        ['checkout', '-q', 'main'],
        ['merge', '-q', '--no-ff', '-m', 'merge', 'theirs'],
        ['reset', '-q', '--hard', 'HEAD~1'],
        ['pull', '-q', '--no-rebase', clone, 'main'],
        ['reset', '-q', '--hard', 'ORIG_HEAD'],
        ['commit', '-q', '--allow-empty', '-m', 'own'],
        ['rebase', '-q', 'theirs'],
        ['reset', '-q', '--hard', 'theirs~1'],
      ]) {
        git(w, ...step);
        await nothingHeld(w, step.join(' '), 600);
      }
      await nothingHeld(w);
      writeFileSync(w.absolute(path), policyText(bucket).replace('AppRead', 'AppReads'));
      await nothingHeld(w);
      git(w, 'stash', '-q');
      await nothingHeld(w, 'stash');
      git(w, 'stash', 'pop', '-q');
      await nothingHeld(w, 'stash pop');
      git(w, 'checkout', '-q', '--', '.');
      await nothingHeld(w, 'checkout -- .');
      assert.equal(await w.page.locator('.notification-toast').count(), 0);
    },
  ],
  [
    'by policy the text of before is put back at once, and the suggestion is held; acknowledged, it is applied',
    async (w) => {
      const bucket = 'prod-customer-notes';
      const path = policyPath(bucket);
      await ready(w);
      mkdirSync(w.absolute('.countersign'), { recursive: true });
      writeFileSync(w.absolute('.countersign/policy.yaml'), 'diskWrites: revert\n');
      try {
        await w.page.waitForTimeout(2500);
        for (const { id } of holdsOnDisk(w)) await w.ask('run', { command: 'countersign.review.discard', args: [id] });
        sed(w, path);
        await until('it is held', () => holdsOnDisk(w).some(({ disk: where }) => where === 'reverted'));
        assert.equal(read(w, path), policyText(bucket));
        const page = await reviewed(w, bucket);
        assert.match(await page.locator('main').textContent(), /Nothing has been written/);
        await review.acknowledge(page, { bucket });
        await until('it is on disk', () => read(w, path) === opened(policyText(bucket)));
        await page.getByRole('button', { name: 'Roll back now' }).click();
        await until('the old text is back', () => read(w, path) === policyText(bucket));
      } finally {
        rmSync(w.absolute('.countersign'), { recursive: true });
      }
    },
  ],
  [
    'what changed while the editor was closed is found when it opens',
    async (w) => {
      const bucket = 'prod-customer-returns';
      const path = policyPath(bucket);
      await ready(w);
      await w.page.goto('about:blank');
      // For a window that may come back its extensions are kept running for hours: here they end with it.
      const server = serverOf(w);
      try {
        process.kill(Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(server)], { encoding: 'utf8' })), 'SIGKILL');
      } catch {
        // Now and then they have ended with the window all the same.
      }
      await until('the server is gone', () => serverOf(w) === undefined, 30_000);
      sed(w, path);
      await w.page.goBack();
      await w.page.waitForSelector('.monaco-workbench .statusbar', { timeout: 60_000 });
      await until('it is held', () => holdsOnDisk(w).length === 1, 40_000);
      await until('the extensions are running', () => w.ask('state').catch(() => undefined), 60_000);
      const page = await reviewed(w, bucket);
      await page.getByRole('button', { name: 'Revert', exact: true }).click();
      await review.decided(page, /^Reverted/);
      assert.equal(read(w, path), policyText(bucket));
    },
  ],
  ...['light', 'dark', 'hc'].map((theme) => [
    `the review of a write to disk, in ${theme}`,
    async (w) => {
      await ready(w);
      await w.setTheme(theme);
      // No agent was let write this one in an earlier scenario.
      const bucket = 'prod-customer-files';
      try {
        sed(w, policyPath(bucket));
        await until('it is held', () => holdsOnDisk(w).length === 1);
        const page = await reviewed(w, bucket);
        await w.ask('run', { command: 'notifications.clearAll' });
        await w.page.waitForTimeout(900);
        await w.page.screenshot({ path: w.shot(`disk-window-${theme}`) });
        await review.openForm(page);
        await w.page.waitForTimeout(500);
        await w.page.screenshot({ path: w.shot(`disk-form-${theme}`) });
        await review
          .discardButton(page)
          .or(page.getByRole('button', { name: 'Revert', exact: true }))
          .click();
        await review.decided(page, /^Reverted/);
        await until('the list is empty', async () => (await heldRows(w).count()) === 0);
      } finally {
        await w.setTheme('dark');
      }
    },
  ]),
  [
    'all agents are stopped by a click, and go on only after a click and a yes',
    async (w) => {
      await ready(w);
      await status(w, 'Countersign').click();
      await w.page.locator('.quick-input-widget .monaco-list-row:has-text("Stop all agents")').click();
      const input = w.page.locator('.quick-input-widget input[type=text]');
      await until('it asks why', async () => (await input.getAttribute('placeholder'))?.startsWith('Why?'));
      await input.fill('It deletes the wrong branch');
      await w.press('Enter');
      await status(w, 'Agents stopped').waitFor();
      await toast(w, 'All agents are stopped').waitFor();
      await w.page.screenshot({ path: w.shot('halted-dark') });
      assert.equal((await recordsOf(w, 'halted', 'wrong branch')).length, 1);
      await w.ask('run', { command: 'countersign.resume' });
      const dialog = w.page.locator('.monaco-dialog-box');
      await dialog.waitFor();
      await w.page.screenshot({ path: w.shot('resume-dark') });
      assert.equal((await recordsOf(w, 'resumed', 'click')).length, 0, 'the command alone lets nobody go on');
      await dialog.getByRole('button', { name: 'Let Agents Go On' }).click();
      await status(w, 'Agents stopped').waitFor({ state: 'detached' });
      assert.equal((await recordsOf(w, 'resumed', 'click')).length, 1);
    },
  ],
];
