import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editPayload } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk, logRecords, runHook } from '../records.mjs';
import { secondPerson } from '../second-person.mjs';
import { until } from '../workbench.mjs';
import { decidedRows, heldRow } from './hook.mjs';
import { axeFindsNothing } from './looks.mjs';

const bucket = 'prod-customer-exports';
const POLICY = '.countersign/policy.yaml';
const REASON = 'Compared with the plan of the exports; partners may read them.';
const waiting = (w) => w.page.locator('.pane:has(.pane-header[aria-label^="Waiting for a Second Person"]) .monaco-list-row');
const toast = (w, text) => w.page.locator(`.notification-toast:has-text("${text}")`).first();
const approveButton = (page) => page.getByRole('button', { name: 'Approve under my name' });

/** Two people: what somebody else asks for is read and signed here; what is asked for here waits for somebody else. */
export const secondPersons = [
  [
    'a request of somebody else is told, read, left, and approved under the own name',
    (w) =>
      withRequests(w, async (folder) => {
        await w.palette('Countersign: Show Held Suggestions');
        await secondPerson(w, 'ask', join(w.home, 'danas-workspace'), folder);
        await toast(w, 'asks for a second person’s approval').waitFor();
        const row = waiting(w).filter({ hasText: bucket }).first();
        await row.waitFor();
        assert.match((await row.getAttribute('aria-label')) ?? '', /dana asks for your approval/);
        await w.page.screenshot({ path: w.shot('second-person-told') });
        await w.ask('run', { command: 'notifications.clearAll' });
        await row.click();
        const page = await w.review();
        await until('it shows what is opened', async () => (await review.heading(page)).includes(bucket));
        const said = await page.locator('main').textContent();
        assert.match(said, /Partners fetch these exports without AWS accounts/, 'their reason');
        assert.match(said, /dana on dana-laptop, key SHA256:/);
        assert.match(said, /One request this newly allows/);
        assert.ok((await page.locator('.diff .added').count()) > 0);
        await w.page.screenshot({ path: w.shot('second-person-dark') });
        await axeFindsNothing(page, 'a request');
        for (const theme of ['light', 'hc']) {
          await w.setTheme(theme);
          await w.page.screenshot({ path: w.shot(`second-person-${theme}`) });
          await axeFindsNothing(page, `a request in ${theme}`);
        }
        await w.setTheme('dark');
        await w.page.setViewportSize({ width: 640, height: 400 });
        await w.page.screenshot({ path: w.shot('second-person-zoom') });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        await w.page.setViewportSize({ width: 1280, height: 800 });
        assert.equal(over, 0, 'nothing scrolls sideways');
        for (const key of ['Enter', 'Control+Enter']) await w.press(key);
        await page.getByRole('button', { name: 'I approve this…' }).click();
        await approveButton(page).waitFor();
        assert.match(await review.needed(page), /Still needed: a reason, the bucket name/);
        // The button listens only after it has stood there for a moment.
        await w.page.waitForTimeout(700);
        await page.getByLabel(/^Why you approve it/).fill(REASON);
        await review.nameField(page).pressSequentially(bucket, { delay: 5 });
        await w.page.screenshot({ path: w.shot('second-person-form') });
        await approveButton(page).click();
        await review.decided(page, /^Approved, under your name/);
        await w.page.screenshot({ path: w.shot('second-person-approved') });
        await until('nothing waits', async () => (await waiting(w).count()) === 0);
        const records = (await logRecords(w)).map((record) => JSON.stringify(record)).filter((text) => text.includes('"approved"'));
        assert.ok(records.some((text) => text.includes(REASON)));
        assert.match((await decidedRows(w).first().getAttribute('aria-label')) ?? '', /^Approved/);
      }),
  ],
  [
    'broken glass of somebody else is in sight until it is looked at, and signed',
    (w) =>
      withRequests(w, async (folder) => {
        await w.palette('Countersign: Show Held Suggestions');
        await secondPerson(w, 'glass', join(w.home, 'danas-workspace'), folder);
        await toast(w, 'broke glass').waitFor();
        await toast(w, 'broke glass').getByRole('button', { name: 'Review' }).click();
        const page = await w.review();
        await until('it shows what was opened', async () => (await review.heading(page)).includes(bucket));
        assert.match(await page.locator('main').textContent(), /Glass was broken: one person let this through alone/);
        await w.page.screenshot({ path: w.shot('glass-review-dark') });
        await page.getByRole('button', { name: 'I have looked at this…' }).click();
        await page.getByLabel(/^What you found/).fill(REASON);
        await w.page.waitForTimeout(700);
        await page.getByRole('button', { name: 'Sign that I looked at it' }).click();
        await review.decided(page, /^Looked at, under your name/);
        await until('nothing waits', async () => (await waiting(w).count()) === 0);
      }),
  ],
  [
    'what is asked for here waits for somebody else, who approves; then the retry passes once',
    (w) =>
      withRequests(w, async (folder) => {
        writeFileSync(w.absolute(POLICY), 'verdicts:\n  critical: approve\n  high: approve\n');
        await trustDana(w);
        await w.palette('Countersign: Show Held Suggestions');
        const payload = editPayload(w.workspace, 'prod-customer-letters', `second-${Date.now()}`);
        const denied = await runHook(w, payload);
        assert.equal(denied.decision, 'deny', denied.reason);
        await heldRow(w, 'prod-customer-letters').click();
        const page = await w.review();
        await until('the review shows this bucket', async () => (await review.heading(page)).includes('prod-customer-letters'));
        await review.fillForm(page, { bucket: 'prod-customer-letters' });
        await review.acknowledgeButton(page).click();
        await review.decided(page, /^A second person is asked/);
        const row = waiting(w).filter({ hasText: 'prod-customer-letters' }).first();
        await row.waitFor();
        assert.match((await row.getAttribute('aria-label')) ?? '', /Waiting for somebody else/);
        await row.click();
        await until('it says who must answer', async () => /Somebody else must approve it/.test(await page.locator('main').textContent()));
        assert.equal(await page.getByRole('button', { name: 'I approve this…' }).count(), 0);
        await w.page.screenshot({ path: w.shot('second-person-own') });
        const id = heldId(w, 'letters');
        await secondPerson(w, 'approve', join(folder, `${id}.request.json`));
        await toast(w, 'Somebody else has approved it').waitFor({ timeout: 30_000 });
        await until('nothing waits', async () => (await waiting(w).count()) === 0);
        assert.notEqual((await runHook(w, payload)).decision, 'deny');
      }),
  ],
  [
    'glass is broken with a typed phrase, a reason and a modal yes; the flame stays in sight and opens what waits',
    (w) =>
      withRequests(w, async (folder) => {
        writeFileSync(w.absolute(POLICY), 'verdicts:\n  critical: approve\n  high: approve\n');
        const payload = editPayload(w.workspace, 'prod-customer-photos', `second-${Date.now()}`);
        assert.equal((await runHook(w, payload)).decision, 'deny');
        await w.palette('Countersign: Show Held Suggestions');
        await heldRow(w, 'prod-customer-photos').click();
        const page = await w.review();
        await until('the review shows this bucket', async () => (await review.heading(page)).includes('prod-customer-photos'));
        const id = heldId(w, 'photos');
        await w.palette('Countersign: Break Glass');
        await answer(w, 'Type "break glass"', 'break');
        await w.page.locator('.quick-input-message:has-text("to go on")').waitFor();
        await answer(w, 'Type "break glass"', 'break glass');
        await answer(w, 'It goes into the log with your name', 'The exports are down and Dana cannot be reached before noon.');
        await w.page.locator('.monaco-dialog-box').waitFor();
        await w.page.screenshot({ path: w.shot('break-glass-modal') });
        await modal(w, 'Break Glass');
        await review.decided(page, /^Acknowledged, under your name/);
        const flame = w.page.locator('.statusbar-item:has-text("Glass broken")').first();
        await flame.waitFor();
        await w.page.screenshot({ path: w.shot('glass-broken-dark') });
        await flame.click();
        await until('it opens what waits', async () =>
          /You broke this glass yourself/.test(await (await w.review()).locator('main').textContent()),
        );
        await secondPerson(w, 'approve', join(folder, `${id}.request.json`));
        await flame.waitFor({ state: 'detached', timeout: 30_000 });
        await until('nothing waits', async () => (await waiting(w).count()) === 0);
        assert.notEqual((await runHook(w, payload)).decision, 'deny');
      }),
  ],
];

