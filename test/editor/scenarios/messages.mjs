import assert from 'node:assert/strict';
import { editPayload } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { runHook } from '../records.mjs';
import { until } from '../workbench.mjs';

const toasts = (w) => w.page.locator('.notification-toast:has-text("Countersign holds")');

/** Messages tell; they never lie over what a person has to read or press. */
export const messages = [
  [
    'a message of a new hold goes away when a review is opened',
    async (w) => {
      await denied(w, 'prod-customer-letters');
      await toasts(w).first().waitFor();
      await w.press('Control+K', 'h');
      await w.review();
      await until('it is gone', async () => (await toasts(w).count()) === 0);
    },
  ],
  [
    'none comes while a review is read; it comes when the review is closed',
    async (w) => {
      await denied(w, 'prod-customer-letters');
      await toasts(w).first().waitFor();
      await w.press('Control+K', 'h');
      const page = await w.review();
      await denied(w, 'prod-customer-photos');
      await until('the review says that there are two', async () => /of 2 held/.test(await page.locator('main').textContent()));
      await w.page.waitForTimeout(1500);
      assert.equal(await toasts(w).count(), 0);
      await review.discardButton(page).click();
      await review.decided(page, /^Discarded/);
      await w.ask('closeAll');
      await toasts(w).first().waitFor();
      assert.match(await toasts(w).first().textContent(), /1 suggestion/);
    },
  ],
];

async function denied(w, bucket) {
  const answer = await runHook(w, editPayload(w.workspace, bucket, `messages-${Date.now()}`));
  assert.equal(answer.decision, 'deny', answer.stdout + answer.stderr);
}
