import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, textAt } from './text-of.ts';

/** What `gcloud` reads and writes: an allow policy (`policy`), a custom role (`role`), a deny policy (`deny-policy`), an organization policy (`org-policy`). */
export const gcpPolicy: System = {
  id: 'gcp-policy',
  words: ['bindings', 'policy', 'includedPermissions', 'rules', 'constraint', 'spec'],
  declarations: (tree) =>
    tree.documents.flatMap((root): readonly Declaration[] =>
      (root.type === 'array' ? itemsOf(root) : [root]).flatMap((node) => {
        const type = typeOf(node);
        if (type === undefined) return [];
        const name = textAt(node, 'name') ?? textAt(node, 'title') ?? textAt(node, 'constraint') ?? type;
        return [{ system: 'gcp-policy', type, key: name, name, node }];
      }),
    ),
};

function typeOf(node: TreeNode): string | undefined {
  if (node.type !== 'object' || member(node, 'apiVersion') !== undefined) return undefined;
  const bindings = member(node, 'bindings') ?? member(member(node, 'policy'), 'bindings');
  if (itemsOf(bindings).some((each) => member(each, 'role') !== undefined)) return 'policy';
  if (bindings?.type === 'array' && bindings.children?.length === 0 && member(node, 'etag') !== undefined) return 'policy';
  if (member(node, 'includedPermissions') !== undefined) return 'role';
  if (itemsOf(member(node, 'rules')).some((each) => member(each, 'denyRule') !== undefined)) return 'deny-policy';
  const constraint = textAt(node, 'constraint') ?? '';
  if (/^(constraints\/)?(custom\.)?[\w]+\.[\w.]+$/.test(constraint)) return 'org-policy';
  const name = textAt(node, 'name') ?? '';
  return member(node, 'spec') !== undefined && /^(projects|folders|organizations)\/[^/]+\/policies\//.test(name) ? 'org-policy' : undefined;
}
