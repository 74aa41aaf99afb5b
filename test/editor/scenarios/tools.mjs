import assert from 'node:assert/strict';
import { policyPath, policyText } from '../workspace.mjs';
import { holdsOnDisk } from '../records.mjs';
import { until } from '../workbench.mjs';

/** What the language models of the editor can call. */
export const tools = [
  [
    'the tools are there for language models; asking writes and holds nothing',
    async (w) => {
      const names = ['propose_edit', 'check_edit', 'hold_status'].map((name) => `countersign_${name}`);
      await until('the tools are registered', async () => {
        const found = await w.ask('tools');
        return names.every((name) => found.includes(name));
      });
      const path = policyPath('prod-customer-notes');
      const before = policyText('prod-customer-notes');
      const open = before.replace(/"Principal": \{.*\}/, '"Principal": "*"');
      const held = holdsOnDisk(w).length;
      const told = await w.ask('invokeTool', { name: 'countersign_check_edit', input: { path, content: open } });
      assert.match(told, /would be held for a person/);
      assert.match(told, /Anyone/);
      assert.match(await w.ask('invokeTool', { name: 'countersign_hold_status', input: { hold: 'H-00000000' } }), /unknown/);
      assert.equal(holdsOnDisk(w).length, held);
      await w.openFile(path);
      assert.equal(await w.text(path), before);
    },
  ],
  [
    "the editor's agents are offered the MCP server, which starts and gives its tools",
    async (w) => {
      // Off in a quiet editor, and MCP servers with it.
      await w.ask('set', { key: 'chat.disableAIFeatures', value: false });
      const rows = w.page.locator('.quick-input-widget .monaco-list-row');
      const server = rows.filter({ hasText: 'Countersign' }).first();
      const soon = { timeout: 3000 };
      /** Opens the list of servers anew, since it does not follow what becomes of them. */
      const stateOf = async () => {
        await w.press('Escape');
        await w.page.waitForTimeout(300);
        await w.ask('run', { command: 'workbench.mcp.listServer' });
        await server.waitFor(soon);
        return server.textContent();
      };
      const choose = async (action) => {
        await server.click(soon);
        await rows.filter({ hasText: action }).first().click(soon);
      };
      const runs = async () => {
        const state = await stateOf();
        if (state.includes('Stopped')) await choose('Start Server');
        return state.includes('Running');
      };
      try {
        await until('the server is offered, and runs', runs, 45_000);
        await w.page.screenshot({ path: w.shot('mcp-server') });
        await choose('Stop Server').catch(() => {});
      } finally {
        await w.press('Escape');
        await w.ask('set', { key: 'chat.disableAIFeatures', value: true });
      }
    },
  ],
];
