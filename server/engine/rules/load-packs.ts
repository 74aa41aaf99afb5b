import { builtInPacks } from './built-in.ts';
import { BUILT_IN_PACKS } from './built-in-packs.ts';
import { indexPacks, type PackIndex } from './index-packs.ts';
import type { Pack } from './pack.ts';

let builtIn: PackIndex | undefined;
const withMore = new WeakMap<readonly Pack[], PackIndex>();

/** The built-in packs and these, ready to be asked. Built-in rules come first, so that no pack replaces one. */
export function packIndex(more: readonly Pack[] = []): PackIndex {
  if (more.length === 0) return (builtIn ??= { rulesFor: (declaration) => indexFor(declaration.system).rulesFor(declaration) });
  const known = withMore.get(more) ?? indexPacks([...builtInPacks(), ...more]);
  withMore.set(more, known);
  return known;
}

const bySystem = new Map<string, PackIndex>();

/** Only the packs that speak of a system are read for it: no id stands in two built-in packs, so none of the others could matter. */
function indexFor(system: string): PackIndex {
  const known = bySystem.get(system);
  if (known !== undefined) return known;
  const speaking = BUILT_IN_PACKS.filter(({ systems }) => systems.includes(system) || systems.includes('*'));
  const index = indexPacks(speaking.map(({ load }) => load()));
  bySystem.set(system, index);
  return index;
}
