import { review } from '../../server/gate/review.ts';
import type { Suggestion } from '../../server/gate/types.ts';
import { open } from './scene.ts';

/** A hook of its own process: waits for the start signal, asks once, prints the verdict. */
process.once('message', ({ workspace, state, suggestion }: { workspace: string; state: string; suggestion: Suggestion }) => {
  void (async () => {
    const gate = await open(workspace, state);
    const outcome = await review(suggestion, gate);
    process.send?.(outcome.verdict);
    process.disconnect();
  })();
});
process.send?.('ready');
