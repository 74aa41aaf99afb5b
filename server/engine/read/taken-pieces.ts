import type { Place } from '../types.ts';
import type { ChangedPart } from './changed-part.ts';
import { keepMembers, movedNode, shiftedNode } from './moved-node.ts';
import type { Reader, TextTree, TreeNode } from './tree.ts';

/** Texts that are one list of lines or statements, each read from where it begins without a look at the others. */
export function takenPieces(
  read: Reader,
  text: string,
  side: Place['side'],
  other: TextTree,
  part: ChangedPart,
): readonly TreeNode[] | undefined {
  const [root] = other.documents;
  const pieces = root === undefined ? undefined : piecesOf(root);
  if (root === undefined || pieces === undefined) return undefined;
  const readPieces = (slice: string): readonly TreeNode[] | undefined => {
    const { documents, problems } = read(slice, side);
    return documents[0] === undefined || problems.length > 0 ? undefined : piecesOf(documents[0]);
  };
  if (pieces !== root.children) {
    const now = piecesAfter(pieces, text, part, readPieces);
    return now === undefined ? undefined : [withPieces(root, now, text.length)];
  }
  const members = placed(pieces, text, part, (start, end) => moved(readPieces(text.slice(start, end)), start), shiftedNode);
  if (members === undefined || comeAgain(members)) return undefined;
  const after = withPieces(root, [...members.ahead, ...members.between, ...members.behind], text.length);
  keepMembers(root, after, { start: members.ahead.length, end: members.behind.length });
  return [after];
}

/**
 * The pieces of a text, made from those of the other: from the last one ahead of the change to the first one behind it they are read as
 * a text of their own. That the one behind is found again where it must now stand shows that nothing which the change opened reaches
 * beyond it. Undefined where it does, or where `read` gives nothing.
 */
export function piecesAfter(
  pieces: readonly TreeNode[],
  text: string,
  part: ChangedPart,
  read: (slice: string) => readonly TreeNode[] | undefined,
): readonly TreeNode[] | undefined {
  return placedAfter(pieces, text, part, (start, end) => moved(read(text.slice(start, end)), start));
}

function moved(pieces: readonly TreeNode[] | undefined, by: number): readonly TreeNode[] | undefined {
  return by === 0 ? pieces : pieces?.map((each) => shiftedNode(each, by));
}

/** The same where `read` gives the pieces between two offsets as they stand in the text. */
export function placedAfter(
  pieces: readonly TreeNode[],
  text: string,
  part: ChangedPart,
  read: (start: number, end: number) => readonly TreeNode[] | undefined,
): readonly TreeNode[] | undefined {
  const all = placed(pieces, text, part, read, movedNode);
  return all === undefined ? undefined : [...all.ahead, ...all.between, ...all.behind];
}

/** `between`: what was read, with the pieces next to the change; `replaced` stood there before. */
type Placed = Readonly<Record<'ahead' | 'between' | 'behind' | 'replaced', readonly TreeNode[]>>;

function placed(
  pieces: readonly TreeNode[],
  text: string,
  part: ChangedPart,
  read: (start: number, end: number) => readonly TreeNode[] | undefined,
  move: (node: TreeNode, by: number) => TreeNode,
): Placed | undefined {
  const around = piecesAround(pieces, part);
  if (around === undefined) return undefined;
  const { from, to, start, behind } = around;
  const by = part.after.end - part.before.end;
  const end = behind.offset + behind.length + by;
  if (end - start > MOST_OF_ALL * text.length) return undefined;
  const between = read(start, end);
  const last = between?.find((each) => each.offset + each.length >= end);
  if (between === undefined || last === undefined || !isMoved(behind, last, by)) return undefined;
  const rest = pieces.slice(to);
  return {
    ahead: pieces.slice(0, from),
    between,
    behind: by === 0 ? rest : rest.map((each) => move(each, by)),
    replaced: pieces.slice(from, to),
  };
}

/** Where it is nearly all of the text that is read again, nothing is saved. */
const MOST_OF_ALL = 0.8;

/** The members of a document of lines, or the items of its one list; undefined where it has more than the list. */
function piecesOf(root: TreeNode): readonly TreeNode[] | undefined {
  const [only, ...more] = root.children ?? [];
  const list = only?.children?.[1];
  if (list?.type !== 'array' || list.length !== root.length) return root.children;
  return more.length === 0 ? list.children : undefined;
}

function withPieces(root: TreeNode, pieces: readonly TreeNode[], length: number): TreeNode {
  if (piecesOf(root) === root.children) return { ...root, length, children: pieces };
  const [key] = root.children?.[0]?.children ?? [];
  const list: TreeNode = { type: 'array', offset: 0, length, children: pieces };
  const name: TreeNode = { type: 'string', offset: 0, length, value: key?.value ?? null };
  return { ...root, length, children: [{ type: 'property', offset: 0, length, children: [name, list] }] };
}

/**
 * The pieces that are read again: from the index `from`, which begins at `start`, up to but without the index `to`; `behind` is the last
 * of them. What stands within another piece (a statement of a block) is a part of that.
 */
type Around = { readonly from: number; readonly to: number; readonly start: number; readonly behind: TreeNode };

function piecesAround(pieces: readonly TreeNode[], { before }: ChangedPart): Around | undefined {
  let from = 0;
  let reached = 0;
  let index = 0;
  for (; index < pieces.length; index++) {
    const piece = pieces[index];
    if (piece === undefined || piece.offset + piece.length > before.start) break;
    if (piece.offset >= reached) from = index;
    reached = Math.max(reached, piece.offset + piece.length);
  }
  for (; index < pieces.length; index++) {
    const piece = pieces[index];
    if (piece !== undefined && piece.offset >= Math.max(reached, before.end)) break;
    reached = Math.max(reached, piece === undefined ? 0 : piece.offset + piece.length);
  }
  const behind = pieces[index];
  if (behind === undefined) return undefined;
  const end = behind.offset + behind.length;
  let to = index + 1;
  while ((pieces[to]?.offset ?? end) < end) to++;
  const first = pieces[from];
  return { from, to, start: first === undefined || first.offset + first.length > before.start ? 0 : first.offset, behind };
}

/** Is the node the same as another, so many characters further on? */
function isMoved(one: TreeNode, other: TreeNode, by: number): boolean {
  const [a, b] = [one.children ?? [], other.children ?? []];
  if (one.type !== other.type || one.offset + by !== other.offset || one.length !== other.length) return false;
  if (one.value !== other.value || one.unresolved !== other.unresolved || a.length !== b.length) return false;
  return a.every((each, i) => {
    const there = b[i];
    return there !== undefined && isMoved(each, there, by);
  });
}

/** Does a new name come twice, or among the members that were kept? Names that had a value before were nobody else's. */
function comeAgain({ ahead, between, behind, replaced }: Placed): boolean {
  const known = new Set(replaced.filter(({ children }) => children?.[1] !== undefined).map(nameOf));
  const fresh = new Set(between.map(nameOf).filter((name) => !known.has(name)));
  if (repeats(between)) return true;
  const isFresh = (member: TreeNode): boolean => fresh.has(nameOf(member));
  return fresh.size > 0 && (ahead.some(isFresh) || behind.some(isFresh));
}

function nameOf({ children }: TreeNode): TreeNode['value'] {
  return children?.[0]?.value;
}

/** Do two members go by one name? */
export function repeats(members: readonly TreeNode[]): boolean {
  return new Set(members.map(nameOf)).size < members.length;
}
