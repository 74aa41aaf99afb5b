import { isSameText } from '../read/moved-node.ts';
import type { Declaration } from '../systems/declaration.ts';
import { writtenAlike } from '../systems/written-declaration.ts';
import { type Change, changeOfMany } from './change.ts';

/**
 * What changed in each declaration, by its place in the list, where both texts declare things of the same systems, types, keys and
 * names in the same order: the usual edit. Undefined where something was added, removed, renamed or moved; then things must be paired.
 */
export type InStep = readonly (Change | undefined)[] | undefined;

/** Worked out once for two lists: rules and access ask the same of the same two. */
export function changesInStep(before: readonly Declaration[], after: readonly Declaration[]): InStep {
  if (last?.before === before && last.after === after) return last.changes;
  const changes = inStep(before, after) ? after.map((each, i) => changeIn(before[i], each)) : undefined;
  last = { before, after, changes };
  return changes;
}

function changeIn(old: Declaration | undefined, now: Declaration): Change | undefined {
  if (writtenAlike(old, now)) return undefined;
  const [one, other] = [old?.node ?? now.node, now.node];
  return isSameText(one, other) ? undefined : changeOfMany(one, other);
}

/** The last alone: what a map that outlives them holds is kept until a full collection of garbage, and with it the trees of both texts. */
let last: { readonly before: readonly Declaration[]; readonly after: readonly Declaration[]; readonly changes: InStep } | undefined;

function inStep(before: readonly Declaration[], after: readonly Declaration[]): boolean {
  if (before.length !== after.length) return false;
  for (const [i, { system, type, key, name }] of after.entries()) {
    const old = before[i];
    if (old?.system !== system || old.type !== type || old.key !== key || old.name !== name) return false;
  }
  return true;
}
