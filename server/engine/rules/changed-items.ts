import { membersOf, type TreeNode } from '../read/tree.ts';
import type { Change } from './change.ts';
import { below, exactly, type Hit, itemOf, keyed, parsePath, type Step } from './path.ts';

/**
 * The items that a path leads to in the changed part of a body, in the order in which `select` finds them. What is left out says the
 * same on both sides and goes by the same way and name: pairing would pair it with itself. Undefined where the path is told by words.
 */
export function itemsInChange(text: string, body: TreeNode, change: Change): readonly Hit[] | undefined {
  const path = parsePath(text);
  if ('problem' in path || path.ways.some((steps) => steps.some(({ kind }) => kind === 'word'))) return undefined;
  const start: Found = { hit: { node: body, key: undefined, keyNode: undefined, trail: '' }, change };
  const [first = [], ...others] = path.ways.map((steps) => follow(steps, start));
  const seen = new Set<TreeNode>();
  const found = others.length === 0 ? first : [first, ...others].flat().filter(({ hit }) => !seen.has(hit.node) && seen.add(hit.node));
  return found.flatMap(opened).map(({ hit }) => hit);
}

/** `change` is undefined where all of it counts. */
type Found = { readonly hit: Hit; readonly change: Change | undefined };

function follow(steps: readonly Step[], start: Found): readonly Found[] {
  let found: readonly Found[] = [start];
  let fromStart = true;
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'deep') {
      found = everyObjectBelow(found);
      continue;
    }
    if (step.kind === 'word') return [];
    found = found.flatMap(opened).flatMap((at) => membersAt(at, step));
    // As `select` has it: what is found anywhere comes in the order of the text, where it goes by several names.
    if (fromStart && steps[index - 1]?.kind === 'deep' && step.exact?.length !== 1)
      found = found.toSorted((a, b) => a.hit.node.offset - b.hit.node.offset);
    fromStart = false;
  }
  return found;
}

function membersAt({ hit, change }: Found, { exact, test }: Step & { readonly kind: 'key' }): readonly Found[] {
  if (hit.node.type !== 'object') return [];
  const changed = change?.kind === 'members' ? change.of : undefined;
  const counts = (key: string): boolean => changed === undefined || changed.has(key);
  const hits =
    exact === undefined ? keyed(hit, (key) => counts(key) && test(key)) : exact.flatMap((key) => (counts(key) ? exactly(hit, key) : []));
  return hits.map((each) => ({ hit: each, change: changed?.get(each.key ?? '') }));
}

/** Lists opened, however deep, without the items that the edit kept. */
function opened({ hit, change }: Found): readonly Found[] {
  if (hit.node.type !== 'array') return [{ hit, change }];
  const children = hit.node.children ?? [];
  if (change?.kind === 'items') {
    return [...change.of].flatMap(([i, item]) => {
      const node = children[i];
      return node === undefined ? [] : opened({ hit: itemOf(hit, node), change: item });
    });
  }
  const { start, end } = (change?.kind === 'whole' ? change.kept : undefined) ?? { start: 0, end: 0 };
  return children.slice(start, children.length - end).flatMap((node) => opened({ hit: itemOf(hit, node), change: undefined }));
}

function everyObjectBelow(found: readonly Found[]): readonly Found[] {
  const all: Found[] = [];
  const seen = new Set<TreeNode>();
  const visit = (each: Found): void => {
    for (const at of opened(each)) {
      const { node } = at.hit;
      if (node.type !== 'object' || seen.has(node)) continue;
      seen.add(node);
      all.push(at);
      const changed = at.change?.kind === 'members' ? at.change.of : undefined;
      for (const { key, keyNode, value } of membersOf(node)) {
        if (value.children === undefined || (changed !== undefined && !changed.has(key))) continue;
        visit({ hit: below(at.hit, key, keyNode, value), change: changed?.get(key) });
      }
    }
  };
  for (const each of found) visit(each);
  return all;
}
