import { changeOfBody } from '../rules/change.ts';
import { changesInStep } from '../rules/in-step.ts';
import type { Declaration } from '../systems/declaration.ts';

/** The declaration of the other text that has the same name and says the same; undefined for one that was changed, added or removed. */
export type TwinOf = (declaration: Declaration) => Declaration | undefined;

/** Finds the declarations that an edit left as they are. */
export function twins(before: readonly Declaration[], after: readonly Declaration[]): TwinOf {
  const changes = changesInStep(before, after);
  if (changes !== undefined) return twinsInStep(before, after, changes);
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

/** Nothing is looked up before it is asked for: often nothing of a file has to do with access. */
function twinsInStep(before: readonly Declaration[], after: readonly Declaration[], changes: readonly unknown[]): TwinOf {
  let twin: ReadonlyMap<Declaration, Declaration> | undefined;
  const found = (): ReadonlyMap<Declaration, Declaration> => {
    const all = new Map<Declaration, Declaration>();
    for (const [i, each] of after.entries()) {
      const other = before[i];
      if (other === undefined || changes[i] !== undefined) continue;
      all.set(each, other);
      all.set(other, each);
    }
    return all;
  };
  return (declaration) => (twin ??= found()).get(declaration);
}

function nameOf({ system, type, key }: Declaration): string {
  return `${system} ${type} ${key}`;
}
