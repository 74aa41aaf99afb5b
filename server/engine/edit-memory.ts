export type EditMemory<Key extends object, Value> = {
  readonly get: (key: Key) => Value | undefined;
  readonly set: (key: Key, value: Value) => void;
};

/**
 * What is worked out about things of one edit, to be asked for again while it is assessed. A weak map would do the same, but V8's quick
 * collections take all it holds for alive, and so copy the trees of edits that are long done.
 */
export function editMemory<Key extends object, Value>(): EditMemory<Key, Value> {
  let memory = new Map<Key, Value>();
  // Not `clear`: the table that a map leaves behind leads to its next one, and once it is old keeps every later edit alive.
  all.push(() => {
    memory = new Map();
  });
  return {
    get: (key) => memory.get(key),
    set: (key, value) => {
      memory.set(key, value);
    },
  };
}

const all: (() => void)[] = [];

/** The next edit begins: whoever assesses says so first. */
export function forgetEdit(): void {
  for (const forget of all) forget();
}
