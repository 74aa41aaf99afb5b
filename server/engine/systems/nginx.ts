import { editMemory } from '../edit-memory.ts';
import type { TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

const file = wholeFile('nginx', 'nginx');

/** A file of nginx configuration; see read/nginx.ts, and nginx-order.ts for `passedBy`. */
export const nginx: System = {
  id: file.id,
  declarations: (tree, path) =>
    file
      .declarations(tree, path)
      .map((declaration) => (GUARDS.test(tree.text) ? { ...declaration, node: ordered(declaration.node) } : declaration)),
};

/** Without a guard nothing can be passed by. */
const GUARDS = /\b(?:deny|internal|auth_\w+)\b/;

function ordered(node: TreeNode): TreeNode {
  const known = asked.get(node);
  if (known !== undefined) return known;
  const { withOrder }: typeof import('./nginx-order.ts') = require('./nginx-order.ts');
  const made = withOrder(node);
  asked.set(node, made);
  return made;
}

const asked = editMemory<TreeNode, TreeNode>();
