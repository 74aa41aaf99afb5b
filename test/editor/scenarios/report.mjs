import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { INSTALLED } from '../install.mjs';
import { editPayload, policyText } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { recordsOf, runHook } from '../records.mjs';
import { THEMES, until } from '../workbench.mjs';
import { decidedRows } from './hook.mjs';
import { acknowledged, sayWhy } from './rollback.mjs';

const bucket = 'prod-customer-visits';
const heading = (page) => page.locator('main h1').textContent();

/** The report of the log and the timeline of one suggestion. */
export const report = [
  [
    'the report says what is in force; its timeline goes from the prompt to the bytes, and names what nobody recorded',
    async (w) => {
      await acknowledged(w, bucket);
      const page = await openReport(w);
      assert.match(await heading(page), /risky suggestions? (was|were) held\. .* in force now/);
      const row = page.getByRole('button', { name: new RegExp(bucket) }).first();
      await row.click();
      await timeline(w, bucket);
      const text = await (await w.review()).locator('main').textContent();
      assert.match(text, /No record says which prompt led to it/);
      for (const step of ['Held', 'Acknowledged', 'Applied', 'In force']) assert.ok(text.includes(step), `${step} in ${text}`);
      assert.ok(text.includes(review.REASON), 'the reason');
      assert.match(text, /What no record tells: prompt/);
    },
  ],
  [
    'a decision of the list leads to its timeline; there it is rolled back by a click',
    async (w) => {
      const other = 'prod-customer-badges';
      const path = await acknowledged(w, other);
      await decidedRows(w).filter({ hasText: other }).first().click();
      const page = await timeline(w, other);
      await page.getByRole('button', { name: 'Roll Back…' }).click();
      await sayWhy(w, 'Badges are read through the gateway now');
      await until('the old text is back', async () => (await w.text(path)) === policyText(other));
      const after = await until('the timeline tells it', async () => {
        const shown = await w.review();
        return /Badges are read through the gateway now/.test(await shown.locator('.tl').textContent()) && shown;
      });
      assert.match(await after.getByRole('status').textContent(), /Rolled back/);
      assert.equal(await after.getByRole('button', { name: 'Roll Back…' }).count(), 0);
      assert.equal((await recordsOf(w, 'rolled-back', 'Badges are read')).length, 1);
    },
  ],
  [
    'with the keyboard alone: to an incident and back, the focus always seen',
    async (w) => {
      const page = await openReport(w);
      await until('the heading has the focus', () => review.headingFocused(page));
      // In the order of the page: what is in force, each by its name.
      let name = '';
      for (let step = 0; step < 12 && !name.startsWith('Anyone'); step += 1) {
        await w.press('Tab');
        await w.page.waitForTimeout(60);
        name = await review.focused(page);
      }
      assert.match(name, /^Anyone/, 'a row of what is in force is reached');
      assert.ok(await review.focusSeen(page), 'the ring is seen');
      await w.press('Enter');
      const incident = await timeline(w, 'prod-');
      await until('the heading has the focus', () => review.headingFocused(incident));
      await w.press('Shift+Tab');
      await w.press('Shift+Tab', 'Shift+Tab');
      await until('the way back has the focus', async () => {
        const focused = await review.focused(incident);
        if (focused === 'All of the Report') return true;
        await w.press('Shift+Tab');
        await w.page.waitForTimeout(60);
        return false;
      });
      await w.press('Enter');
      await until('the report is back', async () => /in force now/.test(await heading(await w.review())));
    },
  ],
  ...Object.keys(THEMES).map((theme) => [
    `report and timeline in ${theme}: axe finds nothing serious, pictures are kept`,
    async (w) => {
      await w.setTheme(theme);
      try {
        assert.equal((await runHook(w, editPayload(w.workspace, 'prod-customer-orders'))).decision, 'deny');
        const page = await openReport(w);
        await axeFindsNothing(page, `${theme}, report`);
        await w.ask('run', { command: 'notifications.clearAll' });
        await w.page.waitForTimeout(900);
        await w.page.screenshot({ path: w.shot(`report-window-${theme}`) });
        await picture(w, `report-${theme}`);
        await page
          .getByRole('button', { name: new RegExp(bucket) })
          .first()
          .click();
        const incident = await timeline(w, bucket);
        await axeFindsNothing(incident, `${theme}, timeline`);
        await picture(w, `incident-${theme}`);
      } finally {
        await w.page.setViewportSize({ width: 1280, height: 800 });
        await w.setTheme('dark');
      }
    },
  ]),
];

async function openReport(w) {
  await w.palette('Countersign: Show Report');
  return until('the report shows', async () => {
    const page = await w.review(2000);
    return (await page.locator('#days').count()) === 1 && page;
  });
}

function timeline(w, name) {
  return until('the timeline shows', async () => {
    const page = await w.review(2000);
    return (await page.locator('.tl').count()) === 1 && (await heading(page)).includes(name) && page;
  });
}

async function axeFindsNothing(page, where) {
  await page.evaluate(readFileSync(INSTALLED.axe, 'utf8'));
  const bad = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html.slice(0, 200)) }));
  });
  assert.deepEqual(
    bad.filter(({ impact }) => impact === 'critical' || impact === 'serious'),
    [],
    `axe, ${where}`,
  );
}

/** The panel alone, as tall as what is in it. */
async function picture(w, name) {
  await w.page.setViewportSize({ width: 1280, height: 800 });
  await w.ask('run', { command: 'notifications.clearAll' });
  const page = await w.review();
  const frame = await page.parentFrame().frameElement();
  const tall = await page.evaluate(() => Math.ceil(document.querySelector('main').getBoundingClientRect().bottom + scrollY));
  const box = await frame.boundingBox();
  const { width, height } = w.page.viewportSize();
  await w.page.setViewportSize({ width, height: Math.min(2600, height + Math.max(0, tall - Math.round(box.height))) });
  await w.page.mouse.move(2, 2);
  await w.page.waitForTimeout(900);
  await frame.screenshot({ path: w.shot(name) });
}
