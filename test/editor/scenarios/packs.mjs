import assert from 'node:assert/strict';
import { PACK_FILE } from '../config-files.mjs';
import { until } from '../workbench.mjs';

const { path, text } = PACK_FILE;
const lineOf = (part) => text.split('\n').findIndex((line) => line.includes(part));

/** Writing a rule pack, without any other extension for YAML. */
export const packs = [
  [
    'a rule pack gets a squiggle at what is wrong, and it goes when it is mended',
    async (w) => {
      const line = lineOf('severity: high');
      await w.openFile(path, { line, character: '    severity: high'.length });
      const ours = async () => (await w.ask('diagnostics', { path: w.absolute(path) })).filter(({ code }) => code === 'rule-pack');
      await w.page.waitForTimeout(800);
      assert.deepEqual(await ours(), [], 'a good pack has none');
      await w.page.keyboard.type('ish', { delay: 30 });
      const [found] = await until('there is a squiggle', async () => {
        const all = await ours();
        return all.length > 0 && all;
      });
      assert.deepEqual([found.line, found.severity], [line, 0]);
      assert.match(found.message, /critical/);
      await w.page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
      await w.page.screenshot({ path: w.shot('pack-squiggle') });
      await w.press('Backspace', 'Backspace', 'Backspace');
      await until('it is gone', async () => (await ours()).length === 0);
    },
  ],
  [
    'keys and words are completed from the schema, with what they are for',
    async (w) => {
      const line = lineOf('fix: Leave');
      await w.openFile(path, { line, character: 0 });
      await w.press('Shift+End', 'Delete');
      await w.page.keyboard.type('    ', { delay: 20 });
      await w.page.keyboard.type('fi', { delay: 120 });
      await w.press('Control+Space');
      const row = w.page.locator('.suggest-widget.visible .monaco-list-row').filter({ hasText: 'fix' }).first();
      await row.waitFor();
      await w.page.screenshot({ path: w.shot('pack-completion') });
      await w.press('Enter');
      await until('the key is there', async () => (await w.text(path)).split('\n')[line]?.trimEnd() === '    fix:');
      await w.openFile(path, { line: lineOf('severity: high'), character: '    severity: '.length });
      await w.press('Shift+End', 'Delete', 'Control+Space');
      const rows = w.page.locator('.suggest-widget.visible .monaco-list-row');
      await until('the severities are offered', async () => {
        const all = (await rows.allTextContents()).join(' ');
        return ['critical', 'high', 'medium', 'low', 'info'].every((word) => all.includes(word));
      });
    },
  ],
];
