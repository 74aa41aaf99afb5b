/** One agent's process that is refused: workspace, state folder, name of the bucket it opens. */
import { review } from '../../server/gate/review.ts';
import { BEFORE, open, RISKY } from './scene.ts';

const [, , workspace = '', state = '', bucket = ''] = process.argv;

void main();

async function main(): Promise<void> {
  const gate = await open(workspace, state, { now: new Date() });
  const named = (text: string) => text.replaceAll('prod-customer-exports', bucket);
  const agent = { name: 'Claude Code', session: 's-1', toolCall: bucket, tool: 'Edit' };
  const outcome = await review(
    {
      workspace,
      edits: [
        {
          path: `iam/${bucket}-policy.json`,
          before: named(BEFORE),
          after: named(RISKY),
          provenance: { channel: 'hook', certainty: 'attested', agent },
        },
      ],
    },
    { ...gate, policy: { ...gate.policy, breaker: { ...gate.policy.breaker, held: 8 } } },
  );
  process.exitCode = outcome.verdict === 'acknowledge' ? 0 : 1;
}
