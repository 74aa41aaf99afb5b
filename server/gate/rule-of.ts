import { builtInPacks } from '../engine/rules/built-in.ts';
import type { Pack, PackRule } from '../engine/rules/pack.ts';
import type { Policy } from './types.ts';

export const BUILT_IN = 'built-in';

/** A pack, and the folder it came from (or `built-in`). */
export type OriginalPack = { readonly origin: string; readonly pack: Pack };

/** Every pack that is asked, in the order in which ids count. */
export function packsOf(policy: Policy): readonly OriginalPack[] {
  return [...builtInPacks().map((pack) => ({ origin: BUILT_IN, pack })), ...addedPacks(policy)];
}

/** The packs beside the built-in ones. */
export function addedPacks({ engine, packs }: Policy): readonly OriginalPack[] {
  return (engine.packs ?? []).map((pack, index) => ({ origin: packs.origins[index] ?? '', pack }));
}

/** The rule of this id that is asked; undefined for those that are not of a pack. */
export function ruleOf(id: string, policy: Policy): (OriginalPack & { readonly rule: PackRule }) | undefined {
  for (const each of packsOf(policy)) {
    const rule = each.pack.rules.find((one) => one.id === id);
    if (rule !== undefined) return { ...each, rule };
  }
  return undefined;
}
