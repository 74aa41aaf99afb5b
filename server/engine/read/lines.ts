import type { Place } from '../types.ts';
import { arrayNode, field, isTooLarge, objectNode, sourceOf, textNode, treeOf } from './draft.ts';
import type { TextTree } from './tree.ts';
import { linesOf } from './words.ts';

/** Reads a text as its lines that are not empty: {"line": ["node_modules", ".env"]}. */
export function readLines(text: string, side: Place['side']): TextTree {
  const source = sourceOf('lines', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const lines = linesOf(text).flatMap(({ start, end }) => {
    const value = text.slice(start, end);
    return value.trim() === '' ? [] : [textNode(value, start, end)];
  });
  return treeOf(source, objectNode([field('line', arrayNode(lines, 0, text.length))], 0, text.length));
}
