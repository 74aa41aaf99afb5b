import { readDecided, removeDecided, writeDecided } from './decided.ts';
import { type Done, failed, guarded, unrecorded } from './done.ts';
import { holdEvent } from './hold-event.ts';
import { createHold, isHoldId, readHold, removeHold } from './holds.ts';
import type { GateContext } from './types.ts';

/** Each is recorded before it goes; stops at the first that cannot be. Ids of no hold are passed over. */
export async function discard(holdIds: readonly string[], context: GateContext): Promise<Done> {
  return guarded(async () => {
    for (const id of holdIds) {
      const hold = readHold(context.stateFolder, id);
      if (hold === undefined) continue;
      const appended = await context.ledger.append(holdEvent('discarded', hold, context));
      if (!appended.ok) return unrecorded(appended);
      writeDecided(context.stateFolder, {
        schema: 'countersign.decided/1',
        kind: 'discarded',
        id,
        hold,
        when: context.now().toISOString(),
      });
      removeHold(context.stateFolder, id);
    }
    return { ok: true };
  });
}

/** Holds a discarded suggestion again. */
export async function undoDiscard(holdId: string, context: GateContext): Promise<Done> {
  const decided = isHoldId(holdId) ? readDecided(context.stateFolder, holdId) : undefined;
  if (decided?.kind !== 'discarded') return failed(`${holdId} was not discarded, or too long ago.`);
  return guarded(async () => {
    const appended = await context.ledger.append({ ...holdEvent('held', decided.hold, context), cause: 'The discard was undone.' });
    if (!appended.ok) return unrecorded(appended);
    // False when it was suggested again meanwhile: that one stands.
    createHold(context.stateFolder, decided.hold);
    removeDecided(context.stateFolder, holdId);
    return { ok: true };
  });
}
