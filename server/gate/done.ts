import type { Appended } from '../ledger/types.ts';
import { systemWords } from '../ledger/system-words.ts';

/** What became of something that a person asked for. The problem is a sentence. */
export type Done = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** Whatever is thrown is why it was not done. */
export async function guarded(act: () => Promise<Done>): Promise<Done> {
  try {
    return await act();
  } catch (error) {
    return failed(systemWords(error));
  }
}

/** Where the log cannot be written, nothing is done. */
export function unrecorded(appended: Extract<Appended, { ok: false }>): { ok: false; problem: string } {
  return { ok: false, problem: `The log could not be written, so nothing was applied. ${appended.problem.message}` };
}

/** What could not be done, in a sentence for people. */
export function failed(problem: string): Done {
  return { ok: false, problem };
}
