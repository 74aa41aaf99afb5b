import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, numbered, textAt } from './text-of.ts';

const PROTECTION = [
  'required_pull_request_reviews',
  'required_status_checks',
  'enforce_admins',
  'allow_force_pushes',
  'allow_deletions',
  'restrictions',
];

/** How a repository is governed: `settings` (the settings app), `branch-protection` for each branch, `ruleset`. */
export const githubSettings: System = {
  id: 'github-settings',
  words: [...PROTECTION, 'enforcement', 'branches', 'repository', 'rulesets'],
  declarations: (tree, path) => {
    const unique = numbered();
    return tree.documents
      .flatMap((root) => (root.type === 'array' ? itemsOf(root) : [root]))
      .flatMap((root) => declarationsIn(root, path, unique));
  },
};

function declarationsIn(root: TreeNode, path: string, unique: (key: string) => string): readonly Declaration[] {
  const made = (type: string, name: string, node: TreeNode): Declaration => ({
    system: 'github-settings',
    type,
    key: unique(`${type}/${name}`),
    name,
    node,
  });
  if (root.type !== 'object' || member(root, 'apiVersion') !== undefined) return [];
  if (isRuleset(root)) return [made('ruleset', textAt(root, 'name') ?? 'ruleset', root)];
  if (isProtection(root)) return [made('branch-protection', textAt(root, 'name') ?? textAt(root, 'pattern') ?? 'branch', root)];
  const branches = itemsOf(member(root, 'branches')).filter((each) => member(each, 'protection') !== undefined);
  const isSettings =
    /(^|\/)(\.github\/)?(settings|repo-settings|safe-settings)\.ya?ml$/.test(path) ||
    /(^|\/)\.github\/(repos|suborgs)\//.test(path) ||
    branches.length > 0;
  if (!isSettings || (member(root, 'repository') === undefined && branches.length === 0 && member(root, 'rulesets') === undefined))
    return [];
  return [
    made('settings', 'settings', root),
    ...branches.map((each) => made('branch-protection', textAt(each, 'name') ?? 'branch', member(each, 'protection') ?? each)),
    ...itemsOf(member(root, 'rulesets')).map((each) => made('ruleset', textAt(each, 'name') ?? 'ruleset', each)),
  ];
}

function isRuleset(node: TreeNode): boolean {
  return member(node, 'enforcement') !== undefined && (member(node, 'rules')?.type === 'array' || member(node, 'target') !== undefined);
}

function isProtection(node: TreeNode): boolean {
  return PROTECTION.filter((word) => member(node, word) !== undefined).length >= 2;
}
