import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeHead } from '../ledger/head.ts';
import { headFile } from '../ledger/record-file.ts';
import type { GateContext, Hold } from './types.ts';

/** A hold is recorded a moment after it is written: so many records back it is looked for. */
const LOOKED_BACK = 200;
/** How long another process, which may be about to record it, is waited for, in milliseconds. */
const WAIT = 1_000;

/** Does the log speak of this hold? Where it was made longer ago than is looked back, that is believed. Throws as reading the log does. */
export async function isHoldRecorded(hold: Pick<Hold, 'id' | 'created'>, context: GateContext): Promise<boolean> {
  for (let waited = 0; ; waited += 50) {
    if (await isAmongLast(hold, context)) return true;
    if (waited >= WAIT || context.outOfTime()) return false;
    await sleep(50);
  }
}

async function isAmongLast({ id, created }: Pick<Hold, 'id' | 'created'>, { ledger }: GateContext): Promise<boolean> {
  const from = Math.max(1, endOf(ledger.folder) - LOOKED_BACK);
  for await (const { record } of ledger.read(from)) {
    const { seq, time, event } = record;
    if (seq === from && seq > 1 && Date.parse(time) > Date.parse(created)) return true;
    if (event.hold === id && (event.kind === 'held' || event.kind === 'forbidden')) return true;
  }
  return false;
}

/** The remembered end, or the beginning: the records after it are read in any case. Its signature does not matter here. */
function endOf(folder: string): number {
  try {
    return decodeHead(readFileSync(headFile(folder)))?.head.seq ?? 1;
  } catch {
    return 1;
  }
}
