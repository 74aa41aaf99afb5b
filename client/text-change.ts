/** A stretch of the text before that was replaced. Offsets in UTF-16 units. */
export type Change = { readonly offset: number; readonly length: number; readonly text: string };

/** Where a change landed in the text after it, and what it replaced: enough to take it back out again. */
export type Block = { readonly start: number; readonly end: number; readonly removed: string };

/** The blocks that `changes`, all given in places of `before`, made in the text after them; in order of place. */
export function blocksOf(before: string, changes: readonly Change[]): readonly Block[] {
  const ordered = [...changes].sort((a, b) => a.offset - b.offset);
  let shift = 0;
  return ordered.map(({ offset, length, text }) => {
    const start = offset + shift;
    shift += text.length - length;
    return { start, end: start + text.length, removed: before.slice(offset, offset + length) };
  });
}

/**
 * Where the blocks are after later changes. `undefined` when a later change reaches into a block: what is the person's
 * and what is the block's can then no longer be told apart.
 */
export function shiftBlocks(blocks: readonly Block[], changes: readonly Change[]): readonly Block[] | undefined {
  // From the end, so that the places of the changes still to come stay true.
  const ordered = [...changes].sort((a, b) => b.offset - a.offset);
  let moved: readonly Block[] | undefined = blocks;
  for (const change of ordered) moved = moved === undefined ? undefined : shiftByOne(moved, change);
  return moved;
}

/** The text without the blocks. */
export function withoutBlocks(text: string, blocks: readonly Block[]): string {
  return [...blocks]
    .sort((a, b) => b.start - a.start)
    .reduce((rest, { start, end, removed }) => rest.slice(0, start) + removed + rest.slice(end), text);
}

/** The smallest single replacement that makes `after` of `before`; splits no surrogate pair and no CRLF. */
export function minimalChange(before: string, after: string): Change {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  while (start > 0 && splits(before, after, start)) start -= 1;
  let tail = 0;
  while (tail < shorter - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  while (tail > 0 && splitsFromEnd(before, after, tail)) tail -= 1;
  return { offset: start, length: before.length - tail - start, text: after.slice(start, after.length - tail) };
}

/**
 * `current` with what `after` changes of `before` made to it as well; `undefined` where both changed the same place.
 * Each side's changes count as one stretch, from its first to its last.
 */
export function changedBothWays(before: string, after: string, current: string): string | undefined {
  const ours = minimalChange(before, after);
  const theirs = minimalChange(before, current);
  const [first, second] = ours.offset <= theirs.offset ? [ours, theirs] : [theirs, ours];
  if (first.offset + first.length >= second.offset) return undefined;
  const between = before.slice(first.offset + first.length, second.offset);
  return before.slice(0, first.offset) + first.text + between + second.text + before.slice(second.offset + second.length);
}

/** The same for what happened at once: with many cursors the same keys land at each, brackets around each. */
export function areTyping(changes: readonly Change[]): boolean {
  const texts = new Set(changes.map(({ text }) => text.trim()));
  texts.delete('');
  return texts.size <= 2 && changes.every(isTyping);
}

/**
 * Could a hand on the keyboard have made this change? A key press, a new line with its indentation, a closing bracket that
 * came along, a word from an input method, and every deletion. What is larger came from somewhere else.
 */
function isTyping({ text }: Change): boolean {
  if (text.length <= 2 || /^\s*$/.test(text)) return true;
  // An input method commits a few words of its script at once; no access rule is written in one.
  return text.length <= 32 && !/[ -~]/.test(text);
}

function shiftByOne(blocks: readonly Block[], { offset, length, text }: Change): readonly Block[] | undefined {
  const by = text.length - length;
  const moved: Block[] = [];
  for (const block of blocks) {
    if (offset + length <= block.start) moved.push({ ...block, start: block.start + by, end: block.end + by });
    else if (offset >= block.end) moved.push(block);
    else return undefined;
  }
  return moved;
}

function splits(before: string, after: string, at: number): boolean {
  return splitsAt(before, at) || splitsAt(after, at);
}

function splitsFromEnd(before: string, after: string, tail: number): boolean {
  return splitsAt(before, before.length - tail) || splitsAt(after, after.length - tail);
}

function splitsAt(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false;
  return /^(?:\r\n|[\ud800-\udbff][\udc00-\udfff])$/.test(text.slice(at - 1, at + 1));
}
