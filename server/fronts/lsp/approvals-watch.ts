import { askedHolds, pickUpApprovals } from '../../gate/approval-pickup.ts';
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
    const [asked] = askedHolds(stateFolder);
    if (asked === undefined || this.#looking) return;
    this.#looking = true;
    try {
      const opened = await gates.of(readHold(stateFolder, asked)?.workspace ?? anyFolder());
      if (!opened.ok) return;
      const result = await pickUpApprovals(opened.gate);
      if (result.taken.length > 0) taken(result.taken.map((stored) => takenWords(stored, stateFolder)));
      for (const problem of result.problems.filter((one) => !this.#told.has(one))) {
        this.#told.add(problem);
        refused(problem);
      }
    } catch {
      // The next look, or the agent's retry, says what is wrong.
    } finally {
      this.#looking = false;
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
