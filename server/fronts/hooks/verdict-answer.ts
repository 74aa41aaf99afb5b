import { assertNever } from '../../engine/assert-never.ts';
import type { Hold, Outcome } from '../../gate/types.ts';
import { findingsOf, waitsForWords } from '../hold-words.ts';
import { visibleText } from '../visible-text.ts';
import type { AgentHook, Answer } from './tool-call.ts';

/** What the agent is told of the door’s answer. */
export function answerFor(agent: AgentHook, outcome: Outcome): Answer {
  switch (outcome.verdict) {
    case 'allow':
    case 'note':
      return agent.allow();
    case 'acknowledge':
      return agent.deny(
        `Held by Countersign as ${outcome.hold.id}: ${sentences(outcome)} ${waitsForWords('acknowledge')} ` +
          `Do not work around it; retry the same edit after that.${trippedBy(outcome)}`,
      );
    case 'approve':
      return agent.deny(
        `Held by Countersign as ${outcome.hold.id}: ${sentences(outcome)} Policy asks for two: ${waitsForWords('approve')} ` +
          `Do not work around it; tell the person you work for.${trippedBy(outcome)}`,
      );
    case 'forbid': {
      const by = outcome.hold.forbiddenBy;
      const rule = by === undefined ? '' : ` by the rule ${by.pattern} (${by.source})`;
      return agent.deny(
        oneLine(
          `Forbidden by Countersign as ${outcome.hold.id}${rule}: ${sentences(outcome)} Nobody can acknowledge this. ` +
            `${by?.owner === undefined ? 'Whoever keeps the policy' : by.owner} can tell what to do instead. Do not work around it.${trippedBy(outcome)}`,
        ),
      );
    }
    case 'closed':
      return agent.deny(closedSentence(outcome.cause));
    default:
      return assertNever(outcome);
  }
}

/** The next call is stopped: the agent is told why at once, so that it can say so. */
function trippedBy({ tripped }: { readonly tripped?: string | undefined }): string {
  return tripped === undefined ? '' : oneLine(` Countersign's breaker has tripped: ${tripped}. Stop here and tell the person.`);
}

/** The worst consequence, and how many more there are. */
function sentences({ hold }: { readonly hold: Hold }): string {
  const [worst, ...others] = findingsOf(hold);
  if (worst === undefined) return `this edit touches ${hold.edits.map(({ path }) => path).join(', ')}.`;
  const more = others.length === 0 ? '' : ` (and ${others.length} more ${others.length === 1 ? 'finding' : 'findings'})`;
  return `${oneLine(worst.consequence)}${more}`;
}

/** The agent goes on; a person reads the rest. */
export function tell(agent: AgentHook, what: string): Answer {
  return { ...agent.allow(), stderr: `Countersign ${visibleText(what)}\n` };
}

export function closedSentence(cause: string): string {
  return oneLine(`Countersign closed the gate: ${cause} Nothing was written. Do not work around it.`);
}

/** Names in a file may hold anything; what reaches the model and the terminal is one printable line. */
function oneLine(text: string): string {
  return visibleText(text.slice(0, 2000));
}
