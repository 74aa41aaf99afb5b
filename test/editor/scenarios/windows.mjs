import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATEMENT_PLACE, editPayload, policyPath, policyText, riskyStatement } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk, recordsOf, runHook } from '../records.mjs';
import { ROOT } from '../vsix.mjs';
import { until } from '../workbench.mjs';
import { ready, sed } from './disk.mjs';
import { heldRow, heldRows } from './hook.mjs';

const launcherOf = (env) => join(env.XDG_STATE_HOME, 'countersign/bin/countersign-hook');

/** Before the editor starts: an agent was wired by a version of the extension that an update has removed since. */
export function breakLauncher({ env, workspace }) {
  execFileSync(process.execPath, [join(ROOT, 'dist/cli.js'), 'init', '--yes'], { cwd: workspace, env, stdio: 'ignore' });
  const launcher = launcherOf(env);
  const text = readFileSync(launcher, 'utf8');
  writeFileSync(launcher, text.replaceAll(join(ROOT, 'dist/hook.js'), '/extensions/countersign.countersign-0.0.1/dist/hook.js'));
}

const bucket = 'prod-customer-letters';

/** The holds about the policy of a bucket. */
const of = (w, name) => holdsOnDisk(w).filter(({ edits }) => edits.some(({ path }) => path === policyPath(name)));

/** A folder that nobody has trusted yet: all is held as ever, and nothing can be decided. */
export const restricted = [
  [
    'the launcher that an update broke starts the hook of this version',
    async (w) => {
      await until('Countersign is active', async () => (await w.ask('state')).active, 30_000);
      assert.equal(await w.ask('trusted'), false);
      const hook = join(w.extension(), 'dist/hook.js');
      await until('the launcher names it', () => readFileSync(launcherOf(w.env), 'utf8').includes(`hook='${hook}'`));
    },
  ],
  [
    'a hold can be read, and what is offered is to trust the folder',
    async (w) => {
      await w.palette('Countersign: Show Held Suggestions');
      const denied = await runHook(w, editPayload(w.workspace, bucket));
      assert.equal(denied.decision, 'deny', denied.stdout + denied.stderr);
      await heldRow(w, bucket).click();
      const page = await w.review();
      await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
      assert.equal(await review.discardButton(page).count(), 0);
      assert.equal(await review.needButton(page).count(), 0);
      assert.match(await review.needed(page), /Restricted Mode/);
      await w.ask('run', { command: 'notifications.clearAll' });
      await w.page.screenshot({ path: w.shot('restricted-dark') });
      const [hold] = holdsOnDisk(w);
      await w.ask('run', { command: 'countersign.review.discard', args: [hold.id] });
      await w.page.locator('.notification-toast:has-text("Trust this folder")').first().waitFor();
      assert.equal(holdsOnDisk(w).length, 1);
      assert.deepEqual(await recordsOf(w, 'discarded', bucket), []);
    },
    { keep: true },
  ],
  [
    'a risky paste is held as ever',
    async (w) => {
      const other = 'prod-customer-photos';
      await w.ask('open', { path: w.absolute(policyPath(other)), ...STATEMENT_PLACE });
      await w.page
        .locator('.editor-instance .native-edit-context:focus, .editor-instance textarea.inputarea:focus')
        .first()
        .waitFor({ state: 'attached' });
      await w.paste(riskyStatement(other));
      await until('it is held', () => holdsOnDisk(w).length === 2);
      assert.equal(await w.text(policyPath(other)), policyText(other));
    },
    { keep: true },
  ],
  [
    'a write to disk is held, and stays until the folder is trusted',
    async (w) => {
      const third = 'prod-customer-claims';
      await ready(w);
      sed(w, w.absolute(policyPath(third)));
      const hold = await until('it is held', () => of(w, third)[0], 20_000);
      assert.equal(hold.disk, 'written');
      await w.ask('run', { command: 'countersign.review.discard', args: [hold.id] });
      assert.equal(of(w, third).length, 1, 'nothing is decided here');
      execFileSync('git', ['checkout', '--', policyPath(third)], { cwd: w.workspace });
      await until('put right by hand, it is held no more', () => of(w, third).length === 0);
    },
    { keep: true },
  ],
  [
    'once the folder is trusted, the open review can be decided',
    async (w) => {
      const page = await w.review();
      await page.getByRole('button', { name: 'Manage Trust' }).click();
      await pressTrust(w);
      await w.press('Control+K', 'h');
      const again = await w.review();
      await review.discardButton(again).click();
      await review.decided(again, /^Discarded/);
      assert.equal(holdsOnDisk(w).length, 1);
    },
  ],
];

