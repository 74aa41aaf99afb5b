import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { has, itemsOf } from './nodes.ts';
import { firstText, pipelineDeclarations } from './pipeline-parts.ts';
import { textAt } from './text-of.ts';

/** Pipelines of Drone and its offspring Woodpecker: see pipeline-parts.ts. */
export const drone: System = {
  id: 'drone',
  declarations: (tree, path) =>
    tree.documents.filter((root) => isPipeline(root, path)).flatMap((root, i) => pipelineDeclarations(root, WORDS, i)),
};

function isPipeline(root: TreeNode, path: string): boolean {
  if (root.type !== 'object' || has(root, 'apiVersion')) return false;
  const steps = member(root, 'steps') ?? member(root, 'pipeline');
  if (/(^|[/\\])\.?(drone|woodpecker)([/\\].*|[^/\\]*)\.ya?ml$/i.test(path)) return steps !== undefined;
  if (textAt(root, 'kind') === 'pipeline' && has(root, 'steps')) return true;
  // Woodpecker's steps may be a map by name.
  const all = steps?.type === 'object' ? (steps.children ?? []).flatMap(({ children }) => children?.[1] ?? []) : itemsOf(steps);
  return (
    all.length > 0 &&
    !has(root, 'on') &&
    !has(root, 'jobs') &&
    all.every((step) => has(step, 'image') && (has(step, 'commands') || has(step, 'settings')))
  );
}

const WORDS = {
  system: 'drone',
  scripts: new Set(['commands']),
  images: new Set(['image']),
  nameOf: (item: TreeNode) => firstText(item, ['name', 'image']),
} as const;
