import type { Pack } from './pack.ts';

/** A pack that ships, read when it is first asked for. */
export type BuiltInPack = {
  readonly name: string;
  /** What its rules speak of; `*` for every system. */
  readonly systems: readonly string[];
  /** How many. */
  readonly rules: number;
  readonly load: () => Pack;
};

/**
 * The packs of server/engine/packs/*.yaml. The build (.ci/pack-rules.mjs) puts them here, checked and without their tests,
 * so that nothing is parsed as YAML at run time; unbuilt there are none.
 */
export const BUILT_IN_PACKS: readonly BuiltInPack[] = [];
