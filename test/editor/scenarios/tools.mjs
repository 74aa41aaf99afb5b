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
];
