import { type BuiltInPack, BUILT_IN_PACKS } from './built-in-packs.ts';
import type { Pack } from './pack.ts';

/** The packs that ship. Reads them all: what asks rules of one edit goes through packIndex. */
export function builtInPacks(): readonly Pack[] {
  return BUILT_IN_PACKS.map(({ load }: BuiltInPack) => load());
}

/** How many rules the built-in packs hold, without reading them. */
export function builtInRules(): number {
  return BUILT_IN_PACKS.reduce((sum, { rules }) => sum + rules, 0);
}
