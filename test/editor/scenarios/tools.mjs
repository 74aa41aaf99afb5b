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
      const list = async (state) => {
        await w.press('Escape');
        await w.ask('run', { command: 'workbench.mcp.listServer' });
        await rows.filter({ hasText: 'Countersign' }).filter({ hasText: state }).first().waitFor({ timeout: 1500 });
        return true;
      };
      try {
        await until('it is offered', () => list('Stopped'));
        await rows.filter({ hasText: 'Countersign' }).first().click();
        await rows.filter({ hasText: 'Start Server' }).first().click();
        await until('it runs', () => list('Running'), 20_000);
        await w.page.screenshot({ path: w.shot('mcp-server') });
        await rows.filter({ hasText: 'Countersign' }).first().click();
        await rows.filter({ hasText: 'Stop Server' }).first().click();
      } finally {
        await w.press('Escape');
        await w.ask('set', { key: 'chat.disableAIFeatures', value: true });
      }
    },
  ],
];
