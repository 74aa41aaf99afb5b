import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { firstText, pipelineDeclarations } from './pipeline-parts.ts';
import { textAt } from './text-of.ts';

/** Tasks and pipelines of Tekton, beside the objects of Kubernetes that they are: see pipeline-parts.ts. */
export const tekton: System = {
  id: 'tekton',
  words: ['apiVersion'],
  declarations: (tree) =>
    tree.documents
      .filter((root) => textAt(root, 'apiVersion')?.startsWith('tekton.dev/') === true)
      .flatMap((root, i) => {
        const spec = member(root, 'spec');
        return spec === undefined ? [] : pipelineDeclarations(spec, WORDS, i);
      }),
};

const WORDS = {
  system: 'tekton',
  scripts: new Set(['script', 'args', 'command']),
  images: new Set(['image']),
  nameOf: (item: TreeNode) => firstText(item, ['name', 'image']),
} as const;
