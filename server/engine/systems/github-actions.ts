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
      const root = tree.text.includes('${{') ? withVariables(mapTexts(document, writtenOut), tree.text) : document;
      if (isWorkflow(root, path)) return [...workflowDeclarations(root), ...usesOf(root)];
      return [
        { system: 'github-actions', type: 'action', key: 'action', name: textAt(root, 'name') ?? 'action', node: root },
        ...usesOf(root),
      ];
    }),
};

function writtenOut(text: TreeNode): TreeNode {
  const value = String(text.value);
  if (!value.includes('${{')) return text;
  // `github . event` is `github.event`.
  const told = /\w\s+\.\s*\w|\w\.\s+\w/.test(value)
    ? value.replace(/\$\{\{[^}]*\}\}/g, (expression) => expression.replace(/(\w)\s*\.\s*(?=\w)/g, '$1.'))
    : value;
  return text.unresolved === true || told !== value ? { ...text, value: told, unresolved: false } : text;
}

/** `${{ env.T }}` in what is run is what the file says of `T`, where that takes up what others write. */
function withVariables(root: TreeNode, text: string): TreeNode {
  if (!/\$\{\{\s*env\s*[.[]/.test(text)) return root;
  const taken = new Map<string, string>();
  const visit = (node: TreeNode): void => {
    for (const { key, value } of membersOf(node)) {
      if (key === 'env') {
        for (const one of membersOf(value))
          if (/\$\{\{[^}]*\bgithub\s*[.[]/i.test(String(one.value.value))) taken.set(one.key.toLowerCase(), String(one.value.value));
      }
      visit(value);
    }
    if (node.type === 'array') node.children?.forEach(visit);
  };
  visit(root);
  if (taken.size === 0) return root;
  return mapTexts(root, (node) => {
    const value = String(node.value);
    const put = value.replace(/\$\{\{\s*env\.([\w-]+)\s*\}\}/gi, (whole, name: string) => taken.get(name.toLowerCase()) ?? whole);
    return put === value ? node : { ...node, value: put };
  });
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
