import type { HeldEdit } from '../gate/types.ts';
import type { Review } from '../protocol.ts';
import { linesOf } from './line-diff.ts';

/** As many lines of a command as of an edit. */
const LONGEST_SHOWN = 12;

/** Holds name a command line "$ aws iam …": it is run, not written. */
export function isCommandPath(path: string): boolean {
  return path.startsWith('$ ');
}

export function hasCommand(edits: readonly Pick<HeldEdit, 'path'>[]): boolean {
  return edits.some(({ path }) => isCommandPath(path));
}

/** The command itself, as it would be run: there is no text before it, so nothing is marked as changed. */
export function commandLines({ path, after }: HeldEdit): Pick<Review['files'][number], 'lines' | 'more' | 'command'> {
  const all = linesOf(after);
  const lines = all.slice(0, LONGEST_SHOWN).map((text, index) => ({ mark: '' as const, number: index + 1, text }));
  // A policy given in a command has a name of its own, which its text does not begin with.
  const isLine = collapsed(after).startsWith(collapsed(path.slice(2)).slice(0, 20));
  return { lines, more: all.length > lines.length, command: isLine ? 'line' : 'text' };
}

function collapsed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
