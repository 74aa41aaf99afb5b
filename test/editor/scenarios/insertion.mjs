import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { STATEMENT_PLACE, policyPath, policyText, riskyStatement } from '../workspace.mjs';
import * as review from '../review-page.mjs';
import { holdsOnDisk } from '../records.mjs';
import { until } from '../workbench.mjs';

/** Text that arrives without a paste: taken out again at once, and held. */
export const insertion = [
  [
    'an accepted inline suggestion is taken out and held, and undo does not bring it back',
    async (w) => {
      const bucket = 'prod-customer-orders';
      await w.openFile(policyPath(bucket), STATEMENT_PLACE);
      await w.ask('offerInline', { text: riskyStatement(bucket) });
      try {
        await w.palette('Trigger Inline Suggestion');
        await w.page.locator('.ghost-text, .ghost-text-decoration, .suggest-preview-text').first().waitFor({ state: 'attached' });
        await w.press('Tab');
      } finally {
        await w.ask('offerInline', {});
      }
      await isHeld(w, bucket, 'inline');
      await staysOut(w, bucket);
    },
  ],
  [
    'a block that another extension inserts is taken out and held, and undo does not bring it back',
    async (w) => {
      const bucket = 'prod-customer-photos';
      await w.openFile(policyPath(bucket), STATEMENT_PLACE);
      await w.ask('setBlock', { text: riskyStatement(bucket), ...STATEMENT_PLACE });
      await w.palette('Probe: Insert Block');
      await isHeld(w, bucket, 'insert');
      await staysOut(w, bucket);
    },
  ],
  [
    "a block that comes as a workspace edit, as chat's apply does, is taken out and held",
    async (w) => {
      const bucket = 'prod-customer-claims';
      await w.openFile(policyPath(bucket), STATEMENT_PLACE);
      await w.ask('workspaceEdit', { path: w.absolute(policyPath(bucket)), text: riskyStatement(bucket), ...STATEMENT_PLACE });
      await isHeld(w, bucket, 'insert');
      await staysOut(w, bucket);
    },
  ],
  [
    'a paste that comes past the paste provider is taken out and held',
    async (w) => {
      const bucket = 'prod-customer-orders';
      await w.openFile(policyPath(bucket), STATEMENT_PLACE);
      await w.page.evaluate((text) => navigator.clipboard.writeText(text), riskyStatement(bucket));
      await w.ask('run', { command: 'editor.action.clipboardPasteAction' });
      await isHeld(w, bucket, 'insert');
    },
  ],
  ...[
    { how: 'edit', size: 2, delay: 0, what: 'two characters at a time' },
    { how: 'edit', size: 2, delay: 60, what: 'two characters every 60 milliseconds' },
    { how: 'edit', size: 1, delay: 0, what: 'one character at a time' },
    { how: 'type', size: 200, delay: 0, what: "with the editor's own typing command" },
  ].map(({ what, ...drip }) => [
    `text that another extension writes ${what} is taken out and held as one`,
    async (w) => {
      const bucket = 'prod-customer-orders';
      await typingPlainly(w, async () => {
        const text = `{ "Sid": "FixDownload403", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::${bucket}/*" }, `;
        if (!(await dripped(w, bucket, { ...drip, text }))) return;
        await isHeld(w, bucket, 'insert');
        await staysOut(w, bucket);
      });
    },
  ]),
  [
    'with auto save on, a held block is not left on disk',
    async (w) => {
      const bucket = 'prod-customer-photos';
      await w.ask('set', { key: 'files.autoSaveDelay', value: 100 });
      await w.ask('set', { key: 'files.autoSave', value: 'afterDelay' });
      try {
        await w.openFile(policyPath(bucket), STATEMENT_PLACE);
        await w.ask('workspaceEdit', { path: w.absolute(policyPath(bucket)), text: riskyStatement(bucket), ...STATEMENT_PLACE });
        await isHeld(w, bucket, 'insert');
        await w.page.waitForTimeout(1000);
        assert.equal(readFileSync(w.absolute(policyPath(bucket)), 'utf8'), policyText(bucket));
      } finally {
        await w.ask('set', { key: 'files.autoSave', value: 'off' });
      }
    },
  ],
];

/** Without brackets and quotes that close by themselves. */
async function typingPlainly(w, act) {
  const settings = ['editor.autoClosingBrackets', 'editor.autoClosingQuotes', 'editor.autoIndent'];
  for (const key of settings) await w.ask('set', { key, value: key.endsWith('Indent') ? 'none' : 'never' });
  try {
    await act();
  } finally {
    for (const key of settings) await w.ask('set', { key, value: undefined });
  }
}

/** False where the machine was too busy, every time, to write as fast as no hand does: then it is typing, and nothing can be said. */
async function dripped(w, bucket, drip) {
  const longest = Math.ceil(drip.text.length / drip.size) * drip.delay + 3000;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await w.openFile(policyPath(bucket), STATEMENT_PLACE);
    const began = Date.now();
    await w.ask('drip', { ...STATEMENT_PLACE, ...drip });
    const took = Date.now() - began;
    if (took <= longest) return true;
    console.log(`attempt ${attempt}: ${drip.text.length} characters took ${took} ms, which a hand could type`);
    await w.page.waitForTimeout(2500);
    await w.ask('closeAll');
    for (const { id } of holdsOnDisk(w)) await w.ask('run', { command: 'countersign.review.discard', args: [id] });
  }
  return false;
}

async function isHeld(w, bucket, channel) {
  await until('the text is out again', async () => holdsOnDisk(w).length > 0 && (await w.text(policyPath(bucket))) === policyText(bucket));
  const page = await w.review();
  await until('the review shows this bucket', async () => (await review.heading(page)).includes(bucket));
  const [hold] = holdsOnDisk(w);
  assert.equal(hold.provenance.channel, channel);
}

/** Undo and redo, as often as a person might try. */
async function staysOut(w, bucket) {
  const path = policyPath(bucket);
  await w.openFile(path, STATEMENT_PLACE);
  for (const key of ['Control+Z', 'Control+Z', 'Control+Shift+Z', 'Control+Shift+Z', 'Control+Z']) {
    await w.press(key);
    await w.page.waitForTimeout(400);
    await until(`${key} leaves it out`, async () => !(await w.text(path)).includes('FixDownload403'), 3000);
  }
  await w.page.waitForTimeout(500);
  assert.equal(await w.text(path), policyText(bucket));
}
