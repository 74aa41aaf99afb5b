import { readHalt } from '../../gate/halt.ts';
import { readTrip, trippedSentence } from '../../gate/tripped.ts';
import { visibleText } from '../visible-text.ts';

/** Why this agent may not go on, in sentences: a person stopped all agents, or the breaker this one. Undefined when it may. */
export function stoppedBecause(agent: string, stateFolder: string): string | undefined {
  const halted = readHalt(stateFolder);
  if (halted !== undefined) {
    return visibleText(
      `Countersign has stopped all agents. ${halted.by} did so: ${halted.reason}. Stop here and tell the person; only a person lets agents go on.`,
    );
  }
  const trip = readTrip(stateFolder, agent);
  return trip === undefined ? undefined : visibleText(trippedSentence(trip));
}
