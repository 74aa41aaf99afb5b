import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { itemsOf, madeMember, madeObject, madeText } from './nodes.ts';
import { wholeFile } from './whole-file.ts';

const file = wholeFile('dockerfile', 'dockerfile');

/**
 * A Dockerfile; see read/dockerfile.ts for its `stage` and `instruction`. `runsAs` is the user of the last `USER` of the last stage, and
 * "root" where that has none: however long the file, a rule need not go through it.
 */
export const dockerfile: System = {
  id: file.id,
  declarations: (tree, path) => file.declarations(tree, path).map((declaration) => ({ ...declaration, node: withUser(declaration.node) })),
};

function withUser(node: TreeNode): TreeNode {
  const known = asked.get(node);
  if (known !== undefined) return known;
  const made = madeObject([...(node.children ?? []), ...userOf(node)], node);
  asked.set(node, made);
  return made;
}

/** The same tree has the same declaration: what is remembered of it counts for everybody. */
const asked = new WeakMap<TreeNode, TreeNode>();

function userOf(node: TreeNode): readonly TreeNode[] {
  const stage = itemsOf(member(node, 'stage')).at(-1);
  if (stage === undefined) return [];
  const last = itemsOf(member(stage, 'instruction')).findLast((each) => member(each, 'keyword')?.value === 'USER');
  if (last === undefined) return [madeMember('runsAs', madeText('root', member(stage, 'from') ?? stage))];
  return [madeMember('runsAs', member(last, 'user') ?? madeText('', last))];
}
