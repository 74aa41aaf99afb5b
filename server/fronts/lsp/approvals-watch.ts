import { pickUpApprovals } from '../../gate/approval-pickup.ts';
import { askedApproval, askedByWorkspace } from '../../gate/asked-approval.ts';
import { readHold } from '../../gate/holds.ts';
import type { StoredRecord } from '../../ledger/types.ts';
import { plainText } from '../hold-words.ts';
import type { Gates } from './gates.ts';

/** Approvals come over a shared folder or with a pull: nothing tells of them. Milliseconds. */
const LOOK = 3_000;

/** Takes approvals as they arrive, so that what somebody else approved is let through without anybody asking again. */
export class ApprovalsWatch {
  readonly #timer: NodeJS.Timeout;
  #looking = false;
  #told = new Set<string>();
  /** Holds that were waiting at the last look, with the time that was left to answer. */
  #waiting = new Set<string>();

  /** `refused`: a sentence about an approval that does not count; each once. `taken`: a sentence about one that does. */
  constructor(
    stateFolder: string,
    options: {
      readonly gates: Gates;
      readonly anyFolder: () => string;
      readonly taken: (sentences: readonly string[]) => void;
      readonly refused: (problem: string) => void;
    },
  ) {
    this.#timer = setInterval(() => void this.#look(stateFolder, options), LOOK);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(stateFolder: string, { gates, anyFolder, taken, refused }: ConstructorParameters<typeof ApprovalsWatch>[1]): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      this.#tellOver(stateFolder, refused);
      // Each by the policy of its own folder.
      for (const [workspace, holds] of askedByWorkspace(stateFolder)) {
        const opened = await gates.of(workspace === '' ? anyFolder() : workspace);
        if (!opened.ok) continue;
        const result = await pickUpApprovals(opened.gate, holds);
        if (result.taken.length > 0) taken(result.taken.map((stored) => takenWords(stored, stateFolder)));
        for (const problem of result.problems.filter((one) => !this.#told.has(one))) {
          this.#told.add(problem);
          refused(`An approval was not taken: ${problem}`);
        }
      }
    } catch {
      // The next look, or the agent's retry, says what is wrong.
    } finally {
      this.#looking = false;
    }
  }

  /** Nobody answered in time: said once, by a window that saw it waiting. */
  #tellOver(stateFolder: string, tell: (problem: string) => void): void {
    const asked = [...askedByWorkspace(stateFolder).values()].flat().flatMap((hold) => askedApproval(stateFolder, hold, new Date()) ?? []);
    for (const { hold, over } of asked) {
      if (!over) this.#waiting.add(hold);
      else if (this.#waiting.delete(hold) && readHold(stateFolder, hold) !== undefined)
        tell(`Nobody approved ${hold} in time. It stays held: acknowledge it again to ask anew.`);
    }
  }
}

/** What an approval that arrived comes to, for the one who waits for it. */
function takenWords({ record: { event } }: StoredRecord, stateFolder: string): string {
  const [worst] = (event.files ?? []).flatMap(({ findings }) => findings);
  const what = plainText(worst?.consequence ?? '');
  if (event.kind === 'glass-reviewed') return `Somebody else has looked at the broken glass: ${what}`;
  const next =
    readHold(stateFolder, event.hold ?? '') === undefined ? 'The agent may make this edit once.' : 'Review it once more to apply it.';
  return `Somebody else has approved it: ${what} ${next}`;
}
