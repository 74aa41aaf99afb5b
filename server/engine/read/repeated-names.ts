import type { Problem } from '../types.ts';
import { membersOf, type TextTree } from './tree.ts';

/**
 * Problems of a `.env` file without those of names that may well be set twice. Every common reader takes the last value, which is what
 * is judged; some take the first, and to those nothing has changed where the first value is the one of before, or the same as all others.
 */
export function withoutHarmlessRepeats(problems: readonly Problem[], before: TextTree, after: TextTree): readonly Problem[] {
  if (!problems.some(({ kind }) => kind === 'duplicate-key')) return problems;
  const [was, is] = [valuesOf(before), valuesOf(after)];
  const harmless = new Set<number>();
  for (const { name, offsets, values } of is.values()) {
    const [first] = values;
    if (values.every((value) => value === first) || was.get(name)?.values[0] === first) for (const offset of offsets) harmless.add(offset);
  }
  return problems.filter(({ kind, place }) => kind !== 'duplicate-key' || place === undefined || !harmless.has(place.start.offset));
}

type Named = { readonly name: string; readonly offsets: number[]; readonly values: unknown[] };

function valuesOf({ documents }: TextTree): ReadonlyMap<string, Named> {
  const found = new Map<string, Named>();
  for (const { key, keyNode, value } of documents.flatMap(membersOf)) {
    const named = found.get(key) ?? { name: key, offsets: [], values: [] };
    named.offsets.push(keyNode.offset);
    named.values.push(value.value);
    found.set(key, named);
  }
  return found;
}
