import { membersOf, type TreeNode } from '../read/tree.ts';
import type { Change } from './change.ts';
import { below, exactly, type Hit, itemOf, keyed, nameOf, parsePath, type Step } from './path.ts';

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
  return found.flatMap((each) => opened(each, 'last')).map(({ hit }) => hit);
}

/**
 * `change` is undefined where all of it counts. `renamed`: on the way stands a changed item without a name, so that the ways to what
 * it keeps differ as well. Only items of a list that go by their content pair up with their like then.
 */
type Found = { readonly hit: Hit; readonly change: Change | undefined; readonly renamed?: boolean };

function follow(steps: readonly Step[], start: Found): readonly Found[] {
  let found: readonly Found[] = [start];
  let fromStart = true;
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'deep') {
      found = everyObjectBelow(found);
      continue;
    }
    if (step.kind === 'word') return [];
    found = found.flatMap((each) => opened(each, 'on the way')).flatMap((at) => membersAt(at, step));
    // As `select` has it: what is found anywhere comes in the order of the text, where it goes by several names.
    if (fromStart && steps[index - 1]?.kind === 'deep' && step.exact?.length !== 1)
      found = found.toSorted((a, b) => a.hit.node.offset - b.hit.node.offset);
    fromStart = false;
  }
  return found;
}

function membersAt({ hit, change, renamed = false }: Found, { exact, test }: Step & { readonly kind: 'key' }): readonly Found[] {
  if (hit.node.type !== 'object') return [];
  const changed = change?.kind === 'members' ? change.of : undefined;
  const counts = (key: string): boolean => renamed || changed === undefined || changed.has(key);
  const hits =
    exact === undefined ? keyed(hit, (key) => counts(key) && test(key)) : exact.flatMap((key) => (counts(key) ? exactly(hit, key) : []));
  return hits.map((each) => ({ hit: each, change: changed?.get(each.key ?? ''), renamed }));
}

/** Lists opened, however deep, without the items that the edit kept. */
function opened({ hit, change, renamed = false }: Found, where: 'on the way' | 'last'): readonly Found[] {
  if (hit.node.type !== 'array') return [{ hit, change, renamed }];
  const children = hit.node.children ?? [];
  const changeAt = (i: number): Change | undefined => {
    if (change?.kind === 'items') return change.of.get(i);
    return change?.kind === 'whole' && i === change.kept?.start ? change.one : undefined;
  };
  const { start, end } = (change?.kind === 'whole' ? change.kept : undefined) ?? { start: 0, end: 0 };
  return children.flatMap((node, i) => {
    const isKept = change?.kind === 'items' ? !change.of.has(i) : i < start || i >= children.length - end;
    if (isKept && (!renamed || (where === 'last' && node.type !== 'array' && nameOf(node) === undefined))) return [];
    const now = changeAt(i);
    return opened({ hit: itemOf(hit, node), change: now, renamed: renamed || (now !== undefined && change?.kind === 'whole') }, where);
  });
}

function everyObjectBelow(found: readonly Found[]): readonly Found[] {
  const all: Found[] = [];
  const seen = new Set<TreeNode>();
  const visit = (each: Found): void => {
    for (const at of opened({ ...each, change: each.renamed === true ? undefined : each.change }, 'on the way')) {
      const { node } = at.hit;
      if (node.type !== 'object' || seen.has(node)) continue;
      seen.add(node);
      all.push(at);
      const changed = at.change?.kind === 'members' && at.renamed !== true ? at.change.of : undefined;
      for (const { key, keyNode, value } of membersOf(node)) {
        if (value.children === undefined || (changed !== undefined && !changed.has(key))) continue;
        visit({ hit: below(at.hit, key, keyNode, value), change: changed?.get(key), renamed: at.renamed === true });
      }
    }
  };
  for (const each of found) visit(each);
  return all;
}
