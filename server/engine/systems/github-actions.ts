import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { usesOf } from './action-uses.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, mapTexts } from './nodes.ts';
import { checksDeclared } from './pipeline-parts.ts';
import { textAt } from './text-of.ts';

/** A workflow: the whole of it (`workflow`) and each of its jobs (`job`). An action's own file is an `action`. What they take from others: see action-uses.ts. `${{ … }}` stays as it is written, and counts as written out: what it names is what the rules ask for. */
export const githubActions: System = {
  id: 'github-actions',
  declarations: (tree, path) =>
    tree.documents.flatMap((document): readonly Declaration[] => {
      if (!isWorkflow(document, path) && !isAction(document, path)) return [];
      const root = tree.text.includes('${{') ? mapTexts(document, writtenOut) : document;
      if (isWorkflow(root, path)) return [...workflowDeclarations(root), ...usesOf(root)];
      return [
        { system: 'github-actions', type: 'action', key: 'action', name: textAt(root, 'name') ?? 'action', node: root },
        ...usesOf(root),
      ];
    }),
};

function writtenOut(text: TreeNode): TreeNode {
  return text.unresolved === true && String(text.value).includes('${{') ? { ...text, unresolved: false } : text;
}

/** By its place; elsewhere by jobs that say where they run or what they call, and a trigger. */
function isWorkflow(root: TreeNode, path: string): boolean {
  const jobs = membersOf(member(root, 'jobs'));
  if (/(^|\/)\.(github|gitea|forgejo)\/workflows\/[^/]+$/.test(path)) return root.type === 'object' && !isAction(root, path);
  const runs = jobs.some(({ value }) => JOB_KEYS.some((key) => member(value, key) !== undefined));
  return runs && (member(root, 'on') !== undefined || member(root, 'true') !== undefined || member(root, 'permissions') !== undefined);
}

const JOB_KEYS = ['runs-on', 'steps', 'uses'];

function isAction(root: TreeNode, path: string): boolean {
  const using = member(member(root, 'runs'), 'using');
  return using !== undefined || (/(^|\/)action\.ya?ml$/.test(path) && member(root, 'runs') !== undefined);
}

function scriptsOf(job: TreeNode): readonly TreeNode[] {
  return itemsOf(member(job, 'steps')).flatMap((step) => {
    const run = member(step, 'run');
    return run?.type === 'string' ? [run] : [];
  });
}

function workflowDeclarations(root: TreeNode): readonly Declaration[] {
  const whole: Declaration = {
    system: 'github-actions',
    type: 'workflow',
    key: 'workflow',
    name: textAt(root, 'name') ?? 'workflow',
    node: root,
  };
  const jobs = membersOf(member(root, 'jobs')).filter(({ value }) => value.type === 'object');
  return [
    whole,
    ...jobs.map(({ key, value }): Declaration => ({ system: 'github-actions', type: 'job', key: `job/${key}`, name: key, node: value })),
    ...checksDeclared(
      'github-actions',
      jobs.flatMap(({ value }) => scriptsOf(value)),
      root,
    ),
  ];
}
