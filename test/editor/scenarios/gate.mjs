import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATEMENT_PLACE, policyPath, policyText, riskyStatement } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk } from '../records.mjs';
import { until } from '../workbench.mjs';
import { pasteRisky } from './paste.mjs';

const bucket = 'prod-customer-letters';
const status = (w, text) => w.page.locator(`.statusbar-item:has-text("${text}")`).first();
const toast = (w, text) => w.page.locator(`.notification-toast:has-text("${text}")`).first();

/** When the gate cannot do its work: nothing gets in, the editor says why and where, and mending is enough. */
export const gate = [
  [
    'a broken policy is told with file and line, refuses pastes, and is over when it is mended',
    async (w) => {
      await w.openFile(policyPath(bucket), STATEMENT_PLACE);
      mkdirSync(w.absolute('.countersign'), { recursive: true });
      writeFileSync(w.absolute('.countersign/policy.yaml'), '# ours\nverdicts:\n  critical: whatever\n');
      try {
        await toast(w, 'Countersign is closed').waitFor();
        assert.match(await toast(w, 'Countersign is closed').textContent(), /policy\.yaml, line 3/);
        await status(w, 'Countersign closed').waitFor();
        await w.page.screenshot({ path: w.shot('closed-dark') });
        await w.paste(riskyStatement(bucket));
        await toast(w, 'Nothing was inserted').waitFor();
        assert.equal(await w.text(policyPath(bucket)), policyText(bucket));
        await toast(w, 'Countersign is closed').getByRole('button', { name: 'Open the File' }).click();
        await w.page.locator('.tab.active[data-resource-name="policy.yaml"]').waitFor();
        await until('the cursor is there', async () => (await w.page.locator('.statusbar').textContent()).includes('Ln 3'));
      } finally {
        rmSync(w.absolute('.countersign'), { recursive: true });
      }
      await status(w, 'Countersign closed').waitFor({ state: 'detached' });
      await pasteRisky(w, bucket);
    },
  ],
  [
    'a log that cannot be written is told with its place, and is over when it can be',
    async (w) => {
      const log = join(w.env.XDG_STATE_HOME, 'countersign/log');
      await w.openFile(policyPath(bucket), STATEMENT_PLACE);
      renameSync(log, `${log}-kept`);
      writeFileSync(log, '');
      try {
        await toast(w, 'Countersign is closed').waitFor();
        assert.ok((await toast(w, 'Countersign is closed').textContent()).includes(log));
        await w.paste(riskyStatement(bucket));
        await toast(w, 'Nothing was inserted').waitFor();
        assert.equal(await w.text(policyPath(bucket)), policyText(bucket));
      } finally {
        rmSync(log);
        renameSync(`${log}-kept`, log);
      }
      await status(w, 'Countersign closed').waitFor({ state: 'detached' });
      await pasteRisky(w, bucket);
    },
  ],
  [
    'while the log cannot be written, the open review says so and offers no form; mended, it does',
    async (w) => {
      const page = await pasteRisky(w, bucket);
      await review.needButton(page).click();
      await page.getByLabel(/^Reason,/).fill(review.REASON);
      const log = join(w.env.XDG_STATE_HOME, 'countersign/log');
      renameSync(log, `${log}-kept`);
      writeFileSync(log, '');
      try {
        await page.getByRole('alert').filter({ hasText: 'Countersign is closed' }).waitFor();
        assert.ok((await page.getByRole('alert').textContent()).includes(log));
        assert.equal(await review.needButton(page).count(), 0);
        assert.equal(await review.acknowledgeButton(page).count(), 0);
        await w.page.screenshot({ path: w.shot('closed-review-dark') });
        await w.ask('run', { command: 'notifications.clearAll' });
        await page.getByRole('button', { name: 'Show what to mend' }).click();
        await toast(w, log).waitFor();
      } finally {
        rmSync(log);
        renameSync(`${log}-kept`, log);
      }
      // The form comes back with what was filled in.
      await review.acknowledgeButton(page).waitFor();
      assert.equal(await page.getByLabel(/^Reason,/).inputValue(), review.REASON);
    },
  ],
  [
    'a server that is killed comes back by itself, and the open review can be decided',
    async (w) => {
      const page = await pasteRisky(w, bucket);
      const before = serverOf(w);
      process.kill(before, 'SIGKILL');
      await until('another one runs', () => serverOf(w) !== before && serverOf(w) !== undefined);
      await until('it is listed', async () => (await w.page.locator('.statusbar').textContent()).includes('1 held'));
      await w.page.waitForTimeout(1000);
      await review.acknowledge(page, { bucket });
      await until('the text is in', async () => (await w.text(policyPath(bucket))).includes('FixDownload403'));
      await page.getByRole('button', { name: 'Roll back now' }).click();
      await review.decided(page, /^Rolled back/);
      assert.deepEqual(holdsOnDisk(w), []);
    },
  ],
  [
    'a server that cannot be started is told, lets nothing in, and works again when it can be',
    async (w) => {
      await w.openFile(policyPath(bucket), STATEMENT_PLACE);
      const file = serverFile(w);
      renameSync(file, `${file}.kept`);
      try {
        process.kill(serverOf(w), 'SIGKILL');
        await status(w, 'Countersign stopped').waitFor();
        await toast(w, 'Countersign’s server is not running').waitFor();
        await w.paste(riskyStatement(bucket));
        await toast(w, 'Nothing was inserted').waitFor();
        assert.equal(await w.text(policyPath(bucket)), policyText(bucket));
      } finally {
        renameSync(`${file}.kept`, file);
      }
      await toast(w, 'Countersign’s server is not running').getByRole('button', { name: 'Start It Now' }).click();
      await status(w, 'Countersign stopped').waitFor({ state: 'detached' });
      await pasteRisky(w, bucket);
    },
  ],
];

/** The process of this editor's language server. */
export function serverOf(w) {
  const rows = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const row = rows.find((each) => each.includes(serverFile(w)) && each.includes('--node-ipc'));
  return row === undefined ? undefined : Number(row.trim().split(/\s+/)[0]);
}

function serverFile(w) {
  return join(w.extension(), 'dist/server.js');
}
