// What a person does in the review panel.
import { until } from './workbench.mjs';

export const REASON = 'Partners fetch these exports without AWS accounts; agreed in the security review.';

export const heading = (page) => page.locator('main h1').textContent();
export const needed = (page) => page.locator('#needed').textContent();
export const discardButton = (page) => page.getByRole('button', { name: 'Discard', exact: true });
export const needButton = (page) => page.getByRole('button', { name: 'I need this change…' });
export const acknowledgeButton = (page) => page.getByRole('button', { name: /^Acknowledge and/ });
export const nameField = (page) => page.getByLabel(/^Type .* to confirm/);

/** What has the focus in the panel, in words: its text, label or tag. Empty while the panel itself has none. */
export const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    if (!document.hasFocus() || element === null) return '';
    return element.labels?.[0]?.textContent.trim() || element.textContent.trim() || element.tagName;
  });

/** Whether what has the focus shows it, by a ring that can be seen. */
export const focusSeen = (page) =>
  page.evaluate(() => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 && !/, 0\)$|transparent/.test(outlineColor);
  });

/** Whether the heading has the focus, as on opening. */
export const headingFocused = (page) => page.evaluate(() => document.hasFocus() && document.activeElement?.tagName === 'H1');

/** A person may press a button that is not ready; the driver would wait until it is. */
export const pressEarly = (page) => acknowledgeButton(page).click({ force: true });

/** Opens the form and fills in all of it, typing; `bucket` is what a critical one asks to be typed. */
export async function fillForm(page, { bucket, reason = REASON }) {
  const heard = await openForm(page);
  await page.getByLabel('It is meant to be this open').check();
  await page.getByLabel(/^Reason,/).fill(reason);
  if ((await nameField(page).count()) > 0) await nameField(page).pressSequentially(bucket, { delay: 5 });
  await heard();
}

/** What it gives waits until the button has stood there for as long as it wants to before it listens. */
export async function openForm(page) {
  await needButton(page).click();
  await acknowledgeButton(page).waitFor();
  const shown = Date.now();
  return () => page.waitForTimeout(Math.max(0, shown + 700 - Date.now()));
}

/** Fills in the form, presses the button, and waits for the answer. */
export async function acknowledge(page, { bucket, reason }) {
  await fillForm(page, { bucket, ...(reason === undefined ? {} : { reason }) });
  await acknowledgeButton(page).click();
  await decided(page, /^(Applied|Acknowledged)/);
}

/** Waits until the panel says what became of the hold. */
export function decided(page, title) {
  return until(`the panel says ${title}`, async () => {
    const { said, below } = await page.evaluate(() => ({
      said: document.querySelector('main h1')?.textContent ?? '',
      below: document.querySelector('#problem, #needed')?.textContent ?? '',
    }));
    if (!title.test(said)) throw new Error(`the heading "${said}", and below it "${below}"`);
    return said;
  });
}
