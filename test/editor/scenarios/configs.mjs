import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CONFIGS } from '../config-files.mjs';
import { holdsOnDisk } from '../records.mjs';
import * as review from '../review-page.mjs';
import { inserted } from '../workspace.mjs';
import { until } from '../workbench.mjs';

/** Config of every kind is watched as policies are: what opens something is held, what does not goes in. */
export const configs = Object.entries(CONFIGS).flatMap(([what, { path, text, place, risky, benign, says }]) => [
  [
    `${what}: a risky paste is held, a risky block of another extension is taken out`,
    async (w) => {
      await w.openFile(path, place);
      await w.paste(risky);
      const page = await w.review();
      await until('the review says what it opens', async () => says.test(await review.heading(page)));
      assert.equal(await w.text(path), text, 'nothing was pasted');
      assert.deepEqual(
        holdsOnDisk(w).map(({ provenance }) => provenance.channel),
        ['paste'],
      );
      await w.page.screenshot({ path: w.shot(`config-${path.split('.').at(-1)}`) });
      await review.discardButton(page).click();
      await review.decided(page, /^Discarded/);
      await w.openFile(path, place);
      await w.ask('setBlock', { text: risky, ...place });
      await w.palette('Probe: Insert Block');
      await until('it is out again and held', async () => holdsOnDisk(w).length > 0 && (await w.text(path)) === text);
      assert.equal(holdsOnDisk(w)[0].provenance.channel, 'insert');
      await until('it is marked where it would go in', async () => {
        const found = await w.ask('diagnostics', { path: w.absolute(path) });
        return found.some(({ source, message }) => source === 'Countersign' && message.startsWith('Held, not written'));
      });
    },
  ],
  [
    `${what}: a benign paste goes in, and nobody is asked`,
    async (w) => {
      await w.openFile(path, place);
      await w.paste(benign);
      await until('the text is in', async () => (await w.text(path)) === inserted(text, benign, place));
      await w.page.waitForTimeout(1000);
      assert.equal(await w.text(path), inserted(text, benign, place));
      assert.deepEqual(holdsOnDisk(w), []);
      assert.equal(await w.reviewOpen(), false);
      assert.equal(readFileSync(w.absolute(path), 'utf8'), text, 'nothing is saved by itself');
    },
  ],
]);
