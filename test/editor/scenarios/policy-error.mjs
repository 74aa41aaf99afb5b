import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { editPayload } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { runHook } from '../records.mjs';
import { THEMES, until } from '../workbench.mjs';
import { heldRow } from './hook.mjs';

const bucket = 'prod-customer-letters';
const POLICY = '.countersign/policy.yaml';
const MISTAKEN = '# ours\nverdicts:\n  critical: whatever\n  high: acknowledge\n';
const status = (w, text) => w.page.locator(`.statusbar-item:has-text("${text}")`).first();
const toast = (w, text) => w.page.locator(`.notification-toast:has-text("${text}")`);

/** A policy that cannot be used, and one that tries to loosen: said where it stands, in the status bar, once as a message, in the review. */
export const policyError = [
  ...Object.keys(THEMES).map((theme) => [
    `a mistake in the policy is shown in ${theme}: in its line, the status bar, one message and the review`,
    async (w) => {
      await w.setTheme(theme);
      await w.palette('Countersign: Show Held Suggestions');
      assert.equal((await runHook(w, editPayload(w.workspace, bucket))).decision, 'deny');
      await heldRow(w, bucket).waitFor();
      write(w, MISTAKEN);
      try {
        await toast(w, 'Countersign is closed').first().waitFor();
        await status(w, 'Countersign closed').waitFor();
        assert.equal(await toast(w, 'Countersign is closed').count(), 1, 'one message');
        await w.openFile(POLICY, { line: 2, character: 2 });
        const [found] = await until('there is a squiggle', async () => {
          const all = (await w.ask('diagnostics', { path: w.absolute(POLICY) })).filter(({ code }) => code === 'policy');
          return all.length > 0 && all;
        });
        assert.deepEqual([found.line, found.severity], [2, 0]);
        assert.match(found.message, /A verdict is one of allow, note, acknowledge, approve, forbid/);
        await w.page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
        await w.page.screenshot({ path: w.shot(`policy-error-${theme}`) });
        await w.ask('run', { command: 'notifications.clearAll' });
        await heldRow(w, bucket).click();
        const page = await w.review();
        await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
        assert.match(await page.getByRole('alert').first().textContent(), /Countersign is closed[\s\S]*policy\.yaml, line 3/);
        assert.equal(await review.needButton(page).count(), 0, 'no form that could not be taken');
        assert.match(await review.needed(page), /Nothing can be signed until that is mended/);
        await w.page.screenshot({ path: w.shot(`policy-error-review-${theme}`) });
        await page.getByRole('button', { name: 'Show what to mend' }).click();
        await w.page.locator('.tab.active[data-resource-name="policy.yaml"]').waitFor();
        write(w, MISTAKEN.replace('whatever', 'acknowledge'));
        await status(w, 'Countersign closed').waitFor({ state: 'detached' });
        await heldRow(w, bucket).click();
        await review.needButton(await w.review()).waitFor();
      } finally {
        rmSync(w.absolute('.countersign'), { recursive: true, force: true });
        await w.setTheme('dark');
      }
      await status(w, 'Countersign closed').waitFor({ state: 'detached' });
    },
  ]),
  [
    'what a workspace tries to loosen is marked in its line and has no effect; the gate stays open',
    async (w) => {
      write(w, 'verdicts:\n  critical: note\n');
      try {
        await w.openFile(POLICY, { line: 1, character: 2 });
        const [found] = await until('it is marked', async () => {
          const all = (await w.ask('diagnostics', { path: w.absolute(POLICY) })).filter(({ code }) => code === 'policy-loosened');
          return all.length > 0 && all;
        });
        assert.deepEqual([found.line, found.severity], [1, 1]);
        assert.match(found.message, /A workspace may only tighten/);
        await w.page.waitForTimeout(2500);
        assert.equal(await status(w, 'Countersign closed').count(), 0);
        assert.equal((await runHook(w, editPayload(w.workspace, bucket))).decision, 'deny', 'it is held all the same');
      } finally {
        rmSync(w.absolute('.countersign'), { recursive: true, force: true });
      }
    },
  ],
];

function write(w, text) {
  mkdirSync(w.absolute('.countersign'), { recursive: true });
  writeFileSync(w.absolute(POLICY), text);
}
