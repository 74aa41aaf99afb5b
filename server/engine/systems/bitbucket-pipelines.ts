import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { has } from './nodes.ts';
import { firstText, pipelineDeclarations } from './pipeline-parts.ts';

/** A pipeline of Bitbucket: see pipeline-parts.ts. */
export const bitbucketPipelines: System = {
  id: 'bitbucket-pipelines',
  declarations: (tree, path) =>
    tree.documents.filter((root) => isPipeline(root, path)).flatMap((root, i) => pipelineDeclarations(root, WORDS, i)),
};

function isPipeline(root: TreeNode, path: string): boolean {
  const pipelines = member(root, 'pipelines');
  if (pipelines?.type !== 'object') return false;
  if (/(^|[/\\])bitbucket-pipelines[^/\\]*\.ya?ml$/i.test(path)) return true;
  return ['default', 'branches', 'custom', 'pull-requests', 'tags'].some((key) => has(pipelines, key)) && !has(root, 'service');
}

/** `- step: {name: Build}` and `- stage: {name: Deploy}` are called by the name inside. */
function nameOf(item: TreeNode): string | undefined {
  const inner = member(item, 'step') ?? member(item, 'stage');
  return firstText(inner ?? item, ['name', 'pipe']);
}

const WORDS = {
  system: 'bitbucket-pipelines',
  scripts: new Set(['script', 'after-script']),
  images: new Set(['image']),
  nameOf,
} as const;
