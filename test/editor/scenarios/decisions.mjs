import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { inserted, policyPath, policyText, riskyStatement } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk, recordsOf } from '../records.mjs';
import { until } from '../workbench.mjs';
import { decidedRows, heldRow } from './hook.mjs';
import { pasteRisky } from './paste.mjs';
import { sayWhy } from './rollback.mjs';

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
      await w.palette('Countersign: Show Held Suggestions');
      const page = await pasteRisky(w, bucket);
      const name = await heldRow(w, bucket).locator('.label-name').textContent();
      await review.acknowledge(page, { bucket });
      const path = policyPath(bucket);
      await until('the text is in', async () => (await w.text(path)) === inserted(policyText(bucket), riskyStatement(bucket)));
      await page.getByRole('button', { name: 'Roll back now' }).click();
      await until('the old text is back', async () => (await w.text(path)) === policyText(bucket));
      await review.decided(page, /^Rolled back/);
      assert.equal((await recordsOf(w, 'rolled-back', '')).length >= 1, true, 'the rollback is in the log');
      const rows = decidedRows(w);
      await until('both are listed under the name the hold had', async () => {
        const names = await rows.locator('.label-name').allTextContents();
        return names[0] === name && names[1] === name;
      });
      assert.match((await rows.first().getAttribute('aria-label')) ?? '', /^Rolled back/);
    },
  ],
  [
    'a rollback that cannot be made is corrected in the log, and can be made later',
    async (w) => {
      const bucket = 'prod-customer-returns';
      const path = policyPath(bucket);
      const page = await pasteRisky(w, bucket);
      await review.acknowledge(page, { bucket });
      const after = inserted(policyText(bucket), riskyStatement(bucket));
      await until('the text is on disk', () => readFileSync(w.absolute(path), 'utf8') === after);
      // Else what is written below may count as the editor's own save.
      await until('the editor knows that it is saved', async () => !(await w.ask('text', { path: w.absolute(path) })).dirty);
      const button = await page.getByRole('button', { name: 'Roll back now' }).elementHandle();
      // Another program writes the file, and the button is pressed before the editor has read it.
      writeFileSync(w.absolute(path), `${after}\n\n`);
      const pressed = Date.now();
      await button.evaluate((element) => element.click());
      await until('it is refused', async () => /Could not write/.test((await page.locator('#problem').textContent()) ?? ''));
      const took = Date.now() - pressed;
      console.log(`from the press to the word that it cannot be rolled back: ${took} ms`);
      assert.ok(took < 3000, `it took ${took} ms`);
      const records = await recordsOf(w, 'rolled-back', 'not-applied');
      assert.equal(records.length, 1, 'the correction is in the log');
      writeFileSync(w.absolute(path), after);
      await w.ask('closeAll');
      await w.openFile(path);
      await w.palette('Countersign: Roll Back a Change');
      await w.page.locator(`.quick-input-widget .monaco-list-row:has-text("${bucket}")`).first().waitFor();
      await w.press('Enter');
      await sayWhy(w, 'The download was fixed otherwise');
      await until('the old text is back', async () => (await w.text(path)) === policyText(bucket));
    },
  ],
  [
    'risky text that is in a file already can be reviewed, discarded, and the discard undone',
    async (w) => {
      const bucket = 'prod-customer-mail';
      const path = policyPath(bucket);
      await w.openFile(path, { line: 6, character: 19 });
      await w.press('Shift+End', 'Shift+ArrowLeft', 'Delete');
      await w.page.keyboard.type('"*"', { delay: 30 });
      const text = await w.text(path);
      const lens = await until('there is a lens', async () =>
        (await w.ask('lenses', { path: w.absolute(path) })).find(({ command }) => command === 'countersign.review.next'),
      );
      assert.match(lens.args[0], /^buffer:/);
      await w.ask('run', { command: lens.command, args: lens.args });
      const page = await w.review();
      await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
      assert.equal(holdsOnDisk(w).length, 1);
      for (const round of ['once', 'and again']) {
        await review.discardButton(page).click();
        await review.decided(page, /^Discarded/);
        assert.deepEqual(holdsOnDisk(w), [], round);
        await page.getByRole('button', { name: 'Undo discard' }).click();
        await until('it is held again', async () => (await review.heading(page)).includes(bucket));
        assert.equal(holdsOnDisk(w).length, 1, round);
      }
      assert.equal(await w.text(path), text, 'the text stays as it was typed');
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
