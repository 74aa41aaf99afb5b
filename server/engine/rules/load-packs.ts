import { type BuiltInPack, BUILT_IN_PACKS } from './built-in-packs.ts';
import { indexPacks, type PackIndex } from './index-packs.ts';
import type { Pack } from './pack.ts';

let builtIn: PackIndex | undefined;
const withMore = new WeakMap<readonly Pack[], PackIndex>();

/** The built-in packs and these, ready to be asked. Built-in rules come first, so that no pack replaces one. */
export function packIndex(more: readonly Pack[] = []): PackIndex {
  if (more.length === 0) return (builtIn ??= indexPacks(builtInPacks()));
  const known = withMore.get(more) ?? indexPacks([...builtInPacks(), ...more]);
  withMore.set(more, known);
  return known;
}

export function builtInPacks(): readonly Pack[] {
  return BUILT_IN_PACKS.map(({ load }: BuiltInPack) => load());
}
