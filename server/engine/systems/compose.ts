import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { rewrite, withReferences } from './rewrite.ts';
import { textAt, textOf } from './text-of.ts';

/** A compose file: the whole of it (`compose`) and each service (`service`). `${VARIABLES}` are unresolved. */
export const compose: System = {
  id: 'compose',
  declarations: (tree, path) =>
    tree.documents
      .filter((root) => isCompose(root, path))
      .flatMap((root): readonly Declaration[] => {
        const node = tree.text.includes('$') ? rewrite(root, withDefaults) : root;
        const all = member(node, 'services');
        const services = membersOf(all)
          .filter(({ value }) => value.type === 'object')
          .map(({ key, value }) => ({ key, value: tree.text.includes('extends') ? extended(value, all, 0) : value }));
        return [
          { system: 'compose', type: 'compose', key: 'compose', name: textAt(root, 'name') ?? 'compose', node },
          ...services.map(
            ({ key, value }): Declaration => ({ system: 'compose', type: 'service', key: `service/${key}`, name: key, node: value }),
          ),
        ];
      }),
};

/** A service with what it takes over from another one of the same file. */
function extended(service: TreeNode, all: TreeNode | undefined, depth: number): TreeNode {
  const from = member(service, 'extends');
  const name = from?.type === 'object' ? (member(from, 'file') === undefined ? textAt(from, 'service') : undefined) : textOf(from);
  const base = name === undefined ? undefined : member(all, name);
  if (base?.type !== 'object' || depth > MOST_BASES) return service;
  const own = new Set(membersOf(service).map(({ key }) => key));
  const taken = (extended(base, all, depth + 1).children ?? []).filter(({ children }) => !own.has(String(children?.[0]?.value)));
  return { ...service, children: [...(service.children ?? []), ...taken.map((each) => placed(each, from ?? each))] };
}

/** What is taken over stands where that is said. */
function placed(node: TreeNode, { offset, length }: TreeNode): TreeNode {
  const { runs: _, children, ...rest } = node;
  return {
    ...rest,
    offset,
    length,
    ...(children === undefined ? {} : { children: children.map((each) => placed(each, { type: 'null', offset, length })) }),
  };
}

const MOST_BASES = 5;

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
