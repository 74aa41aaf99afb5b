import { openGate } from '../../gate/open.ts';
import { review } from '../../gate/review.ts';
import type { CheckReport } from '../git/check-change.ts';
import { actorOf } from '../actor.ts';
import { agentOf, type Authors } from './check-authors.ts';

/**
 * Puts every refused file that a person may acknowledge up for review, one hold each, with its texts before and after the whole
 * change: an acknowledgement of the net change fits the net change. Gives sentences.
 */
export async function holdRefused(
  report: CheckReport,
  authors: Authors,
  where: { readonly workspace: string; readonly stateFolder: string; readonly env: NodeJS.ProcessEnv; readonly now: () => Date },
): Promise<readonly string[]> {
  const files = report.files.filter(({ standings }) => standings.some(({ missing }) => missing));
  if (files.length === 0) return [];
  const opened = await openGate({
    workspace: where.workspace,
    stateFolder: where.stateFolder,
    now: where.now,
    actor: actorOf('countersign check'),
    outOfTime: () => false,
  });
  if (!opened.ok) return [opened.problem];
  const lines: string[] = [];
  for (const { path, edit } of files) {
    const agent = agentOf(path, authors);
    const outcome = await review(
      // The text is in the file already: acknowledging keeps it.
      { workspace: where.workspace, edits: [{ ...edit, provenance: { channel: 'disk', certainty: 'inferred', agent } }] },
      { ...opened.gate, policy: report.policy },
    );
    if ('hold' in outcome && outcome.verdict !== 'forbid') lines.push(`Held as ${outcome.hold.id}: ${path}. Acknowledge it in the editor.`);
    else if (outcome.verdict === 'closed') lines.push(`${path} was not held: ${outcome.cause}`);
    else lines.push(`${path} was not held: it needs no person here.`);
  }
  return lines;
}
