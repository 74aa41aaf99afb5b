import assert from 'node:assert/strict';
import { inserted, policyPath, policyText, riskyStatement } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk, recordsOf } from '../records.mjs';
import { until } from '../workbench.mjs';
import { pasteRisky } from './paste.mjs';

/** Discarding, and taking things back. */
export const decisions = [
  [
    'discard changes nothing, and can be undone',
    async (w) => {
      const bucket = 'prod-customer-invoices';
      const page = await pasteRisky(w, bucket);
      await review.discardButton(page).click();
      await review.decided(page, /^Discarded\. Nothing changed\.$/);
      assert.equal(await w.text(policyPath(bucket)), policyText(bucket));
      assert.deepEqual(holdsOnDisk(w), []);
      await page.getByRole('button', { name: 'Undo discard' }).click();
      await until('it is held again', async () => (await review.heading(page)).includes(bucket));
      assert.equal(holdsOnDisk(w).length, 1);
      await review.discardButton(page).click();
      await review.decided(page, /^Discarded/);
      assert.equal((await recordsOf(w, 'discarded', bucket)).length >= 1, true, 'the discard is in the log');
    },
  ],
  [
    'an acknowledged edit can be rolled back, and that is recorded',
    async (w) => {
      const bucket = 'prod-payroll-slips';
      const page = await pasteRisky(w, bucket);
      await review.acknowledge(page, { bucket });
      const path = policyPath(bucket);
      await until('the text is in', async () => (await w.text(path)) === inserted(policyText(bucket), riskyStatement(bucket)));
      await page.getByRole('button', { name: 'Roll back now' }).click();
      await until('the old text is back', async () => (await w.text(path)) === policyText(bucket));
      await review.decided(page, /^Rolled back/);
      assert.equal((await recordsOf(w, 'rolled-back', '')).length >= 1, true, 'the rollback is in the log');
    },
  ],
  [
    'when the file changed meanwhile, it is checked again: the reason stays, the typed name does not',
    async (w) => {
      const bucket = 'prod-customer-forms';
      const page = await pasteRisky(w, bucket);
      await review.fillForm(page, { bucket });
      await w.ask('workspaceEdit', { path: w.absolute(policyPath(bucket)), text: ' ', line: 11, character: 0 });
      await review.acknowledgeButton(page).click();
      await until('it says so', async () => /changed after this was held\. Checked again:/.test(await page.locator('main').textContent()));
      assert.equal(await page.getByLabel(/^Reason,/).inputValue(), review.REASON);
      assert.equal(await review.nameField(page).inputValue(), '');
      assert.ok(!(await w.text(policyPath(bucket))).includes('FixDownload403'));
    },
  ],
];
