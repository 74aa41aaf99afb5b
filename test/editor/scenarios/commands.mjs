import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as review from '../review-page.mjs';
import { holdsOnDisk, runHook } from '../records.mjs';
import { commandPayload } from '../workspace.mjs';
import { until } from '../workbench.mjs';
import { decidedRows, heldRow } from './hook.mjs';

const command = 'aws iam attach-user-policy --user-name release-bot --policy-arn arn:aws:iam::aws:policy/AdministratorAccess';

/** Commands that an agent wants to run: shown as commands, not as edits. */
export const commands = [
  [
    'a held command reads as one; acknowledged, it may be run once, and nothing offers to roll it back',
    async (w) => {
      await w.palette('Countersign: Show Held Suggestions');
      const payload = commandPayload(w.workspace, command);
      const denied = await runHook(w, payload);
      assert.equal(denied.decision, 'deny', denied.stdout + denied.stderr);
      const row = heldRow(w, 'release-bot').or(heldRow(w, 'AdministratorAccess')).first();
      await row.click();
      const page = await w.review();
      await until('the review shows this command', async () => /AdministratorAccess/.test(await review.heading(page)));
      assert.equal(await page.locator('pre.command').textContent(), command);
      assert.equal(await page.locator('.diff').count(), 0, 'no gutter of a diff');
      assert.equal(await page.getByRole('button', { name: 'Open full diff' }).count(), 0);
      assert.match(await page.locator('main').textContent(), /It has not been run\./);
      await w.page.screenshot({ path: w.shot('command-held') });
      const [{ edits }] = holdsOnDisk(w);
      const name = edits[0].assessment.findings[0].opened.name;
      await review.fillForm(page, { bucket: name });
      assert.equal(await page.getByText('Roll back later').count(), 0);
      await w.page.screenshot({ path: w.shot('command-form') });
      await review.acknowledgeButton(page).click();
      await review.decided(page, /^Acknowledged/);
      assert.match(await page.locator('main').textContent(), /may run this command once, until/);
      assert.equal(await page.getByRole('button', { name: 'Roll back now' }).count(), 0);
      await w.page.screenshot({ path: w.shot('command-acknowledged') });

      const retried = await runHook(w, payload);
      assert.notEqual(retried.decision, 'deny', retried.reason);
      const again = await runHook(w, payload);
      assert.equal(again.decision, 'deny', 'an acknowledgement lets one run through');
      const decided = decidedRows(w).filter({ hasText: name }).first();
      await decided.waitFor();
      await decided.hover();
      await w.page.waitForTimeout(500);
      assert.equal(await decided.locator('.action-label[aria-label^="Roll Back"]').count(), 0, 'what was run is not rolled back');
    },
  ],
  [
    'the review of a command as text shows the command, and opening its whole text opens no diff',
    async (w) => {
      const lines = Array.from({ length: 20 }, (_, index) => `echo step ${index}`);
      const script = `${lines.join('\n')}\n${command}`;
      assert.equal((await runHook(w, commandPayload(w.workspace, script, 'c0de-07'))).decision, 'deny');
      await w.palette('Countersign: Review Next Held Suggestion');
      const page = await w.review();
      await page.locator('pre.command').waitFor();
      assert.equal(await page.locator('pre.command div').count(), 12, 'a line is a line');
      await w.page.screenshot({ path: w.shot('command-long') });
      await w.palette('Countersign: Open Full Diff');
      await w.page.locator('.tab.active[data-resource-name="Command"]').waitFor();
      await w.palette('Countersign: Review as Text');
      await w.page.locator('.tab.active[data-resource-name="Held suggestion.md"]').waitFor();
      await w.page.screenshot({ path: w.shot('command-text') });
    },
  ],
  [
    'agents are connected by a command, which shows what it would write before it writes',
    async (w) => {
      assert.ok((await w.ask('commands')).includes('countersign.agents.connect'));
      assert.ok((await w.ask('commands')).includes('countersign.agents.check'));
      await w.palette('Countersign: Connect Your Agents');
      await w.page.locator('.quick-input-widget .monaco-list-row:has-text("In all your projects")').waitFor();
      await w.page.screenshot({ path: w.shot('connect') });
      await w.press('Enter');
      await w.page.locator('.terminal-wrapper.active .xterm').first().waitFor();
      await until('it runs', () => execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).includes('cli.js init --scope'));
      await w.page.waitForTimeout(1500);
      await w.page.screenshot({ path: w.shot('connect-terminal') });
      await w.ask('run', { command: 'workbench.action.terminal.killAll' });
      await w.ask('run', { command: 'workbench.action.closePanel' });
    },
  ],
];
