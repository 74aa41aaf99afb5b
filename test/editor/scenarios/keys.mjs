import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { editPayload } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { logRecords, runHook } from '../records.mjs';
import { until } from '../workbench.mjs';
import { heldRow } from './hook.mjs';
import { modal, trustDana } from './second-person.mjs';

const bucket = 'prod-customer-letters';
const POLICY = '.countersign/policy.yaml';
const toast = (w, text) => w.page.locator(`.notification-toast:has-text("${text}")`).first();

/** Keys: whose may sign, and how another takes the place of one. */
export const keys = [
  [
    'a key of somebody else is let in under their name, after a modal yes',
    async (w) => {
      await trustDana(w);
      const trusted = (await logRecords(w)).map((record) => JSON.stringify(record)).filter((text) => text.includes('Dana Okafor'));
      assert.ok(trusted.length > 0, 'it is in the log');
    },
  ],
  [
    'a security key asks in a modal, and says why its page cannot be used in an editor of another address',
    async (w) => {
      await w.palette('Countersign: Register a Security Key');
      await w.page.locator('.monaco-dialog-box:has-text("Register a security key?")').waitFor();
      await w.page.screenshot({ path: w.shot('security-key-modal') });
      await modal(w, 'Open the Page');
      await toast(w, 'Use the desktop editor').waitFor();
      await toast(w, 'could not be opened in a browser').waitFor();
      assert.equal(w.page.context().pages().length, 1, 'no page that would be refused');
    },
  ],
  [
    'a new key takes over from the old one',
    async (w) => {
      await w.palette('Countersign: Make a New Key');
      await w.page.locator('.monaco-dialog-box:has-text("Put a new key in the place of yours?")').waitFor();
      await w.page.screenshot({ path: w.shot('new-key-modal') });
      await modal(w, 'Make a New Key');
      await toast(w, 'Your new key signs from here on').waitFor();
      assert.ok((await logRecords(w)).some((record) => JSON.stringify(record).includes('"key-rotated"')));
    },
    // The log knows the key that the next one revokes.
    { keep: true },
  ],
  [
    'a revoked key is told with the way to a new one, which then signs',
    async (w) => {
      mkdirSync(w.absolute('.countersign'), { recursive: true });
      try {
        writeFileSync(w.absolute(POLICY), `revokedKeys:\n${(await keyIds(w)).map((id) => `  - ${id}\n`).join('')}`);
        await w.palette('Countersign: Show Held Suggestions');
        assert.equal((await runHook(w, editPayload(w.workspace, bucket, 'keys-01'))).decision, 'deny');
        await heldRow(w, bucket).click();
        const page = await w.review();
        await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
        await review.fillForm(page, { bucket });
        await review.acknowledgeButton(page).click();
        await page.locator('#problem:has-text("was revoked")').waitFor();
        assert.match(await page.locator('#problem').textContent(), /Make a New Key/);
        await w.page.screenshot({ path: w.shot('revoked-key') });
        await w.palette('Countersign: Make a New Key');
        await w.page.locator('.monaco-dialog-box:has-text("Your key was revoked. Make a new one?")').waitFor();
        await modal(w, 'Make a New Key');
        await toast(w, 'Your new key signs from here on').waitFor();
        await review.nameField(page).pressSequentially(bucket, { delay: 5 });
        await review.acknowledgeButton(page).click();
        await review.decided(page, /^Acknowledged, under your name/);
      } finally {
        rmSync(w.absolute('.countersign'), { recursive: true, force: true });
      }
    },
  ],
];

/** Every person's key that the log has let in. */
async function keyIds(w) {
  const ids = new Set();
  const look = (value) => {
    if (typeof value !== 'object' || value === null) return;
    if (value.role === 'person' && /^[0-9a-f]{64}$/.test(value.id)) ids.add(value.id);
    for (const each of Object.values(value)) look(each);
  };
  for (const record of await logRecords(w)) look(record);
  assert.ok(ids.size > 0, 'the log knows keys');
  return [...ids];
}
