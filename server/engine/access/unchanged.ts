import { changeOfBody } from '../rules/change.ts';
import type { Declaration } from '../systems/declaration.ts';

/** The declaration of the other text that has the same name and says the same; undefined for one that was changed, added or removed. */
export type TwinOf = (declaration: Declaration) => Declaration | undefined;

/** Finds the declarations that an edit left as they are. */
export function twins(before: readonly Declaration[], after: readonly Declaration[]): TwinOf {
  const waiting = new Map<string, Declaration[]>();
  for (const each of before) {
    const queue = waiting.get(nameOf(each));
    if (queue === undefined) waiting.set(nameOf(each), [each]);
    else queue.push(each);
  }
  for (const queue of waiting.values()) if (queue.length > 1) queue.reverse();
  const twin = new Map<Declaration, Declaration>();
  for (const each of after) {
    const other = waiting.get(nameOf(each))?.pop();
    if (other === undefined || changeOfBody(other.node, each.node) !== undefined) continue;
    twin.set(each, other);
    twin.set(other, each);
  }
  return (declaration) => twin.get(declaration);
}

function nameOf({ system, type, key }: Declaration): string {
  return `${system} ${type} ${key}`;
}
