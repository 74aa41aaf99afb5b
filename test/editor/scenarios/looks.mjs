import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { INSTALLED } from '../install.mjs';
import { editPayload } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { runHook } from '../records.mjs';
import { THEMES, until } from '../workbench.mjs';
import { heldRow } from './hook.mjs';

const bucket = 'prod-customer-exports';
const WINDOW = { width: 1280, height: 800 };
/** As wide as the pictures of the design. */
const PANEL = { width: 900, height: 1560 };

/** How it looks, and what a reader of the page's structure finds: every theme, reading and deciding. */
export const looks = Object.keys(THEMES).map((theme) => [
  `the review in ${theme}: axe finds nothing serious, pictures are kept`,
  async (w) => {
    await w.setTheme(theme);
    try {
      const page = await openAgentsHold(w);
      await w.page.setViewportSize(WINDOW);
      await settle(w);
      await w.page.screenshot({ path: w.shot(`window-${theme}`) });
      await axeFindsNothing(page, `${theme}, reading`);
      await panelPicture(w, `review-${theme}`);
      await review.openForm(page);
      await axeFindsNothing(page, `${theme}, form`);
      await panelPicture(w, `review-${theme}-form`);
      await w.page.setViewportSize(WINDOW);
      await review.discardButton(page).click();
      await review.decided(page, /^Discarded/);
      await axeFindsNothing(page, `${theme}, done`);
    } finally {
      await w.page.setViewportSize(WINDOW);
      await w.setTheme('dark');
    }
  },
]);

async function openAgentsHold(w) {
  await w.palette('Countersign: Show Held Suggestions');
  const denied = await runHook(w, editPayload(w.workspace, bucket, 'looks'));
  assert.equal(denied.decision, 'deny', denied.stdout + denied.stderr);
  await heldRow(w, bucket).click();
  const page = await w.review();
  await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
  return page;
}

/** critical and serious are what a person with a screen reader stumbles over. */
async function axeFindsNothing(page, where) {
  const present = await page.evaluate(() => typeof window.axe !== 'undefined');
  if (!present) await page.evaluate(readFileSync(INSTALLED.axe, 'utf8'));
  const violations = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map(({ id, impact, help, nodes }) => ({
      id,
      impact,
      help,
      nodes: nodes.map(({ html }) => html.slice(0, 200)),
    }));
  });
  const bad = violations.filter(({ impact }) => impact === 'critical' || impact === 'serious');
  assert.deepEqual(bad, [], `axe, ${where}`);
}

/** The panel alone, at the width of the design's pictures and tall enough for all of it. */
async function panelPicture(w, name) {
  const frame = await until('the panel is there', () => panelElement(w));
  const box = await frame.boundingBox();
  const window = w.page.viewportSize();
  await w.page.setViewportSize({ width: PANEL.width + window.width - Math.round(box.width), height: PANEL.height });
  await settle(w);
  await frame.screenshot({ path: w.shot(name) });
}

async function panelElement(w) {
  const inner = await w.review();
  return inner.parentFrame().frameElement();
}

/** Until nothing moves: fonts, focus rings, scroll bars that fade. */
async function settle(w) {
  await w.page.mouse.move(2, 2);
  await w.page.waitForTimeout(900);
}
