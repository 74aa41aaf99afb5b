import assert from 'node:assert/strict';
import { EXPORTS_POLICY, STATEMENT_PLACE, benignStatement, inserted, policyPath, policyText } from '../workspace.mjs';
import { holdsOnDisk } from '../records.mjs';
import { until } from '../workbench.mjs';

/** What must not interrupt anyone. */
export const quiet = [
  [
    'is installed from the .vsix, and shows nothing until it is needed',
    async (w) => {
      assert.equal((await w.ask('state')).installed, true);
      await w.openFile(EXPORTS_POLICY);
      await until('Countersign is active', async () => (await w.ask('state')).active, 30_000);
      assert.equal((await w.ask('state')).api, 'undefined', 'it hands no API to other extensions');
      await nothingAsked(w);
      assert.deepEqual(await w.ask('diagnostics', { path: w.absolute(EXPORTS_POLICY) }), []);
      assert.equal(await w.text(EXPORTS_POLICY), policyText('prod-customer-exports'));
    },
  ],
  [
    'a benign edit that is typed is never interrupted',
    async (w) => {
      const path = policyPath('prod-customer-notes');
      await w.openFile(path, { line: 4, character: 21 });
      await w.page.keyboard.type('Only', { delay: 20 });
      await until('the text is typed', async () => (await w.text(path)).includes('"Sid": "AppReadOnly"'));
      await nothingAsked(w);
      assert.equal(await w.text(path), policyText('prod-customer-notes').replace('AppRead', 'AppReadOnly'));
    },
  ],
  [
    'risky text that is typed by hand stays, and is marked',
    async (w) => {
      const path = policyPath('prod-customer-calls');
      await w.openFile(path, { line: 6, character: 19 });
      await w.press('Shift+End', 'Shift+ArrowLeft', 'Delete');
      await w.page.keyboard.type('"*"', { delay: 30 });
      const open = policyText('prod-customer-calls').replace(/"Principal": \{.*\}/, '"Principal": "*"');
      await until('the text is typed', async () => (await w.text(path)) === open);
      await until('it is marked', async () => (await w.ask('diagnostics', { path: w.absolute(path) })).length > 0);
      await nothingAsked(w);
      assert.equal(await w.text(path), open);
    },
  ],
  [
    'the fastest typist is not interrupted, not even where the text is risky; nor is a key that is held down',
    async (w) => {
      const path = policyPath('prod-customer-calls');
      await w.openFile(path, { line: 6, character: 19 });
      await w.press('Shift+End', 'Shift+ArrowLeft', 'Delete');
      await w.page.keyboard.type('"*"', { delay: 45 });
      await w.openFile(path, { line: 4, character: 21 });
      await w.page.keyboard.type('ThisIsWrittenAsFastAsAnybodyCanWriteWithTenFingersOnAGoodDayAndThenSomeMore', { delay: 45 });
      // As the keyboard repeats a key, for more than a second.
      for (let count = 0; count < 40; count += 1) {
        await w.page.keyboard.down('x');
        await w.page.waitForTimeout(33);
      }
      await w.page.keyboard.up('x');
      const typed = await until('all is typed', async () => {
        const text = await w.text(path);
        return text.includes('x'.repeat(40)) && text;
      });
      await nothingAsked(w);
      assert.equal(await w.text(path), typed);
    },
  ],
  [
    'a statement that is typed with brackets that close by themselves stays',
    async (w) => {
      const path = policyPath('prod-customer-forms');
      await w.openFile(path, STATEMENT_PLACE);
      await w.page.keyboard.type('{ "Sid": "Typed", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", ', { delay: 40 });
      await w.page.keyboard.type('"Resource": "arn:aws:s3:::prod-customer-forms/*" },', { delay: 40 });
      await until('it is typed', async () => /"Sid": "Typed".*forms\/\*" *\},/.test(await w.text(path)));
      await nothingAsked(w);
      assert.match(await w.text(path), /"Sid": "Typed"/);
    },
  ],
  [
    'a benign paste goes in',
    async (w) => {
      const path = policyPath('prod-customer-mail');
      const statement = benignStatement('prod-customer-mail');
      await w.openFile(path, STATEMENT_PLACE);
      await w.paste(statement);
      const after = inserted(policyText('prod-customer-mail'), statement);
      await until('the text is in', async () => (await w.text(path)) === after);
      await nothingAsked(w);
      assert.equal(await w.text(path), after);
    },
  ],
];

/** No review, no message, no hold; and none comes late either. */
async function nothingAsked(w) {
  await w.page.waitForTimeout(1500);
  assert.equal(await w.reviewOpen(), false, 'a review opened');
  assert.deepEqual(await w.page.locator('.notification-toast').allTextContents(), []);
  assert.deepEqual(holdsOnDisk(w), []);
}
