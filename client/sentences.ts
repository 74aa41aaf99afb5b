import type { HoldItem, Review } from '../server/protocol.ts';
import { visibleText } from '../media/visible-text.ts';

/** Sentences that more than one place shows. Texts of others always pass through `visibleText`. */

export const TRUST_FIRST = 'Trust this folder to decide; holds stay held.';

export function causeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return visibleText(text.split('\n')[0] ?? '').replace(/\.$/, '');
}

export function couldNotWorkOut(cause: string): string {
  return `Countersign could not work out what this edit does: ${visibleText(cause).replace(/\.$/, '')}.`;
}

export function couldNotWrite(file: string, cause: string): string {
  return `Could not write ${visibleText(file)}: ${visibleText(cause).replace(/\.$/, '')}. Nothing was changed.`;
}

/** Where a hold stands among all, in their order. */
export function positionOf(hold: string, holds: readonly HoldItem[]): Review['position'] {
  const index = holds.findIndex(({ id }) => id === hold);
  return { index: index + 1, of: holds.length, previous: holds[index - 1]?.id, next: index === -1 ? holds[0]?.id : holds[index + 1]?.id };
}
