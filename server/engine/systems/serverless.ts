import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { templateDeclarations } from './cloudformation.ts';
import type { Declaration, System } from './declaration.ts';
import { rewrite, withReferences } from './rewrite.ts';
import { textAt } from './text-of.ts';

/**
 * The Serverless Framework: the whole (`service`), its `provider` and each `function`. What stands below `resources` is
 * CloudFormation and declared as such. `${…}` is unresolved.
 */
export const serverless: System = {
  id: 'serverless',
  declarations: (tree, path) =>
    tree.documents
      .filter((root) => isService(root, path))
      .flatMap((root): readonly Declaration[] => {
        const node = tree.text.includes('${') ? rewrite(root, withReferences(/\$\{/)) : root;
        const provider = member(node, 'provider');
        return [
          { system: 'serverless', type: 'service', key: 'service', name: textAt(root, 'service') ?? 'service', node },
          ...(provider?.type === 'object'
            ? [
                {
                  system: 'serverless',
                  type: 'provider',
                  key: 'provider',
                  name: textAt(provider, 'name') ?? 'provider',
                  node: provider,
                } as const,
              ]
            : []),
          ...listed(member(node, 'functions')).map(
            ({ key, value }): Declaration => ({ system: 'serverless', type: 'function', key: `function/${key}`, name: key, node: value }),
          ),
          ...templatesIn(member(node, 'resources')).flatMap((template) => templateDeclarations(template, tree)),
        ];
      }),
};

function isService(root: TreeNode, path: string): boolean {
  const provider = member(root, 'provider');
  if (/(^|\/)serverless(\.[^/]*)?\.(ya?ml|json)$/.test(path))
    return root.type === 'object' && (provider !== undefined || member(root, 'functions') !== undefined);
  return (
    member(root, 'service') !== undefined &&
    (member(provider, 'name') !== undefined || (member(root, 'functions') !== undefined && provider !== undefined))
  );
}

/** An object by name, or a list of such objects. */
function listed(node: TreeNode | undefined): ReturnType<typeof membersOf> {
  const all = node?.type === 'array' ? (node.children ?? []).flatMap((each) => membersOf(each)) : membersOf(node);
  return all.filter(({ value }) => value.type === 'object');
}

function templatesIn(node: TreeNode | undefined): readonly TreeNode[] {
  const all = node?.type === 'array' ? (node.children ?? []) : node === undefined ? [] : [node];
  return all.filter((each) => member(each, 'Resources') !== undefined);
}
