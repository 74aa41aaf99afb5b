import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';

/** The values of a Helm chart, known by the name of their file. */
export const helmValues: System = {
  id: 'helm-values',
  declarations: (tree, path) =>
    /(^|\/)([^/]*[-_.])?values([-_.][^/]*)?\.(ya?ml|json)$/i.test(path)
      ? tree.documents
          .filter(isValues)
          .map((node, i) => ({ system: 'helm-values', type: 'values', key: i === 0 ? 'values' : `values#${i + 1}`, name: 'values', node }))
      : [],
};

function isValues(root: TreeNode): boolean {
  return root.type === 'object' && (member(root, 'apiVersion') === undefined || member(root, 'kind') === undefined);
}
