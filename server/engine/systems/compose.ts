import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { rewrite, withReferences } from './rewrite.ts';
import { textAt } from './text-of.ts';

/** A compose file: the whole of it (`compose`) and each service (`service`). `${VARIABLES}` are unresolved. */
export const compose: System = {
  id: 'compose',
  declarations: (tree, path) =>
    tree.documents
      .filter((root) => isCompose(root, path))
      .flatMap((root): readonly Declaration[] => {
        const node = tree.text.includes('$') ? rewrite(root, withDefaults) : root;
        const services = membersOf(member(node, 'services')).filter(({ value }) => value.type === 'object');
        return [
          { system: 'compose', type: 'compose', key: 'compose', name: textAt(root, 'name') ?? 'compose', node },
          ...services.map(
            ({ key, value }): Declaration => ({ system: 'compose', type: 'service', key: `service/${key}`, name: key, node: value }),
          ),
        ];
      }),
};

const reference = withReferences(/(^|[^$])(\$\$)*\$(\{|[A-Za-z_])/);

/** `${X:-value}` is the value that stands there, unless who starts it says otherwise; any other variable is not known. */
function withDefaults(node: TreeNode): TreeNode {
  const value = String(node.value);
  const given = node.type === 'string' ? /^(\w+=)?\$\{\w+:?-(true|yes|on|host|root|0|trust|all|[/][\w./-]*)\}$/i.exec(value) : null;
  return given === null ? reference(node) : { ...node, value: `${given[1] ?? ''}${given[2] ?? ''}` };
}

function isCompose(root: TreeNode, path: string): boolean {
  if (/(^|\/)[^/]*compose[^/]*\.(ya?ml|json)$/i.test(path)) return root.type === 'object' && member(root, 'apiVersion') === undefined;
  const services = membersOf(member(root, 'services')).filter(({ value }) => value.type === 'object');
  if (member(root, 'jobs') !== undefined || member(root, 'stages') !== undefined) return false;
  return services.some(({ value }) => ['image', 'build', 'extends'].some((key) => member(value, key) !== undefined));
}
