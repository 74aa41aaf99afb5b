import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { has, itemsOf, mapTexts } from './nodes.ts';
import { firstText, pipelineDeclarations } from './pipeline-parts.ts';

/** A pipeline of Azure DevOps, or a template of one: see pipeline-parts.ts. `${{ … }}` stays as it is written, for what it names is what rules ask for. */
export const azurePipelines: System = {
  id: 'azure-pipelines',
  declarations: (tree, path) =>
    tree.documents
      .filter((root) => isPipeline(root, path))
      .flatMap((root, i) => pipelineDeclarations(mapTexts(root, writtenOut), WORDS, i)),
};

function writtenOut(text: TreeNode): TreeNode {
  return text.unresolved === true && String(text.value).includes('${{') ? { ...text, unresolved: false } : text;
}

function isPipeline(root: TreeNode, path: string): boolean {
  if (root.type !== 'object' || has(root, 'apiVersion')) return false;
  const parts = [
    [root, 'stages', ['stage', 'template']],
    [root, 'jobs', ['job', 'deployment', 'template']],
    [root, 'steps', ['task', 'script', 'bash', 'pwsh', 'powershell', 'checkout', 'template']],
    [member(root, 'extends'), 'template', []],
  ] as const;
  const byName = /(^|[/\\.-])azure-pipelines?[^/\\]*\.ya?ml$|(^|[/\\])\.(azure-pipelines|azuredevops|ado)[/\\].*\.ya?ml$/i.test(path);
  if (byName) return ['stages', 'jobs', 'steps', 'extends', 'trigger', 'pr', 'pool', 'variables'].some((key) => has(root, key));
  return parts.some(([at, key, words]) => itemsOf(member(at, key)).some((item) => words.some((word) => has(item, word))));
}

const WORDS = {
  system: 'azure-pipelines',
  scripts: new Set(['script', 'bash', 'pwsh', 'powershell', 'inlineScript', 'InlineScript', 'Inline', 'arguments', 'customCommand']),
  images: new Set(['image', 'container']),
  nameOf: (item: TreeNode) =>
    firstText(item, [
      'stage',
      'job',
      'deployment',
      'repository',
      'name',
      'displayName',
      'group',
      'task',
      'template',
      'checkout',
      'download',
    ]),
} as const;
