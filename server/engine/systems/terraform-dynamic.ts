import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { itemsOf, madeArray, madeMember, mapTexts } from './nodes.ts';

/**
 * A body with its `dynamic "x"` blocks written out as the `x` blocks they make: one for each item of a list that is known,
 * else one whose iterator stays unresolved. The `dynamic` blocks themselves are left out.
 */
export function withoutDynamic(body: TreeNode): TreeNode {
  if (body.type === 'array') return mapChildren(body, withoutDynamic);
  if (body.type === 'property') return mapChildren(body, withoutDynamic);
  if (body.type !== 'object') return body;
  const own = mapChildren(body, withoutDynamic);
  const blocks = dynamicBlocks(own);
  if (blocks.length === 0) return own;
  const made = new Map<string, TreeNode[]>();
  for (const { name, block } of blocks) made.set(name, [...(made.get(name) ?? []), ...written(name, block)]);
  const properties = (own.children ?? []).flatMap((property) => {
    const [key, value] = property.children ?? [];
    const name = String(key?.value);
    if (name === 'dynamic') return [];
    const more = made.get(name);
    if (more === undefined || key === undefined || value === undefined) return [property];
    made.delete(name);
    return [madeMember(name, madeArray([...itemsOf(value), ...more], value), key)];
  });
  for (const [name, items] of made) {
    const [first] = items;
    if (first !== undefined) properties.push(madeMember(name, madeArray(items, first)));
  }
  return { ...own, children: properties };
}

/** More items than this are not worth a block each: they differ in no more than their values. */
const MOST_ITEMS = 100;

function mapChildren(node: TreeNode, change: (child: TreeNode) => TreeNode): TreeNode {
  const children = node.children ?? [];
  const mapped = children.map(change);
  return mapped.some((each, i) => each !== children[i]) ? { ...node, children: mapped } : node;
}

/** `dynamic "x" {}` in HCL; `"dynamic": {"x": {}}` in JSON. */
function dynamicBlocks(body: TreeNode): readonly { readonly name: string; readonly block: TreeNode }[] {
  return itemsOf(member(body, 'dynamic')).flatMap((block) => {
    const [name] = block.labels ?? [];
    if (name !== undefined) return [{ name, block }];
    return membersOf(block).flatMap(({ key, value }) => itemsOf(value).map((each) => ({ name: key, block: each })));
  });
}

function written(name: string, block: TreeNode): readonly TreeNode[] {
  const iterator = String(member(block, 'iterator')?.value ?? name).replace(/^\$\{(.*)\}$/, '$1');
  const contents = itemsOf(member(block, 'content'));
  const each = member(block, 'for_each');
  const items =
    each?.type === 'array' ? (each.children ?? []) : each?.type === 'object' ? membersOf(each).map(({ value }) => value) : undefined;
  if (items === undefined || items.length === 0 || items.length > MOST_ITEMS) return items?.length === 0 ? [] : contents;
  return items.flatMap((item) => contents.map((content) => mapTexts(content, (text) => filledIn(text, iterator, item))));
}

/** `${x.value}` or `${x.value.port}` with what it stands for in this item. */
function filledIn(text: TreeNode, iterator: string, item: TreeNode): TreeNode {
  const written = String(text.value);
  const start = `\${${iterator}.value`;
  if (text.unresolved !== true || !written.startsWith(start) || !written.endsWith('}')) return text;
  let found: TreeNode | undefined = item;
  for (const step of written.slice(start.length, -1).matchAll(/\.([\w-]+)|\["([^"]+)"\]|\[(\d+)\]|(.)/g)) {
    if (step[4] !== undefined) return text;
    found = step[3] === undefined ? member(found, step[1] ?? step[2] ?? '') : found?.children?.[Number(step[3])];
  }
  return found ?? text;
}
