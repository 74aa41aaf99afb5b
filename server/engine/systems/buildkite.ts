import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { has, itemsOf } from './nodes.ts';
import { firstText, pipelineDeclarations } from './pipeline-parts.ts';

/** A pipeline of Buildkite: see pipeline-parts.ts. An item such as `- docker#v5.9.0: {image: node}` is called by its key, without the version. */
export const buildkite: System = {
  id: 'buildkite',
  declarations: (tree, path) =>
    tree.documents.filter((root) => isPipeline(root, path)).flatMap((root, i) => pipelineDeclarations(root, WORDS, i)),
};

function isPipeline(root: TreeNode, path: string): boolean {
  const steps = member(root, 'steps');
  if (steps?.type !== 'array' || has(root, 'on') || has(root, 'jobs')) return false;
  if (/(^|[/\\])\.?buildkite([/\\].*)?\.ya?ml$/i.test(path)) return true;
  return itemsOf(steps).some(
    (step) =>
      has(step, 'block') ||
      ((has(step, 'command') || has(step, 'commands')) && ['label', 'plugins', 'agents'].some((key) => has(step, key))),
  );
}

function nameOf(item: TreeNode): string | undefined {
  const [only, ...others] = membersOf(item);
  if (only !== undefined && others.length === 0 && only.key.includes('#')) return only.key.replace(/#.*/, '');
  return firstText(item, ['key', 'id', 'label', 'name', 'block', 'input', 'group', 'trigger']);
}

const WORDS = { system: 'buildkite', scripts: new Set(['command', 'commands']), images: new Set(['image']), nameOf } as const;
