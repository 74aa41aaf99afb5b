import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, textAt } from './text-of.ts';

/** What may raise a dependency by itself: `dependabot` and `renovate`, also inside package.json. */
export const dependencyBot: System = {
  id: 'dependency-bot',
  declarations: (tree, path) =>
    tree.documents.flatMap((root): readonly Declaration[] => {
      if (isDependabot(root, path)) return [declaration('dependabot', root)];
      const inPackage = /(^|\/)package\.json$/.test(path) ? member(root, 'renovate') : undefined;
      if (inPackage?.type === 'object') return [declaration('renovate', inPackage)];
      return isRenovate(root, path) ? [declaration('renovate', root)] : [];
    }),
};

function declaration(type: string, node: TreeNode): Declaration {
  return { system: 'dependency-bot', type, key: type, name: type === 'renovate' ? 'Renovate' : 'Dependabot', node };
}

function isDependabot(root: TreeNode, path: string): boolean {
  if (/(^|\/)\.github\/dependabot\.ya?ml$/.test(path)) return root.type === 'object';
  return itemsOf(member(root, 'updates')).some((each) => member(each, 'package-ecosystem') !== undefined);
}

function isRenovate(root: TreeNode, path: string): boolean {
  if (/(^|\/)\.?renovate(rc)?(\.json[c5]?|\.ya?ml)?$/.test(path)) return root.type === 'object';
  return (
    /renovate-schema/.test(textAt(root, '$schema') ?? '') ||
    itemsOf(member(root, 'extends')).some(
      (each) => /^(config:|:\w|github>.*renovate)/.test(String(each.value ?? '')) && member(root, 'packageRules') !== undefined,
    )
  );
}
