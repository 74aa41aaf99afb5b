import assert from 'node:assert/strict';
import { STATEMENT_PLACE, policyPath, policyText } from '../workspace.mjs';
import { until } from '../workbench.mjs';
import { pasteRisky } from './paste.mjs';

/** What stands in the text itself. */
export const language = [
  [
    'risky text in the file has a squiggle, a hover that explains it and a lens above it',
    async (w) => {
      const path = policyPath('prod-customer-files');
      const absolute = w.absolute(path);
      await w.openFile(path, { line: 6, character: 19 });
      await w.press('Shift+End', 'Shift+ArrowLeft', 'Delete');
      await w.page.keyboard.type('"*"', { delay: 30 });
      // While it is half typed, that is what is said.
      const diagnostic = await until('there is a diagnostic', async () => {
        const all = await w.ask('diagnostics', { path: absolute });
        return all.find(({ message }) => /anyone on the internet/i.test(message));
      });
      assert.match(diagnostic.message, /prod-customer-files/);
      assert.equal(diagnostic.source, 'Countersign');
      await w.page.locator('.squiggly-error, .squiggly-warning, .squiggly-info').first().waitFor({ state: 'attached' });
      const [hover] = await until('there is a hover', async () => {
        const all = await w.ask('hover', { path: absolute, line: diagnostic.line, character: diagnostic.character + 1 });
        const ours = all.filter((text) => /anyone on the internet/i.test(text));
        return ours.length > 0 && ours;
      });
      assert.match(hover, /Before/);
      const lenses = await until('there is a lens', async () => {
        const all = await w.ask('lenses', { path: absolute });
        return all.length > 0 && all;
      });
      assert.deepEqual(
        lenses.filter(({ title, command }) => /apply|approve|acknowledge\b/i.test(`${title} ${command}`)),
        [],
      );
      await w.page.locator('.codelens-decoration').first().waitFor({ state: 'attached' });
      await w.page.screenshot({ path: w.shot('inline-dark') });
      await w.press('ArrowLeft', 'ArrowLeft', 'Control+K', 'Control+I');
      await w.page.locator('.monaco-hover:has-text("Blast radius")').first().waitFor();
      await w.page.screenshot({ path: w.shot('hover-dark') });
      await w.press('Escape');
    },
  ],
  [
    'a hold is marked where it would go in: Information, a lens with Review and Discard',
    async (w) => {
      const bucket = 'prod-customer-notes';
      await pasteRisky(w, bucket);
      await w.openFile(policyPath(bucket));
      const lenses = await until('the lens shows', async () => {
        const all = await w.ask('lenses', { path: w.absolute(policyPath(bucket)) });
        return all.some(({ title }) => title.startsWith('Discard')) && all;
      });
      assert.ok(lenses.some(({ title }) => /Review/.test(title)));
      const diagnostics = await w.ask('diagnostics', { path: w.absolute(policyPath(bucket)) });
      assert.deepEqual(
        diagnostics.map(({ severity }) => severity),
        diagnostics.map(() => 2),
        'held text is not in the file: information, not an error',
      );
      assert.deepEqual(
        [...diagnostics, ...lenses].map(({ line }) => line),
        [...diagnostics, ...lenses].map(() => STATEMENT_PLACE.line),
        'where the statement would go in',
      );
      assert.equal(await w.text(policyPath(bucket)), policyText(bucket));
      await w.page.locator('.codelens-decoration').first().waitFor({ state: 'attached' });
      await w.page.screenshot({ path: w.shot('held-dark') });
    },
  ],
];
