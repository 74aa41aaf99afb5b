import type { Place } from '../types.ts';
import { readText } from './format.ts';
import type { Format, TextTree } from './tree.ts';

/** Trees that are kept: both sides of an edit. More of them, and collecting garbage costs more than reading. */
const MOST = 2;
/** Characters. The trees of larger texts are many times as large again. */
const LARGEST = 500_000;

const kept: TextTree[] = [];

/** As `readText`, but reads a text once for all who ask about the same edit. */
export function readOnce(format: Format, text: string, side: Place['side']): TextTree {
  if (text.length > LARGEST) return readText(format, text, side);
  const index = kept.findIndex((tree) => tree.format === format && tree.side === side && tree.text === text);
  const tree = kept[index] ?? readText(format, text, side);
  if (index !== -1) kept.splice(index, 1);
  kept.unshift(tree);
  kept.length = Math.min(kept.length, MOST);
  return tree;
}
