import { changesInStep } from '../rules/in-step.ts';
import type { Declaration } from '../systems/declaration.ts';

/**
 * The identity of each declaration of both texts. Those of one system, type and key are the same thing; what is then left over
 * of one system and type is taken in order as renamed.
 */
export function identities(before: readonly Declaration[], after: readonly Declaration[]): (declaration: Declaration) => string {
  const kindOf = ({ system, type }: Declaration): string => `${system} ${type}`;
  const keyOf = (declaration: Declaration): string => `${kindOf(declaration)} ${declaration.key}`;
  // What keeps its name is itself.
  if (changesInStep(before, after) !== undefined) return keyOf;
  const there = new Set(before.map(keyOf));
  const here = new Set(after.map(keyOf));
  const added = new Map<string, Declaration[]>();
  for (const declaration of after) {
    if (there.has(keyOf(declaration))) continue;
    const kind = kindOf(declaration);
    const list = added.get(kind);
    if (list === undefined) added.set(kind, [declaration]);
    else list.push(declaration);
  }
  const known = new Map<Declaration, string>();
  for (const declaration of before) {
    const key = keyOf(declaration);
    const renamed = here.has(key) ? undefined : added.get(kindOf(declaration))?.shift();
    known.set(declaration, renamed === undefined ? key : keyOf(renamed));
  }
  return (declaration) => known.get(declaration) ?? keyOf(declaration);
}
