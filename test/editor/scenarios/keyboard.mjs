import assert from 'node:assert/strict';
import { editPayload, policyPath, policyText } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk, recordsOf, runHook } from '../records.mjs';
import { until } from '../workbench.mjs';

/** The whole way without a mouse. */
export const keyboard = [
  [
    'discard by keys alone',
    async (w) => {
      const { page } = await openByKeys(w, 'prod-customer-invoices');
      await w.press('Tab');
      await untilFocused(page, /^Go to the decision/);
      await w.press('Enter');
      await untilFocused(page, /^Discard$/);
      await w.press('Enter');
      await review.decided(page, /^Discarded/);
      assert.deepEqual(holdsOnDisk(w), []);
    },
  ],
  [
    'a form that was opened by keys is left by them: back to Discard, and on to the next hold',
    async (w) => {
      await runHook(w, editPayload(w.workspace, 'prod-customer-letters', 'keys'));
      await until('it is held', () => holdsOnDisk(w).length === 1);
      const { page } = await openByKeys(w, 'prod-customer-claims', { held: 2, first: 'prod-customer-letters' });
      const first = await review.heading(page);
      await w.press('F8');
      await until('the next one shows', async () => (await review.heading(page)) !== first && (await review.headingFocused(page)));
      await w.press('Shift+F8');
      await until('the first one shows', async () => (await review.heading(page)) === first && (await review.headingFocused(page)));
      await w.press('Tab', 'Enter');
      await untilFocused(page, /^Discard$/);
      await w.press('Tab', 'Enter');
      await untilFocused(page, /^It is meant to be this open/);
      await w.press('F7');
      await w.page.locator('.tab.active:has-text("before and suggested")').waitFor();
      // The tab shows before the keys go to it: a key pressed in between goes nowhere.
      await w.page.locator('.monaco-diff-editor .monaco-editor.focused').first().waitFor();
      await w.press('Control+K', 'h');
      await until('the review is back', async () => (await review.headingFocused(page)) && (await review.heading(page)) !== '');
      await w.press('Tab', 'Enter');
      await untilFocused(page, /^Discard$/);
      await w.press('Enter');
      await review.decided(page, /^Discarded/);
      await w.press('Tab');
      await untilFocused(page, /^Show recent decisions$/);
      await w.press('Tab');
      await untilFocused(page, /^Review next held suggestion$/);
      await w.press('Tab');
      await untilFocused(page, /^Undo discard$/);
      assert.equal(holdsOnDisk(w).length, 1);
    },
  ],
  [
    'acknowledge by keys alone, and Enter on the button does nothing',
    async (w) => {
      const bucket = 'prod-customer-photos';
      const { page } = await openByKeys(w, bucket);
      await w.press('Tab', 'Enter');
      await untilFocused(page, /^Discard$/);
      await w.press('Tab');
      await untilFocused(page, /^I need this change/);
      await w.press('Enter');
      await untilFocused(page, /^It is meant to be this open/);
      await w.press('Space', 'Tab');
      await untilFocused(page, /^Reason/);
      await w.page.keyboard.type(review.REASON);
      await w.press('Tab');
      await untilFocused(page, /^Ticket/);
      await w.press('Tab');
      await untilFocused(page, /^Good until/);
      await w.press('Tab');
      await untilFocused(page, /^Roll back later/);
      await w.press('Tab');
      await untilFocused(page, /^Type .* to confirm/);
      await w.page.keyboard.type(bucket);
      await w.press('Tab');
      await untilFocused(page, /^Discard$/);
      await w.press('Tab');
      await untilFocused(page, /^Acknowledge and/);
      // The button does not listen at once; what is tried before that shows nothing.
      await w.page.waitForTimeout(700);
      for (const key of ['Enter', 'Control+Enter', 'Control+Y', 'Control+Space']) await w.press(key);
      await w.page.waitForTimeout(500);
      assert.deepEqual(await recordsOf(w, 'acknowledged', bucket), []);
      await untilFocused(page, /^Acknowledge and/);
      await w.press('Space');
      await review.decided(page, /^(Applied|Acknowledged)/);
      assert.equal((await recordsOf(w, 'acknowledged', bucket)).length > 0, true);
      assert.equal(await w.text(policyPath(bucket)), policyText(bucket), 'the agent writes it, not the editor');
    },
  ],
];

/** An agent's suggestion, opened with the chord that reviews the next one. */
async function openByKeys(w, bucket, { held = 1, first = bucket } = {}) {
  await w.openFile(policyPath(bucket));
  const denied = await runHook(w, editPayload(w.workspace, bucket, 'keys'));
  assert.equal(denied.decision, 'deny', denied.stdout + denied.stderr);
  await w.page.locator(`.statusbar :text("${held} held")`).first().waitFor();
  await w.press('Control+K', 'h');
  const page = await w.review();
  await until('the heading has the focus', async () => (await review.heading(page)).includes(first) && (await review.headingFocused(page)));
  return { page };
}

function untilFocused(page, what) {
  return until(
    `${what} has the focus`,
    async () => {
      const has = await review.focused(page);
      if (!what.test(has)) throw new Error(`"${has}" has it`);
      if (!(await review.focusSeen(page))) throw new Error(`"${has}" has it, and nothing shows it`);
      return true;
    },
    5000,
  );
}
