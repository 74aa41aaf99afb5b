import assert from 'node:assert/strict';
import { inserted, policyPath, policyText, riskyStatement } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { recordsOf } from '../records.mjs';
import { until } from '../workbench.mjs';
import { decidedRows } from './hook.mjs';
import { pasteRisky } from './paste.mjs';

/** Answers the question that every rollback asks. */
export async function sayWhy(w, why) {
  const input = w.page.locator('.quick-input-widget input[type=text]');
  await w.page.locator('.quick-input-widget:has-text("they are recorded")').waitFor();
  await input.fill(why);
  await w.press('Enter');
}

/** Pastes and acknowledges; gives the path. */
export async function acknowledged(w, bucket) {
  await w.palette('Countersign: Show Held Suggestions');
  const page = await pasteRisky(w, bucket);
  await review.acknowledge(page, { bucket });
  const path = policyPath(bucket);
  await until('the text is in', async () => (await w.text(path)) === inserted(policyText(bucket), riskyStatement(bucket)));
  return path;
}

const row = (w, bucket) => decidedRows(w).filter({ hasText: bucket }).first();

/** Taking back what was acknowledged, by click, also when the file was edited since. */
export const rollback = [
  [
    'by a click in the list: a later edit elsewhere stays, the reason is recorded',
    async (w) => {
      const bucket = 'prod-customer-refunds';
      const path = await acknowledged(w, bucket);
      const after = await w.text(path);
      const last = after.split('\n').length - 1;
      await w.ask('workspaceEdit', { path: w.absolute(path), text: '\n', line: last, character: 0 });
      await until('the later edit is in', async () => (await w.text(path)) !== after);
      await row(w, bucket).hover();
      await row(w, bucket).locator('.action-label.codicon-discard').click();
      await sayWhy(w, 'Read through the gateway by now');
      await until('the old text is back, with the later edit', async () => (await w.text(path)) === `${policyText(bucket)}\n`);
      const records = await recordsOf(w, 'rolled-back', 'Read through the gateway by now');
      assert.equal(records.length, 1, 'recorded with its own reason');
    },
  ],
  [
    'with a later edit of the same lines: nothing is written until the person has decided each place',
    async (w) => {
      const bucket = 'prod-customer-quotes';
      const path = await acknowledged(w, bucket);
      await w.ask('workspaceEdit', { path: w.absolute(path), text: 'My', line: 4, character: 14 });
      const mine = await until('the later edit is in', async () => {
        const text = await w.text(path);
        return text.includes('MyFixDownload403') && text;
      });
      await row(w, bucket).hover();
      await row(w, bucket).locator('.action-label.codicon-discard').click();
      await sayWhy(w, 'Not needed any more');
      await w.page.locator('.notification-toast:has-text("nothing was written")').waitFor();
      const shown = w.page.locator('.editor-instance .view-lines:has-text("rolled back")').first();
      await shown.waitFor();
      assert.equal(await w.text(path), mine, 'the file is as it was');
      assert.equal((await recordsOf(w, 'rolled-back', 'Not needed any more')).length, 0, 'nothing is recorded yet');
      await w.page.screenshot({ path: w.shot('rollback-merge-dark') });
      await w.ask('run', { command: 'notifications.clearAll' });
      // Saved with marks left: refused, in words.
      await shown.click();
      await w.press('Control+End', 'Enter', 'Control+S');
      await w.page
        .locator('.notification-toast:has-text("left to decide"), .monaco-dialog-box:has-text("left to decide")')
        .first()
        .waitFor();
      await w.page.screenshot({ path: w.shot('rollback-merge-refused-dark') });
      await w.ask('run', { command: 'notifications.clearAll' });
      assert.equal(await w.text(path), mine);
      await shown.click();
      await w.press('Control+A');
      await w.paste(policyText(bucket));
      await w.press('Control+S');
      await until('what the person decided is in the file', async () => (await w.text(path)) === policyText(bucket));
      assert.equal((await recordsOf(w, 'rolled-back', 'Not needed any more')).length, 1);
      await until('the merge is closed', async () => (await shown.count()) === 0);
    },
  ],
];
