import type { Place } from '../types.ts';
import type { ChangedPart } from './changed-part.ts';
import { settleAll } from './deferred.ts';
import { sourceOf } from './draft.ts';
import { skip } from './hcl-cursor.ts';
import { type BlockLanguage, cursorOf, type Piece, type Reading, readPiece, rootOf } from './read-blocks.ts';
import { type Move, movedDraft } from './moved-node.ts';
import type { TextTree, TreeNode } from './tree.ts';

/**
 * The document of a text of blocks, made from that of the other text of the edit: of what stands at its top only the pieces that hold the
 * change are read. It is the document that reading all of it gives; undefined where that is not sure.
 *
 * A piece reads the same in the same characters, wherever it stands: reading it begins with nothing known. Two things reach further.
 * What gives a name its value (a local, a parameter) is used elsewhere: it must stand ahead of the change and say all by itself, so that
 * what was put in for the name is the same. And a heredoc that nothing closes waits for a line that may stand anywhere: see `readBlocks`.
 */
export function blocksTakenOver(
  text: string,
  side: Place['side'],
  other: TextTree,
  part: ChangedPart,
  language: BlockLanguage,
): readonly TreeNode[] | undefined {
  const { reading } = other;
  if (reading?.isFlat !== true) return undefined;
  const ahead = piecesAhead(reading.pieces, other.text, part);
  if (!namesStandAhead(reading, ahead, language)) return undefined;
  const source = sourceOf(language.format, text, side);
  const c = cursorOf(source, 'as-written', language);
  c.at = reading.pieces[ahead - 1]?.end ?? 0;
  const between: Piece[] = [];
  const by = part.after.end - part.before.end;
  let behind = reading.pieces.length;
  for (;;) {
    skip(c, 'bracket');
    const at = c.at < part.after.end ? undefined : pieceAt(reading.pieces, c.at - by);
    // From here on both texts are the same, and so is all that is known.
    if (at !== undefined) {
      behind = at;
      break;
    }
    const piece = readPiece(c, language);
    if (piece === undefined) break;
    if (piece.entry !== undefined && language.defines(piece.entry)) return undefined;
    between.push(piece);
  }
  if (c.unclosed || c.tooDeep || c.hasOpenHeredoc) return undefined;
  const pieces = [
    ...reading.pieces.slice(0, ahead),
    ...between,
    ...reading.pieces.slice(behind).map((piece) => movedPiece(piece, { from: part.before.end, by })),
  ];
  const root = rootOf(pieces, source, language);
  const { names, repeats } = reading.deferred;
  const isSettled = settleAll({ later: c.deferred.later, names, repeats }, root, language.fold);
  return isSettled && source.problems.length === 0 ? [root] : undefined;
}

/**
 * How many pieces at the start nothing in the change could have had a part in: those that are followed by another one which stands in
 * whole lines ahead of it. What carries a value on, or not, stands right behind it.
 */
function piecesAhead(pieces: readonly Piece[], text: string, { before }: ChangedPart): number {
  let count = 0;
  for (const { end } of pieces) {
    const line = text.indexOf('\n', end);
    if (line === -1 || line >= before.start) break;
    count++;
  }
  return Math.max(0, count - 1);
}

/** Whatever a name stands for is written ahead of the change, in words of its own. */
function namesStandAhead({ pieces, deferred }: Reading, ahead: number, { defines }: BlockLanguage): boolean {
  if (deferred.names.size === 0) return true;
  return pieces.every(({ entry }, i) => i < ahead || entry === undefined || !defines(entry));
}

/** The piece that starts there; they stand in the order of the text. */
function pieceAt(pieces: readonly Piece[], start: number): number | undefined {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return pieces[low]?.start === start ? low : undefined;
}

function movedPiece({ start, end, entry }: Piece, move: Move): Piece {
  const [newStart, newEnd] = [start + move.by, end + move.by];
  if (entry === undefined || move.by === 0) return { start: newStart, end: newEnd, entry };
  const { kind, key, value } = entry;
  return { start: newStart, end: newEnd, entry: { kind, key: movedDraft(key, move), value: movedDraft(value, move) } };
}
