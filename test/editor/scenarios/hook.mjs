import assert from 'node:assert/strict';
import { editPayload } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { runHook } from '../records.mjs';
import { until } from '../workbench.mjs';

/** The rows of what is held, without those of what was decided. */
export const heldRows = (w) => w.page.locator('.pane:has(.pane-header[aria-label^="Held"]) .monaco-list-row');
export const decidedRows = (w) => w.page.locator('.pane:has(.pane-header[aria-label^="Recent Decisions"]) .monaco-list-row');
export const heldRow = (w, name) => heldRows(w).filter({ hasText: name }).first();

/** An agent in another process asks its hook. */
export const hook = [
  [
    "a hook's hold is in the tree within two seconds; acknowledged there, the retry passes, a second does not",
    async (w) => {
      const bucket = 'prod-customer-letters';
      const payload = editPayload(w.workspace, bucket);
      await w.palette('Countersign: Show Held Suggestions');
      await w.page.locator('.pane-header:has-text("Held")').first().waitFor();
      const denied = await runHook(w, payload);
      const answered = Date.now();
      assert.equal(denied.decision, 'deny', denied.stdout + denied.stderr);
      assert.match(denied.reason, /H-[0-9A-Z]{8}/);
      await heldRow(w, bucket).waitFor({ timeout: 10_000 });
      const took = Date.now() - answered;
      assert.ok(took < 2000, `the row took ${took} ms`);
      console.log(`from the hook's answer to the row in the tree: ${took} ms`);

      const still = await runHook(w, payload);
      assert.equal(still.decision, 'deny', 'asking again opens nothing');

      await heldRow(w, bucket).click();
      const page = await w.review();
      await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
      await review.acknowledge(page, { bucket });
      await heldRow(w, bucket).waitFor({ state: 'detached', timeout: 5000 });

      const retried = await runHook(w, payload);
      assert.notEqual(retried.decision, 'deny', retried.reason);
      assert.equal(retried.code, 0);
      const again = await runHook(w, payload);
      assert.equal(again.decision, 'deny', 'an acknowledgement lets one retry through');
    },
  ],
];
