import { membersOf, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { has } from './nodes.ts';
import { firstText, pipelineDeclarations } from './pipeline-parts.ts';

/** A pipeline of CircleCI: see pipeline-parts.ts. An item such as `- deploy: {context: prod}` is called by its key. */
export const circleci: System = {
  id: 'circleci',
  declarations: (tree, path) =>
    tree.documents.filter((root) => isPipeline(root, path)).flatMap((root, i) => pipelineDeclarations(root, WORDS, i)),
};

function isPipeline(root: TreeNode, path: string): boolean {
  if (root.type !== 'object') return false;
  if (/(^|[/\\])\.circleci[/\\].*\.ya?ml$/i.test(path)) return true;
  return has(root, 'jobs') && has(root, 'workflows') && (has(root, 'version') || has(root, 'orbs'));
}

function nameOf(item: TreeNode): string | undefined {
  const [only, ...others] = membersOf(item);
  if (only === undefined || others.length > 0) return firstText(item, ['name', 'image']);
  return only.value.type === 'object' ? (firstText(only.value, ['name']) ?? only.key) : only.key;
}

const WORDS = { system: 'circleci', scripts: new Set(['run', 'command']), images: new Set(['image']), nameOf } as const;
