import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { textAt } from './text-of.ts';

/** A workflow: the whole of it (`workflow`) and each of its jobs (`job`). An action's own file is an `action`. `${{ … }}` stays as it is written. */
export const githubActions: System = {
  id: 'github-actions',
  declarations: (tree, path) =>
    tree.documents.flatMap((root): readonly Declaration[] => {
      if (isWorkflow(root, path)) return workflowDeclarations(root);
      return isAction(root, path)
        ? [{ system: 'github-actions', type: 'action', key: 'action', name: textAt(root, 'name') ?? 'action', node: root }]
        : [];
    }),
};

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
  ];
}
