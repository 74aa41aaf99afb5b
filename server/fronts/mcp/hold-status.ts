import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { askedApproval } from '../../gate/asked-approval.ts';
import { listDecided, readDecided } from '../../gate/decided.ts';
import { isHoldId, readHold } from '../../gate/holds.ts';
import { roomFolder } from '../../gate/state-folder.ts';
import type { Decided } from '../../gate/types.ts';
import { visibleText } from '../visible-text.ts';
import { stoppedBecause } from './stopped.ts';
import type { HoldResult, ToolAnswer } from './tool-answer.ts';

/** What became of a hold. Reads the state folder; a person's decision is looked up, never made, here. */
export function holdStatus(id: string, agent: string, stateFolder: string, now: Date): ToolAnswer {
  const stopped = stoppedBecause(agent, stateFolder);
  if (stopped !== undefined) return answer(id, { state: 'halted', next: stopped }, true);
  if (!isHoldId(id)) {
    return answer(id, { state: 'unknown', next: 'A hold is called "H-" and eight characters, as propose_edit answered. Give that.' }, true);
  }
  const hold = readHold(stateFolder, id);
  if (hold?.verdict === 'forbid') {
    return answer(id, { state: 'forbidden', next: 'The policy forbids it, and nobody can acknowledge it. Do something else.' });
  }
  if (hold !== undefined) {
    return answer(id, { state: 'waiting', next: `${waitsWords(id, stateFolder, now)} Go on with other work, and do not work around it.` });
  }
  const decided = latest(id, stateFolder);
  if (decided !== undefined) return answer(id, ofDecided(decided, stateFolder, now));
  return answer(id, { state: 'unknown', next: 'There is no such hold, or it was decided too long ago. Propose the edit again.' }, true);
}

/** What is to be done is a person's, and told to them. */
function waitsWords(id: string, stateFolder: string, now: Date): string {
  const asked = askedApproval(stateFolder, id, now);
  if (asked === undefined) return 'A person has not decided yet.';
  if (asked.over) return 'A person acknowledged it, and nobody approved it in time: a person must acknowledge it again.';
  const refused = asked.refused === undefined ? '' : ' One came and does not count: a person must look at it (countersign holds).';
  return `A person acknowledged it, and it waits for a second person’s approval until ${asked.until ?? 'then'}.${refused}`;
}

function latest(id: string, stateFolder: string): Decided | undefined {
  const discarded = readDecided(stateFolder, id);
  const acknowledged = listDecided(stateFolder).find((decided) => decided.kind === 'acknowledged' && decided.hold.id === id);
  if (discarded === undefined || acknowledged === undefined) return discarded ?? acknowledged;
  return discarded.when > acknowledged.when ? discarded : acknowledged;
}

function ofDecided(decided: Decided, stateFolder: string, now: Date): Omit<HoldResult, 'hold'> {
  if (decided.kind === 'discarded') {
    return { state: 'discarded', next: 'A person refused it. Do not propose it again; propose something narrower, or ask them.' };
  }
  if (existsSync(join(roomFolder(stateFolder, 'used'), decided.id))) {
    return { state: 'used', next: 'The acknowledgement let one edit through and is used up. Another edit is judged anew.' };
  }
  if (Date.parse(decided.retryUntil) <= now.getTime()) {
    return {
      state: 'expired',
      next: 'It was acknowledged, but not proposed again in time. Propose it again; a person must acknowledge it anew.',
    };
  }
  const until = decided.retryUntil;
  return {
    state: 'acknowledged',
    until,
    next: `A person acknowledged it. Propose the same edit again before ${until}: it goes through once.`,
  };
}

function answer(hold: string, result: Omit<HoldResult, 'hold'>, isError = false): ToolAnswer {
  const named = visibleText(hold.slice(0, 100));
  const next = visibleText(result.next);
  return { isError, text: `${named} is ${result.state}. ${next}`, structured: { ...result, hold: named, next } };
}
