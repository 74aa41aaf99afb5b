/** The same numbers for the same seed, everywhere (mulberry32): so that what a seed brought to light can be looked at again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `seeded`, with what tests choose by. */
export function randomFrom(seed: number): Random {
  const next = seeded(seed);
  const below = (n: number): number => Math.floor(next() * n);
  return {
    chance: (p) => next() < p,
    below,
    pick: (list) => chosen(list, below),
    some: (list, most) => {
      const count = 1 + below(most);
      return [...new Set(Array.from({ length: count }, () => chosen(list, below)))];
    },
  };
}

export type Random = {
  readonly chance: (p: number) => boolean;
  /** A whole number from 0 to one below. */
  readonly below: (n: number) => number;
  /** A member of a list that is not empty. */
  readonly pick: <T>(list: readonly T[]) => T;
  /** 1 to `most` different members. */
  readonly some: <T>(list: readonly T[], most: number) => readonly T[];
};

function chosen<T>(list: readonly T[], below: (n: number) => number): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no list given is empty
  return list[below(list.length)] as T;
}
