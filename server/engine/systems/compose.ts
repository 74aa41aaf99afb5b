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
        const takesOver = tree.text.includes('extends');
        const room = { left: MOST_COPIED };
        const services = membersOf(all)
          .filter(({ value }) => value.type === 'object')
          .map(({ key, value }) => ({ key, value: takesOver ? extended(value, all, room, 0) : value }));
        return [
          { system: 'compose', type: 'compose', key: 'compose', name: textAt(root, 'name') ?? 'compose', node },
          ...services.map(
            ({ key, value }): Declaration => ({ system: 'compose', type: 'service', key: `service/${key}`, name: key, node: value }),
          ),
        ];
      }),
};

/** How many more nodes are copied; what is beyond it stands where the base has it. */
type Room = { left: number };

/** A service with what it takes over from another one of the same file. */
function extended(service: TreeNode, all: TreeNode | undefined, room: Room, depth: number): TreeNode {
  const from = member(service, 'extends');
  const name = from?.type === 'object' ? (member(from, 'file') === undefined ? textAt(from, 'service') : undefined) : textOf(from);
  const base = name === undefined ? undefined : member(all, name);
  if (from === undefined || base?.type !== 'object' || depth > MOST_BASES) return service;
  return joined(service, extended(base, all, room, depth + 1), (node) => placed(node, from, room), room);
}

/** The members of both, and of lists and members that both have the items of both: what is the same thing counts as the first has it. */
function joined(own: TreeNode, base: TreeNode, place: (node: TreeNode) => TreeNode, room: Room): TreeNode {
  const theirs = new Map((base.children ?? []).map((each) => [String(each.children?.[0]?.value), each]));
  const mine = (own.children ?? []).map((property) => {
    const [key, value] = property.children ?? [];
    const name = String(key?.value);
    const other = theirs.get(name)?.children?.[1];
    theirs.delete(name);
    if (key === undefined || value === undefined || value.type !== other?.type || other.children === undefined) return property;
    const isSmall = other.children.length <= MOST_JOINED;
    if (!isSmall) room.left -= other.children.length;
    if (WHOLE.has(name) || (!isSmall && room.left <= 0)) return property;
    if (value.type === 'object') return { ...property, children: [key, joined(value, other, place, room)] };
    const known = new Set((value.children ?? []).map((item) => thingOf(name, item)));
    const more = other.children.filter((item) => !known.has(thingOf(name, item)));
    return { ...property, children: [key, { ...value, children: [...(value.children ?? []), ...more.map(place)] }] };
  });
  return { ...own, children: [...mine, ...[...theirs.values()].map(place)] };
}

/** Lists that are one command. */
const WHOLE: ReadonlySet<string> = new Set(['command', 'entrypoint', 'test', 'extends']);

/** What an item of a list is of: a place in the container, a variable, or all that it says. */
function thingOf(list: string, item: TreeNode): string {
  if (item.type === 'object') return textAt(item, 'target') ?? `${item.offset}`;
  const text = String(item.value);
  if (list === 'volumes' || list === 'devices') return text.split(':')[1] ?? text;
  return list === 'environment' || list === 'labels' ? (text.split('=', 1)[0] ?? text) : text;
}

/** What is taken over stands where that is said. */
function placed(node: TreeNode, at: Pick<TreeNode, 'offset' | 'length'>, room: Room): TreeNode {
  if (room.left-- <= 0) return node;
  const { runs: _, children, ...rest } = node;
  return {
    ...rest,
    offset: at.offset,
    length: at.length,
    ...(children === undefined ? {} : { children: children.map((each) => placed(each, at, room)) }),
  };
}

const MOST_COPIED = 20_000;
/** Items of a list, or members, that are joined however much was copied. */
const MOST_JOINED = 50;
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
