import type { Place } from '../types.ts';
import { readText } from './format.ts';
import { takenOver } from './taken-over.ts';
import type { Format, TextTree } from './tree.ts';

/** Trees that are kept: both sides of an edit. More of them, and collecting garbage costs more than reading. */
const MOST = 2;
/** Characters. The trees of larger texts are many times as large again. */
const LARGEST = 500_000;

const kept: TextTree[] = [];

/**
 * As `readText`, but reads a text once for all who ask about the same edit. Where the other text of the edit is there already, only
 * what differs is read.
 */
export function readOnce(format: Format, text: string, side: Place['side'], other?: TextTree): TextTree {
  if (text.length > LARGEST) return readText(format, text, side);
  const index = kept.findIndex((tree) => tree.format === format && tree.side === side && tree.text === text);
  const tree = kept[index] ?? (other === undefined ? undefined : takenOver(text, side, other)) ?? readText(format, text, side);
  if (index !== -1) kept.splice(index, 1);
  kept.unshift(tree);
  kept.length = Math.min(kept.length, MOST);
  return tree;
}
