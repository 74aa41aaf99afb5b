import type { Place } from '../types.ts';
import type { ChangedPart } from './changed-part.ts';
import { movedNode } from './moved-node.ts';
import { placedAfter, repeats } from './taken-pieces.ts';
import type { TextTree, TreeNode } from './tree.ts';

type Edit = { readonly text: string; readonly side: Place['side']; readonly other: TextTree; readonly part: ChangedPart };

/**
 * The one document of a text, with what it holds apart from the change taken over: members of the innermost mapping that has one ahead
 * of the change and one behind it. From the one to the other they are read as a text of their own, indented as they are.
 *
 * What a member of a block mapping says hangs on its indentation and on what stands in it, not on what stands around the mapping; that
 * the member behind is found again shows that nothing which the change opened or closed reaches beyond it.
 */
export function yamlMembersTakenOver(
  text: string,
  side: Place['side'],
  other: TextTree,
  part: ChangedPart,
): readonly TreeNode[] | undefined {
  const { isReadPlainly }: typeof import('./yaml.ts') = require('./yaml.ts');
  const [root, ...more] = other.documents;
  if (root === undefined || more.length > 0 || !isReadPlainly(other)) return undefined;
  const now = withChange(root, 0, { text, side, other, part });
  return now === undefined ? undefined : [now];
}

/** `depth`: mappings around it. */
function withChange(node: TreeNode, depth: number, edit: Edit): TreeNode | undefined {
  const { before, after } = edit.part;
  if (!isBlockMapping(node)) return undefined;
  const by = after.end - before.end;
  const at = node.children.findIndex(({ offset, length }) => offset <= before.start && before.end <= offset + length);
  const holder = node.children[at];
  const inner = holder === undefined ? undefined : changedValue(holder, depth, edit);
  if (holder === undefined || inner === undefined) {
    const members = membersAfter(node.children, depth, edit);
    return members === undefined ? undefined : { ...node, length: node.length + by, children: members };
  }
  const held = { ...holder, length: holder.length + by, children: [...(holder.children ?? []).slice(0, 1), inner] };
  const behind = node.children.slice(at + 1);
  const moved = by === 0 ? behind : behind.map((each) => movedNode(each, by));
  return { ...node, length: node.length + by, children: [...node.children.slice(0, at), held, ...moved] };
}

/** Undefined also where a tag stands before the value, which may make something else of it. */
function changedValue({ children = [] }: TreeNode, depth: number, edit: Edit): TreeNode | undefined {
  const [key, value] = children;
  if (key === undefined || value === undefined) return undefined;
  const between = edit.other.text.slice(key.offset + key.length, value.offset);
  return /^:\s+$/.test(between) ? withChange(value, depth + 1, edit) : undefined;
}

function membersAfter(members: readonly TreeNode[], depth: number, edit: Edit): readonly TreeNode[] | undefined {
  const { text, side, part } = edit;
  const [first] = members;
  if (first === undefined || first.offset + first.length > part.before.start) return undefined;
  const { readYamlDocuments }: typeof import('./yaml.ts') = require('./yaml.ts');
  const now = placedAfter(members, text, part, (start, end) => {
    const line = text.lastIndexOf('\n', start) + 1;
    if (/[^ ]/.test(text.slice(line, start))) return undefined;
    // Line breaks behind a block of text may be a part of it.
    const documents = readYamlDocuments(text, side, line, overSpace(text, end), depth);
    const [root, ...more] = documents ?? [];
    return root !== undefined && more.length === 0 && isBlockMapping(root) ? root.children : undefined;
  });
  return now === undefined || repeats(now) ? undefined : now;
}

type Mapping = TreeNode & { readonly children: readonly TreeNode[] };

/** One in braces begins ahead of its first key. */
function isBlockMapping(node: TreeNode): node is Mapping {
  return node.type === 'object' && node.unresolved !== true && node.children?.[0]?.offset === node.offset;
}

function overSpace(text: string, from: number): number {
  let at = from;
  while (text.charAt(at) === ' ' || text.charAt(at) === '\n') at++;
  return at;
}