/** The policy that the scene writes is held, too. */
function heldId(w, name) {
  return holdsOnDisk(w).find(({ edits }) => edits.some(({ path }) => path.includes(name))).id;
}

/** The key of the other person, let in as theirs: by the command, as a person does. Once; then it is known. */
export async function trustDana(w) {
  const file = join(w.home, 'dana.pub');
  writeFileSync(file, await secondPerson(w, 'key'));
  await w.palette('Countersign: Trust a Key');
  const input = w.page.locator('.quick-input-widget input[type=text]');
  await input.waitFor({ state: 'visible' });
  // What is typed before the folder is listed is replaced.
  await w.page.locator('.quick-input-widget .monaco-list-row:has-text("..")').first().waitFor();
  await input.fill(file);
  await w.page.locator('.quick-input-widget .monaco-list-row:has-text("dana.pub")').first().waitFor();
  await w.press('Enter');
  await answer(w, 'The name of the person', 'Dana Okafor');
  await w.page.locator('.monaco-dialog-box').waitFor();
  await w.page.screenshot({ path: w.shot('trust-key-modal') });
  await modal(w, 'Trust This Key');
  await toast(w, 'may sign from here on').waitFor();
  await w.ask('run', { command: 'notifications.clearAll' });
}

/** Types into the input that says this, and presses Enter. */
export async function answer(w, message, text) {
  await w.page.locator(`.quick-input-widget:has-text("${message.replaceAll('"', '\\"')}")`).waitFor();
  const input = w.page.locator('.quick-input-widget input[type=text]');
  await input.fill(text);
  await w.press('Enter');
}

export async function modal(w, button) {
  const found = w.page.locator('.monaco-dialog-box').getByRole('button', { name: button, exact: true });
  await found.click();
  await found.waitFor({ state: 'detached' });
}

/** A repository that takes part, and its folder of requests. */
async function withRequests(w, act) {
  const folder = w.absolute('.countersign/requests');
  mkdirSync(folder, { recursive: true });
  try {
    await act(folder);
    await until('nothing waits', async () => (await waiting(w).count()) === 0, 30_000);
  } finally {
    rmSync(w.absolute('.countersign'), { recursive: true, force: true });
    for (const name of ['requests', 'glass']) rmSync(join(w.env.XDG_STATE_HOME, 'countersign', name), { recursive: true, force: true });
  }
}