/** Two folders with files of the same paths. */
export const severalFolders = [
  [
    'a hold belongs to its folder: in its file alone, and the review says which',
    async (w) => {
      const second = await secondFolder(w);
      const path = join(second, policyPath(bucket));
      await w.palette('Countersign: Show Held Suggestions');
      const denied = await runHook({ ...w, workspace: second }, editPayload(second, bucket));
      assert.equal(denied.decision, 'deny', denied.stdout + denied.stderr);
      await heldRow(w, bucket).click();
      const page = await w.review();
      await until('the review says which folder', async () => /billing-service\/infra/.test(await page.locator('main').textContent()));
      await w.ask('open', { path: w.absolute(policyPath(bucket)) });
      await w.ask('open', { path });
      await until('it is marked in its file', async () => (await w.ask('diagnostics', { path })).length > 0);
      assert.deepEqual(await w.ask('diagnostics', { path: w.absolute(policyPath(bucket)) }), []);
      assert.equal(await heldRows(w).count(), 1);
    },
  ],
  [
    'a write to disk in one folder is held for that folder, and reverted there',
    async (w) => {
      const second = await secondFolder(w);
      const path = join(second, policyPath(bucket));
      await ready(w);
      sed(w, path);
      const hold = await until('it is held', () => of(w, bucket)[0], 20_000);
      assert.equal(hold.workspace, second);
      await w.palette('Countersign: Show Held Suggestions');
      await heldRow(w, bucket).click();
      const page = await w.review();
      await until('the review says which folder', async () => /billing-service\/infra/.test(await page.locator('main').textContent()));
      await page.getByRole('button', { name: 'Revert', exact: true }).click();
      await review.decided(page, /^Reverted/);
      assert.equal(readFileSync(path, 'utf8'), policyText(bucket));
      assert.equal(readFileSync(w.absolute(policyPath(bucket)), 'utf8'), policyText(bucket));
    },
  ],
  [
    'what is acknowledged is applied to the file of its folder',
    async (w) => {
      const second = await secondFolder(w);
      const path = join(second, policyPath(bucket));
      await w.ask('open', { path, ...STATEMENT_PLACE });
      await w.page
        .locator('.editor-instance .native-edit-context:focus, .editor-instance textarea.inputarea:focus')
        .first()
        .waitFor({ state: 'attached' });
      await w.paste(riskyStatement(bucket));
      const page = await w.review();
      await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
      await review.acknowledge(page, { bucket });
      await until('the text is on disk', () => readFileSync(path, 'utf8').includes('FixDownload403'));
      assert.equal(readFileSync(w.absolute(policyPath(bucket)), 'utf8'), policyText(bucket));
      await page.getByRole('button', { name: 'Roll back now' }).click();
      await until('the old text is back', () => readFileSync(path, 'utf8') === policyText(bucket));
    },
  ],
  [
    'a broken policy of one folder closes that folder, and is told',
    async (w) => {
      const second = await secondFolder(w);
      // The policy itself was written by nobody known, and is held for that.
      mkdirSync(join(second, '.countersign'));
      writeFileSync(join(second, '.countersign/policy.yaml'), 'verdicts: [\n');
      try {
        const closed = w.page.locator('.statusbar-item:has-text("Countersign closed")');
        await closed.first().waitFor();
        await w.page.locator('.notification-toast:has-text("billing-service/.countersign/policy.yaml, line")').first().waitFor();
        assert.equal((await runHook({ ...w, workspace: second }, editPayload(second, bucket))).decision, 'deny');
        assert.deepEqual(of(w, bucket), []);
        assert.equal((await runHook(w, editPayload(w.workspace, bucket))).decision, 'deny');
        await until('that of the other folder is held', () => of(w, bucket).length === 1);
      } finally {
        rmSync(join(second, '.countersign'), { recursive: true });
      }
      await w.page.locator('.statusbar-item:has-text("Countersign closed")').first().waitFor({ state: 'detached' });
    },
  ],
];

/** The second folder, in an editor that trusts both. */
async function secondFolder(w) {
  if (!(await w.ask('trusted'))) {
    await w.palette('Workspaces: Manage Workspace Trust');
    await pressTrust(w);
    await w.ask('closeAll');
  }
  return w.others[0];
}

async function pressTrust(w) {
  const trustEditor = w.page.locator('.workspace-trust-editor');
  await trustEditor.waitFor();
  await trustEditor
    .getByRole('button', { name: /^Trust(?! )/ })
    .first()
    .click();
  await until('it is trusted', () => w.ask('trusted'));
}
