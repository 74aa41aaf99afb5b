import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { rewrite, withReferences } from './rewrite.ts';
import { itemsOf, numbered, textAt } from './text-of.ts';

/** Resources of a Deployment Manager configuration or template. `$(ref.x.y)` is unresolved. */
export const gcpDeploymentManager: System = {
  id: 'gcp-deployment-manager',
  words: ['resources'],
  declarations: (tree) =>
    tree.documents.flatMap((root): readonly Declaration[] => {
      const unique = numbered();
      const items = itemsOf(member(root, 'resources')).filter((each) => each.type === 'object');
      if (!items.some((item) => isResourceType(typeOf(item)))) return [];
      return items.map((item): Declaration => {
        const name = textAt(item, 'name') ?? '';
        const type = typeOf(item) ?? '';
        const node = tree.text.includes('$(') ? rewrite(item, withReferences(/\$\(/)) : item;
        return { system: 'gcp-deployment-manager', type, key: unique(name), name, node };
      });
    }),
};

function typeOf(node: TreeNode): string | undefined {
  return textAt(node, 'type') ?? textAt(node, 'action');
}

/** `compute.v1.instance`, `gcp-types/compute-v1:instances`, or a template of the deployment. */
function isResourceType(type: string | undefined): boolean {
  return type !== undefined && /^[a-z][\w-]*(\.[\w-]+)*\.(v\d\w*|alpha|beta)\.[\w.]+$|^gcp-types\/|\.(jinja|py)$/.test(type);
}
