/**
 * What is worked out about things of one edit, to be asked for again while it is assessed. A weak map would do the same, but V8's quick
 * collections take all it holds for alive, and so copy the trees of edits that are long done.
 */
export function editMemory<Key extends object, Value>(): Map<Key, Value> {
  const memory = new Map<Key, Value>();
  all.push(memory);
  return memory;
}

const all: { readonly clear: () => void }[] = [];

/** The next edit begins: whoever assesses says so first. */
export function forgetEdit(): void {
  for (const memory of all) memory.clear();
}
