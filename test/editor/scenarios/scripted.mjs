import assert from 'node:assert/strict';
import { policyPath, policyText } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk, recordsOf } from '../records.mjs';
import { pasteRisky } from './paste.mjs';

const bucket = 'prod-customer-forms';
/** May be run by anyone: they open nothing. */
const HARMLESS_BUT_FINAL = ['countersign.review.discard', 'countersign.held.discardSelected'];

/** Approval by a program: another extension, or a script in the page. */
export const scripted = [
  [
    'no command acknowledges',
    async (w) => {
      await pasteRisky(w, bucket);
      const [hold] = holdsOnDisk(w);
      const commands = (await w.ask('commands')).filter((command) => /countersign(?!Probe)/i.test(command));
      assert.ok(commands.length > 5, 'the commands of Countersign were found');
      assert.deepEqual(
        commands.filter((command) => /acknowledge|approve|allow|apply|accept$/i.test(command)),
        [],
      );
      const decision = { category: 'intended', reason: review.REASON, ticket: '', hours: 24, rollBackLater: false };
      const confirmation = { text: bucket, how: 'typed' };
      const tries = [hold.id, { kind: 'acknowledge', hold: hold.id, nonce: hold.nonce ?? '', decision: { ...decision, confirmation } }];
      const own = commands.filter((command) => /^countersign\.(?!.*(focus|open|toggle|resetViewLocation|removeView))/.test(command));
      for (const command of own.filter((each) => !HARMLESS_BUT_FINAL.includes(each))) {
        for (const argument of tries) {
          await w.ask('run', { command, args: [argument] });
          await w.press('Escape');
        }
      }
      assert.equal(await w.text(policyPath(bucket)), policyText(bucket));
      assert.ok(
        holdsOnDisk(w).some(({ id }) => id === hold.id),
        'it is still held',
      );
      assert.deepEqual(await recordsOf(w, 'acknowledged', bucket), []);
    },
  ],
  [
    'a click that a script makes up does nothing, even with the form filled in',
    async (w) => {
      const page = await pasteRisky(w, bucket);
      await review.fillForm(page, { bucket });
      assert.match(await review.needed(page), /^Ready/);
      await page.evaluate(() => {
        const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent.startsWith('Acknowledge and'));
        button.click();
        for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']) {
          button.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, detail: 1 }));
        }
        button.focus();
        for (const type of ['keydown', 'keyup']) button.dispatchEvent(new KeyboardEvent(type, { key: ' ', code: 'Space', bubbles: true }));
        for (const type of ['keydown', 'keyup'])
          button.dispatchEvent(new KeyboardEvent(type, { key: 'Enter', code: 'Enter', bubbles: true }));
      });
      await w.page.waitForTimeout(1000);
      assert.match(await review.heading(page), new RegExp(bucket), 'the review is still there');
      assert.equal(await w.text(policyPath(bucket)), policyText(bucket));
      assert.deepEqual(await recordsOf(w, 'acknowledged', bucket), []);
    },
  ],
];
