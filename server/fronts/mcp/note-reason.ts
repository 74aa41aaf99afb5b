import { readDraft, writeDraft } from '../../gate/drafts.ts';
import { readHold } from '../../gate/holds.ts';
import { missingFor } from '../../gate/reasons.ts';
import { systemWords } from '../../ledger/system-words.ts';
import type { GateContext } from '../../gate/types.ts';
import type { Reason } from '../../ledger/types.ts';
import { visibleText } from '../visible-text.ts';

/**
 * Keeps a reason that was given in an agent's own program with the hold, for the review to show. It acknowledges nothing: such a
 * program may answer by itself. Gives the sentence that says what became of it.
 */
export function noteReason(holdId: string, reason: Reason, by: string, gate: GateContext): string {
  const hold = readHold(gate.stateFolder, holdId);
  if (hold === undefined) return 'The hold was decided meanwhile, so the reason was not noted.';
  const missing = missingFor(hold, { reason, hours: gate.policy.expiry.defaultHours, rollBackLater: false }, gate.policy)
    .filter(({ field }) => field === 'category' || field === 'reason' || field === 'ticket')
    .map(({ what }) => what);
  if (missing.length > 0)
    return `The reason was not noted; still needed: ${missing.join(', ')}. The person can give it in the editor's review.`;
  try {
    const text = reason.text.trim();
    const ticket = reason.ticket?.trim() ?? '';
    writeDraft(gate.stateFolder, {
      schema: 'countersign.draft/1',
      hold: holdId,
      reason: { category: reason.category, text, ...(ticket === '' ? {} : { ticket }) },
      by,
      when: gate.now().toISOString(),
    });
    return "The reason is noted with the hold. A person signs for it in the editor's review; until then nothing is let through.";
  } catch (error) {
    return visibleText(`The reason could not be noted: ${systemWords(error)} The person can give it in the editor's review.`);
  }
}

export function isNoted(holdId: string, { stateFolder }: GateContext): boolean {
  return readDraft(stateFolder, holdId) !== undefined;
}
