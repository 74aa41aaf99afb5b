import { arrayNode, type Draft, propertyNode } from './draft.ts';

/** One occurrence of a name: a directive's value, or a block. */
export type Occurrence = { readonly key: Draft; readonly value: Draft };

/** Each name once, where it first stands, with an array of everything that stands under it. */
export function gathered(occurrences: readonly Occurrence[]): Draft[] {
  const lists = new Map<string, { readonly key: Draft; readonly items: Draft[] }>();
  for (const { key, value } of occurrences) {
    const list = lists.get(String(key.value));
    if (list === undefined) lists.set(String(key.value), { key, items: [value] });
    else list.items.push(value);
  }
  return [...lists.values()].map(({ key, items }) => {
    const start = items[0]?.offset ?? key.offset;
    const end = items.reduce((most, each) => Math.max(most, each.offset + each.length), start);
    return propertyNode(key, arrayNode(items, start, end));
  });
}
