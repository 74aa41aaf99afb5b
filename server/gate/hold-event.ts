import type { LedgerEvent } from '../ledger/types.ts';
import { recordable, recordedFiles, recordedProvenance } from './recorded.ts';
import type { GateContext, Hold } from './types.ts';

/** What the log keeps of a hold, as an event of this kind. */
export function holdEvent(kind: LedgerEvent['kind'], hold: Hold, context: GateContext): LedgerEvent {
  return {
    kind,
    hold: hold.id,
    workspace: recordable(hold.workspace),
    files: recordedFiles(
      hold.edits,
      hold.edits.map(({ assessment }) => assessment),
      context.stateFolder,
    ),
    provenance: recordedProvenance(hold.provenance, context.stateFolder),
    verdict: hold.verdict,
    policy: context.policy.digest,
  };
}
