import { type Member, membersOf, type TreeNode } from '../read/tree.ts';
import { madeMember, madeObject } from './nodes.ts';

/** `a.b.c: x` as `a: {b: {c: x}}`, at every level, so that one path finds both ways of writing it. Each node keeps its place. */
export function undotted(node: TreeNode, depth = 0): TreeNode {
  if (node.type !== 'object' || depth > 100) return node;
  return nest(
    membersOf(node).map(({ key, keyNode, value }) => ({ keyNode, value, steps: key.split('.').slice(0, 50) })),
    node,
    depth,
  );
}

type Stepped = Pick<Member, 'keyNode' | 'value'> & { readonly steps: readonly string[] };

function nest(members: readonly Stepped[], at: TreeNode, depth: number): TreeNode {
  const groups = new Map<string, Stepped[]>();
  for (const each of members) {
    const [step = ''] = each.steps;
    const inner = membersOf(each.value);
    // An object under a plain key joins what dotted keys say of the same.
    const rest: Stepped[] =
      each.steps.length === 1 && each.value.type === 'object' && inner.length > 0
        ? inner.map(({ key, keyNode, value }) => ({ keyNode, value, steps: [step, ...key.split('.').slice(0, 50)] }))
        : [each];
    groups.set(step, [...(groups.get(step) ?? []), ...rest]);
  }
  const properties = [...groups].flatMap(([step, group]) => {
    const deeper = group.filter((each) => each.steps.length > 1);
    const direct = group.filter((each) => each.steps.length === 1);
    const [first] = deeper;
    const own = direct.map(({ keyNode, value }) => madeMember(step, value, keyNode));
    if (first === undefined) return own;
    const inside = depth > 100 ? [] : deeper.map((each) => ({ ...each, steps: each.steps.slice(1) }));
    return [...own, madeMember(step, nest(inside, first.value, depth + 1), first.keyNode)];
  });
  return madeObject(properties, at);
}
