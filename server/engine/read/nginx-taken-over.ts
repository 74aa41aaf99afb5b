import type { Place } from '../types.ts';
import type { ChangedPart } from './changed-part.ts';
import { movedNode } from './moved-node.ts';
import { type Directive, readDirectiveAt } from './nginx.ts';
import type { TextTree, TreeNode } from './tree.ts';

type Edit = { readonly text: string; readonly side: Place['side']; readonly part: ChangedPart };

/**
 * The document of a text, made from that of the other text of the edit: of the blocks around the change only the innermost is read, from
 * its name to where its brace must now close it. What a block says hangs on nothing that stands around it, and that it closes in its
 * place shows that nothing which the change opened reaches beyond it. Undefined where it does not, and where no block holds the change.
 */
export function nginxTakenOver(
  text: string,
  side: Place['side'],
  { documents, text: old }: TextTree,
  part: ChangedPart,
): readonly TreeNode[] | undefined {
  const [root] = documents;
  // Whether the braces of Lua match is not told by problems.
  if (root === undefined || old.includes(LUA) || text.includes(LUA)) return undefined;
  const now = withChange(root, 0, { text, side, part });
  return now === undefined ? undefined : [now];
}

const LUA = '_by_lua_block';

/** What stands between two braces, with what changed within it read anew. `depth`: blocks around it. */
function withChange(body: TreeNode, depth: number, edit: Edit): TreeNode | undefined {
  const by = movedBy(edit.part);
  const members = body.children ?? [];
  for (const property of members) {
    const [key, list] = property.children ?? [];
    const at = list?.children?.findIndex((each) => isAround(each, edit.part)) ?? -1;
    const block = list?.children?.[at];
    if (key === undefined || block === undefined) continue;
    const now = blockAfter({ key, value: block }, depth, edit);
    if (now === undefined) return undefined;
    const all = members.map((each) => memberAfter(each, edit.part, each === property ? { at, now } : undefined));
    return { ...body, length: body.length + by, children: all };
  }
  return undefined;
}

function blockAfter({ key, value }: Directive, depth: number, edit: Edit): Directive | undefined {
  const inner = withChange(value, depth + 1, edit);
  if (inner !== undefined) return { key, value: inner };
  const read = readDirectiveAt(edit.text, edit.side, value.offset, depth);
  const isSame = read?.key.value === key.value && read?.value.type === 'object' && endOf(read.value) === endOf(value) + movedBy(edit.part);
  return isSame ? read : undefined;
}

/** All that stands under one name; `changed`: one of them, which is another now. */
function memberAfter(member: TreeNode, part: ChangedPart, changed: { readonly at: number; readonly now: Directive } | undefined): TreeNode {
  const [key, list] = member.children ?? [];
  const items = list?.children ?? [];
  const last = items.at(-1);
  if (key === undefined || last === undefined || (changed === undefined && last.offset < part.before.start)) return member;
  const by = movedBy(part);
  const all = items.map((each, i) =>
    i === changed?.at ? changed.now.value : each.offset < part.before.start ? each : movedNode(each, by),
  );
  const first = all[0]?.offset ?? 0;
  const end = all.reduce((most, each) => Math.max(most, endOf(each)), first);
  const name = changed?.at === 0 ? changed.now.key : key.offset < part.before.start ? key : movedNode(key, by);
  return {
    type: 'property',
    offset: name.offset,
    length: Math.max(end, endOf(name)) - name.offset,
    children: [name, { type: 'array', offset: first, length: end - first, children: all }],
  };
}

/** Blocks alone have room for a change between their first and last characters that leaves them what they are. */
function isAround({ type, offset, length }: TreeNode, { before }: ChangedPart): boolean {
  return type === 'object' && offset < before.start && before.end < offset + length;
}

function movedBy({ before, after }: ChangedPart): number {
  return after.end - before.end;
}

function endOf({ offset, length }: TreeNode): number {
  return offset + length;
}
