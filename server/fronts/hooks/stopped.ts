import { homedir } from 'node:os';
import { type Halt, readHalt } from '../../gate/halt.ts';
import { stateFolder } from '../../gate/state-folder.ts';
import { readTrip, trippedSentence } from '../../gate/tripped.ts';
import { visibleText } from '../visible-text.ts';
import type { AgentHook } from './tool-call.ts';

/** Why this agent may not go on: a person stopped all of them, or the breaker this one. */
export function stoppedSentence({ name }: AgentHook): string | undefined {
  const state = stateFolder(process.env, process.platform, homedir());
  const halted = readHalt(state);
  if (halted !== undefined) return haltedSentence(halted);
  const trip = readTrip(state, name);
  return trip === undefined ? undefined : visibleText(trippedSentence(trip));
}

function haltedSentence({ by, reason }: Halt): string {
  return visibleText(
    `Countersign has stopped all agents. ${by} did so: ${reason}. Stop here and tell the person; only a person lets agents go on.`,
  );
}
