import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { STATEMENT_PLACE, inserted, policyPath, policyText, riskyStatement } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { countersign, holdsOnDisk, logRecords } from '../records.mjs';
import { until } from '../workbench.mjs';

const bucket = 'prod-customer-exports';
const path = policyPath(bucket);
const before = policyText(bucket);
const after = inserted(before, riskyStatement(bucket));

/** The main path: a person pastes what a forum told them. One story in four steps, on one file. */
export const paste = [
  [
    'a risky paste inserts nothing and opens the review, and no Enter approves it',
    async (w) => {
      const page = await pasteRisky(w, bucket);
      assert.equal(await w.text(path), before);
      await until('the heading has the focus', () => review.headingFocused(page));
      assert.match(await review.heading(page), /anyone on the internet can .*prod-customer-exports/i);
      for (const key of ['Enter', 'Control+Enter', 'Control+Y']) await w.press(key);
      await w.page.waitForTimeout(500);
      assert.match(await review.heading(page), /prod-customer-exports/, 'the review is still there');
      assert.equal(await w.text(path), before);
    },
    { keep: true },
  ],
  [
    'too short a reason is refused, with what is still needed',
    async (w) => {
      const page = await w.review();
      await review.fillForm(page, { bucket, reason: 'because I want it' });
      assert.match(await review.needed(page), /^Still needed: 3 more characters of reason\.$/);
      assert.equal(await review.acknowledgeButton(page).getAttribute('aria-disabled'), 'true');
      await review.pressEarly(page);
      await until('the reason has the focus', async () => (await review.focused(page)).startsWith('Reason'));
      // The finding's own words are no reason either: that the server says.
      await page.getByLabel(/^Reason,/).fill(await review.heading(page));
      await review.pressEarly(page);
      await until('it is refused', async () => /^Still needed: .*(reason|words)/.test(await review.needed(page)));
      for (const key of ['Enter', 'Control+Enter', 'Control+Y']) await w.press(key);
      await w.page.waitForTimeout(300);
      assert.equal(await w.text(path), before);
      assert.equal(holdsOnDisk(w).length, 1);
    },
    { keep: true },
  ],
  [
    'acknowledged with a reason and the typed name, the text is in the file exactly, and the record in the log',
    async (w) => {
      const page = await w.review();
      await page.getByLabel(/^Reason,/).fill(review.REASON);
      await review.acknowledgeButton(page).click();
      await review.decided(page, /^Applied/);
      await until('the text is in the editor', async () => (await w.text(path)) === after);
      // The file had no unsaved work, so it is saved.
      await until('the text is on disk', () => readFileSync(w.absolute(path), 'utf8') === after);
      const records = JSON.stringify(await logRecords(w));
      assert.ok(records.includes(review.REASON), 'the reason is in the log');
      assert.ok(records.includes('"acknowledged"') && records.includes('"released"'), 'that it was acknowledged and applied is in the log');
      const verified = await countersign(w, 'log', 'verify');
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      assert.deepEqual(holdsOnDisk(w), []);
    },
    { keep: true },
  ],
  [
    'one undo takes an applied edit out again, and asks nothing',
    async (w) => {
      await w.openFile(path, STATEMENT_PLACE);
      await w.press('Control+Z');
      await until('the old text is back', async () => (await w.text(path)) === before);
      await w.page.waitForTimeout(500);
      assert.equal(await w.text(path), before);
      assert.deepEqual(holdsOnDisk(w), []);
      await w.press('Control+S');
      await until('it is saved', () => readFileSync(w.absolute(path), 'utf8') === before);
    },
  ],
];

/** Pastes the risky statement into a bucket's policy; gives the review's page once it shows this bucket. */
export async function pasteRisky(w, name) {
  await w.openFile(policyPath(name), STATEMENT_PLACE);
  await w.paste(riskyStatement(name));
  const page = await w.review();
  await until('the review shows this bucket', async () => (await review.heading(page)).includes(name));
  return page;
}
