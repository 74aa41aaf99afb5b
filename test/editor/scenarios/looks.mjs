import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { INSTALLED } from '../install.mjs';
import { editPayload, LATE_BUCKET, latePayload, runnerPayload } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { runHook } from '../records.mjs';
import { THEMES, until } from '../workbench.mjs';
import { heldRow, heldRows } from './hook.mjs';

const bucket = 'prod-customer-exports';
const WINDOW = { width: 1280, height: 800 };
/** Of the panel, in pixels: beside nothing, beside a diff, and as narrow as it must still work. */
const WIDTHS = [900, 480, 400, 320];
/** A window of 1280 x 800 in which everything is twice as large. */
const ZOOMED = { width: 640, height: 400 };
const TALLEST = 2600;

/** How it looks, and what a reader of the page's structure finds: every theme, reading and deciding. */
export const looks = [
  ...Object.keys(THEMES).map((theme) => [
    `the review in ${theme}: axe finds nothing serious, pictures are kept`,
    (w) =>
      inTheme(w, theme, async () => {
        const page = await openAgentsHold(w);
        await settle(w);
        // Of the one before, for five seconds.
        await w.page.locator('.statusbar :text("Discarded")').first().waitFor({ state: 'detached' });
        await w.ask('run', { command: 'notifications.clearAll' });
        await hasIcon(w);
        await w.page.screenshot({ path: w.shot(`window-${theme}`) });
        await axeFindsNothing(page, `${theme}, reading`);
        await panelPicture(w, `review-${theme}`, WIDTHS[0]);
        await review.openForm(page);
        await axeFindsNothing(page, `${theme}, form`);
        await panelPicture(w, `review-${theme}-form`, WIDTHS[0]);
        await review.discardButton(page).click();
        await review.decided(page, /^Discarded/);
        await axeFindsNothing(page, `${theme}, done`);
      }),
  ]),
  [
    'nothing scrolls sideways in a narrow panel',
    (w) =>
      inTheme(w, 'dark', async () => {
        const page = await openAgentsHold(w);
        await review.openForm(page);
        await w.ask('run', { command: 'workbench.action.closeSidebar' });
        for (const width of WIDTHS) {
          await panelPicture(w, `review-dark-${width}`, width);
          const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.equal(over, 0, `at ${width} px, ${over} px are out of sight`);
          await axeFindsNothing(page, `${width} px`);
        }
      }),
  ],
  [
    'the number of a late line of a long file stays on one line',
    async (w) => {
      await w.palette('Countersign: Show Held Suggestions');
      assert.equal((await runHook(w, latePayload(w.workspace))).decision, 'deny');
      await heldRow(w, LATE_BUCKET).click();
      const page = await w.review();
      await until('the review shows it', async () => (await review.heading(page)).includes(LATE_BUCKET));
      const numbers = await page.evaluate(() =>
        [...document.querySelectorAll('.diff i')].map((number) => ({
          said: number.textContent,
          lines: Math.round(number.getBoundingClientRect().height / parseFloat(getComputedStyle(number).lineHeight)),
        })),
      );
      assert.ok(numbers.some(({ said }) => Number(said) > 1000));
      assert.deepEqual([...new Set(numbers.map(({ lines }) => lines))], [1], JSON.stringify(numbers));
      await w.page.screenshot({ path: w.shot('review-late-line') });
      await review.discardButton(page).click();
      await review.decided(page, /^Discarded/);
    },
  ],
  ...['dark', 'hc'].map((theme) => [
    `at twice the size in ${theme}, the sentence and the way to decide are both in sight`,
    (w) =>
      inTheme(w, theme, async () => {
        const page = await openAgentsHold(w);
        await w.ask('run', { command: 'workbench.action.closeSidebar' });
        await w.page.setViewportSize(ZOOMED);
        await settle(w);
        await w.page.screenshot({ path: w.shot(`zoom-${theme}`) });
        assert.ok(await inSight(page, 'main h1'), 'the sentence');
        assert.ok(await inSight(page, '#discard'), 'Discard');
        await review.openForm(page);
        await settle(w);
        await w.page.screenshot({ path: w.shot(`zoom-${theme}-form`) });
        assert.ok(await inSight(page, '#decide input'), 'the first field is in sight above the buttons');
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(over, 0);
      }),
  ]),
];

/** All of the element is in sight, and nothing lies over its middle. */
function inSight(page, selector) {
  return page.evaluate((what) => {
    const element = document.querySelector(what);
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return top >= 0 && bottom <= innerHeight && (over === element || element.contains(over));
  }, selector);
}

/** The review's tab has Countersign's own picture, and the editor finds it. */
async function hasIcon(w) {
  const picture = await until('the tab has a picture', () =>
    w.page.evaluate(() => {
      const pictures = [...document.querySelectorAll('.tab.active *')].flatMap((element) =>
        [null, '::before'].map((part) => getComputedStyle(element, part).backgroundImage),
      );
      return pictures.map((picture) => /url\("?([^")]+)/.exec(picture)?.[1]).find((url) => url !== undefined);
    }),
  );
  assert.match(picture, /review-tab/);
  assert.equal(await w.page.evaluate((url) => fetch(url).then(({ ok }) => ok), picture), true, picture);
}

async function inTheme(w, theme, look) {
  await w.page.setViewportSize(WINDOW);
  await w.setTheme(theme);
  try {
    await look();
  } finally {
    await w.page.setViewportSize(WINDOW);
    await w.setTheme('dark');
  }
}

async function openAgentsHold(w) {
  await w.palette('Countersign: Show Held Suggestions');
  for (const payload of [editPayload(w.workspace, bucket), runnerPayload(w.workspace)]) {
    const denied = await runHook(w, payload);
    assert.equal(denied.decision, 'deny', denied.stdout + denied.stderr);
  }
  // The list is worst first, then oldest; a click while it still moves would hit another row.
  await until('both are in the list, the older first', async () => {
    const rows = await heldRows(w).allTextContents();
    return rows.length === 2 && rows[0].includes(bucket);
  });
  await w.ask('run', { command: 'notifications.clearAll' });
  await heldRow(w, bucket).click();
  const page = await w.review();
  await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
  return page;
}

/** critical and serious are what a person with a screen reader stumbles over. */
export async function axeFindsNothing(page, where) {
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

/** The panel alone. The window is sized until the panel is as wide as asked, and as tall as what is in it. */
async function panelPicture(w, name, width) {
  const page = await w.review();
  const frame = await page.parentFrame().frameElement();
  const grow = async (wide, tall) => {
    const box = await frame.boundingBox();
    const window = w.page.viewportSize();
    await w.page.setViewportSize({
      width: wide + window.width - Math.round(box.width),
      height: tall + window.height - Math.round(box.height),
    });
    await w.page.waitForTimeout(300);
  };
  await grow(width, TALLEST);
  const content = await page.evaluate(() => {
    const bottom = document.querySelector('main').lastElementChild.getBoundingClientRect().bottom + scrollY;
    return Math.ceil(bottom + document.querySelector('footer').getBoundingClientRect().height + 32);
  });
  await grow(width, Math.min(content, TALLEST));
  await settle(w);
  await frame.screenshot({ path: w.shot(name) });
}

/** Until nothing moves: fonts, focus rings, scroll bars that fade. */
async function settle(w) {
  await w.page.mouse.move(2, 2);
  await w.page.waitForTimeout(900);
}
